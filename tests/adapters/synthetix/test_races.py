"""What the venue tells of an order, in every order of arrival and in both of its dialects."""

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import permutations

import pytest

from adapters.common.order_amends import Terms
from adapters.common.order_events import Filled, OrderEvent, Rejected, Updated
from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.account_events import (
    FundingNews,
    OrderNews,
    OtherNews,
    TradeNews,
    parse_event,
)
from adapters.synthetix.frames import WsAccount, parse_frame
from adapters.synthetix.observations import OrderObserver
from adapters.synthetix.replies import Canceled, Modified, OrderRef, Refusal, Resting, Status, Taken
from adapters.synthetix.wire import Amount, Id

ID = "O-1"
VENUE_ID = "1958787130134106112"
SECOND_ID = "1958787130134106113"

type Hear = Callable[["Ear"], list[OrderEvent] | None]


class Ear:
    """An order of 1 at 90,000 that was sent, and what is held of it."""

    def __init__(self, *, is_trigger: bool = False) -> None:
        self.terms = Terms(Decimal(1), Decimal(90_000), Decimal(89_000) if is_trigger else None)
        self.vanished: list[str] = []
        self.tracker = OrderTracker()
        self.tracker.submitted(ID, Decimal(1))
        self.observer = OrderObserver(
            self.tracker,
            lambda _venue_id, _client_id, _size: None,
            lambda _key: self.terms,
            on_vanished=self.vanished.append,
        )

    def hear(self, *told: Hear) -> list[str]:
        words = []
        for one in told:
            events = one(self) or []
            for event in events:
                if isinstance(event, Updated):
                    self.terms = Terms(event.quantity, event.price, event.trigger_price)
            words += [
                event.fill.trade_id if isinstance(event, Filled) else type(event).__name__
                for event in events
            ]
        return words


def pushed(kind: str, at: int = 1, key: str = "method", **more: object) -> Hear:
    """Return a push of the venue, as its frame."""
    data = {
        "eventType": kind,
        "order": {"venueId": VENUE_ID, "clientId": ID},
        "symbol": "BTC-USDT",
        "side": "buy",
        "orderType": "limit",
        "price": "90000",
        "quantity": "1",
        "filledQuantity": "",
        "timestamp": 1_795_000_000_000 + at,
    } | more
    name = "subAccountEvent" if key == "method" else "subAccountUpdate"
    frame = parse_frame(json.dumps({key: name, "timestamp": at, "data": data}).encode())
    assert isinstance(frame, WsAccount)
    news = parse_event(frame)

    def hear(ear: Ear) -> list[OrderEvent] | None:
        if isinstance(news, TradeNews):
            return ear.observer.on_trade(news.trade)
        assert isinstance(news, OrderNews)
        return ear.observer.on_order(news.order, news.code, news.reason)

    return hear


def trade(trade_id: str, quantity: str, **more: object) -> Hear:
    return pushed("trade", tradeId=trade_id, quantity=quantity, **more)


def answered(status: Status) -> Hear:
    return lambda ear: ear.observer.on_outcome(ID, status)


def canceled(venue_id: str) -> Hear:
    answer = Canceled(OrderRef(Id(venue_id), Id(ID)))
    return lambda ear: ear.observer.on_cancel_accepted(ID, answer)


def refused(code: str) -> Hear:
    return answered(Refusal(OrderRef(None, Id(ID)), code, "words"))


REF = OrderRef(Id(VENUE_ID), Id(ID))
PLACED = pushed("orderPlaced")
RESTING = answered(Resting(REF, 0))
TAKEN = answered(Taken(REF, Amount("0.4"), Amount(90_000)))
FULL = pushed("orderFilled", 5, filledQuantity="1")


@pytest.mark.parametrize("key", ["method", "channel"])
def test_the_answer_and_the_push_accept_once(key: str) -> None:
    for arrival in permutations((pushed("orderPlaced", key=key), RESTING)):
        assert Ear().hear(*arrival) == ["Accepted"]


def test_every_fill_is_told_once_whatever_outruns_what() -> None:
    half = pushed("orderPartiallyFilled", 3, filledQuantity="0.4")
    told = (PLACED, TAKEN, trade("1", "0.4"), half, trade("2", "0.6"), FULL)
    for arrival in permutations(told):
        ear = Ear()
        words = ear.hear(*arrival, *arrival)
        assert words[0] == "Accepted"
        assert sorted(words[1:]) == ["1", "2"]
        assert not ear.tracker.is_open(ID)


def test_an_answer_that_tells_of_a_fill_is_an_acknowledgement_only() -> None:
    ear = Ear()
    assert ear.hear(TAKEN) == ["Accepted"]
    assert ear.tracker.leaves(ID) == 1


@pytest.mark.parametrize(("reason", "end"), [("", "Canceled"), ("EXPIRED", "Expired")])
def test_an_end_waits_for_the_fills_that_came_before_it(reason: str, end: str) -> None:
    gone = pushed("orderCancelled", 4, filledQuantity="0.4", cancelReason=reason)
    for arrival in permutations((PLACED, trade("1", "0.4"), gone)):
        assert Ear().hear(*arrival) == ["Accepted", "1", end]


def test_a_refusal_is_told_once_and_with_its_kind() -> None:
    push = pushed("orderRejected", errorCode="POST_ONLY_WOULD_TRADE", reason="words")
    for arrival in permutations((push, refused("POST_ONLY_WOULD_TRADE"))):
        ear = Ear()
        (event,) = arrival[0](ear) or []
        assert event == Rejected(ID, "POST_ONLY_WOULD_TRADE words", due_post_only=True)
        assert ear.hear(arrival[1]) == []


