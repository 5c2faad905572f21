"""Tell which candles are final; a pure state machine that knows no socket and no clock."""

import math
from typing import Protocol


class Candle(Protocol):
    """What is needed of a venue's candle; times are Unix milliseconds of the venue."""

    @property
    def series(self) -> tuple[str, str]:
        """The market and the interval, as the venue names them."""

    @property
    def open_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends: the next one begins."""

    @property
    def trades(self) -> int:
        """How many trades it holds so far; a later state never has fewer."""


class CandleSeries[C: Candle]:
    """
    The candles of one market and interval, as they come from the stream.

    The venue never says that a candle is final. It is when a later one appears, or when the
    venue's own time has passed its close for long enough. Each candle is returned as final at most
    once, oldest first, and only if the stream has shown it to its end: after `mark_gap` the
    candles that may have been missed must come from history.

    Parameters
    ----------
    grace_ms : int
        How long after its close a candle may still change.

    """

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._open: C | None = None
        # The open time of the oldest candle that is not final yet; -1 before the first.
        self._next_ms = -1
        self._gap = False
        # Candles since the gap, oldest first; all but the newest have been seen to their end.
        self._held: list[C] = []

    @property
    def due_ms(self) -> float:
        """The venue time at which `on_time` will have something to say; infinite if never."""
        if self._open is None or self._gap:
            return math.inf
        return self._open.end_ms + self._grace_ms

    @property
    def missing(self) -> tuple[int, int] | None:
        """From which open time and before which one history is needed now, in milliseconds."""
        if not self._held:
            return None
        return self._next_ms, self._held[0].open_ms

    def on_candle(self, candle: C) -> C | None:
        """Take one update and return the candle that it makes final, if any."""
        if candle.open_ms < self._next_ms:
            return None
        if self._gap and (self._held or candle.open_ms > self._next_ms):
            self._hold(candle)
            return None
        self._gap = False
        final = None
        if self._open is None or candle.open_ms > self._open.open_ms:
            final, self._open = self._open, candle
            self._next_ms = candle.open_ms
        elif candle.trades >= self._open.trades:
            self._open = candle
        return final

    def _hold(self, candle: C) -> None:
        if not self._held or candle.open_ms > self._held[-1].open_ms:
            self._held.append(candle)
        elif candle.open_ms == self._held[-1].open_ms and candle.trades >= self._held[-1].trades:
            self._held[-1] = candle

    def on_time(self, now_ms: int) -> C | None:
        """Return the open candle as final if the venue's time is past its close and the grace."""
        if self._open is None or now_ms < self.due_ms:
            return None
        final, self._open = self._open, None
        self._next_ms = final.end_ms
        return final

    def mark_gap(self) -> None:
        """Note that updates may have been missed: the connection or the subscription is new."""
        self._gap = self._next_ms >= 0
        self._held.clear()

    def fill(self, before_ms: int, history: list[C]) -> list[C]:
        """
        Close the gap with history and return what is final now, oldest first.

        Parameters
        ----------
        before_ms : int
            The end of the range in `missing` when the history was asked for; if another gap has
            moved it meanwhile, nothing is returned and `missing` says what is needed now.
        history : list[C]
            The candles of that range in any order; empty if the venue would not tell.

        """
        if not self._held or self._held[0].open_ms != before_ms:
            return []
        by_open = {x.open_ms: x for x in history if self._next_ms <= x.open_ms < before_ms}
        *finals, self._open = self._held
        self._next_ms = self._open.open_ms
        self._gap = False
        self._held = []
        return [by_open[ms] for ms in sorted(by_open)] + finals


class CandleBoard[C: Candle]:
    """All candle series of one connection, and the venue's time that closes them."""

    def __init__(self, grace_ms: int) -> None:
        self._grace_ms = grace_ms
        self._series: dict[tuple[str, str], CandleSeries[C]] = {}
        self._due_ms: float = math.inf
        self.now_ms = 0
        """The latest time seen on any frame of the venue, in milliseconds; 0 before the first."""

    def add(self, market: str, interval: str) -> None:
        """Begin the series of this market and interval."""
        self._series[market, interval] = CandleSeries[C](self._grace_ms)

    def remove(self, market: str, interval: str) -> None:
        """Forget the series and its open candle."""
        self._series.pop((market, interval), None)

    def mark_gap(self, market: str, interval: str) -> None:
        """Note a gap in one series, as `CandleSeries.mark_gap` does."""
        series = self._series.get((market, interval))
        if series is not None:
            series.mark_gap()

    def missing(self, market: str, interval: str) -> tuple[int, int] | None:
        """Return what one series needs from history, as `CandleSeries.missing` does."""
        series = self._series.get((market, interval))
        return series.missing if series else None

    def on_candle(self, candle: C) -> C | None:
        """Take one update and return the candle that it makes final, if any."""
        series = self._series.get(candle.series)
        if series is None:
            return None
        final = series.on_candle(candle)
        self._due_ms = min(self._due_ms, series.due_ms)
        return final

    def on_time(self, time_ms: int) -> list[C]:
        """Take the time of any frame and return the candles that it makes final."""
        if time_ms > self.now_ms:  # noqa: PLR1730 - every frame comes by here, `max` is a call
            self.now_ms = time_ms
        if self.now_ms < self._due_ms:
            return []
        finals = [series.on_time(self.now_ms) for series in self._series.values()]
        self._due_ms = min((series.due_ms for series in self._series.values()), default=math.inf)
        return [final for final in finals if final is not None]

    def fill(self, market: str, interval: str, before_ms: int, history: list[C]) -> list[C]:
        """Close the gap of one series, as `CandleSeries.fill` does."""
        series = self._series.get((market, interval))
        if series is None:
            return []
        finals = series.fill(before_ms, history)
        self._due_ms = min(self._due_ms, series.due_ms)
        return finals
