"""A message like those for TradersPost: what it may say here and what that means."""

from decimal import Decimal

import msgspec

from strategies.protection import Distance
from strategies.signals import Action
from strategies.sizing import NotionalSize, PercentSize, Sizing
from webhook.alerts import Alert
from webhook.dialects.checks import Number, distance_of, invalid, number, one_of, positive
from webhook.dialects.message import Arrival, Message, Wish, compose, header_of

MARKS = frozenset(
    {
        "extras",
        "orderType",
        "price",
        "quantityType",
        "sentiment",
        "signalPrice",
        "stopLoss",
        "takeProfit",
    }
)
"""Fields that this dialect has and our own has not."""

ACTIONS = frozenset({"exit", "add", "cancel"})
"""Actions that this dialect has and our own has not."""

QUANTITY_TYPES = ("fixed_quantity", "dollar_amount", "percent_of_equity")
# TradingView's own words may stand for the sentiment as well.
_SIDES = {
    "bullish": Action.BUY,
    "long": Action.BUY,
    "bearish": Action.SELL,
    "short": Action.SELL,
    "flat": None,
}


class TakeProfit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the take-profit rests: one of percent, amount (in price) and limitPrice."""

    percent: Number | None = None
    amount: Number | None = None
    limitPrice: Number | None = None  # noqa: N815  the sender's word


class StopLoss(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the stop rests: one of percent, amount (in price) and stopPrice."""

    type: str = "stop"
    percent: Number | None = None
    amount: Number | None = None
    stopPrice: Number | None = None  # noqa: N815


class TradersPostMessage(Message, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A message like those for TradersPost, with the name of a strategy here.

    Example: ``{"strategy": "alerts", "ticker": "BTCUSD", "action": "buy", "sentiment": "bullish",
    "quantity": 1000, "quantityType": "dollar_amount", "stopLoss": {"type": "stop", "percent": 5},
    "takeProfit": {"limitPrice": 70000}, "time": "2026-11-23T10:00:00Z", "secret": "..."}``
    (https://docs.traderspost.io/docs/core-concepts/signals/webhooks). `sentiment` is the side of
    the position afterwards; `price`, `signalPrice`, `interval` and `extras` are for people.
    """

    action: str
    sentiment: str | None = None
    quantity: Number | None = None
    quantityType: str = "fixed_quantity"  # noqa: N815
    orderType: str = "market"  # noqa: N815
    takeProfit: TakeProfit | None = None  # noqa: N815
    stopLoss: StopLoss | None = None  # noqa: N815
    price: Number | None = None
    signalPrice: Number | None = None  # noqa: N815
    interval: str | None = None
    extras: dict[str, object] | None = None


def parse(arrival: Arrival) -> Alert:
    """Return the alert of a message like those for TradersPost; raises as `own.parse` does."""
    message = msgspec.convert(arrival.fields, TradersPostMessage)
    header = header_of(message, arrival)
    return compose("traderspost", header, _wish(message), arrival)


def _wish(message: TradersPostMessage) -> Wish:
    _check_words(message)
    quantity, sizing = _size(message)
    # Checked even where a closed position leaves nothing to protect.
    stop, take_profit = _stop(message.stopLoss), _take_profit(message.takeProfit)
    if message.action == "exit":
        if message.quantity is not None:
            expected = 'none with action "exit", which closes all (a part: "sell" when "bullish")'
            raise invalid("quantity", expected, message.quantity)
        return Wish(action=Action.CLOSE, is_exit=True)
    if message.sentiment == "flat":
        # The quantity is that of the order, {{strategy.order.contracts}}: it closes all.
        return Wish(action=Action.CLOSE, is_exit=True)
    side = None if message.sentiment is None else _SIDES[message.sentiment]
    action = side if message.action == "add" else Action(message.action)
    return Wish(
        action=action,
        quantity=quantity,
        sizing=sizing,
        stop=stop,
        take_profit=take_profit,
        # A sell of which a long position is left, or a buy that leaves a short one.
        is_exit=side is not None and side is not action,
    )


def _check_words(message: TradersPostMessage) -> None:
    if message.action == "cancel":
        expected = "no cancel: entries are market orders, none is left open"
        raise invalid("action", expected, message.action)
    one_of("action", message.action, ("buy", "sell", "exit", "add"))
    one_of("orderType", message.orderType, ("market",))
    if message.sentiment is not None:
        one_of("sentiment", message.sentiment, _SIDES)
    if message.action == "add" and message.sentiment in {None, "flat"}:
        expected = '"bullish" or "bearish" with action "add"'
        raise invalid("sentiment", expected, message.sentiment)
    for name, price in (("price", message.price), ("signalPrice", message.signalPrice)):
        if price is not None:
            number(name, price)


def _size(message: TradersPostMessage) -> tuple[Decimal | None, Sizing | None]:
    kind = one_of("quantityType", message.quantityType, QUANTITY_TYPES)
    if message.quantity is None:
        if kind != "fixed_quantity":
            raise invalid("quantity", f'a number with quantityType "{kind}"', None)
        return None, None
    quantity = positive("quantity", message.quantity)
    if kind == "dollar_amount":
        return None, NotionalSize(quantity)
    if kind == "percent_of_equity":
        return None, PercentSize(quantity)
    return quantity, None


def _stop(stop: StopLoss | None) -> Distance | None:
    if stop is None:
        return None
    one_of("stopLoss.type", stop.type, ("stop",))
    found = distance_of(
        percent=("stopLoss.percent", stop.percent),
        price=("stopLoss.stopPrice", stop.stopPrice),
        amount=("stopLoss.amount", stop.amount),
    )
    if found is None:
        raise invalid("stopLoss", "one of percent, amount and stopPrice", None)
    return found


def _take_profit(profit: TakeProfit | None) -> Distance | None:
    if profit is None:
        return None
    found = distance_of(
        percent=("takeProfit.percent", profit.percent),
        price=("takeProfit.limitPrice", profit.limitPrice),
        amount=("takeProfit.amount", profit.amount),
    )
    if found is None:
        raise invalid("takeProfit", "one of percent, amount and limitPrice", None)
    return found
