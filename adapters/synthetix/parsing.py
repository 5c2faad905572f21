"""Translate Synthetix's market data into Nautilus's; pure, the only place where both words meet.

`ts_init` is always given in nanoseconds; `ts_event` is the venue's time of the message.
"""

from collections.abc import Sequence
from decimal import Decimal

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
from adapters.synthetix.constants import FUNDING_INTERVAL_MINS, INTERVALS, NANOS_PER_MILLI
from adapters.synthetix.order_book import LevelChange
from adapters.synthetix.schemas import Candle, FundingEntry, FundingRate, Trade

type Level = tuple[float, float]
"""Price and quantity; as floats, which are exact for numbers of up to 15 digits."""
type Levels = Sequence[Level]
"""One side of a book, best first."""

# As numbers, which the compiled constructors take faster than members of an enum.
_BUY, _SELL = int(OrderSide.BUY), int(OrderSide.SELL)
_ADD, _UPDATE = int(BookAction.ADD), int(BookAction.UPDATE)
_DELETE, _CLEAR = int(BookAction.DELETE), int(BookAction.CLEAR)
_SNAPSHOT, _LAST = int(RecordFlag.F_SNAPSHOT), int(RecordFlag.F_LAST)
_AGGRESSORS = {"buy": AggressorSide.BUYER, "sell": AggressorSide.SELLER}
_DEPTH = 10
_MILLIS_PER_MIN = 60_000


def parse_quote_tick(
    bid: Level, ask: Level, instrument: Instrument, ts_event: int, ts_init: int
) -> QuoteTick:
    """Return the quote of the best bid and the best ask."""
    (bid_price, bid_size), (ask_price, ask_size) = bid, ask
    return QuoteTick(
        instrument.id,
        Price(bid_price, instrument.price_precision),
        Price(ask_price, instrument.price_precision),
        Quantity(bid_size, instrument.size_precision),
        Quantity(ask_size, instrument.size_precision),
        ts_event,
        ts_init,
    )


def parse_trade_tick(trade: Trade, instrument: Instrument, ts_init: int) -> TradeTick:
    """Return the trade under the venue's own trade id; its side is the taker's."""
    return TradeTick(
        instrument.id,
        parse_price(trade.price, instrument),
        parse_quantity(trade.quantity, instrument),
        _AGGRESSORS.get(trade.side.lower(), AggressorSide.NO_AGGRESSOR),
        TradeId(str(trade.tradeId)),
        trade.timestamp,
        ts_init,
    )


def parse_order_book_snapshot(
    bids: Levels, asks: Levels, instrument: Instrument, sequence: int, ts_event: int, ts_init: int
) -> OrderBookDeltas:
    """
    Return a clear and one addition per level: what an earlier book held does not survive it.

    All deltas carry F_SNAPSHOT and the last one F_LAST, without which none is ever applied.
    """
    prices = Prices(instrument.price_precision)
    orders = _parse_orders(_BUY, bids, instrument, prices)
    orders += _parse_orders(_SELL, asks, instrument, prices)
    rows: list[tuple[int, BookOrder | None]] = [(_CLEAR, None)]
    rows += [(_ADD, order) for order in orders]
    return _deltas(rows, instrument, _SNAPSHOT, sequence, ts_event, ts_init)


def parse_order_book_deltas(
    levels: Sequence[LevelChange],
    instrument: Instrument,
    sequence: int,
    ts_event: int,
    ts_init: int,
    prices: Prices | None = None,
) -> OrderBookDeltas | None:
    """
    Return one delta per level, the last one with F_LAST; None of no levels.

    `prices` are what is remembered of earlier books of this instrument.
    """
    if not levels:
        return None
    if prices is None:
        prices = Prices(instrument.price_precision)
    size_precision = instrument.size_precision
    rows: list[tuple[int, BookOrder | None]] = []
    for level in levels:
        side = _BUY if level.is_bid else _SELL
        quantity = level.quantity
        action = (_ADD if level.is_new else _UPDATE) if quantity else _DELETE
        size = Quantity(quantity, size_precision)
        rows.append((action, BookOrder(side, prices[level.price], size, 0)))
    return _deltas(rows, instrument, 0, sequence, ts_event, ts_init)


