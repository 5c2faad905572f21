"""What both venues owe, of a node's lives: how it begins, what it keeps, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from nautilus_trader.execution.reports import ExecutionMassStatus
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, PositionSide
from nautilus_trader.model.identifiers import ClientOrderId

from adapters.common.errors import VenueError
from adapters.common.governor import Rank, WeightGovernor
from adapters.common.key_state import SignerInUse
from simulator.fault_rules import DropReply, Status
from tests.acceptance.children import child_of
from tests.acceptance.under_test import KEY, KEY_VARIABLE
from tests.adapters.contract_bench import (
    SETTLED_SECS,
    SIZE,
    Bench,
    Still,
    benched,
    closed,
    resting,
    standing,
)
from tests.adapters.contract_terms import Terms
from tests.adapters.test_contract import exit_of
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

type At = tuple[Path, pytest.MonkeyPatch]
"""Where the state of the signer lies, and the environment that holds its key."""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


@pytest_asyncio.fixture(loop_scope="module")
async def still(terms: Terms) -> AsyncIterator[Still]:
    """Run a venue that outlives its nodes."""
    async with standing(terms) as still:
        yield still


async def test_a_restart_knows_its_orders_and_its_position(still: Still, at: At) -> None:
    async with benched(still, *at) as bench:
        entry = await bench.enter()
        limit = await bench.rest()
        stop = bench.submit(exit_of(bench, -600, OrderType.STOP_MARKET))
        await resting(stop)
    async with benched(still, *at) as again:
        cache = again.run.cache
        known = {order.client_order_id: order for order in cache.orders_open()}
        assert set(known) == {limit.client_order_id, stop.client_order_id}
        found, guard = known[limit.client_order_id], known[stop.client_order_id]
        assert (found.price, found.quantity, found.side) == (
            limit.price,
            limit.quantity,
            limit.side,
        )
        assert guard.order_type == OrderType.STOP_MARKET
        assert guard.trigger_price == stop.trigger_price
        assert guard.is_reduce_only
        (position,) = again.positions
        assert position.quantity == entry.quantity
        assert position.avg_px_open == pytest.approx(float(entry.avg_px))
        assert [m.as_decimal() for m in position.commissions()] == [again.fills[0].fee]
        assert again.cash_here == again.cash_there
        again.hand.cancel_order(found)
        await closed(found)
        assert again.live_ids == {guard.venue_order_id.value}


async def test_a_position_turned_while_away_is_turned_after_the_restart(
    still: Still, at: At
) -> None:
    async with benched(still, *at) as bench:
        await bench.enter()
        order = await bench.rest(side=OrderSide.SELL, size=3 * SIZE)
    still.fill(order)
    async with benched(still, *at) as again:
        assert again.held_there == -2 * SIZE
        await eventually(lambda: again.held_here == -2 * SIZE)
        (position,) = again.positions
        assert position.side == PositionSide.SHORT
        assert position.avg_px_open == pytest.approx(float(order.price))
        assert not again.run.cache.orders_open()
        assert again.cash_here == again.cash_there
        await again.enter(OrderSide.BUY, 2 * SIZE)
        await eventually(lambda: again.held_here == again.held_there == 0)


async def test_a_part_filled_while_away_is_known_after_the_restart(still: Still, at: At) -> None:
    async with benched(still, *at) as bench:
        order = await bench.rest(size=5 * SIZE)
    still.fill(order, 2 * SIZE)
    async with benched(still, *at) as again:
        found = again.run.cache.order(order.client_order_id)
        assert found.status == OrderStatus.PARTIALLY_FILLED
        assert found.filled_qty.as_decimal() == again.held_here == again.held_there == 2 * SIZE
        again.still.fill(found)
        await closed(found)
        assert found.status == OrderStatus.FILLED
        await eventually(lambda: again.held_here == 5 * SIZE)


async def test_what_was_opened_elsewhere_is_known_from_the_start(still: Still, at: At) -> None:
    bid = still.market.bid
    still.place_elsewhere(OrderSide.SELL, bid - 100)
    resting_there = still.place_elsewhere(OrderSide.BUY, bid - 700)
    async with benched(still, *at) as bench:
        (order,) = bench.run.cache.orders_open()
        assert order.venue_order_id.value == str(resting_there.oid)
        assert bench.held_here == bench.held_there == -SIZE
        still.place_elsewhere(OrderSide.SELL, bid - 100)
        await eventually(lambda: bench.held_here == bench.held_there == -2 * SIZE)
        fees = sum(fill.fee for fill in bench.fills)
        told = [m for position in bench.positions for m in position.commissions()]
        assert sum(m.as_decimal() for m in told) == fees


async def test_a_venue_that_is_broken_for_a_moment_does_not_end_the_start(
    still: Still, at: At
) -> None:
    # Half of these befall the data client, which asks at the same time.
    still.venue.faults.add(Status(on="request", status=502, count=10))
    async with benched(still, *at, http_max_attempts=1) as bench:
        assert bench.run.cache.account(bench.client.account_id) is not None
        await bench.enter()
        await eventually(lambda: bench.held_here == bench.held_there == SIZE)


async def test_a_venue_that_does_not_tell_of_the_past_at_once_is_asked_again(
    still: Still, at: At
) -> None:
    async with benched(still, *at) as bench:
        await bench.enter()
    asked = {"HYPERLIQUID": "historicalOrders", "SYNTHETIX": "getTrades"}
    fault = Status(on="request", type=asked[still.terms.adapter.client], status=429, count=2)
    still.venue.faults.add(fault)
    async with benched(still, *at, http_max_attempts=1) as again:
        assert [standing.fired for standing in still.venue.faults.rules] == [2]
        assert again.held_here == again.held_there == SIZE


async def test_a_line_that_breaks_during_the_start_tells_nothing_of_the_past_in_parts(
    still: Still, at: At
) -> None:
    async with benched(still, *at) as bench:
        await bench.enter()
        await bench.enter(OrderSide.SELL, 2 * SIZE)
    past = {"HYPERLIQUID": "historicalOrders", "SYNTHETIX": "getTrades"}[bench.client.id.value]
    parts: list[ExecutionMassStatus] = []

    class Part(ExecutionMassStatus):
        def __init__(self, *args: object, **named: object) -> None:
            super().__init__(*args, **named)
            parts.append(self)

    async def break_line() -> None:
        """Break it while the past is asked for; what it may have missed is asked for, too."""
        await eventually(lambda: still.venue.faults.rules[0].fired, SETTLED_SECS)
        await still.venue.drop_connections()

    at[1].setattr("adapters.common.foreign.ExecutionMassStatus", Part)
    still.venue.faults.add(Status(on="request", type=past, status=502, count=4))
    breaking = asyncio.create_task(break_line())
    async with benched(still, *at, http_max_attempts=1) as again:
        await breaking
        assert not parts
        assert again.held_here == again.held_there == -SIZE
        still.place_elsewhere(OrderSide.SELL, still.market.bid - 100)
        await eventually(lambda: parts)
        await eventually(lambda: again.held_here == again.held_there == -2 * SIZE)


async def test_an_order_of_an_earlier_life_is_found_or_proven_absent(still: Still, at: At) -> None:
    async with benched(still, *at) as bench:
        kept = await bench.rest()
        filled = await bench.rest(490)
        bench.still.fill(filled, SIZE)
        await closed(filled)
    async with benched(still, *at, **still.terms.soon_sure) as again:
        client = again.client
        for order, status in ((kept, OrderStatus.ACCEPTED), (filled, OrderStatus.FILLED)):
            report = await client.find_order(order.client_order_id)
            assert report is not None
            assert report.order_status == status
            assert again.run.cache.order(order.client_order_id) is not None
        never = ClientOrderId("O-20260101-000000-001-001-99")
        with pytest.raises(VenueError):  # it may still be on its way
            await client.find_order(never)
        assert await proven(client, never)
        assert again.sent() == []


async def proven(client: LiveExecutionClient, client_order_id: ClientOrderId) -> bool:
    """Ask until the venue is sure; return whether it has no such order."""
    async with asyncio.timeout(15):
        while True:
            try:
                return await client.find_order(client_order_id) is None
            except VenueError:
                await asyncio.sleep(0.2)


async def test_leverage_is_set_at_connect_and_by_command(still: Still, at: At) -> None:
    instrument_id = still.terms.instrument_id
    async with benched(still, *at, leverages={str(instrument_id): 7}) as bench:
        held = bench.run.ledger.positions[0]
        assert held.leverage == 7
        command = still.terms.set_leverage(instrument_id, 3)
        endpoint = f"{still.terms.adapter.client}.command"
        bench.run.node.kernel.msgbus.send(endpoint, command)
        await eventually(lambda: bench.run.ledger.positions[0].leverage == 3)


async def test_the_dead_mans_switch_is_armed_ahead_and_disarmed_at_the_end(
    still: Still, at: At
) -> None:
    account = still.venue.trading.exchange.account(still.terms.adapter.account)
    async with benched(still, *at, dead_mans_switch_secs=10) as bench:
        await eventually(lambda: account.cancel_at is not None)
        first = account.cancel_at
        assert 5_000 <= first - still.venue.clock.now_ms() <= 10_500
        order = await bench.rest()
        await eventually(lambda: account.cancel_at > first, 8.0)  # moved on while all is well
        assert order.is_open
    assert account.cancel_at is None
    assert account.live


async def test_a_key_serves_one_client_at_a_time(still: Still, at: At) -> None:
    async with benched(still, *at) as bench:
        with pytest.raises(SignerInUse):
            create(bench)
    async with benched(still, *at) as again:  # it is free once the first has ended
        await again.rest()


def create(bench: Bench) -> LiveExecutionClient:
    """Make a second execution client of the same key."""
    run, kernel = bench.run, bench.run.node.kernel
    return bench.terms.exec_factory.create(
        asyncio.get_running_loop(),
        bench.terms.adapter.client,
        run.settings,
        kernel.msgbus,
        run.cache,
        kernel.clock,
    )


async def test_at_the_rate_limit_new_orders_wait_and_cancels_pass(still: Still, at: At) -> None:
    made: list[WeightGovernor] = []

    def governor() -> WeightGovernor:
        made.append(WeightGovernor(10_000, still.terms.window_secs, {Rank.URGENT: 200}))
        return made[-1]

    async with benched(still, *at, governor) as bench:
        order = await bench.rest()
        (limit,) = made
        limit.charge(limit.remaining - 150)
        late = bench.submit(bench.new_limit(510))
        bench.hand.cancel_order(order)
        await closed(order)
        await closed(late)
        assert order.status == OrderStatus.CANCELED
        assert bench.story(late) == ["Denied"]  # its price was bound to a market of then
        assert not bench.live
        names = [action["name"] for action in bench.sent()]
        assert names[-2:] == [still.terms.place, still.terms.cancel]
        assert limit.remaining >= 0
        await eventually(bench.is_idle)  # a node that stops says what it breaks off


async def test_an_order_that_was_in_flight_at_the_end_is_known_after_it(
    still: Still, at: At
) -> None:
    async with benched(still, *at) as bench:
        bench.mute()
        bench.fail(DropReply(on="post", type=still.terms.place, count=1))
        order = bench.submit(bench.new_limit(500))
        await eventually(lambda: bench.live)
        assert order.status == OrderStatus.SUBMITTED
    still.venue.faults.clear()
    bench.unmute()
    async with benched(still, *at) as again:
        (found,) = again.run.cache.orders_open()
        assert found.client_order_id == order.client_order_id
        assert again.live_ids == {found.venue_order_id.value}
        assert again.held_there == Decimal(0)


async def test_the_key_is_in_no_log_no_repr_no_exception_and_no_file(
    terms: Terms, tmp_path: Path
) -> None:
    async with child_of("tests.adapters.contract_life", terms.name, str(tmp_path)) as child:
        await child.says("The end", timeout_secs=60)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    said = [child.log.encode(), *(path.read_bytes() for path in files)]
    assert len(said) > 2  # the log's file, and what is kept of the key
    assert "OrderSubmitted" in child.log
    assert "SignerInUse" in child.log
    assert KEY_VARIABLE in child.log
    secret = KEY[2:-1].encode()
    for text in said:
        assert secret not in text.lower()
        assert bytes.fromhex(KEY[2:]) not in text
