"""A run ends when the venue has settled what its strategies sent, and says what it has not."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import (
    LiveExecClientConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.execution.messages import CancelOrder, QueryAccount, SubmitOrder
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.live.factories import LiveExecClientFactory
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import AccountType, LiquiditySide, OmsType, OrderSide
from nautilus_trader.model.identifiers import AccountId, ClientId, TradeId, Venue, VenueOrderId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import AccountBalance, Money, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from config.settings import StopSettings
from desk.ending import end_trading
from desk.loop_clock import make_node
from tests.waiting import eventually

PERP: CryptoPerpetual = TestInstrumentProvider.btcusdt_perp_binance()
ONE = Quantity(1, 3)


class VenueByHand(LiveExecutionClient):
    """A venue where nothing happens until the test says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop, **node: object) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId("BINANCE"),
            venue=Venue("BINANCE"),
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=None,
            instrument_provider=InstrumentProvider(),
            **node,
        )
        self._set_account_id(AccountId("BINANCE-001"))
        self.orders: list[Order] = []
        self.canceled: list[Order] = []
        self.balances = [100]  # what the next questions are answered with, the last one repeated
        self.questions = 0
        self.is_summed_first = False  # by Nautilus, as after a late fill, before the answer comes

    async def _connect(self) -> None:
        self._tell_balance()

    async def _disconnect(self) -> None:
        pass

    async def _submit_order(self, command: SubmitOrder) -> None:
        self.orders.append(command.order)
        self.generate_order_submitted(*self._names(command.order), self._clock.timestamp_ns())

    async def _cancel_order(self, command: CancelOrder) -> None:
        self.canceled.append(self._cache.order(command.client_order_id))

    async def _query_account(self, command: QueryAccount) -> None:
        del command
        self.questions += 1
        if self.is_summed_first:
            self._tell_balance(reported=False)
            await asyncio.sleep(0.05)
        if len(self.balances) > 1:
            del self.balances[0]
        self._tell_balance()

    def accept(self, order: Order) -> None:
        self.generate_order_accepted(
            *self._names(order), VenueOrderId(f"v{order.client_order_id}"), 1
        )

    def cancel(self, order: Order) -> None:
        self.generate_order_canceled(
            *self._names(order), VenueOrderId(f"v{order.client_order_id}"), 1
        )

    def fill(self, order: Order, quantity: Quantity = ONE) -> None:
        self.generate_order_filled(
            *self._names(order),
            VenueOrderId(f"v{order.client_order_id}"),
            None,
            TradeId(f"t{order.client_order_id}"),
            order.side,
            order.order_type,
            quantity,
            PERP.make_price(50_000),
            USDT,
            Money(1, USDT),
            LiquiditySide.TAKER,
            1,
        )

    def _names(self, order: Order) -> tuple[Any, Any, Any]:
        return order.strategy_id, order.instrument_id, order.client_order_id

    def _tell_balance(self, *, reported: bool = True) -> None:
        total = Money(self.balances[0], USDT)
        balance = AccountBalance(total, Money(0, USDT), total)
        self.generate_account_state([balance], [], reported=reported, ts_event=1)


class Factory(LiveExecClientFactory):
    @staticmethod
    def create(  # type: ignore[override]
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: LiveExecClientConfig,
        **node: object,
    ) -> VenueByHand:
        del name, config
        return VenueByHand(loop, **node)


class Holder(Strategy):
    """Closes its position when it stops, as it is told."""

    closes = True

    def on_stop(self) -> None:
        if self.closes:
            self.close_all_positions(PERP.id, reduce_only=True)

    def buy(self) -> None:
        self.submit_order(self.order_factory.market(PERP.id, OrderSide.BUY, ONE))

    def rest(self, *, reduce_only: bool) -> None:
        price = PERP.make_price(60_000)
        sell = OrderSide.SELL
        self.submit_order(
            self.order_factory.limit(PERP.id, sell, ONE, price, reduce_only=reduce_only)
        )


