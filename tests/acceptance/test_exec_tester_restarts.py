"""
Nautilus's execution cases of starting, stopping and restarting (TC-E80 to TC-E87).

A tester leaves orders and a position; a second node, whose cache is empty, meets the same venue.
What it then holds is compared with the venue's books and with what the first node held.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position

from simulator.hyperliquid_user_wire import FIRST_TID
from tests.acceptance.exec_run import BID, SIZE, Stage, staged, still_market
from tests.acceptance.exec_words import ACCEPTED, FAR, FILLED, STOPS, limits, stops
from tests.acceptance.trading_run import CASH
from tests.waiting import eventually

BRACKET = {"enable_brackets": True, "bracket_offset_ticks": FAR}
LEAVE = {"cancel_orders_on_stop": False, "close_positions_on_stop": False}

type At = tuple[Path, pytest.MonkeyPatch]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


def terms_of(order: Order) -> tuple[object, ...]:
    """Return what a restart must not change in an order."""
    kind, trigger_price = order.order_type, getattr(order, "trigger_price", None)
    if order.is_child_order and kind == OrderType.LIMIT:
        # The target of a bracket waits at the venue for its own price, and comes back as that.
        kind, trigger_price = OrderType.LIMIT_IF_TOUCHED, order.price
    return (
        order.client_order_id,
        order.venue_order_id,
        kind,
        order.side,
        order.quantity,
        order.filled_qty,
        order.price if order.has_price else None,
        trigger_price,
        order.time_in_force,
        order.is_post_only,
        order.is_reduce_only,
        order.status,
    )


def deed_of(order: Order) -> tuple[object, ...]:
    """Return what a restart must not change in an order that is filled."""
    # The venue knows no market orders: each comes back as the immediate limit that was sent.
    return (
        order.venue_order_id,
        order.side,
        order.quantity,
        order.filled_qty,
        order.avg_px,
        order.trade_ids,
        order.commissions(),
        order.liquidity_side,
        order.status,
    )


def worth_of(position: Position) -> tuple[object, ...]:
    """Return what a restart must not change in a position."""
    return (
        position.side,
        position.quantity,
        pytest.approx(position.avg_px_open),
        position.realized_pnl,
        position.commissions(),
    )


def held(orders: list[Order]) -> dict[str, tuple[object, ...]]:
    return {order.client_order_id.value: terms_of(order) for order in orders}


# Life cycle


async def test_e80_to_e83_a_node_opens_on_start_and_leaves_nothing_on_stop(at: At) -> None:
    async with still_market() as market, staged(market, *at) as stage:
        both = {"enable_limit_buys": True, "enable_limit_sells": True, "tob_offset_ticks": FAR}
        async with stage.trial(open_position_on_start_qty=SIZE, **both) as trial:
            await trial.settled(FILLED, ACCEPTED, ACCEPTED)  # E80
            await trial.stop()  # E81, E82
            assert stage.is_flat()
            await eventually(lambda: unsubscribed(stage, "trades"))  # E83
            count = len(trial.events)
            stage.show(BID + 50)
            stage.show(BID)
            assert len(trial.events) == count


def unsubscribed(stage: Stage, kind: str) -> bool:
    frames = [r.body for r in stage.run.venue.received if r.kind == "ws"]
    gone = [f["subscription"]["type"] for f in frames if f["method"] == "unsubscribe"]
    return kind in gone


# Restarts


async def test_e84_b3_b4_b7_open_orders_are_what_they_were(at: At) -> None:
    """A limit, every conditional order and a bracket that waits, each with its own name."""
    async with still_market() as market:
        async with staged(market, *at) as stage:
            before: dict[str, tuple[object, ...]] = {}
            for settings in [
                limits(OrderSide.BUY),
                limits(OrderSide.SELL) | {"use_post_only": True},
                *(stops(OrderSide.SELL, kind) for kind in STOPS),
                limits(OrderSide.BUY) | BRACKET,
            ]:
                async with stage.trial(subscribe_quotes=False, **settings, **LEAVE) as trial:
                    trial.prompt()
                    await eventually(lambda t=trial: t.orders and all(o.is_open for o in t.orders))
                    before |= held(trial.orders)
                    trial.tester.stop()
            assert len(before) == len(stage.run.ledger.live) == 9
        async with staged(market, *at) as again:
            assert held(again.run.cache.orders_open()) == before
            for order in again.run.cache.orders_open():
                again.run.hand.cancel_order(order)
            await eventually(again.is_flat)


@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["e86-long", "e87-short"])
async def test_e85_e86_e87_b8_fills_and_positions_are_what_they_were(at: At, size: Decimal) -> None:
    """Opened, added to and half closed: three orders with commissions, profit on two of them."""
    async with still_market() as market:
        async with staged(market, *at) as stage:
            async with stage.trial(open_position_on_start_qty=size, **LEAVE) as trial:
                await trial.settled(FILLED)
                stage.show(BID + 100)
                trial.tester.open_position(size)
                await trial.settled(FILLED, FILLED)
                stage.show(BID - 50)
                trial.tester.open_position(-size / 2)
                await trial.settled(FILLED, FILLED, FILLED)
                orders = {order.client_order_id: deed_of(order) for order in trial.orders}
                (position,) = trial.positions
                fees = sum(fill.fee for fill in trial.fills)
                assert [money.as_decimal() for money in position.commissions()] == [fees]
                trial.tester.stop()
            was = worth_of(position)
        async with staged(market, *at) as again:
            cache = again.run.cache
            assert {order.client_order_id: deed_of(order) for order in cache.orders()} == orders
            (found,) = cache.positions_open()
            assert worth_of(found) == was
            assert found.signed_decimal_qty() == size * Decimal("1.5")
            ledger = again.run.ledger
            (there,) = (p for p in ledger.positions.values() if p.size)
            entry = there.entry_notional / abs(there.size)
            assert found.avg_px_open == pytest.approx(float(entry))
            assert again.cash_here() == again.cash_there()
            ids = [trade_id.value for order in cache.orders() for trade_id in order.trade_ids]
            assert sorted(ids) == sorted(str(FIRST_TID + fill.tid) for fill in ledger.fills)


async def test_e85_b8_b10_a_round_trip_of_a_prior_session_keeps_its_profit_to_the_last_digit(
    at: At,
) -> None:
    """A limit that rested, and the stop that closed what it bought."""
    async with still_market() as market:
        async with staged(market, *at) as stage:
            terms = limits(OrderSide.BUY) | {"tob_offset_ticks": FAR}
            async with stage.trial(subscribe_quotes=False, **terms, **BRACKET, **LEAVE) as trial:
                trial.prompt()
                await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
                stage.show(BID - 510)
                await trial.settled(FILLED, ACCEPTED, ACCEPTED)
                stage.show(BID - 1_010)
                await trial.settled(FILLED, [*ACCEPTED, "Canceled"], FILLED)
                orders = {order.client_order_id: deed_of(order) for order in trial.orders}
                trial.tester.stop()
            assert stage.is_flat()
        async with staged(market, *at) as again:
            cache = again.run.cache
            assert {order.client_order_id: deed_of(order) for order in cache.orders()} == orders
            (position,) = cache.positions_closed()
            assert position.realized_pnl.as_decimal() == again.run.ledger.raw - CASH
            stop = next(order for order in cache.orders() if order.order_type in STOPS[:2])
            assert stop.status == OrderStatus.FILLED
