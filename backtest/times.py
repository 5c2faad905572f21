"""Times and bar lengths as people and files write them; nanoseconds UTC inside. Pure."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

import msgspec
from nautilus_trader.model.data import BarSpecification, BarType
from nautilus_trader.model.enums import BarAggregation, PriceType

from backtest.errors import BacktestError

SECOND_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = {
    "s": (1, BarAggregation.SECOND),
    "m": (60, BarAggregation.MINUTE),
    "h": (3_600, BarAggregation.HOUR),
    "d": (86_400, BarAggregation.DAY),
}
# Times in nanoseconds of 64 bits end in 2262; before 1970 there are none without a sign.
_TIME_NS_MAX: Final = 9_214_646_400_000_000_000  # 2262-01-01
# How many digits a count since 1970 has tells its unit for any year from 2001 to 2286.
_DIGITS_NS: Final = {10: SECOND_NS, 13: 1_000_000, 16: 1_000, 19: 1}


class BarLength(msgspec.Struct, frozen=True):
    """
    The length of a bar, such as `15m`.

    Attributes
    ----------
    count : int
        How many of the unit.
    unit : str
        s, m, h or d.

    """

    count: int
    unit: str

    @property
    def step_ns(self) -> int:
        """Return the length in nanoseconds."""
        return self.count * _UNITS[self.unit][0] * SECOND_NS

    @property
    def spec(self) -> BarSpecification:
        """Return it as Nautilus says it, of last prices."""
        return BarSpecification(self.count, _UNITS[self.unit][1], PriceType.LAST)

    def __str__(self) -> str:
        """Return it as it was written."""
        return f"{self.count}{self.unit}"


def parse_bar_length(text: str) -> BarLength:
    """
    Return the length that a text such as `1s`, `15m`, `4h` or `1d` means.

    Raises
    ------
    BacktestError
        It is no such text, or a day does not divide into bars of it.

    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})([smhd])", text)
    if found is None:
        raise BacktestError(f"Expected a bar length such as 15m, 1h or 1d, found {text!r}")
    length = BarLength(int(found[1]), found[2])
    day_ns = 86_400 * SECOND_NS
    if day_ns % length.step_ns:
        raise BacktestError(f"Expected a bar length that divides a day, found {text!r}")
    return length


def length_of(bar_type: BarType) -> BarLength:
    """
    Return the length of bars of a type.

    Raises
    ------
    BacktestError
        They are not of seconds, minutes, hours or days.

    """
    for unit, (_, aggregation) in _UNITS.items():
        if bar_type.spec.aggregation == aggregation:
            return parse_bar_length(f"{bar_type.spec.step}{unit}")
    raise BacktestError(f"Expected bars of seconds, minutes, hours or days, found {bar_type}")


def parse_time(text: str, zone: tzinfo | None) -> int:
    """
    Return a time in nanoseconds UTC.

    Parameters
    ----------
    text : str
        A count of s, ms, us or ns since 1970 (its digits tell which), or ISO 8601.
    zone : tzinfo or None
        The time zone of texts that name none; None refuses them.

    Raises
    ------
    BacktestError
        It is neither, has no time zone and none was given, or lies before 1970 or after 2261.

    """
    time_ns = _parsed(text, zone)
    if not 0 <= time_ns < _TIME_NS_MAX:
        raise BacktestError(f"Expected a time from 1970 to 2261, found {text!r}")
    return time_ns


def _parsed(text: str, zone: tzinfo | None) -> int:
    if text.isascii() and text.isdigit():
        if len(text) not in _DIGITS_NS:
            raise BacktestError(f"Expected a time of 10, 13, 16 or 19 digits, found {text!r}")
        return int(text) * _DIGITS_NS[len(text)]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        wanted = "a time in ISO 8601, or a count since 1970"
        raise BacktestError(f"Expected {wanted}, found {text!r}") from e
    if moment.tzinfo is None:
        if zone is None:
            raise BacktestError(f"Expected a time zone (--timezone says one), found {text!r}")
        moment = moment.replace(tzinfo=zone)
    return to_ns(moment)


def to_ns(moment: datetime) -> int:
    """Return an aware datetime as nanoseconds, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000


def in_words(time_ns: int) -> str:
    """Return a time for people, such as `2026-01-31 14:00`; seconds only where it has some."""
    moment = datetime.fromtimestamp(time_ns // SECOND_NS, UTC)
    return moment.strftime("%Y-%m-%d %H:%M" + (":%S" if moment.second else ""))
