"""What holds for every alert: it keeps its form, its key tells it apart, no other error escapes."""

import contextlib
import json
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import AmountDistance, AtrDistance, PercentDistance, PriceLevel
from strategies.signals import Action
from strategies.sizing import FixedSize, NotionalSize, PercentSize
from webhook.alerts import Alert, decode_alert, encode_alert
from webhook.dialects import own, parse_alert, read_fields, three_commas, traderspost, tradingview
from webhook.errors import WebhookError

BTC = InstrumentId.from_str("BTC-USD-PERP.VENUE")
TICKERS = {"BTCUSD": BTC}
NOW = 1_795_428_000_000_000_000
TIME = "2026-11-23T10:00:00Z"
FULL: list[dict[str, Any]] = [
    {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "quantity": 1, "time": TIME},
    {
        "strategy": "alerts",
        "ticker": "BTCUSD",
        "action": "sell",
        "market_position": "short",
        "market_position_size": "0.15",
        "order_id": "a",
        "time": TIME,
    },
    {
        "strategy": "alerts",
        "ticker": "BTCUSD",
        "action": "buy",
        "sentiment": "bullish",
        "stopLoss": {"percent": 1},
        "time": TIME,
    },
    {
        "bot_uuid": "alerts",
        "tv_instrument": "BTCUSD",
        "action": "sell",
        "strategy_info": {"market_position": "flat"},
        "order": {"amount": "1", "currency_type": "base"},
        "timestamp": TIME,
    },
]

numbers = st.decimals(min_value="0.000001", max_value="1e9", allow_nan=False, places=6)
signed = numbers | numbers.map(lambda number: -number)
shares = st.decimals(min_value="0.01", max_value="99", places=2)
distances = st.one_of(
    st.builds(PercentDistance, shares),
    st.builds(AmountDistance, numbers),
    st.builds(PriceLevel, numbers),
    st.builds(AtrDistance, numbers, st.integers(2, 100)),
)
sizings = st.one_of(
    st.builds(FixedSize, numbers), st.builds(NotionalSize, numbers), st.builds(PercentSize, numbers)
)
alerts = st.builds(
    Alert,
    dialect=st.sampled_from(["own", "tradingview", "traderspost", "3commas"]),
    key=st.text(max_size=80),
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
    strategy=st.text(max_size=64),
    instrument_id=st.just(BTC),
    action=st.none() | st.sampled_from(Action),
    quantity=st.none() | signed,
    sizing=st.none() | sizings,
    stop=st.none() | distances,
    take_profit=st.none() | distances,
    is_exit=st.booleans(),
    ts_event=st.none() | st.integers(0, 2**63 - 1),
    max_age_secs=st.none() | numbers,
    stated_before=st.none() | signed,
    stated=st.none() | signed,
    sequence=st.none() | st.integers(0, 2**63 - 1),
    comment=st.text(max_size=40),
)


@given(alerts)
def test_an_alert_keeps_its_form_on_disk(alert: Alert) -> None:
    assert decode_alert(encode_alert(alert)) == alert


NAMES = sorted(
    set(own.OwnMessage.__struct_fields__)
    | set(tradingview.TradingViewMessage.__struct_fields__)
    | set(traderspost.TradersPostMessage.__struct_fields__)
    | set(three_commas.ThreeCommasMessage.__struct_fields__)
)
WORDS = ["long", "flat", "bullish", "exit", "enter_long", "target", "heartbeat", "quote", TIME]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.text("abc019.-+eEnNiI{} ", max_size=12),
    st.sampled_from(WORDS),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["percent", "amount", "stopPrice", "limitPrice", "market_position", "type"]
            )
            | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    base=st.sampled_from([{}, *FULL]),
    changes=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=5),
)
def test_any_fields_are_an_alert_or_refused(
    base: dict[str, Any], changes: dict[str, object]
) -> None:
    with contextlib.suppress(WebhookError):
        alert = parse_alert(base | changes, TICKERS, received_ns=NOW)
        assert alert.quantity is None or alert.quantity.is_finite()
        assert alert.key.startswith(f"{alert.strategy}:")
        assert decode_alert(encode_alert(alert)) == alert


PIECES = [b"{", b"}", b'"', b":", b",", b"[", b"=", b" ", b"\n", b"NaN", b"secret", b"a", b"1"]


@given(body=st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
def test_any_bytes_are_fields_or_refused(body: bytes) -> None:
    with contextlib.suppress(WebhookError):
        fields = read_fields(body)
        assert isinstance(fields, dict)
        with contextlib.suppress(WebhookError):
            parse_alert(fields, TICKERS, received_ns=NOW)


def parse(body: bytes, received_ns: int) -> Alert:
    return parse_alert(read_fields(body), TICKERS, received_ns=received_ns)


@given(
    base=st.sampled_from(FULL),
    delay=st.integers(0, 10**11),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_resend_is_the_same_alert(base: dict[str, Any], delay: int, shuffle: Random) -> None:
    body = json.dumps(base).encode()
    first, again = parse(body, NOW), parse(body, NOW + delay)
    assert first == again
    # The order of the fields and the blanks between them are no difference either.
    items = list(base.items())
    shuffle.shuffle(items)
    assert parse(json.dumps(dict(items), indent=2).encode(), NOW) == first


sizes = st.decimals(min_value="0.01", max_value="100", places=2).map(str)
orders = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["Long", "Short", "TP 1", "TP 2"]),
        "action": st.sampled_from(["buy", "sell"]),
        "market_position": st.sampled_from(["long", "short"]),
        "market_position_size": sizes,
        "bar_time": st.sampled_from([TIME, "2026-11-23T09:59:00Z"]),
    }
)


@given(first=orders, second=orders)
def test_two_orders_have_two_keys(first: dict[str, str], second: dict[str, str]) -> None:
    common = {"strategy": "alerts", "ticker": "BTCUSD"}
    keys = [
        parse_alert({**common, **order}, TICKERS, received_ns=NOW).key for order in (first, second)
    ]
    differ = {name for name in first if first[name] != second[name]} - {"market_position_size"}
    if Decimal(first["market_position_size"]) != Decimal(second["market_position_size"]):
        differ.add("market_position_size")
    assert (keys[0] == keys[1]) is (not differ)


@given(order=orders, later=st.integers(0, 59), price=st.integers(1, 10**6))
def test_an_order_told_again_in_its_bar_keeps_its_key(
    order: dict[str, str], later: int, price: int
) -> None:
    common = {"strategy": "alerts", "ticker": "BTCUSD"}
    first, again = (
        parse_alert({**common, **order, **more}, TICKERS, received_ns=NOW + 60_000_000_000)
        for more in ({"time": TIME}, {"time": f"2026-11-23T10:00:{later:02}Z", "price": price})
    )
    assert first.key == again.key
    assert first.digest != again.digest
