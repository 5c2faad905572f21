"""A message like those for 3Commas' signal bots: what it may say here and what that means."""

from decimal import Decimal

import msgspec

from strategies.signals import Action
from strategies.sizing import NotionalSize, Sizing
from webhook.alerts import Alert
from webhook.dialects.checks import (
    Number,
    alert_id,
    instrument_of,
    invalid,
    is_smaller,
    market_position,
    max_age,
    number,
    one_of,
    positive,
    sequence_number,
    strategy_name,
    time_ns,
)
from webhook.dialects.message import Arrival, Header, Wish, compose

MARKS = frozenset(
    {
        "bot_uuid",
        "max_lag",
        "order",
        "strategy_info",
        "timestamp",
        "trigger_price",
        "tv_exchange",
        "tv_instrument",
    }
)
"""Fields that only this dialect has."""

CURRENCY_TYPES = ("base", "quote")
_ENTRIES = {"enter_long": Action.BUY, "enter_short": Action.SELL}
_EXITS = {"exit_long": Action.SELL, "exit_short": Action.BUY}


class StrategyInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The position of TradingView's strategy after the order, and before it."""

    market_position: str
    market_position_size: Number | None = None
    prev_market_position: str | None = None
    prev_market_position_size: Number | None = None


class OrderInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to trade, in the base or in the quote currency."""

    amount: Number
    currency_type: str = "base"
    order_type: str = "market"


class ThreeCommasMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A message like those for 3Commas' signal bots.

    Example: ``{"bot_uuid": "alerts", "max_lag": "300", "timestamp": "{{timenow}}",
    "trigger_price": "{{close}}", "tv_exchange": "{{exchange}}", "tv_instrument": "{{ticker}}",
    "action": "{{strategy.order.action}}", "strategy_info": {"market_position":
    "{{strategy.market_position}}", ...}, "order": {"amount": "{{strategy.order.contracts}}",
    "currency_type": "base"}, "secret": "..."}``, or with an action such as "enter_long" and
    without strategy_info
    (https://help.3commas.io/en/articles/9374557-signal-bot-json-file-for-strategy-type,
    https://help.3commas.io/en/articles/8894481-signal-bot-json-file-in-custom-signal-type).
    The strategy is the one that `strategy` names, else `bot_uuid`.
    """

    action: str
    tv_instrument: str | None = None
    instrument: str | None = None
    tv_exchange: str | None = None
    bot_uuid: str | None = None
    strategy: str | None = None
    id: str | None = None
    timestamp: str | None = None
    max_lag: Number | None = None
    trigger_price: Number | None = None
    strategy_info: StrategyInfo | None = None
    order: OrderInfo | None = None
    sequence: Number | None = None
    comment: str = ""


def parse(arrival: Arrival) -> Alert:
    """Return the alert of a message like those for 3Commas; raises as `own.parse` does."""
    message = msgspec.convert(arrival.fields, ThreeCommasMessage)
    if message.trigger_price is not None:
        number("trigger_price", message.trigger_price)
    header, wish = _header(message, arrival), _wish(message)
    return compose("3commas", header, wish, arrival, time_name="timestamp")


def _header(message: ThreeCommasMessage, arrival: Arrival) -> Header:
    if message.strategy is not None:
        strategy = strategy_name("strategy", message.strategy)
    elif message.bot_uuid is not None:
        strategy = strategy_name("bot_uuid", message.bot_uuid)
    else:
        raise invalid("bot_uuid", "the name of a strategy, or one in strategy", None)
    time, lag, sequence = message.timestamp, message.max_lag, message.sequence
    return Header(
        strategy=strategy,
        instrument_id=instrument_of(
            "tv_instrument", message.tv_instrument, message.instrument, arrival.tickers
        ),
        id=None if message.id is None else alert_id(message.id),
        ts_event=None if time is None else time_ns("timestamp", time, arrival.received_ns),
        sequence=None if sequence is None else sequence_number(sequence),
        max_age_secs=None if lag is None else max_age("max_lag", lag),
        comment=message.comment,
    )


def _wish(message: ThreeCommasMessage) -> Wish:
    one_of("action", message.action, ("buy", "sell", *_ENTRIES, *_EXITS))
    quantity, sizing = _size(message.order)
    info = message.strategy_info
    if message.action in _ENTRIES or message.action in _EXITS:
        if info is not None:
            expected = '"buy" or "sell" with strategy_info, as {{strategy.order.action}} gives'
            raise invalid("action", expected, message.action)
        return _custom(message.action, quantity, sizing)
    if info is None:
        return Wish(action=Action(message.action), quantity=quantity, sizing=sizing)
    at = "strategy_info."
    target = market_position(at, info.market_position, info.market_position_size)
    before = market_position(
        at, info.prev_market_position, info.prev_market_position_size, prefix="prev_"
    )
    return Wish(
        action=Action.TARGET,
        quantity=target,
        is_exit=is_smaller(before, target),
        stated_before=before,
        stated=target,
    )


def _custom(word: str, quantity: Decimal | None, sizing: Sizing | None) -> Wish:
    if word in _ENTRIES:
        return Wish(action=_ENTRIES[word], quantity=quantity, sizing=sizing)
    if quantity is None and sizing is None:
        return Wish(action=Action.CLOSE, is_exit=True)
    return Wish(action=_EXITS[word], quantity=quantity, sizing=sizing, is_exit=True)


def _size(order: OrderInfo | None) -> tuple[Decimal | None, Sizing | None]:
    if order is None:
        return None, None
    one_of("order.order_type", order.order_type, ("market",))
    kind = one_of("order.currency_type", order.currency_type, CURRENCY_TYPES)
    amount = positive("order.amount", order.amount)
    return (amount, None) if kind == "base" else (None, NotionalSize(amount))
