"""The demo's market and settings are honest: RSI makes its round trip for any seed, unstaged."""

import pytest

from config.loading import load_profile
from simulator.candles import MINUTE_MS
from simulator.events import MinuteCandle
from simulator.generator import COINS, CoinGenerator
from strategies.rsi import Rsi
from strategies.rsi_decision import Intent, RsiRule, Side

WARMUP_BARS = 250
TRADED_BARS = 130  # of the demo's 150; the rest pass while the node connects


def entries(seed: int) -> int:
    """Return how often the demo's rule opens or reverses on one seed's market."""
    parameters = load_profile("demo").strategies[0].parameters
    rsi = Rsi(parameters["period"])
    rule = RsiRule(parameters["oversold"], parameters["overbought"], Side(parameters["side"]))
    position, count = Intent.FLAT, 0
    candles = CoinGenerator(COINS[0], seed).history(0, WARMUP_BARS + TRADED_BARS)
    for event in candles:
        if not isinstance(event, MinuteCandle):
            continue
        value = rsi.update(float(event.bar.close))
        if event.time < WARMUP_BARS * MINUTE_MS or value is None:
            rule.observe(50.0 if value is None else value)
        elif wanted := rule.decide(value, position):
            position, count = wanted, count + 1
    return count


def test_the_market_makes_rsi_enter_and_reverse_for_every_seed(
    pytestconfig: pytest.Config,
) -> None:
    seeds = pytestconfig.getoption("--seeds")

    idle = [seed for seed in range(seeds) if entries(seed) < 2]

    assert idle == []
