"""An exit is told after the fills that made its position, in whatever order they came."""

from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.fault_rules import Silent, Status
from tests.acceptance.trading_run import BTC, CASH, Run, node_on, trading, venue_of
from tests.waiting import eventually

SIZE = "0.01"
SILENT = (
    Silent(type="user", coin="BTC", count=1),
    Silent(type="userFills", coin="BTC", count=1),
)


def market(run: Run, side: OrderSide, size: str = SIZE, *, reduce_only: bool = False) -> Order:
    quantity = run.instrument().make_qty(Decimal(size))
    order = run.hand.order_factory.market(BTC, side, quantity, reduce_only=reduce_only)
    run.hand.submit_order(order)
    return order


async def is_at_venue(run: Run, count: int) -> None:
    await eventually(lambda: len(run.ledger.fills) >= count)


async def assert_filled(order: Order) -> None:
    await eventually(lambda: order.status == OrderStatus.FILLED)


async def assert_flat_and_equal(run: Run, *orders: Order) -> None:
    await eventually(lambda: all(order.status == OrderStatus.FILLED for order in orders))
    await eventually(lambda: run.cache.positions_closed() and not run.cache.positions_open())
    (position,) = run.cache.positions_closed()
    assert position.realized_pnl.as_decimal() == run.ledger.raw - CASH


async def test_an_exit_whose_entry_was_not_told_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(tmp_path, monkeypatch) as run:
        for rule in SILENT:
            run.venue.faults.add(rule)
        entry = market(run, OrderSide.BUY)
        await is_at_venue(run, 1)
        leave = market(run, OrderSide.SELL, reduce_only=True)
        await assert_flat_and_equal(run, entry, leave)
        assert run.hand.events_of(leave) == ["Submitted", "Accepted", "Filled"]


async def test_the_question_for_what_came_before_is_asked_until_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(tmp_path, monkeypatch) as run:
        for rule in (*SILENT, Status(on="info", type="userFillsByTime", status=502, count=2)):
            run.venue.faults.add(rule)
        entry = market(run, OrderSide.BUY)
        await is_at_venue(run, 1)
        leave = market(run, OrderSide.SELL, reduce_only=True)
        await assert_flat_and_equal(run, entry, leave)


async def test_an_exit_of_a_position_that_nobody_knows_is_told_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.common.recovery.EARLIER_TRIES", 1)
    async with venue_of() as venue:
        async with node_on(venue, tmp_path, monkeypatch) as run:
            await assert_filled(market(run, OrderSide.BUY))
        # Without reconciliation the second run knows nothing of the position.
        engine = LiveExecEngineConfig(reconciliation=False)
        async with node_on(venue, tmp_path, monkeypatch, engine=engine) as run:
            leave = market(run, OrderSide.SELL, reduce_only=True)
            await is_at_venue(run, 2)
            assert leave.filled_qty == 0
            await assert_filled(leave)
