"""
A real node with our data and execution clients, or Nautilus's own, trading at a loopback venue.

Strategies are driven by the test; what the node believes and what the venue's ledger says are both
at hand, for the test to compare.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.cache.cache import Cache
from nautilus_trader.config import (
    ImportableControllerConfig,
    LiveDataClientConfig,
    LiveExecClientConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    StrategyConfig,
    TradingNodeConfig,
)
from nautilus_trader.core.message import Event
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.events import OrderEvent
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy

from desk.lookup import OrderLookup
from desk.loop_clock import make_node
from simulator.clock import Clock
from simulator.events import Source
from simulator.exchange.accounts import Account
from simulator.exchange.margin import AccountState
from simulator.exchange.model import OrderRequest, Side, Tif
from simulator.generator import Generator
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from simulator.synthetix import SynthetixVenue
from tests.acceptance.under_test import ADDRESS, BTC, OURS, Adapter
from tests.waiting import eventually
from webhook.client import Desk, SignalDataClientConfig, signal_client_factory
from webhook.inbox import Queue

ETH = InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
CASH = Decimal(100_000)


class Hand(Strategy):
    """A strategy that does nothing by itself; it keeps every event it hears of."""

    def __init__(self, config: StrategyConfig, instrument_ids: tuple[InstrumentId, ...]) -> None:
        super().__init__(config)
        self.instrument_ids = instrument_ids
        self.heard: list[Any] = []

    def on_start(self) -> None:
        """Want quotes, by which market orders are bounded."""
        for instrument_id in self.instrument_ids:
            self.subscribe_quote_ticks(instrument_id)

    def on_stop(self) -> None:
        """Leave everything as it is."""

    def on_event(self, event: Event) -> None:
        """Keep it."""
        self.heard.append(event)

    def events_of(self, order: Order) -> list[str]:
        """Return the names of an order's events after its initialization, in order."""
        wanted = [
            e
            for e in self.heard
            if isinstance(e, OrderEvent) and e.client_order_id == order.client_order_id
        ]
        return [type(event).__name__.removeprefix("Order") for event in wanted][1:]


class Run:
    """A running node on a venue."""

    def __init__(
        self,
        venue: HyperliquidVenue | SynthetixVenue,
        node: TradingNode,
        hand: Hand,
        settings: LiveExecClientConfig,
        account: str = ADDRESS,
    ) -> None:
        self.settings = settings
        self.account = account
        self.venue = venue
        self.node = node
        self.hand = hand

    @property
    def cache(self) -> Cache:
        """Return what the node believes."""
        return self.node.cache

    @property
    def ledger(self) -> Account:
        """Return the venue's account: cash, live orders, fills, history."""
        return self.venue.trading.exchange.account(self.account)

    @property
    def ledger_state(self) -> AccountState:
        """Return the venue's account as it is margined now."""
        return self.venue.trading.exchange.account_state(self.account)

    def instrument(self, instrument_id: InstrumentId = BTC) -> Instrument:
        """Return an instrument of the node."""
        return self.cache.instrument(instrument_id)

    def price(self, factor: float = 1.0, instrument_id: InstrumentId = BTC) -> Price:
        """Return a price at so many times the best bid, as the venue takes it."""
        bid = self.cache.quote_tick(instrument_id).bid_price
        whole = round(float(bid) * factor)
        return self.instrument(instrument_id).make_price(whole)

    async def settled(self, condition: Callable[[], object], timeout_secs: float = 5.0) -> None:
        """Wait until something is so."""
        await eventually(condition, timeout_secs=timeout_secs)


@asynccontextmanager
async def venue_of(
    *,
    source: Source | None = None,
    clock: Clock | None = None,
    **options: Any,  # noqa: ANN401 (those of VenueOptions)
) -> AsyncIterator[HyperliquidVenue]:
    """Run a venue with one funded account."""
    trading = options.pop("trading", TradingOptions(accounts=((ADDRESS, CASH),)))
    settings = VenueOptions(weight_per_minute=0, trading=trading, **options)
    start_ms = settings.start_ms or time.time_ns() // 1_000_000
    market = source or Generator(5, start_ms, settings.speed, 60)
    async with HyperliquidVenue(settings, market, clock).running() as venue:
        yield venue


@asynccontextmanager
async def node_on(
    venue: HyperliquidVenue | SynthetixVenue,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    instrument_ids: tuple[InstrumentId, ...] = (),
    strategy: Strategy | None = None,
    engine: LiveExecEngineConfig | None = None,
    controller: ImportableControllerConfig | None = None,
    start_secs: float = 20.0,
    adapter: Adapter = OURS,
    inbox: Queue | None = None,
    logging: LoggingConfig | None = None,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Run]:
    """
    Run a node on a venue until its strategy has started and quotes have come.

    With an `inbox` it takes alerts, and looks at the venue for orders of earlier processes.
    """
    wanted = instrument_ids or (adapter.instrument_id,)
    lookup = OrderLookup()
    alerts: dict[str, LiveDataClientConfig] = (
        {} if inbox is None else {"WEBHOOK": SignalDataClientConfig()}
    )
    async with adapter.build(venue, state, monkeypatch, **settings) as clients:
        node = make_node(
            asyncio.get_running_loop(),
            TradingNodeConfig(
                logging=logging or LoggingConfig(log_level="OFF"),
                data_clients=alerts | {adapter.client: clients.data},
                exec_clients={adapter.client: clients.execution},
                exec_engine=engine or LiveExecEngineConfig(reconciliation_startup_delay_secs=0.0),
                risk_engine=LiveRiskEngineConfig(bypass=True),
                controller=controller,
                timeout_connection=start_secs,
                timeout_post_stop=0.01,
            ),
        )
        node.add_data_client_factory(adapter.client, clients.data_factory)
        node.add_exec_client_factory(adapter.client, lookup.watching(clients.exec_factory))
        desk = Desk(find_order=lookup.find_order)
        node.add_data_client_factory("WEBHOOK", signal_client_factory(inbox, desk))
        node.build()
        hand = strategy or Hand(StrategyConfig(strategy_id="HAND", order_id_tag="001"), wanted)
        node.trader.add_strategy(hand)
        task = asyncio.create_task(node.run_async())
        try:
            await eventually(lambda: hand.is_running, timeout_secs=start_secs)
            await eventually(lambda: all(node.cache.quote_tick(i) for i in wanted))
            yield Run(venue, node, hand, clients.execution, adapter.account)
        finally:
            await node.stop_async()
            await task


@asynccontextmanager
async def trading(
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    venue: dict[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 (those of the execution client)
) -> AsyncIterator[Run]:
    """Run a node on a venue of its own."""
    async with (
        venue_of(**(venue or {})) as loopback,
        node_on(loopback, state, monkeypatch, **settings) as run,
    ):
        yield run


def place_elsewhere(run: Run, price: Price, size: str, tif: Tif) -> set[int]:
    """Buy for the account without the node; return the ids of what rests of it."""
    exchange, before = run.venue.trading.exchange, set(run.ledger.live)
    request = OrderRequest(0, Side.BUY, price.as_decimal(), Decimal(size), tif)
    reply = exchange.place(run.account, [request], run.venue.clock.now_ms())
    run.venue.trading.tell(reply.events)
    return set(run.ledger.live) - before
