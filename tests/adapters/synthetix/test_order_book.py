"""A book follows its stream exactly, or is broken once and silent until the next snapshot."""

from binascii import crc32
from random import Random

import msgspec
import pytest

from adapters.synthetix.frames import WsBook
from adapters.synthetix.order_book import BookChange, BrokenBook, LevelChange, OrderBookState
from adapters.synthetix.schemas import BookLevel

type Levels = list[tuple[str, str]]


def frame(
    meseq: int,
    bids: Levels | None = None,
    asks: Levels | None = None,
    prev: int | None = None,
    checksum: str | None = None,
    needs_resync: bool = False,
) -> WsBook:
    return WsBook(
        "BTC-USDT",
        prev is None,
        meseq,
        prev,
        checksum,
        needs_resync,
        5,
        [BookLevel(*level) for level in bids or []],
        [BookLevel(*level) for level in asks or []],
    )


# The known answers of section 6.4 of the protocol sheet.
BIDS, ASKS = [("99999", "1.5"), ("99998", "2")], [("100001", "1"), ("100002", "3")]
SNAPSHOT = frame(10, BIDS, ASKS, checksum="ca451a44")
DIFF = frame(11, [("99999", "1.25")], prev=10, checksum="21795529")


def known() -> OrderBookState:
    book = OrderBookState(10)
    assert isinstance(book.apply(SNAPSHOT), BookChange)
    return book


def numbers(levels: Levels) -> list[tuple[float, float]]:
    return [(float(price), float(quantity)) for price, quantity in levels]


def test_a_snapshot_and_a_difference_have_the_known_checksums() -> None:
    book = OrderBookState(10)
    first = book.apply(SNAPSHOT)
    assert isinstance(first, BookChange)
    assert (first.is_snapshot, first.meseq, first.ts_event) == (True, 10, 5)
    assert [(one.is_bid, one.price, one.is_new) for one in first.levels] == [
        (True, 99_999, True),
        (True, 99_998, True),
        (False, 100_001, True),
        (False, 100_002, True),
    ]
    level = LevelChange(True, 99_999.0, 1.25, is_new=False)  # noqa: FBT003
    assert book.apply(DIFF) == BookChange(False, [level], 11, 5)  # noqa: FBT003
    assert book.bids == numbers([("99999", "1.25"), ("99998", "2")])
    assert book.asks == numbers(ASKS)


def test_an_empty_book_has_the_checksum_of_nothing() -> None:
    assert isinstance(OrderBookState(10).apply(frame(1, checksum="00000000")), BookChange)


def test_levels_come_and_go_and_stay_sorted() -> None:
    book = known()
    change = book.apply(frame(11, [("99999", "0"), ("99999.5", "4")], [("100001.5", "2")], prev=10))
    assert isinstance(change, BookChange)
    assert [(one.price, one.quantity, one.is_new) for one in change.levels] == [
        (99_999, 0, False),
        (99_999.5, 4, True),
        (100_001.5, 2, True),
    ]
    assert book.bids == numbers([("99999.5", "4"), ("99998", "2")])
    assert book.asks == numbers([("100001", "1"), ("100001.5", "2"), ("100002", "3")])


@pytest.mark.parametrize("told_again", [False, True])
def test_a_level_that_slides_behind_the_depth_comes_back(told_again: bool) -> None:
    book = OrderBookState(2)
    book.apply(SNAPSHOT)
    book.apply(frame(11, [("100000", "1")], prev=10))
    again = [("99998", "2")] if told_again else []
    change = book.apply(frame(12, [("100000", "0"), *again], prev=11, checksum="ca451a44"))
    assert isinstance(change, BookChange)
    assert [(one.price, one.quantity) for one in change.levels] == [(100_000, 0), (99_998, 2)]


def test_a_level_that_slides_behind_the_depth_is_removed() -> None:
    book = OrderBookState(2)
    book.apply(SNAPSHOT)
    change = book.apply(frame(11, [("100000", "1")], prev=10))
    assert isinstance(change, BookChange)
    assert [(one.price, one.quantity) for one in change.levels] == [(99_998, 0), (100_000, 1)]
    assert book.bids == numbers([("100000", "1"), ("99999", "1.5")])


def test_a_level_taken_out_and_put_back_in_one_frame_stands_where_it_belongs() -> None:
    book = known()
    change = book.apply(
        frame(11, [("99999", "0"), ("99999", "1.25")], prev=10, checksum="21795529")
    )
    assert isinstance(change, BookChange)


