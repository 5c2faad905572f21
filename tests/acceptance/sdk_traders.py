"""The venue's own SDK, unmodified, as a trader and a listener of the loopback venue."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth_account.signers.local import LocalAccount
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info

from simulator.hyperliquid import HyperliquidVenue
from tests.simulator.signed_bodies import USER
from tests.simulator.venues import Desk
from tests.waiting import eventually

BUY, SELL = True, False
GTC, ALO, IOC = ({"limit": {"tif": tif}} for tif in ("Gtc", "Alo", "Ioc"))
DONE = {"status": "ok", "response": {"type": "default"}}


@contextmanager
def trader(
    desk: Desk,
    wallet: LocalAccount = USER,
    **options: Any,  # noqa: ANN401 (those of Exchange)
) -> Iterator[Exchange]:
    """Open an Exchange for a wallet; its calls block, so they belong into a thread."""
    sdk = Exchange(wallet, desk.venue.http_url, perp_dexs=["", "xyz"], **options)
    try:
        yield sdk
    finally:
        sdk.session.close()
        sdk.info.session.close()


def entries(answer: dict[str, Any]) -> list[Any]:
    """Return what became of each item of an action."""
    assert answer["status"] == "ok", answer
    statuses: list[Any] = answer["response"]["data"]["statuses"]
    return statuses


def order(is_buy: bool, size: float, price: float, kind: object, **more: object) -> dict[str, Any]:
    """Write a request of ETH as the SDK takes it; a sell by trigger only reduces."""
    by_trigger = isinstance(kind, dict) and "trigger" in kind
    request = {"coin": "ETH", "is_buy": is_buy, "sz": size, "limit_px": price}
    return request | {"order_type": kind, "reduce_only": by_trigger} | more


def trigger(kind: str, price: float, *, is_market: bool = True) -> dict[str, Any]:
    """Write the type of a trigger order: "sl" or "tp" at a mark."""
    return {"trigger": {"triggerPx": price, "isMarket": is_market, "tpsl": kind}}


class Listener:
    """An Info that keeps each channel's data in `heard`; `listening` opens one.

    It can only be closed once the venue has gone: its reader, when it goes first, sleeps for 10 s.
    """

    def __init__(self, info: Info) -> None:
        self.heard: dict[str, list[Any]] = {}
        self._info = info
        self._line = info.ws_manager.ws.sock.sock

    def listen(self, feed: dict[str, str]) -> None:
        """Subscribe to a feed."""
        self._info.subscribe(
            feed, lambda frame: self.heard.setdefault(frame["channel"], []).append(frame["data"])
        )

    async def hang_up(self) -> None:
        """Close it after the venue has gone."""
        await asyncio.to_thread(self._info.ws_manager.stop)
        await asyncio.to_thread(self._info.ws_manager.join)
        self._line.close()  # its library forgets to when the venue goes first
        self._info.session.close()


async def listening(venue: HyperliquidVenue, *feeds: dict[str, str]) -> Listener:
    """Open an Info on a venue and subscribe to feeds."""
    info = await asyncio.to_thread(Info, venue.http_url)
    await eventually(lambda: info.ws_manager.ws_ready)
    listener = Listener(info)
    for feed in feeds:
        listener.listen(feed)
    return listener
