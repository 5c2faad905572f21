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

from adapters.synthetix.constants import FUNDING_INTERVAL_MINS, INTERVALS, NANOS_PER_MILLI
from adapters.synthetix.order_book import LevelChange
from adapters.synthetix.schemas import Candle, FundingEntry, FundingRate, Trade

type Levels = Sequence[tuple[Decimal, Decimal]]
"""Price and quantity of one side, best first."""

_SNAPSHOT = RecordFlag.F_SNAPSHOT
_LAST = RecordFlag.F_LAST
_AGGRESSORS = {"buy": AggressorSide.BUYER, "sell": AggressorSide.SELLER}
_DEPTH = 10
_MILLIS_PER_MIN = 60_000


def parse_quote_tick(
    bids: Levels, asks: Levels, instrument: Instrument, ts_event: int, ts_init: int
) -> QuoteTick | None:
    """Return the quote, or None while a side of the book is empty, which a quote cannot say."""
    if not bids or not asks:
        return None
    (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
    return QuoteTick(
        instrument.id,
        parse_price(bid, instrument),
        parse_price(ask, instrument),
        parse_quantity(bid_size, instrument),
        parse_quantity(ask_size, instrument),
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
    orders = _parse_orders(OrderSide.BUY, bids, instrument)
    orders += _parse_orders(OrderSide.SELL, asks, instrument)
    rows: list[tuple[BookAction, BookOrder | None]] = [(BookAction.CLEAR, None)]
    rows += [(BookAction.ADD, order) for order in orders]
    return _deltas(rows, instrument, _SNAPSHOT, sequence, ts_event, ts_init)


def parse_order_book_deltas(
    levels: Sequence[LevelChange],
    instrument: Instrument,
    sequence: int,
    ts_event: int,
    ts_init: int,
) -> OrderBookDeltas | None:
    """Return one delta per level, the last one with F_LAST; None of no levels."""
    if not levels:
        return None
    rows: list[tuple[BookAction, BookOrder | None]] = []
    for level in levels:
        side = OrderSide.BUY if level.is_bid else OrderSide.SELL
        action = BookAction.DELETE
        if level.quantity:
            action = BookAction.ADD if level.is_new else BookAction.UPDATE
        rows.append((action, _parse_order(side, level.price, level.quantity, instrument)))
    return _deltas(rows, instrument, 0, sequence, ts_event, ts_init)


def _deltas(
    rows: list[tuple[BookAction, BookOrder | None]],
    instrument: Instrument,
    flags: int,
    sequence: int,
    ts_event: int,
    ts_init: int,
) -> OrderBookDeltas:
    all_flags = [flags] * (len(rows) - 1) + [flags | _LAST]
    deltas = [
        OrderBookDelta(instrument.id, action, order, flag, sequence, ts_event, ts_init)
        for (action, order), flag in zip(rows, all_flags, strict=True)
    ]
    return OrderBookDeltas(instrument.id, deltas)


def parse_order_book_depth10(
    bids: Levels, asks: Levels, instrument: Instrument, sequence: int, ts_event: int, ts_init: int
) -> OrderBookDepth10:
    """Return the ten best levels of each side; a shorter side is filled with empty levels."""
    bids, asks = bids[:_DEPTH], asks[:_DEPTH]
    # Nautilus fills both sides alike and refuses sides of unequal length.
    depth = max(len(bids), len(asks))
    # The venue does not tell how many orders a level has.
    counts = [[1] * len(side) + [0] * (depth - len(side)) for side in (bids, asks)]
    return OrderBookDepth10(
        instrument.id,
        _parse_orders(OrderSide.BUY, bids, instrument) + [NULL_ORDER] * (depth - len(bids)),
        _parse_orders(OrderSide.SELL, asks, instrument) + [NULL_ORDER] * (depth - len(asks)),
        *counts,
        _SNAPSHOT | _LAST,
        sequence,
        ts_event,
        ts_init,
    )


def _parse_orders(side: OrderSide, levels: Levels, instrument: Instrument) -> list[BookOrder]:
    return [_parse_order(side, price, size, instrument) for price, size in levels]


def _parse_order(
    side: OrderSide, price: Decimal, size: Decimal, instrument: Instrument
) -> BookOrder:
    return BookOrder(side, parse_price(price, instrument), parse_quantity(size, instrument), 0)


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