def test_the_checksum_covers_the_texts_and_not_the_numbers() -> None:
    text = b"b99999.0:1.50|"
    checksum = f"{crc32(text):08x}"
    exact = frame(1, [("99999.0", "1.50")], checksum=checksum)
    equal = frame(1, [("99999", "1.5")], checksum=checksum)
    assert isinstance(OrderBookState(10).apply(exact), BookChange)
    assert isinstance(OrderBookState(10).apply(equal), BrokenBook)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (frame(12, prev=11), "Expected a difference from 10, was from 11"),
        (frame(9, prev=8), "Expected a difference from 10, was from 8"),
        (
            frame(11, [("99999", "1.26")], prev=10, checksum="21795529"),
            "Expected checksum 21795529",
        ),
        (frame(11, [("99999", "x")], prev=10), "Expected a level, was 'x' at '99999'"),
        (frame(11, [("0", "1")], prev=10), "Expected a level, was '1' at '0'"),
        (frame(11, [("5", "-1")], prev=10), "Expected a level, was '-1' at '5'"),
        (frame(11, prev=10, needs_resync=True), "Expected no skipped frames"),
        (frame(11, BIDS, ASKS, checksum="ca451a45"), "Expected checksum ca451a45, was ca451a44"),
    ],
)
def test_a_broken_book_is_told_once_and_then_silent(broken: WsBook, words: str) -> None:
    book = known()
    told = book.apply(broken)
    assert isinstance(told, BrokenBook)
    assert words in told.reason
    assert not book.is_known
    assert (book.bids, book.asks) == ([], [])
    # Whatever follows of the old stream is neither a book nor one more break.
    assert book.apply(DIFF) is None
    assert book.apply(frame(13, prev=12)) is None
    assert isinstance(book.apply(SNAPSHOT), BookChange)
    assert isinstance(book.apply(DIFF), BookChange)


def test_a_repeated_frame_changes_nothing() -> None:
    book = known()
    book.apply(DIFF)
    assert book.apply(DIFF) is None
    assert book.is_known


def test_nothing_is_told_before_the_first_snapshot() -> None:
    assert OrderBookState(10).apply(DIFF) is None


def test_a_snapshot_that_does_not_come_is_asked_for() -> None:
    def late(secs: float) -> WsBook:
        return msgspec.structs.replace(DIFF, ts_event=int(secs * 10**9))

    book = known()
    book.forget()
    assert book.apply(late(100)) is None
    assert book.apply(late(104.9)) is None
    told = book.apply(late(105))
    assert isinstance(told, BrokenBook)
    assert "Expected a snapshot, were differences only" in told.reason
    assert book.apply(late(106)) is None
    assert isinstance(book.apply(late(112)), BrokenBook)


def test_an_interrupted_stream_begins_with_a_snapshot() -> None:
    book = known()
    book.forget()
    assert book.apply(DIFF) is None
    assert isinstance(book.apply(SNAPSHOT), BookChange)


@pytest.mark.parametrize("seed", range(20))
def test_random_streams_end_in_the_venues_book(seed: int) -> None:
    random = Random(seed)
    depth = random.choice([2, 5, 10])
    venue: dict[bool, dict[int, str]] = {True: {}, False: {}}
    shown: dict[bool, Levels] = {True: [], False: []}
    told: dict[bool, dict[float, float]] = {True: {}, False: {}}
    book = OrderBookState(depth)
    for meseq in range(1, 200):
        for is_bid in (True, False):
            for _ in range(random.randint(0, 4)):
                price = random.randint(80, 99) if is_bid else random.randint(101, 120)
                if random.random() < 0.4:
                    venue[is_bid].pop(price, None)
                else:
                    venue[is_bid][price] = f"{random.randint(1, 9)}.{random.randint(0, 9)}0"
        views = {}
        diffs = {}
        for is_bid in (True, False):
            best = sorted(venue[is_bid], reverse=is_bid)[:depth]
            views[is_bid] = [(str(price), venue[is_bid][price]) for price in best]
            before, now = dict(shown[is_bid]), dict(views[is_bid])
            gone = [(price, "0") for price in before if price not in now]
            diffs[is_bid] = gone + [level for level in views[is_bid] if level not in shown[is_bid]]
        shown = views
        text = "".join(f"b{p}:{q}|" for p, q in views[True])
        text += "".join(f"a{p}:{q}|" for p, q in views[False])
        checksum = f"{crc32(text.encode()):08x}"
        if meseq == 1:
            change = book.apply(frame(meseq, views[True], views[False], checksum=checksum))
        else:
            change = book.apply(
                frame(meseq, diffs[True], diffs[False], prev=meseq - 1, checksum=checksum)
            )
        assert isinstance(change, BookChange)
        for level in change.levels:
            if level.quantity:
                assert level.is_new is (level.price not in told[level.is_bid])
                told[level.is_bid][level.price] = level.quantity
            else:
                del told[level.is_bid][level.price]
        assert book.bids == numbers(views[True])
        assert told == {True: dict(numbers(views[True])), False: dict(numbers(views[False]))}


def test_a_level_that_is_told_again_as_it_was_is_no_change() -> None:
    book = known()
    change = book.apply(frame(11, [("99999", "1.50"), ("99998", "3")], prev=10))
    assert isinstance(change, BookChange)
    assert [(one.price, one.quantity) for one in change.levels] == [(99_998, 3)]
