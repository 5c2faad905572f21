"""From checked parts of a message to an Alert: who it is for, what it wants, and its key."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import Distance
from strategies.signals import Action
from strategies.sizing import Sizing
from webhook.alerts import Alert
from webhook.dialects.checks import (
    Number,
    alert_id,
    distance_of,
    instrument_of,
    invalid,
    max_age,
    sequence_number,
    strategy_name,
    time_ns,
)
from webhook.errors import WebhookError

_HASH_CHARS = 32  # 128 bits
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    The fields that own, TradingView-like and TradersPost-like messages have in common.

    Unknown fields are refused: a misspelled "quantity" would otherwise trade the default size.
    """

    strategy: str
    ticker: str | None = None
    instrument: str | None = None
    id: str | None = None
    time: str | None = None
    sequence: Number | None = None
    max_age_secs: Number | None = None
    comment: str = ""


class ProtectedMessage(Message, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that may say where the stop and the take-profit rest."""

    stop_percent: Number | None = None
    stop_price: Number | None = None
    take_profit_percent: Number | None = None
    take_profit_price: Number | None = None

    def stop(self) -> Distance | None:
        """Return where the stop rests, None where the strategy's own rule holds."""
        if self.stop_percent is None and self.stop_price is None:
            return None
        return distance_of(
            percent=("stop_percent", self.stop_percent), price=("stop_price", self.stop_price)
        )

    def take_profit(self) -> Distance | None:
        """Return where the take-profit rests, None where the strategy's own rule holds."""
        if self.take_profit_percent is None and self.take_profit_price is None:
            return None
        return distance_of(
            percent=("take_profit_percent", self.take_profit_percent),
            price=("take_profit_price", self.take_profit_price),
        )


class Arrival(NamedTuple):
    """A message as it came: its fields but the secret, the known tickers, and when it came."""

    fields: dict[str, object]
    tickers: Mapping[str, InstrumentId]
    received_ns: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an alert is for and how it is told from others, checked; the names are Alert's."""

    strategy: str
    instrument_id: InstrumentId
    id: str | None = None
    ts_event: int | None = None
    sequence: int | None = None
    max_age_secs: Decimal | None = None
    comment: str = ""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert wants done, checked; the names are Alert's."""

    action: Action | None
    quantity: Decimal | None = None
    sizing: Sizing | None = None
    stop: Distance | None = None
    take_profit: Distance | None = None
    is_exit: bool = False
    stated_before: Decimal | None = None
    stated: Decimal | None = None


def header_of(message: Message, arrival: Arrival) -> Header:
    """Check the common fields of a message (WebhookError 422)."""
    time, sequence, age = message.time, message.sequence, message.max_age_secs
    return Header(
        strategy=strategy_name("strategy", message.strategy),
        instrument_id=instrument_of("ticker", message.ticker, message.instrument, arrival.tickers),
        id=None if message.id is None else alert_id(message.id),
        ts_event=None if time is None else time_ns("time", time, arrival.received_ns),
        sequence=None if sequence is None else sequence_number(sequence),
        max_age_secs=None if age is None else max_age("max_age_secs", age),
        comment=message.comment,
    )


def compose(
    dialect: str,
    header: Header,
    wish: Wish,
    arrival: Arrival,
    *,
    same: tuple[object, ...] | None = None,
    time_name: str = "time",
) -> Alert:
    """
    Return the alert.

    Parameters
    ----------
    dialect : str
        Where the parts come from.
    same : tuple or None
        What makes two alerts without an id the same; None for all that they say.
    time_name : str
        What the dialect calls an alert's own time.

    Raises
    ------
    WebhookError
        422 if nothing tells the alert from a later one that says the same.
    """
    digest = _digest(arrival.fields)
    if header.id is not None:
        mark = header.id
    elif same is not None:
        mark = hashlib.sha256(msgspec.json.encode(same)).hexdigest()[:_HASH_CHARS]
    elif header.ts_event is None and header.sequence is None:
        raise invalid(time_name, "an id or a time, to tell the alert from a resend of it", None)
    else:
        mark = digest[:_HASH_CHARS]
    return Alert(
        dialect=dialect,
        key=f"{header.strategy}:{mark}",
        digest=digest,
        strategy=header.strategy,
        instrument_id=header.instrument_id,
        action=wish.action,
        quantity=wish.quantity,
        sizing=wish.sizing,
        stop=wish.stop,
        take_profit=wish.take_profit,
        is_exit=wish.is_exit,
        ts_event=header.ts_event,
        max_age_secs=header.max_age_secs,
        stated_before=wish.stated_before,
        stated=wish.stated,
        sequence=header.sequence,
        comment=header.comment,
    )


def _digest(fields: dict[str, object]) -> str:
    """Return the hash of all that was said, in whatever order and with whatever blanks."""
    try:
        text = _ENCODER.encode(fields)
    except (ValueError, OverflowError) as e:  # a lone surrogate, a number beyond 64 bits
        message = f"Expected values that JSON can hold: {e}"
        raise WebhookError(422, "invalid_field", message) from None
    return hashlib.sha256(text).hexdigest()
