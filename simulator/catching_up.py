"""What a loopback venue does as its time goes on: the market moves, is told and meets orders."""

from collections.abc import Callable, Sequence
from typing import Protocol

from simulator.events import Source
from simulator.market import Change, Market
from simulator.wire import FundingRate


class Traders(Protocol):
    """Whoever has orders and positions in the market."""

    def settle(self, rates: Sequence[FundingRate]) -> None:
        """Take in the funding rates of hours that ended."""

    def take(self, change: Change, now_ms: int) -> None:
        """Take in a change of the market, at its time but not after `now_ms`."""

    def advance(self, now_ms: int) -> None:
        """Do what else has become due by now."""


def catch_up(
    now_ms: int,
    source: Source,
    market: Market,
    traders: Traders,
    publish: Callable[[Change], None],
) -> None:
    """Take in what the source tells up to `now_ms`, in Unix milliseconds.

    Each change is published before orders meet it, and an hour's funding is settled before the
    first event after that hour.
    """
    for event in source.due(now_ms):
        traders.settle(market.settle(event.time))
        for change in market.apply(event):
            publish(change)
            traders.take(change, now_ms)
    traders.settle(market.settle(now_ms))
    traders.advance(now_ms)
