"""What is recorded of a venue is what its replay serves."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from simulator.clock import ManualClock
from simulator.frame_files import RecordReport, frames
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.record import RecordOptions, record
from simulator.replay import Replay
from tests.simulator.venues import Client
from tests.waiting import eventually

FEEDS = ("l2Book", "trades", "bbo", "activeAssetCtx")
COINS = ("BTC", "xyz:TSLA", "PURR/USDC")


async def recorded(out: Path, secs: float = 0.7) -> RecordReport:
    options = VenueOptions(speed=10, history_minutes=60)
    async with HyperliquidVenue(options).running() as venue:
        return await record(
            RecordOptions(coins=COINS, out=out, url=venue.ws_url, duration_secs=secs)
        )


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def market_frames(path: Path) -> list[dict[str, Any]]:
    wanted = ("l2Book", "trades", "bbo", "activeAssetCtx", "activeSpotAssetCtx", "candle")
    found = (json.loads(frame) for _, frame in frames(path))
    return [frame for frame in found if frame["channel"] in wanted]


async def test_a_replay_serves_what_was_recorded(tmp_path: Path) -> None:
    report = await recorded(tmp_path)
    expected = market_frames(tmp_path)

    source = Replay(tmp_path)
    clock = ManualClock(source.start_ms - 1)
    venue = HyperliquidVenue(VenueOptions(), source, clock)
    async with venue.running(), connect(venue.ws_url) as line:
        client = Client(line)
        for coin in COINS:
            for feed in FEEDS:
                await client.subscribe(type=feed, coin=coin)
            await client.subscribe(type="candle", coin=coin, interval="1m")
        before = await client.settled()
        clock.advance(60_000)
        venue.advance()
        frames_again = await client.settled()

    assert report.frames > len(expected) > 50
    assert report.files == files_of(tmp_path)
    assert {frame["channel"] for frame in before} <= {
        "activeAssetCtx", "activeSpotAssetCtx", "subscriptionResponse",
    }  # fmt: skip
    assert frames_again == expected
    assert source.finished


async def test_a_recording_brings_the_venues_lists(tmp_path: Path) -> None:
    await recorded(tmp_path, 0.3)

    universe = Replay(tmp_path).universe

    assert universe.listings["xyz:TSLA"].asset == 110_000
    assert universe.listings["MATIC"].delisted
    assert universe.listings["PURR/USDC"].sz_decimals == 0


async def test_a_second_run_adds_a_file(tmp_path: Path) -> None:
    first = await recorded(tmp_path, 0.2)
    kept = first.files[0].read_bytes()
    second = await recorded(tmp_path, 0.2)

    assert first.files[0].read_bytes() == kept
    assert files_of(tmp_path) == [*first.files, *second.files]


async def test_a_lost_line_is_taken_up_again(tmp_path: Path) -> None:
    reports: list[RecordReport] = []
    async with HyperliquidVenue(VenueOptions(history_minutes=60)).running() as venue:
        options = RecordOptions(coins=("BTC",), out=tmp_path, url=venue.ws_url)
        recording = asyncio.create_task(record(options, reports.append))
        await eventually(lambda: reports and reports[-1].frames > 5)
        await venue.drop_connections()
        await eventually(lambda: reports[-1].reconnects == 1)
        lost_at = reports[-1].frames
        await eventually(lambda: reports[-1].frames > lost_at + 5)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording

    assert len(market_frames(tmp_path)) > 5
    assert len(reports[-1].files) == 1


async def test_a_file_is_followed_by_the_next_when_it_is_full(tmp_path: Path) -> None:
    async with HyperliquidVenue(VenueOptions(speed=20, history_minutes=60)).running() as venue:
        options = RecordOptions(
            coins=("BTC",), out=tmp_path, url=venue.ws_url, duration_secs=0.8, file_secs=0.2
        )
        report = await record(options)

    assert len(report.files) >= 3
    for file in report.files[:-1]:
        assert "BTC" in Replay(file).universe.listings
        assert "MATIC" in Replay(file).universe.listings


def test_a_recording_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected one coin"):
        RecordOptions(coins=(), out=tmp_path)
