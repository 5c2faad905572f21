"""Book frames of the loopback Synthetix, recorded at its socket: a snapshot, then differences."""

import asyncio
from collections.abc import Iterable, Iterator
from random import Random

import msgspec

from adapters.common.connection import open_connection
from simulator.clock import ManualClock
from simulator.events import Book, Event, Source
from simulator.generator import HISTORY_MINUTES, STEP_MS, Generator
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_listing import LEVELS, LISTED, universe
from simulator.synthetix_ws import Limits
from simulator.wire import Level

DEPTH = 50
START_MS = 1_795_305_600_000
SEED = 1
CALM_CHANGES_MAX = 12
CALM_MOVES_IN = 10
CALM_BEST = 97_000
TIMEOUT_SECS = 180.0
TURNS_MAX = 1_000


class CalmMarket:
    """
    A source of a book like one of 50 ms: a dozen levels change at most, and the price seldom.

    The generator draws all sizes anew every half a second, so that every level changes.
    """

    gives: frozenset[type] = frozenset({Book})

    def __init__(self, start_ms: int) -> None:
        self.universe = universe()
        self.start_ms = start_ms
        self._random = Random(SEED)
        self._steps = 0
        self._best = CALM_BEST
        self._sizes: dict[int, str] = {}

    def history(self) -> Iterable[Event]:
        """Give nothing."""
        return ()

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give a book each step."""
        while self.start_ms + self._steps * STEP_MS <= now_ms:
            yield self._book(self.start_ms + self._steps * STEP_MS)
            self._steps += 1

    def _book(self, time_ms: int) -> Book:
        random = self._random
        if random.randrange(CALM_MOVES_IN) == 0:
            self._best += random.choice((-1, 1))
        for _ in range(random.randint(1, CALM_CHANGES_MAX)):
            self._sizes[self._best + random.randint(1 - DEPTH, DEPTH)] = self._size()
        bids = tuple(self._level(self._best - place) for place in range(LEVELS))
        asks = tuple(self._level(self._best + 1 + place) for place in range(LEVELS))
        return Book("BTC", time_ms, bids, asks)

    def _level(self, price: int) -> Level:
        return Level(f"{price}.0", self._sizes.setdefault(price, self._size()), 1)

    def _size(self) -> str:
        return f"{self._random.lognormvariate(-1.2, 0.9) + 0.00001:.5f}"


def calm(diffs: int) -> list[bytes]:
    """Return a snapshot and so many differences of a dozen levels at most."""
    return asyncio.run(_record(CalmMarket(START_MS), diffs))


def wild(diffs: int) -> list[bytes]:
    """Return a snapshot and so many differences in which every level changes."""
    btc = tuple(coin for coin in LISTED if coin.name == "BTC")
    source = Generator(
        SEED, START_MS, 1.0, HISTORY_MINUTES, coins=btc, listed=universe(), levels=LEVELS
    )
    return asyncio.run(_record(source, diffs))


async def _record(source: Source, diffs: int) -> list[bytes]:
    clock = ManualClock(START_MS)
    # The listener says nothing but its subscription.
    options = VenueOptions(limits=Limits(idle_secs=TIMEOUT_SECS))
    frames: list[bytes] = []

    def keep(frame: bytes) -> None:
        if b'"meseq"' in frame:
            frames.append(frame)

    async with asyncio.timeout(TIMEOUT_SECS), SynthetixVenue(options, source, clock).running() as v:
        v.advance()
        line = await open_connection(f"{v.ws_url}/info", keep, None, None)
        params = {"type": "orderbook", "symbol": "BTC-USDT", "format": "diff", "depth": DEPTH}
        line.send(msgspec.json.encode({"id": "1", "method": "subscribe", "params": params}))
        while len(frames) <= diffs:
            told = len(frames)
            if told:
                clock.advance(STEP_MS)
                v.advance()
            # A step that changes nothing in sight is told to nobody.
            for _ in range(TURNS_MAX):
                if len(frames) > told:
                    break
                await asyncio.sleep(0)
        await line.close()
    return frames[: diffs + 1]
