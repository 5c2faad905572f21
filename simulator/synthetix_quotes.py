"""What the venue says of prices, trades, candles and open interest: the data, in no envelope."""

from datetime import UTC, datetime
from decimal import Decimal

from simulator.candles import DAY_MS, Bar, next_open_ms
from simulator.market import HOUR_MS, CoinState
from simulator.synthetix_book import tick_decimals
from simulator.synthetix_dialect import Dialect, short
from simulator.synthetix_floor import Floor
from simulator.synthetix_markets import BASES_WITH_HOURS, PerpMarket, Terms
from simulator.wire import PerpContext, Trade

PERIODS_MS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS}
"""The windows of `periodStats` (fact sheet 4)."""
SIDES = {"B": "buy", "A": "sell"}

type Wire = dict[str, object]


def rfc3339(time_ms: int) -> str:
    """Write a time as the WebSocket does: "2026-11-22T00:00:00.000Z"."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def context_of(floor: Floor, perp: PerpMarket, now_ms: int) -> PerpContext:
    """Return what is known of a market besides its book."""
    context = floor.market.context(floor.state(perp), now_ms)
    assert isinstance(context, PerpContext)  # noqa: S101  (only perps are markets here)
    return context


def market_price(floor: Floor, perp: PerpMarket, now_ms: int) -> Wire:
    """Write a market's row of getMarketPrices (fact sheet 4)."""
    state, figure = floor.state(perp), floor.dialect.figure
    context = context_of(floor, perp, now_ms)
    stats = _stats(state, now_ms, floor.dialect)
    volume, notional, before = state.series.day(now_ms)
    row: Wire = {
        "symbol": perp.symbol,
        "bestBid": figure(Decimal(state.quote.bid.px) if state.quote.bid else None),
        "bestAsk": figure(Decimal(state.quote.ask.px) if state.quote.ask else None),
        "markPrice": figure(Decimal(context.mark_px)),
        "indexPrice": figure(Decimal(context.oracle_px)),
        "lastPrice": figure(last_price(state)),
        "prevDayPrice": figure(before),
        "volume24h": figure(volume),
        "quoteVolume24h": figure(notional),
        "fundingRate": figure(Decimal(context.funding)),
        "openInterest": figure(2 * Decimal(context.open_interest)),
        "timestamp": now_ms,
        "periodStats": stats,
    }
    if perp.base in BASES_WITH_HOURS:
        row["onHours"] = True
    return row


def last_price(state: CoinState) -> Decimal | None:
    """Return the price of the newest trade, or of the newest candle; None before any."""
    if state.trades:
        return Decimal(state.trades[-1].px)
    return state.series.newest.close if state.series else None


def mid_price(state: CoinState) -> Decimal | None:
    """Return the middle of the quote; None when a side is empty."""
    return state.mid


def open_interest(floor: Floor, perp: PerpMarket, now_ms: int) -> Wire:
    """Write a row of getOpenInterest: the sum of longs and shorts, which are equal."""
    held = Decimal(context_of(floor, perp, now_ms).open_interest)
    return {
        "symbol": perp.symbol,
        "openInterest": floor.dialect.figure(2 * held),
        "longOpenInterest": floor.dialect.figure(held),
        "shortOpenInterest": floor.dialect.figure(held),
        "timestamp": now_ms,
    }


def trade(perp: PerpMarket, print_: Trade, dialect: Dialect) -> Wire:
    """Write a trade without its time; the side is the taker's."""
    price, size = _trade_figures(perp.terms, print_, dialect)
    return {
        "tradeId": str(print_.tid),
        "symbol": perp.symbol,
        "side": SIDES[print_.side],
        "price": price,
        "quantity": size,
        "isMaker": False,
    }


def candle(interval: str, bar: Bar) -> Wire:
    """Write a candle of getCandles."""
    return {
        "openTime": bar.time,
        "closeTime": next_open_ms(interval, bar.time) - 1,
        "openPrice": short(bar.open),
        "highPrice": short(bar.high),
        "lowPrice": short(bar.low),
        "closePrice": short(bar.close),
        "volume": short(bar.volume),
        "quoteVolume": short(bar.notional),
        "tradeCount": bar.count,
    }


def candle_update(perp: PerpMarket, interval: str, bar: Bar) -> Wire:
    """Write a candle of the candles channel (fact sheet 6.4)."""
    return {
        "symbol": perp.symbol,
        "timeframe": interval,
        "open_price": short(bar.open),
        "high_price": short(bar.high),
        "low_price": short(bar.low),
        "close_price": short(bar.close),
        "volume": short(bar.volume),
        "quote_volume": short(bar.notional),
        "trade_count": bar.count,
        "open_time": rfc3339(bar.time),
        "close_time": rfc3339(next_open_ms(interval, bar.time) - 1),
    }


def _stats(state: CoinState, now_ms: int, dialect: Dialect) -> Wire:
    """Write the windows that history reaches back to."""
    stats: Wire = {}
    oldest_ms = state.series.oldest_ms
    for name, length_ms in PERIODS_MS.items():
        if oldest_ms is None or oldest_ms > now_ms - length_ms:
            continue
        volume, notional, before = state.series.window(now_ms, length_ms)
        stats[name] = {
            "referencePrice": dialect.figure(before),
            "volume": dialect.figure(volume),
            "quoteVolume": dialect.figure(notional),
        }
    return stats


def _trade_figures(terms: Terms, print_: Trade, dialect: Dialect) -> tuple[str, str]:
    price = dialect.level(Decimal(print_.px), tick_decimals(terms))
    return price, dialect.level(Decimal(print_.sz), terms.size_decimals)
