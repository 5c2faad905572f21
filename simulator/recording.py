"""Reads recorded Hyperliquid markets from files, as events in the order of their arrival; no clock.

Two forms are known: raw frames, one `<receive time in ns> <JSON>` a line, gzipped or not, as
`simulator.record` writes them; and a folder of CSV files of books, trades and best quotes.
"""

import csv
import gzip
import hashlib
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import batched, groupby
from pathlib import Path
from typing import Any

import msgspec

from simulator.candles import Bar
from simulator.events import Bbo, Book, Context, Event, MinuteCandle, Trades
from simulator.frame_files import RecordingError, frames
from simulator.numbers import to_wire
from simulator.wire import Candle, Level, PerpContext, SpotContext, Trade

LEVELS = 20

type Arrival = tuple[int, Event]
"""When an event was received, in ms, and the event with its original times."""


class _Head(msgspec.Struct, frozen=True):
    channel: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _WireBook(msgspec.Struct, frozen=True):
    coin: str
    time: int
    levels: tuple[tuple[Level, ...], tuple[Level, ...]]


class _WireBbo(msgspec.Struct, frozen=True):
    coin: str
    time: int
    bbo: tuple[Level | None, Level | None]


class _WireContext[C](msgspec.Struct, frozen=True):
    coin: str
    ctx: C


class _WirePost(msgspec.Struct, frozen=True):
    id: int
    response: dict[str, Any]


def frame_arrivals(path: Path) -> Iterator[Arrival]:
    """Read the market events of recorded frames, each with its frame."""
    for received_ns, frame in frames(path):
        received_ms = received_ns // 1_000_000
        try:
            event = parse_frame(frame, received_ms)
        except msgspec.DecodeError as e:
            raise RecordingError(f"Expected a market frame, was {frame[:60]!r}: {e}") from e
        if event is not None:
            yield received_ms, event


def parse_frame(frame: str, received_ms: int) -> Event | None:
    """Read a market frame; None for an answer, a pong or another feed.

    A context carries no time of its own and takes that of its arrival.
    """
    head = msgspec.json.decode(frame, type=_Head)
    reader = _READERS.get(head.channel)
    return reader(bytes(head.data), frame, received_ms) if reader else None


def parse_post(frame: str) -> tuple[str, Any] | None:
    """Read the answer to a posted info question: its type and data; None for any other frame."""
    head = msgspec.json.decode(frame, type=_Head)
    if head.channel != "post":
        return None
    response = msgspec.json.decode(head.data, type=_WirePost).response
    if response.get("type") != "info":
        return None
    return response["payload"]["type"], response["payload"]["data"]


def _read_book(data: bytes, frame: str, _received_ms: int) -> Event:
    book = msgspec.json.decode(data, type=_WireBook)
    return Book(book.coin, book.time, *book.levels, frame=frame)


def _read_bbo(data: bytes, frame: str, _received_ms: int) -> Event:
    quote = msgspec.json.decode(data, type=_WireBbo)
    return Bbo(quote.coin, quote.time, *quote.bbo, frame=frame)


def _read_trades(data: bytes, frame: str, _received_ms: int) -> Event | None:
    trades = msgspec.json.decode(data, type=tuple[Trade, ...])
    return Trades(trades[0].coin, trades, frame) if trades else None


def _read_candle(data: bytes, frame: str, _received_ms: int) -> Event | None:
    candle = msgspec.json.decode(data, type=Candle)
    return MinuteCandle(candle.s, Bar.of_wire(candle), frame) if candle.i == "1m" else None


def _read_context(data: bytes, frame: str, received_ms: int) -> Event:
    wire = msgspec.json.decode(data, type=_WireContext[PerpContext])
    return Context(wire.coin, received_ms, wire.ctx, frame)


def _read_spot_context(data: bytes, frame: str, received_ms: int) -> Event:
    wire = msgspec.json.decode(data, type=_WireContext[SpotContext])
    return Context(wire.coin, received_ms, wire.ctx, frame)


