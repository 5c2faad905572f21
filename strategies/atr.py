"""TradingView's average true range, one closed bar at a time; no framework, no I/O."""

from strategies.wilder import WilderAverage


class Atr:
    """
    Compute Wilder's average true range as TradingView's ``ta.atr`` does.

    The first bar has no earlier close, so its true range is high minus low; the first value comes
    with bar number `period`
    (https://www.tradingview.com/pine-script-reference/v6/#fun_ta.atr).

    Parameters
    ----------
    period : int
        The number of true ranges in the average, at least 2.

    Raises
    ------
    ValueError
        If `period` is below 2.
    """

    def __init__(self, period: int) -> None:
        self._average = WilderAverage(period)
        self._close: float | None = None
        self.value: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar; return the range in price units, or None while still seeding."""
        before = close if self._close is None else self._close
        # A close lies within its own bar, so on the first bar this is high minus low.
        self.value = self._average.update(max(high, before) - min(low, before))
        self._close = close
        return self.value
