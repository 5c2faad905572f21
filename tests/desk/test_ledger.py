"""The venue's books beside ours: what counts as the same, and what a running venue is asked."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal

import msgspec
import pytest

from adapters.common.errors import VenueError
from desk.kits import VENUES
from desk.ledger import Comparison, compare_books
from desk.loopback import MadeUpAccount
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_trading import TradingOptions as SynthetixTrading

type Venue = HyperliquidVenue | SynthetixVenue
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


def hyperliquid(address: str) -> AbstractAsyncContextManager[Venue]:
    accounts = TradingOptions(accounts=((address, Decimal(10_000)),))
    return HyperliquidVenue(VenueOptions(port=0, trading=accounts)).running()


def synthetix(address: str) -> AbstractAsyncContextManager[Venue]:
    accounts = SynthetixTrading(accounts=((address, Decimal(10_000)),))
    return SynthetixVenue(SynthetixOptions(), open_trading=trading_opener(accounts)).running()


@pytest.mark.parametrize("open_venue", [hyperliquid, synthetix], ids=["hyperliquid", "synthetix"])
async def test_a_running_venue_is_asked_for_its_books(
    request: pytest.FixtureRequest, open_venue: Callable[[str], AbstractAsyncContextManager[Venue]]
) -> None:
    account = MadeUpAccount.new()
    kit = VENUES[request.node.callspec.id]
    async with open_venue(account.address) as venue:
        books = await kit.read_books(venue.http_url, account.key.reveal())
        with pytest.raises(VenueError):
            await kit.read_books(f"{venue.http_url}/nowhere", account.key.reveal())

    compared = compare_books(books, pnl=[Decimal(1), Decimal(2)], equity=Decimal(10_003))
    assert compared == Comparison(
        pnl_venue=Decimal(0),
        pnl_ours=Decimal(3),
        equity_venue=Decimal(10_000),
        equity_ours=Decimal(10_003),
        funding=Decimal(0),
        orders=0,
        positions=0,
    )
    assert not compared.is_settled
