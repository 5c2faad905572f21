"""The venue's WebSocket requests and subscriptions: what may be asked, and in which words."""

from collections.abc import Container
from typing import Any, Literal, get_args

import msgspec

Interval = Literal["1m", "5m", "15m", "30m", "1h", "4h", "8h", "12h", "1d", "3d", "1w", "1M", "3M"]
"""Every candle interval the venue knows (fact sheet 4); there is no 3m, 2h or 6h."""
INTERVALS: frozenset[str] = frozenset(get_args(Interval))

ALL = "ALL"
"""Stands for every market in trades and marketPrices."""
DEPTHS = frozenset({10, 50, 100})
FREQUENCIES_MS = frozenset({50, 100, 250, 500, 1000})
DEEP = 100
FREQUENCIES_DEEP_MS = frozenset({250, 500, 1000})
"""Books of 100 levels come no more often (fact sheet 6.4)."""


class FeedError(ValueError):
    """A subscription that the venue refuses; `str()` is its words."""


class BookFeed(msgspec.Struct, frozen=True, tag="orderbook"):
    """A book, whole each time or as changes to a first snapshot."""

    symbol: str
    is_diff: bool
    depth: int
    every_ms: int


class TradesFeed(msgspec.Struct, frozen=True, tag="trades"):
    """The trades of a market, or of `ALL`."""

    symbol: str


class PricesFeed(msgspec.Struct, frozen=True, tag="marketPrices"):
    """The prices of a market, or of `ALL`."""

    symbol: str


class CandlesFeed(msgspec.Struct, frozen=True, tag="candles"):
    """The open candle of a market, each time it changes."""

    symbol: str
    interval: str


class LiquidationsFeed(msgspec.Struct, frozen=True, tag="liquidations"):
    """The liquidations of a market."""

    symbol: str


class AccountFeed(msgspec.Struct, frozen=True, tag="subAccountUpdates"):
    """What happens to a subaccount."""

    sub_account_id: str


type Feed = BookFeed | TradesFeed | PricesFeed | CandlesFeed | LiquidationsFeed | AccountFeed


def kind_of(feed: Feed) -> str:
    """Return the `type` by which a feed is subscribed to."""
    return str(feed.__struct_config__.tag)


class Frame(msgspec.Struct, frozen=True):
    """What a client says: `{"id":"1","method":"subscribe","params":{...}}` (fact sheet 6.1)."""

    id: str
    method: str
    params: dict[str, Any] = {}


FRAME = msgspec.json.Decoder(Frame)
"""Reads what a client says; an `id` that is no text is a ValidationError."""


def parse_feed(params: dict[str, Any], symbols: Container[str]) -> Feed:
    """Read a subscription; FeedError when the venue has no such one."""
    kind = params.get("type")
    if kind == "subAccountUpdates":
        return AccountFeed(_account(params))
    if kind not in {"orderbook", "trades", "marketPrices", "candles", "liquidations"}:
        raise FeedError(f"Invalid subscription type: {kind}")
    symbol = str(params.get("symbol", "")).upper()
    for_all = symbol == ALL and kind in {"trades", "marketPrices"}
    if not for_all and symbol not in symbols:
        raise FeedError(f"Invalid symbol: {symbol}" if symbol else "symbol is required")
    match kind:
        case "orderbook":
            return _book(params, symbol)
        case "trades":
            return TradesFeed(symbol)
        case "marketPrices":
            return PricesFeed(symbol)
        case "candles":
            return _candles(params, symbol)
        case _:
            return LiquidationsFeed(symbol)


def _account(params: dict[str, Any]) -> str:
    """Return the subaccount, however a client spells its key (fact sheet 11)."""
    for key in ("subAccountId", "subaccountId", "sub_account_id"):
        if key in params:
            return str(params[key])
    raise FeedError("subAccountId is required")


def _book(params: dict[str, Any], symbol: str) -> BookFeed:
    form = params.get("format", "diff")
    depth, every_ms = params.get("depth", 50), params.get("updateFrequencyMs", 250)
    if form not in {"diff", "snapshot"}:
        raise FeedError(f"Invalid format: {form}")
    if depth not in DEPTHS:
        raise FeedError(f"Invalid depth: {depth}")
    if every_ms not in (FREQUENCIES_DEEP_MS if depth == DEEP else FREQUENCIES_MS):
        raise FeedError(f"Invalid updateFrequencyMs: {every_ms}")
    return BookFeed(symbol, form == "diff", depth, every_ms)


def _candles(params: dict[str, Any], symbol: str) -> CandlesFeed:
    interval = params.get("timeframe", params.get("interval", ""))
    if interval not in INTERVALS:
        raise FeedError(f"Invalid timeframe: {interval}")
    return CandlesFeed(symbol, interval)
