"""Views of a book: their checksums, and that changes lead from each view to the next."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market import CoinState
from simulator.synthetix_book import View, changes, checksum, view
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_markets import TERMS, market_of
from simulator.universe import Listing
from tests.simulator.synthetix_venues import levels

SNAPSHOT = View(
    (("99999", "1.5"), ("99998", "2")),
    (("100001", "1"), ("100002", "3")),
)

BOOKS = st.dictionaries(st.integers(1, 40), st.integers(1, 9), max_size=20)


def state_of(bids: tuple, asks: tuple) -> CoinState:  # type: ignore[type-arg]
    state = CoinState(Listing("BTC", 0, 5, 0, delisted=False))
    state.bids, state.asks = bids, asks
    return state


@pytest.mark.parametrize(
    ("book", "expected"),
    [
        (SNAPSHOT, "ca451a44"),
        (View((("99999", "1.25"), ("99998", "2")), SNAPSHOT.asks), "21795529"),
        (View(), "00000000"),
    ],
)
def test_checksums_are_the_known_ones(book: View, expected: str) -> None:
    assert checksum(book) == expected


def test_only_changed_levels_are_told_and_the_gone_with_0() -> None:
    after = View((("99999", "1.25"), ("99997", "1")), SNAPSHOT.asks)

    told = changes(SNAPSHOT, after)

    assert told == View((("99999", "1.25"), ("99997", "1"), ("99998", "0")), ())


@given(BOOKS, BOOKS, st.sampled_from([10, 50]))
def test_changes_lead_from_any_view_to_any_other(
    old: dict[int, int], new: dict[int, int], depth: int
) -> None:
    def seen(book: dict[int, int]) -> View:
        rows = [(str(price), str(size)) for price, size in book.items()]
        bids = levels(*sorted(rows, key=lambda row: -int(row[0])))
        asks = levels(*sorted(rows, key=lambda row: int(row[0])))
        return view(state_of(bids, asks), TERMS["BTC"], depth, Dialect())

    before, after = seen(old), seen(new)
    told = changes(before, after)

    # A client that truncates nothing ends with the same levels: those that left are deleted.
    for side, was, become in (
        (told.bids, before.bids, after.bids),
        (told.asks, before.asks, after.asks),
    ):
        kept = dict(was) | dict(side)
        assert {price: size for price, size in kept.items() if size != "0"} == dict(become)
        assert len(become) <= depth


def test_padded_figures_have_the_decimals_of_their_market() -> None:
    state = state_of(levels(("99999", "1.5")), levels(("100001", "1")))

    book = view(state, TERMS["BTC"], 10, Dialect(decimals="padded"))

    assert book == View((("99999", "1.50000"),), (("100001", "1.00000"),))


def test_prices_between_ticks_move_away_from_the_other_side_and_add_up() -> None:
    bids = levels(("99999.7", "1"), ("99999.2", "2"), ("99998", "1"))
    asks = levels(("100000.1", "1"), ("100001", "2"))

    book = view(state_of(bids, asks), TERMS["BTC"], 10, Dialect())

    assert book == View((("99999", "3"), ("99998", "1")), (("100001", "3"),))


def test_the_tiers_of_btc_are_those_of_the_venues_example() -> None:
    market = market_of(Listing("BTC", 0, 5, 0, delisted=False))

    rows = [(tier.floor, tier.ceiling, tier.max_leverage, tier.deduction) for tier in market.tiers]

    assert rows == [
        (0, 1_000_000, 100, 0),
        (1_000_001, 50_000_000, 50, 5_000),
        (50_000_001, None, 25, 505_000),
    ]
    assert market.tiers[0].initial == Decimal("0.01")
    assert market.tiers[0].maintenance == Decimal("0.005")
