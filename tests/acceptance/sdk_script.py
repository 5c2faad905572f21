"""The script of orders through the venue's own SDK: commands and conditions in its words."""

import time
from decimal import Decimal
from typing import Any

from eth_utils.crypto import keccak
from hyperliquid.exchange import Exchange
from hyperliquid.utils.types import Cloid

from tests.acceptance.order_script import Condition, play
from tests.acceptance.sdk_traders import ALO, GTC, IOC, entries, order, trigger

SLIPPAGE = 0.005
POLL_SECS = 0.01
TRIGGERS = {
    "stop_market": ("sl", True),
    "stop_limit": ("sl", False),
    "market_if_touched": ("tp", True),
    "limit_if_touched": ("tp", False),
}


class SdkDesk:
    """The commands of a `Desk`, by an Exchange of the account `user`; each blocks.

    The SDK knows no order, so that what was asked is kept here to be asked again, changed.
    """

    def __init__(self, sdk: Exchange, user: str) -> None:
        self._sdk = sdk
        self._user = user
        self._asked: dict[str, dict[str, Any]] = {}

    def market(self, name: str, side: str, size: str, *, reduce_only: bool = False) -> None:
        """Trade at the market."""
        top = self._quote()[["BUY", "SELL"].index(side) - 1]
        price = self._sdk._slippage_price("ETH", side == "BUY", SLIPPAGE, float(top))
        self._place(name, side, size, price, IOC, reduce_only=reduce_only)

    def limit(
        self, name: str, side: str, size: str, price: str, *, tif: str = "GTC",
        post_only: bool = False, reduce_only: bool = False,
    ) -> None:  # fmt: skip
        """Rest at a price, or try it at once with IOC."""
        kind = ALO if post_only else {"GTC": GTC, "IOC": IOC}[tif]
        self._place(name, side, size, float(price), kind, reduce_only=reduce_only)

    def trigger(
        self, kind: str, name: str, side: str, size: str, at: str, price: str | None = None
    ) -> None:
        """Wait for the mark with a reduce-only order."""
        tpsl, is_market = TRIGGERS[kind]
        limit = float(price) if price else _slipped(at)
        self._place(name, side, size, limit, trigger(tpsl, float(at), is_market=is_market))

    def bracket(self, name: str, side: str, size: str, price: str, target: str, stop: str) -> None:
        """Enter at a price, with both exits."""
        legs = [
            (name, side == "BUY", float(price), GTC),
            (f"{name}-stop", side != "BUY", _slipped(stop), trigger("sl", float(stop))),
            (f"{name}-target", side != "BUY", _slipped(target), trigger("tp", float(target))),
        ]
        requests = [
            order(is_buy, float(size), limit, kind, cloid=cloid_of(leg))
            for leg, is_buy, limit, kind in legs
        ]
        entries(self._sdk.bulk_orders(requests, grouping="normalTpsl"))

    def modify(
        self, name: str, size: str | None = None, price: str | None = None, at: str | None = None
    ) -> None:
        """Change an order's whole quantity, price or trigger."""
        asked = self._asked[name]
        if size is not None:
            asked["sz"] = float(Decimal(size) - self._filled(name))
        if price is not None:
            asked["limit_px"] = float(price)
        if at is not None:
            asked["order_type"]["trigger"]["triggerPx"] = float(at)
        change = {"oid": cloid_of(name), "order": asked}
        entries(self._sdk.bulk_modify_orders_new([change]))

    def cancel(self, name: str) -> None:
        """Cancel an order."""
        entries(self._sdk.cancel_by_cloid("ETH", cloid_of(name)))

    def has_filled(self, name: str, size: str) -> Condition:
        """Return whether so much of an order has filled since it was last modified."""
        return lambda: self._filled(name) == Decimal(size)

    def rests(self, name: str, **_fields: str) -> Condition:
        """Return whether an order rests; what it rests as is the ledger's to say."""
        return lambda: self._status(name)["status"] == "open"

    def has_ended(self, name: str) -> Condition:
        """Return whether nothing can follow for an order."""
        return lambda: self._status(name)["status"] not in {"open", "triggered"}

    def is_quoted(self, bid: str, ask: str) -> Condition:
        """Return whether ETH is quoted at these prices."""
        return lambda: self._quote() == (Decimal(bid), Decimal(ask))

    def _place(
        self, name: str, side: str, size: str, price: float, kind: object, **terms: object
    ) -> None:
        request = order(side == "BUY", float(size), price, kind, cloid=cloid_of(name), **terms)
        self._asked[name] = request
        self._sdk.bulk_orders([request])

    def _status(self, name: str) -> dict[str, Any]:
        told = self._sdk.info.query_order_by_cloid(self._user, cloid_of(name))
        return dict(told["order"])

    def _filled(self, name: str) -> Decimal:
        told = self._status(name)["order"]
        return Decimal(told["origSz"]) - Decimal(told["sz"])

    def _quote(self) -> tuple[Decimal, Decimal]:
        bids, asks = self._sdk.info.l2_snapshot("ETH")["levels"]
        return Decimal(bids[0]["px"]), Decimal(asks[0]["px"])


def cloid_of(name: str) -> Cloid:
    """Return the name that Nautilus's adapters give an order at the venue."""
    return Cloid.from_str("0x" + keccak(name.encode())[:16].hex())


def play_by_sdk(sdk: Exchange, user: str, step_secs: float) -> None:
    """Play the script to its end, or raise TimeoutError when a step takes longer."""
    for condition in play(SdkDesk(sdk, user)):
        deadline = time.monotonic() + step_secs
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(POLL_SECS)


def _slipped(at: str) -> float:
    """Return how far a sell that fires at a mark may slip."""
    return float(Decimal(at) * (1 - Decimal(str(SLIPPAGE))))
