"""The venue's books beside ours: what counts as the same, and what a running venue is asked."""

from decimal import Decimal

import msgspec
import pytest

from adapters.common.books import AccountBooks
from desk.ledger import Comparison, comparison

SAME = Comparison(
    pnl_venue=Decimal("12.345678"),
    pnl_ours=Decimal("12.345678"),
    equity_venue=Decimal("10012.4"),
    equity_ours=Decimal("10012.4"),
    funding=Decimal("0.054322"),
    orders=0,
    positions=0,
)


@pytest.mark.parametrize(
    ("changes", "is_settled"),
    [
        ({}, True),
        ({"pnl_ours": Decimal("12.355678")}, True),
        ({"pnl_ours": Decimal("12.355679")}, False),
        ({"pnl_ours": Decimal("12.3")}, False),
        ({"equity_ours": Decimal("10012.38")}, False),
        ({"orders": 1}, False),
        ({"positions": 1}, False),
    ],
)
def test_books_agree_to_the_cent_with_nothing_left_open(
    changes: dict[str, object], *, is_settled: bool
) -> None:
    assert msgspec.structs.replace(SAME, **changes).is_settled is is_settled


def test_the_comparison_reads_as_a_person_asks_for_it() -> None:
    open_ = msgspec.structs.replace(SAME, pnl_ours=Decimal("12.3"), orders=2)

    assert open_.in_words() == [
        "P&L after fees: venue says 12.345678, we say 12.300000, difference 0.045678",
        "equity: venue says 10,012.400000, we say 10,012.400000, difference 0.000000",
        "funding, in the equity alone: +0.054322",
        "the venue still has 2 orders and 0 positions",
    ]


def test_the_books_of_a_venue_are_set_beside_ours() -> None:
    told = AccountBooks(
        pnl=Decimal(1), equity=Decimal(10_000), funding=Decimal(2), orders=3, positions=4
    )

    compared = comparison(told, pnl=[Decimal(1), Decimal(2)], equity=Decimal(10_003))

    assert compared == Comparison(
        pnl_venue=Decimal(1),
        pnl_ours=Decimal(3),
        equity_venue=Decimal(10_000),
        equity_ours=Decimal(10_003),
        funding=Decimal(2),
        orders=3,
        positions=4,
    )
    assert not compared.is_settled
