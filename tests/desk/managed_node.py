"""A running paper node with strategies of a profile under a manager, quoted by hand."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.config import (
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from adapters.paper import paper_exec_client_factory
from config.loading import parse_profile
from config.settings import Profile
from desk.journal import Journal, JournalConfig, Line
from desk.loop_clock import make_node
from desk.managed import managed
from desk.manager import StrategyManager, name_of
from desk.manager_state import KeptStates, states_place
from desk.running_desk import RunningDesk
from desk.strategies import strategy_configs
from desk.tally import Tally
from monitor.desk import Action, Command
from monitor.metrics import Metrics
from strategies.signals import Action as Wish
from strategies.signals import Signal
from tests.waiting import eventually
from webhook.client import Desk, SignalDataClientConfig, signal_client_factory

# One each for ours and theirs: Nautilus's simulated exchange holds a reduce-only order against that
# position in the instrument which it finds first, whosever it is.
PERP: CryptoPerpetual = TestInstrumentProvider.btcusdt_perp_binance()
OTHER: CryptoPerpetual = TestInstrumentProvider.ethusdt_perp_binance()
PROFILE = """
environment = "paper"
trader_id = "TESTER-001"
[venues.binance]
network = "mainnet"
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTCUSDT-PERP.BINANCE"
sizing = { kind = "fixed", size = "0.2" }
stop = { kind = "percent", percent = "2" }
[[strategies]]
id = "foreign"
strategy = "tests.desk.strategies_by_hand:Foreign"
[strategies.parameters]
instrument_id = "ETHUSDT-PERP.BINANCE"
[[strategies]]
id = "other"
strategy = "tests.desk.strategies_by_hand:Changeable"
[strategies.parameters]
instrument_id = "ETHUSDT-PERP.BINANCE"
"""


def profile_in(folder: Path, text: str = PROFILE) -> Profile:
    return parse_profile(f'runs = "{folder}"\n{text}'.encode(), "mine.toml")


class Managed:
    """The node, its manager, and how the test moves the market."""

    def __init__(self, profile: Profile, node: TradingNode, states: KeptStates) -> None:
        self.node = node
        self.states = states
        self.manager = StrategyManager(profile, node.trader, states)
        self.lines: list[Line] = []
        journal = self.journal = Journal(
            JournalConfig(venues=frozenset({"BINANCE"})),
            node.trader.strategies(),
            self.lines.append,
        )
        node.trader.add_actor(journal)
        self.halted: str | None = None
        self.metrics = Metrics(lambda: self.shown.picture())  # noqa: PLW0108  made below
        tally = Tally(self.metrics, node.cache.order)
        tally.listen(node.trader)
        self.shown = RunningDesk(
            profile, node, self.manager, journal, tally, None, lambda: self.halted
        )
        self._keys = map(str, itertools.count())

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  the strategies' own members are used
        return next(s for s in self.manager.strategies if name_of(s) == name)

    def tell(self, name: str, action: Action, **parameters: object) -> str:
        return self.manager.carry_out(Command(strategy=name, action=action, parameters=parameters))

    def signal(self, wish: Wish) -> None:
        now = self.node.kernel.clock.timestamp_ns()
        self["alerts"].on_data(
            Signal(
                source="test",
                key=next(self._keys),
                strategy="alerts",
                instrument_id=PERP.id,
                action=wish,
                ts_event=now,
                ts_init=now,
            )
        )

    async def quote(self, price: float) -> None:
        """Quote both instruments at a price, and wait until it is known."""
        now = self.node.kernel.clock.timestamp_ns()
        for perp in (PERP, OTHER):
            bid, size = perp.make_price(price), perp.make_qty(100)
            ask = perp.make_price(price + 1)
            tick = QuoteTick(perp.id, bid, ask, size, size, now, now)
            self.node.kernel.msgbus.send("DataEngine.process", tick)
        await eventually(lambda: self._is_known(now))

    def _is_known(self, ts: int) -> bool:
        # Not the ticks themselves: comparing two of them aborts the process in this release.
        last = self.node.cache.quote_tick(OTHER.id)
        return last is not None and last.ts_init == ts

    def position(self, name: str) -> Decimal:
        held = self.node.cache.positions_open(strategy_id=self[name].id)
        return sum((each.signed_decimal_qty() for each in held), Decimal(0))

    def working(self, name: str, kind: OrderType) -> list[Order]:
        orders = self.node.cache.orders_open(strategy_id=self[name].id)
        return [order for order in orders if order.order_type == kind]


@asynccontextmanager
async def managed_node(
    folder: Path, *, raises_in: str = "", text: str = PROFILE
) -> AsyncIterator[Managed]:
    """Run a node on the profile until its strategies run and there is a price."""
    profile = profile_in(folder, text)
    config = TradingNodeConfig(
        trader_id=profile.trader_id,
        logging=LoggingConfig(log_level="OFF"),
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        exec_engine=LiveExecEngineConfig(reconciliation=False, graceful_shutdown_on_exception=True),
        data_clients={"WEBHOOK": SignalDataClientConfig()},
        exec_clients={
            "BINANCE": SandboxExecutionClientConfig(
                venue="BINANCE",
                starting_balances=["1000000 USDT"],
                account_type="MARGIN",
                oms_type="NETTING",
            )
        },
        timeout_connection=2.0,
        timeout_disconnection=3.0,
        timeout_post_stop=0.1,
    )
    node = make_node(asyncio.get_running_loop(), config)
    node.add_data_client_factory("WEBHOOK", signal_client_factory(None, Desk()))
    node.add_exec_client_factory("BINANCE", paper_exec_client_factory(node.kernel.exec_engine))
    node.cache.add_instrument(PERP)
    node.cache.add_instrument(OTHER)
    states = KeptStates(states_place(profile))
    for strategy_type, settings in strategy_configs(states.applied_to(profile)):
        node.trader.add_strategy(managed(strategy_type)(settings))
    node.build()
    made = Managed(profile, node, states)
    made["foreign"].raises_in = raises_in
    running = asyncio.create_task(node.run_async())
    try:
        await eventually(lambda: node.trader.is_running)
        await made.quote(50_000)
        yield made
    finally:
        await node.stop_async()
        await running
