"""The shapes of the actions of POST /v1/info: what each carries, and how a wrong one is refused."""

from collections.abc import Callable
from typing import Any

import msgspec

from simulator.synthetix_answers import Refusal
from simulator.synthetix_feeds import Interval
from simulator.synthetix_floor import Floor
from simulator.synthetix_markets import PerpMarket

SYMBOL_MAX = 20
"""A symbol is no longer (fact sheet 7)."""


class AskError(Exception):
    """A question that is refused, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message)


class Nothing(msgspec.Struct, frozen=True):
    """A question without arguments."""


class OfMarkets(msgspec.Struct, frozen=True, rename="camel"):
    """A question about the markets, or the open ones only."""

    active_only: bool = False


class OfSymbol(msgspec.Struct, frozen=True):
    """A question about a market."""

    symbol: str = ""


class OfBook(OfSymbol, frozen=True):
    """A question about so many levels of a book."""

    limit: int = 500


class OfTrades(OfSymbol, frozen=True):
    """A question about the newest trades but `offset`."""

    limit: int = 50
    offset: int = 0


class OfCandles(OfSymbol, frozen=True, rename="camel", kw_only=True):
    """A question about candles; `limit` 0 is the venue's own."""

    interval: Interval
    start_time: int | None = None
    end_time: int | None = None
    limit: int = 0


class OfFunding(OfSymbol, frozen=True, rename="camel"):
    """A question about settled funding, both ends included."""

    start_time: int | None = None
    end_time: int | None = None
    limit: int = 0


class OfWallet(msgspec.Struct, frozen=True, rename="camel"):
    """A question about a wallet."""

    wallet_address: str = ""
    include_delegations: bool = False


class Question(msgspec.Struct, frozen=True):
    """How one action is asked and answered."""

    shape: type[msgspec.Struct]
    answer: Callable[[Floor, int, Any], object]


def market_of(floor: Floor, symbol: str, missing: str = "market not found") -> PerpMarket:
    """Return a market by its symbol, in whichever case; AskError when there is none."""
    if not symbol:
        raise AskError("VALIDATION_ERROR", "symbol is required")
    if "-" not in symbol or len(symbol) > SYMBOL_MAX:
        raise AskError("VALIDATION_ERROR", "invalid symbol")
    market = floor.markets.get(symbol.upper())
    if market is None:
        raise AskError("NOT_FOUND", missing)
    return market
