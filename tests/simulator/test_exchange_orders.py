import pytest

from simulator.exchange.events import Denied, Done, Filled, Refused, Resting
from simulator.exchange.model import Fault, Grouping, OrderRequest, Side, Status, Tif
from simulator.exchange.rules import Knobs, VenueRules
from tests.simulator.exchange_setup import (
    BTC,
    BUY,
    ETH,
    NOW,
    SELL,
    D,
    eth,
    eth_book,
    exchange,
    fills,
    mark_eth,
    position,
    profit,
    statuses,
    stop,
)


def test_a_resting_order_is_open_and_an_immediate_fill_tells_open_and_filled() -> None:
    made = exchange()
    eth_book(made)
    resting = made.place("ann", [eth(BUY, "1990", "1", client_id="a")], NOW)
    assert resting.outcomes == (Resting(100, "a"),)
    assert statuses(resting.events) == [(100, Status.OPEN)]
    taking = made.place("ann", [eth(BUY, "2002", "6")], NOW)
    assert taking.outcomes == (Filled(101, None, D(6), D(12007) / 6),)
    assert statuses(taking.events) == [(101, Status.OPEN), (101, Status.FILLED)]
    assert [(x.price, x.size) for x in fills(taking.events)] == [(2001, 5), (2002, 1)]
    assert len({x.tid for x in fills(taking.events)}) == 2


def test_events_stand_in_the_order_open_fills_filled() -> None:
    made = exchange()
    eth_book(made)
    events = made.place("ann", [eth(BUY, "2002", "6")], NOW).events
    assert [type(x).__name__ for x in events] == ["OrderChanged", "Fill", "Fill", "OrderChanged"]
    assert events[0].order.filled == 0, "an event keeps the order as it was then"
    assert events[-1].order.remaining == 0


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (eth(BUY, "2000.15", "1"), Status.TICK_REJECTED),
        (stop(SELL, "1900.123", "1800", "1"), Status.TICK_REJECTED),
        (stop(SELL, "2000", "1800", "1"), Status.TRIGGER_REJECTED),
        (profit(BUY, "2000", "2100", "1"), Status.TRIGGER_REJECTED),
        (eth(SELL, "2100", "1", reduce_only=True), Status.REDUCE_ONLY_REJECTED),
        (eth(BUY, "1999", "0.005"), Status.MIN_NOTIONAL_REJECTED),
        (eth(BUY, "1990", "101"), Status.MARGIN_REJECTED),
        (eth(BUY, "2001", "1", tif=Tif.ALO), Status.POST_ONLY_REJECTED),
        (eth(BUY, "2000", "1", tif=Tif.IOC), Status.IOC_REJECTED),
        (eth(BUY, "2000", "1", tif=Tif.MARKET), Status.NO_LIQUIDITY_REJECTED),
        (eth(BUY, "2002", "11", tif=Tif.FOK), Status.FOK_REJECTED),
    ],
)
def test_the_exchange_refuses_with_an_id_and_one_event(
    request_: OrderRequest, status: Status
) -> None:
    made = exchange()
    eth_book(made)
    reply = made.place("ann", [request_], NOW)
    assert reply.outcomes == (Refused(100, None, ETH, status, D(1999), D(2001)),)
    assert statuses(reply.events) == [(100, status)]
    assert not made.account("ann").live


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (eth(BUY, "0", "1"), Fault.INVALID_PRICE),
        (eth(BUY, "2000", "0"), Fault.ZERO_SIZE),
        (eth(BUY, "2000", "0.00001"), Fault.INVALID_SIZE),
        (eth(BUY, "2000", "-1"), Fault.INVALID_SIZE),
        (eth(BUY, "99", "1"), Fault.PRICE_BAND),
        (OrderRequest(9, BUY, D(1), D(1)), Fault.UNKNOWN_ASSET),
        (eth(BUY, "2000", "2501", tif=Tif.IOC), Fault.VALUE_TOO_LARGE),
    ],
)
def test_one_malformed_order_denies_the_whole_batch_with_one_entry(
    request_: OrderRequest, fault: Fault
) -> None:
    made = exchange(market_value_max=D(5_000_000))
    reply = made.place("ann", [eth(BUY, "1990", "1"), request_], NOW)
    assert reply.outcomes == (Denied(fault),)
    assert reply.events == ()


