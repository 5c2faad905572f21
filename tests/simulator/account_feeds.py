"""A venue of two accounts and still books, with a shorthand to trade there and to subscribe."""

from collections.abc import AsyncIterator
from typing import Any

from simulator.exchange.events import Reply
from simulator.exchange.model import Grouping, OrderRequest
from simulator.hyperliquid import VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from tests.simulator.trading_setup import OTHER, USER, D, reference
from tests.simulator.venues import Client, Desk, book

ACCOUNTS = ((USER, D(10_000)), (OTHER, D(10_000)))


async def running(**trading: Any) -> AsyncIterator[Desk]:  # noqa: ANN401
    """Run a venue with two accounts and books of BTC and ETH."""
    options = TradingOptions(accounts=ACCOUNTS, **trading)
    desk = Desk(VenueOptions(trading=options, weight_per_minute=0))
    async with desk.venue.running():
        desk.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
        desk.at(0, reference(0, "2080", "ETH"), book(0, "2067.2", "2080.2", "ETH"))
        yield desk


def place(
    desk: Desk, *requests: OrderRequest, user: str = USER, grouping: Grouping = Grouping.NONE
) -> Reply:
    """Place orders as the action does: everybody is told before the answer."""
    venue = desk.venue
    reply = venue.trading.exchange.place(user, requests, venue.clock.now_ms(), grouping)
    venue.trading.tell(reply.events)
    return reply


async def subscribe(client: Client, *feeds: str, user: str = USER, **more: object) -> None:
    for feed in feeds:
        await client.subscribe(type=feed, user=user, **more)
    await client.settled()