@pytest.mark.parametrize("code", ["IOC_NOT_FILLED", "NO_LIQUIDITY"])
def test_an_order_without_a_match_was_taken_and_is_over(code: str) -> None:
    push = pushed("orderRejected", errorCode=code)
    for arrival in permutations((push, refused(code))):
        assert Ear().hear(*arrival) == ["Accepted", "Canceled"]


def test_a_change_is_one_update_whatever_comes_first() -> None:
    push = pushed("orderModified", 3, price="91000", quantity="2")
    modified = Modified(REF, Amount(91_000), Amount(2), Amount(0), Amount(0), Amount(0))

    def sent(ear: Ear) -> None:
        ear.tracker.amend_sent(ID, 1, Terms(Decimal(2), Decimal(91_000), None))

    def answer(ear: Ear) -> list[OrderEvent]:
        return ear.observer.on_modified(ID, 1, modified, 1_795_000_000_003)

    for arrival in permutations((push, answer, trade("1", "0.4"), PLACED)):
        ear = Ear()
        ear.hear(PLACED, sent)
        words = ear.hear(*arrival)
        assert sorted(words) == ["1", "Updated"]
        assert ear.terms == Terms(Decimal(2), Decimal(91_000), None)
        assert ear.hear(trade("2", "1.6"), FULL) == ["2"]
        assert not ear.tracker.is_open(ID)


def test_a_change_from_elsewhere_is_told_and_late_news_takes_nothing_back() -> None:
    ear = Ear()
    push = pushed("orderModified", 3, price="91000", quantity="2")
    assert ear.hear(PLACED, push, push, PLACED) == ["Accepted", "Updated"]
    assert ear.terms == Terms(Decimal(2), Decimal(91_000), None)
    assert ear.tracker.leaves(ID) == 2


def test_a_trigger_that_is_gone_is_asked_for_before_it_is_told_as_canceled() -> None:
    gone = pushed("orderCancelled", 4, triggerPrice="89000")
    ear = Ear(is_trigger=True)
    assert ear.hear(PLACED, gone) == ["Accepted"]
    assert ear.vanished == [ID]


def test_the_venues_answer_proves_that_a_trigger_was_canceled() -> None:
    gone = pushed("orderCancelled", 4, triggerPrice="89000")
    for arrival in permutations((gone, canceled(VENUE_ID))):
        assert Ear(is_trigger=True).hear(PLACED, *arrival) == ["Accepted", "Canceled"]


def test_a_trigger_that_fires_before_a_cancel_of_its_new_id_is_not_over_yet() -> None:
    gone = pushed("orderCancelled", 4, triggerPrice="89000")
    second = {"order": {"venueId": SECOND_ID, "clientId": ID}}
    placed = pushed("orderPlaced", 4, **second)
    ended = pushed("orderCancelled", 6, filledQuantity="0.4", **second)
    told = (gone, placed, canceled(SECOND_ID), trade("1", "0.4", **second), ended)
    for arrival in permutations(told):
        words = Ear(is_trigger=True).hear(PLACED, *arrival)
        assert [word for word in words if word != "Updated"] == ["Accepted", "1", "Canceled"]


def test_a_trigger_that_fires_under_a_new_id_goes_on_as_the_same_order() -> None:
    second = {"order": {"venueId": SECOND_ID, "clientId": ID}}
    gone = pushed("orderCancelled", 4, triggerPrice="89000")
    placed = pushed("orderPlaced", 4, **second)
    filled = pushed("orderFilled", 5, filledQuantity="1", **second)
    for arrival in permutations((gone, placed, trade("1", "1", **second), filled)):
        ear = Ear(is_trigger=True)
        ear.hear(PLACED)
        words = [word for word in ear.hear(*arrival) if word != "Updated"]
        assert words == ["1"]
        assert not ear.tracker.is_open(ID)


def test_a_trigger_that_is_refused_under_its_new_id_is_canceled_under_that() -> None:
    gone = pushed("orderCancelled", 4, triggerPrice="89000")
    second = {"order": {"venueId": SECOND_ID, "clientId": ID}}
    refusal = pushed("orderRejected", 4, errorCode="REDUCE_ONLY_SAME_SIDE", **second)
    for arrival in permutations((gone, refusal)):
        # Nautilus takes no end under another id than the last that it was told.
        assert Ear(is_trigger=True).hear(PLACED, *arrival) == ["Accepted", "Updated", "Canceled"]


def test_an_order_of_nobody_here_is_none_of_ours() -> None:
    stranger = pushed("orderPlaced", order={"venueId": "7"})
    assert stranger(Ear()) is None


def test_other_events_are_told_by_name() -> None:
    funding = {"eventType": "funding", "symbol": "BTC-USDT", "payment": "-0.12"}
    takeover = {"eventType": "subAccountTakeover"}
    found = []
    for data in (funding, takeover):
        frame = parse_frame(json.dumps({"channel": "subAccountUpdate", "data": data}).encode())
        assert isinstance(frame, WsAccount)
        found.append(parse_event(frame))
    payment, other = found
    assert isinstance(payment, FundingNews)
    assert (payment.symbol, payment.payment) == ("BTC-USDT", Decimal("-0.12"))
    assert isinstance(other, OtherNews)
    assert other.kind == "subAccountTakeover"
