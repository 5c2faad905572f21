"""TradingView's RSI, one closed bar at a time, and level crossings; no framework, no I/O."""

from strategies.wilder import WilderAverage


class Rsi:
    """
    Compute Wilder's relative strength index as TradingView's ``ta.rsi`` does.

    The averages of gains and losses are seeded with the mean of the first `period` changes, so
    the first value comes with close number `period` + 1. A market without losses, also one that
    never moved, reads 100, as in TradingView's built-in indicator:
    ``down == 0 ? 100 : up == 0 ? 0 : 100 - 100 / (1 + up / down)``
    (https://www.tradingview.com/support/solutions/43000502338-relative-strength-index-rsi/).

    Parameters
    ----------
    period : int
        The number of changes in the average, at least 2.

    Raises
    ------
    ValueError
        If `period` is below 2.
    """

    def __init__(self, period: int) -> None:
        self._gains = WilderAverage(period)
        self._losses = WilderAverage(period)
        self._close: float | None = None
        self.value: float | None = None

    def update(self, close: float) -> float | None:
        """Take the next close; return the index in 0..100, or None while still seeding."""
        if self._close is not None:
            change = close - self._close
            gain = self._gains.update(max(change, 0.0))
            loss = self._losses.update(max(-change, 0.0))
            if gain is not None and loss is not None:
                self.value = 100.0 if loss == 0.0 else 100.0 - 100.0 / (1.0 + gain / loss)
        self._close = close
        return self.value


def crosses_above(previous: float, current: float, level: float) -> bool:
    """Tell whether a line rose through `level`, as TradingView's ``ta.crossover``."""
    return previous <= level < current


def crosses_below(previous: float, current: float, level: float) -> bool:
    """Tell whether a line fell through `level`, as TradingView's ``ta.crossunder``."""
    return previous >= level > current
