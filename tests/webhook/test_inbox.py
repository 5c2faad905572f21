"""What both stores owe: nothing acknowledged is lost, one answer to each key, and only forward."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.redis_server import RedisServer
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from tests.webhook.inbox_model import Model, Operation, operations
from webhook.inbox import (
    DEFAULT_LIMITS,
    Accepted,
    Conflict,
    Duplicate,
    Entry,
    Inbox,
    InboxBusy,
    InboxError,
    Limits,
    Outcome,
    State,
    Step,
)
from webhook.stores import open_inbox

type Make = Callable[..., Inbox]


@pytest.fixture(params=["sqlite", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    server: RedisServer = request.getfixturevalue("redis_server")
    assert server.ask("FLUSHALL") == "+OK"
    return server.url


@pytest.fixture
async def make(where: str) -> AsyncIterator[Make]:
    made: list[Inbox] = []

    def go(limits: Limits = DEFAULT_LIMITS) -> Inbox:
        made.append(open_inbox(where, limits))
        return made[-1]

    yield go
    for inbox in made:
        await inbox.close()


@pytest.fixture
def inbox(make: Make) -> Inbox:
    return make()


def keys(entries: Sequence[Entry]) -> list[str]:
    return [entry.alert.key for entry in entries]


async def put(inbox: Inbox, *numbers: int | str, **changes: object) -> None:
    for number in numbers:
        answer = await inbox.put(make_alert(number, **changes), NOW_NS, LATER_NS)
        assert isinstance(answer, Accepted)


async def test_an_alert_comes_back_equal_in_every_field(inbox: Inbox) -> None:
    alert = make_alert(1, comment="größer ☃ \U0001f600 \x00 \"'; DROP TABLE alerts; --" * 800)
    answer = await inbox.put(alert, NOW_NS, LATER_NS)
    assert answer == Accepted(Outcome(state=State.RECEIVED))
    await inbox.open()
    [entry] = await inbox.take()
    assert entry.alert == alert
    assert (entry.received_ns, entry.expires_ns) == (NOW_NS, LATER_NS)
    assert (entry.outcome, entry.deliveries) == (Outcome(state=State.RECEIVED), 0)


async def test_the_same_again_is_a_duplicate_and_told_the_first_outcome(inbox: Inbox) -> None:
    await put(inbox, 1)
    decided = Outcome(state=State.DECIDED, orders=("A-1",), reason=None, message="bought")
    await inbox.record([Step(key="alerts:1", kind="decided", ts_ns=NOW_NS, outcome=decided)])
    assert await inbox.put(make_alert(1), NOW_NS + 9, LATER_NS) == Duplicate(decided)
    assert len(await inbox.entries()) == 1


async def test_another_alert_under_the_same_key_is_a_conflict(inbox: Inbox) -> None:
    await put(inbox, 1)
    answer = await inbox.put(make_alert(1, digest="other", comment="other"), NOW_NS, LATER_NS)
    assert answer == Conflict(Outcome(state=State.RECEIVED))
    [entry] = await inbox.entries()
    assert entry.alert == make_alert(1)


async def test_of_200_puts_of_one_key_at_once_one_wins(make: Make) -> None:
    one, other = make(), make()
    answers = await asyncio.gather(
        *([one, other][turn % 2].put(make_alert(1), NOW_NS, LATER_NS) for turn in range(200))
    )
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert sum(isinstance(answer, Duplicate) for answer in answers) == 199


async def test_of_puts_at_once_with_different_bodies_the_rest_conflicts(inbox: Inbox) -> None:
    answers = await asyncio.gather(
        *(inbox.put(make_alert(1, digest=f"d{n % 2}"), NOW_NS, LATER_NS) for n in range(20))
    )
    kinds = [type(answer) for answer in answers]
    assert [kinds.count(kind) for kind in (Accepted, Duplicate, Conflict)] == [1, 9, 10]


async def test_an_alert_that_came_too_late_is_kept_and_never_taken(inbox: Inbox) -> None:
    answer = await inbox.put(make_alert(1), NOW_NS, NOW_NS)
    assert answer == Accepted(Outcome(state=State.EXPIRED))
    await put(inbox, 2)
    await inbox.open()
    assert keys(await inbox.take()) == ["alerts:2"]
    trace = await inbox.trace("alerts:1")
    assert trace is not None
    assert [step.kind for step in trace.steps] == ["received", "expired"]
    last = await inbox.last_of("alerts")
    assert last is not None
    assert last.key == "alerts:1"


async def test_alerts_come_in_the_order_of_arrival_and_once(inbox: Inbox) -> None:
    await inbox.open()
    await put(inbox, *range(150))
    taken: list[Entry] = []
    while len(taken) < 150:
        taken += await inbox.take()
    assert keys(taken) == [f"alerts:{number}" for number in range(150)]
    assert not any(entry.is_repeat for entry in taken)
    sequences = [entry.sequence for entry in taken]
    assert sequences == sorted(set(sequences))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await inbox.take()


async def test_a_put_wakes_who_waits(make: Make) -> None:
    node, sidecar = make(), make()
    await node.open()
    for number, source in enumerate([node, sidecar, node]):
        waiting = asyncio.create_task(node.take())
        await put(source, number)
        assert keys(await asyncio.wait_for(waiting, 5)) == [f"alerts:{number}"]


async def test_what_was_undecided_comes_first_and_as_repeats(make: Make) -> None:
    first = make()
    await put(first, 1, 2, 3, 4, 5)
    await first.open()
    assert len(await first.take()) == 5
    await first.record([make_step(1, State.DELIVERED), make_step(2, State.DELIVERED)])
    await first.record([make_step(2, State.DECIDED), make_step(3, State.DONE)])
    await first.close()

    second = make()
    await put(second, 6)
    assert keys(await second.open()) == ["alerts:2"]
    await put(second, 7)
    taken: list[Entry] = []
    while len(taken) < 5:
        taken += await second.take()
    assert [(entry.alert.key, entry.is_repeat, entry.deliveries) for entry in taken] == [
        ("alerts:1", True, 1),
        ("alerts:4", True, 0),
        ("alerts:5", True, 0),
        ("alerts:6", True, 0),
        ("alerts:7", False, 0),
    ]


async def test_a_cancelled_take_loses_nothing(inbox: Inbox) -> None:
    await inbox.open()
    taken: list[str] = []
    for number in range(30):
        waiting = asyncio.create_task(inbox.take())
        await put(inbox, number)
        # It may be anywhere between its question and its answer.
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            taken += keys(await waiting)
    async with asyncio.timeout(5):
        while len(taken) < 30:
            taken += keys(await inbox.take())
    assert taken == [f"alerts:{number}" for number in range(30)]


async def test_cancelled_puts_leave_the_rest_alone(inbox: Inbox) -> None:
    await put(inbox, "warm")
    for _ in range(5):
        calls = [
            asyncio.create_task(inbox.put(make_alert(number), NOW_NS, LATER_NS))
            for number in range(40)
        ]
        await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    for number in range(40):
        assert isinstance(
            await inbox.put(make_alert(number), NOW_NS, LATER_NS), Accepted | Duplicate
        )
        assert isinstance(await inbox.put(make_alert(number), NOW_NS, LATER_NS), Duplicate)
    found = keys(await inbox.entries(limit=1_000))
    assert sorted(found) == sorted(["alerts:warm", *(f"alerts:{n}" for n in range(40))])


async def test_the_trace_tells_the_whole_story(inbox: Inbox) -> None:
    await put(inbox, 1, 2)
    steps = [
        make_step(1, State.DELIVERED, ts_ns=NOW_NS + 1),
        make_step(1, State.DECIDED, ts_ns=NOW_NS + 2, orders=("A-1",)),
        make_step(1, None, "order_filled", ts_ns=NOW_NS + 3),
        make_step(1, State.DONE, ts_ns=NOW_NS + 4, orders=("A-1",), message="filled"),
    ]
    await inbox.record(steps[:2])
    await inbox.record(steps[2:])
    trace = await inbox.trace("alerts:1")
    assert trace is not None
    assert list(trace.steps) == [Step(key="alerts:1", kind="received", ts_ns=NOW_NS), *steps]
    assert trace.entry.outcome == steps[-1].outcome
    assert trace.entry.deliveries == 1
    other = await inbox.trace("alerts:2")
    assert other is not None
    assert len(other.steps) == 1
    assert await inbox.trace("alerts:3") is None


async def test_steps_of_unknown_alerts_are_dropped(inbox: Inbox) -> None:
    await put(inbox, 1)
    await inbox.record([make_step("gone", State.DONE), make_step(1, State.DELIVERED)])
    [entry] = await inbox.entries()
    assert entry.outcome.state is State.DELIVERED
    assert await inbox.trace("alerts:gone") is None


async def test_entries_are_filtered_and_newest_first(inbox: Inbox) -> None:
    for number in range(250):
        strategy = "odd" if number % 2 else "even"
        await inbox.put(make_alert(number, strategy=strategy), NOW_NS + number, LATER_NS + number)
    await inbox.record([make_step(number, State.DONE) for number in (3, 4, 7)])
    await inbox.record([make_step(5, State.DECIDED)])
    assert keys(await inbox.entries(limit=2)) == ["alerts:249", "alerts:248"]
    assert len(await inbox.entries()) == 100
    done = await inbox.entries(states=[State.DONE])
    assert keys(done) == ["alerts:7", "alerts:4", "alerts:3"]
    odd = await inbox.entries(states=[State.DONE, State.DECIDED], strategy="odd")
    assert keys(odd) == ["alerts:7", "alerts:5", "alerts:3"]
    assert keys(await inbox.entries(strategy="even", since_ns=NOW_NS + 247)) == ["alerts:248"]
    assert len(await inbox.entries(since_ns=NOW_NS + 10, limit=1_000)) == 240
    assert list(await inbox.entries(strategy="nobody")) == []


async def test_last_of_is_the_latest_that_somebody_has_seen(inbox: Inbox) -> None:
    await put(inbox, 1, 2, 3)
    await put(inbox, 4, strategy="other")
    assert await inbox.last_of("alerts") is None
    await inbox.record([make_step(4, State.DELIVERED), make_step(2, State.DELIVERED)])
    assert await inbox.last_of("alerts") == make_alert(2)
    await inbox.record([make_step(1, State.DONE)])
    assert await inbox.last_of("alerts") == make_alert(2)


async def test_status_counts(inbox: Inbox) -> None:
    status = await inbox.status()
    assert (sum(status.counts.values()), status.oldest_undecided_ns) == (0, None)
    assert set(status.counts) == set(State)
    await inbox.put(make_alert(1), NOW_NS, LATER_NS)
    await inbox.put(make_alert(2), NOW_NS + 5, LATER_NS)
    await inbox.put(make_alert(3), NOW_NS, NOW_NS)
    await inbox.record([make_step(1, State.DECIDED)])
    status = await inbox.status()
    assert {state: count for state, count in status.counts.items() if count} == {
        "received": 1,
        "decided": 1,
        "expired": 1,
    }
    assert status.oldest_undecided_ns == NOW_NS + 5


async def test_one_node_at_a_time(make: Make) -> None:
    node, other, sidecar = make(), make(), make()
    assert not (await sidecar.status()).is_consumed
    await node.open()
    assert (await sidecar.status()).is_consumed
    with pytest.raises(InboxBusy, match=r"process \d+ on "):
        await other.open()
    await node.close()
    await node.close()
    assert not (await sidecar.status()).is_consumed
    await other.open()
    await put(node, 1)
    assert keys(await other.take()) == ["alerts:1"]


async def test_a_queue_that_is_not_open_gives_nothing(inbox: Inbox) -> None:
    await put(inbox, 1)
    with pytest.raises(InboxError, match="to be open"):
        await inbox.take()


async def test_a_full_store_takes_no_more_until_something_is_decided(make: Make) -> None:
    inbox = make(Limits(undecided_max=10))
    answers = await asyncio.gather(
        *(inbox.put(make_alert(number), NOW_NS, LATER_NS) for number in range(15)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Accepted) for answer in answers) == 10
    for answer in answers:
        assert isinstance(answer, Accepted) or "is full: 10 alerts" in str(answer)
    first, *_, last = (n for n, answer in enumerate(answers) if isinstance(answer, Accepted))
    assert isinstance(await inbox.put(make_alert(last), NOW_NS, LATER_NS), Duplicate)
    assert isinstance(await inbox.put(make_alert("late"), NOW_NS, NOW_NS), Accepted)
    with pytest.raises(InboxError, match="full"):
        await put(inbox, "more")
    await inbox.record([make_step(first, State.DECIDED)])
    await put(inbox, "more")


async def test_what_ended_long_ago_is_deleted_and_nothing_else(make: Make) -> None:
    inbox = make(Limits(retention_days=1))
    await put(inbox, *range(300), "waits", "decided", "fresh")
    old = [make_step(number, State.DONE, ts_ns=1) for number in range(300)]
    await inbox.record(old)
    await inbox.record([make_step("decided", State.DECIDED, ts_ns=1)])
    await inbox.record([make_step("fresh", State.DONE, ts_ns=NOW_NS)])
    await inbox.close()
    await inbox.open()
    async with asyncio.timeout(10):
        while len(await inbox.entries(limit=1_000)) > 3:
            await asyncio.sleep(0.02)
    assert keys(await inbox.entries()) == ["alerts:fresh", "alerts:decided", "alerts:waits"]
    assert await inbox.trace("alerts:0") is None
    counts = (await inbox.status()).counts
    assert (counts["done"], counts["received"], counts["decided"]) == (1, 1, 1)
    await put(inbox, 0)


async def test_a_killed_process_loses_nothing_and_gives_way_within_5_s(
    where: str, make: Make
) -> None:
    inbox = make(Limits(undecided_max=1_000_000))
    acknowledged: list[str] = []
    with child(where) as lines:
        while len(acknowledged) < 300:
            acknowledged.append((await asyncio.to_thread(lines.readline)).strip())
        with pytest.raises(InboxBusy):
            await inbox.open()
    assert "" not in acknowledged
    async with asyncio.timeout(5):
        await inbox.open()
    taken: dict[str, Entry] = {}
    while not taken.keys() >= set(acknowledged):
        async with asyncio.timeout(5):
            taken |= {entry.alert.key: entry for entry in await inbox.take()}
    assert all(entry.is_repeat for entry in taken.values())


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=st.lists(operations(), max_size=25))
def test_it_behaves_as_a_dict_would(where: str, plan: list[Operation]) -> None:
    asyncio.run(follow(where, plan))


async def follow(where: str, plan: list[Operation]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        is_file = "://" not in where
        inbox = open_inbox(str(Path(folder) / "inbox.db") if is_file else where)
        if not is_file:
            await flush(where)
        for operation in plan:
            assert await operation.on_inbox(inbox) == operation.on_model(model)
        assert (await inbox.status()).counts == model.counts()
        for key, expected in model.alerts.items():
            trace = await inbox.trace(key)
            assert trace is not None
            assert (trace.entry.outcome, trace.entry.deliveries) == expected.standing
            assert list(trace.steps) == expected.steps
        assert keys(await inbox.entries()) == list(reversed(model.alerts))
        assert keys(await inbox.open()) == model.keys_in(State.DECIDED)
        if undecided := model.keys_in(State.RECEIVED, State.DELIVERED):
            assert keys(await inbox.take()) == undecided
        await inbox.close()


async def flush(url: str) -> None:
    port = int(url.rpartition(":")[2].partition("/")[0])
    server = RedisServer.__new__(RedisServer)
    server.port = port
    assert server.ask("FLUSHALL") == "+OK"


@contextmanager
def child(where: str) -> Iterator[IO[str]]:
    """Run `inbox_child` and kill it in the end."""
    command = [sys.executable, "-m", "tests.webhook.inbox_child", where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()
