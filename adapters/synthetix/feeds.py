"""Turn the frames of one market into the data that is wanted of it; pure, it emits nothing."""

from collections.abc import Iterator

from nautilus_trader.core.data import Data
from nautilus_trader.model.data import (
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.instruments import Instrument

from adapters.common.prices import Prices
from adapters.synthetix.frames import WsBook
from adapters.synthetix.order_book import BookChange, BrokenBook, OrderBookState
from adapters.synthetix.parsing import (
    parse_index_price,
    parse_mark_price,
    parse_order_book_deltas,
    parse_order_book_depth10,
    parse_order_book_snapshot,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.synthetix.schemas import PriceUpdate, Trade
from adapters.synthetix.wire import Id

type BookData = OrderBookDeltas | OrderBookDepth10 | QuoteTick
BOOK_DATA: tuple[type[Data], ...] = (OrderBookDeltas, OrderBookDepth10, QuoteTick)
# Whether a new subscription repeats trades is not documented. At least so many are remembered, at
# most twice as many.
REMEMBERED_TRADES = 2_000


class MarketFeed:
    """
    What is wanted of one market, and what must be remembered of it between frames.

    Streams are shared: one book serves deltas, depth and quotes, one price stream serves mark and
    index, and a stream may run only as a clock. So each method looks at `wanted`.

    Parameters
    ----------
    instrument : Instrument
        The market's.
    book_depth : int
        Levels of each side that the book's stream has.

    """

    def __init__(self, instrument: Instrument, book_depth: int) -> None:
        self.instrument = instrument
        self.wanted: set[type[Data]] = set()
        """The Nautilus data types that are subscribed."""
        self._book = OrderBookState(book_depth)
        self._change: BookChange | None = None
        self._prices = Prices(instrument.price_precision)
        self._top: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._quote: QuoteTick | None = None
        # Of the latest trades, and of those before them.
        self._trade_ids: set[Id] = set()
        self._older_trade_ids: set[Id] = set()

    def begin(self, data_type: type[Data], ts_init: int) -> BookData | None:
        """Want one kind of data, and return it if the book that runs for others has it already."""
        self.wanted.add(data_type)
        change = self._change
        if change is None or data_type not in BOOK_DATA:
            return None
        if data_type is OrderBookDeltas:
            return self._whole_book(change, ts_init)
        if data_type is OrderBookDepth10:
            return self._depth(change, ts_init)
        return self._new_quote(change, ts_init) or self._quote

    def mark_gap(self) -> None:
        """Note that frames of the book may have been missed: wait for a whole one."""
        self._book.forget()
        self._change = None

    def on_book(self, frame: WsBook, ts_init: int) -> BrokenBook | list[BookData]:
        """Return the book in each wanted form, or why it must be subscribed again."""
        change = self._book.apply(frame)
        if isinstance(change, BrokenBook):
            self._change = None
            return change
        if change is None:
            return []
        self._change = change
        return list(self._views(change, ts_init))

    def _views(self, change: BookChange, ts_init: int) -> Iterator[BookData]:
        if OrderBookDeltas in self.wanted:
            deltas = self._deltas(change, ts_init)
            if deltas is not None:
                yield deltas
        if OrderBookDepth10 in self.wanted:
            yield self._depth(change, ts_init)
        if QuoteTick in self.wanted:
            quote = self._new_quote(change, ts_init)
            if quote is not None:
                yield quote

    def _new_quote(self, change: BookChange, ts_init: int) -> QuoteTick | None:
        """Return the quote if it differs from the last one; None while a side is empty, too."""
        top = self._book.best
        if top == self._top:
            return None
        self._top = top
        self._quote = None
        if top is not None:
            self._quote = parse_quote_tick(*top, self.instrument, change.ts_event, ts_init)
        return self._quote

    def _deltas(self, change: BookChange, ts_init: int) -> OrderBookDeltas | None:
        if change.is_snapshot:
            return self._whole_book(change, ts_init)
        return parse_order_book_deltas(
            change.levels, self.instrument, change.meseq, change.ts_event, ts_init, self._prices
        )

    def _whole_book(self, change: BookChange, ts_init: int) -> OrderBookDeltas:
        book = self._book
        return parse_order_book_snapshot(
            book.bids, book.asks, self.instrument, change.meseq, change.ts_event, ts_init
        )

    def _depth(self, change: BookChange, ts_init: int) -> OrderBookDepth10:
        book = self._book
        return parse_order_book_depth10(
            book.bids, book.asks, self.instrument, change.meseq, change.ts_event, ts_init
        )

    def on_trades(self, trades: list[Trade], ts_init: int) -> Iterator[TradeTick]:
        """Yield the trades that have not been seen yet, in the order of the frame."""
        if TradeTick not in self.wanted:
            return
        for trade in trades:
            trade_id = trade.tradeId
            if trade_id not in self._trade_ids and trade_id not in self._older_trade_ids:
                yield parse_trade_tick(trade, self.instrument, ts_init)
                self._remember(trade_id)

    def _remember(self, trade_id: Id) -> None:
        self._trade_ids.add(trade_id)
        if len(self._trade_ids) >= REMEMBERED_TRADES:
            self._older_trade_ids, self._trade_ids = self._trade_ids, set()

    def on_price(
        self, update: PriceUpdate, ts_frame: int, ts_init: int
    ) -> Iterator[MarkPriceUpdate | IndexPriceUpdate]:
        """Yield the wanted prices, in either form of the update."""
        ts_event = update.lastUpdateTime or update.timestamp or ts_frame or ts_init
        mark = update.price if update.updateType == "mark" else update.markPrice
        index = update.price if update.updateType == "index" else update.indexPrice
        if mark > 0 and MarkPriceUpdate in self.wanted:
            yield parse_mark_price(mark, self.instrument, ts_event, ts_init)
        if index > 0 and IndexPriceUpdate in self.wanted:
            yield parse_index_price(index, self.instrument, ts_event, ts_init)
