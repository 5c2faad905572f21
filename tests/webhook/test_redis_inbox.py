"""What only a server can do: be away, frozen, restarted, careless or full, and change the lease."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from tests.redis_server import DURABLE, PASSWORD, RedisServer
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from webhook.inbox import Accepted, Duplicate, Entry, Inbox, InboxBusy, InboxError, State
from webhook.redis_address import parse_redis_url
from webhook.redis_scripts import PREFIX
from webhook.stores import open_inbox

ANSWER_SECS_MAX = 0.4

type Make = Callable[..., Inbox]


@pytest.fixture
def server(redis_server: RedisServer) -> RedisServer:
    assert redis_server.ask("FLUSHALL") == "+OK"
    return redis_server


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Inbox] = []

    def go(server: RedisServer, options: str = "") -> Inbox:
        made.append(open_inbox(server.url + options))
        return made[-1]

    yield go
    for inbox in made:
        await inbox.close()


async def put(inbox: Inbox, *numbers: int | str, **changes: object) -> None:
    for number in numbers:
        answer = await inbox.put(make_alert(number, **changes), NOW_NS, LATER_NS)
        assert isinstance(answer, Accepted)


async def refusal(inbox: Inbox) -> str:
    """Return the words of a put that fails, as fast as it must."""
    start = time.monotonic()
    with pytest.raises(InboxError) as caught:
        await put(inbox, "refused")
    assert time.monotonic() - start < ANSWER_SECS_MAX
    return str(caught.value)


async def test_what_was_acknowledged_survives_a_killed_server(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start()
    inbox = make(own_redis_server)
    acknowledged: list[str] = []

    async def call(caller: int) -> None:
        with suppress(InboxError):
            for number in range(1_000):
                await put(inbox, f"{caller}-{number}")
                acknowledged.append(f"alerts:{caller}-{number}")
                if len(acknowledged) == 200:
                    own_redis_server.kill()

    await asyncio.gather(*(call(caller) for caller in range(16)))
    assert len(acknowledged) >= 200
    own_redis_server.start()
    found = {entry.alert.key for entry in await inbox.entries(limit=20_000)}
    assert found >= set(acknowledged)


async def test_a_server_that_is_away_is_said_at_once_and_found_again(
    own_redis_server: RedisServer, make: Make
) -> None:
    inbox = make(own_redis_server)
    assert "cannot be reached" in await refusal(inbox)
    own_redis_server.start()
    await put(inbox, 1)
    own_redis_server.kill()
    for _ in range(3):
        assert "cannot be reached" in await refusal(inbox)
    own_redis_server.start()
    assert isinstance(await inbox.put(make_alert(1), NOW_NS, LATER_NS), Duplicate)
    await put(inbox, 2)


async def test_a_server_that_does_not_answer_is_not_waited_for(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start()
    inbox = make(own_redis_server)
    await put(inbox, 1)
    own_redis_server.freeze()
    answers = await asyncio.gather(*(refusal(inbox) for _ in range(5)))
    assert all("did not answer in time" in answer for answer in answers)
    own_redis_server.thaw()
    await put(inbox, 2)


async def test_take_waits_over_a_restart_and_keeps_the_lease(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start()
    node, sidecar = make(own_redis_server), make(own_redis_server)
    await node.open()
    await put(sidecar, 1)
    assert len(await node.take()) == 1
    waiting = asyncio.create_task(node.take())
    own_redis_server.kill()
    with pytest.raises(InboxError, match="cannot be reached"):
        await node.record([make_step(1, State.DONE)])
    own_redis_server.start()
    await put(sidecar, 2)
    [entry] = await asyncio.wait_for(waiting, 5)
    assert (entry.alert.key, entry.is_repeat) == ("alerts:2", False)
    await node.record([make_step(1, State.DONE)])
    with pytest.raises(InboxBusy):
        await sidecar.open()


async def test_who_lost_the_lease_may_do_nothing(server: RedisServer, make: Make) -> None:
    first, second = make(server), make(server)
    await put(first, 1)
    await first.open()
    await first.take()
    server.ask("DEL", f"{PREFIX}:lease")
    await second.open()
    with pytest.raises(InboxError, match="taken over"):
        await first.record([make_step(1, State.DECIDED)])
    with pytest.raises(InboxError, match="taken over"):
        await first.take()
    [entry] = await second.take()
    assert (entry.is_repeat, entry.outcome.state) == (True, State.RECEIVED)
    await first.close()
    with pytest.raises(InboxBusy):
        await first.open()


async def test_who_lost_the_lease_has_lost_it_when_the_other_is_gone(
    server: RedisServer, make: Make
) -> None:
    first, second = make(server), make(server)
    await first.open()
    server.ask("DEL", f"{PREFIX}:lease")
    await second.open()
    await second.close()
    with pytest.raises(InboxError, match="taken over"):
        await first.record([])


async def test_a_lease_that_ran_out_is_taken_up_again(server: RedisServer, make: Make) -> None:
    inbox = make(server)
    await put(inbox, 1)
    await inbox.open()
    server.ask("DEL", f"{PREFIX}:lease")
    assert len(await inbox.take()) == 1
    assert (await inbox.status()).is_consumed


async def test_a_lease_is_renewed_while_the_node_lives(
    server: RedisServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.redis_lease.LEASE_MS", 500)
    monkeypatch.setattr("webhook.redis_lease.RENEW_SECS", 0.1)
    inbox = make(server)
    await inbox.open()
    start = time.monotonic()
    while time.monotonic() - start < 1:
        assert server.ask("EXISTS", f"{PREFIX}:lease") == ":1"
        await asyncio.sleep(0.05)


async def test_a_take_whose_answer_was_lost_is_answered_again(
    server: RedisServer, make: Make
) -> None:
    inbox = make(server)
    await inbox.open()
    await put(inbox, 1, 2)
    taken: list[Entry] = [*await inbox._taken()]
    assert taken == [*await inbox.take()]
    assert not any(entry.is_repeat for entry in taken)


async def test_the_stream_keeps_what_is_undecided_and_nothing_else(
    server: RedisServer, make: Make
) -> None:
    inbox = make(server)
    await inbox.open()
    await put(inbox, 1, 2, 3)
    await inbox.take()
    await inbox.record([make_step(1, State.DELIVERED), make_step(2, State.DECIDED)])
    assert server.ask("XLEN", f"{PREFIX}:stream") == ":2"
    await inbox.record([make_step(1, State.DEAD), make_step(3, State.EXPIRED)])
    assert server.ask("XLEN", f"{PREFIX}:stream") == ":0"
    [pending] = await inbox._link._calls.xinfo_groups(f"{PREFIX}:stream")
    assert pending["pending"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--appendonly", "no"), "expected appendonly yes and appendfsync always, was no and"),
        (("--appendonly", "yes", "--appendfsync", "everysec"), "was yes and everysec"),
        (
            (*DURABLE, "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"),
            "expected noeviction, was allkeys-lru",
        ),
        ((*DURABLE, "--rename-command", "CONFIG", ""), "does not say how durable it is"),
    ],
)
async def test_a_careless_server_is_refused(
    own_redis_server: RedisServer, make: Make, arguments: tuple[str, ...], words: str
) -> None:
    own_redis_server.start(*arguments)
    inbox = make(own_redis_server)
    assert words in await refusal(inbox)
    with pytest.raises(InboxError):
        await inbox.open()
    assert own_redis_server.ask("DBSIZE") == ":0"


async def test_a_server_that_has_become_careless_is_refused(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start()
    inbox = make(own_redis_server)
    await put(inbox, 1)
    own_redis_server.kill()
    own_redis_server.start("--appendonly", "no")
    assert "before an alert is on disk" in await refusal(inbox)


async def test_a_careless_server_is_taken_where_the_url_says_so(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start("--appendonly", "no")
    await put(make(own_redis_server, "?durability=relaxed"), 1)


async def test_a_server_without_memory_takes_no_more(
    own_redis_server: RedisServer, make: Make
) -> None:
    own_redis_server.start(*DURABLE, "--maxmemory", "8mb")
    inbox = make(own_redis_server)
    await put(inbox, 1)
    own_redis_server.ask("CONFIG", "SET", "maxmemory", "1mb")
    assert "no memory left" in await refusal(inbox)
    own_redis_server.ask("CONFIG", "SET", "maxmemory", "0")
    await put(inbox, "refused")


async def test_no_password_is_ever_shown(server: RedisServer, make: Make) -> None:
    inbox = make(server)
    await put(inbox, 1)
    shown = [repr(inbox), f"{vars(inbox)} {vars(inbox._link)}", repr(parse_redis_url(server.url))]
    wrong = server.url.replace(PASSWORD, "canary-wrong")
    away = server.url.replace(str(server.port), "1")
    broken = ["redis://:canary/x@host", "redis://:canary@host:port", "redis://:canary@host/x"]
    for url in (wrong, away, f"{server.url}?durability=canary", *broken):
        with pytest.raises(InboxError) as caught:
            await put(open_inbox(url), 1)
        shown += ["".join(traceback.format_exception(caught.value)), repr(caught.value)]
    assert not [text for text in shown if "canary" in text]
    assert "refuses the user or the password" in "".join(shown)


def test_an_address_is_read_and_shown_without_its_secrets() -> None:
    address = parse_redis_url("rediss://user:p%40ss@[::1]:7000/2?durability=relaxed")
    assert (address.username, address.password, address.host) == ("user", "p@ss", "::1")
    assert (address.port, address.database, address.is_tls) == (7000, 2, True)
    assert address.is_relaxed
    assert str(address) == "rediss://[::1]:7000/2"
    plain = parse_redis_url("redis://host")
    assert (plain.username, plain.password, plain.port, plain.is_relaxed) == (
        None,
        None,
        6379,
        False,
    )


@pytest.mark.parametrize(
    "url", ["redis://", "redis://host/0#x", "redis://host?x=1", "redis://h:70000"]
)
def test_an_address_that_says_something_else_is_refused(url: str) -> None:
    with pytest.raises(InboxError, match="Expected an inbox such as redis://"):
        parse_redis_url(url)
