"""Numbers and times of the command line, checked before anything starts; no command is here."""

import math
from datetime import UTC, datetime
from typing import Annotated, Final

from cyclopts import Parameter
from cyclopts.validators import Number

from desk.exits import UsageError

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_YEARS: Final = range(1970, 2262)  # their nanoseconds are positive, and fit into 64 bits

UNIX_MS_MAX: Final = 9_214_646_400_000
"""Milliseconds from 1970 to 2262."""


def finite(_type: object, value: float | None) -> None:
    """Refuse infinity and what is no number: a validator for cyclopts, which raises ValueError."""
    if value is not None and not math.isfinite(value):
        raise ValueError(f"Expected a finite number, was {value}")


Seconds = Annotated[float | None, Parameter(validator=(finite, Number(gt=0)))]
Wait = Annotated[float, Parameter(validator=(finite, Number(gte=0)))]
Speed = Annotated[float, Parameter(validator=finite)]
Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))]


def parse_moment(option: str, text: str, wanted: str = "a time in ISO 8601") -> datetime:
    """
    Return the time of an option, UTC where it names no zone.

    Raises
    ------
    UsageError
        It is no time, or one before 1970 or after 2261.

    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        raise UsageError(f"{option}: expected {wanted}, found {text!r}") from e
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year not in _YEARS or moment < _EPOCH:
        raise UsageError(f"{option}: expected a time from 1970 to 2261, found {text!r}")
    return moment
