"""A restless market: perps whose prices swing so far that what rests near them is soon filled."""

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

from simulator.events import Book, Event, Reference, Trades
from simulator.universe import Universe, perp_entry, perp_meta, spot_token
from simulator.wire import Level, Trade

STEP_MS = 250
MIDDLE = 200.0
SWING = 0.008
PERIOD_MS = (4_000, 9_000)
NOISE = 0.0004
LEVELS = 5
TICK = Decimal("0.01")
_USERS = ("0x" + "1" * 40, "0x" + "2" * 40)


def coin_names(count: int) -> list[str]:
    return [f"SEA{number}" for number in range(count)]


class Sea:
    """A source without end; the same seed gives the same waves."""

    gives: frozenset[type] = frozenset({Book, Trades, Reference})

    def __init__(self, coins: Iterable[str], start_ms: int, seed: int) -> None:
        self.coins = list(coins)
        self.start_ms = start_ms
        self.steps = 0
        self.universe = Universe(
            [perp_meta([perp_entry(coin, 2, 20) for coin in self.coins])],
            [None],
            {"universe": [], "tokens": [spot_token(0, "USDC", 8, 8)]},
        )
        self._random = Random(seed)
        self._waves = {
            coin: (self._random.uniform(0, math.tau), self._random.uniform(*PERIOD_MS))
            for coin in self.coins
        }
        self._tid = 0

    def history(self) -> Iterable[Event]:
        return ()

    def due(self, now_ms: int) -> Iterator[Event]:
        while self.start_ms + self.steps * STEP_MS <= now_ms:
            time_ms = self.start_ms + self.steps * STEP_MS
            self.steps += 1
            for coin in self.coins:
                yield from self._step(coin, time_ms)

    def _step(self, coin: str, time_ms: int) -> Iterator[Event]:
        phase, period_ms = self._waves[coin]
        swing = SWING * math.sin(phase + math.tau * (time_ms - self.start_ms) / period_ms)
        middle = MIDDLE * (1 + swing + self._random.gauss(0, NOISE))
        bid = Decimal(f"{middle:.2f}") - TICK
        ask = bid + 2 * TICK
        yield Book(coin, time_ms, self._side(bid, -1), self._side(ask, 1))
        yield Reference(coin, time_ms, bid + TICK, bid + TICK, Decimal(1_000_000))
        buys = self._random.random() < 0.5
        yield Trades(coin, (self._trade(coin, time_ms, ask if buys else bid, buys=buys),))

    def _side(self, best: Decimal, direction: int) -> tuple[Level, ...]:
        prices = (best + direction * 5 * TICK * depth for depth in range(LEVELS))
        return tuple(Level(str(price), self._size(), 1) for price in prices)

    def _trade(self, coin: str, time_ms: int, price: Decimal, *, buys: bool) -> Trade:
        self._tid += 1
        word = f"0x{self._tid:064x}"
        side = "B" if buys else "A"
        return Trade(coin, side, str(price), self._size(), time_ms, word, self._tid, _USERS)

    def _size(self) -> str:
        return f"{self._random.uniform(0.1, 0.9):.2f}"
