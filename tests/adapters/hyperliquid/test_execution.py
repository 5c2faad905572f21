"""The execution client on the loopback venue: every kind of order, judged by the venue's ledger."""

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import OrderSide, OrderStatus, TimeInForce, TriggerType
from nautilus_trader.model.orders import Order

from adapters.hyperliquid import SetLeverage
from simulator.exchange.model import Side, Status, Tif, TwapRequest
from simulator.fault_rules import Delay, DropReply, DropRequest
from simulator.generator import Generator
from tests.acceptance.trading_run import (
    ADDRESS,
    BTC,
    CASH,
    Run,
    node_on,
    place_elsewhere,
    trading,
    venue_of,
)
from tests.waiting import eventually

SIZE = "0.01"

type At = tuple[Path, pytest.MonkeyPatch]
"""Where the state of the signer lies, and the environment that holds its key."""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


async def done(order: Order) -> None:
    await eventually(lambda: order.is_closed)


async def resting(order: Order) -> None:
    await eventually(lambda: order.status == OrderStatus.ACCEPTED)


def market(run: Run, side: OrderSide = OrderSide.BUY, **terms: object) -> Order:
    quantity = run.instrument().make_qty(Decimal(SIZE))
    order = run.hand.order_factory.market(BTC, side, quantity, **terms)
    run.hand.submit_order(order)
    return order


def limit(run: Run, factor: float, side: OrderSide = OrderSide.BUY, **terms: object) -> Order:
    quantity = run.instrument().make_qty(Decimal(SIZE))
    order = run.hand.order_factory.limit(BTC, side, quantity, run.price(factor), **terms)
    run.hand.submit_order(order)
    return order


async def test_a_market_order_fills_and_the_balance_follows_to_the_last_digit(at: At) -> None:
    async with trading(*at) as run:
        order = market(run)
        await done(order)
        assert run.hand.events_of(order) == ["Submitted", "Accepted", "Filled"]
        fill = run.ledger.fills[-1]
        assert order.filled_qty.as_decimal() == fill.size
        assert len(order.trade_ids) == 1
        await done(market(run, OrderSide.SELL))
        account = run.cache.account_for_venue(BTC.venue)
        await eventually(lambda: account.balance_total(USDC).as_decimal() == run.ledger.raw)
        (position,) = run.cache.positions_closed()
        assert position.realized_pnl.as_decimal() == run.ledger.raw - CASH


async def test_an_order_in_quote_units_is_converted_not_taken_for_base(at: At) -> None:
    async with trading(*at) as run:
        order = run.hand.order_factory.market(
            BTC, OrderSide.BUY, run.instrument().make_qty(60), quote_quantity=True
        )
        run.hand.submit_order(order)
        await done(order)
        fill = run.ledger.fills[-1]
        assert Decimal(55) < fill.size * fill.price <= Decimal(60)
        assert order.quantity.as_decimal() == order.filled_qty.as_decimal() == fill.size
        assert not order.is_quote_quantity


async def test_b15_an_immediate_order_without_a_match_is_canceled(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.9, time_in_force=TimeInForce.IOC)
        await done(order)
        assert run.hand.events_of(order) == ["Submitted", "Accepted", "Canceled"]


async def test_a_post_only_order_that_would_cross_is_rejected_as_such(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 1.01, post_only=True)
        await done(order)
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
        assert order.last_event.due_post_only


async def test_a_modify_keeps_what_it_does_not_change(at: At) -> None:
    async with trading(*at) as run:
        entry = market(run)
        await done(entry)
        stop = run.hand.order_factory.stop_limit(
            BTC,
            OrderSide.SELL,
            entry.quantity,
            run.price(0.94),
            run.price(0.95),
            trigger_type=TriggerType.MARK_PRICE,
            reduce_only=True,
        )
        run.hand.submit_order(stop)
        await resting(stop)
        price = stop.price
        run.hand.modify_order(stop, trigger_price=run.price(0.96))
        await eventually(lambda: run.hand.events_of(stop)[-1] == "Updated")
        (live,) = run.ledger.live.values()
        assert live.request.trigger is not None
        assert stop.trigger_price.as_decimal() == live.request.trigger.price
        assert stop.price == price
        assert stop.price.as_decimal() == live.request.price
        assert stop.venue_order_id.value == str(live.oid)


async def test_a_bracket_rests_as_the_venue_groups_it_and_one_exit_ends_the_other(at: At) -> None:
    async with trading(*at) as run:
        bracket = run.hand.order_factory.bracket(
            BTC,
            OrderSide.BUY,
            run.instrument().make_qty(Decimal(SIZE)),
            sl_trigger_price=run.price(0.9),
            tp_price=run.price(1.1),
        )
        run.hand.submit_order_list(bracket)
        entry, stop, target = bracket.orders
        await done(entry)
        await resting(stop)
        await resting(target)
        ids = {str(order.oid) for order in run.ledger.live.values()}
        assert {stop.venue_order_id.value, target.venue_order_id.value} == ids
        run.hand.cancel_order(stop)
        await done(stop)
        assert target.is_open


