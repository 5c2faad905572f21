"""A market for whole desks: it stands still, or every coin is quoted and traded all the time."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

from simulator.events import Book, Event, Reference, Trades
from simulator.numbers import to_wire
from simulator.universe import Universe, perp_entry, perp_meta, spot_token
from simulator.wire import Level, Trade

STEP_MS = 100
"""So often unless somebody wants it otherwise."""
LEVELS = 20
BURST_STEPS = 5
"""After a halt no more than the last steps are told: a machine that stalls is not to catch up."""
CHANGED = 12
"""So many levels of a side get a new size in a step: 24 of 40, as in BTC's live book."""
PRICE, TICK = Decimal(1_000), Decimal("0.1")
SIZE_DECIMALS = 2
LEVERAGE = 20
_USERS = (f"0x{1:040x}", f"0x{2:040x}")


def coin_names(count: int) -> tuple[str, ...]:
    """Return so many names."""
    return tuple(f"C{number:02}" for number in range(count))


def universe(count: int) -> Universe:
    """List so many perps, all alike."""
    perps = [perp_entry(name, SIZE_DECIMALS, LEVERAGE) for name in coin_names(count)]
    spot = {"universe": [], "tokens": [spot_token(0, "USDC", 8, 8)]}
    return Universe([perp_meta(perps)], [None], spot)


class Stirred:
    """
    A source whose prices move a tick or two around where they began.

    `is_moving` says whether time brings anything; at first it does not.
    """

    gives: frozenset[type] = frozenset({Book, Trades, Reference})

    def __init__(self, count: int, start_ms: int, step_ms: int) -> None:
        self.universe = universe(count)
        self.start_ms = start_ms
        self.is_moving = False
        self._coins = [_Coin(name) for name in coin_names(count)]
        self._next_ms = start_ms
        self._step_ms = step_ms

    def history(self) -> Iterable[Event]:
        """Give the state at the start: an order of the first moment finds a market."""
        for coin in self._coins:
            yield from coin.step(self.start_ms)

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give a trade, a book and a mark of each coin for every step up to now."""
        if not self.is_moving:
            self._next_ms = now_ms
            return
        self._next_ms = max(self._next_ms, now_ms - BURST_STEPS * self._step_ms)
        while self._next_ms <= now_ms:
            for coin in self._coins:
                yield from coin.step(self._next_ms)
            self._next_ms += self._step_ms


class _Coin:
    def __init__(self, name: str) -> None:
        self._name = name
        self._random = Random(name)
        self._trades = 0
        self._sizes = [self._size() for _ in range(2 * LEVELS)]

    def step(self, time_ms: int) -> Iterator[Event]:
        random = self._random
        mid = PRICE + TICK * random.randint(-2, 2)
        for _ in range(2 * CHANGED):
            self._sizes[random.randrange(2 * LEVELS)] = self._size()
        self._trades += 1
        number = self._trades
        price = to_wire(mid)
        trade = Trade(
            self._name, "B", price, self._size(), time_ms, f"0x{number:064x}", number, _USERS
        )
        yield Trades(self._name, (trade,))
        bids, asks = self._sizes[:LEVELS], self._sizes[LEVELS:]
        yield Book(self._name, time_ms, _side(mid, -TICK, bids), _side(mid, TICK, asks))
        yield Reference(self._name, time_ms, oracle=mid, mark=mid, open_interest=PRICE)

    def _size(self) -> str:
        return f"{self._random.uniform(100, 900):.2f}"


def _side(mid: Decimal, step: Decimal, sizes: list[str]) -> tuple[Level, ...]:
    return tuple(
        Level(to_wire(mid + step * deep), size, 1) for deep, size in enumerate(sizes, start=1)
    )
