"""
A child process: a loopback venue with accounts, whose market is still or stirred.

Its addresses are its first line on standard output. A line ``"still"`` or ``"stirred"`` is answered
with itself; ``"orders"`` with the orders that an account was ever given an id for since the last
such line, as pairs of account and client id: one that stands there twice was placed twice.
"""

import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
import uvloop

from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.hyperliquid_trading import TradingOptions as HyperliquidTrading
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_accounts import trading_opener
from simulator.synthetix_trading import TradingOptions as SynthetixTrading
from tests.bench.children import questions, say
from tests.bench.stirred import Stirred

CASH = Decimal(100_000_000)
FREE_REQUESTS = 1_000_000_000
ORDERS_MAX = 100_000


class Setting(msgspec.Struct, frozen=True):
    """Which venue, how many coins, whose wallets have an account, and how often a stir comes."""

    venue: str
    coins: int
    wallets: tuple[str, ...]
    step_ms: int


@asynccontextmanager
async def hyperliquid(setting: Setting, market: Stirred) -> AsyncIterator[HyperliquidVenue]:
    """Serve one without limits of how much may be asked."""
    accounts = tuple((wallet, CASH) for wallet in setting.wallets)
    options = HyperliquidOptions(
        weight_per_minute=0,
        trading=HyperliquidTrading(accounts=accounts, free_requests=FREE_REQUESTS),
    )
    async with HyperliquidVenue(options, market).running() as venue:
        yield venue


@asynccontextmanager
async def synthetix(setting: Setting, market: Stirred) -> AsyncIterator[SynthetixVenue]:
    """Serve one without limits of how much may be asked, or rest."""
    accounts = tuple((wallet, CASH) for wallet in setting.wallets)
    trading = SynthetixTrading(
        accounts=accounts, tokens=0, orders_per_market=ORDERS_MAX, orders_in_all=ORDERS_MAX
    )
    opener = trading_opener(trading)
    options = SynthetixOptions(ip_tokens=0)
    async with SynthetixVenue(options, market, open_trading=opener).running() as venue:
        yield venue


VENUES = {"hyperliquid": hyperliquid, "synthetix": synthetix}


class Ledger:
    """What the engine's accounts were given, each order once."""

    def __init__(self, exchange: Any) -> None:  # noqa: ANN401 (either venue's engine)
        self._exchange = exchange
        self._told: set[int] = set()

    def take(self) -> list[tuple[str, str | None]]:
        """Return account and client id of each order that was not returned before."""
        found = []
        for name in self._exchange.accounts():
            account = self._exchange.account(name)
            for order in [*(change.order for change in account.history), *account.live.values()]:
                if order.oid not in self._told:
                    self._told.add(order.oid)
                    found.append((name, order.request.client_id))
        return found


async def main(setting: Setting) -> None:
    """Serve until standard input ends."""
    market = Stirred(setting.coins, time.time_ns() // 1_000_000, setting.step_ms)
    async with VENUES[setting.venue](setting, market) as venue:
        ledger = Ledger(venue.trading.exchange)
        say({"http": venue.http_url, "ws": venue.ws_url})
        async for line in questions():
            question = msgspec.json.decode(line, type=str)
            if question == "orders":
                say(ledger.take())
            else:
                market.is_moving = question == "stirred"
                say(question)
        os._exit(0)  # clients may still be connected, and their ends are nobody's concern


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=Setting)))
