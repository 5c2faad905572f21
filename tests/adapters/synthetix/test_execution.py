"""The execution client on the loopback venue: every kind of order, judged by the venue's ledger."""

import asyncio
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import OrderSide, OrderStatus, TimeInForce, TriggerType
from nautilus_trader.model.orders import Order

from adapters.common.key_state import SignerInUse
from adapters.common.wallet import read_wallet
from adapters.synthetix import SetLeverage
from adapters.synthetix.frames import WsAccount
from simulator.exchange.model import OrderRequest, Side, Status, Tif
from simulator.fault_rules import Delay, DropReply, DropRequest, Duplicate, Reorder, Silent
from simulator.fault_rules import Status as Answer
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_perps import ENGINE_KNOBS
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.synthetix_run import (
    BTC,
    SUB_ACCOUNT,
    SYNTHETIX,
    synthetix_venue,
    trading,
)
from tests.acceptance.trading_run import CASH, Run, node_on, place_elsewhere
from tests.acceptance.under_test import ADDRESS
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
        node = {"adapter": SYNTHETIX}
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


def options(**terms: object) -> dict[str, object]:
    """Return a venue's settings with the account of these tests."""
    return {"trading": TradingOptions(accounts=((ADDRESS, CASH),), **terms)}


@pytest.mark.parametrize("push", ["method", "channel"])
@pytest.mark.parametrize("blank_zeros", [False, True])
async def test_every_dialect_of_the_venue_tells_the_same(
    at: At, push: str, blank_zeros: bool
) -> None:
    dialect = Dialect(push=push, blank_zeros=blank_zeros)
    venue = options(dialect=dialect) | {"dialect": dialect}
    async with trading(*at, venue=venue) as run:
        order, entry = limit(run, 0.97), market(run)
        await resting(order)
        await done(entry)
        assert run.hand.events_of(entry) == ["Submitted", "Accepted", "Filled"]
        run.hand.modify_order(order, price=run.price(0.96, BTC))
        await eventually(lambda: run.hand.events_of(order)[-1] == "Updated")
        run.hand.cancel_order(order)
        await done(order)
        assert order.status == OrderStatus.CANCELED


async def test_pushes_in_any_order_and_twice_tell_each_fill_once(at: At) -> None:
    async with trading(*at) as run:
        run.venue.faults.add(Duplicate(on="ws", type="subAccountUpdate"))
        run.venue.faults.add(Reorder(on="ws", type="subAccountUpdate", probability=0.5))
        orders = [market(run) for _ in range(10)]
        for order in orders:
            await done(order)
        await eventually(lambda: run.cache.positions_open()[0].quantity == Decimal("0.1"))
        stories = [run.hand.events_of(order) for order in orders]
        assert {tuple(story[:2]) for story in stories} == {("Submitted", "Accepted")}
        assert {word for story in stories for word in story[2:]} == {"Filled"}
        assert sum(len(story) - 2 for story in stories) == len(run.ledger.fills)


async def test_a_trigger_that_goes_on_under_a_new_id_is_the_same_order(at: At) -> None:
    knobs = msgspec.structs.replace(ENGINE_KNOBS, trigger_gives_new_id=True)
    async with trading(*at, venue=options(knobs=knobs)) as run:
        entry = market(run)
        await done(entry)
        stop = run.hand.order_factory.stop_market(
            BTC, OrderSide.SELL, entry.quantity, run.price(0.99, BTC), reduce_only=True
        )
        run.hand.submit_order(stop)
        await resting(stop)
        fire(run, stop)
        await done(stop)
        assert stop.status == OrderStatus.FILLED
        assert len(run.cache.orders()) == 2
        await eventually(lambda: not run.cache.positions_open())


async def test_a_trigger_that_the_venue_cancels_is_canceled(at: At) -> None:
    async with trading(*at) as run:
        entry = market(run)
        await done(entry)
        stop = run.hand.order_factory.stop_market(
            BTC, OrderSide.SELL, entry.quantity, run.price(0.97, BTC), reduce_only=True
        )
        run.hand.submit_order(stop)
        await resting(stop)
        await done(market(run, OrderSide.SELL, reduce_only=True))
        await done(stop)
        assert stop.status == OrderStatus.CANCELED
        assert run.hand.events_of(stop) == ["Submitted", "Accepted", "Canceled"]


def fire(run: Run, stop: Order) -> None:
    """Let the mark pass a stop."""
    exchange, price = run.venue.trading.exchange, stop.trigger_price.as_decimal() - 1
    run.venue.trading.tell(exchange.set_mark(0, price, price, run.venue.clock.now_ms()))


@pytest.mark.parametrize("executed", [True, False])
async def test_a_broken_venue_leaves_the_outcome_open_until_it_is_known(
    at: At, executed: bool
) -> None:
    async with trading(*at, expires_after_secs=2) as run:
        rule = Answer(on="post", type="placeOrders", status=500, count=1, executed=executed)
        run.venue.faults.add(rule)
        order = limit(run, 0.97)
        if executed:
            await resting(order)
        else:
            await eventually(lambda: order.status == OrderStatus.REJECTED, timeout_secs=12)
        assert len(heard(run, "placeOrders")) == 1
        assert len(run.ledger.live) == int(executed)


async def test_a_wallet_that_the_venue_does_not_admit_is_rejected_in_its_words(at: At) -> None:
    async with trading(*at, venue=options(whitelist=())) as run:
        order = market(run)
        await done(order)
        assert order.status == OrderStatus.REJECTED
        assert "failed whitelist arbitration" in order.last_event.reason


