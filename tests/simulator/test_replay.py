"""Recordings are served value for value, at the times they came."""

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from simulator.clock import ManualClock
from simulator.events import Bbo, Book, Event, Trades
from simulator.frame_files import RecordingError
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.loopback import serve
from simulator.market import Market
from simulator.replay import Replay
from tests.simulator.venues import Client

RAW = "ticks/hyperliquid_BTC_rawws_25s_20250126.gz"
RAW_START_MS = 1_737_918_843_893
CSV_MINUTES = 3


def raw_frames(path: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [json.loads(line.partition(" ")[2]) for line in lines]


async def replayed(path: Path, feeds: tuple[str, ...], span_ms: int) -> list[dict[str, Any]]:
    """Return all frames that a subscriber from the beginning gets within a span."""
    source = Replay(path)
    clock = ManualClock(source.start_ms - 1)
    venue = HyperliquidVenue(VenueOptions(), source, clock)
    async with venue.running(), connect(venue.ws_url) as line:
        client = Client(line)
        for feed in feeds:
            await client.subscribe(type=feed, coin="BTC")
        clock.set(source.start_ms + span_ms)
        venue.advance()
        return await client.settled()


async def test_recorded_frames_are_sent_again_value_for_value(shared_data: Path) -> None:
    recorded = raw_frames(shared_data / RAW)

    frames = await replayed(shared_data / RAW, ("l2Book", "trades"), 60_000)

    assert len(frames) == len(recorded) == 55
    assert frames == recorded


async def test_a_recording_without_quotes_shows_them_from_its_books(shared_data: Path) -> None:
    books = [f["data"] for f in raw_frames(shared_data / RAW) if f["channel"] == "l2Book"]

    quotes = [f["data"] for f in await replayed(shared_data / RAW, ("bbo",), 60_000)]

    tops: list[tuple[int, list[Any]]] = []
    for book in books:
        top = [book["levels"][0][0], book["levels"][1][0]]
        if not tops or tops[-1][1] != top:
            tops.append((book["time"], top))
    assert [(quote["time"], quote["bbo"]) for quote in quotes] == tops


async def test_a_frame_is_sent_when_it_was_received(shared_data: Path) -> None:
    source = Replay(shared_data / RAW)

    assert source.start_ms == RAW_START_MS
    assert [event.time for event in source.due(RAW_START_MS)] == [1_737_918_843_542]
    later = list(source.due(RAW_START_MS + 300))
    assert [type(event) for event in later] == [Book, Trades]
    assert not source.finished


def test_what_came_before_a_later_start_is_history(shared_data: Path) -> None:
    source = Replay(shared_data / RAW, RAW_START_MS + 20_000)
    market = Market(source)
    state = market.coin("BTC")
    assert state is not None

    text = gzip.decompress((shared_data / RAW).read_bytes()).decode()
    lines = [line.partition(" ") for line in text.splitlines()]
    past = [json.loads(frame) for ns, _, frame in lines if int(ns) // 1_000_000 < source.start_ms]
    before = [t for f in past if f["channel"] == "trades" for t in f["data"]]

    assert state.book_time == 1_737_918_863_063
    assert [trade.tid for trade in state.trades] == [trade["tid"] for trade in before][-30:]
    assert state.series.between("1m", 0, source.start_ms)[-1].n == sum(
        trade["time"] >= 1_737_918_840_000 for trade in before
    )


def csv_folder(shared_data: Path, folder: Path) -> Path:
    """Copy the first minutes of the CSV recordings: the whole takes seconds to read."""
    for file in (shared_data / "ticks").glob("*.csv.gz"):
        with gzip.open(file, "rt") as text:
            header, *rows = text
        until = float(rows[0].partition(",")[0]) + CSV_MINUTES * 60
        kept = [row for row in rows if float(row.partition(",")[0]) < until]
        with gzip.open(folder / file.name, "wt", compresslevel=1) as copy:
            copy.writelines([header, *kept])
    return folder


def csv_rows(folder: Path, kind: str) -> list[dict[str, str]]:
    (file,) = folder.glob(f"*_{kind}_*.csv.gz")
    with gzip.open(file, "rt") as text:
        header, *rows = (line.rstrip("\n").split(",") for line in text)
    return [dict(zip(header, row, strict=True)) for row in rows]


async def test_csv_recordings_are_served_value_for_value(shared_data: Path, tmp_path: Path) -> None:
    folder = csv_folder(shared_data, tmp_path)

    frames = await replayed(folder, ("l2Book", "trades", "bbo"), CSV_MINUTES * 60_000)

    def of(channel: str) -> Iterator[Any]:
        return (frame["data"] for frame in frames if frame["channel"] == channel)

    def numbers(*texts: str) -> tuple[Decimal, ...]:
        return tuple(Decimal(text) for text in texts)

    def sides(book: dict[str, Any]) -> list[list[tuple[Decimal, ...]]]:
        return [[numbers(level["px"], level["sz"]) for level in side] for side in book["levels"]]

    assert [(book["time"], sides(book)) for book in of("l2Book")] == [
        (
            int(row["exchange_timestamp"]),
            [
                [numbers(row[f"{side}_price_{i}"], row[f"{side}_size_{i}"]) for i in range(20)]
                for side in ("bid", "ask")
            ],
        )
        for row in csv_rows(folder, "orderbooks")
    ]  # fmt: skip
    assert [
        (t["tid"], t["time"], t["side"], numbers(t["px"], t["sz"]))
        for batch in of("trades")
        for t in batch
    ] == [
        (
            int(row["trade_id"]),
            int(row["exchange_timestamp"]),
            {"buy": "B", "sell": "A"}[row["side"]],
            numbers(row["price"], row["size"]),
        )
        for row in csv_rows(folder, "trades")
    ]
    assert [
        (quote["time"], numbers(level["px"], level["sz"]))
        for quote in of("bbo")
        for level in quote["bbo"]
    ] == [
        (int(row["exchange_timestamp"]), numbers(row["price"], row["size"]))
        for row in csv_rows(folder, "bbo")
    ]


async def test_candles_of_a_replay_are_rebuilt_from_its_trades(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = csv_folder(shared_data, tmp_path)
    source = Replay(folder)
    market = Market(source)
    for event in source.due(source.start_ms + CSV_MINUTES * 60_000):
        for _ in market.apply(event):
            pass
    state = market.coin("BTC")
    assert state is not None

    by_minute: dict[int, list[dict[str, str]]] = {}
    for row in csv_rows(folder, "trades"):
        by_minute.setdefault(int(row["exchange_timestamp"]) // 60_000, []).append(row)

    candles = state.series.between("1m", 0, source.start_ms * 2)
    assert [candle.t // 60_000 for candle in candles] == list(by_minute)
    for candle, rows in zip(candles, by_minute.values(), strict=True):
        prices = [Decimal(row["price"]) for row in rows]
        assert Decimal(candle.o) == prices[0]
        assert Decimal(candle.c) == prices[-1]
        assert (Decimal(candle.h), Decimal(candle.l)) == (max(prices), min(prices))
        assert Decimal(candle.v) == sum(Decimal(row["size"]) for row in rows)
        assert candle.n == len(rows)


def test_a_recording_lists_its_coins_with_the_decimals_it_shows(shared_data: Path) -> None:
    universe = Replay(shared_data / RAW).universe

    assert universe.metas[0]["universe"] == [
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 40}
    ]


def test_a_torn_end_is_no_hindrance(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / RAW).read_bytes()
    torn = tmp_path / "torn.gz"
    torn.write_bytes(whole[: len(whole) // 2])

    events: list[Event] = list(Replay(torn).due(RAW_START_MS * 2))

    assert 0 < len(events) < 55
    assert not any(isinstance(event, Bbo) for event in events)


@pytest.mark.parametrize("content", [None, b"", b"hello\n"])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "frames.jsonl").write_bytes(content)

    with pytest.raises(RecordingError, match="Expected"):
        Replay(tmp_path)


async def test_serving_ends_with_the_frame_that_cannot_be_read(
    shared_data: Path, tmp_path: Path
) -> None:
    lines = gzip.decompress((shared_data / RAW).read_bytes()).decode().splitlines(keepends=True)
    broken = lines[0].partition(" ")[0] + ' {"channel":"l2Book","data":{"coin":5}}\n'
    (tmp_path / "frames.jsonl").write_text("".join(lines * 40) + broken)
    options = VenueOptions(replay=tmp_path, speed=10_000)

    with pytest.raises(RecordingError, match="Expected a market frame"):
        await serve(HyperliquidVenue(options), lambda _venue: None)


def test_a_repeated_trade_counts_once(tmp_path: Path, shared_data: Path) -> None:
    line = next(
        line
        for line in gzip.decompress((shared_data / RAW).read_bytes()).decode().splitlines()
        if '"trades"' in line
    )
    (tmp_path / "frames.jsonl").write_text(f"{line}\n{line}\n")
    source = Replay(tmp_path)
    market = Market(source)
    for event in source.due(source.start_ms):
        for _ in market.apply(event):
            pass
    state = market.coin("BTC")
    assert state is not None

    trades = msgspec.json.decode(line.partition(" ")[2])["data"]
    assert sum(c.n for c in state.series.between("1m", 0, source.start_ms)) == len(trades)
