"""
What both venues owe: every kind of order, judged by the venue's ledger.

Each case is written once and run for both; it knows no venue. The other files of the contract are
test_contract_*.py: changes, news, losses, lives of a node, and market data.
"""

from decimal import Decimal

import pytest
from nautilus_trader.model.enums import (
    LiquiditySide,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TriggerType,
)
from nautilus_trader.model.orders import Order

from simulator.exchange.model import Side
from tests.adapters.contract_bench import SIZE, Bench, closed, resting
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

REJECTED = ["Submitted", "Rejected"]
FEE_STEP = Decimal("0.000001")


def exit_of(bench: Bench, away: int, order_type: OrderType, size: Decimal = SIZE) -> Order:
    """Make a sell that waits for the mark to be so many dollars above the bid."""
    make = {
        OrderType.STOP_MARKET: bench.orders.stop_market,
        OrderType.MARKET_IF_TOUCHED: bench.orders.market_if_touched,
    }[order_type]
    return make(
        bench.instrument_id,
        OrderSide.SELL,
        bench.quantity(size),
        trigger_price=bench.price(away),
        trigger_type=TriggerType.MARK_PRICE,
        reduce_only=True,
    )


async def test_an_instrument_has_the_venues_steps_least_value_and_fees(bench: Bench) -> None:
    found = bench.instrument
    assert bench.terms.ticks == (
        found.price_increment.as_decimal(),
        found.size_increment.as_decimal(),
        found.min_notional.as_decimal(),
        found.maker_fee,
        found.taker_fee,
    )
    assert found.settlement_currency == bench.terms.currency
    assert -found.price_increment.as_decimal().as_tuple().exponent == found.price_precision


async def test_a_market_order_fills_once_with_the_venues_price_and_fee(bench: Bench) -> None:
    order = await bench.enter()
    assert bench.story(order) == ["Submitted", "Accepted", "Filled"]
    fill, told = bench.fills[-1], order.last_event
    assert (told.last_qty.as_decimal(), told.last_px.as_decimal()) == (fill.size, fill.price)
    assert told.commission.as_decimal() == fill.fee
    assert told.commission.currency == bench.terms.currency
    assert told.liquidity_side == LiquiditySide.TAKER
    assert fill.fee == pytest.approx(
        fill.size * fill.price * bench.instrument.taker_fee, abs=FEE_STEP
    )
    assert len(bench.sent(bench.terms.place)) == 1


async def test_a_resting_order_is_filled_as_a_maker(bench: Bench) -> None:
    order = await bench.rest()
    bench.still.fill(order)
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "Filled"]
    told, fill = order.last_event, bench.fills[-1]
    assert told.liquidity_side == LiquiditySide.MAKER
    assert told.last_px == order.price
    assert told.commission.as_decimal() == fill.fee
    assert fill.fee == pytest.approx(
        fill.size * fill.price * bench.instrument.maker_fee, abs=FEE_STEP
    )


@pytest.mark.parametrize("side", [OrderSide.BUY, OrderSide.SELL], ids=["buy", "sell"])
async def test_a_limit_order_rests_as_asked_and_is_canceled(bench: Bench, side: OrderSide) -> None:
    order = await bench.rest(side=side)
    (live,) = bench.live
    assert str(live.oid) == order.venue_order_id.value
    assert (live.side.name, live.request.price) == (order.side_string(), order.price.as_decimal())
    assert live.size == order.quantity.as_decimal()
    bench.hand.cancel_order(order)
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "PendingCancel", "Canceled"]
    assert not bench.live
    assert len(bench.sent(bench.terms.cancel)) == 1


async def test_balances_follow_fills_to_the_last_digit(bench: Bench) -> None:
    before = bench.cash_here
    entry = await bench.enter()
    fees = bench.fills[-1].fee
    await eventually(lambda: bench.cash_here == bench.cash_there)
    assert bench.cash_here == before - fees
    exit_ = await bench.enter(OrderSide.SELL)
    await eventually(lambda: bench.cash_here == bench.cash_there)
    fees += bench.fills[-1].fee
    earned = (exit_.last_event.last_px.as_decimal() - entry.last_event.last_px.as_decimal()) * SIZE
    assert bench.cash_here == before + earned - fees


async def test_an_immediate_order_without_a_match_is_canceled(bench: Bench) -> None:
    order = bench.submit(bench.new_limit(500, time_in_force=TimeInForce.IOC))
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "Canceled"]
    assert not bench.live


@pytest.mark.parametrize("side", [OrderSide.BUY, OrderSide.SELL], ids=["buy", "sell"])
async def test_a_post_only_order_that_would_take_is_rejected_as_such(
    bench: Bench, side: OrderSide
) -> None:
    order = bench.submit(bench.new_limit(-100, side, post_only=True))
    await closed(order)
    assert bench.story(order) == REJECTED
    assert order.last_event.due_post_only
    assert not bench.held_there


async def test_an_order_beyond_the_margin_is_rejected_and_not_as_post_only(bench: Bench) -> None:
    order = bench.submit(bench.new_limit(500, size=Decimal(90)))
    await closed(order)
    assert bench.story(order) == REJECTED
    assert not order.last_event.due_post_only
    assert order.last_event.reason
    assert not bench.live


async def test_a_reduce_only_order_reduces_and_opens_nothing(bench: Bench) -> None:
    def closing() -> Order:
        return bench.orders.market(
            bench.instrument_id, OrderSide.SELL, bench.quantity(), reduce_only=True
        )

    flat = bench.submit(closing())
    await closed(flat)
    assert flat.status in {OrderStatus.DENIED, OrderStatus.REJECTED}
    await bench.enter()
    reducing = bench.submit(closing())
    await closed(reducing)
    assert reducing.status == OrderStatus.FILLED
    assert bench.held_there == 0
    await eventually(lambda: not bench.positions)


