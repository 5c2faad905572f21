"""
One run of Nautilus's own DataTester over our Synthetix adapter, in a real node, on loopback.

What the tester was given and what the venue has told is kept here for others to judge.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.test_kit.strategies.tester_data import DataTesterConfig

from adapters.synthetix import (
    SYNTHETIX_VENUE,
    SynthetixDataClientConfig,
    SynthetixLiveDataClientFactory,
)
from desk.loop_clock import make_node
from simulator.generator import Generator
from simulator.synthetix import SynthetixVenue, VenueOptions
from tests.acceptance.ledgers import Ledger
from tests.acceptance.tester_run import EVERYTHING as EVERYTHING_OF_HYPERLIQUID
from tests.acceptance.tester_run import Witness
from tests.waiting import eventually

BTC = InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX")
SOL = InstrumentId.from_str("SOL-USDT-PERP.SYNTHETIX")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
SEED = 5
SPEED = 30.0
HISTORY_MINUTES = 600
DEADLINE_SECS = 60.0

EVERYTHING = msgspec.structs.replace(
    EVERYTHING_OF_HYPERLIQUID, instrument_ids=[BTC], bar_types=[BARS]
)
STATUS = DataTesterConfig(
    component_id="STATUS",
    instrument_ids=[SOL],
    subscribe_instrument_status=True,
    log_data=False,
)
ENOUGH = {
    "on_order_book_deltas": 10,
    "on_order_book_depth": 10,
    "on_order_book": 5,
    "on_quote_tick": 5,
    "on_trade_tick": 30,
    "on_mark_price": 3,
    "on_index_price": 3,
    "on_funding_rate": 1,
    "on_bar": 2,
}


class Run:
    """What one run of the testers left behind."""

    def __init__(self, venue: SynthetixVenue, ledger: Ledger, node: TradingNode) -> None:
        self.venue = venue
        self.ledger = ledger
        self.cache = node.cache
        self.client = node.kernel.data_engine.routing_map[SYNTHETIX_VENUE]
        self.tester = Witness(EVERYTHING)
        self.status = Witness(STATUS)
        self.refused: list[Any] = []
        """What the client held, at the end, of what the venue cannot serve."""
        self.late: dict[str, int] = {}
        """How much of each kind came after everything was unsubscribed."""

    def frames(self, method: str) -> list[dict[str, Any]]:
        """Return the params that reached the venue with this method, in order."""
        sent = [r.body for r in self.venue.received if r.kind == "ws"]
        return [body["params"] for body in sent if body["method"] == method]

    def is_complete(self) -> bool:
        """Tell whether everything subscribed has come, some of it more than once."""
        seen = self.tester.seen
        answered = not self.tester.has_pending_requests()
        return answered and all(len(seen[kind]) >= n for kind, n in ENOUGH.items())

    async def close_market(self) -> None:
        """Close SOL's market and wait until its tester knows."""
        statuses = self.status.seen["on_instrument_status"]
        await eventually(lambda: len(statuses) == 1, DEADLINE_SECS)
        self.venue.set_status("SOL-USDT", is_open=False)
        await eventually(lambda: len(statuses) > 1, DEADLINE_SECS)

    async def stop(self) -> None:
        """Stop the testers, which unsubscribe, and count what still comes."""
        self.refused = [
            *self.client.subscribed_instrument_close(),
            *self.client.subscribed_option_greeks(),
        ]
        for tester in (self.tester, self.status):
            tester.stop()
        held = len(self.frames("subscribe"))
        await eventually(lambda: len(self.frames("unsubscribe")) >= held, DEADLINE_SECS)
        await self._let_the_market_move()  # what was on its way has come
        before = {kind: len(self.tester.seen[kind]) for kind in ENOUGH}
        await self._let_the_market_move()
        self.late = {kind: len(self.tester.seen[kind]) - before[kind] for kind in ENOUGH}

    async def _let_the_market_move(self) -> None:
        told = len(self.ledger.trades("BTC"))
        await eventually(lambda: len(self.ledger.trades("BTC")) > told + 20, DEADLINE_SECS)


@asynccontextmanager
async def ran() -> AsyncIterator[Run]:
    """Run the testers on a venue until they have seen everything, and stop them."""
    now_ms = time.time_ns() // 1_000_000
    ledger = Ledger(Generator(SEED, now_ms, SPEED, HISTORY_MINUTES))
    options = VenueOptions(speed=SPEED, ip_tokens=0)
    async with SynthetixVenue(options, ledger).running() as venue:
        await eventually(lambda: len(ledger.trades("BTC")) > 10, DEADLINE_SECS)
        node = make_node(asyncio.get_running_loop(), _node_config(venue))
        node.add_data_client_factory("SYNTHETIX", SynthetixLiveDataClientFactory)
        node.build()
        run = Run(venue, ledger, node)
        node.trader.add_actors([run.tester, run.status])
        task = asyncio.create_task(node.run_async())
        try:
            await eventually(lambda: run.tester.is_running, DEADLINE_SECS)
            run.tester.subscribe_option_greeks(BTC)  # the one hook that the tester has no knob for
            await eventually(run.is_complete, DEADLINE_SECS)
            await run.close_market()
            await run.stop()
        finally:
            await node.stop_async()
            await task
        yield run


def _node_config(venue: SynthetixVenue) -> TradingNodeConfig:
    client = SynthetixDataClientConfig(
        base_url_http=venue.http_url,
        base_url_ws=venue.ws_url,
        status_interval_secs=0.2,
        # A tick of the venue takes seconds of its fast time, and prices are stamped at its end.
        bar_close_grace_ms=30_000,
        instrument_provider=InstrumentProviderConfig(load_all=True),
    )
    return TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        data_clients={"SYNTHETIX": client},
        timeout_connection=60.0,
        timeout_post_stop=0.01,
    )