def _deltas(
    rows: list[tuple[int, BookOrder | None]],
    instrument: Instrument,
    flags: int,
    sequence: int,
    ts_event: int,
    ts_init: int,
) -> OrderBookDeltas:
    instrument_id = instrument.id
    last_action, last_order = rows.pop()
    deltas = [
        OrderBookDelta(instrument_id, action, order, flags, sequence, ts_event, ts_init)
        for action, order in rows
    ]
    deltas.append(
        OrderBookDelta(
            instrument_id, last_action, last_order, flags | _LAST, sequence, ts_event, ts_init
        )
    )
    return OrderBookDeltas(instrument_id, deltas)


def parse_order_book_depth10(
    bids: Levels, asks: Levels, instrument: Instrument, sequence: int, ts_event: int, ts_init: int
) -> OrderBookDepth10:
    """Return the ten best levels of each side; a shorter side is filled with empty levels."""
    bids, asks = bids[:_DEPTH], asks[:_DEPTH]
    # Nautilus fills both sides alike and refuses sides of unequal length.
    depth = max(len(bids), len(asks))
    # The venue does not tell how many orders a level has.
    prices = Prices(instrument.price_precision)
    counts = [[1] * len(side) + [0] * (depth - len(side)) for side in (bids, asks)]
    return OrderBookDepth10(
        instrument.id,
        _parse_orders(_BUY, bids, instrument, prices) + [NULL_ORDER] * (depth - len(bids)),
        _parse_orders(_SELL, asks, instrument, prices) + [NULL_ORDER] * (depth - len(asks)),
        *counts,
        _SNAPSHOT | _LAST,
        sequence,
        ts_event,
        ts_init,
    )


def _parse_orders(
    side: int, levels: Levels, instrument: Instrument, prices: Prices
) -> list[BookOrder]:
    size_precision = instrument.size_precision
    return [
        BookOrder(side, prices[price], Quantity(size, size_precision), 0) for price, size in levels
    ]


def parse_bar(candle: Candle, bar_type: BarType, instrument: Instrument, ts_init: int) -> Bar:
    """Return the bar, stamped at its close."""
    return Bar(
        bar_type,
        parse_price(candle.open_price, instrument),
        parse_price(candle.high_price, instrument),
        parse_price(candle.low_price, instrument),
        parse_price(candle.close_price, instrument),
        parse_quantity(candle.volume, instrument),
        candle.end_ms * NANOS_PER_MILLI,
        ts_init,
    )


def parse_bar_interval(bar_type: BarType) -> str:
    """
    Return the venue's name of the bar's interval, such as "15m".

    Raises
    ------
    ValueError
        If the venue builds no such candles: 13 intervals from 1m to 3M, of last prices.

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
    price: Decimal, instrument: Instrument, ts_event: int, ts_init: int
) -> MarkPriceUpdate:
    """Return the mark price, rounded to the market's tick decimals."""
    return MarkPriceUpdate(instrument.id, parse_price(price, instrument), ts_event, ts_init)


def parse_index_price(
    price: Decimal, instrument: Instrument, ts_event: int, ts_init: int
) -> IndexPriceUpdate:
    """Return the index price, rounded to the market's tick decimals."""
    return IndexPriceUpdate(instrument.id, parse_price(price, instrument), ts_event, ts_init)


def parse_funding_rate(rate: FundingRate, instrument: Instrument, now_ns: int) -> FundingRateUpdate:
    """Return the rate estimated for the next payment; the answer has no time of its own."""
    return FundingRateUpdate(
        instrument.id,
        Decimal(rate.estimatedFundingRate),
        now_ns,
        now_ns,
        interval=rate.fundingInterval // _MILLIS_PER_MIN,
        next_funding_ns=rate.nextFundingTime or None,
    )


def parse_funding_entry(entry: FundingEntry, instrument: Instrument) -> FundingRateUpdate:
    """Return a rate of the past, stamped when it was paid; there is no next payment to it."""
    return FundingRateUpdate(
        instrument.id,
        Decimal(entry.fundingRate),
        entry.fundingTime,
        entry.fundingTime,
        interval=FUNDING_INTERVAL_MINS,
    )


# Given a Decimal, the constructors of Price and Quantity go through a float.
def parse_price(number: Decimal, instrument: Instrument) -> Price:
    """Return the price with the instrument's decimals."""
    return Price.from_str(f"{number:.{instrument.price_precision}f}")


def parse_quantity(number: Decimal, instrument: Instrument) -> Quantity:
    """Return the quantity with the instrument's decimals."""
    return Quantity.from_str(f"{number:.{instrument.size_precision}f}")
