"""From the body of a request to a checked Alert, or an error in words; pure, no HTTP, no secret."""

from collections.abc import Callable, Mapping

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from webhook.alerts import Alert
from webhook.dialects import own, three_commas, traderspost, tradingview
from webhook.dialects.message import Arrival
from webhook.dialects.placeholders import refuse_empty
from webhook.dialects.text import read_fields
from webhook.errors import WebhookError

__all__ = ["parse_alert", "read_fields"]


def parse_alert(
    fields: dict[str, object], tickers: Mapping[str, InstrumentId], *, received_ns: int
) -> Alert:
    """
    Check the fields of an alert and say what they mean.

    Its dialect is told by its fields: one that only 3Commas has makes it 3Commas's, else one that
    only TradingView's strategies have, else a field or action that TradersPost has and we have
    not; what is left is our own. Each dialect refuses fields that are not its.

    Parameters
    ----------
    fields : dict
        As `read_fields` returns them, the secret already taken out.
    tickers : mapping
        Which instrument each of TradingView's tickers stands for.
    received_ns : int
        When it came, nanoseconds UTC.

    Raises
    ------
    WebhookError
        422 naming the field, what was expected and what was found.
    """
    refuse_empty(fields)
    try:
        return _parser_of(fields)(Arrival(fields, tickers, received_ns))
    except msgspec.ValidationError as e:
        raise WebhookError(422, "invalid_field", str(e)) from None  # its words say it all


def _parser_of(fields: dict[str, object]) -> Callable[[Arrival], Alert]:
    if not three_commas.MARKS.isdisjoint(fields):
        return three_commas.parse
    if not tradingview.MARKS.isdisjoint(fields):
        return tradingview.parse
    action = fields.get("action")
    has_action = isinstance(action, str) and action in traderspost.ACTIONS
    if has_action or not traderspost.MARKS.isdisjoint(fields):
        return traderspost.parse
    return own.parse
