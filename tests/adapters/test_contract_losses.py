"""
What both venues owe, of losses: what is unknown is no reject, is looked up and is never doubled.

A reply is lost by silence, by a broken connection and by a gateway that failed after the venue
had done as told; a request is lost before the venue has seen it.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.fault_rules import (
    Abort,
    AnyRule,
    Close,
    DropReply,
    DropRequest,
    HalfOpen,
    Status,
)
from tests.adapters.contract_bench import SETTLED_SECS, SIZE, Bench, closed, resting
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXPIRY_NS = 2_000_000_000
"""That of the shared node's settings: before it a request that was lost may still arrive."""

type Loss = Callable[[str], AnyRule]

LOSSES = [
    pytest.param(lambda kind: DropReply(on="post", type=kind, count=1), id="no answer"),
    pytest.param(lambda kind: Close(on="post", type=kind, count=1, executed=True), id="closed"),
    pytest.param(lambda kind: Abort(on="post", type=kind, count=1, executed=True), id="reset"),
    pytest.param(
        lambda kind: Status(on="post", type=kind, count=1, status=502, executed=True), id="502"
    ),
    pytest.param(
        lambda kind: Status(on="post", type=kind, count=1, status=500, executed=True), id="500"
    ),
]
UNSEEN = [
    pytest.param(lambda kind: DropRequest(on="post", type=kind, count=1), id="no answer"),
    pytest.param(lambda kind: Status(on="post", type=kind, count=1, status=502), id="502"),
]


async def ended(bench: Bench, order: Order, event: str) -> None:
    await eventually(lambda: bench.story(order)[-1] == event, SETTLED_SECS)


@pytest.mark.parametrize("loss", LOSSES)
async def test_an_order_whose_answer_is_lost_is_looked_up_and_not_doubled(
    bench: Bench, loss: Loss
) -> None:
    bench.mute()
    bench.fail(loss(bench.terms.place))
    order = await bench.rest()
    assert bench.story(order) == ["Submitted", "Accepted"]
    assert bench.live_ids == {order.venue_order_id.value}
    assert len(bench.sent(bench.terms.place)) == 1
    assert bench.asked() > 0


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_a_fill_whose_answer_is_lost_is_found(bench: Bench, loss: Loss) -> None:
    bench.mute()
    bench.fail(loss(bench.terms.place))
    order = bench.submit(bench.orders.market(bench.instrument_id, OrderSide.BUY, bench.quantity()))
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "Filled"]
    await eventually(lambda: bench.held_here == bench.held_there == SIZE)
    await eventually(lambda: bench.cash_here == bench.cash_there, SETTLED_SECS)
    assert len(bench.sent(bench.terms.place)) == 1


@pytest.mark.parametrize("loss", UNSEEN)
async def test_an_order_that_never_arrived_is_rejected_only_after_its_expiry(
    bench: Bench, loss: Loss
) -> None:
    bench.fail(loss(bench.terms.place))
    order = bench.submit(bench.new_limit(500))
    await closed(order)
    assert bench.story(order) == ["Submitted", "Rejected"]
    assert order.last_event.ts_event - order.events[1].ts_event > EXPIRY_NS
    assert not order.last_event.due_post_only
    assert not bench.live
    assert len(bench.sent(bench.terms.place)) == 1


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_a_list_whose_answer_is_lost_is_found_order_by_order(
    bench: Bench, loss: Loss
) -> None:
    bench.mute()
    bench.fail(loss(bench.terms.place))
    orders = [bench.new_limit(500), bench.new_limit(510)]
    bench.hand.submit_order_list(bench.orders.create_list(orders))
    for order in orders:
        await resting(order)
    assert bench.live_ids == {order.venue_order_id.value for order in orders}
    assert len(bench.sent(bench.terms.place)) == 1


@pytest.mark.parametrize("loss", LOSSES[:3])
async def test_a_cancel_whose_answer_is_lost_is_settled_by_a_look(bench: Bench, loss: Loss) -> None:
    order = await bench.rest()
    bench.mute()
    bench.fail(loss(bench.terms.cancel))
    bench.hand.cancel_order(order)
    await closed(order)
    assert bench.story(order)[2:] == ["PendingCancel", "Canceled"]
    assert not bench.live