class Setup:
    """A running node whose strategy is long 1."""

    def __init__(self, node: TradingNode, holder: Holder, venue: VenueByHand) -> None:
        self.node = node
        self.holder = holder
        self.venue = venue

    async def order(self, number: int) -> Order:
        """Return the order of a number, from 0 on, once the venue has it and has said so."""
        await eventually(lambda: len(self.venue.orders) > number)
        order = self.venue.orders[number]
        await eventually(lambda: order.is_inflight)
        return order

    def end(self, timeout_secs: float = 5.0, *, close: bool = True) -> asyncio.Task[list[str]]:
        self.holder.closes = close
        settings = StopSettings(close_positions=close)
        return asyncio.create_task(end_trading(self.node, settings, timeout_secs))


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    config = TradingNodeConfig(
        trader_id="TESTER-001",
        logging=LoggingConfig(log_level="OFF"),
        exec_clients={"BINANCE": LiveExecClientConfig()},
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        risk_engine=LiveRiskEngineConfig(bypass=True),
        timeout_disconnection=1.0,
        timeout_post_stop=0.1,
    )
    node = make_node(asyncio.get_running_loop(), config)
    node.add_exec_client_factory("BINANCE", Factory)
    node.cache.add_instrument(PERP)
    holder = Holder()
    node.trader.add_strategy(holder)
    node.build()
    running = asyncio.create_task(node.run_async())
    await eventually(lambda: node.trader.is_running)
    (client,) = node.kernel.exec_engine._clients.values()
    made = Setup(node, holder, client)
    holder.buy()
    client.accept(await made.order(0))
    client.fill(client.orders[0])
    await eventually(node.cache.positions_open)
    yield made
    await node.stop_async()
    await running


async def test_the_end_waits_for_the_closing_fill(setup: Setup) -> None:
    ending = setup.end()
    closing = await setup.order(1)
    setup.venue.accept(closing)
    # Accepted is not filled: neither is the run over nor is a second order wanted.
    with pytest.raises(TimeoutError):
        await eventually(lambda: ending.done() or len(setup.venue.orders) > 2, timeout_secs=0.2)

    setup.venue.fill(closing)

    assert await ending == []
    assert not setup.node.cache.positions_open()
    assert len(setup.venue.orders) == 2


async def test_what_found_no_match_is_closed_again(setup: Setup) -> None:
    ending = setup.end()
    closing = await setup.order(1)
    setup.venue.accept(closing)
    setup.venue.fill(closing, Quantity(0.4, 3))
    setup.venue.cancel(closing)

    again = await setup.order(2)
    assert (again.quantity.as_decimal(), again.is_reduce_only) == (Decimal("0.6"), True)
    setup.venue.accept(again)
    setup.venue.fill(again, again.quantity)

    assert await ending == []
    assert not setup.node.cache.positions_open()


async def test_an_order_that_came_to_rest_is_canceled(setup: Setup) -> None:
    setup.holder.rest(reduce_only=False)
    resting = await setup.order(1)
    setup.venue.accept(resting)
    await eventually(lambda: resting.is_open)

    ending = setup.end(close=False)
    await eventually(lambda: setup.venue.canceled == [resting])
    setup.venue.cancel(resting)

    assert await ending == []


async def test_a_position_that_stays_keeps_its_protection(setup: Setup) -> None:
    setup.holder.rest(reduce_only=True)
    resting = await setup.order(1)
    setup.venue.accept(resting)
    await eventually(lambda: resting.is_open)

    assert await setup.end(close=False) == []

    assert setup.venue.canceled == []
    assert resting.is_open
    assert setup.node.cache.positions_open()


async def test_what_is_left_after_the_deadline_is_said(setup: Setup) -> None:
    ending = setup.end(timeout_secs=0.3)
    await setup.order(1)

    assert await ending == [
        "long 1.000 BTCUSDT-PERP",
        "sell 1.000 BTCUSDT-PERP market (SUBMITTED)",
    ]


@pytest.mark.parametrize("is_summed_first", [False, True])
async def test_balances_are_asked_for_until_an_answer_repeats(
    setup: Setup, is_summed_first: bool
) -> None:
    setup.venue.balances = [100, 90, 80]
    setup.venue.is_summed_first = is_summed_first

    await setup.end(close=False)

    assert setup.venue.questions == 3
    account = setup.node.cache.account(AccountId("BINANCE-001"))
    assert account.balance_total(USDT) == Money(80, USDT)


async def test_a_node_that_does_not_trade_has_nothing_to_end(setup: Setup) -> None:
    setup.holder.closes = False
    await setup.node.stop_async()

    assert await setup.end() == []

    assert len(setup.venue.orders) == 1
