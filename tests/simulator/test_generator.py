"""The made-up market: the same by seed, valid on the wire, and one in which RSI swings."""

from collections import defaultdict
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from simulator.candles import MINUTE_MS
from simulator.events import Bbo, Book, Funding, MinuteCandle, Trades
from simulator.generator import COINS, HISTORY_MINUTES, Coin, CoinGenerator, Generator
from simulator.market import Market

START_MS = 1_757_016_000_000


@cache
def run(seed: int, speed: float, minutes: int, history: int = 50) -> tuple[Market, list[Any]]:
    source = Generator(seed, START_MS, speed, history)
    market = Market(source)
    changes = [
        change
        for event in source.due(START_MS + minutes * MINUTE_MS - 1)
        for change in market.apply(event)
    ]
    return market, changes


def closes(market: Market, coin: str) -> list[float]:
    state = market.coin(coin)
    assert state is not None
    return [float(c.c) for c in state.series.between("1m", 0, START_MS * 2)]


def test_the_same_seed_gives_the_same_market() -> None:
    _, first = run(3, 1, 2)
    _, second = run(3, 1, 2)
    _, other = run(4, 1, 2)

    assert msgspec.json.encode(first) == msgspec.json.encode(second)
    assert msgspec.json.encode(first) != msgspec.json.encode(other)


@pytest.mark.parametrize("speed", [60, 240])
def test_trades_and_candles_do_not_depend_on_the_speed(speed: float) -> None:
    slow_market, slow = run(5, 1, 6)
    fast_market, fast = run(5, speed, 6)

    def prints(changes: list[Any]) -> dict[str, list[object]]:
        by_coin = defaultdict(list)
        for change in changes:
            if isinstance(change, Trades):
                by_coin[change.coin] += change.trades
        return by_coin

    for coin, trades in prints(fast).items():
        assert prints(slow)[coin][: len(trades)] == trades
    assert closes(slow_market, "BTC")[:-1] == closes(fast_market, "BTC")[:-1]
    books = sum(isinstance(change, Book) for change in fast)
    assert books <= len(COINS) * 40 * 6 * 60 / speed + len(COINS)


def test_history_reaches_the_start_and_the_live_path_goes_on_from_it() -> None:
    market, _ = run(1, 1, 2, HISTORY_MINUTES)
    state = market.coin("BTC")
    assert state is not None

    candles = state.series.between("1m", 0, START_MS + 2 * MINUTE_MS)

    assert len(candles) == 5_000
    assert [c.t for c in candles] == [candles[0].t + i * MINUTE_MS for i in range(5_000)]
    assert candles[-1].t == START_MS + MINUTE_MS
    before, after = float(candles[-3].c), float(candles[-2].o)
    assert abs(after / before - 1) < 0.001
    assert len(state.series.between("30m", 0, START_MS)) >= 250
    assert len(state.funding) == HISTORY_MINUTES // 60


@pytest.mark.parametrize("coin", COINS, ids=lambda coin: coin.name)
def test_every_price_and_size_is_valid_on_the_venue(coin: Coin) -> None:
    _, changes = run(2, 1, 2)

    levels = [
        (level.px, level.sz)
        for change in changes
        if isinstance(change, Book) and change.coin == coin.name
        for level in (*change.bids, *change.asks)
    ] + [
        (trade.px, trade.sz)
        for change in changes
        if isinstance(change, Trades) and change.coin == coin.name
        for trade in change.trades
    ]

    assert levels
    for px, sz in levels:
        price, size = Decimal(px).normalize(), Decimal(sz).normalize()
        figures, exponent = len(price.as_tuple().digits), price.as_tuple().exponent
        assert isinstance(exponent, int)
        assert exponent >= 0 or (figures <= 5 and -exponent <= coin.max_decimals)
        assert size > 0
        assert -int(size.as_tuple().exponent) <= coin.sz_decimals


