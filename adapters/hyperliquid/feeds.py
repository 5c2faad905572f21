"""Turn the frames of one coin into the data that is wanted of it; pure, it emits nothing."""

from collections.abc import Iterator

from nautilus_trader.core.data import Data
from nautilus_trader.model.data import (
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.instruments import Instrument

from adapters.common.prices import Prices
from adapters.hyperliquid.parsing import (
    parse_funding_rate,
    parse_index_price,
    parse_mark_price,
    parse_order_book_deltas,
    parse_order_book_depth10,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import AssetCtx, Bbo, Book, Trade

# A new trades subscription begins with recent trades again: 30 in a recording of 2025-01-26, the
# documentation names no number. At least so many are remembered, at most twice as many.
REMEMBERED_TRADES = 2_000


class CoinFeed:
    """
    What is wanted of one coin, and what must be remembered of it between frames.

    Streams are shared: one book frame serves deltas and depth, one context frame serves mark,
    index and funding, and a stream may run only as a clock. So each method looks at `wanted`.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.wanted: set[type[Data]] = set()
        """The Nautilus data types that are subscribed."""
        # Of the latest trades, and of those before them.
        self._trade_ids: set[int] = set()
        self._older_trade_ids: set[int] = set()
        self._prices = Prices(instrument.price_precision)
        self._funding: FundingRateUpdate | None = None

    def on_bbo(self, bbo: Bbo, ts_init: int) -> QuoteTick | None:
        """Return the quote, if quotes are wanted and both sides exist."""
        if QuoteTick not in self.wanted:
            return None
        return parse_quote_tick(bbo, self.instrument, ts_init)

    def on_trades(self, trades: list[Trade], ts_init: int) -> Iterator[TradeTick]:
        """Yield the trades that have not been seen yet, in the order of the frame."""
        if TradeTick not in self.wanted:
            return
        for trade in trades:
            tid = trade.tid
            if tid not in self._trade_ids and tid not in self._older_trade_ids:
                yield parse_trade_tick(trade, self.instrument, ts_init)
                self._remember(tid)

    def _remember(self, tid: int) -> None:
        self._trade_ids.add(tid)
        if len(self._trade_ids) >= REMEMBERED_TRADES:
            self._older_trade_ids, self._trade_ids = self._trade_ids, set()

    def on_book(self, book: Book, ts_init: int) -> Iterator[OrderBookDeltas | OrderBookDepth10]:
        """Yield the book in each wanted form."""
        instrument = self.instrument
        if instrument.price_precision != self._prices.precision:
            self._prices = Prices(instrument.price_precision)
        if OrderBookDeltas in self.wanted:
            yield parse_order_book_deltas(book, instrument, ts_init, self._prices)
        if OrderBookDepth10 in self.wanted:
            yield parse_order_book_depth10(book, instrument, ts_init, self._prices)

    def on_context(
        self, ctx: AssetCtx, ts_event: int, ts_init: int
    ) -> Iterator[MarkPriceUpdate | IndexPriceUpdate | FundingRateUpdate]:
        """Yield the wanted prices, and the funding rate when it or its payment has changed."""
        if MarkPriceUpdate in self.wanted:
            yield parse_mark_price(ctx, self.instrument, ts_event, ts_init)
        if IndexPriceUpdate in self.wanted:
            index = parse_index_price(ctx, self.instrument, ts_event, ts_init)
            if index is not None:
                yield index
        if FundingRateUpdate in self.wanted:
            funding = parse_funding_rate(ctx, self.instrument, ts_event, ts_init)
            if funding is not None and funding != self._funding:
                self._funding = funding
                yield funding
