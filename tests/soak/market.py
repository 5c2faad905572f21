"""The market of a soak: waves for RSI, on a level that moves far enough to meet stops."""

import random
from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.events import Book, Event, Reference, Trades
from simulator.numbers import to_wire
from simulator.universe import Universe
from simulator.wire import Level, Trade

HALF_WAVE_MS = 5_000
STEP_MS = 100
SWING = Decimal("0.003")
"""From the bottom of a wave to its top, as a part of the price: no stop is so near."""
CLIMB = Decimal("0.03")
"""How far one level may be from the next: further than any stop."""
LEVEL_MS = 90_000
CLIMB_MS = 30_000
"""A level holds for a while and then climbs to the next, slowly, as a market order can follow."""
LEVELS = 5
LEVEL_NOTIONAL = Decimal(50_000)
TRADED = Decimal("0.01")
BURST_STEPS = 20
"""After a halt no more than the last steps are told: a machine that stalls is not to catch up."""

type Coin = tuple[str, Decimal, Decimal]
"""A name, its lowest price and its price step."""

COINS: tuple[Coin, ...] = (
    ("BTC", Decimal(97_000), Decimal(1)),
    ("ETH", Decimal(3_400), Decimal("0.1")),
)


class Tides:
    """
    A source whose prices are a function of seed and time alone.

    Parameters
    ----------
    universe : Universe
        What the venue lists.
    start_ms : int
        When it begins, by the venue's time.
    seed : int
        Draws the levels.

    """

    gives: frozenset[type] = frozenset({Book, Trades, Reference})

    def __init__(self, universe: Universe, start_ms: int, seed: int) -> None:
        self.universe = universe
        self.start_ms = start_ms
        self._seed = seed
        self._next_ms = start_ms
        self._trades = 0

    def history(self) -> Iterable[Event]:
        """Give the state at the start: an order of the first moment finds a market."""
        for coin in COINS:
            yield from self._step(coin)

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give a trade, a book and a mark of each coin for every step up to now."""
        self._next_ms = max(self._next_ms, now_ms - BURST_STEPS * STEP_MS)
        while self._next_ms <= now_ms:
            for coin in COINS:
                yield from self._step(coin)
            self._next_ms += STEP_MS

    def _step(self, coin: Coin) -> Iterator[Event]:
        name, _, tick = coin
        time_ms = self._next_ms
        price = price_at(coin, self._seed, time_ms)
        self._trades += 1
        yield Trades(name, (_trade(name, price, time_ms, self._trades),))
        yield Book(name, time_ms, _side(price, -tick), _side(price, tick))
        yield Reference(name, time_ms, oracle=price, mark=price, open_interest=Decimal(1_000))


def price_at(coin: Coin, seed: int, time_ms: int) -> Decimal:
    """Return the price at a time, on the grid of its steps."""
    name, lowest, tick = coin
    since_ms = time_ms % (2 * HALF_WAVE_MS)
    up_ms = min(since_ms, 2 * HALF_WAVE_MS - since_ms)
    slot, within_ms = divmod(time_ms, LEVEL_MS)
    before, after = (_level(name, seed, each) for each in (slot - 1, slot))
    climbed = Decimal(min(within_ms, CLIMB_MS)) / CLIMB_MS
    level = before + (after - before) * climbed
    price = lowest * (1 + CLIMB * level) * (1 + SWING * up_ms / HALF_WAVE_MS)
    return (price / tick).to_integral_value() * tick


def _level(name: str, seed: int, slot: int) -> int:
    return random.Random(f"{seed} {name} {slot}").choice((-1, 0, 0, 1))


def _trade(coin: str, price: Decimal, time_ms: int, number: int) -> Trade:
    users = (f"0x{1:040x}", f"0x{2:040x}")
    size = to_wire(TRADED)
    return Trade(coin, "B", to_wire(price), size, time_ms, f"0x{number:064x}", number, users)


def _side(price: Decimal, step: Decimal) -> tuple[Level, ...]:
    size = to_wire((LEVEL_NOTIONAL / price).quantize(TRADED))
    return tuple(Level(to_wire(price + step * deep), size, 1) for deep in range(1, LEVELS + 1))