def test_books_are_sorted_and_never_crossed() -> None:
    _, changes = run(2, 1, 2)

    for change in changes:
        if isinstance(change, Book):
            bids = [Decimal(level.px) for level in change.bids]
            asks = [Decimal(level.px) for level in change.asks]
            assert len(bids) == len(asks) == 20
            assert bids == sorted(set(bids), reverse=True)
            assert asks == sorted(set(asks))
            assert bids[0] < asks[0]


def test_a_quote_is_the_top_of_the_book_and_comes_on_change_only() -> None:
    _, changes = run(2, 1, 2)
    quotes = [c for c in changes if isinstance(c, Bbo) and c.coin == "BTC"]
    books = {c.time: c for c in changes if isinstance(c, Book) and c.coin == "BTC"}

    assert all((q.bid, q.ask) == (books[q.time].bids[0], books[q.time].asks[0]) for q in quotes)
    assert all((a.bid, a.ask) != (b.bid, b.ask) for a, b in pairwise(quotes))


def test_trades_happen_on_both_sides_in_order_with_new_ids() -> None:
    _, changes = run(2, 1, 5)
    trades = [t for c in changes if isinstance(c, Trades) and c.coin == "BTC" for t in c.trades]

    assert {trade.side for trade in trades} == {"A", "B"}
    assert [t.time for t in trades] == sorted(t.time for t in trades)
    assert len({t.tid for t in trades}) == len(trades)


def minute_closes(seed: int, minutes: int) -> list[float]:
    past = CoinGenerator(COINS[0], seed).history(START_MS, minutes)
    return [float(event.bar.close) for event in past if isinstance(event, MinuteCandle)]


def rsi(values: list[float], period: int) -> list[float]:
    """Wilder's RSI, first averages the mean of the first changes; from the first value known on."""
    changes = [after - before for before, after in pairwise(values)]
    up = sum(max(change, 0) for change in changes[:period]) / period
    down = sum(max(-change, 0) for change in changes[:period]) / period
    result = []
    for change in [None, *changes[period:]]:
        if change is not None:
            up = (up * (period - 1) + max(change, 0)) / period
            down = (down * (period - 1) + max(-change, 0)) / period
        result.append(100 * up / (up + down))
    return result


def swings(values: list[float], low: float, high: float) -> bool:
    """Tell whether a series rises through `low` and falls through `high` at least once each."""
    pairs = list(pairwise(values))
    return any(a < low <= b for a, b in pairs) and any(a > high >= b for a, b in pairs)


@pytest.mark.parametrize(
    ("period", "low", "high", "least"), [(14, 30, 70, 0.85), (7, 35, 65, 0.96)]
)
def test_rsi_swings_within_two_hours_on_most_seeds(
    period: int, low: float, high: float, least: float
) -> None:
    seeds = range(50)
    swung = 0
    for seed in seeds:
        bars = minute_closes(seed, 370)
        swung += swings(rsi(bars, period)[-120:], low, high)

    assert swung / len(seeds) >= least


def test_volatility_comes_in_clusters_and_is_that_of_a_real_market() -> None:
    bars = minute_closes(1, 5_000)
    moves = [abs(after / before - 1) for before, after in pairwise(bars)]
    mean = sum(moves) / len(moves)
    near = sum((a - mean) * (b - mean) for a, b in zip(moves, moves[5:], strict=False))

    assert 0.0002 < mean < 0.0015  # 2 to 15 bp a minute
    assert near / sum((move - mean) ** 2 for move in moves) > 0.05


def test_funding_of_the_past_is_hourly_and_within_its_limit() -> None:
    rates = [
        event.rate
        for event in Generator(1, START_MS, 1, 600).history()
        if isinstance(event, Funding) and event.coin == "ETH"
    ]

    assert len(rates) == 10
    assert all(20 <= rate.time % 3_600_000 <= 400 for rate in rates)
    assert all(abs(Decimal(rate.funding_rate)) <= Decimal("0.04") for rate in rates)