async def test_a_client_id_that_the_venue_has_already_proves_that_it_arrived(at: At) -> None:
    async with trading(*at) as run:
        order = run.hand.order_factory.limit(
            BTC, OrderSide.BUY, run.instrument(BTC).make_qty(Decimal(SIZE)), run.price(0.97, BTC)
        )
        # The first copy of it, of which the node does not know.
        request = OrderRequest(
            0, Side.BUY, order.price.as_decimal(), Decimal(SIZE), Tif.GTC,
            client_id=order.client_order_id.value,
        )  # fmt: skip
        reply = run.venue.trading.exchange.place(run.account, [request], run.venue.clock.now_ms())
        run.hand.submit_order(order)
        run.venue.trading.tell(reply.events)
        await resting(order)
        (oid,) = run.ledger.live
        assert order.venue_order_id.value == str(oid)
        assert "Rejected" not in run.hand.events_of(order)


async def test_a_delegate_trades_the_sub_account_that_it_is_told(at: At) -> None:
    key = "0x" + "02" * 32
    delegate = read_wallet({"KEY": key}, "KEY").address
    venue = options(delegates=((delegate, ADDRESS),))
    async with trading(*at, venue=venue, key=key, subaccount_id=SUB_ACCOUNT) as run:
        order = market(run)
        await done(order)
        assert order.status == OrderStatus.FILLED
        assert run.cache.account_for_venue(BTC.venue).id.value == f"SYNTHETIX-{SUB_ACCOUNT}"


async def test_the_switch_is_moved_while_all_is_well_and_taken_back_at_the_end(at: At) -> None:
    async with synthetix_venue() as venue:
        node = {"adapter": SYNTHETIX}
        async with node_on(venue, *at, dead_mans_switch_secs=5, **node) as run:
            order = limit(run, 0.97)
            await resting(order)
            await eventually(lambda: len(heard(run, "scheduleCancel")) > 2, timeout_secs=8)
            assert order.is_open
        seconds = [each["timeoutSeconds"] for each in heard(run, "scheduleCancel")]
        assert (set(seconds[:-1]), seconds[-1]) == ({5}, 0)
        assert len(venue.trading.exchange.account(SUB_ACCOUNT).live) == 1


async def test_a_twap_is_denied_and_not_bought_at_once(at: At) -> None:
    async with trading(*at) as run:
        order = run.hand.order_factory.market(
            BTC, OrderSide.BUY, run.instrument(BTC).make_qty(Decimal(SIZE))
        )
        run.hand.submit_order(order, params={"twap_minutes": 5})
        await done(order)
        assert order.status == OrderStatus.DENIED
        assert not heard(run, "placeOrders")


@pytest.mark.parametrize(
    "venue",
    [
        options(rising_nonces=True),
        options(client_id_scope="ever"),
        options(expires_in="ms"),
        options() | {"require_user_agent": True},
    ],
    ids=["rising nonces", "client ids for ever", "expiry in ms", "user agent"],
)
async def test_what_nobody_has_seen_of_the_venue_makes_no_difference(
    at: At, venue: dict[str, object]
) -> None:
    async with trading(*at, venue=venue) as run:
        orders = [limit(run, 0.97) for _ in range(5)]
        await done(market(run))
        for order in orders:
            await resting(order)
        run.hand.modify_order(orders[0], price=run.price(0.96, BTC))
        await eventually(lambda: run.hand.events_of(orders[0])[-1] == "Updated")
        run.hand.cancel_all_orders(BTC)
        for order in orders:
            await done(order)
        assert {order.status for order in orders} == {OrderStatus.CANCELED}
        assert not run.ledger.live


async def test_one_key_trades_in_one_place_at_a_time(at: At) -> None:
    async with trading(*at) as run:
        with pytest.raises(SignerInUse, match="in use by pid"):
            async with node_on(run.venue, *at, adapter=SYNTHETIX):
                pytest.fail("a second node has the key")


async def test_what_the_venue_has_skipped_is_asked_for(at: At) -> None:
    async with trading(*at) as run:
        order = limit(run, 0.97)
        await resting(order)
        run.venue.faults.add(Silent(type="subAccountUpdate"))
        fill_by_hand(run, order)
        await asyncio.sleep(0.1)
        assert order.is_open
        (client,) = run.node.kernel.exec_engine.get_clients_for_orders([order])
        skipped = WsAccount(msgspec.Raw(b'{"eventType":"marginUpdate"}'), 0, needs_resync=True)
        client._rooms.news.on_message(skipped)
        await done(order)
        assert order.status == OrderStatus.FILLED


@pytest.mark.parametrize("side", [OrderSide.BUY, OrderSide.SELL], ids=["long", "short"])
async def test_a_restart_knows_what_was_filled_at_which_price_and_fee(
    at: At, side: OrderSide
) -> None:
    async with synthetix_venue() as venue:
        async with node_on(venue, *at, adapter=SYNTHETIX) as run:
            first, second = market(run, side), market(run, side)
            await done(first)
            await done(second)
        async with node_on(venue, *at, adapter=SYNTHETIX) as again:
            for order in (first, second):
                found = again.cache.order(order.client_order_id)
                assert (found.status, found.order_type) == (order.status, order.order_type)
                assert found.avg_px == pytest.approx(order.avg_px)
                assert found.commissions() == order.commissions()
            (position,) = again.cache.positions_open()
            held = again.ledger.positions[0]
            assert position.signed_decimal_qty() == held.size
            assert position.avg_px_open == pytest.approx(
                float(held.entry_notional / abs(held.size))
            )
