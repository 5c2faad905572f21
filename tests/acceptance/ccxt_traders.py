"""ccxt, unmodified but for its addresses, on the loopback venue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import ccxt.pro

from simulator.hyperliquid import HyperliquidVenue


@asynccontextmanager
async def ccxt_on(
    venue: HyperliquidVenue, **settings: object
) -> AsyncIterator[ccxt.pro.hyperliquid]:
    """Open a client that has loaded the markets; settings are ccxt's, credentials among them."""
    client = ccxt.pro.hyperliquid({"enableRateLimit": False, **settings})  # it would only wait
    client.urls["api"] = {
        "public": venue.http_url,
        "private": venue.http_url,
        "ws": {"public": venue.ws_url},
    }
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()
