"""What is asked of a real Synthetix while it is recorded: lines, questions and probes; no I/O.

A book's push does not say its depth or how often it comes (fact sheet 6.4), so that every form of
it is heard on a line of its own.
"""

from collections.abc import Iterator

import msgspec

from simulator.candles import DAY_MS
from simulator.market import HOUR_MS

BOOKS = (
    ("diff", 10, 50),
    ("diff", 10, 250),
    ("diff", 50, 50),
    ("diff", 50, 250),
    ("diff", 50, 1000),
    ("diff", 100, 250),
    ("diff", 100, 1000),
    ("snapshot", 10, 250),
    ("snapshot", 50, 1000),
)
"""Format, depth and ms: the quickest and a slow one of each depth, and what the adapter uses."""
DEPTH_USUAL = 50
"""The depth of a book that is subscribed without one (fact sheet 6.4)."""
TIMEFRAMES = ("1m", "1h")
NOBODY = f"0x{0:040x}"
"""A wallet that has never signed: whoever is not listed may trade if it may."""

type Params = dict[str, object]


class Plan(msgspec.Struct, frozen=True):
    """What one recording asks, and of whom; it stands at the beginning of every file."""

    url: str
    symbols: tuple[str, ...]
    lines: dict[str, list[Params]]
    """Subscriptions by the name of their line."""

    @property
    def ws_url(self) -> str:
        """Return where the public WebSocket is."""
        return "ws" + self.url.removeprefix("http") + "/ws/info"


def plan_of(url: str, symbols: tuple[str, ...]) -> Plan:
    """Plan the lines of a recording of these symbols."""
    lines: dict[str, list[Params]] = {
        f"orderbook-{form}-{depth}-{every_ms}": [
            {
                "type": "orderbook",
                "symbol": symbol,
                "format": form,
                "depth": depth,
                "updateFrequencyMs": every_ms,
            }
            for symbol in symbols
        ]
        for form, depth, every_ms in BOOKS
    }
    lines["orderbook-usual"] = [{"type": "orderbook", "symbol": symbol} for symbol in symbols]
    lines["market"] = [params for symbol in symbols for params in _market(symbol)]
    lines["all"] = [{"type": kind, "symbol": "ALL"} for kind in ("trades", "marketPrices")]
    lines["probes"] = [
        {"type": "nothing", "symbol": symbols[0]},
        {"type": "trades", "symbol": "NOTHING-USDT"},
        {"type": "candles", "symbol": symbols[0], "timeframe": "3m"},
        {"type": "orderbook", "symbol": symbols[0], "depth": 7},
    ]
    return Plan(url, symbols, lines)


def questions(symbols: tuple[str, ...], now_ms: int) -> Iterator[Params]:
    """Give every public question of POST /info (fact sheet 4)."""
    for action in (
        "getMarkets",
        "getMarketPrices",
        "getMids",
        "getOpenInterest",
        "getCollaterals",
        "getTiers",
        "getExchangeStatus",
    ):
        yield {"action": action}
    yield {"action": "getIsWhitelisted", "walletAddress": NOBODY}
    for symbol in symbols:
        yield {"action": "getOrderbook", "symbol": symbol}
        yield {"action": "getLastTrades", "symbol": symbol, "limit": 100}
        for interval in TIMEFRAMES:
            yield {"action": "getCandles", "symbol": symbol, "interval": interval, "limit": 100}
        yield {"action": "getFundingRate", "symbol": symbol}
        yield {
            "action": "getFundingRateHistory",
            "symbol": symbol,
            "startTime": now_ms - 7 * DAY_MS + HOUR_MS,
            "endTime": now_ms,
        }


def probes(symbols: tuple[str, ...]) -> Iterator[Params]:
    """Give questions that are wrong on purpose, to hear how the venue refuses."""
    yield {"action": "getNothing"}
    yield {"action": "getOrderbook", "symbol": "NOTHING-USDT"}
    yield {"action": "getOrderbook", "symbol": symbols[0], "limit": 7}
    yield {"action": "getCandles", "symbol": symbols[0], "interval": "2h"}
    yield {"action": "getFundingRate", "symbol": "NOTHING-USDT"}


POSTED = ("getMarketPrices", "getExchangeStatus")
"""Questions that are asked by WebSocket, too: few sources say that they can be."""
STATUSES = ("/status", "/exchange/status", "/ws/exchange/status")
"""Where the status of the venue is told, by GET (fact sheet 2)."""


def _market(symbol: str) -> Iterator[Params]:
    for kind in ("trades", "marketPrices", "liquidations"):
        yield {"type": kind, "symbol": symbol}
    for timeframe in TIMEFRAMES:
        yield {"type": "candles", "symbol": symbol, "timeframe": timeframe}