async def test_a_cancel_that_never_arrived_leaves_the_order_open(bench: Bench) -> None:
    order = await bench.rest()
    bench.fail(DropRequest(on="post", type=bench.terms.cancel, count=1))
    bench.hand.cancel_order(order)
    await ended(bench, order, "CancelRejected")
    assert order.status == OrderStatus.ACCEPTED
    assert bench.live_ids == {order.venue_order_id.value}


@pytest.mark.parametrize("loss", LOSSES[:3])
async def test_a_change_whose_answer_is_lost_is_settled_by_a_look(bench: Bench, loss: Loss) -> None:
    order = await bench.rest()
    bench.mute()
    bench.fail(loss(bench.terms.modify))
    bench.hand.modify_order(order, price=bench.price(-400))
    await ended(bench, order, "Updated")
    (live,) = bench.live
    assert order.price.as_decimal() == live.request.price == bench.price(-400).as_decimal()
    assert order.venue_order_id.value == str(live.oid)
    assert bench.story(order)[2:] == ["PendingUpdate", "Updated"]


async def test_a_change_that_never_arrived_leaves_the_order_as_it_is(bench: Bench) -> None:
    order = await bench.rest()
    price = order.price
    bench.fail(DropRequest(on="post", type=bench.terms.modify, count=1))
    bench.hand.modify_order(order, price=bench.price(-400))
    await ended(bench, order, "ModifyRejected")
    (live,) = bench.live
    assert order.price == price
    assert (order.price.as_decimal(), order.status) == (live.request.price, OrderStatus.ACCEPTED)


async def test_fills_missed_while_away_are_there_once_it_is_back(bench: Bench) -> None:
    order, part = await bench.rest(), await bench.rest(510, size=5 * SIZE)
    await bench.disconnect()
    bench.still.fill(order, SIZE)
    bench.still.fill(part, 2 * SIZE)
    bench.reconnect()
    await closed(order)
    assert bench.story(order) == ["Submitted", "Accepted", "Filled"]
    await eventually(lambda: part.filled_qty > 0)
    assert part.filled_qty.as_decimal() == sum(
        fill.size for fill in bench.fills if str(fill.oid) == part.venue_order_id.value
    )
    await eventually(lambda: bench.held_here == bench.held_there > 0)
    await eventually(lambda: bench.cash_here == bench.cash_there, SETTLED_SECS)


async def test_a_cancel_missed_while_away_is_told_once_it_is_back(bench: Bench) -> None:
    order = await bench.rest()
    assert bench.client.is_streaming
    await bench.disconnect()
    await eventually(lambda: not bench.client.is_streaming)
    exchange = bench.venue.trading.exchange
    now_ms = bench.venue.clock.now_ms()
    (live,) = bench.live
    reply = exchange.cancel(bench.run.account, [(live.asset, live.oid)], now_ms)
    bench.venue.trading.tell(reply.events)
    assert not bench.live
    bench.reconnect()
    await closed(order)
    assert order.status == OrderStatus.CANCELED
    assert bench.client.is_streaming


async def test_while_there_is_no_connection_orders_go_another_way(bench: Bench) -> None:
    await bench.disconnect()
    order = await bench.rest()
    assert bench.live_ids == {order.venue_order_id.value}
    bench.hand.cancel_order(order)
    await closed(order)
    assert bench.story(order)[-1] == "Canceled"
    assert not bench.live
    assert len(bench.sent()) == 2
    assert bench.held_there == Decimal(0)


async def test_a_line_that_swallows_orders_is_renewed_long_before_it_counts_as_idle(
    bench: Bench,
) -> None:
    client = bench.terms.connection_of(bench.client)
    dead = client._connection
    bench.fail(HalfOpen(on="post", type=bench.terms.place, count=1))
    lost = bench.submit(bench.new_limit(500))
    await closed(lost)
    assert bench.story(lost) == ["Submitted", "Rejected"]
    await eventually(lambda: client._connection not in {None, dead}, SETTLED_SECS)
    order = await bench.rest()
    assert bench.live_ids == {order.venue_order_id.value}
