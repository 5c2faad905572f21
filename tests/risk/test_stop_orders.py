"""Which orders count as the stop of a position, by Nautilus's own objects."""

from decimal import Decimal

import pytest
from nautilus_trader.common.component import TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import PositionId, StrategyId, TraderId
from nautilus_trader.model.objects import Price
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.events import TestEventStubs

from risk.guard import stop_of
from risk.stops import Stop
from tests.risk.backtest import BTC

ETH = TestInstrumentProvider.ethusdt_perp_binance()
MINE, OTHER = (
    OrderFactory(TraderId("T-001"), StrategyId(name), TestClock()) for name in ("S-001", "S-002")
)


@pytest.fixture
def position() -> Position:
    """Return a long position of 2."""
    order = MINE.market(BTC.id, OrderSide.BUY, BTC.make_qty(2))
    fill = TestEventStubs.order_filled(
        order, BTC, position_id=PositionId("P-1"), strategy_id=order.strategy_id
    )
    return Position(BTC, fill)


def stop(factory: OrderFactory = MINE, side: str = "SELL", *, reduce_only: bool = True) -> Order:
    quantity, price = BTC.make_qty(2), Price(45_000, 1)
    return factory.stop_market(BTC.id, OrderSide[side], quantity, price, reduce_only=reduce_only)


def accepted(order: Order) -> Order:
    order.apply(TestEventStubs.order_submitted(order))
    order.apply(TestEventStubs.order_accepted(order))
    return order


def test_a_stop_rests_once_it_was_accepted(position: Position) -> None:
    order = stop()
    assert stop_of(order, position) == Stop(Decimal(2), is_resting=False)
    order.apply(TestEventStubs.order_submitted(order))
    assert stop_of(order, position) == Stop(Decimal(2), is_resting=False)
    order.apply(TestEventStubs.order_accepted(order))
    assert stop_of(order, position) == Stop(Decimal(2), is_resting=True)


def test_one_that_is_being_canceled_or_changed(position: Position) -> None:
    order = accepted(stop())
    order.apply(TestEventStubs.order_pending_cancel(order))
    assert stop_of(order, position) is None
    order = accepted(stop())
    order.apply(TestEventStubs.order_pending_update(order))
    assert stop_of(order, position) == Stop(Decimal(2), is_resting=True)
    order = accepted(stop())
    order.apply(TestEventStubs.order_canceled(order))
    assert stop_of(order, position) is None


def test_no_other_order_is_a_stop(position: Position) -> None:
    others = [
        stop(side="BUY"),
        stop(OTHER),
        stop(reduce_only=False),
        MINE.limit(BTC.id, OrderSide.SELL, BTC.make_qty(2), Price(60_000, 1), reduce_only=True),
        MINE.stop_market(
            ETH.id, OrderSide.SELL, ETH.make_qty(2), Price(45_000, 2), reduce_only=True
        ),
    ]
    assert [stop_of(accepted(order), position) for order in others] == [None] * 5
