"""One script of orders for any client: it acts, and yields what must come true before it acts on.

Whoever plays it waits in the way of its client, and knows what the market does meanwhile.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

type Condition = Callable[[], bool]

ETH = "ETH-USD-PERP.HYPERLIQUID"
PLAYED = "PLAYED"
"""What a child process says once it is through."""


class Desk(Protocol):
    """Commands on orders of ETH, and conditions on them.

    A `name` is an order's client order id; the venue knows it as the first 16 bytes of its hash.
    """

    def market(self, name: str, side: str, size: str, *, reduce_only: bool = False) -> None:
        """Trade at the market, 50 basis points of slippage at most; `side` is BUY or SELL."""

    def limit(
        self, name: str, side: str, size: str, price: str, *, tif: str = "GTC",
        post_only: bool = False, reduce_only: bool = False,
    ) -> None:  # fmt: skip
        """Rest at a price; or try it at once with `tif="IOC"`."""

    def trigger(
        self, kind: str, name: str, side: str, size: str, at: str, price: str | None = None
    ) -> None:
        """Wait for the mark with a reduce-only order; `kind` as Nautilus calls it: stop_market."""

    def bracket(self, name: str, side: str, size: str, price: str, target: str, stop: str) -> None:
        """Enter at a price, with both exits: `name`, `name`-target and `name`-stop."""

    def modify(
        self, name: str, size: str | None = None, price: str | None = None, at: str | None = None
    ) -> None:
        """Change an order's whole quantity, price or trigger."""

    def cancel(self, name: str) -> None:
        """Cancel an order."""

    def has_filled(self, name: str, size: str) -> Condition:
        """Return whether so much of an order has filled."""

    def rests(self, name: str, **fields: str) -> Condition:
        """Return whether the client sees an order rest with these fields, as Nautilus has them."""

    def has_ended(self, name: str) -> Condition:
        """Return whether nothing can follow for an order."""

    def is_quoted(self, bid: str, ask: str) -> Condition:
        """Return whether ETH's newest quote has these prices."""


def play(desk: Desk) -> Iterator[Condition]:
    """Trade ETH, which is at 2000 and quoted 5 at 0.1 % and 5 at 0.2 % on both sides.

    Left out is what Nautilus 1.231.0 does not get through: it sends the market entry of a bracket
    at price 0, its node does not take in that a stop-market order was modified, and it takes an
    IOC order that filled in part for open once the fills are told after the cancel.
    """
    yield from trade(desk)
    yield from rest(desk)
    yield from change(desk)
    yield from leave(desk)


def trade(desk: Desk) -> Iterator[Condition]:
    """Take two levels of the book, nothing, and part of what is asked: the rest ends or rests."""
    desk.market("in", "BUY", "6")
    yield desk.has_filled("in", "6")
    desk.limit("miss", "BUY", "1", "1990", tif="IOC")
    yield desk.has_ended("miss")
    desk.limit("part", "SELL", "6", "1998", tif="IOC")
    yield desk.has_filled("part", "5")
    desk.market("again", "BUY", "2")
    yield desk.has_filled("again", "2")
    desk.limit("over", "BUY", "3", "2004")
    yield desk.has_filled("over", "2")
    desk.cancel("over")
    yield desk.has_ended("over")


def rest(desk: Desk) -> Iterator[Condition]:
    """Rest every kind of order."""
    desk.limit("bid", "BUY", "1", "1900", post_only=True)
    yield desk.rests("bid")
    desk.limit("ask", "SELL", "2", "2100", reduce_only=True)
    yield desk.rests("ask")
    desk.limit("low", "BUY", "0.5", "1700")
    yield desk.rests("low")
    desk.trigger("stop_market", "stop", "SELL", "3", "1800")
    yield desk.rests("stop")
    desk.trigger("stop_limit", "stop-limit", "SELL", "1", "1700", "1690")
    yield desk.rests("stop-limit")
    desk.trigger("market_if_touched", "touch", "SELL", "1", "2300")
    yield desk.rests("touch")
    desk.trigger("limit_if_touched", "touch-limit", "SELL", "1", "2400", "2390")
    yield desk.rests("touch-limit")


def change(desk: Desk) -> Iterator[Condition]:
    """Modify and cancel, also what has filled in part."""
    desk.modify("bid", size="2", price="1910")
    yield desk.rests("bid", quantity="2", price="1910")
    desk.modify("ask", price="2110")
    yield desk.rests("ask", quantity="2", price="2110")
    desk.modify("stop-limit", price="1700", at="1710")
    yield desk.rests("stop-limit", price="1700")
    desk.cancel("ask")
    yield desk.has_ended("ask")
    yield desk.has_filled("bid", "0.5")  # the market sells into it
    desk.modify("bid", size="3", price="1905")
    yield desk.rests("bid", quantity="3", price="1905")
    desk.cancel("bid")
    yield desk.has_ended("bid")


def leave(desk: Desk) -> Iterator[Condition]:
    """Be stopped, enter with a bracket, reach its target, and close what is left."""
    yield desk.has_filled("stop", "3")  # the market falls
    yield desk.is_quoted("1795", "1797")
    desk.bracket("bracket", "BUY", "1", "1797", target="1900", stop="1760")
    yield desk.has_filled("bracket-target", "1")  # the market rises once both exits rest
    yield desk.has_ended("bracket-stop")
    yield desk.is_quoted("1905", "1907")
    desk.market("out", "SELL", "2.5", reduce_only=True)
    yield desk.has_filled("out", "2.5")
