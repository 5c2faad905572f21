import msgspec
import pytest

from simulator.exchange import Exchange
from simulator.exchange.events import Filled, Refused, Resting, WaitingForFill, WaitingForTrigger
from simulator.exchange.model import Grouping, OrderRequest, Side, Status, Tif
from simulator.exchange.rules import Knobs, VenueRules
from tests.simulator.exchange_setup import (
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

BRACKET = [
    eth(BUY, "1999", "1"),
    profit(SELL, "2100", "2050", "1", reduce_only=True),
    stop(SELL, "1900", "1700", "1", reduce_only=True),
]


def held(made: Exchange, size: str = "1") -> None:
    """Let ann hold so much ETH, bought from the outside at 2001."""
    eth_book(made, bids="1999*50", asks="2001*50")
    made.place("ann", [eth(BUY, "2001", size, tif=Tif.IOC)], NOW)


@pytest.mark.parametrize(
    ("request_", "before", "at"),
    [
        (stop(SELL, "1900", "1800", "1"), "1900.1", "1900"),
        (stop(BUY, "2100", "2200", "1"), "2099.9", "2100"),
        (profit(SELL, "2100", "1800", "1"), "2099.9", "2100"),
        (profit(BUY, "1900", "2200", "1"), "1900.1", "1900"),
    ],
)
def test_a_trigger_fires_when_the_mark_reaches_it_from_its_side(
    request_: OrderRequest, before: str, at: str
) -> None:
    made = exchange()
    eth_book(made)
    assert made.place("ann", [request_], NOW).outcomes == (Resting(100, None),)
    assert mark_eth(made, before) == []
    assert statuses(mark_eth(made, at)) == [(100, Status.TRIGGERED), (100, Status.FILLED)]


def test_a_limit_trigger_rests_at_its_limit_once_fired() -> None:
    made = exchange()
    held(made)
    made.place("ann", [stop(SELL, "1900", "1950", "1", is_market=False)], NOW)
    eth_book(made, bids="1899*5", asks="1901*5")
    assert statuses(mark_eth(made, "1900")) == [(101, Status.TRIGGERED)]
    assert list(made.market(ETH).book.levels(Side.SELL))[-1] == (1950, 1)
    assert statuses(made.on_trade(ETH, D(1951), D(9), Side.BUY, NOW)) == [(101, Status.FILLED)]


def test_a_market_trigger_without_liquidity_in_its_bounds_ends() -> None:
    made = exchange()
    held(made)
    made.place("ann", [stop(SELL, "1900", "1890", "1", reduce_only=True)], NOW)
    eth_book(made, bids="1700*5", asks="2001*5")
    assert statuses(mark_eth(made, "1900")) == [
        (101, Status.TRIGGERED),
        (101, Status.NO_LIQUIDITY_REJECTED),
    ]


def test_a_trigger_that_opens_needs_margin_when_it_fires() -> None:
    made = exchange()
    eth_book(made)
    made.place("ann", [stop(BUY, "2100", "2200", "200")], NOW)
    assert statuses(mark_eth(made, "2100")) == [
        (100, Status.TRIGGERED),
        (100, Status.MARGIN_CANCELED),
    ]


def test_a_fired_trigger_may_go_on_under_a_new_id() -> None:
    made = exchange(knobs=Knobs(trigger_gives_new_id=True))
    held(made)
    order = stop(SELL, "1900", "1700", "1", reduce_only=True, client_id="s")
    made.place("ann", [order], NOW)
    assert statuses(mark_eth(made, "1900")) == [
        (101, Status.TRIGGERED),
        (102, Status.OPEN),
        (102, Status.FILLED),
    ]
    assert made.order("ann", "s").oid == 102


def test_children_wait_for_the_parent_then_for_the_mark() -> None:
    made = exchange()
    eth_book(made)
    reply = made.place("ann", BRACKET, NOW, Grouping.NORMAL_TPSL)
    assert reply.outcomes == (Resting(100, None), WaitingForFill(101), WaitingForFill(102))
    assert [x.oid for x in made.children(made.order("ann", 100))] == [101, 102]
    assert mark_eth(made, "1899") == [], "children sleep while the parent rests"
    mark_eth(made, "2000")
    assert statuses(made.on_trade(ETH, D(1998), D(9), Side.SELL, NOW)) == [(100, Status.FILLED)]
    events = mark_eth(made, "1900")
    assert statuses(events) == [
        (102, Status.TRIGGERED),
        (102, Status.FILLED),
        (101, Status.SIBLING_FILLED_CANCELED),
    ]
    assert position(made, "ann") == 0


def test_a_parent_that_fills_at_once_arms_its_children() -> None:
    made = exchange()
    eth_book(made)
    parent = msgspec.structs.replace(BRACKET[0], price=D(2001))
    reply = made.place("ann", [parent, *BRACKET[1:]], NOW, Grouping.NORMAL_TPSL)
    assert reply.outcomes == (
        Filled(100, None, D(1), D(2001)),
        WaitingForTrigger(101),
        WaitingForTrigger(102),
    )
    assert statuses(reply.events) == [
        (100, Status.OPEN),
        (100, Status.FILLED),
        (101, Status.OPEN),
        (102, Status.OPEN),
    ]


def test_a_refused_parent_refuses_its_children() -> None:
    made = exchange()
    eth_book(made)
    parent = msgspec.structs.replace(BRACKET[0], price=D(2000), tif=Tif.IOC)
    reply = made.place("ann", [parent, *BRACKET[1:]], NOW, Grouping.NORMAL_TPSL)
    status = Status.IOC_REJECTED
    assert [x.status for x in reply.outcomes] == [status] * 3
    assert [x.oid for x in reply.outcomes] == [100, None, None]
    assert statuses(reply.events) == [(100, status)]


def test_a_refused_child_leaves_its_parent_and_sibling() -> None:
    made = exchange()
    eth_book(made)
    child = profit(SELL, "2100.123", "2050", "1", reduce_only=True)
    reply = made.place("ann", [BRACKET[0], child, BRACKET[2]], NOW, Grouping.NORMAL_TPSL)
    assert isinstance(reply.outcomes[1], Refused)
    assert [x.oid for x in made.children(made.order("ann", 100))] == [102]


def test_canceling_a_partly_filled_parent_cancels_its_children() -> None:
    made = exchange()
    made.place("ann", BRACKET, NOW, Grouping.NORMAL_TPSL)
    made.on_trade(ETH, D(1998), D("0.5"), Side.SELL, NOW)
    reply = made.cancel("ann", [(ETH, 100)], NOW)
    assert statuses(reply.events) == [(oid, Status.CANCELED) for oid in (100, 101, 102)]


def test_a_partly_filled_parent_that_ends_at_once_arms_its_children() -> None:
    made = exchange()
    eth_book(made, asks="2001*0.5")
    parent = msgspec.structs.replace(BRACKET[0], price=D(2001), tif=Tif.IOC)
    reply = made.place("ann", [parent, *BRACKET[1:]], NOW, Grouping.NORMAL_TPSL)
    assert reply.outcomes[1:] == (WaitingForTrigger(101), WaitingForTrigger(102))
    eth_book(made)
    mark_eth(made, "1900")
    assert position(made, "ann") == 0


def test_a_modified_parent_keeps_its_children() -> None:
    made = exchange()
    made.place("ann", BRACKET, NOW, Grouping.NORMAL_TPSL)
    reply = made.modify("ann", [(100, eth(BUY, "1998", "1"))], NOW)
    assert statuses(reply.events) == [(100, Status.CANCELED), (103, Status.OPEN)]
    assert [x.oid for x in made.children(made.order("ann", 103))] == [101, 102]


def test_a_modified_child_keeps_its_sibling() -> None:
    made = exchange()
    held(made)
    made.place("ann", BRACKET[1:], NOW, Grouping.POSITION_TPSL)
    moved = stop(SELL, "1950", "1700", "1", reduce_only=True)
    made.modify("ann", [(102, moved)], NOW)
    assert statuses(mark_eth(made, "1950")) == [
        (103, Status.TRIGGERED),
        (103, Status.FILLED),
        (101, Status.SIBLING_FILLED_CANCELED),
    ]


def test_position_tpsl_has_the_size_of_the_position_when_it_fires() -> None:
    made = exchange()
    held(made)
    reply = made.place("ann", BRACKET[1:], NOW, Grouping.POSITION_TPSL)
    assert reply.outcomes == (WaitingForTrigger(101), WaitingForTrigger(102))
    assert made.order("ann", 101).size == 0
    made.place("ann", [eth(BUY, "2001", "2", tif=Tif.IOC)], NOW)
    (fill,) = fills(mark_eth(made, "1900"))
    assert (fill.size, position(made, "ann")) == (3, 0)
    assert made.order("ann", 101).status is Status.SIBLING_FILLED_CANCELED


def test_position_tpsl_needs_a_position_and_ends_with_it() -> None:
    made = exchange()
    refused = made.place("ann", BRACKET[1:], NOW, Grouping.POSITION_TPSL).outcomes
    assert {x.status for x in refused} == {Status.REDUCE_ONLY_REJECTED}
    held(made)
    made.place("ann", BRACKET[1:], NOW, Grouping.POSITION_TPSL)
    reply = made.place("ann", [eth(SELL, "1999", "2", tif=Tif.IOC)], NOW)
    assert position(made, "ann") == -1
    ended = [status for _, status in statuses(reply.events)][-2:]
    assert ended == [Status.REDUCE_ONLY_CANCELED] * 2


def test_two_children_of_one_kind_are_denied() -> None:
    made = exchange()
    held(made)
    twice = [BRACKET[2], BRACKET[2]]
    assert made.place("ann", twice, NOW, Grouping.POSITION_TPSL).events == ()


def test_a_sibling_ends_as_a_sibling_though_the_position_ended_with_it() -> None:
    made = exchange()
    eth_book(made, bids="1994*5")
    parent = eth(BUY, "2001", "1")
    fired_at_once = profit(SELL, "2000", "1990", "1", reduce_only=True)
    reply = made.place("ann", [parent, fired_at_once, BRACKET[2]], NOW, Grouping.NORMAL_TPSL)
    assert statuses(reply.events)[-2:] == [
        (101, Status.FILLED),
        (102, Status.SIBLING_FILLED_CANCELED),
    ]


def test_siblings_that_fill_in_one_match_each_end_once() -> None:
    made = exchange()
    held(made, "3")
    limits = [
        profit(SELL, "2010", "2050", "1", reduce_only=True, is_market=False),
        stop(SELL, "1990", "2050", "1", reduce_only=True, is_market=False),
    ]
    bracket = [eth(BUY, "2001", "1"), *limits]
    made.place("ann", bracket, NOW, Grouping.NORMAL_TPSL)
    mark_eth(made, "2010")
    mark_eth(made, "1990")
    events = made.on_trade(ETH, D(2051), D(2), Side.BUY, NOW)
    assert statuses(events) == [(102, Status.FILLED), (103, Status.FILLED)]


def test_a_child_refused_beside_a_filled_parent_stays_refused() -> None:
    made = exchange()
    eth_book(made)
    parent = eth(BUY, "2001", "1")
    below_tick = stop(SELL, "1900.123", "1700", "1", reduce_only=True)
    reply = made.place("ann", [parent, BRACKET[1], below_tick], NOW, Grouping.NORMAL_TPSL)
    assert [x for x in statuses(reply.events) if x[0] == 102] == [(102, Status.TICK_REJECTED)]
    assert 102 not in made.market(ETH).armed


def on_last(request: OrderRequest) -> OrderRequest:
    trigger = msgspec.structs.replace(request.trigger, on_last=True)
    return msgspec.structs.replace(request, trigger=trigger)


def test_a_trigger_on_the_last_price_ignores_the_mark() -> None:
    made = exchange()
    held(made)
    (order,) = made.place("ann", [on_last(stop(SELL, "1900", "1800", "1"))], NOW).outcomes
    assert mark_eth(made, "1890") == []
    assert made.on_trade(ETH, D("1900.1"), D(1), SELL, NOW) == []
    fired = statuses(made.on_trade(ETH, D(1900), D(1), SELL, NOW))
    assert fired == [(order.oid, Status.TRIGGERED), (order.oid, Status.FILLED)]


def test_a_trade_here_is_a_last_price_and_one_trigger_fires_the_next() -> None:
    made = exchange()
    held(made, "3")
    eth_book(made, bids="1950*2 1940*9", asks="2001*50")
    first = on_last(stop(SELL, "1950", "1900", "2"))
    second = on_last(stop(SELL, "1940", "1900", "1"))
    made.place("ann", [first, second], NOW)
    events = made.place("bob", [eth(SELL, "1950", "1", tif=Tif.IOC)], NOW).events
    assert [fill.price for fill in fills(events) if fill.account == "ann"] == [1950, 1940, 1940]
    assert position(made, "ann") == 0


BOUND = VenueRules(triggers_need_position=True, position_tpsl_is_sized=True)


def test_a_bound_trigger_needs_a_position_on_the_other_side() -> None:
    made = exchange(BOUND)
    (flat,) = made.place("ann", [stop(SELL, "1900", "1800", "1")], NOW).outcomes
    assert flat.status is Status.NO_POSITION_REJECTED
    held(made)
    (same,) = made.place("ann", [stop(BUY, "2100", "2200", "1")], NOW).outcomes
    assert same.status is Status.POSITION_SIDE_REJECTED
    (taken,) = made.place("ann", [stop(SELL, "1900", "1800", "5")], NOW).outcomes
    assert isinstance(taken, Resting)


def test_a_bound_trigger_only_reduces_and_ends_with_the_position() -> None:
    made = exchange(BOUND)
    held(made)
    made.place("ann", [stop(SELL, "1900", "1800", "5")], NOW)
    mark_eth(made, "1900")
    assert position(made, "ann") == 0
    held(made)
    (order,) = made.place("ann", [stop(SELL, "1800", "1700", "1")], NOW).outcomes
    closed = made.place("ann", [eth(SELL, "1990", "1", tif=Tif.IOC)], NOW).events
    assert (order.oid, Status.REDUCE_ONLY_CANCELED) in statuses(closed)


def test_an_order_that_closes_the_position_takes_its_size_when_it_fires() -> None:
    made = exchange(BOUND)
    held(made)
    closing = stop(SELL, "1900", "1800", "0", closes_position=True)
    (order,) = made.place("ann", [closing], NOW).outcomes
    made.place("ann", [eth(BUY, "2001", "2", tif=Tif.IOC)], NOW)
    assert made.order("ann", order.oid).size == 0
    mark_eth(made, "1900")
    assert (made.order("ann", order.oid).filled, position(made, "ann")) == (3, 0)


def test_sized_orders_of_a_position_keep_their_size() -> None:
    made = exchange(BOUND)
    held(made, "3")
    pair = [stop(SELL, "1900", "1800", "1"), profit(SELL, "2100", "2000", "2")]
    reply = made.place("ann", pair, NOW, Grouping.POSITION_TPSL)
    assert [made.order("ann", each.oid).size for each in reply.outcomes] == [1, 2]
    assert (102, Status.SIBLING_FILLED_CANCELED) in statuses(mark_eth(made, "1900"))
    assert position(made, "ann") == 2


def test_a_market_trigger_reaches_from_the_mark_at_which_it_fires() -> None:
    made = exchange(market_reach=D("0.05"))
    held(made)
    made.place("ann", [stop(SELL, "1900", "1850", "1")], NOW)
    eth_book(made, bids="1500*5")
    mark_eth(made, "1550")
    assert position(made, "ann") == 0


def test_the_children_of_a_bracket_need_not_cancel_one_another() -> None:
    made = exchange(knobs=Knobs(bracket_is_oco=False))
    held(made, "3")
    parent, *children = BRACKET
    made.place("ann", [msgspec.structs.replace(parent, price=D(2001)), *children], NOW,
               Grouping.NORMAL_TPSL)  # fmt: skip
    mark_eth(made, "1900")
    assert [order.request.trigger.kind.name for order in made.account("ann").live.values()] == [
        "TAKE_PROFIT"
    ]