def test_an_empty_batch_and_a_lone_child_are_denied() -> None:
    made = exchange()
    assert made.place("ann", [], NOW).outcomes == (Denied(Fault.EMPTY_BATCH),)
    lone = made.place("ann", [eth(BUY, "1990", "1")], NOW, Grouping.NORMAL_TPSL)
    assert lone.outcomes == (Denied(Fault.UNEXPECTED_TRIGGERS),)
    child = stop(SELL, "1900", "1800", "1")
    loose = made.place("ann", [eth(BUY, "1990", "1"), child], NOW, Grouping.NORMAL_TPSL)
    assert loose.outcomes == (Denied(Fault.NOT_REDUCE_ONLY),)


def test_refused_and_accepted_orders_mix_in_a_batch_and_keep_their_places() -> None:
    made = exchange()
    batch = [eth(BUY, "1990", "0.001"), eth(BUY, "1990", "1")]
    first, second = made.place("ann", batch, NOW).outcomes
    assert isinstance(first, Refused)
    assert second == Resting(101, None)


def test_only_a_reduction_of_the_whole_position_may_be_dust() -> None:
    made = exchange()
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "0.0051", tif=Tif.IOC)], NOW)
    mark_eth(made, "1900")
    eth_book(made, bids="1899*5", asks="1901*5")
    sales = [
        eth(SELL, "1899", "0.0051", tif=Tif.IOC),
        eth(SELL, "1899", "0.0050", tif=Tif.IOC, reduce_only=True),
        eth(SELL, "1899", "0.0051", tif=Tif.IOC, reduce_only=True),
    ]
    first, second, third = made.place("ann", sales, NOW).outcomes
    assert {first.status, second.status} == {Status.MIN_NOTIONAL_REJECTED}
    assert isinstance(third, Filled)


def test_a_reduce_only_order_fills_only_what_closes_the_position() -> None:
    made = exchange()
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "1", tif=Tif.IOC)], NOW)
    reply = made.place("ann", [eth(SELL, "1999", "3", tif=Tif.IOC, reduce_only=True)], NOW)
    assert reply.outcomes == (Filled(101, None, D(1), D(1999)),)
    assert position(made, "ann") == 0
    assert statuses(reply.events)[-1] == (101, Status.REDUCE_ONLY_CANCELED)


def test_resting_reductions_end_when_the_position_does() -> None:
    made = exchange()
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "1", tif=Tif.IOC)], NOW)
    made.place("ann", [eth(SELL, "2100", "1", reduce_only=True)], NOW)
    made.place("ann", [stop(SELL, "1900", "1800", "1", reduce_only=True)], NOW)
    reply = made.place("ann", [eth(SELL, "1999", "1", tif=Tif.IOC)], NOW)
    ended = [x for x in statuses(reply.events) if x[1] is Status.REDUCE_ONLY_CANCELED]
    assert ended == [(101, Status.REDUCE_ONLY_CANCELED), (102, Status.REDUCE_ONLY_CANCELED)]


@pytest.mark.parametrize(
    ("knobs", "outcome", "changes"),
    [
        (Knobs(), Resting(100, None), [Status.OPEN]),
        (Knobs(partial_ack_is_filled=True), Filled(100, None, D(5), D(2001)), [Status.OPEN]),
        (
            Knobs(partial_fill_reports_open=True),
            Resting(100, None),
            [Status.OPEN, Status.OPEN],
        ),
    ],
)
def test_what_is_unknown_of_a_partial_fill_is_a_knob(
    knobs: Knobs, outcome: object, changes: list[Status]
) -> None:
    made = exchange(knobs=knobs)
    eth_book(made)
    reply = made.place("ann", [eth(BUY, "2001", "6")], NOW)
    assert reply.outcomes == (outcome,)
    assert [status for _, status in statuses(reply.events)] == changes
    assert made.order("ann", 100).remaining == 1


@pytest.mark.parametrize("status", [Status.CANCELED, Status.IOC_REJECTED, Status.FILLED])
def test_a_partly_filled_ioc_is_acknowledged_and_ends_as_the_knob_says(status: Status) -> None:
    made = exchange(knobs=Knobs(partial_ioc_status=status))
    eth_book(made)
    reply = made.place("ann", [eth(BUY, "2001", "6", tif=Tif.IOC)], NOW)
    assert reply.outcomes == (Filled(100, None, D(5), D(2001)),)
    assert statuses(reply.events) == [(100, Status.OPEN), (100, status)]