async def test_b5_the_parts_of_a_list_are_judged_one_by_one(at: At) -> None:
    async with trading(*at) as run:
        quantity = run.instrument().make_qty(Decimal(SIZE))
        good = run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, run.price(0.9))
        bad = run.hand.order_factory.limit(
            BTC, OrderSide.BUY, quantity, run.price(1.01), post_only=True
        )
        run.hand.submit_order_list(run.hand.order_factory.create_list([good, bad]))
        await done(bad)
        await resting(good)
        assert bad.status == OrderStatus.REJECTED
        assert [str(oid) for oid in run.ledger.live] == [good.venue_order_id.value]


async def test_what_the_venue_would_refuse_is_denied_before_it_is_sent(at: At) -> None:
    async with trading(*at) as run:
        quantity = run.instrument().make_qty(Decimal(SIZE))
        orders = [
            limit(run, 0.9, time_in_force=TimeInForce.FOK),
            limit(run, 0.9, display_qty=quantity),
            run.hand.order_factory.limit(
                BTC, OrderSide.BUY, run.instrument().make_qty(Decimal("0.00005")), run.price(0.9)
            ),
        ]
        run.hand.submit_order(orders[-1])
        for order in orders:
            await done(order)
            assert order.status == OrderStatus.DENIED
        assert not [r for r in run.venue.received if r.kind == "exchange"]
        assert not run.ledger.history


async def test_cancel_all_takes_one_side_and_what_only_the_venue_knows(at: At) -> None:
    async with trading(*at) as run:
        buy, sell = limit(run, 0.9), limit(run, 1.1, OrderSide.SELL)
        await resting(buy)
        await resting(sell)
        run.hand.cancel_all_orders(BTC, order_side=OrderSide.BUY)
        await done(buy)
        assert sell.is_open
        assert [order.side for order in run.ledger.live.values()] == [Side.SELL]


async def test_cancel_all_spares_what_is_submitted_after_it(at: At) -> None:
    async with trading(*at) as run:
        old = limit(run, 0.9)
        await resting(old)
        # The venue tells late which orders it has: the new one is among them by then.
        run.venue.faults.add(Delay(on="info", type="frontendOpenOrders", ms=200, executed=False))
        run.hand.cancel_all_orders(BTC)
        await done(old)
        new, (stranger,) = limit(run, 0.9), place_elsewhere(run, run.price(0.8), SIZE, Tif.GTC)
        await resting(new)
        await eventually(lambda: stranger not in run.ledger.live)
        assert list(run.ledger.live) == [int(new.venue_order_id.value)]


@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "answer lost"])
async def test_a_twap_is_one_order_whose_parts_are_fills(at: At, is_answered: bool) -> None:
    async with trading(*at, post_timeout_secs=1) as run:
        if not is_answered:  # the history names it
            run.venue.faults.add(DropReply(on="post", type="twapOrder", count=1))
        quantity = run.instrument().make_qty(1)
        order = run.hand.order_factory.market(BTC, OrderSide.BUY, quantity)
        run.hand.submit_order(order, params={"twap_minutes": 5})
        # The first part trades at once, and its fill is told before the answer.
        await eventually(lambda: order.status == OrderStatus.PARTIALLY_FILLED)
        assert order.filled_qty.as_decimal() == sum(fill.size for fill in run.ledger.fills)
        assert order.venue_order_id.value == f"twap-{run.ledger.twaps[0].twap_id}"
        await eventually(run.cache.positions_open)
        assert len(run.cache.orders()) == 1
        run.hand.cancel_order(order)
        await done(order)
        assert order.status == OrderStatus.CANCELED


async def test_a_restart_knows_the_twap_it_left(at: At) -> None:
    async with venue_of() as venue:
        async with node_on(venue, *at) as run:
            order = run.hand.order_factory.market(BTC, OrderSide.BUY, run.instrument().make_qty(1))
            run.hand.submit_order(order, params={"twap_minutes": 5})
            await eventually(lambda: order.status == OrderStatus.PARTIALLY_FILLED)
        async with node_on(venue, *at) as again:
            found = again.cache.order(order.client_order_id)
            assert found.status == OrderStatus.PARTIALLY_FILLED
            assert found.filled_qty == order.filled_qty
            (position,) = again.cache.positions_open()
            assert position.quantity == order.filled_qty
            again.hand.cancel_order(found)
            await done(found)
            assert found.status == OrderStatus.CANCELED
            assert not venue.trading.exchange.twaps(ADDRESS)


async def test_a_lost_answer_leaves_the_order_in_flight_until_it_is_found(at: At) -> None:
    async with trading(*at, post_timeout_secs=1) as run:
        run.venue.faults.add(DropReply(on="post", type="order", count=1))
        order = limit(run, 0.9)
        await resting(order)
        assert run.hand.events_of(order) == ["Submitted", "Accepted"]
        assert len(run.ledger.live) == 1


