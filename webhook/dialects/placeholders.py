"""What TradingView leaves where a placeholder had nothing to say, and which one that was."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from webhook.dialects.checks import quote
from webhook.errors import WebhookError

# https://www.tradingview.com/support/solutions/43000531021-how-to-use-a-variable-value-in-alert/
PLACEHOLDERS = MappingProxyType(
    {
        "ticker": "{{ticker}}",
        "tv_instrument": "{{ticker}}",
        "tv_exchange": "{{exchange}}",
        "interval": "{{interval}}",
        "action": "{{strategy.order.action}}",
        "contracts": "{{strategy.order.contracts}}",
        "quantity": "{{strategy.order.contracts}}",
        "order.amount": "{{strategy.order.contracts}}",
        "amount": "{{strategy.order.contracts}}",
        "order_id": "{{strategy.order.id}}",
        "price": "{{strategy.order.price}}",
        "signalPrice": "{{strategy.order.price}}",
        "trigger_price": "{{close}}",
        "market_position": "{{strategy.market_position}}",
        "sentiment": "{{strategy.market_position}}",
        "market_position_size": "{{strategy.market_position_size}}",
        "prev_market_position": "{{strategy.prev_market_position}}",
        "prev_market_position_size": "{{strategy.prev_market_position_size}}",
        "time": "{{timenow}}",
        "timestamp": "{{timenow}}",
        "bar_time": "{{time}}",
        "comment": "{{strategy.order.comment}}",
    }
)
"""Which placeholder usually stands in a field."""

NESTING_MAX = 3
"""No dialect nests its fields deeper."""

_PLACEHOLDER = re.compile(r"\{\{[^{}]{0,60}\}\}")
_NOTHING = frozenset({"", "nan", "na", "null"})
# For people only: whatever they hold is never read.
_FREE = frozenset({"comment", "extras"})


def placeholder_of(name: str) -> str:
    """Return words that name the placeholder of a field; empty where none usually stands there."""
    known = PLACEHOLDERS.get(name) or PLACEHOLDERS.get(name.rpartition(".")[2])
    return "" if known is None else f" (usually of {known})"


def refuse_empty(fields: dict[str, object]) -> None:
    """
    Refuse what TradingView leaves where a placeholder had nothing to say.

    Raises
    ------
    WebhookError
        422 naming the field and the placeholder: it was not replaced, or is empty, NaN or null. A
        value that is missing by mistake must not trade the default size.
    """
    _check(fields.items(), "", NESTING_MAX)


def _check(values: Iterable[tuple[object, object]], at: str, levels: int) -> None:
    # Strings first: this is the one loop over every field of every alert.
    for key, value in values:
        if isinstance(value, str):
            if ("{{" in value or value.strip().lower() in _NOTHING) and key not in _FREE:
                _refuse(f"{at}{key}", value)
        elif value is None:
            message = f"{at}{key}: expected a value{placeholder_of(f'{at}{key}')}, was null"
            raise WebhookError(422, "placeholder", message)
        elif isinstance(value, dict | list):
            if not levels:
                words = f"{at}{key}: expected fewer levels of nesting"
                raise WebhookError(422, "invalid_field", words)
            if key in _FREE:
                continue
            children = value.items() if isinstance(value, dict) else enumerate(value)
            _check(children, f"{at}{key}.", levels - 1)


def _refuse(name: str, value: str) -> None:
    found = _PLACEHOLDER.search(value)
    if found is not None:
        message = f"{name}: TradingView did not fill in the placeholder {found.group()}"
        raise WebhookError(422, "placeholder", message)
    if value.strip().lower() in _NOTHING:
        message = f"{name}: its placeholder gave no value{placeholder_of(name)}"
        raise WebhookError(422, "placeholder", f"{message}, was {quote(value)}")