_READERS: dict[str, Callable[[bytes, str, int], Event | None]] = {
    "l2Book": _read_book,
    "bbo": _read_bbo,
    "trades": _read_trades,
    "candle": _read_candle,
    "activeAssetCtx": _read_context,
    "activeSpotAssetCtx": _read_spot_context,
}


def is_csv_folder(path: Path) -> bool:
    """Tell whether a path is a folder of CSV recordings."""
    return path.is_dir() and any(path.glob("*_orderbooks_*.csv.gz"))


def csv_arrivals(path: Path) -> Iterator[Arrival]:
    """Read a folder of CSV recordings, `hyperliquid_<COIN>_<kind>_<date>.csv.gz`, merged."""
    readers = {"bbo": _csv_quotes, "orderbooks": _csv_books, "trades": _csv_trades}
    streams = [
        readers[kind](coin, _rows(file)) for file, coin, kind in _csv_files(path) if kind in readers
    ]
    return heapq.merge(*streams, key=lambda arrival: arrival[0])


def _csv_files(path: Path) -> list[tuple[Path, str, str]]:
    """Return file, coin and kind; quotes come before books, so that they win at the same time."""
    return [
        (file, file.name.split("_")[1], file.name.split("_")[2])
        for file in sorted(path.glob("hyperliquid_*_*_*.csv.gz"))
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _received_ms(row: dict[str, str]) -> int:
    return int(Decimal(row["timestamp"]) * 1000)


def _number(text: str) -> str:
    return to_wire(Decimal(text))


def _csv_books(coin: str, rows: Iterable[dict[str, str]]) -> Iterator[Arrival]:
    for row in rows:
        bids, asks = (
            tuple(
                Level(_number(row[f"{side}_price_{i}"]), _number(row[f"{side}_size_{i}"]), 1)
                for i in range(LEVELS)
            )
            for side in ("bid", "ask")
        )
        yield _received_ms(row), Book(coin, int(row["exchange_timestamp"]), bids, asks)


def _csv_quotes(coin: str, rows: Iterable[dict[str, str]]) -> Iterator[Arrival]:
    """Read best quotes: two rows, bid and ask, are one quote."""
    for bid, ask in batched(rows, 2):
        best = [Level(_number(row["price"]), _number(row["size"]), 1) for row in (bid, ask)]
        yield _received_ms(ask), Bbo(coin, int(ask["exchange_timestamp"]), best[0], best[1])


def _csv_trades(coin: str, rows: Iterable[dict[str, str]]) -> Iterator[Arrival]:
    """Read trades; what was received together was one message."""
    for received_ms, together in groupby(rows, key=_received_ms):
        yield received_ms, Trades(coin, tuple(_csv_trade(coin, row) for row in together))


def _csv_trade(coin: str, row: dict[str, str]) -> Trade:
    """Read a trade; hash and users were not recorded and are made of its id."""
    digest = hashlib.sha256(row["trade_id"].encode()).hexdigest()
    return Trade(
        coin=coin,
        side="B" if row["side"] == "buy" else "A",
        px=_number(row["price"]),
        sz=_number(row["size"]),
        time=int(row["exchange_timestamp"]),
        hash=f"0x{digest}",
        tid=int(row["trade_id"]),
        users=(f"0x{digest[:40]}", f"0x{digest[24:]}"),
    )


def sniff(events: Iterable[Event]) -> tuple[dict[str, int], frozenset[type]]:
    """Return the size decimals of each coin as far as they show, and which event types occur."""
    decimals: dict[str, int] = defaultdict(int)
    kinds: set[type] = set()
    for event in events:
        kinds.add(type(event))
        sizes = [trade.sz for trade in event.trades] if isinstance(event, Trades) else []
        if isinstance(event, Book):
            sizes = [level.sz for level in (*event.bids, *event.asks)]
        for size in sizes:
            shown = len(size.partition(".")[2].rstrip("0"))
            decimals[event.coin] = max(decimals[event.coin], shown)
    return dict(decimals), frozenset(kinds)
