"""Wilder's moving average, the smoothing inside RSI and ATR; not an indicator by itself."""

PERIOD_MIN = 2
"""The shortest average; one value is no average."""


class WilderAverage:
    """
    Average a series as TradingView's ``ta.rma`` does.

    The first result is the plain mean of the first `period` values; from then on each value moves
    it by ``(value - average) / period``
    (https://www.tradingview.com/pine-script-reference/v6/#fun_ta.rma).

    Parameters
    ----------
    period : int
        The length of the average, at least 2.

    Raises
    ------
    ValueError
        If `period` is below 2.
    """

    def __init__(self, period: int) -> None:
        if period < PERIOD_MIN:
            raise ValueError(f"Expected a period of at least {PERIOD_MIN}, was {period}")
        self._period = period
        self._count = 0
        self._sum = 0.0
        self._average: float | None = None

    def update(self, value: float) -> float | None:
        """Take the next value; return the average, or None before `period` values came."""
        if self._average is not None:
            self._average = (self._average * (self._period - 1) + value) / self._period
            return self._average
        self._count += 1
        self._sum += value
        if self._count == self._period:
            self._average = self._sum / self._period
        return self._average
