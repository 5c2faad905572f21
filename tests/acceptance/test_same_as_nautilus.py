"""
The same venue, the same recordings: our data beside that of Nautilus's own Hyperliquid client.

Goal: value by value and time by time the same. Where it differs, the venue's own record decides,
and the difference is asserted here so that nobody is surprised by it.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import (
    SubscribeBars,
    SubscribeOrderBook,
    SubscribeQuoteTicks,
    SubscribeTradeTicks,
)
from nautilus_trader.model.data import BarType, OrderBookDelta
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId

from adapters.hyperliquid import HyperliquidDataClient
from simulator.clock import WallClock
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.replay import Replay
from tests.acceptance.nautilus_client import as_row
from tests.adapters.hyperliquid.bench import client_of, eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
SECONDS = 3.5
SUBSCRIPTIONS = 8  # quotes, trades, bars and books, of each client
LINE_BYTES_MAX = 64 * 1024 * 1024
MINUTE_NS = 60_000_000_000

pytestmark = pytest.mark.asyncio(loop_scope="module")

type Rows = list[tuple[int, Any]]


class Recording(NamedTuple):
    """A real market, how fast it is replayed, and how much of it at least is compared."""

    path: str
    speed: float
    quotes: int
    books: int
    trades: int
    bars: int


RECORDINGS = [
    Recording("ticks", 90.0, quotes=500, books=100, trades=100, bars=3),
    # Frames as the venue sent them: 25 s of books and trades, from which quotes are derived.
    Recording("ticks/hyperliquid_BTC_rawws_25s_20250126.gz", 6.0, 10, 20, 20, bars=0),
]


class HeldClock(WallClock):
    """A clock that stands until both clients have subscribed, however long they take to start."""

    def start(self) -> None:
        """Stand still."""

    def release(self) -> None:
        """Let the time run."""
        super().start()


class Both(NamedTuple):
    """Our rows and Nautilus's, and the recording that they come from."""

    ours: list[Any]
    theirs: list[Any]
    recording: Recording


def subscribe(client: HyperliquidDataClient) -> None:
    def routed() -> dict[str, Any]:
        client_id = ClientId("HYPERLIQUID")
        return {"client_id": client_id, "venue": None, "command_id": UUID4(), "ts_init": 0}

    client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
    client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **routed()))
    bars = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
    client.subscribe_bars(SubscribeBars(bars, **routed()))
    book = SubscribeOrderBook(BTC, OrderBookDelta, BookType.L2_MBP, **routed())
    client.subscribe_order_book_deltas(book)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=RECORDINGS, ids=["CSV", "raw"])
async def both(shared_data: Path, request: pytest.FixtureRequest) -> Both:
    recording: Recording = request.param
    path = shared_data / recording.path
    options = VenueOptions(replay=path, speed=recording.speed, weight_per_minute=0)
    source = Replay(path)
    clock = HeldClock(source.start_ms, recording.speed)
    venue = HyperliquidVenue(options, source, clock)
    async with venue.running(), client_of(venue) as bench:
        await eventually(lambda: bench.client.is_connected)
        command = ["-m", "tests.acceptance.nautilus_client", venue.ws_url, str(SECONDS)]
        child = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES_MAX
        )
        assert child.stdout is not None
        assert await asyncio.wait_for(child.stdout.readline(), timeout=60) == b"ready\n"
        subscribe(bench.client)
        await eventually(lambda: len(bench.frames("subscribe")) >= SUBSCRIPTIONS)
        clock.release()
        output, _ = await asyncio.wait_for(child.communicate(), timeout=60)
        ours = [row for row in map(as_row, bench.data) if row is not None]
    theirs = [[name, to_millisecond(ts), values] for name, ts, values in json.loads(output)]
    return Both(ours, theirs, recording)


def to_millisecond(ts: int) -> int:
    """Undo what Nautilus's client does to a time: it passes a float and is off by up to 128 ns."""
    rounded = round(ts, -6)
    assert abs(ts - rounded) <= 128
    return rounded


def rows_of(rows: Sequence[list[Any]], kind: str) -> Rows:
    return [(ts, values) for name, ts, values in rows if name == kind]


def overlap(ours: Rows, theirs: Rows) -> tuple[Rows, Rows]:
    """Cut both to the time in which both were subscribed, its edges left out."""
    start = max(ours[0][0], theirs[0][0])
    end = min(ours[-1][0], theirs[-1][0])
    cut = [[row for row in rows if start < row[0] < end] for rows in (ours, theirs)]
    return cut[0], cut[1]


async def test_quotes_are_the_same(both: Both) -> None:
    ours, theirs = overlap(*(rows_of(rows, "QuoteTick") for rows in both[:2]))

    assert len(ours) >= both.recording.quotes
    assert ours == theirs


async def test_books_are_the_same(both: Both) -> None:
    ours, theirs = overlap(*(rows_of(rows, "OrderBookDeltas") for rows in both[:2]))

    assert len(ours) >= both.recording.books
    assert ours == theirs


async def test_trades_are_the_same(both: Both) -> None:
    ours, theirs = overlap(*(rows_of(rows, "TradeTick") for rows in both[:2]))

    assert len(ours) >= both.recording.trades
    assert ours == theirs


async def test_our_times_are_the_venues_whole_milliseconds(both: Both) -> None:
    assert [ts for _, ts, _ in both.ours if ts % 1_000_000] == []


async def test_bars_are_the_same_and_ours_are_stamped_at_the_close(both: Both) -> None:
    ours, theirs = (dict(rows_of(rows, "Bar")) for rows in both[:2])

    # Nautilus stamps them at their open, so a strategy would see a bar before it was over.
    closed = {ts + MINUTE_NS: values for ts, values in theirs.items()}
    shared = ours.keys() & closed.keys()
    assert len(shared) >= both.recording.bars
    assert {ts: ours[ts] for ts in shared} == {ts: closed[ts] for ts in shared}
