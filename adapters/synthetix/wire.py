"""How the venue writes numbers, times and ids, which it does in several ways; pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from adapters.synthetix.constants import NANOS_PER_MILLI, NANOS_PER_SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NANOS_PER_MICRO = 1_000
# Seconds, milliseconds and microseconds of any year from 1973 to 5138 do not overlap.
_SECONDS_BELOW = 10**11
_MILLIS_BELOW = 10**14
_MICROS_BELOW = 10**17


class Amount(Decimal):
    """A decimal that is quoted or not; an empty text and null are 0, as the venue means them."""


class Moment(int):
    """Unix nanoseconds, from seconds, milliseconds, microseconds or RFC 3339; none is 0."""


class Id(str):
    """An id, which may have come as a number: with 19 digits it is no float."""

    __slots__ = ()


def read(kind: type, value: Any) -> Any:  # noqa: ANN401 (msgspec's own signature of a hook)
    """
    Return one of the kinds above from what stood in the JSON.

    Raises
    ------
    ValueError
        If it is not of that kind; msgspec makes a ValidationError of it, with its path.

    """
    if kind is Amount:
        return read_amount(value)
    if kind is Moment:
        return read_moment(value)
    if kind is Id and isinstance(value, str | int) and not isinstance(value, bool):
        return Id(value)
    raise ValueError(f"Expected {kind.__name__}, was {value!r}")


def read_amount(value: object) -> Amount:
    """Return the number; raise ValueError if it is none, or not finite."""
    if value is None or value == "":
        return Amount(0)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            amount = Amount(str(value))
        except InvalidOperation:
            pass
        else:
            if amount.is_finite():
                return amount
    raise ValueError(f"Expected a decimal number, was {value!r}")


def read_moment(value: object) -> Moment:
    """Return the time; raise ValueError if it is none."""
    if value is None or value == "":
        return Moment(0)
    if isinstance(value, str):
        return Moment(_scale(int(value)) if value.isdecimal() else _nanos_of_text(value))
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Moment(_scale(value))
    raise ValueError(f"Expected a time as a whole number or in RFC 3339, was {value!r}")


def _nanos_of_text(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * _NANOS_PER_MICRO


def _scale(number: int) -> int:
    if number < _SECONDS_BELOW:
        return number * NANOS_PER_SECOND
    if number < _MILLIS_BELOW:
        return number * NANOS_PER_MILLI
    return number * _NANOS_PER_MICRO if number < _MICROS_BELOW else number


def decoder[T](kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return a decoder that reads the kinds above, and quoted whole numbers as numbers."""
    return msgspec.json.Decoder(kind, strict=False, dec_hook=read)


def convert[T](value: object, kind: type[T]) -> T:
    """Return what was already decoded as this kind; raise msgspec.ValidationError if it is not."""
    return msgspec.convert(value, kind, strict=False, dec_hook=read)
