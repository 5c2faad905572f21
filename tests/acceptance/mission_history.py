"""The seconds of a mission as files of candles: those that RSI saw, and the wave of the others."""

from itertools import pairwise
from typing import Any

from tests.acceptance.two_venues import COINS
from tests.acceptance.wave_market import price_at

SECOND_NS = 1_000_000_000
HEAD = "time,open,high,low,close,volume\n"
VOLUME = 1_000
"""So much that no order of a backtest fills in parts."""
DECIMALS = ("--price-decimals", "1", "--size-decimals", "5")


def seen_csv(chart: Any) -> str:  # noqa: ANN401 (JSON)
    """Return the bars of a chart, which have the times of their closes, as a file of candles."""
    rows = []
    for bar in chart["bars"]:
        prices = ",".join(bar[name] for name in ("open", "high", "low", "close"))
        rows.append(f"{bar['time'] - SECOND_NS},{prices},{VOLUME}\n")
    return HEAD + "".join(rows)


def wave_csv(first_ns: int, last_ns: int) -> str:
    """Return candles of ETH as the wave went, from one close to another; it turns at full ones."""
    _, lowest, tick = next(coin for coin in COINS if coin[0] == "ETH")
    rows = []
    for open_ns in range(first_ns - first_ns % SECOND_NS - SECOND_NS, last_ns, SECOND_NS):
        before, after = (
            price_at(lowest, tick, time_ns // 1_000_000)
            for time_ns in (open_ns, open_ns + SECOND_NS)
        )
        high, low = max(before, after), min(before, after)
        rows.append(f"{open_ns},{before},{high},{low},{after},{VOLUME}\n")
    return HEAD + "".join(rows)


def quiet_end_ns(chart: Any) -> int:  # noqa: ANN401 (JSON)
    """
    Return an end just before a bar closes, such that nothing was decided on the two before it.

    So it does not matter how late a loaded machine was with the decisions of a bar. The bar closes
    within the chart, so that what was done after the look at it lies beyond. 0 where there is none.
    """
    decided = {mark["time"] for mark in chart["marks"] if mark["kind"] == "signal"}
    times = [bar["time"] for bar in chart["bars"]]
    quiet = [time for pair in pairwise(times[:-1]) if decided.isdisjoint(pair) for time in pair[1:]]
    return max(quiet) + SECOND_NS - 1 if quiet else 0
