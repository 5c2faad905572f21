"""
An order that is changed in place reports the same whatever is heard of it, how often and how late.

Method: a small reference venue lives a life in which an order keeps its id, and hypothesis shuffles
and repeats what can be seen of it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.common.order_amends import Terms
from adapters.common.order_events import Canceled, End, Filled, Updated
from tests.adapters.common.stories import (
    ID,
    Observe,
    canceled,
    ended,
    filled,
    modify_refused,
    opened,
    story,
    told,
    tracking,
)

OPEN = opened()


def terms(size: int, price: int | None = 100) -> Terms:
    return Terms(Decimal(size), None if price is None else Decimal(price), None)


def sent(modify_id: int, size: int, price: int = 100) -> Observe:
    return lambda tracker: tracker.amend_sent(ID, modify_id, terms(size, price))


def amended(time_ms: int, size: int, price: int = 100, modify_id: int | None = None) -> Observe:
    return lambda tracker: tracker.amended(ID, "V1", time_ms, terms(size, price), modify_id)


def test_answer_and_news_are_one_update_under_the_same_id() -> None:
    events = story(OPEN, sent(1, 12, 90), amended(5, 12, 90), amended(5, 12, 90, modify_id=1))
    assert told(events) == ["Accepted", "Updated"]
    assert events[1] == Updated(ID, "V1", Decimal(12), Decimal(90), None)


def test_a_fill_that_may_complete_the_order_waits_for_the_answer() -> None:
    first = (OPEN, sent(1, 12), filled("T1", 4), filled("T2", 6))
    assert told(story(*first)) == ["Accepted", "T1"]
    assert told(story(*first, modify_refused(1))) == ["Accepted", "T1", "ModifyRejected", "T2"]
    rest = (amended(5, 12, modify_id=1), filled("T3", 2))
    assert told(story(*first, *rest)) == ["Accepted", "T1", "Updated", "T2", "T3"]


def test_a_smaller_size_that_is_filled_already_ends_the_order_with_its_fill() -> None:
    tracker = tracking()
    events = story(OPEN, sent(1, 6), filled("T1", 6), amended(5, 6, modify_id=1), tracker=tracker)
    assert told(events) == ["Accepted", "Updated", "T1"]
    assert not tracker.is_open(ID)


def test_an_end_settles_what_the_lost_answer_would_have_told() -> None:
    first = (OPEN, sent(1, 6), filled("T1", 6))
    assert told(story(*first, ended(End.FILLED, 6))) == ["Accepted", "Updated", "T1"]
    assert told(story(*first, canceled(6))) == ["Accepted", "T1", "Canceled"]


def test_late_news_of_earlier_terms_changes_nothing_back() -> None:
    tracker = tracking()
    news = (OPEN, sent(1, 12), sent(2, 8), amended(7, 8, modify_id=2), amended(5, 12, modify_id=1))
    assert told(story(*news, tracker=tracker)) == ["Accepted", "Updated"]
    assert tracker.leaves(ID) == 8
    assert tracker.has_made(ID, 1)


def changed(modify_id: int, size: int, price: int, known: int = 100) -> Observe:
    """Send a change of an order of 10 at a known price; the venue is told the difference alone."""
    before = terms(10, known)
    return lambda tracker: tracker.amend_sent(ID, modify_id, terms(size, price), before)


def over(modify_id: int) -> Observe:
    return lambda tracker: tracker.modify_over(ID, modify_id, "unseen")


def test_changes_of_different_terms_add_up_when_their_answers_are_lost() -> None:
    events = story(OPEN, changed(1, 10, 90), changed(2, 12, 100), amended(5, 12, 90))
    assert told(events) == ["Accepted", "Updated"]
    tracker = tracking()
    story(OPEN, changed(1, 10, 90), changed(2, 12, 100), amended(5, 12, 90), tracker=tracker)
    assert tracker.has_made(ID, 1)
    assert tracker.has_made(ID, 2)


def test_a_change_that_a_later_one_has_replaced_is_not_called_refused() -> None:
    first = (OPEN, changed(1, 10, 90), changed(2, 10, 80), amended(5, 10, 80))
    assert told(story(*first, over(1))) == ["Accepted", "Updated"]
    assert told(story(*first, modify_refused(1))) == ["Accepted", "Updated", "ModifyRejected"]


def test_late_news_of_terms_that_a_change_brings_back_is_no_proof_of_it() -> None:
    tracker = tracking()
    first = (OPEN, changed(1, 10, 90), amended(5, 10, 90))
    story(*first, changed(2, 10, 100, known=90), amended(3, 10), tracker=tracker)
    assert not tracker.has_made(ID, 2)


def test_a_change_of_which_nothing_shows_is_refused_in_the_end() -> None:
    first = (OPEN, changed(1, 12, 90), changed(2, 12, 80))
    assert told(story(*first, amended(5, 10, 80), over(2))) == [
        "Accepted",
        "Updated",
        "ModifyRejected",
    ]
    assert told(story(*first, over(2), over(1))) == ["Accepted", "ModifyRejected", "ModifyRejected"]


@dataclass
class Venue:
    """One order that keeps its id, and what a client may see of it."""

    size: int = 10
    fills: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[int, Observe]] = field(default_factory=list)  # after how many changes sent
    sent: list[Observe] = field(default_factory=list)

    @property
    def filled(self) -> int:
        return sum(self.fills.values())

    def see(self, observe: Observe) -> None:
        self.seen.append((len(self.sent), observe))

    def fill(self, quantity: int) -> None:
        trade_id = f"T{len(self.fills) + 1}"
        self.fills[trade_id] = quantity
        self.see(filled(trade_id, quantity))

    def amend(self, size: int) -> None:
        modify_id = len(self.sent) + 1
        price = 100 + modify_id
        self.sent.append(sent(modify_id, size, price))
        if size <= self.filled:
            self.see(modify_refused(modify_id))
            return
        self.size = size
        self.see(amended(modify_id, size, price))
        self.see(amended(modify_id, size, price, modify_id=modify_id))


@st.composite
def lives(draw: st.DrawFn) -> Venue:
    venue = Venue()
    venue.see(OPEN)
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            venue.amend(draw(st.integers(1, 14)))
        else:
            venue.fill(draw(st.integers(1, venue.size - venue.filled)))
        if venue.filled == venue.size:
            venue.see(ended(End.FILLED, draw(st.sampled_from([None, venue.filled]))))
            return venue
    venue.see(canceled(venue.filled))
    return venue


def arrival(venue: Venue, random: Random) -> list[Observe]:
    """Shuffle and repeat what was seen; the first of it, and each change before what it caused."""
    seen = [item for item in venue.seen for _ in range(random.randint(1, 3))]
    random.shuffle(seen)
    result, count = [OPEN], 0
    for after, observe in seen:
        while count < after or (count < len(venue.sent) and random.random() < 0.2):
            result.append(venue.sent[count])
            count += 1
        result.append(observe)
    return result


@settings(max_examples=1_000, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_any_arrival_tells_each_fill_once_and_the_size_that_was_last(
    venue: Venue, random: Random
) -> None:
    tracker = tracking()
    observations = arrival(venue, random)
    events = story(*observations, tracker=tracker)

    words = told(events)
    assert words.count("Accepted") == 1
    assert words[0] == "Accepted"
    assert sorted(word for word in words if word.startswith("T")) == sorted(venue.fills)
    is_complete = venue.filled == venue.size
    # A cancel may outrun the news of a size that nothing more was filled of: either end is true.
    assert isinstance(events[-1], Filled if is_complete else Filled | Canceled)
    ends = [event for event in events if isinstance(event, Canceled)]
    assert ends == [event for event in events[-1:] if isinstance(event, Canceled)]
    sizes = [event.quantity for event in events if isinstance(event, Updated)]
    if is_complete:
        assert (sizes or [10])[-1] == venue.size
    assert tracker.doubtful() == []
    assert story(*observations, tracker=tracker) == []
