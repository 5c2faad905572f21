"""A start ends when strategies run or when it is clear that they will not, and then says why."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nautilus_trader.live.node import TradingNode

from config.loading import parse_profile
from desk.exits import VenueError
from desk.node import build_node
from desk.starting import Start
from simulator.hyperliquid import HyperliquidVenue, VenueOptions

PROFILE = """\
environment = "paper"
trader_id = "START-001"
[venues.hyperliquid]
network = "loopback"
base_url_http = "{http}"
base_url_ws = "{ws}"
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "notional", amount = "1000" }}
[paper]
starting_balances = ["1000 USDC"]
"""
WAIT_SECS = 60.0
NOWHERE = ("http://127.0.0.1:1", "ws://127.0.0.1:1/ws")


@asynccontextmanager
async def started(folder: Path, http: str, ws: str) -> AsyncIterator[tuple[TradingNode, Start]]:
    """Build a paper node on a venue and begin its start; end it afterward."""
    profile = parse_profile(PROFILE.format(http=http, ws=ws).encode(), "mine.toml")
    node = build_node(profile, folder / "logs", None)
    start = Start(node)
    try:
        yield node, start
    finally:
        await node.stop_async()
        await start.task


async def test_a_venue_that_is_away_is_named_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.node.CONNECT_TIMEOUT_SECS", 0.5)
    async with started(tmp_path, *NOWHERE) as (_, start):
        with pytest.raises(VenueError, match=r"no market data of hyperliquid within 0\.5 s"):
            await asyncio.wait_for(start.end(asyncio.Event()), WAIT_SECS)
        assert not start.task.done()  # so nothing but that call says it


async def test_who_stops_a_start_does_not_wait_for_the_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.node.CONNECT_TIMEOUT_SECS", 5.0)  # the node itself waits for it
    stop = asyncio.Event()
    async with started(tmp_path, *NOWHERE) as (node, start):
        waiting = asyncio.create_task(start.end(stop))
        stop.set()
        await asyncio.wait_for(waiting, WAIT_SECS)
        assert not node.trader.is_running


async def test_a_start_is_over_once_strategies_run(tmp_path: Path) -> None:
    async with (
        HyperliquidVenue(VenueOptions(history_minutes=1)).running() as venue,
        started(tmp_path, venue.http_url, venue.ws_url) as (node, start),
    ):
        await asyncio.wait_for(start.end(asyncio.Event()), WAIT_SECS)
        assert node.trader.is_running