@pytest.mark.parametrize(
    ("order_type", "away"),
    [(OrderType.STOP_MARKET, -300), (OrderType.MARKET_IF_TOUCHED, 300)],
    ids=["stop", "take profit"],
)
async def test_an_exit_waits_for_its_mark_and_closes_the_position(
    bench: Bench, order_type: OrderType, away: int
) -> None:
    await bench.enter()
    order = bench.submit(exit_of(bench, away, order_type))
    await resting(order)
    (live,) = bench.live
    assert live.request.trigger is not None
    assert live.request.trigger.price == order.trigger_price.as_decimal()
    assert live.request.reduce_only
    bench.still.market.show(bench.still.market.bid + away * 2)
    await closed(order)
    assert order.status == OrderStatus.FILLED
    assert bench.story(order)[-1] == "Filled"
    assert bench.held_there == 0
    await eventually(lambda: not bench.positions)


@pytest.mark.parametrize(
    ("order_type", "away"),
    [(OrderType.STOP_LIMIT, -300), (OrderType.LIMIT_IF_TOUCHED, 300)],
    ids=["stop limit", "limit if touched"],
)
async def test_an_exit_with_a_limit_rests_with_both_prices(
    bench: Bench, order_type: OrderType, away: int
) -> None:
    await bench.enter()
    make = {
        OrderType.STOP_LIMIT: bench.orders.stop_limit,
        OrderType.LIMIT_IF_TOUCHED: bench.orders.limit_if_touched,
    }[order_type]
    order = make(
        bench.instrument_id,
        OrderSide.SELL,
        bench.quantity(),
        price=bench.price(away - 50),
        trigger_price=bench.price(away),
        trigger_type=TriggerType.MARK_PRICE,
        reduce_only=True,
    )
    bench.submit(order)
    await resting(order)
    (live,) = bench.live
    assert live.request.trigger is not None
    assert live.request.trigger.price == order.trigger_price.as_decimal()
    assert live.request.price == order.price.as_decimal()
    assert not live.request.trigger.is_market


async def test_a_bracket_is_one_request_and_one_exit_ends_the_other(bench: Bench) -> None:
    bracket = bench.orders.bracket(
        bench.instrument_id,
        OrderSide.BUY,
        bench.quantity(),
        sl_trigger_price=bench.price(-600),
        tp_price=bench.price(600),
    )
    bench.hand.submit_order_list(bracket)
    entry, stop, target = bracket.orders
    await closed(entry)
    await resting(stop)
    await resting(target)
    (request,) = bench.sent(bench.terms.place)
    assert len(request["orders"]) == 3
    assert bench.live_ids == {stop.venue_order_id.value, target.venue_order_id.value}
    bench.still.market.show(bench.still.market.bid + 700)
    await closed(target)
    await closed(stop)
    assert (target.status, stop.status) == (OrderStatus.FILLED, OrderStatus.CANCELED)
    assert bench.held_there == 0


async def test_the_orders_of_a_list_are_one_request_and_judged_one_by_one(bench: Bench) -> None:
    good, bad = bench.new_limit(500), bench.new_limit(-100, post_only=True)
    bench.hand.submit_order_list(bench.orders.create_list([good, bad]))
    await resting(good)
    await closed(bad)
    assert bench.story(bad) == REJECTED
    assert bench.live_ids == {good.venue_order_id.value}
    (request,) = bench.sent(bench.terms.place)
    assert len(request["orders"]) == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"time_in_force": TimeInForce.FOK},
        {"time_in_force": TimeInForce.DAY},
        {"time_in_force": TimeInForce.IOC, "post_only": True},
        {"display_qty": True},
        {"size": Decimal("0.00002")},
    ],
    ids=["FOK", "DAY", "post-only IOC", "iceberg", "worth too little"],
)
async def test_what_the_venue_has_not_is_denied_and_never_sent(
    bench: Bench, asked: dict[str, object]
) -> None:
    shown = {"display_qty": bench.quantity()} if "display_qty" in asked else {}
    order = bench.submit(bench.new_limit(500, **(asked | shown)))
    await closed(order)
    assert bench.story(order) == ["Denied"]
    assert bench.sent() == []


async def test_a_trailing_stop_is_denied_and_never_sent(bench: Bench) -> None:
    order = bench.orders.trailing_stop_market(
        bench.instrument_id,
        OrderSide.SELL,
        bench.quantity(),
        trailing_offset=Decimal(100),
        trigger_price=bench.price(-300),
    )
    bench.submit(order)
    await closed(order)
    assert bench.story(order) == ["Denied"]
    assert bench.sent() == []


async def test_cancel_all_takes_one_side(bench: Bench) -> None:
    buy, sell = await bench.rest(), await bench.rest(side=OrderSide.SELL)
    bench.hand.cancel_all_orders(bench.instrument_id, order_side=OrderSide.BUY)
    await closed(buy)
    assert sell.is_open
    assert [order.side for order in bench.live] == [Side.SELL]


async def test_many_cancels_are_one_request(bench: Bench) -> None:
    orders = [await bench.rest(away) for away in (500, 510, 520)]
    kept = await bench.rest(530)
    bench.hand.cancel_orders(orders)
    for order in orders:
        await closed(order)
    assert bench.live_ids == {kept.venue_order_id.value}
    assert [bench.terms.count_canceled(a) for a in bench.sent(bench.terms.cancel)] == [3]


async def test_a_cancel_that_overtakes_its_order_is_kept_for_it(bench: Bench) -> None:
    order = bench.submit(bench.new_limit(500))
    bench.hand.cancel_order(order)  # in the same turn of the loop
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert not bench.live
