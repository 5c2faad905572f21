"""Records of Hyperliquid's market data as they stand on the wire; decimals are strings."""

from typing import Literal

import msgspec

Interval = Literal[
    "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"
]
"""Every candle interval the venue knows (fact sheet 2.2, candleSnapshot)."""


class Level(msgspec.Struct, frozen=True):
    """One price level: `{"px":"111065.0","sz":"6.98048","n":16}`; `n` orders rest on it."""

    px: str
    sz: str
    n: int


class Trade(msgspec.Struct, frozen=True):
    """One trade; `side` is the aggressor's, "B" or "A"; `users` are buyer and seller."""

    coin: str
    side: str
    px: str
    sz: str
    time: int
    hash: str
    tid: int
    users: tuple[str, str]


class Candle(msgspec.Struct, frozen=True):
    """One candle: open and close time `t` and `T` in ms, coin, interval, prices, volume, trades."""

    t: int
    T: int
    s: str
    i: str
    o: str
    c: str
    h: str
    l: str  # noqa: E741  (the venue's name)
    v: str
    n: int


class PerpContext(msgspec.Struct, frozen=True, rename="camel"):
    """What the venue says about a perp besides its book (fact sheet 2.1, metaAndAssetCtxs)."""

    funding: str
    open_interest: str
    prev_day_px: str
    day_ntl_vlm: str
    premium: str | None
    oracle_px: str
    mark_px: str
    mid_px: str | None
    impact_pxs: tuple[str, str] | None
    day_base_vlm: str


class SpotContext(msgspec.Struct, frozen=True, rename="camel"):
    """What the venue says about a spot pair besides its book (fact sheet 2.1)."""

    prev_day_px: str
    day_ntl_vlm: str
    mark_px: str
    mid_px: str | None
    circulating_supply: str
    coin: str
    total_supply: str
    day_base_vlm: str


class FundingRate(msgspec.Struct, frozen=True, rename="camel"):
    """One hour's funding; `time` is 20 to 400 ms past the hour (fact sheet 2.2)."""

    coin: str
    funding_rate: str
    premium: str
    time: int
