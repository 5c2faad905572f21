"""The checks that dialects share: names, numbers, times, instruments; or an error in words."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import AmountDistance, Distance, PercentDistance, PriceLevel
from strategies.sizing import SIZE_MAX, WHOLE
from webhook.errors import WebhookError

type Number = str | int | float

SKEW_SECS = 5
"""How far a sender's clock may run ahead of ours."""

MAX_AGE_SECS_MAX = 604_800
"""A week: no alert says more with its own limit of age."""

SEQUENCE_MAX = 2**63 - 1
"""What a database keeps as a whole number."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# Python's Decimal takes underscores, other alphabets' digits and numbers of any length as well.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NUMBER_CHARS_MAX = 60
_ENDLESS = re.compile(
    r"[+-]?inf(inity)?|[+-]?nan|[+-]?\d{1,20}\.?\d{0,20}[eE]\+?\d+", re.IGNORECASE
)
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_SIDES = ("long", "short", "flat")
_SIZE_MIN = -SIZE_MAX
# Nautilus keeps times in 64 bits of nanoseconds.
_YEARS = range(2000, 2200)
_FOUND_CHARS_MAX = 80  # a line's worth


def invalid(name: str, expected: str, found: object) -> WebhookError:
    """Return the error of a field whose value does not do; None as `found` says it is missing."""
    was = "missing" if found is None else quote(found)
    return WebhookError(422, "invalid_field", f"{name}: expected {expected}, was {was}")


def quote(value: object) -> str:
    """Show a value from outside, short."""
    text = repr(value)
    return text if len(text) <= _FOUND_CHARS_MAX else f"{text[: _FOUND_CHARS_MAX - 3]}..."


def one_of(name: str, text: str | None, allowed: Collection[str]) -> str:
    """Return a word that is among those allowed."""
    if text is not None and text in allowed:
        return text
    raise invalid(name, "one of " + ", ".join(f'"{word}"' for word in allowed), text)


def strategy_name(name: str, text: str) -> str:
    """Return the name of a strategy. It has no colon, which ends it in a key."""
    if not _NAME.fullmatch(text):
        raise invalid(name, "1 to 64 letters, digits or _.-", text)
    return text


def alert_id(text: str) -> str:
    """Return an alert's own id."""
    if not _ID.fullmatch(text):
        raise invalid("id", "1 to 64 letters, digits or _.:-", text)
    return text


def number(name: str, value: Number) -> Decimal:
    """Return a finite number."""
    # By way of the shortest text that gives a float back: 0.1 stays 0.1.
    text = (value if isinstance(value, str) else str(value)).strip()
    if len(text) > _NUMBER_CHARS_MAX or not _NUMBER.fullmatch(text):
        if _ENDLESS.fullmatch(text):
            raise invalid(name, f"a finite number of at most {SIZE_MAX}", value)
        raise invalid(name, "a number", value)
    found = Decimal(text)
    if not _SIZE_MIN <= found <= SIZE_MAX:
        raise invalid(name, f"a finite number of at most {SIZE_MAX}", value)
    return found


def positive(name: str, value: Number) -> Decimal:
    """Return a number above zero."""
    found = number(name, value)
    if found <= 0:
        raise invalid(name, "a number above 0", value)
    return found


def max_age(name: str, value: Number) -> Decimal:
    """Return a limit of age in seconds."""
    found = positive(name, value)
    if found > MAX_AGE_SECS_MAX:
        raise invalid(name, f"at most {MAX_AGE_SECS_MAX} seconds", value)
    return found


def sequence_number(value: Number) -> int:
    """Return an alert's number among those of its sender."""
    found = number("sequence", value)
    if found != int(found) or not 0 <= found <= SEQUENCE_MAX:
        raise invalid("sequence", "a whole number, 0 or more", value)
    return int(found)


def time_ns(name: str, text: str, received_ns: int) -> int:
    """
    Return a time in nanoseconds UTC.

    Raises
    ------
    WebhookError
        If it is no time with its zone, or later than the clocks' difference can explain.
    """
    expected = "a time with its zone such as 2026-11-23T10:00:00Z, as {{timenow}} gives"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name, expected, text) from None
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise invalid(name, expected, text)
    found = (moment - _EPOCH) // _MICROSECOND * 1_000
    if found > received_ns + SKEW_SECS * 1_000_000_000:
        now = (_EPOCH + timedelta(microseconds=received_ns // 1_000)).isoformat(timespec="seconds")
        raise invalid(name, f"a time of at most {SKEW_SECS} s after its arrival at {now}", text)
    return found


def instrument_of(
    name: str, ticker: str | None, instrument: str | None, tickers: Mapping[str, InstrumentId]
) -> InstrumentId:
    """
    Return what a ticker stands for, or the instrument that is given instead.

    Parameters
    ----------
    name : str
        What the dialect calls its ticker.
    """
    if (instrument is None) == (ticker is None):
        found = "none" if ticker is None else "both"
        raise invalid(name, "either a ticker or an instrument", found)
    if ticker is not None:
        known = tickers.get(ticker)
        if known is None:
            names = ", ".join(sorted(tickers)) or "none configured"
            raise invalid(name, f"one of the known tickers ({names})", ticker)
        return known
    try:
        return InstrumentId.from_str(instrument)
    except ValueError:
        expected = "an instrument such as BTC-USD-PERP.VENUE"
        raise invalid("instrument", expected, instrument) from None


def market_position(
    at: str, side: str | None, size: Number | None, *, prefix: str = ""
) -> Decimal | None:
    """
    Return the signed size of TradingView's pair of placeholders for a position, None without one.

    Parameters
    ----------
    at : str
        Where the two fields stand: "" or "strategy_info.".
    side, size
        TradingView gives the size of a position without its sign.
    prefix : str
        "prev_" for the position before.
    """
    side_name = f"{at}{prefix}market_position"
    size_name = f"{side_name}_size"
    if side is None:
        if size is not None:
            raise invalid(side_name, f"it along with {size_name}", None)
        return None
    one_of(side_name, side, _SIDES)
    if side == "flat":
        if size is not None and number(size_name, size) != 0:
            raise invalid(size_name, f'0 with {side_name} "flat"', size)
        return Decimal(0)
    if size is None:
        raise invalid(size_name, f"a size with {side_name}", None)
    magnitude = positive(size_name, size)
    return magnitude if side == "long" else -magnitude


def is_smaller(before: Decimal | None, after: Decimal | None) -> bool:
    """Tell whether a position only shrinks: it ends, or is smaller on the side where it was."""
    if after is None:
        return False
    return after == 0 or (before is not None and before * after > 0 and abs(after) < abs(before))


def distance_of(
    *,
    percent: tuple[str, Number | None],
    price: tuple[str, Number | None],
    amount: tuple[str, Number | None] = ("", None),
) -> Distance | None:
    """Return where protection shall rest; of the fields, named for errors, one may be given."""
    given = [name for name, value in (percent, price, amount) if value is not None]
    if len(given) > 1:
        raise invalid(given[1], f"none along with {given[0]}", "both")
    if percent[1] is not None:
        share = positive(percent[0], percent[1])
        if share >= WHOLE:
            raise invalid(percent[0], f"a percentage below {WHOLE}", percent[1])
        return PercentDistance(share)
    if price[1] is not None:
        return PriceLevel(positive(price[0], price[1]))
    return None if amount[1] is None else AmountDistance(positive(amount[0], amount[1]))