def test_cancel_needs_the_right_asset_and_a_live_order() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1", client_id="a")], NOW)
    missing = Denied(Fault.MISSING_ORDER)
    wrong = made.cancel("ann", [(BTC, 100), (ETH, 7), (ETH, "b")], NOW)
    assert wrong.outcomes == (missing, missing, missing)
    assert made.cancel("bob", [(ETH, 100)], NOW).outcomes == (missing,)
    reply = made.cancel("ann", [(ETH, "a"), (ETH, 100)], NOW)
    assert reply.outcomes == (Done(100), missing)
    assert statuses(reply.events) == [(100, Status.CANCELED)]


def test_cancel_all_takes_one_market_or_side() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1"), eth(SELL, "2100", "1")], NOW)
    made.place("ann", [OrderRequest(BTC, BUY, D(90_000), D("0.001"))], NOW)
    assert made.cancel_all("ann", NOW, asset=ETH, side=Side.SELL).outcomes == (Done(101),)
    assert made.cancel_all("ann", NOW).outcomes == (Done(100), Done(102))


def test_modify_cancels_and_places_anew_at_the_end_of_the_queue() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1", client_id="a")], NOW)
    made.place("bob", [eth(BUY, "1990", "1")], NOW)
    reply = made.modify("ann", [("a", eth(BUY, "1990", "2", client_id="a"))], NOW)
    assert reply.outcomes == (Resting(102, "a"),)
    assert statuses(reply.events) == [(100, Status.CANCELED), (102, Status.OPEN)]
    made.place("cat", [eth(SELL, "1990", "1")], NOW)
    assert (position(made, "bob"), position(made, "ann")) == (1, 0)
    assert made.order("ann", "a").oid == 102


def test_modify_of_a_gone_order_is_denied_unless_it_is_always_placed() -> None:
    made = exchange()
    new = eth(BUY, "1990", "1")
    assert made.modify("ann", [(5, new)], NOW).outcomes == (Denied(Fault.MODIFY_GONE),)
    assert made.modify("ann", [(5, new)], NOW, always=True).outcomes == (Resting(100, None),)


def test_modify_leaves_the_old_order_when_malformed_and_cancels_it_when_refused() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1")], NOW)
    malformed = made.modify("ann", [(100, eth(BUY, "1990", "0"))], NOW)
    assert malformed.outcomes == (Denied(Fault.MODIFY_INVALID),)
    assert malformed.events == ()
    refused = made.modify("ann", [(100, eth(BUY, "1990", "101"))], NOW)
    assert statuses(refused.events) == [(100, Status.CANCELED), (101, Status.MARGIN_REJECTED)]


def test_a_venue_that_keeps_the_id_counts_the_new_size_as_the_total() -> None:
    made = exchange(VenueRules(modify_keeps_id=True))
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "6")], NOW)
    below = made.modify("ann", [(100, eth(BUY, "2001", "5"))], NOW)
    assert below.outcomes == (Denied(Fault.BELOW_FILLED),)
    made.modify("ann", [(100, eth(BUY, "1990", "7"))], NOW)
    order = made.order("ann", 100)
    assert (order.filled, order.remaining, order.request.price) == (5, 2, 1990)


def test_a_venue_that_keeps_the_id_leaves_an_order_alone_whose_change_is_refused() -> None:
    made = exchange(VenueRules(modify_keeps_id=True))
    eth_book(made)
    made.place("ann", [eth(BUY, "1990", "2", tif=Tif.ALO, client_id="a")], NOW)
    for change, status in (
        (eth(BUY, "2001", "2", tif=Tif.ALO, client_id="b"), Status.POST_ONLY_REJECTED),
        (eth(BUY, "1990", "1000", tif=Tif.ALO), Status.MARGIN_REJECTED),
        (eth(BUY, "1990.123", "2", tif=Tif.ALO), Status.TICK_REJECTED),
    ):
        reply = made.modify("ann", [(100, change)], NOW)
        assert (reply.outcomes[0].oid, reply.outcomes[0].status) == (100, status)
        assert reply.events == ()
    order = made.order("ann", "a")
    assert made.account("ann").live == {100: order}
    assert (order.request.price, order.remaining) == (1990, 2)
    assert made.order("ann", "b") is None


