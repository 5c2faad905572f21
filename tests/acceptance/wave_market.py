"""A market made for RSI: prices go up for some seconds and down for as many, without any chance."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from simulator.events import Book, Event, Reference, Trades
from simulator.numbers import to_wire
from simulator.universe import Universe
from simulator.wire import Level, Trade

HALF_WAVE_MS = 4_000
"""RSI(3) of bars of a second passes 30 on the way up and 70 on the way down, in every wave.

Wherever in the wave the bars close, and though their closes come most of a second late (tried for
all phases). It is not so of any wave: with RSI(2) some phases jump through both levels at once.
"""
STEP_MS = 100
"""So often a coin is quoted and traded."""
SWING = Decimal("0.003")
"""From the bottom to the top, as a part of the price: far less than any stop is away."""
LEVELS = 5
LEVEL_NOTIONAL = Decimal(50_000)
TRADED = Decimal("0.01")
BURST_STEPS = 20
"""After a halt no more than the last steps are told: a machine that stalls is not to catch up."""

type Coin = tuple[str, Decimal, Decimal]
"""A name, its lowest price and its price step."""


class Wave:
    """
    A source whose prices are a function of the time alone.

    Parameters
    ----------
    universe : Universe
        What the venue lists.
    coins : sequence of Coin
        Which of it has a market.
    start_ms : int
        When it begins, by the venue's time.

    """

    gives: frozenset[type] = frozenset({Book, Trades, Reference})

    def __init__(self, universe: Universe, coins: Sequence[Coin], start_ms: int) -> None:
        self.universe = universe
        self.start_ms = start_ms
        self._coins = coins
        self._next_ms = start_ms
        self._trades = 0

    def history(self) -> Iterable[Event]:
        """Give the state at the start: an order of the first moment finds a market."""
        for coin in self._coins:
            yield from self._step(coin)

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give a trade, a book and a mark of each coin for every step up to now."""
        self._next_ms = max(self._next_ms, now_ms - BURST_STEPS * STEP_MS)
        while self._next_ms <= now_ms:
            for coin in self._coins:
                yield from self._step(coin)
            self._next_ms += STEP_MS

    def _step(self, coin: Coin) -> Iterator[Event]:
        name, lowest, tick = coin
        time_ms = self._next_ms
        price = price_at(lowest, tick, time_ms)
        self._trades += 1
        yield Trades(name, (_trade(name, price, time_ms, self._trades),))
        yield Book(name, time_ms, _side(price, -tick), _side(price, tick))
        yield Reference(name, time_ms, oracle=price, mark=price, open_interest=Decimal(1_000))


def price_at(lowest: Decimal, tick: Decimal, time_ms: int) -> Decimal:
    """Return the price at a time, on the grid of its steps."""
    since_ms = time_ms % (2 * HALF_WAVE_MS)
    up_ms = min(since_ms, 2 * HALF_WAVE_MS - since_ms)
    price = lowest * (1 + SWING * up_ms / HALF_WAVE_MS)
    return (price / tick).to_integral_value() * tick


def _trade(coin: str, price: Decimal, time_ms: int, number: int) -> Trade:
    users = (f"0x{1:040x}", f"0x{2:040x}")
    size = to_wire(TRADED)
    return Trade(coin, "B", to_wire(price), size, time_ms, f"0x{number:064x}", number, users)


def _side(price: Decimal, step: Decimal) -> tuple[Level, ...]:
    size = to_wire((LEVEL_NOTIONAL / price).quantize(TRADED))
    return tuple(Level(to_wire(price + step * deep), size, 1) for deep in range(1, LEVELS + 1))
