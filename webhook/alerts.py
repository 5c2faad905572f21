"""An alert as every later step knows it, and its form on disk; it parses no dialect."""

from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import Distance
from strategies.signals import Action
from strategies.sizing import Sizing


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """
    An alert that says something we can trade, or that its sender is alive.

    Parameters
    ----------
    dialect : str
        Whose words it was told in: "own", "tradingview", "traderspost" or "3commas".
    key : str
        The idempotency key; it begins with the strategy's name.
    digest : str
        Of all that was said but secrets: what makes a resend equal to the first.
    strategy : str
        Whom it is for.
    instrument_id : InstrumentId
        What to trade.
    action : Action or None
        What is asked for; None for a heartbeat, which is never traded.
    quantity, sizing, stop, take_profit
        As in `strategies.signals.Signal`.
    is_exit : bool
        Whether it can only make a position smaller: exits live longer and are never rate-limited.
    ts_event : int or None
        The alert's own time in nanoseconds UTC, if it gave one.
    max_age_secs : Decimal or None
        How old it may get, where it says so itself; the strategy's own limit holds as well.
    stated_before, stated : Decimal or None
        The signed position that its sender believed in before and after, if it said so.
    sequence : int or None
        Its number among its sender's alerts, if it gave one; each is one more than the last.
    comment : str
        For people.
    """

    dialect: str
    key: str
    digest: str
    strategy: str
    instrument_id: InstrumentId
    action: Action | None
    quantity: Decimal | None = None
    sizing: Sizing | None = None
    stop: Distance | None = None
    take_profit: Distance | None = None
    is_exit: bool = False
    ts_event: int | None = None
    max_age_secs: Decimal | None = None
    stated_before: Decimal | None = None
    stated: Decimal | None = None
    sequence: int | None = None
    comment: str = ""


def encode_alert(alert: Alert) -> bytes:
    """Return an alert as JSON, which `decode_alert` gives back equal."""
    return _ENCODER.encode(alert)


def decode_alert(data: bytes | str) -> Alert:
    """
    Return an alert from its JSON.

    Raises
    ------
    msgspec.ValidationError
        If it is no alert of this version.
    """
    return _DECODER.decode(data)


def _encode_id(value: object) -> str:
    if isinstance(value, InstrumentId):
        return str(value)
    raise NotImplementedError(f"Expected an InstrumentId, was {type(value).__name__}")


def _decode_id(kind: type, value: Any) -> object:  # noqa: ANN401  (msgspec's hook)
    if issubclass(kind, InstrumentId):
        return InstrumentId.from_str(value)
    raise NotImplementedError(f"Expected a known type, was {kind.__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_id)
_DECODER = msgspec.json.Decoder(Alert, dec_hook=_decode_id)
