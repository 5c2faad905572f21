"""Our own message: what it may say and what that means."""

from decimal import Decimal

import msgspec

from strategies.signals import Action
from strategies.sizing import NotionalSize, PercentSize, Sizing
from webhook.alerts import Alert
from webhook.dialects.checks import Number, invalid, is_smaller, number, one_of, positive
from webhook.dialects.message import Arrival, ProtectedMessage, Wish, compose, header_of

HEARTBEAT = "heartbeat"
_ACTIONS = (*(action.value for action in Action), HEARTBEAT)


class OwnMessage(ProtectedMessage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Our own message.

    Example: ``{"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "quantity": 0.1,
    "id": "morning-7", "time": "2026-11-23T10:00:00Z", "secret": "..."}``. One of `quantity` (base
    units), `notional` (quote currency) and `percent` (of the equity) sizes a buy or a sell;
    without them the strategy's own rule does. `position` is signed: where to go with the action
    "target", else the position that the sender believes in afterwards.
    """

    type: str | None = None
    action: str | None = None
    quantity: Number | None = None
    notional: Number | None = None
    percent: Number | None = None
    position: Number | None = None
    prev_position: Number | None = None


def parse(arrival: Arrival) -> Alert:
    """
    Return the alert of our own message.

    Raises
    ------
    WebhookError
        422 naming the field, what was expected and what was found.
    msgspec.ValidationError
        If a field is unknown, missing or of another type.
    """
    message = msgspec.convert(arrival.fields, OwnMessage)
    header = header_of(message, arrival)
    return compose("own", header, _wish(message), arrival)


def _wish(message: OwnMessage) -> Wish:
    if message.type is not None:
        one_of("type", message.type, (HEARTBEAT,))
    if message.type == HEARTBEAT and message.action is None:
        word = HEARTBEAT
    else:
        word = one_of("action", message.action, _ACTIONS)
        if message.type == HEARTBEAT and word != HEARTBEAT:
            raise invalid("action", f'"{HEARTBEAT}" or none with type "{HEARTBEAT}"', word)
    before = _signed("prev_position", message.prev_position)
    position = _signed("position", message.position)
    if word == HEARTBEAT:
        _refuse_size(message, word)
        return Wish(action=None, stated_before=before, stated=position)
    match Action(word):
        case Action.CLOSE:
            _refuse_size(message, word)
            if position:
                raise invalid("position", 'none, or 0, with action "close"', message.position)
            return Wish(action=Action.CLOSE, is_exit=True, stated_before=before, stated=Decimal(0))
        case Action.TARGET:
            _refuse_size(message, word)
            if position is None:
                raise invalid("position", 'a signed size with action "target"', None)
            return Wish(
                action=Action.TARGET,
                quantity=position,
                stop=message.stop(),
                take_profit=message.take_profit(),
                is_exit=is_smaller(before, position),
                stated_before=before,
                stated=position,
            )
        case side:
            quantity, sizing = _size(message)
            return Wish(
                action=side,
                quantity=quantity,
                sizing=sizing,
                stop=message.stop(),
                take_profit=message.take_profit(),
                # An order is one only by the word of a sender who says from where to where.
                is_exit=before is not None and is_smaller(before, position),
                stated_before=before,
                stated=position,
            )


def _sizes(message: OwnMessage) -> dict[str, Number]:
    sizes = {
        "quantity": message.quantity,
        "notional": message.notional,
        "percent": message.percent,
    }
    return {name: size for name, size in sizes.items() if size is not None}


def _refuse_size(message: OwnMessage, word: str) -> None:
    for name, size in _sizes(message).items():
        raise invalid(name, f'none with action "{word}"', size)


def _size(message: OwnMessage) -> tuple[Decimal | None, Sizing | None]:
    sizes = {name: positive(name, size) for name, size in _sizes(message).items()}
    if len(sizes) > 1:
        first, second, *_ = sizes
        raise invalid(second, f"none along with {first}", "both")
    if "notional" in sizes:
        return None, NotionalSize(sizes["notional"])
    if "percent" in sizes:
        return None, PercentSize(sizes["percent"])
    return sizes.get("quantity"), None


def _signed(name: str, value: Number | None) -> Decimal | None:
    return None if value is None else number(name, value)