def test_a_change_under_the_same_id_keeps_the_time_of_placing() -> None:
    made = exchange(VenueRules(modify_keeps_id=True, open_orders_base=1, open_orders_max=1))
    made.place("ann", [eth(BUY, "1990", "2")], NOW)
    reply = made.modify("ann", [(100, eth(BUY, "1991", "2"))], NOW + 5)
    assert reply.outcomes == (Resting(100, None),)
    assert (made.order("ann", 100).time, made.order("ann", 100).status_time) == (NOW, NOW + 5)


@pytest.mark.parametrize(("keeps", "size", "first"), [
    (True, "1", "ann"), (True, "3", "bob"), (False, "1", "bob"),
])  # fmt: skip
def test_an_order_that_shrinks_may_keep_its_place(keeps: bool, size: str, first: str) -> None:
    made = exchange(VenueRules(modify_keeps_id=True), Knobs(modify_keeps_priority=keeps))
    made.place("ann", [eth(BUY, "1990", "2")], NOW)
    made.place("bob", [eth(BUY, "1990", "1")], NOW)
    changed = made.modify("ann", [(100, eth(BUY, "1990", size))], NOW)
    assert changed.outcomes == (Resting(100, None),)
    assert statuses(changed.events) == [(100, Status.OPEN)]
    made.place("cat", [eth(SELL, "1990", "1", tif=Tif.IOC)], NOW)
    assert position(made, first) == 1


def test_open_orders_have_a_limit_and_special_ones_a_lower_one() -> None:
    venue = VenueRules(open_orders_base=2, open_orders_max=3, open_orders_volume=D(10_000))
    made = exchange(venue)
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "5", tif=Tif.IOC)], NOW)  # volume for one order more
    made.place("ann", [eth(BUY, "1990", "1"), eth(BUY, "1991", "1")], NOW)
    special = made.place("ann", [stop(SELL, "1900", "1800", "1")], NOW).outcomes[0]
    assert special.status is Status.TOO_MANY_ORDERS_REJECTED
    assert isinstance(made.place("ann", [eth(BUY, "1992", "1")], NOW).outcomes[0], Resting)
    last = made.place("ann", [eth(BUY, "1993", "1")], NOW).outcomes[0]
    assert last.status is Status.TOO_MANY_ORDERS_REJECTED


def test_a_collar_refuses_only_the_aggressive_side() -> None:
    made = exchange(collar=D("0.05"))
    refused = made.place("ann", [eth(BUY, "2101", "1")], NOW).outcomes[0]
    assert refused.status is Status.COLLAR_REJECTED
    assert isinstance(made.place("ann", [eth(BUY, "1500", "1")], NOW).outcomes[0], Resting)


def test_time_does_not_go_back_and_accounts_must_be_open() -> None:
    made = exchange()
    with pytest.raises(ValueError, match="Expected a time at or after"):
        made.advance(NOW - 1)
    with pytest.raises(KeyError, match="Expected an open account"):
        made.place("dan", [eth(BUY, "1990", "1")], NOW)


def test_a_market_may_have_a_cap_and_a_least_size_of_its_own() -> None:
    made = exchange(VenueRules(market_orders_max=1), min_size=D("0.5"))
    eth_book(made)
    small = made.place("ann", [eth(BUY, "1990", "0.4")], NOW).outcomes[0]
    assert small.status is Status.MIN_SIZE_REJECTED
    made.place("ann", [eth(BUY, "1990", "0.5")], NOW)
    second = made.place("ann", [eth(BUY, "1991", "1")], NOW).outcomes[0]
    assert second.status is Status.TOO_MANY_IN_MARKET_REJECTED
    other = OrderRequest(BTC, BUY, D(90_000), D("0.5"))
    assert made.place("ann", [other], NOW).outcomes[0].client_id is None


def test_reduce_only_orders_may_have_to_stay_within_the_position() -> None:
    made = exchange(VenueRules(reduce_only_within_position=True))
    eth_book(made)
    made.place("ann", [eth(BUY, "2001", "2", tif=Tif.IOC)], NOW)
    replies = [
        made.place("ann", [eth(SELL, price, size, reduce_only=True)], NOW).outcomes[0]
        for price, size in (("2100", "3"), ("2100", "1"), ("2101", "1.5"), ("2101", "1"))
    ]
    refused = [isinstance(reply, Refused) for reply in replies]
    assert refused == [True, False, True, False]
    assert replies[0].status is Status.EXCEEDS_POSITION_REJECTED
