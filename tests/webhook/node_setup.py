"""A running node with a paper venue, an AlertStrategy and an inbox, quoted by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.factory import SandboxLiveExecClientFactory
from nautilus_trader.config import LoggingConfig, TradingNodeConfig
from nautilus_trader.core.data import Data
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import ClientId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from desk.loop_clock import make_node
from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.alert_warning import AlertWarning, warning_data_type
from strategies.protection import PercentDistance
from strategies.signals import DECISIONS, Decision, Reason, Signal
from strategies.sizing import FixedSize
from tests.waiting import eventually
from webhook.alerts import Alert
from webhook.client import Desk, SignalDataClientConfig, signal_client_factory
from webhook.inbox import Inbox

PERP: CryptoPerpetual = TestInstrumentProvider.btcusdt_perp_binance()
TTL_NS = 30_000_000_000


class Trading(AlertStrategy):
    """An AlertStrategy that keeps what it hears, and that can be told to fail or to be deaf."""

    def __init__(self, config: AlertStrategyConfig) -> None:
        super().__init__(config)
        self.signals: list[Signal] = []
        self.warnings: list[AlertWarning] = []
        self.decisions: list[Decision] = []
        self.is_deaf = False

    def on_start(self) -> None:
        super().on_start()
        self.msgbus.subscribe(DECISIONS, self.decisions.append)
        self.subscribe_data(warning_data_type(self.config.name), client_id=ClientId("WEBHOOK"))

    def on_data(self, data: Data) -> None:
        if isinstance(data, AlertWarning):
            self.warnings.append(data)
            return
        assert isinstance(data, Signal)
        self.signals.append(data)
        if not self.is_deaf:
            super().on_data(data)

    def _target(self, wanted: Signal) -> Decimal | Reason:
        if wanted.reason == "boom":
            raise RuntimeError(wanted.reason)
        return super()._target(wanted)

    def quote(self, price: float) -> None:
        now = self.clock.timestamp_ns()
        sizes = [Quantity(100, 3)] * 2
        tick = QuoteTick(PERP.id, Price(price, 1), Price(price + 0.1, 1), *sizes, now, now)
        self.msgbus.send("DataEngine.process", tick)


class Setup:
    """The running node and what stands around it."""

    def __init__(self, node: TradingNode, strategy: Trading, inbox: Inbox) -> None:
        self.node = node
        self.strategy = strategy
        self.inbox = inbox

    async def put(self, alert: Alert, *, ttl_ns: int = TTL_NS) -> None:
        """Post an alert."""
        now = self.node.kernel.clock.timestamp_ns()
        await self.inbox.put(alert, now, now + ttl_ns)

    def orders(self, kind: OrderType = OrderType.MARKET) -> list[Order]:
        """Return the orders of a kind, oldest first."""
        found = [order for order in self.node.cache.orders() if order.order_type == kind]
        return sorted(found, key=lambda order: order.ts_init)


@asynccontextmanager
async def running_node(
    inbox: Inbox,
    *,
    desk: Desk | None = None,
    make: Callable[[AlertStrategyConfig], Trading] = Trading,
    **settings: Any,  # noqa: ANN401  those of the strategy
) -> AsyncIterator[Setup]:
    """Run a node until its strategy listens and has a price."""
    config = TradingNodeConfig(
        trader_id="TESTER-001",
        logging=LoggingConfig(log_level="OFF"),
        data_clients={"WEBHOOK": SignalDataClientConfig()},
        exec_clients={
            "BINANCE": SandboxExecutionClientConfig(
                venue="BINANCE",
                starting_balances=["100000 USDT"],
                account_type="MARGIN",
                oms_type="NETTING",
            )
        },
        timeout_connection=2.0,
        timeout_disconnection=3.0,
        timeout_post_stop=0.1,
    )
    node = make_node(asyncio.get_running_loop(), config)
    node.add_data_client_factory("WEBHOOK", signal_client_factory(inbox, desk or Desk()))
    node.add_exec_client_factory("BINANCE", SandboxLiveExecClientFactory)
    node.cache.add_instrument(PERP)
    strategy = make(
        AlertStrategyConfig(
            instrument_id=PERP.id,
            name="alerts",
            sizing=FixedSize(Decimal("0.2")),
            stop=PercentDistance(Decimal(2)),
            take_profit=PercentDistance(Decimal(4)),
            **({"close_positions_on_stop": True} | settings),
        )
    )
    node.trader.add_strategy(strategy)
    node.build()
    running = asyncio.create_task(node.run_async())
    try:
        await eventually(lambda: strategy.is_running)
        strategy.quote(50_000)
        await eventually(lambda: node.cache.quote_tick(PERP.id) is not None)
        yield Setup(node, strategy, inbox)
    finally:
        await node.stop_async()
        await running
