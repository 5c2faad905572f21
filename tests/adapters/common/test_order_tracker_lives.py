"""
Whatever a client sees of an order's life, and however often and late, the tracker reports the same.

Goal: accepted once, each fill once, one end, nothing after it. Method: a small reference venue
lives a life and hypothesis shuffles and repeats what can be seen of it; a real Nautilus order is
the judge of whether the events are legal.
"""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.events import OrderModifyRejected, OrderUpdated
from nautilus_trader.model.identifiers import TradeId, VenueOrderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.events import TestEventStubs
from nautilus_trader.test_kit.stubs.execution import TestExecStubs

from adapters.common.order_events import (
    Accepted,
    Canceled,
    End,
    Expired,
    Filled,
    ModifyRejected,
    OrderEvent,
    Rejected,
    Updated,
)
from tests.adapters.common.stories import (
    ID,
    Observe,
    ended,
    filled,
    modify_accepted,
    modify_refused,
    modify_sent,
    opened,
    story,
    told,
    tracking,
)

INSTRUMENT = TestInstrumentProvider.default_fx_ccy("AUD/USD")


@dataclass
class ReferenceVenue:
    """Lives one order at a time and writes down what a client may see of it."""

    fills: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[int, Observe]] = field(default_factory=list)  # after how many modifies sent
    sent: list[Observe] = field(default_factory=list)
    quantity: int = 0

    def place(self, leg: int, size: int) -> None:
        self.quantity = sum(self.fills.values()) + size
        self.see(opened(f"V{leg}", size))
        self.see(opened(f"V{leg}"))

    def fill(self, leg: int, quantity: int) -> None:
        trade_id = f"T{len(self.fills) + 1}"
        self.fills[trade_id] = quantity
        self.see(filled(trade_id, quantity, f"V{leg}"))

    def end(self, leg: int, end: End, quantity: int) -> None:
        self.see(ended(end, None if end is End.FILLED else quantity, f"V{leg}"))

    def send(self, size: int) -> int:
        self.sent.append(modify_sent(len(self.sent) + 1, size, price=100 + len(self.sent)))
        return len(self.sent)

    def see(self, observe: Observe) -> None:
        self.seen.append((len(self.sent), observe))


@st.composite
def lives(draw: st.DrawFn) -> ReferenceVenue:
    venue = ReferenceVenue()
    size = 10
    for leg in range(1, draw(st.integers(1, 4)) + 1):
        venue.place(leg, size)
        part = 0
        for wish in draw(st.lists(st.integers(1, 6), max_size=3)):
            quantity = min(wish, size - part)
            if quantity:
                venue.fill(leg, quantity)
                part += quantity
        if draw(st.booleans()):
            venue.see(modify_refused(venue.send(size)))
        if part == size:
            venue.end(leg, End.FILLED, part)
            return venue
        size = draw(st.integers(1, 12))
        modify_id = venue.send(size)
        venue.end(leg, End.CANCELED, part)
        if draw(st.booleans()):
            venue.see(modify_refused(modify_id))
            return venue
        venue.see(modify_accepted(modify_id, draw(st.sampled_from([f"V{leg + 1}", None]))))
    venue.place(leg + 1, size)
    venue.end(leg + 1, draw(st.sampled_from([End.CANCELED, End.EXPIRED])), 0)
    return venue


def arrival(venue: ReferenceVenue, random: Random, copies: int) -> list[Observe]:
    """
    Shuffle and repeat what was seen, within what causes allow.

    A modify is sent when something has been seen of the order, and before what it caused is seen.
    """
    seen = [item for item in venue.seen for _ in range(random.randint(1, copies))]
    random.shuffle(seen)
    first = next(i for i, (after, _) in enumerate(seen) if after == 0)
    seen.insert(0, seen.pop(first))
    result: list[Observe] = []
    sent = 0
    for after, observe in seen:
        while sent < after or (result and sent < len(venue.sent) and random.random() < 0.2):
            result.append(venue.sent[sent])
            sent += 1
        result.append(observe)
    return result


@settings(max_examples=1_000, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_any_arrival_of_a_life_tells_the_same_story(venue: ReferenceVenue, random: Random) -> None:
    tracker = tracking()
    observations = arrival(venue, random, copies=3)
    events = story(*observations, tracker=tracker)

    words = told(events)
    assert words[0] == "Accepted"
    assert words.count("Accepted") == 1
    assert sorted(word for word in words if word.startswith("T")) == sorted(venue.fills)
    is_complete = sum(venue.fills.values()) == venue.quantity
    ends = [event for event in events if isinstance(event, Canceled | Expired | Rejected)]
    assert len(ends) == (0 if is_complete else 1)
    assert events[-1] is (ends[0] if ends else events[-1])
    assert isinstance(events[-1], Filled | Canceled | Expired)
    assert tracker.doubtful() == []
    assert tracker.leaves(ID) is None
    assert story(*observations, tracker=tracker) == []


@settings(max_examples=200, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_nautilus_takes_the_events_of_any_arrival(venue: ReferenceVenue, random: Random) -> None:
    order = TestExecStubs.limit_order(quantity=Quantity.from_int(10))
    order.apply(TestEventStubs.order_submitted(order))
    for event in story(*arrival(venue, random, copies=2)):
        apply(order, event)

    total = sum(venue.fills.values())
    assert order.filled_qty == total
    assert order.overfill_qty == 0
    is_complete = total == venue.quantity
    assert order.is_closed
    assert (order.status == OrderStatus.FILLED) == is_complete


def apply(order: Order, event: OrderEvent) -> None:
    """Apply the event as an execution client would have it published."""
    match event:
        case Accepted():
            venue_order_id = VenueOrderId(event.venue_order_id)
            order.apply(TestEventStubs.order_accepted(order, venue_order_id=venue_order_id))
        case Updated():
            order.apply(_updated(order, event))
        case ModifyRejected():
            order.apply(_modify_rejected(order))
        case Filled():
            order.apply(_filled(order, event))
        case Canceled():
            assert event.venue_order_id == order.venue_order_id.value
            order.apply(TestEventStubs.order_canceled(order))
        case Expired():
            order.apply(TestEventStubs.order_expired(order))
        case _:
            raise AssertionError(event)


def _filled(order: Order, event: Filled) -> object:
    return TestEventStubs.order_filled(
        order,
        INSTRUMENT,
        venue_order_id=VenueOrderId(event.venue_order_id),
        trade_id=TradeId(event.fill.trade_id),
        last_qty=Quantity(event.fill.quantity, 0),
        last_px=Price.from_str("1.00000"),
    )


def _updated(order: Order, event: Updated) -> OrderUpdated:
    return OrderUpdated(
        trader_id=order.trader_id,
        strategy_id=order.strategy_id,
        instrument_id=order.instrument_id,
        client_order_id=order.client_order_id,
        venue_order_id=VenueOrderId(event.venue_order_id),
        account_id=order.account_id,
        quantity=Quantity(event.quantity, 0),
        price=None if event.price is None else Price(event.price, 5),
        trigger_price=None,
        event_id=UUID4(),
        ts_event=0,
        ts_init=0,
    )


def _modify_rejected(order: Order) -> OrderModifyRejected:
    return OrderModifyRejected(
        trader_id=order.trader_id,
        strategy_id=order.strategy_id,
        instrument_id=order.instrument_id,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        account_id=order.account_id,
        reason="no",
        event_id=UUID4(),
        ts_event=0,
        ts_init=0,
    )
