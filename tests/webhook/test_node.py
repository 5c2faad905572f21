"""The whole way in one process: HTTP alert, data client, strategy, sandbox fill, resting stop."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import aiohttp
import pytest
from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.factory import SandboxLiveExecClientFactory
from nautilus_trader.config import LoggingConfig, TradingNodeConfig
from nautilus_trader.core.data import Data
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from strategies.alert_strategy import AlertStrategy, AlertStrategyConfig
from strategies.protection import PercentDistance
from strategies.signals import Action, Signal
from strategies.sizing import FixedSize
from webhook.app import create_app
from webhook.client import SignalDataClientConfig, signal_client_factory
from webhook.inbox import MemoryInbox
from webhook.server import ListenError, serving

SECRET = "canary-8f3a51"
PERP: CryptoPerpetual = TestInstrumentProvider.btcusdt_perp_binance()

type PostAlert = Callable[..., Awaitable[tuple[int, dict[str, object]]]]


class Desk(AlertStrategy):
    """An AlertStrategy whose market is quoted by hand, and that can be told to fail."""

    def on_data(self, data: Data) -> None:
        assert isinstance(data, Signal)
        super().on_data(data)

    def _target(self, wanted: Signal) -> Decimal | None:
        if wanted.reason == "boom":
            raise RuntimeError(wanted.reason)
        return super()._target(wanted)

    def quote(self, price: float) -> None:
        now = self.clock.timestamp_ns()
        tick = QuoteTick(
            PERP.id, Price(price, 1), Price(price + 0.1, 1), *[Quantity(100, 3)] * 2, now, now
        )
        self.msgbus.send("DataEngine.process", tick)


class Setup:
    """A running node with its webhook."""

    def __init__(self, node: TradingNode, desk: Desk, post: PostAlert) -> None:
        self.node = node
        self.desk = desk
        self.post = post

    def orders(self, kind: OrderType) -> list[Order]:
        found = [order for order in self.node.cache.orders() if order.order_type == kind]
        return sorted(found, key=lambda order: order.ts_init)


async def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds; fail with its name after five seconds."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"never came true: {what}")


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    inbox = MemoryInbox()
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
        timeout_disconnection=1.0,
        timeout_post_stop=0.1,
    )
    node = TradingNode(config, loop=asyncio.get_running_loop())
    node.add_data_client_factory("WEBHOOK", signal_client_factory(inbox))
    node.add_exec_client_factory("BINANCE", SandboxLiveExecClientFactory)
    node.cache.add_instrument(PERP)
    desk = Desk(
        AlertStrategyConfig(
            instrument_id=PERP.id,
            name="alerts",
            sizing=FixedSize(Decimal("0.2")),
            stop=PercentDistance(Decimal(2)),
            take_profit=PercentDistance(Decimal(4)),
            close_positions_on_stop=True,
        )
    )
    node.trader.add_strategy(desk)
    node.build()
    running = asyncio.create_task(node.run_async())
    app = create_app(inbox, SECRET, tickers={"BTCUSDT.P": PERP.id})
    async with serving(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as session:

        async def post(**fields: object) -> tuple[int, dict[str, object]]:
            body = {"strategy": "alerts", "ticker": "BTCUSDT.P", "secret": SECRET} | fields
            async with session.post(f"{url}/webhook/tradingview", json=body) as response:
                return response.status, await response.json()

        await eventually(lambda: list(inbox.status().listening) == ["alerts"], "listening")
        desk.quote(50_000)
        await eventually(lambda: node.cache.quote_tick(PERP.id) is not None, "a quote")
        yield Setup(node, desk, post)
        await node.stop_async()
        await running


async def test_an_alert_becomes_a_protected_position_and_ends_again(setup: Setup) -> None:
    status, answer = await setup.post(action="buy", id="1")
    assert (status, answer["code"]) == (200, "accepted")
    resting = [OrderType.STOP_MARKET, OrderType.LIMIT]
    await eventually(
        lambda: (
            [[o.status for o in setup.orders(kind)] for kind in resting]
            == [[OrderStatus.ACCEPTED]] * 2
        ),
        "stop and take-profit rest",
    )
    assert setup.desk.status().position == Decimal("0.2")
    (entry,) = setup.orders(OrderType.MARKET)
    assert entry.tags == ["alerts:1"]
    (stop,) = setup.orders(OrderType.STOP_MARKET)
    assert stop.side == OrderSide.SELL
    assert stop.trigger_price.as_decimal() == Decimal("49000.1")

    assert (await setup.post(action="buy", id="1"))[1]["code"] == "duplicate"
    await setup.post(action="target", position=-0.1, id="2")
    await eventually(lambda: setup.desk.status().position == Decimal("-0.1"), "short")
    await eventually(
        lambda: (
            [o.status for o in setup.orders(OrderType.STOP_MARKET)]
            == [OrderStatus.CANCELED, OrderStatus.ACCEPTED]
        ),
        "the stop changed sides",
    )
    await setup.post(action="close", id="3")
    await eventually(lambda: setup.desk.status().position == 0, "flat")
    await eventually(lambda: not setup.node.cache.orders_open(), "nothing rests")
    assert len(setup.orders(OrderType.MARKET)) == 3


async def test_a_move_counts_the_orders_under_way(setup: Setup) -> None:
    for key in ("a", "b"):
        now = setup.desk.clock.timestamp_ns()
        setup.desk.on_data(
            Signal(
                source="test",
                key=key,
                strategy="alerts",
                instrument_id=PERP.id,
                action=Action.TARGET,
                quantity=Decimal("0.4"),
                ts_event=now,
                ts_init=now,
            )
        )
    assert setup.desk.status().position == 0
    assert len(setup.orders(OrderType.MARKET)) == 1
    await eventually(lambda: setup.desk.status().position == Decimal("0.4"), "long")


async def test_the_stop_fills_in_the_sandbox(setup: Setup) -> None:
    await setup.post(action="buy", id="1")
    await eventually(lambda: len(setup.node.cache.orders_open()) == 2, "protection rests")
    setup.desk.quote(48_900)
    await eventually(lambda: setup.desk.status().position == 0, "stopped out")
    await eventually(lambda: not setup.node.cache.orders_open(), "the take-profit is gone")


async def test_a_handler_that_raises_leaves_the_node_running(setup: Setup) -> None:
    await setup.post(action="buy", id="1")
    await eventually(lambda: len(setup.node.cache.orders_open()) == 2, "protection rests")
    await setup.post(action="buy", id="2", comment="boom")
    await eventually(lambda: setup.desk.status().degraded is not None, "degraded")
    await setup.post(action="buy", id="3")
    await eventually(lambda: "degraded" in (setup.desk.status().last_refusal or ""), "refused")
    assert setup.desk.status().position == Decimal("0.2")
    assert len(setup.node.cache.orders_open()) == 2
    await setup.post(action="close", id="4")
    await eventually(lambda: setup.desk.status().position == 0, "flat")


async def test_an_alert_for_nobody_is_refused(setup: Setup) -> None:
    status, answer = await setup.post(action="buy", id="1", strategy="typo")
    assert status == 422
    assert answer["message"] == "strategy: expected one that is listening (alerts), was 'typo'"
    setup.desk.stop()
    await eventually(lambda: not setup.desk.is_running, "stopped")
    assert (await setup.post(action="buy", id="1"))[0] == 503


async def test_a_port_in_use_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"Expected to listen on 127.0.0.1:{port}, but"):
            async with serving(create_app(MemoryInbox(), SECRET), "127.0.0.1", port):
                pass


async def test_the_server_leaves_signals_alone_and_frees_its_port() -> None:
    before = signal.getsignal(signal.SIGINT)
    async with serving(create_app(MemoryInbox(), SECRET), "127.0.0.1", 0) as url:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as response:
            assert response.status == 503
            assert json.loads(await response.read())["status"] == "not connected"
        assert signal.getsignal(signal.SIGINT) is before
    port = int(url.rpartition(":")[2])
    socket.create_server(("127.0.0.1", port)).close()


async def test_a_body_over_the_limit_is_answered_while_it_is_sent() -> None:
    async with (
        serving(create_app(MemoryInbox(), SECRET), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/webhook/tradingview", json={"comment": "x" * 50_000}) as response,
    ):
        assert response.status == 413
        assert SECRET not in await response.text()
