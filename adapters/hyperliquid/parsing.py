"""Translate Hyperliquid's market data into Nautilus's; pure, the only place where both words meet.

`ts_init` is always given in nanoseconds; `ts_event` is the venue's time of the message.
"""

from nautilus_trader.model.data import (
    NULL_ORDER,
    Bar,
    BarType,
    BookOrder,
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import (
    AggressorSide,
    BookAction,
    OrderSide,
    PriceType,
    RecordFlag,
)
from nautilus_trader.model.identifiers import TradeId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.common.prices import Prices
from adapters.hyperliquid.constants import (
    FUNDING_INTERVAL_MINS,
    INTERVALS,
    NANOS_PER_HOUR,
    NANOS_PER_MILLI,
)
from adapters.hyperliquid.schemas import AssetCtx, Bbo, Book, Candle, FundingEntry, Level, Trade

# As plain numbers: Nautilus's compiled constructors take members of an enum more slowly.
_SNAPSHOT = RecordFlag.F_SNAPSHOT.value
_SNAPSHOT_LAST = RecordFlag.F_SNAPSHOT.value | RecordFlag.F_LAST.value
_CLEAR = BookAction.CLEAR.value
_ADD = BookAction.ADD.value
_BUY = OrderSide.BUY.value
_SELL = OrderSide.SELL.value
_AGGRESSORS = {"B": AggressorSide.BUYER.value, "A": AggressorSide.SELLER.value}
_DEPTH = 10


def parse_quote_tick(bbo: Bbo, instrument: Instrument, ts_init: int) -> QuoteTick | None:
    """Return the quote, or None while a side of the book is empty, which a quote cannot say."""
    bid, ask = bbo.bbo
    if bid is None or ask is None:
        return None
    price_precision = instrument.price_precision
    size_precision = instrument.size_precision
    return QuoteTick(
        instrument.id,
        Price(bid.px, price_precision),
        Price(ask.px, price_precision),
        Quantity(bid.sz, size_precision),
        Quantity(ask.sz, size_precision),
        bbo.time * NANOS_PER_MILLI,
        ts_init,
    )


def parse_trade_tick(trade: Trade, instrument: Instrument, ts_init: int) -> TradeTick:
    """Return the trade under the venue's own trade id."""
    return TradeTick(
        instrument.id,
        Price(trade.px, instrument.price_precision),
        Quantity(trade.sz, instrument.size_precision),
        _AGGRESSORS[trade.side],
        TradeId(str(trade.tid)),
        trade.time * NANOS_PER_MILLI,
        ts_init,
    )


def parse_order_book_deltas(
    book: Book, instrument: Instrument, ts_init: int, prices: Prices | None = None
) -> OrderBookDeltas:
    """
    Return a clear and one addition per level: what an earlier book held does not survive it.

    `prices` are what is remembered of earlier books of this instrument. All deltas carry
    F_SNAPSHOT and the last one F_LAST, without which none is ever applied.
    """
    instrument_id = instrument.id
    ts_event = book.time * NANOS_PER_MILLI
    bids, asks = book.levels
    if prices is None:
        prices = Prices(instrument.price_precision)
    size_precision = instrument.size_precision
    orders = _parse_orders(_BUY, bids, prices, size_precision)
    orders += _parse_orders(_SELL, asks, prices, size_precision)
    clear_flags = _SNAPSHOT if orders else _SNAPSHOT_LAST
    deltas = [OrderBookDelta(instrument_id, _CLEAR, None, clear_flags, 0, ts_event, ts_init)]
    if orders:
        last = orders.pop()
        deltas += [
            OrderBookDelta(instrument_id, _ADD, order, _SNAPSHOT, 0, ts_event, ts_init)
            for order in orders
        ]
        deltas.append(
            OrderBookDelta(instrument_id, _ADD, last, _SNAPSHOT_LAST, 0, ts_event, ts_init)
        )
    return OrderBookDeltas(instrument_id, deltas)


def parse_order_book_depth10(
    book: Book, instrument: Instrument, ts_init: int, prices: Prices | None = None
) -> OrderBookDepth10:
    """
    Return the ten best levels of each side; a shorter side is filled with empty levels.

    `prices` are what is remembered of earlier books of this instrument.
    """
    if prices is None:
        prices = Prices(instrument.price_precision)
    size_precision = instrument.size_precision
    bids, asks = (levels[:_DEPTH] for levels in book.levels)
    # Nautilus fills both sides alike and refuses sides of unequal length.
    depth = max(len(bids), len(asks))
    return OrderBookDepth10(
        instrument.id,
        _parse_orders(_BUY, bids, prices, size_precision) + [NULL_ORDER] * (depth - len(bids)),
        _parse_orders(_SELL, asks, prices, size_precision) + [NULL_ORDER] * (depth - len(asks)),
        [level.n for level in bids] + [0] * (depth - len(bids)),
        [level.n for level in asks] + [0] * (depth - len(asks)),
        _SNAPSHOT_LAST,
        0,
        book.time * NANOS_PER_MILLI,
        ts_init,
    )


def _parse_orders(
    side: int, levels: list[Level], prices: Prices, size_precision: int
) -> list[BookOrder]:
    return [
        BookOrder(side, prices[level.px], Quantity(level.sz, size_precision), 0) for level in levels
    ]


def parse_bar(candle: Candle, bar_type: BarType, instrument: Instrument, ts_init: int) -> Bar:
    """Return the bar, stamped at its close: the venue's T is the last millisecond inside it."""
    precision = instrument.price_precision
    return Bar(
        bar_type,
        Price(candle.o, precision),
        Price(candle.h, precision),
        Price(candle.l, precision),
        Price(candle.c, precision),
        Quantity(candle.v, instrument.size_precision),
        (candle.T + 1) * NANOS_PER_MILLI,
        ts_init,
    )


def parse_bar_interval(bar_type: BarType) -> str:
    """
    Return the venue's name of the bar's interval, such as "15m".

    Raises
    ------
    ValueError
        If the venue builds no such candles: 14 intervals from 1m to 1M, of last prices.

    """
    spec = bar_type.spec
    interval = INTERVALS.get((spec.step, spec.aggregation))
    if interval is None or spec.price_type != PriceType.LAST:
        raise ValueError(
            f"Expected bars of last prices at one of {', '.join(INTERVALS.values())}, "
            f"was {bar_type}",
        )
    return interval


def parse_mark_price(
    ctx: AssetCtx, instrument: Instrument, ts_event: int, ts_init: int
) -> MarkPriceUpdate:
    """Return the mark price; the message has no time of its own, so `ts_event` is the caller's."""
    price = Price(ctx.markPx, instrument.price_precision)
    return MarkPriceUpdate(instrument.id, price, ts_event, ts_init)


def parse_index_price(
    ctx: AssetCtx, instrument: Instrument, ts_event: int, ts_init: int
) -> IndexPriceUpdate | None:
    """Return the oracle price, which is the venue's index; None for spot, which has none."""
    if ctx.oraclePx is None:
        return None
    price = Price(ctx.oraclePx, instrument.price_precision)
    return IndexPriceUpdate(instrument.id, price, ts_event, ts_init)


def parse_funding_rate(
    ctx: AssetCtx, instrument: Instrument, ts_event: int, ts_init: int
) -> FundingRateUpdate | None:
    """
    Return the rate predicted for the next full hour, when it is paid; None for spot.

    Source: .../trading/funding; "funding is paid every hour".
    """
    if ctx.funding is None:
        return None
    return FundingRateUpdate(
        instrument.id,
        ctx.funding,
        ts_event,
        ts_init,
        interval=FUNDING_INTERVAL_MINS,
        next_funding_ns=(ts_event // NANOS_PER_HOUR + 1) * NANOS_PER_HOUR,
    )


def parse_funding_entry(entry: FundingEntry, instrument: Instrument) -> FundingRateUpdate:
    """Return a rate of the past, stamped when it was paid; there is no next payment to it."""
    ts_event = entry.time * NANOS_PER_MILLI
    return FundingRateUpdate(
        instrument.id, entry.fundingRate, ts_event, ts_event, interval=FUNDING_INTERVAL_MINS
    )
