"""What the webhook answers: to alerts, to what is none, and when the store fails it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope
from starlette.types import Send as ASGISend

from strategies.signals import Action
from tests.webhook.intake import MemoryIntake
from webhook.alerts import Alert
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl, expiry_ns
from webhook.inbox import Accepted, Answer, Conflict, InboxError, InboxStatus, Outcome, State
from webhook.posting import BODY_BYTES_MAX, PENDING_MAX, RequestLimits

type Send = Callable[..., Any]


SECRET = "canary-8f3a51"
NOW_NS = 1_795_428_000_000_000_000  # the clock of the fixture `app`: 2026-11-23T10:00:00Z
OWN = {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "id": "1", "secret": SECRET}
STRATEGIES = {"alerts": Ttl()}


def own(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (OWN | changes).items() if value is not ...}


def instrumented(intake: MemoryIntake, **settings: RequestLimits) -> ASGIApp:
    return create_app(intake, Credentials(SECRET), strategies=STRATEGIES, **settings)


BY_INSTRUMENT = own(ticker=..., instrument="BTC-USD-PERP.VENUE")


async def test_an_alert_is_stored_and_accepted(send: Send, intake: MemoryIntake) -> None:
    status, headers, answer = await send(own(time="2026-11-23T09:59:50Z"))
    (alert,) = intake.alerts
    assert (status, headers["content-type"]) == (200, "application/json")
    assert answer == {
        "code": "accepted",
        "message": "Stored for alerts",
        "key": "alerts:1",
        "outcome": {"state": "received", "orders": [], "reason": None, "message": ""},
    }
    assert (alert.key, alert.action, str(alert.instrument_id)) == (
        "alerts:1",
        Action.BUY,
        "BTC-USD-PERP.VENUE",
    )
    assert intake.times == [(NOW_NS, NOW_NS + 20_000_000_000)]


async def test_a_heartbeat_is_heard_and_asks_for_nothing(send: Send, intake: MemoryIntake) -> None:
    beat = own(action="heartbeat", sequence=7, id=...)
    status, _, answer = await send(beat)
    (alert,) = intake.alerts
    assert (alert.action, alert.sequence) == (None, 7)
    assert (status, answer["code"], answer["message"]) == (200, "heartbeat", "alerts is heard")
    assert answer["key"] == alert.key
    assert answer["outcome"]["state"] == "received"
    status, _, answer = await send(beat)
    assert (status, answer["code"]) == (200, "duplicate")


async def test_a_resend_gets_the_first_outcome(send: Send, intake: MemoryIntake) -> None:
    await send(own())
    intake.outcomes["alerts:1"] = Outcome(state=State.DECIDED, orders=("A-1",))
    status, _, answer = await send(own())
    assert (status, answer["code"]) == (200, "duplicate")
    assert answer["outcome"]["orders"] == ["A-1"]
    assert len(intake.alerts) == 1


async def test_another_alert_under_the_same_key_is_a_conflict(
    send: Send, intake: MemoryIntake
) -> None:
    await send(own())
    status, _, answer = await send(own(action="sell"))
    assert (status, answer["code"], answer["key"]) == (409, "conflict", "alerts:1")
    assert answer["outcome"]["state"] == "received"
    assert [alert.action for alert in intake.alerts] == [Action.BUY]


@pytest.mark.parametrize(
    ("changes", "code", "secs"),
    [
        ({}, "accepted", 30),
        ({"action": "close"}, "accepted", 3_600),
        ({"time": "2026-11-23T09:59:31Z"}, "accepted", 1),
        ({"time": "2026-11-23T09:59:30Z"}, "expired", 0),
        ({"time": "2026-11-23T09:59:30Z", "action": "close"}, "accepted", 3_570),
        ({"time": "2026-11-23T08:59:00Z", "action": "close"}, "expired", -60),
        ({"time": "2026-11-23T10:00:05Z"}, "accepted", 30),
    ],
)
async def test_age_counts_from_the_alerts_own_time(
    send: Send, intake: MemoryIntake, changes: dict[str, object], code: str, secs: int
) -> None:
    status, _, answer = await send(own(**changes))
    assert (status, answer["code"]) == (200, code)
    assert intake.times == [(NOW_NS, NOW_NS + secs * 1_000_000_000)]


async def test_an_alert_from_the_future_is_refused(send: Send, intake: MemoryIntake) -> None:
    status, _, answer = await send(own(time="2026-11-23T10:00:06Z"))
    assert (status, answer["code"]) == (422, "invalid_field")
    assert answer["message"].startswith("time: expected")
    assert intake.alerts == []


def test_an_alert_may_say_itself_how_old_it_may_get(alert: Alert) -> None:
    ttl = Ttl(entry_secs=Decimal(30), exit_secs=Decimal(60))
    assert expiry_ns(alert, NOW_NS, ttl) == NOW_NS + 30_000_000_000
    young = replaced(alert, max_age_secs=Decimal("0.5"))
    assert expiry_ns(young, NOW_NS, ttl) == NOW_NS + 500_000_000
    old = replaced(alert, max_age_secs=Decimal(500), is_exit=True)
    assert expiry_ns(old, NOW_NS, ttl) == NOW_NS + 60_000_000_000
    ahead = replaced(alert, ts_event=NOW_NS + 5_000_000_000)
    assert expiry_ns(ahead, NOW_NS, ttl) == NOW_NS + 30_000_000_000


async def test_an_alert_for_a_strategy_that_is_not_there_is_refused(
    send: Send, intake: MemoryIntake
) -> None:
    status, _, answer = await send(own(strategy="alrets"))
    assert (status, answer["code"]) == (422, "no_listener")
    assert answer["message"] == (
        "strategy: expected one that takes alerts (alerts, other), was 'alrets'"
    )
    assert intake.alerts == []


BROKEN: list[tuple[str, bytes | dict[str, object], int, str]] = [
    ("empty", b"", 400, ""),
    ("truncated", b'{"strategy": "alerts"', 400, ""),
    ("not utf-8", b'{"strategy": "\xff"}', 400, ""),
    ("deep", b"[" * 8000, 400, ""),
    ("array", b"[1]", 400, ""),
    ("no secret", own(secret=...), 401, "no_secret"),
    ("null secret", own(secret=None), 403, "wrong_secret"),
    ("wrong secret", own(secret="guess"), 403, "wrong_secret"),
    ("longer secret", own(secret=SECRET + "1"), 403, "wrong_secret"),
    ("foreign secret", own(secret="cänary-8f3a51"), 403, "wrong_secret"),
    ("empty secret", own(secret=""), 403, "wrong_secret"),
    ("secret no text", own(secret=7), 403, "wrong_secret"),
    ("unknown action", own(action="long"), 422, "invalid_field"),
    ("placeholder", own(quantity="{{strategy.order.contracts}}"), 422, ""),
    ("too large", own(comment="x" * BODY_BYTES_MAX), 413, "too_large"),
]


@pytest.mark.parametrize(
    ("body", "status", "code"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
async def test_broken_alerts_are_refused_in_words(
    send: Send, intake: MemoryIntake, body: bytes | dict[str, object], status: int, code: str
) -> None:
    found, headers, answer = await send(body)
    assert found == status
    assert code in {"", answer["code"]}
    assert answer["message"]
    assert headers["content-type"] == "application/json"
    assert intake.alerts == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "TEXT/PLAIN;charset=UTF-8",
        'application/json; charset="utf8"',
        "application/json; v=1",
    ],
)
async def test_media_types_that_are_taken(send: Send, content_type: str) -> None:
    assert (await send(own(), content_type=content_type))[0] == 200


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        (None, "content-type: expected application/json or text/plain, was ''"),
        ("application/x-www-form-urlencoded", "was 'application/x-www-form-urlencoded'"),
        ("text/plain; charset=latin-1", "content-type: expected the charset utf-8"),
    ],
)
async def test_other_media_types_are_refused(
    send: Send, content_type: str | None, words: str
) -> None:
    status, _, answer = await send(own(), content_type=content_type)
    assert (status, answer["code"]) == (415, "media_type")
    assert words in answer["message"]


async def test_compressed_bodies_are_refused(send: Send) -> None:
    status, _, answer = await send(own(), headers=[(b"content-encoding", b"gzip")])
    assert (status, answer["message"]) == (415, "content-encoding: expected none, was 'gzip'")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(send: Send, method: str) -> None:
    status, headers, answer = await send(b"", method=method)
    assert (status, headers["allow"]) == (405, "POST")
    assert answer == {
        "code": "method",
        "message": f"Expected the method POST, was {method}",
        "key": None,
    }


@pytest.mark.parametrize(
    "path", ["/", "/webhook", "/webhook/tradingviewer", "/webhook/tradingview/", "/health/"]
)
async def test_other_paths_lead_nowhere(send: Send, path: str) -> None:
    status, _, answer = await send(own(), path=path)
    assert (status, answer) == (
        404,
        {"code": "not_found", "message": "There is nothing here", "key": None},
    )


async def test_a_body_that_is_announced_as_too_long_is_not_read(send: Send) -> None:
    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    for length in (str(BODY_BYTES_MAX + 1).encode(), b"9" * 5_000):
        status, headers, _ = await send(untouched(), headers=[(b"content-length", length)])
        assert (status, headers["connection"]) == (413, "close")


async def test_a_body_without_end_is_cut_off(send: Send) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1_000
            yield b" " * 1_000

    assert (await send(endless()))[0] == 413
    assert taken <= BODY_BYTES_MAX + 2_000


async def test_who_hangs_up_is_not_answered(app: ASGIApp, intake: MemoryIntake) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        pytest.fail("an answer was sent")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhook/tradingview",
        "headers": [(b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    assert intake.alerts == []


async def test_a_store_that_hangs_gets_the_alert_sent_again(send: Send) -> None:
    class Hanging(MemoryIntake):
        async def put(self, *_: object) -> Answer:
            await asyncio.Event().wait()
            raise AssertionError

        async def status(self) -> InboxStatus:
            await asyncio.Event().wait()
            raise AssertionError

    app = instrumented(Hanging())
    started = asyncio.get_running_loop().time()
    status, _, answer = await send(BY_INSTRUMENT, to=app)
    assert (status, answer["code"]) == (503, "busy")
    assert asyncio.get_running_loop().time() - started < 1
    status, _, answer = await send(b"", to=app, path="/health", method="GET")
    assert (status, answer["code"]) == (503, "unavailable")


async def test_a_store_that_gives_up_gets_the_alert_sent_again(
    send: Send, intake: MemoryIntake
) -> None:
    intake.error = TimeoutError()
    status, _, answer = await send(own())
    assert (status, answer["code"]) == (503, "busy")


async def test_a_store_that_fails_is_told_of_and_shows_in_health(
    send: Send, intake: MemoryIntake
) -> None:
    intake.error = InboxError("alerts.sqlite: the disk is full")
    status, _, answer = await send(own())
    assert (status, answer["code"]) == (503, "not_stored")
    assert answer["message"] == "alerts.sqlite: the disk is full: send the alert again"

    status, _, answer = await send(b"", path="/health", method="GET")
    assert (status, answer["code"], answer["message"]) == (
        503,
        "unavailable",
        "alerts.sqlite: the disk is full",
    )

    intake.error = None
    assert (await send(own()))[2]["code"] == "accepted"
    status, _, answer = await send(b"", path="/health", method="GET")
    assert (status, answer["code"], answer["inbox"]["counts"]["received"]) == (200, "ok", 1)


async def test_an_unexpected_error_is_503_and_logged(
    send: Send, intake: MemoryIntake, caplog: pytest.LogCaptureFixture
) -> None:
    intake.error = ValueError(f"a bug near {SECRET}")
    status, _, answer = await send(own())
    assert (status, answer["code"]) == (503, "internal")
    (record,) = [one for one in caplog.records if one.name == "perpdesk.webhook"]
    assert record.levelno == logging.ERROR
    assert "Traceback" in record.getMessage()
    assert "a bug near ***" in record.getMessage()
    assert SECRET not in caplog.text + json.dumps(answer)


async def test_an_unexpected_error_of_the_store_shows_in_health(send: Send) -> None:
    class Broken(MemoryIntake):
        async def status(self) -> InboxStatus:
            raise ValueError("a bug")

    answers = []

    async def caught(scope: Scope, receive: Receive, collect: ASGISend) -> None:
        with pytest.raises(ValueError, match="a bug"):  # raised again, for the server's log
            await app(scope, receive, collect)

    app = instrumented(Broken())
    answers.append(await send(b"", to=caught, path="/health", method="GET"))
    assert (answers[0][0], answers[0][2]["code"]) == (503, "internal")


async def test_too_many_at_once_are_told_to_come_again(send: Send) -> None:
    gate = asyncio.Event()

    class Slow(MemoryIntake):
        async def put(self, *_: object) -> Answer:
            await gate.wait()
            return Accepted(Outcome(state=State.RECEIVED))

    app = instrumented(Slow(), limits=RequestLimits(rate_per_minute=0))
    waiting = [asyncio.ensure_future(send(BY_INSTRUMENT, to=app)) for _ in range(PENDING_MAX)]
    await asyncio.sleep(0)
    status, _, answer = await send(BY_INSTRUMENT, to=app)
    assert (status, answer["code"]) == (503, "busy")
    gate.set()
    assert {one[0] for one in await asyncio.gather(*waiting)} == {200}
    assert (await send(BY_INSTRUMENT, to=app))[0] == 200


async def test_a_conflict_tells_what_stands_in_the_way(send: Send) -> None:
    class Conflicting(MemoryIntake):
        async def put(self, *_: object) -> Answer:
            return Conflict(Outcome(state=State.DONE, orders=("A-1",), message="filled"))

    status, _, answer = await send(BY_INSTRUMENT, to=instrumented(Conflicting()))
    assert (status, answer["outcome"]["message"]) == (409, "filled")


async def test_health_counts_what_is_stored(send: Send) -> None:
    await send(own())
    status, _, answer = await send(b"", path="/health", method="GET")
    assert status == 200
    assert answer == {
        "code": "ok",
        "message": "Alerts can be stored",
        "inbox": {
            "counts": dict.fromkeys(State, 0) | {"received": 1},
            "oldest_undecided_ns": None,
            "is_consumed": False,
        },
    }


async def test_the_routes_beside_the_alerts_take_get_alone(send: Send) -> None:
    for path in ("/health", "/openapi.json"):
        status, headers, answer = await send(b"", path=path)
        assert (status, answer["code"]) == (405, "method")
        assert "GET" in headers["allow"]


def replaced(alert: Alert, **changes: object) -> Alert:
    values = {name: getattr(alert, name) for name in alert.__struct_fields__}
    return Alert(**values | changes)


@pytest.fixture
def alert() -> Alert:
    from nautilus_trader.model.identifiers import InstrumentId  # noqa: PLC0415

    return Alert(
        dialect="own",
        key="alerts:1",
        digest="",
        strategy="alerts",
        instrument_id=InstrumentId.from_str("BTC-USD-PERP.VENUE"),
        action=Action.BUY,
    )
