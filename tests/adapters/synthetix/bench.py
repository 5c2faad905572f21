"""A data client on a loopback Synthetix, with everything it emits and answers kept for the test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.data.messages import DataResponse
from nautilus_trader.model.identifiers import TraderId

from adapters.synthetix import (
    SynthetixDataClient,
    SynthetixDataClientConfig,
    SynthetixInstrumentProvider,
)
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from simulator.synthetix import SynthetixVenue, VenueOptions


async def eventually[T](condition: Callable[[], T], timeout_secs: float = 20.0) -> T:
    """Return what `condition` gives once it is true; raise TimeoutError when it never is."""
    async with asyncio.timeout(timeout_secs):
        while not (value := condition()):
            await asyncio.sleep(0.005)
    return value


class Bench:
    """
    A connected client, its venue, and what came out of it.

    `data` is everything emitted, oldest first; a test may clear it.
    """

    def __init__(self, client: SynthetixDataClient, venue: SynthetixVenue) -> None:
        self.client = client
        self.venue = venue
        self.data: list[Any] = []
        self._answers: asyncio.Queue[DataResponse] = asyncio.Queue()

    def listen(self, msgbus: MessageBus) -> None:
        """Stand in for the data engine on the message bus."""
        msgbus.register(endpoint="DataEngine.process", handler=self.data.append)
        msgbus.register(endpoint="DataEngine.response", handler=self._answers.put_nowait)

    def of[T](self, kind: type[T]) -> list[T]:
        """Return what was emitted of one kind, oldest first."""
        return [item for item in self.data if isinstance(item, kind)]

    def frames(self, method: str, **fields: object) -> list[dict[str, Any]]:
        """Return the params of frames that reached the venue, with these fields."""
        sent = [r.body for r in self.venue.received if r.kind == "ws" and isinstance(r.body, dict)]
        wanted = [body["params"] for body in sent if body.get("method") == method]
        return [one for one in wanted if fields.items() <= one.items()]

    async def answer(self) -> DataResponse:
        """Return the next answer to a request; raise TimeoutError when none comes."""
        async with asyncio.timeout(20):
            return await self._answers.get()


@asynccontextmanager
async def client_of(venue: SynthetixVenue, **settings: object) -> AsyncIterator[Bench]:
    """Begin to connect a client to a venue; disconnect it at the end."""
    clock = LiveClock()
    msgbus = MessageBus(trader_id=TraderId("TESTER-000"), clock=clock)
    config = SynthetixDataClientConfig(
        base_url_http=venue.http_url,
        base_url_ws=venue.ws_url,
        instrument_provider=InstrumentProviderConfig(load_all=True),
        **settings,
    )
    # A budget of its own: the factory's is shared by address and would make tests wait.
    http = SynthetixHttpClient(
        config.http_url, address_governor(), max_attempts=config.http_max_attempts
    )
    provider = SynthetixInstrumentProvider(http, clock, config=config.instrument_provider)
    client = SynthetixDataClient(
        asyncio.get_running_loop(), http, msgbus, Cache(), clock, provider, config, "SYNTHETIX"
    )
    bench = Bench(client, venue)
    bench.listen(msgbus)
    client.connect()
    try:
        yield bench
    finally:
        client.disconnect()
        await eventually(lambda: not client.is_connected)


@asynccontextmanager
async def connected(options: VenueOptions, **settings: object) -> AsyncIterator[Bench]:
    """Run a venue with one connected client on it."""
    async with SynthetixVenue(options).running() as venue, client_of(venue, **settings) as bench:
        await eventually(lambda: bench.client.is_connected)
        yield bench
