"""A Synthetix venue fed by hand and its plain clients, HTTP and WebSocket, for these tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import requests
from websockets.asyncio.client import ClientConnection, connect

from simulator.clock import ManualClock
from simulator.events import Event, ManualMarket
from simulator.fault_rules import AnyRule
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_seam import NoTrading, TradingHalf
from simulator.universe import Universe, perp_entry, perp_meta, spot_token
from simulator.wire import Level
from tests.simulator.venues import DEADLINE_SECS, START_MS

BTC = "BTC-USDT"


class Client:
    """A WebSocket client that reads frames as JSON, each within a deadline."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self._id = 0

    async def send(self, frame: object) -> None:
        await self.line.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Send a request and return the next frame, which is its reply unless a fault is on."""
        self._id += 1
        await self.send({"id": str(self._id), "method": method, "params": params})
        return await self.frame()

    async def subscribe(self, kind: str, **params: object) -> dict[str, Any]:
        return await self.call("subscribe", type=kind, **params)

    async def frame(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECS):
            frame: dict[str, Any] = json.loads(await self.line.recv())
            return frame

    async def settled(self) -> list[dict[str, Any]]:
        """Return every frame that was on its way, by a ping behind them."""
        await self.send({"id": "settled", "method": "ping"})
        frames = [await self.frame()]
        while frames[-1].get("id") != "settled":
            frames.append(await self.frame())
        return frames[:-1]


class Floor:
    """A venue fed by hand, its clock and its market."""

    def __init__(
        self, options: VenueOptions | None = None, trading: TradingHalf | None = None
    ) -> None:
        perps = [perp_entry("BTC", 5, 100), perp_entry("ETH", 4, 25), perp_entry("WTI", 2, 10)]
        spot = {"universe": [], "tokens": [spot_token(0, "USDC", 8, 8)]}
        self.market = ManualMarket(Universe([perp_meta(perps)], [None], spot), START_MS)
        self.clock = ManualClock(START_MS)
        half = trading or NoTrading()
        self.venue = SynthetixVenue(
            options or VenueOptions(), self.market, self.clock, lambda _market, _ms: half
        )

    @asynccontextmanager
    async def client(self, side: str = "info") -> AsyncIterator[Client]:
        async with connect(f"{self.venue.ws_url}/{side}") as line:
            yield Client(line)

    async def request(
        self, path: str, body: object = None, method: str = "POST", **headers: str
    ) -> requests.Response:
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        return await asyncio.to_thread(
            requests.request,
            method,
            f"{self.venue.http_url}{path}",
            data=data,
            headers={"Content-Type": "application/json", **headers},
            timeout=DEADLINE_SECS,
        )

    async def ask(self, action: str, **params: object) -> requests.Response:
        return await self.request("/info", {"params": {"action": action, **params}})

    async def info(self, action: str, **params: object) -> Any:  # noqa: ANN401  (any JSON)
        response = await self.ask(action, **params)
        assert response.status_code == 200, response.text
        return response.json()["response"]

    def at(self, elapsed_ms: int, *events: Event) -> None:
        """Move the venue to a time after its start with these events, and let it take them in."""
        self.clock.set(START_MS + elapsed_ms)
        self.market.push(*events)
        self.venue.advance()


def levels(*pairs: tuple[str, str]) -> tuple[Level, ...]:
    """Make the levels of a side from prices and sizes."""
    return tuple(Level(price, size, 1) for price, size in pairs)


@asynccontextmanager
async def open_floor(
    options: VenueOptions | None = None, trading: TradingHalf | None = None
) -> AsyncIterator[Floor]:
    """Run a venue fed by hand."""
    floor = Floor(options, trading)
    async with floor.venue.running():
        yield floor


def speaking(**dialect: object) -> VenueOptions:
    """Return the options of a venue that speaks in this way."""
    return VenueOptions(dialect=Dialect(**dialect))  # type: ignore[arg-type]


def fail(floor: Floor, *rules: AnyRule) -> None:
    """Put rules of faults in force."""
    for rule in rules:
        floor.venue.faults.add(rule)
