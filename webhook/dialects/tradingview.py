"""A message of TradingView's strategy placeholders: what it may say and what that means."""

import msgspec

from strategies.signals import Action
from webhook.alerts import Alert
from webhook.dialects.checks import (
    Number,
    invalid,
    is_smaller,
    market_position,
    number,
    one_of,
    positive,
    time_ns,
)
from webhook.dialects.message import Arrival, ProtectedMessage, Wish, compose, header_of

MARKS = frozenset(
    {
        "contracts",
        "market_position",
        "market_position_size",
        "order_id",
        "prev_market_position",
        "prev_market_position_size",
    }
)
"""Fields that only this dialect has."""

_ACTIONS = {action.value: action for action in (Action.BUY, Action.SELL)}


class TradingViewMessage(ProtectedMessage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A message of TradingView's strategy placeholders.

    Example: ``{"strategy": "alerts", "ticker": "{{ticker}}", "action":
    "{{strategy.order.action}}", "contracts": "{{strategy.order.contracts}}", "market_position":
    "{{strategy.market_position}}", "market_position_size": "{{strategy.market_position_size}}",
    "prev_market_position": "{{strategy.prev_market_position}}", "prev_market_position_size":
    "{{strategy.prev_market_position_size}}", "order_id": "{{strategy.order.id}}", "price":
    "{{strategy.order.price}}", "bar_time": "{{time}}", "time": "{{timenow}}", "comment":
    "{{strategy.order.comment}}", "secret": "..."}``
    (https://www.tradingview.com/support/solutions/43000531021-how-to-use-a-variable-value-in-alert/).
    With a market position the alert is a target position, else an order of so many contracts.
    """

    action: str
    contracts: Number | None = None
    market_position: str | None = None
    market_position_size: Number | None = None
    prev_market_position: str | None = None
    prev_market_position_size: Number | None = None
    order_id: str | None = None
    price: Number | None = None
    interval: str | None = None
    bar_time: str | None = None


def parse(arrival: Arrival) -> Alert:
    """
    Return the alert of a message of TradingView's placeholders; raises as `own.parse` does.

    Two of them without an id are the same alert if instrument, order, action and position are
    the same in the same bar, or at the same time where no bar is given.
    """
    message = msgspec.convert(arrival.fields, TradingViewMessage)
    action = _ACTIONS[one_of("action", message.action, _ACTIONS)]
    header = header_of(message, arrival)
    wish = _wish(message, action)
    bar = message.bar_time
    moment = None if bar is None else time_ns("bar_time", bar, arrival.received_ns)
    if header.id is None and moment is None and header.ts_event is None:
        raise invalid("time", "an id or a time, to tell the alert from a resend of it", None)
    same = None
    if header.id is None:
        same = (
            str(header.instrument_id),
            message.order_id,
            message.action,
            str(wish.action),
            None if wish.quantity is None else str(wish.quantity.normalize()),
            header.ts_event if moment is None else moment,
        )
    return compose("tradingview", header, wish, arrival, same=same)


def _wish(message: TradingViewMessage, action: Action) -> Wish:
    target = market_position("", message.market_position, message.market_position_size)
    before = market_position(
        "", message.prev_market_position, message.prev_market_position_size, prefix="prev_"
    )
    contracts = None if message.contracts is None else positive("contracts", message.contracts)
    if message.price is not None:
        number("price", message.price)
    return Wish(
        action=action if target is None else Action.TARGET,
        quantity=contracts if target is None else target,
        stop=message.stop(),
        take_profit=message.take_profit(),
        is_exit=is_smaller(before, target),
        stated_before=before,
        stated=target,
    )
