"""A running venue is asked for the whole books of an account, without a client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from eth_account import Account

from adapters.common.books import AccountBooks
from adapters.common.errors import OutcomeUnknown, VenueError
from adapters.hyperliquid.books import read_books as read_hyperliquid_books
from adapters.synthetix.books import read_books as read_synthetix_books
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.hyperliquid_trading import TradingOptions as HyperliquidTradingOptions
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_trading import TradingOptions as SynthetixTradingOptions

KEY = "0x" + "11" * 32
ADDRESS: str = Account.from_key(KEY).address
VENUES = ("hyperliquid", "synthetix")


@asynccontextmanager
async def venue_of(name: str) -> AsyncIterator[str]:
    """Run a venue on which the key has 10,000; give its REST address."""
    accounts = ((ADDRESS.lower(), Decimal(10_000)),)
    if name == "hyperliquid":
        trading = HyperliquidTradingOptions(accounts=accounts)
        async with HyperliquidVenue(HyperliquidOptions(port=0, trading=trading)).running() as venue:
            yield venue.http_url
    else:
        opener = trading_opener(SynthetixTradingOptions(accounts=accounts))
        options = SynthetixOptions(port=0)
        async with SynthetixVenue(options, open_trading=opener).running() as venue:
            yield venue.http_url


async def read(name: str, url: str) -> AccountBooks:
    if name == "hyperliquid":
        return await read_hyperliquid_books(url, ADDRESS.lower())
    return await read_synthetix_books(url, KEY)


@pytest.mark.parametrize("name", VENUES)
async def test_an_account_that_did_not_trade_has_its_deposit(name: str) -> None:
    async with venue_of(name) as url:
        books = await read(name, url)

    assert books == AccountBooks(
        pnl=Decimal(0), equity=Decimal(10_000), funding=Decimal(0), orders=0, positions=0
    )


@pytest.mark.parametrize("name", VENUES)
async def test_a_venue_that_does_not_tell_is_an_error(name: str) -> None:
    async with venue_of(name) as url:
        with pytest.raises(VenueError, match="404"):
            await read(name, f"{url}/nowhere")
    with pytest.raises(OutcomeUnknown):
        await read(name, "http://127.0.0.1:1")


async def test_who_has_no_account_is_told_so() -> None:
    async with venue_of("synthetix") as url:
        with pytest.raises(VenueError, match="Expected a sub-account"):
            await read_synthetix_books(url, "0x" + "22" * 32)
