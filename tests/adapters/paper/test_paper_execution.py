"""
The paper client in a real TradingNode: what Nautilus's own sandbox gets wrong must come out right.

Goal: an order on paper ends as it would in a backtest. Method: quotes are pushed by hand through a
bare data client; a probe strategy sends the orders; the cache is the judge.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import (
    LiveDataClientConfig,
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.live.factories import LiveDataClientFactory
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.currencies import BTC, USDC
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide, OrderStatus, TimeInForce
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Price, Quantity
from nautilus_trader.model.orders import OrderList
from nautilus_trader.trading.strategy import Strategy

from adapters.paper import paper_exec_client_factory
from tests.waiting import eventually

INSTRUMENT = CryptoPerpetual(
    instrument_id=InstrumentId.from_str("BTC-USD-PERP.PAPERVENUE"),
    raw_symbol=Symbol("BTC"),
    base_currency=BTC,
    quote_currency=USDC,
    settlement_currency=USDC,
    is_inverse=False,
    price_precision=1,
    size_precision=5,
    price_increment=Price.from_str("0.1"),
    size_increment=Quantity.from_str("0.00001"),
    margin_init=Decimal("0.025"),
    margin_maint=Decimal("0.0125"),
    maker_fee=Decimal("0.00015"),
    taker_fee=Decimal("0.00045"),
    ts_event=0,
    ts_init=0,
)


class HandFedDataClient(LiveMarketDataClient):
    async def _connect(self) -> None:
        self._handle_data(INSTRUMENT)

    async def _disconnect(self) -> None:
        pass

    async def _subscribe_quote_ticks(self, command: object) -> None:
        pass

    async def _unsubscribe_quote_ticks(self, command: object) -> None:
        pass

    def push(self, bid: str, ask: str) -> None:
        now = self._clock.timestamp_ns()
        size = Quantity.from_str("5.00000")
        quote = QuoteTick(
            INSTRUMENT.id, Price.from_str(bid), Price.from_str(ask), size, size, now, now
        )
        self._handle_data(quote)


class HandFedFactory(LiveDataClientFactory):
    @staticmethod
    def create(
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: LiveDataClientConfig,  # noqa: ARG004 (Nautilus's signature)
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> HandFedDataClient:
        return HandFedDataClient(
            loop=loop,
            client_id=ClientId(name),
            venue=Venue(name),
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            instrument_provider=InstrumentProvider(),
        )


class Probe(Strategy):
    def on_start(self) -> None:
        self.subscribe_quote_ticks(INSTRUMENT.id)


class Paper:
    def __init__(self, node: TradingNode, probe: Probe) -> None:
        self.cache = node.cache
        self.probe = probe
        self._data = node.kernel.data_engine._clients[ClientId("PAPERVENUE")]

    async def quote(self, bid: str, ask: str) -> None:
        """Push a quote and wait until the node has it."""
        self._data.push(bid, ask)
        await eventually(
            lambda: (
                (q := self.cache.quote_tick(INSTRUMENT.id)) is not None
                and q.bid_price == Price.from_str(bid)
            )
        )


@asynccontextmanager
async def paper_node() -> AsyncIterator[Paper]:
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        exec_engine=LiveExecEngineConfig(graceful_shutdown_on_exception=True, reconciliation=False),
        data_clients={"PAPERVENUE": LiveDataClientConfig()},
        exec_clients={
            "PAPERVENUE": SandboxExecutionClientConfig(
                venue="PAPERVENUE", starting_balances=["10000 USDC"], default_leverage=Decimal(5)
            )
        },
        timeout_post_stop=0.01,
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_data_client_factory("PAPERVENUE", HandFedFactory)
    node.add_exec_client_factory("PAPERVENUE", paper_exec_client_factory(node.kernel.exec_engine))
    node.build()
    probe = Probe()
    node.trader.add_strategy(probe)
    running = asyncio.create_task(node.run_async())
    try:
        await eventually(lambda: node.trader.is_running)
        yield Paper(node, probe)
    finally:
        await node.stop_async()
        await running


@pytest.fixture
async def paper() -> AsyncIterator[Paper]:
    async with paper_node() as paper:
        await paper.quote("59999.0", "60000.0")
        yield paper


def market_bracket(probe: Probe) -> OrderList:
    return probe.order_factory.bracket(
        instrument_id=INSTRUMENT.id,
        order_side=OrderSide.BUY,
        quantity=Quantity.from_str("0.10000"),
        sl_trigger_price=Price.from_str("59000.0"),
        tp_price=Price.from_str("61000.0"),
    )


async def test_market_entry_bracket_leaves_its_stop_and_target_resting(paper: Paper) -> None:
    bracket = market_bracket(paper.probe)

    paper.probe.submit_order_list(bracket)

    entry, stop, target = bracket.orders
    await eventually(lambda: entry.status == OrderStatus.FILLED)
    await eventually(lambda: stop.is_open and target.is_open)


async def test_filled_target_cancels_its_stop(paper: Paper) -> None:
    bracket = market_bracket(paper.probe)
    paper.probe.submit_order_list(bracket)
    _, stop, target = bracket.orders
    await eventually(lambda: stop.is_open and target.is_open)

    await paper.quote("61001.0", "61002.0")

    await eventually(lambda: target.status == OrderStatus.FILLED)
    await eventually(lambda: stop.status == OrderStatus.CANCELED)
    assert paper.cache.positions_open() == []


async def test_immediate_or_cancel_order_that_does_not_match_is_canceled(paper: Paper) -> None:
    order = paper.probe.order_factory.limit(
        INSTRUMENT.id,
        OrderSide.BUY,
        Quantity.from_str("0.10000"),
        Price.from_str("50000.0"),
        time_in_force=TimeInForce.IOC,
    )

    paper.probe.submit_order(order)

    await eventually(lambda: order.status == OrderStatus.CANCELED)


async def test_batch_cancel_cancels_each_order(paper: Paper) -> None:
    orders = [
        paper.probe.order_factory.limit(
            INSTRUMENT.id, OrderSide.BUY, Quantity.from_str("0.10000"), Price.from_str(price)
        )
        for price in ("50000.0", "50001.0")
    ]
    for order in orders:
        paper.probe.submit_order(order)
    await eventually(lambda: all(order.is_open for order in orders))

    paper.probe.cancel_orders(orders)

    await eventually(lambda: all(o.status == OrderStatus.CANCELED for o in orders))


async def test_account_query_publishes_the_balance_and_the_node_lives_on(paper: Paper) -> None:
    account = paper.cache.account_for_venue(Venue("PAPERVENUE"))
    before = account.event_count

    paper.probe.query_account(account.id)

    await eventually(lambda: account.event_count > before)
    assert account.balance_total(Currency.from_str("USDC")).as_decimal() == Decimal(10_000)
    await paper.quote("59998.0", "59999.0")


async def test_taker_fee_is_charged_in_the_collateral(paper: Paper) -> None:
    order = paper.probe.order_factory.market(
        INSTRUMENT.id, OrderSide.BUY, Quantity.from_str("0.10000")
    )

    paper.probe.submit_order(order)

    await eventually(lambda: order.status == OrderStatus.FILLED)
    account = paper.cache.account_for_venue(Venue("PAPERVENUE"))
    expected = Decimal(10_000) - Decimal(60_000) * Decimal("0.1") * Decimal("0.00045")
    await eventually(lambda: account.balance_total(USDC).as_decimal() == expected)
