"""A venue fed by hand and its plain clients, HTTP and WebSocket, for the tests of this room."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import requests
from websockets.asyncio.client import ClientConnection, connect

from simulator.clock import ManualClock
from simulator.events import Book, Event, ManualMarket, Trades
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.universe import Universe, builder_dex, perp_entry, perp_meta, spot_pair, spot_token
from simulator.wire import Level, Trade

DEADLINE_SECS = 5.0
START_MS = 1_757_015_940_000  # a minute's beginning, one minute before a full hour


class Client:
    """A WebSocket client that reads frames as JSON, each within a deadline."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    async def send(self, request: object) -> None:
        await self.line.send(request if isinstance(request, str) else json.dumps(request))

    async def subscribe(self, **feed: object) -> dict[str, Any]:
        await self.send({"method": "subscribe", "subscription": feed})
        return await self.frame()

    async def frame(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECS):
            frame: dict[str, Any] = json.loads(await self.line.recv())
            return frame

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Read frames up to the first wanted one, and return them all."""
        frames = [await self.frame()]
        while not wanted(frames[-1]):
            frames.append(await self.frame())
        return frames

    async def settled(self) -> list[dict[str, Any]]:
        """Return every frame that was on its way, by a ping behind them."""
        await self.send({"method": "ping"})
        return (await self.until(lambda frame: frame["channel"] == "pong"))[:-1]


class Desk:
    """A venue fed by hand, its clock and its market."""

    def __init__(self, options: VenueOptions | None = None) -> None:
        self.market = ManualMarket(
            Universe(
                [
                    perp_meta([perp_entry("BTC", 5, 40), perp_entry("ETH", 4, 25)]),
                    perp_meta([perp_entry("xyz:TSLA", 3, 10)]),
                ],
                [None, builder_dex("xyz", "XYZ")],
                {
                    "universe": [spot_pair(0, "PURR/USDC", 1, canonical=True)],
                    "tokens": [spot_token(0, "USDC", 8, 8), spot_token(1, "PURR", 0, 5)],
                },
            ),
            START_MS,
        )
        self.clock = ManualClock(START_MS)
        self.venue = HyperliquidVenue(options or VenueOptions(), self.market, self.clock)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with connect(self.venue.ws_url) as line:
            yield Client(line)

    async def post(self, path: str, body: object) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body)
        return await asyncio.to_thread(
            requests.post,
            f"{self.venue.http_url}{path}",
            data=data,
            headers={"Content-Type": "application/json"},
            timeout=DEADLINE_SECS,
        )

    async def info(self, **question: object) -> Any:  # noqa: ANN401  (any JSON)
        response = await self.post("/info", question)
        assert response.status_code == 200, response.text
        return response.json()

    def at(self, elapsed_ms: int, *events: Event) -> None:
        """Move the venue to a time after its start with these events, and let it take them in."""
        self.clock.set(START_MS + elapsed_ms)
        self.market.push(*events)
        self.venue.advance()


def book(elapsed_ms: int, bid: str, ask: str, coin: str = "BTC", size: str = "2.0") -> Book:
    """Make a book of one level a side."""
    levels = ((Level(bid, size, 1),), (Level(ask, size, 1),))
    return Book(coin, START_MS + elapsed_ms, *levels)


def trade(elapsed_ms: int, px: str, sz: str = "0.5", coin: str = "BTC", tid: int = 0) -> Trade:
    """Make a buy; its id is its time unless given."""
    users = ("0x" + "1" * 40, "0x" + "2" * 40)
    time_ms = START_MS + elapsed_ms
    return Trade(coin, "B", px, sz, time_ms, "0x" + "a" * 64, tid or time_ms, users)


def trades(*prints: Trade) -> Trades:
    """Make an event of trades."""
    return Trades(prints[0].coin, prints)


@asynccontextmanager
async def open_desk(**options: float) -> AsyncIterator[Desk]:
    """Run a venue fed by hand, with these options."""
    desk = Desk(msgspec.convert(options, VenueOptions, strict=False))
    async with desk.venue.running():
        yield desk
