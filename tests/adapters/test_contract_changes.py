"""What both venues owe, of changes: prices, sizes and triggers, and what they race with."""

from decimal import Decimal

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType
from nautilus_trader.model.orders import Order

from simulator.fault_rules import Delay
from tests.adapters.contract_bench import SIZE, Bench, closed, resting
from tests.adapters.test_contract import exit_of
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def updated(bench: Bench, order: Order, times: int = 1) -> None:
    await eventually(lambda: bench.story(order).count("Updated") == times)


async def delayed(bench: Bench, action: str) -> None:
    """Wait until an action has arrived and waits to be carried out."""
    await eventually(lambda: bench.venue.faults.log and bench.venue.faults.log[-1].type == action)


async def test_a_new_price_is_the_venues_too_and_keeps_the_size(bench: Bench) -> None:
    order = await bench.rest()
    bench.hand.modify_order(order, price=bench.price(-400))
    await updated(bench, order)
    (live,) = bench.live
    assert order.price == bench.price(-400)
    assert (live.request.price, live.remaining) == (order.price.as_decimal(), SIZE)
    assert order.venue_order_id.value == str(live.oid)
    assert order.is_open
    assert len(bench.sent(bench.terms.modify)) == 1


async def test_a_new_size_is_the_venues_too_and_keeps_the_price(bench: Bench) -> None:
    order = await bench.rest()
    price = order.price
    bench.hand.modify_order(order, quantity=bench.quantity(2 * SIZE))
    await updated(bench, order)
    (live,) = bench.live
    assert live.remaining == order.quantity.as_decimal() == 2 * SIZE
    assert order.price == price
    assert order.price.as_decimal() == live.request.price
    assert order.venue_order_id.value == str(live.oid)


async def test_price_and_size_change_in_one_request(bench: Bench) -> None:
    order = await bench.rest(side=OrderSide.SELL)
    bench.hand.modify_order(order, quantity=bench.quantity(3 * SIZE), price=bench.price(450))
    await updated(bench, order)
    (live,) = bench.live
    assert (live.remaining, live.request.price) == (3 * SIZE, bench.price(450).as_decimal())
    assert (order.quantity.as_decimal(), order.price) == (3 * SIZE, bench.price(450))
    assert len(bench.sent(bench.terms.modify)) == 1


async def test_a_new_trigger_is_the_venues_too_and_still_guards(bench: Bench) -> None:
    await bench.enter()
    stop = bench.submit(exit_of(bench, -600, OrderType.STOP_MARKET))
    await resting(stop)
    bench.hand.modify_order(stop, trigger_price=bench.price(-300))
    await updated(bench, stop)
    (live,) = bench.live
    assert live.request.trigger is not None
    assert stop.trigger_price.as_decimal() == live.request.trigger.price
    assert stop.trigger_price == bench.price(-300)
    assert live.request.reduce_only
    bench.still.market.show(bench.still.market.bid - 400)
    await closed(stop)
    assert stop.status == OrderStatus.FILLED
    assert bench.held_there == 0


async def test_changes_one_after_the_other_end_with_the_last(bench: Bench) -> None:
    order = await bench.rest()
    for times, away in enumerate((-450, -400, -350), start=1):
        bench.hand.modify_order(order, price=bench.price(away))
        await updated(bench, order, times)
    (live,) = bench.live
    assert live.request.price == order.price.as_decimal() == bench.price(-350).as_decimal()
    assert bench.story(order).count("PendingUpdate") == 3


async def test_an_order_changed_and_canceled_at_once_is_gone(bench: Bench) -> None:
    order = await bench.rest()
    bench.hand.modify_order(order, price=bench.price(-400))
    bench.hand.cancel_order(order)
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert not bench.live


async def test_a_part_filled_under_a_change_leaves_what_was_asked(bench: Bench) -> None:
    size = 5 * SIZE
    order = await bench.rest(size=size)
    bench.fail(Delay(on="post", type=bench.terms.modify, ms=300, executed=False, count=1))
    bench.hand.modify_order(order, price=bench.price(-400))
    await delayed(bench, bench.terms.modify)
    bench.still.fill(order, 2 * SIZE)
    await eventually(lambda: order.filled_qty.as_decimal() == 2 * SIZE)
    await eventually(lambda: "Updated" in bench.story(order))

    def is_as_asked() -> bool:
        left = sum((live.remaining for live in bench.live), Decimal(0))
        return order.quantity.as_decimal() == size and left + 2 * SIZE == size

    await eventually(is_as_asked)
    (live,) = bench.live
    assert live.request.price == order.price.as_decimal() == bench.price(-400).as_decimal()
    assert bench.held_here == bench.held_there == 2 * SIZE


async def test_a_change_that_comes_after_the_last_fill_is_rejected(bench: Bench) -> None:
    order = await bench.rest()
    bench.fail(Delay(on="post", type=bench.terms.modify, ms=300, executed=False, count=1))
    bench.hand.modify_order(order, price=bench.price(-400))
    await delayed(bench, bench.terms.modify)
    bench.still.fill(order)
    await closed(order)
    assert order.status == OrderStatus.FILLED
    await eventually(lambda: not bench.live)
    assert bench.held_here == bench.held_there == SIZE
    assert "Updated" not in bench.story(order)
    assert len(order.trade_ids) == 1


async def test_a_cancel_that_comes_after_the_last_fill_changes_nothing(bench: Bench) -> None:
    order = await bench.rest()
    bench.fail(Delay(on="post", type=bench.terms.cancel, ms=300, executed=False, count=1))
    bench.hand.cancel_order(order)
    await delayed(bench, bench.terms.cancel)
    bench.still.fill(order)
    await closed(order)
    assert order.status == OrderStatus.FILLED
    assert "Canceled" not in bench.story(order)
    assert bench.held_here == bench.held_there == SIZE


async def test_a_cancel_that_comes_after_a_part_keeps_the_part(bench: Bench) -> None:
    order = await bench.rest(size=5 * SIZE)
    bench.fail(Delay(on="post", type=bench.terms.cancel, ms=300, executed=False, count=1))
    bench.hand.cancel_order(order)
    await delayed(bench, bench.terms.cancel)
    bench.still.fill(order, 2 * SIZE)
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert order.filled_qty.as_decimal() == bench.held_here == bench.held_there == 2 * SIZE


async def test_a_refused_change_leaves_here_what_it_leaves_there(bench: Bench) -> None:
    order = await bench.rest()
    bench.hand.modify_order(order, quantity=bench.quantity(Decimal(90)))  # beyond the margin
    await eventually(lambda: "ModifyRejected" in bench.story(order))

    def is_alike() -> bool:
        here = [(order.price.as_decimal(), SIZE)] if order.is_open else []
        return here == [(live.request.price, live.remaining) for live in bench.live]

    await eventually(is_alike)  # a venue may end the order that it does not change
    assert order.quantity.as_decimal() == SIZE
    assert "Updated" not in bench.story(order)
