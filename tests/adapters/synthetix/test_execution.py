"""The execution client on the loopback venue: every kind of order, judged by the venue's ledger."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import OrderSide, OrderStatus, TimeInForce, TriggerType
from nautilus_trader.model.orders import Order

from adapters.synthetix import SetLeverage
from simulator.exchange.model import Side, Status, Tif
from simulator.fault_rules import Delay, DropReply, DropRequest
from tests.acceptance.synthetix_run import BTC, SYNTHETIX, synthetix_venue, trading
from tests.acceptance.trading_run import CASH, Run, node_on, place_elsewhere
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
    quantity = run.instrument(BTC).make_qty(Decimal(SIZE))
    order = run.hand.order_factory.market(BTC, side, quantity, **terms)
    run.hand.submit_order(order)
    return order


def limit(run: Run, factor: float, side: OrderSide = OrderSide.BUY, **terms: object) -> Order:
    quantity = run.instrument(BTC).make_qty(Decimal(SIZE))
    order = run.hand.order_factory.limit(BTC, side, quantity, run.price(factor, BTC), **terms)
    run.hand.submit_order(order)
    return order


def heard(run: Run, action: str) -> list[dict[str, object]]:
    """Return the params of what the venue has heard of an action, by WebSocket and by REST."""
    found = []
    for received in run.venue.received:
        body = received.body if isinstance(received.body, dict) else {}
        params = body.get("params", {})
        if isinstance(params, dict) and params.get("action") == action:
            found.append(params)
    return found


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
        await eventually(lambda: account.balance_total(USDT).as_decimal() == run.ledger.raw)
        (position,) = run.cache.positions_closed()
        assert position.realized_pnl.as_decimal() == run.ledger.raw - CASH


async def test_an_immediate_order_without_a_match_is_canceled(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.97, time_in_force=TimeInForce.IOC)
        await done(order)
        assert run.hand.events_of(order) == ["Submitted", "Accepted", "Canceled"]


async def test_a_post_only_order_that_would_cross_is_rejected_as_such(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 1.01, post_only=True)
        await done(order)
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
        assert order.last_event.due_post_only


async def test_a_modify_keeps_its_id_and_what_it_does_not_change(at: At) -> None:
    async with trading(*at) as run:
        entry = market(run)
        await done(entry)
        stop = run.hand.order_factory.stop_limit(
            BTC,
            OrderSide.SELL,
            entry.quantity,
            run.price(0.96, BTC),
            run.price(0.97, BTC),
            trigger_type=TriggerType.MARK_PRICE,
            reduce_only=True,
        )
        run.hand.submit_order(stop)
        await resting(stop)
        price, venue_order_id = stop.price, stop.venue_order_id
        run.hand.modify_order(stop, trigger_price=run.price(0.98, BTC))
        await eventually(lambda: run.hand.events_of(stop)[-1] == "Updated")
        (live,) = run.ledger.live.values()
        assert live.request.trigger is not None
        assert stop.trigger_price.as_decimal() == live.request.trigger.price
        assert stop.price == price
        assert stop.price.as_decimal() == live.request.price
        assert stop.venue_order_id == venue_order_id
        assert venue_order_id.value == str(live.oid)
        assert run.hand.events_of(stop).count("Updated") == 1


async def test_a_bracket_is_one_request_and_one_exit_ends_the_other(at: At) -> None:
    async with trading(*at) as run:
        bracket = run.hand.order_factory.bracket(
            BTC,
            OrderSide.BUY,
            run.instrument(BTC).make_qty(Decimal(SIZE)),
            sl_trigger_price=run.price(0.97, BTC),
            tp_price=run.price(1.03, BTC),
        )
        run.hand.submit_order_list(bracket)
        entry, stop, target = bracket.orders
        await done(entry)
        await resting(stop)
        await resting(target)
        (request,) = heard(run, "placeOrders")
        assert (request["grouping"], len(request["orders"])) == ("normalTpsl", 3)
        ids = {str(order.oid) for order in run.ledger.live.values()}
        assert {stop.venue_order_id.value, target.venue_order_id.value} == ids
        run.hand.cancel_order(stop)
        await done(stop)
        assert target.is_open


async def test_the_parts_of_a_list_are_judged_one_by_one(at: At) -> None:
    async with trading(*at) as run:
        quantity = run.instrument(BTC).make_qty(Decimal(SIZE))
        good = run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, run.price(0.97, BTC))
        bad = run.hand.order_factory.limit(
            BTC, OrderSide.BUY, quantity, run.price(1.01, BTC), post_only=True
        )
        run.hand.submit_order_list(run.hand.order_factory.create_list([good, bad]))
        await done(bad)
        await resting(good)
        assert bad.status == OrderStatus.REJECTED
        assert [str(oid) for oid in run.ledger.live] == [good.venue_order_id.value]


async def test_a_long_list_goes_in_requests_of_twenty(at: At) -> None:
    async with trading(*at) as run:
        quantity = run.instrument(BTC).make_qty(Decimal("0.001"))
        orders = [
            run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, run.price(0.97, BTC))
            for _ in range(45)
        ]
        run.hand.submit_order_list(run.hand.order_factory.create_list(orders))
        await eventually(lambda: all(order.is_open for order in orders))
        assert [len(each["orders"]) for each in heard(run, "placeOrders")] == [20, 20, 5]
        run.hand.cancel_all_orders(BTC)
        await eventually(lambda: all(order.is_closed for order in orders))
        assert not run.ledger.live


async def test_what_the_venue_would_refuse_is_denied_before_it_is_sent(at: At) -> None:
    async with trading(*at) as run:
        quantity = run.instrument(BTC).make_qty(Decimal(SIZE))
        orders = [
            limit(run, 0.97, time_in_force=TimeInForce.FOK),
            limit(run, 0.97, display_qty=quantity),
            limit(run, 0.97, time_in_force=TimeInForce.DAY),
        ]
        for order in orders:
            await done(order)
            assert order.status == OrderStatus.DENIED
        assert not heard(run, "placeOrders")
        assert not run.ledger.history


async def test_cancel_all_takes_one_side_and_what_only_the_venue_knows(at: At) -> None:
    async with trading(*at) as run:
        buy, sell = limit(run, 0.97), limit(run, 1.03, OrderSide.SELL)
        await resting(buy)
        await resting(sell)
        run.hand.cancel_all_orders(BTC, order_side=OrderSide.BUY)
        await done(buy)
        assert sell.is_open
        assert [order.side for order in run.ledger.live.values()] == [Side.SELL]


async def test_cancel_all_spares_what_is_submitted_after_it(at: At) -> None:
    async with trading(*at) as run:
        old = limit(run, 0.97)
        await resting(old)
        # The venue tells late which orders it has: the new one is among them by then.
        run.venue.faults.add(Delay(on="trade", type="getOpenOrders", ms=200, executed=False))
        run.hand.cancel_all_orders(BTC)
        await done(old)
        new, (stranger,) = (
            limit(run, 0.97),
            place_elsewhere(run, run.price(0.96, BTC), SIZE, Tif.GTC),
        )
        await resting(new)
        await eventually(lambda: stranger not in run.ledger.live)
        assert list(run.ledger.live) == [int(new.venue_order_id.value)]


async def test_a_lost_answer_leaves_the_order_in_flight_until_it_is_found(at: At) -> None:
    async with trading(*at, post_timeout_secs=1) as run:
        run.venue.faults.add(DropReply(on="post", type="placeOrders", count=1))
        run.venue.mute("subAccountUpdates")
        order = limit(run, 0.97)
        await resting(order)
        assert run.hand.events_of(order) == ["Submitted", "Accepted"]
        assert len(run.ledger.live) == len(heard(run, "placeOrders")) == 1


async def test_an_order_that_never_arrived_is_rejected_only_after_its_expiry(at: At) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=2) as run:
        run.venue.faults.add(DropRequest(on="post", type="placeOrders", count=1))
        order = limit(run, 0.97)
        await asyncio.sleep(0)
        await eventually(lambda: order.is_closed, timeout_secs=12)
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
        waited_ns = order.last_event.ts_event - order.events[1].ts_event
        assert waited_ns > 2_000_000_000
        assert not run.ledger.live


async def test_fills_of_a_socket_gap_are_there_as_soon_as_it_is_over(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.97)
        await resting(order)
        run.venue.refuse_connections()
        await run.venue.drop_connections()
        fill_by_hand(run, order)
        run.venue.refuse_connections(refused=False)
        await eventually(lambda: order.status == OrderStatus.FILLED, timeout_secs=5)
        assert run.cache.positions_open()[0].quantity.as_decimal() == Decimal(SIZE)


async def test_while_there_is_no_socket_orders_go_by_rest(at: At) -> None:
    async with trading(*at) as run:
        run.venue.refuse_connections()
        await run.venue.drop_connections()
        order = limit(run, 0.97)
        await resting(order)
        assert [r.kind for r in run.venue.received if "placeOrders" in str(r.body)] == ["trade"]
        run.hand.cancel_order(order)
        await done(order)
        assert not run.ledger.live


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
        assert run.ledger.positions[0].leverage == 7
        run.node.kernel.msgbus.send("SYNTHETIX.command", SetLeverage(BTC, 3))
        await eventually(lambda: run.ledger.positions[0].leverage == 3)


async def test_a_restart_knows_its_orders_by_name_kind_and_trigger(at: At) -> None:
    async with synthetix_venue() as venue:
        node = {"adapter": SYNTHETIX, "instrument_ids": (BTC,)}
        async with node_on(venue, *at, **node) as run:
            entry = market(run)
            await done(entry)
            stop = run.hand.order_factory.stop_market(
                BTC, OrderSide.SELL, entry.quantity, run.price(0.97, BTC), reduce_only=True
            )
            run.hand.submit_order(stop)
            await resting(stop)
        async with node_on(venue, *at, **node) as again:
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
        place_elsewhere(run, run.price(1.03, BTC), SIZE, Tif.IOC)
        await eventually(run.cache.positions_open)
        (position,) = run.cache.positions_open()
        assert position.quantity.as_decimal() == Decimal(SIZE)
        fees = sum(fill.fee for fill in run.ledger.fills)
        assert sum(money.as_decimal() for money in position.commissions()) == fees
        assert run.ledger.history[-1].status is Status.FILLED


async def test_a_cancel_that_overtakes_its_order_is_kept_for_it(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.97)
        run.hand.cancel_order(order)  # in the same turn of the loop
        await done(order)
        assert order.status == OrderStatus.CANCELED
        assert not run.ledger.live
