"""What one bar costs the RSI; that it equals TradingView's is proved in tests/strategies."""

from itertools import cycle

from nautilus_trader.indicators import RelativeStrengthIndex

from strategies.rsi import Rsi
from tests.bench.rounds import Comparison, compare, take_turns


def measure(rounds: int, calls: int) -> list[Comparison]:
    """Compare with Nautilus's compiled indicator, which is another formula by default."""
    closes = cycle([100.0, 100.5, 99.8, 101.2, 100.9, 100.1, 99.5])
    ours, theirs = Rsi(14), RelativeStrengthIndex(14)
    figures = take_turns(
        {
            "ours": lambda: ours.update(next(closes)),
            "theirs": lambda: theirs.update_raw(next(closes)),
        },
        rounds=rounds,
        calls=calls,
    )
    return [compare("RSI update", figures["ours"], figures["theirs"], "ours < 1 us")]