async def test_an_order_that_never_arrived_is_rejected_only_after_its_expiry(at: At) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=2) as run:
        run.venue.faults.add(DropRequest(on="post", type="order", count=1))
        order = limit(run, 0.9)
        await asyncio.sleep(0)
        await eventually(lambda: order.is_closed, timeout_secs=12)
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
        waited_ns = order.last_event.ts_event - order.events[1].ts_event
        assert waited_ns > 2_000_000_000
        assert not run.ledger.live


async def test_b2_fills_of_a_socket_gap_are_there_as_soon_as_it_is_over(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.9)
        await resting(order)
        run.venue.refuse_connections()
        await run.venue.drop_connections()
        fill_by_hand(run, order)
        run.venue.refuse_connections(refused=False)
        await eventually(lambda: order.status == OrderStatus.FILLED, timeout_secs=5)
        assert run.cache.positions_open()[0].quantity.as_decimal() == Decimal(SIZE)


async def test_parts_are_filled_where_the_venue_replays_another_time(at: At) -> None:
    a_year_ago = Generator(5, time.time_ns() // 1_000_000 - 365 * 86_400_000, 1.0, 60)
    async with trading(*at, venue={"source": a_year_ago}) as run:
        order = limit(run, 0.9)
        await resting(order)
        fill_by_hand(run, order, Decimal("0.5"))
        await eventually(lambda: order.status == OrderStatus.PARTIALLY_FILLED)
        assert order.filled_qty.as_decimal() == run.ledger.fills[-1].size == Decimal(SIZE) / 2


def fill_by_hand(run: Run, order: Order, times: Decimal = Decimal(10)) -> None:
    """Let the outside sell into a resting order, so many times its size."""
    exchange = run.venue.trading.exchange
    price = order.price.as_decimal()
    events = exchange.on_trade(
        0, price - 1, order.quantity.as_decimal() * times, Side.SELL, run.venue.clock.now_ms()
    )
    run.venue.trading.tell(events)


async def test_leverage_is_set_at_connect_and_by_command(at: At) -> None:
    async with trading(*at, leverages={str(BTC): 7}) as run:
        position = run.ledger.positions[0]
        assert (position.leverage, position.is_isolated) == (7, False)
        run.node.kernel.msgbus.send("HYPERLIQUID.command", SetLeverage(BTC, 3, is_isolated=True))
        await eventually(lambda: run.ledger.positions[0].leverage == 3)
        assert run.ledger.positions[0].is_isolated


async def test_a_restart_knows_its_orders_by_name_kind_and_trigger(at: At) -> None:
    async with venue_of() as venue:
        async with node_on(venue, *at) as run:
            entry = market(run)
            await done(entry)
            stop = run.hand.order_factory.stop_market(
                BTC, OrderSide.SELL, entry.quantity, run.price(0.9), reduce_only=True
            )
            run.hand.submit_order(stop)
            await resting(stop)
        async with node_on(venue, *at) as again:
            (found,) = again.cache.orders_open()
            assert found.client_order_id == stop.client_order_id
            assert found.order_type == stop.order_type
            assert found.trigger_price == stop.trigger_price
            (position,) = again.cache.positions_open()
            assert position.quantity == entry.quantity
            fee = again.ledger.fills[0].fee
            assert [money.as_decimal() for money in position.commissions()] == [fee]
            again.hand.cancel_order(found)
            await done(found)
            assert not again.ledger.live


async def test_an_order_placed_elsewhere_is_reported_with_its_fee(at: At) -> None:
    async with trading(*at) as run:
        place_elsewhere(run, run.price(1.05), SIZE, Tif.IOC)
        await eventually(run.cache.positions_open)
        (position,) = run.cache.positions_open()
        assert position.quantity.as_decimal() == Decimal(SIZE)
        fees = sum(fill.fee for fill in run.ledger.fills)
        assert sum(money.as_decimal() for money in position.commissions()) == fees
        assert run.ledger.history[-1].status is Status.FILLED


async def test_a_cancel_that_overtakes_its_order_is_kept_for_it(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.9)
        run.hand.cancel_order(order)  # in the same turn of the loop
        await done(order)
        assert order.status == OrderStatus.CANCELED
        assert not run.ledger.live


async def test_a_twap_placed_elsewhere_is_one_order_with_its_fills_and_its_end(at: At) -> None:
    async with trading(*at) as run:
        exchange, request = run.venue.trading.exchange, TwapRequest(0, Side.BUY, Decimal(1), 5)
        reply = exchange.start_twap(ADDRESS, request, run.venue.clock.now_ms())
        run.venue.trading.tell(reply.events)
        await eventually(run.cache.positions_open)
        (order,) = run.cache.orders()
        assert order.quantity.as_decimal() == 1
        assert order.filled_qty.as_decimal() == sum(fill.size for fill in run.ledger.fills)
        (twap,) = exchange.twaps(ADDRESS)
        reply = exchange.cancel_twap(ADDRESS, 0, twap.twap_id, run.venue.clock.now_ms())
        run.venue.trading.tell(reply.events)
        await done(order)
        assert order.status == OrderStatus.CANCELED
