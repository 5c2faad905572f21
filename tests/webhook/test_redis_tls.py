"""A Redis that speaks TLS: its certificate must be in its name, and by an authority we trust."""

import traceback
from collections.abc import AsyncIterator, Callable

import pytest

from tests.redis_server import PASSWORD, RedisServer
from tests.webhook.given import LATER_NS, NOW_NS, make_alert, make_step
from webhook.inbox import Accepted, Duplicate, Inbox, InboxError, State
from webhook.stores import open_inbox

TRIES_MAX = 20

type Make = Callable[[str], Inbox]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Inbox] = []

    def go(url: str) -> Inbox:
        made.append(open_inbox(url))
        return made[-1]

    yield go
    for inbox in made:
        await inbox.close()


@pytest.fixture
def trusted(tls_redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    """Return a server whose authority this process trusts, as OpenSSL is told to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls_redis_server.authority))
    return tls_redis_server


async def test_alerts_travel_by_tls(trusted: RedisServer, make: Make) -> None:
    sidecar, node = make(trusted.url), make(trusted.url)
    await node.open()
    answer = await sidecar.put(make_alert(1), NOW_NS, LATER_NS)
    assert isinstance(answer, Accepted)
    assert [entry.alert.key for entry in await node.take()] == ["alerts:1"]
    await node.record([make_step(1, State.DONE)])
    assert isinstance(await sidecar.put(make_alert(1), NOW_NS, LATER_NS), Duplicate)
    trusted.kill()
    with pytest.raises(InboxError, match=f"rediss://localhost:{trusted.port}/0"):
        await sidecar.put(make_alert(2), NOW_NS, LATER_NS)
    trusted.start()
    assert isinstance(await sidecar.put(make_alert(2), NOW_NS, LATER_NS), Accepted)


async def refusal(inbox: Inbox) -> str:
    """Return the words of a put that fails; a busy machine may first be slow to hear why."""
    words = "in time"
    for _ in range(TRIES_MAX):
        if not words.endswith("in time"):
            break
        with pytest.raises(InboxError) as caught:
            await inbox.put(make_alert(1), NOW_NS, LATER_NS)
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))
        words = str(caught.value)
    return words


async def test_an_unknown_authority_is_not_believed(
    tls_redis_server: RedisServer, make: Make
) -> None:
    words = await refusal(make(tls_redis_server.url))
    assert "shows a certificate that cannot be trusted: " in words


async def test_a_certificate_in_another_name_is_not_believed(
    trusted: RedisServer, make: Make
) -> None:
    words = await refusal(make(trusted.url.replace("localhost", "127.0.0.1")))
    assert "shows a certificate that cannot be trusted: IP address mismatch" in words


async def test_neither_speaks_in_plain_with_the_other(
    trusted: RedisServer, redis_server: RedisServer, make: Make
) -> None:
    for url in (
        trusted.url.replace("rediss://", "redis://"),
        redis_server.url.replace("redis://", "rediss://"),
    ):
        assert url.rpartition("@")[2] in await refusal(make(url))
