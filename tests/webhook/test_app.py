"""What the webhook takes, what it answers, and that it never shows its secret."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.identifiers import InstrumentId

from strategies.signals import Action
from webhook.alerts import Alert, parse_alert, parse_json
from webhook.app import BODY_BYTES_MAX, create_app
from webhook.auth import SharedSecret
from webhook.errors import WebhookError
from webhook.inbox import Accepted, MemoryInbox

type Post = Callable[..., Awaitable[tuple[int, dict[str, str], dict[str, Any]]]]


class Heard(Protocol):
    """The fixture `listener`, as far as tests look at it."""

    alerts: list[Alert]

    @property
    def listening(self) -> Sequence[str]: ...

    def deliver(self, alert: Alert) -> None: ...


BTC = InstrumentId.from_str("BTC-USD-PERP.VENUE")
SECRET = "canary-8f3a51"
OWN = {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "id": "1", "secret": SECRET}
TRADINGVIEW = {
    "strategy": "alerts",
    "ticker": "BTCUSD",
    "action": "sell",
    "contracts": "0.25",
    "market_position": "short",
    "market_position_size": "0.15",
    "order_id": "Exit long",
    "price": "64123.5",
    "time": "2026-11-23T10:00:00Z",
    "comment": "",
    "secret": SECRET,
}


def own(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (OWN | changes).items() if value is not ...}


def tradingview(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (TRADINGVIEW | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "action", "quantity"),
    [
        (own(), Action.BUY, None),
        (own(action="sell", quantity=0.1), Action.SELL, Decimal("0.1")),
        (own(quantity="0.10000000000000000001"), Action.BUY, Decimal("0.10000000000000000001")),
        (own(quantity=3), Action.BUY, Decimal(3)),
        (own(action="close"), Action.CLOSE, None),
        (own(action="target", position=-0.5), Action.TARGET, Decimal("-0.5")),
        (own(action="target", position=0), Action.TARGET, Decimal(0)),
        (own(ticker=..., instrument="BTC-USD-PERP.VENUE"), Action.BUY, None),
        (tradingview(), Action.TARGET, Decimal("-0.15")),
        (
            tradingview(market_position="flat", market_position_size="0"),
            Action.TARGET,
            Decimal(0),
        ),
        (
            tradingview(market_position=..., market_position_size=...),
            Action.SELL,
            Decimal("0.25"),
        ),
    ],
)
async def test_alerts_reach_their_strategy(
    send: Post, listener: Heard, body: dict[str, object], action: Action, quantity: Decimal | None
) -> None:
    status, _, answer = await send(body)
    (alert,) = listener.alerts
    assert (status, answer["code"], answer["key"]) == (200, "accepted", alert.key)
    assert (alert.action, alert.quantity) == (action, quantity)
    assert (alert.strategy, alert.instrument_id) == ("alerts", BTC)


async def test_every_field_of_a_tradingview_alert(send: Post, listener: Heard) -> None:
    await send(tradingview(comment="tp 1"), content_type="text/plain; charset=utf-8")
    (alert,) = listener.alerts
    assert alert.source == "tradingview"
    assert alert.ts_event == 1_795_428_000_000_000_000
    assert alert.comment == "tp 1"
    assert len(alert.key) == 32


async def test_the_secret_may_stand_in_the_path(send: Post, listener: Heard) -> None:
    path = f"/webhook/tradingview/{SECRET}"
    assert (await send(own(secret=...), path=path))[0] == 200
    assert len(listener.alerts) == 1


async def test_an_alert_sent_again_gets_the_first_outcome(send: Post, listener: Heard) -> None:
    first, again = await send(tradingview()), await send(tradingview())
    assert (first[0], first[2]["code"]) == (200, "accepted")
    assert (again[0], again[2]["code"]) == (200, "duplicate")
    assert first[2]["key"] == again[2]["key"]
    assert len(listener.alerts) == 1


async def test_the_same_words_at_another_time_are_another_alert(
    send: Post, listener: Heard
) -> None:
    await send(tradingview())
    await send(tradingview(time="2026-11-23T10:00:01Z"))
    assert len(listener.alerts) == 2


JSON = "application/json"
BROKEN: list[tuple[str, bytes | dict[str, object], int, str, str]] = [
    # name, body, status, code, words in the message
    ("empty", b"", 400, "malformed_json", "Expected JSON: Input data was truncated"),
    ("no json", b"buy 1 BTC", 400, "malformed_json", "Expected JSON"),
    ("truncated", b'{"strategy": "alerts"', 400, "malformed_json", "truncated"),
    ("not utf-8", b'{"strategy": "\xff"}', 400, "malformed_json", "Expected JSON"),
    ("array", b"[1]", 400, "malformed_json", "Expected a JSON object, was list"),
    ("text", b'"buy"', 400, "malformed_json", "Expected a JSON object, was str"),
    ("deep", b"[" * 8000, 400, "malformed_json", "Expected JSON"),
    ("huge integer", b'{"a": ' + b"9" * 5000 + b"}", 400, "malformed_json", "out of range"),
    (
        "unquoted NaN",
        b'{"quantity": NaN}',
        400,
        "malformed_json",
        "quantity: expected a JSON value, was NaN",
    ),
    (
        "unquoted nothing",
        b'{"contracts": , "a": 1}',
        400,
        "malformed_json",
        "contracts: expected a JSON value, was nothing",
    ),
    (
        "unquoted placeholder",
        b'{"contracts": {{strategy.order.contracts}}}',
        400,
        "malformed_json",
        "contracts: expected a JSON value, was {{",
    ),
    ("no secret", own(secret=...), 401, "no_secret", "secret: expected it, was missing"),
    ("wrong secret", own(secret="guess"), 403, "wrong_secret", "it does not match"),
    ("secret no text", own(secret=7), 403, "wrong_secret", "it does not match"),
    ("secret surrogate", b'{"secret": "\\ud800"}', 400, "malformed_json", "Expected JSON"),
    ("no strategy", own(strategy=...), 422, "invalid_field", "missing required field `strategy`"),
    ("strategy no text", own(strategy=5), 422, "invalid_field", "Expected `str`, got `int`"),
    ("strategy wild", own(strategy="*"), 422, "invalid_field", "strategy: expected 1 to 64"),
    (
        "nobody listens",
        own(strategy="alrets"),
        422,
        "no_listener",
        "strategy: expected one that is listening (alerts, other), was 'alrets'",
    ),
    ("no action", own(action=...), 422, "invalid_field", "missing required field `action`"),
    (
        "action unknown",
        own(action="long"),
        422,
        "invalid_field",
        'action: expected one of "buy", "sell", "close", "target", was \'long\'',
    ),
    ("no ticker", own(ticker=...), 422, "invalid_field", "either a ticker or an instrument"),
    ("ticker twice", own(instrument="A.B"), 422, "invalid_field", "was 'both'"),
    (
        "ticker unknown",
        own(ticker="ETHUSD"),
        422,
        "invalid_field",
        "ticker: expected one of the known tickers (BTCUSD), was 'ETHUSD'",
    ),
    (
        "instrument",
        own(ticker=..., instrument="BTC"),
        422,
        "invalid_field",
        "instrument: expected an instrument such as BTC-USD-PERP.VENUE, was 'BTC'",
    ),
    ("misspelled", own(quantitty=1), 422, "invalid_field", "unknown field `quantitty`"),
    ("negative", own(quantity=-0.1), 422, "invalid_field", "quantity: expected a number above 0"),
    ("zero", own(quantity="0"), 422, "invalid_field", "quantity: expected a number above 0"),
    ("words", own(quantity="lots"), 422, "invalid_field", "expected a number, was 'lots'"),
    ("infinite", own(quantity="inf"), 422, "invalid_field", "expected a finite number"),
    ("enormous", own(quantity="1e999999"), 422, "invalid_field", "at most 1000000000"),
    ("list", own(quantity=[1]), 422, "invalid_field", "`$.quantity`"),
    ("NaN", own(quantity="NaN"), 422, "placeholder", "quantity: its placeholder gave no value"),
    ("blank", own(quantity=" "), 422, "placeholder", "quantity: its placeholder gave no value"),
    (
        "placeholder",
        own(quantity="{{strategy.order.contracts}}"),
        422,
        "placeholder",
        "quantity: TradingView did not fill in the placeholder {{strategy.order.contracts}}",
    ),
    (
        "close some",
        own(action="close", quantity=1),
        422,
        "invalid_field",
        "quantity: expected none",
    ),
    ("buy position", own(position=1), 422, "invalid_field", "position: expected none"),
    (
        "target nothing",
        own(action="target"),
        422,
        "invalid_field",
        'position: expected a signed size with action "target", was missing',
    ),
    (
        "target quantity",
        own(action="target", position=1, quantity=1),
        422,
        "invalid_field",
        'quantity: expected none with action "target"',
    ),
    ("no id, no time", own(id=...), 422, "invalid_field", "time: expected an id or a time"),
    ("id", own(id="a b"), 422, "invalid_field", "id: expected 1 to 64 letters"),
    ("time", own(time="yesterday"), 422, "invalid_field", "time: expected a time with its zone"),
    ("no zone", own(time="2026-11-23T10:00:00"), 422, "invalid_field", "with its zone"),
    ("far away", own(time="9999-11-23T10:00:00Z"), 422, "invalid_field", "with its zone"),
    ("tv close", tradingview(action="close"), 422, "invalid_field", '"buy", "sell", was'),
    (
        "tv position",
        tradingview(market_position="up"),
        422,
        "invalid_field",
        'market_position: expected "long", "short" or "flat", was \'up\'',
    ),
    (
        "tv no size",
        tradingview(market_position_size=...),
        422,
        "invalid_field",
        "market_position_size: expected a size with a market_position, was missing",
    ),
    ("tv no side", tradingview(market_position=...), 422, "invalid_field", "market_position: "),
    ("tv unknown", tradingview(qty="1"), 422, "invalid_field", "unknown field `qty`"),
    (
        "too large",
        own(comment="x" * BODY_BYTES_MAX),
        413,
        "too_large",
        f"Expected at most {BODY_BYTES_MAX} bytes",
    ),
]


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
async def test_broken_alerts_are_refused_in_words(
    send: Post,
    listener: Heard,
    caplog: pytest.LogCaptureFixture,
    body: bytes | dict[str, object],
    status: int,
    code: str,
    words: str,
) -> None:
    with caplog.at_level(logging.DEBUG):
        found, headers, answer = await send(body)
    assert (found, answer["code"]) == (status, code)
    assert words in answer["message"]
    assert headers["content-type"] == "application/json"
    assert listener.alerts == []
    assert SECRET not in json.dumps(answer) + caplog.text


@pytest.mark.parametrize("content_type", [None, "", "application/x-www-form-urlencoded"])
async def test_other_media_types_are_refused(send: Post, content_type: str | None) -> None:
    status, _, answer = await send(own(), content_type=content_type)
    assert (status, answer["code"]) == (415, "media_type")
    assert "expected application/json or text/plain" in answer["message"]


async def test_other_methods_and_paths_are_refused_in_json(send: Post) -> None:
    status, headers, answer = await send(b"", method="GET")
    assert (status, headers["allow"]) == (405, "POST")
    assert answer == {"code": "http", "message": "Method Not Allowed", "key": None}
    assert (await send(b"", path="/webhook"))[0] == 404


@pytest.mark.parametrize("token", ["guess", "canary-8f3a5", "canary-8f3a511"])
async def test_a_wrong_token_is_refused_before_the_body_is_read(send: Post, token: str) -> None:
    status, _, answer = await send(b"no json", path=f"/webhook/tradingview/{token}")
    assert (status, answer["code"]) == (403, "wrong_secret")


async def test_a_right_token_does_not_excuse_a_wrong_secret(send: Post) -> None:
    status, _, _ = await send(own(secret="guess"), path=f"/webhook/tradingview/{SECRET}")
    assert status == 403


async def test_a_body_without_end_is_cut_off(send: Post) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1_000
            yield b" " * 1_000

    assert (await send(endless()))[0] == 413
    assert taken <= BODY_BYTES_MAX + 2_000


async def test_a_body_that_does_not_come_is_not_waited_for(send: Post) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    started = asyncio.get_running_loop().time()
    status, headers, _ = await send(silent())
    assert (status, headers["connection"]) == (408, "close")
    assert asyncio.get_running_loop().time() - started < 1


async def test_an_inbox_that_hangs_gets_the_alert_sent_again(send: Post) -> None:
    class Hanging(MemoryInbox):
        async def accept(self, alert: Alert) -> Accepted:
            await asyncio.Event().wait()
            return Accepted(alert.key)

    started = asyncio.get_running_loop().time()
    status, _, answer = await send(own(), to=create_app(Hanging(), SECRET))
    assert status == 422
    status, _, answer = await send(
        own(ticker=..., instrument="A.B"), to=create_app(Hanging(), SECRET)
    )
    assert (status, answer["code"]) == (503, "busy")
    assert asyncio.get_running_loop().time() - started < 1


async def test_without_a_node_the_alert_is_to_be_sent_again(
    send: Post, inbox: MemoryInbox, listener: Heard
) -> None:
    inbox.detach()
    assert (await send(own()))[0] == 503
    inbox.attach(listener)
    assert (await send(own()))[2]["code"] == "accepted"


async def test_health_tells_who_listens_and_what_was_done(send: Post, inbox: MemoryInbox) -> None:
    await send(own())
    await send(own())
    await send(own(strategy="nobody"))
    status, _, answer = await send(b"", path="/health", method="GET")
    assert status == 200
    assert answer == {
        "status": "ok",
        "inbox": {
            "connected": True,
            "listening": ["alerts", "other"],
            "accepted": 1,
            "duplicates": 1,
            "refused": 1,
        },
    }
    inbox.detach()
    assert (await send(b"", path="/health", method="GET"))[0] == 503


async def test_the_inbox_forgets_the_oldest_key_first(listener: Heard) -> None:
    inbox = MemoryInbox(keys_max=2)
    inbox.attach(listener)
    alerts = [
        parse_alert(own(id=key, secret=...), {"BTCUSD": BTC}) for key in ("a", "b", "c", "c", "a")
    ]
    for alert in alerts:
        await inbox.accept(alert)
    assert [alert.key for alert in listener.alerts] == [f"alerts:{key}" for key in "abca"]


def test_the_secret_does_not_show_in_its_holder() -> None:
    assert SECRET not in repr(SharedSecret(SECRET))
    with pytest.raises(ValueError, match="Expected a webhook secret, was empty"):
        SharedSecret("")


@given(body=st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with contextlib.suppress(WebhookError):
        assert isinstance(parse_json(body), dict)


JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text("abc019.-+eEnNiI{} ", max_size=12),
    st.just([1]),
    st.just({"a": None}),
)
FIELDS = sorted((OWN.keys() | TRADINGVIEW.keys() | {"quantity", "position"}) - {"secret"})


@given(
    base=st.sampled_from([own(secret=...), tradingview(secret=...)]),
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=4),
)
def test_any_fields_are_an_alert_or_refused(
    base: dict[str, object], changes: dict[str, object]
) -> None:
    with contextlib.suppress(WebhookError):
        alert = parse_alert(base | changes, {"BTCUSD": BTC})
        assert alert.instrument_id == BTC
        assert alert.quantity is None or alert.quantity.is_finite()
