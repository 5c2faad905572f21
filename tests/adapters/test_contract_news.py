"""What both venues owe, of news: parts, strangers, and what is told twice, late or not at all."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, PositionSide

from simulator.fault_rules import AckRace, AnyRule, Delay, Duplicate, Reorder
from tests.adapters.contract_bench import SIZE, Bench, closed, resting
from tests.adapters.contract_terms import Terms
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

type Faults = Callable[[Terms], list[AnyRule]]


def doubled(terms: Terms) -> list[AnyRule]:
    return [Duplicate(on="ws", type=one, times=2) for one in terms.account_channels]


def doubled_late(terms: Terms) -> list[AnyRule]:
    return [Duplicate(on="ws", type=one, ms=200) for one in terms.account_channels]


def late(terms: Terms) -> list[AnyRule]:
    return [Delay(on="ws", type=one, ms=200) for one in terms.account_channels]


def swapped(terms: Terms) -> list[AnyRule]:
    return [Reorder(on="ws", type=one) for one in terms.account_channels[:1]]


def reply_last(terms: Terms) -> list[AnyRule]:
    return [Delay(on="post", type=terms.place, ms=300, executed=True)]


def reply_first(_: Terms) -> list[AnyRule]:
    return [AckRace(ms=200)]


DISORDER = [doubled, doubled_late, late, swapped, reply_last, reply_first]


def named(faults: Faults) -> str:
    return faults.__name__.replace("_", " ")


@pytest.mark.parametrize("faults", DISORDER, ids=named)
async def test_a_fill_counts_once_however_it_is_told(bench: Bench, faults: Faults) -> None:
    bench.fail(*faults(bench.terms))
    before = bench.cash_here
    order = await bench.enter()
    assert bench.story(order) == ["Submitted", "Accepted", "Filled"]
    exit_ = await bench.enter(OrderSide.SELL)
    assert bench.story(exit_) == ["Submitted", "Accepted", "Filled"]
    assert bench.held_here == bench.held_there == 0
    await eventually(lambda: bench.cash_here == bench.cash_there)
    assert bench.cash_here < before
    assert bench.venue.faults.log


@pytest.mark.parametrize("faults", DISORDER, ids=named)
async def test_an_order_rests_and_ends_once_however_it_is_told(
    bench: Bench, faults: Faults
) -> None:
    bench.fail(*faults(bench.terms))
    order = await bench.rest()
    bench.hand.cancel_order(order)
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "PendingCancel", "Canceled"]
    assert not bench.live
    assert bench.venue.faults.log


async def test_parts_add_up_and_the_last_one_fills(bench: Bench) -> None:
    order = await bench.rest(size=5 * SIZE)
    bench.fail(*doubled(bench.terms))
    for times in (1, 2):
        bench.still.fill(order, 2 * SIZE)
        await eventually(lambda times=times: order.filled_qty.as_decimal() == 2 * SIZE * times)
        assert order.status == OrderStatus.PARTIALLY_FILLED
        await eventually(lambda: bench.held_here == bench.held_there)
    bench.still.fill(order)
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "Filled", "Filled", "Filled"]
    assert len(order.trade_ids) == 3
    assert bench.held_here == bench.held_there == 5 * SIZE


async def test_the_rest_of_a_part_filled_order_can_be_canceled(bench: Bench) -> None:
    order = await bench.rest(size=5 * SIZE)
    bench.still.fill(order, SIZE)
    await eventually(lambda: order.status == OrderStatus.PARTIALLY_FILLED)
    bench.hand.cancel_order(order)
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert order.filled_qty.as_decimal() == bench.held_here == bench.held_there == SIZE
    assert not bench.live


async def test_a_silent_stream_is_made_up_for_by_asking(bench: Bench) -> None:
    order = await bench.rest()
    bench.mute()
    canceled = await bench.rest(510)
    bench.hand.cancel_order(canceled)
    await closed(canceled)
    assert canceled.status == OrderStatus.CANCELED
    assert bench.live_ids == {order.venue_order_id.value}
    taken = bench.submit(bench.orders.market(bench.instrument_id, OrderSide.BUY, bench.quantity()))
    await closed(taken)
    assert taken.status == OrderStatus.FILLED
    await eventually(lambda: bench.held_here == bench.held_there == SIZE)


async def test_a_position_that_an_order_turns_is_turned_here_too(bench: Bench) -> None:
    await bench.enter()
    await bench.enter(OrderSide.SELL, 3 * SIZE)
    assert bench.held_there == -2 * SIZE
    await eventually(lambda: bench.held_here == -2 * SIZE)
    (position,) = bench.positions
    assert position.side == PositionSide.SHORT
    assert position.avg_px_open == pytest.approx(float(bench.fills[-1].price))


async def test_an_order_placed_elsewhere_is_told_and_can_be_canceled(bench: Bench) -> None:
    price = bench.price(-700)
    placed = bench.still.place_elsewhere(OrderSide.BUY, int(price))

    def found() -> list[str]:
        cache = bench.run.cache
        return [order.venue_order_id.value for order in cache.orders_open()]

    await eventually(lambda: found() == [str(placed.oid)])
    (order,) = bench.run.cache.orders_open()
    assert (order.price, order.quantity.as_decimal()) == (price, SIZE)
    assert order.side == OrderSide.BUY
    bench.hand.cancel_order(order)
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert not bench.live


async def test_cancel_all_takes_what_was_placed_elsewhere(bench: Bench) -> None:
    ours = await bench.rest()
    bench.still.place_elsewhere(OrderSide.BUY, int(bench.price(-700)))
    bench.hand.cancel_all_orders(bench.instrument_id)
    await closed(ours)
    await eventually(lambda: not bench.live)


async def test_many_orders_at_once_each_have_their_own_story(bench: Bench) -> None:
    orders = [bench.submit(bench.new_limit(500 + 10 * n)) for n in range(12)]
    for order in orders:
        await resting(order)
        assert bench.story(order) == ["Submitted", "Accepted"]
    assert bench.live_ids == {order.venue_order_id.value for order in orders}
    assert {str(live.request.price) for live in bench.live} == {
        str(order.price.as_decimal()) for order in orders
    }
    bench.hand.cancel_all_orders(bench.instrument_id)
    for order in orders:
        await closed(order)
        assert order.status == OrderStatus.CANCELED
    assert not bench.live
    assert bench.held_there == Decimal(0)
