"""Candles of every interval, folded from trades by way of one-minute candles; no clock, no I/O."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from simulator.numbers import to_wire
from simulator.wire import Candle, Trade

MINUTE_MS = 60_000
DAY_MS = 86_400_000
CANDLES_MAX = 5_000
"""A candleSnapshot answers with the 5,000 most recent candles asked for (fact sheet 2.2)."""
MINUTES_MAX = 50_000
"""Five weeks of minutes are kept; a loopback venue rarely lives longer."""

_UNIT_MS = {"m": MINUTE_MS, "h": 3_600_000, "d": DAY_MS}
_MONDAY_MS = 4 * DAY_MS  # 1970-01-05, the first Monday of Unix time


def open_ms(interval: str, time_ms: int) -> int:
    """Return when the candle of `interval` that contains `time_ms` opened.

    Weeks begin on Monday, months on the first and quarters in January, UTC; no venue documents it.
    """
    if interval.endswith("M"):
        months = int(interval[:-1])
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        month = (moment.month - 1) // months * months + 1
        return int(datetime(moment.year, month, 1, tzinfo=UTC).timestamp() * 1000)
    if interval == "1w":
        return time_ms - (time_ms - _MONDAY_MS) % (7 * DAY_MS)
    return time_ms - time_ms % _fixed_ms(interval)


def next_open_ms(interval: str, opened_ms: int) -> int:
    """Return when the candle after the one opened at `opened_ms` opens."""
    if interval.endswith("M"):
        return open_ms(interval, opened_ms + 31 * int(interval[:-1]) * DAY_MS)
    if interval == "1w":
        return opened_ms + 7 * DAY_MS
    return opened_ms + _fixed_ms(interval)


def _fixed_ms(interval: str) -> int:
    return int(interval[:-1]) * _UNIT_MS[interval[-1]]


class Bar(msgspec.Struct):
    """A candle in numbers; `notional` is the sum of price times size. It grows while it is open."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    notional: Decimal
    count: int

    @classmethod
    def of_trade(cls, time_ms: int, price: Decimal, size: Decimal) -> "Bar":
        """Open a candle at `time_ms` with its first trade."""
        return cls(time_ms, price, price, price, price, size, price * size, 1)

    @classmethod
    def of_wire(cls, candle: Candle) -> "Bar":
        """Read a recorded candle; its notional is taken at its close."""
        close, volume = Decimal(candle.c), Decimal(candle.v)
        prices = Decimal(candle.o), Decimal(candle.h), Decimal(candle.l), close
        return cls(candle.t, *prices, volume, close * volume, candle.n)

    def add(self, later: "Bar") -> None:
        """Fold what came later into this candle."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.notional += later.notional
        self.count += later.count


class CandleSeries:
    """One coin's candles: minutes are stored, every other interval is put together from them."""

    def __init__(self, coin: str) -> None:
        self._coin = coin
        self._minutes: list[Bar] = []
        self._closed: dict[str, tuple[int, Bar | None]] = {}

    def __len__(self) -> int:
        """Return how many minutes are known."""
        return len(self._minutes)

    @property
    def newest(self) -> Bar:
        """Return the newest minute; IndexError before there is any."""
        return self._minutes[-1]

    def add_trade(self, trade: Trade) -> bool:
        """Count a trade in; a trade older than the newest minute changes nothing (False)."""
        time_ms = trade.time - trade.time % MINUTE_MS
        return self.add(Bar.of_trade(time_ms, Decimal(trade.px), Decimal(trade.sz)))

    def add(self, part: Bar) -> bool:
        """Fold a part of a minute in; a part of a minute before the newest changes nothing."""
        if not self._minutes or part.time > self._minutes[-1].time:
            self._append(part)
        elif part.time == self._minutes[-1].time:
            self._minutes[-1].add(part)
        else:
            return False
        return True

    def put(self, minute: Bar) -> None:
        """Take a whole minute over as it is, in place of what is known of it."""
        if self._minutes and self._minutes[-1].time == minute.time:
            self._minutes[-1] = minute
        elif not self._minutes or self._minutes[-1].time < minute.time:
            self._append(minute)

    def _append(self, minute: Bar) -> None:
        self._minutes.append(minute)
        if len(self._minutes) > MINUTES_MAX:
            del self._minutes[: MINUTES_MAX // 10]

    def last(self, interval: str) -> Candle | None:
        """Return the newest candle of an interval, closed or not; None before the first trade."""
        bar = self.last_bar(interval)
        return None if bar is None else self._to_wire(interval, bar)

    def last_bar(self, interval: str) -> Bar | None:
        """Return the newest candle of an interval in numbers; None before the first trade."""
        if not self._minutes:
            return None
        newest = self._minutes[-1]
        bar = msgspec.structs.replace(newest, time=open_ms(interval, newest.time))
        if closed := self._closed_part(interval, newest.time):
            whole = msgspec.structs.replace(closed)
            whole.add(bar)
            bar = whole
        return bar

    def between(self, interval: str, start_ms: int, end_ms: int) -> list[Candle]:
        """Return candles that open up to `end_ms`, oldest first, 5,000 at most.

        The first one is the candle that contains `start_ms`.
        """
        bars = self.bars_between(interval, start_ms, end_ms)
        return [self._to_wire(interval, bar) for bar in bars[-CANDLES_MAX:]]

    def bars_between(self, interval: str, start_ms: int, end_ms: int) -> list[Bar]:
        """Return the same candles in numbers, and all of them."""
        first = self._index(open_ms(interval, start_ms))
        after = self._index(next_open_ms(interval, open_ms(interval, end_ms)))
        return list(_merged(interval, self._minutes[first:after]))

    @property
    def oldest_ms(self) -> int | None:
        """Return when the oldest minute began; None before there is any."""
        return self._minutes[0].time if self._minutes else None

    def day(self, now_ms: int) -> tuple[Decimal, Decimal, Decimal | None]:
        """Return volume and notional of the last 24 hours and the price before them, if known."""
        return self.window(now_ms, DAY_MS)

    def window(self, now_ms: int, length_ms: int) -> tuple[Decimal, Decimal, Decimal | None]:
        """Return volume and notional of the last `length_ms` and the price before, if known."""
        first = self._index(now_ms - length_ms)
        recent = self._minutes[first:]
        before = self._minutes[max(first - 1, 0)] if self._minutes else None
        volume = sum((bar.volume for bar in recent), Decimal(0))
        notional = sum((bar.notional for bar in recent), Decimal(0))
        return volume, notional, before.close if before else None

    def _closed_part(self, interval: str, newest_ms: int) -> Bar | None:
        """Merge the open candle's minutes before the newest, once a minute: a month has 44,000."""
        known = self._closed.get(interval)
        if known is None or known[0] != newest_ms:
            first = self._index(open_ms(interval, newest_ms))
            closed = next(_merged(interval, self._minutes[first:-1]), None)
            known = self._closed[interval] = (newest_ms, closed)
        return known[1]

    def _index(self, time_ms: int) -> int:
        return bisect_left(self._minutes, time_ms, key=lambda bar: bar.time)

    def _to_wire(self, interval: str, bar: Bar) -> Candle:
        return Candle(
            t=bar.time,
            T=next_open_ms(interval, bar.time) - 1,
            s=self._coin,
            i=interval,
            o=to_wire(bar.open),
            c=to_wire(bar.close),
            h=to_wire(bar.high),
            l=to_wire(bar.low),
            v=to_wire(bar.volume),
            n=bar.count,
        )


def _merged(interval: str, minutes: Iterable[Bar]) -> Iterator[Bar]:
    bar: Bar | None = None
    closes_ms = 0
    for minute in minutes:
        if bar is not None and minute.time < closes_ms:
            bar.add(minute)
            continue
        if bar is not None:
            yield bar
        bar = msgspec.structs.replace(minute, time=open_ms(interval, minute.time))
        closes_ms = next_open_ms(interval, bar.time)
    if bar is not None:
        yield bar
