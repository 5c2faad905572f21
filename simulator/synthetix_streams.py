"""What WebSocket clients hear, and when: the subscribers of every feed; no socket here."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import msgspec

from simulator import synthetix_pushes as pushes
from simulator.events import Bbo, Context, MinuteCandle, Trades
from simulator.market import Change
from simulator.synthetix_books import BookStream, Sequences
from simulator.synthetix_feeds import (
    ALL,
    AccountFeed,
    BookFeed,
    CandlesFeed,
    Feed,
    LiquidationsFeed,
    PricesFeed,
    TradesFeed,
    kind_of,
)
from simulator.synthetix_floor import Floor
from simulator.synthetix_markets import PerpMarket
from simulator.synthetix_quotes import Wire
from simulator.synthetix_seam import AccountEvent, Liquidation


class Listener(Protocol):
    """A client, as far as it hears."""

    def send(self, frame: str) -> None:
        """Send a frame."""


class Streams:
    """The feeds of all clients.

    `muted` are kinds of subscriptions, with a symbol or "" for every one, that fall silent.

    Parameters
    ----------
    floor : Floor
        What is told.
    now_ms : Callable[[], int]
        The venue's time.
    least_ms : int
        Books come no more often than this, in the venue's time.
    """

    def __init__(self, floor: Floor, now_ms: Callable[[], int], least_ms: int) -> None:
        self.muted: set[tuple[str, str]] = set()
        self._floor = floor
        self._now_ms = now_ms
        self._least_ms = least_ms
        self._sequences = Sequences()
        self._books: dict[tuple[Listener, BookFeed], BookStream] = {}
        self._listeners: dict[Feed, dict[Listener, None]] = {}

    def open(self, listener: Listener, feed: Feed) -> None:
        """Begin a feed for a client, from its beginning if it has begun before."""
        if not isinstance(feed, BookFeed):
            self._listeners.setdefault(feed, {})[listener] = None
            return
        stream = BookStream(feed, max(feed.every_ms, self._least_ms))
        self._books[listener, feed] = stream
        first = stream.first(self._floor, self._sequences, self._now_ms())
        if not self._is_muted(feed):
            listener.send(_encoded(first))

    def close(self, listener: Listener, feed: Feed) -> None:
        """End a feed for a client."""
        if isinstance(feed, BookFeed):
            del self._books[listener, feed]
            return
        listeners = self._listeners[feed]
        del listeners[listener]
        if not listeners:
            del self._listeners[feed]

    def publish(self, change: Change) -> None:
        """Send a change to whoever subscribed to it; a book waits until it is due."""
        symbol = self._floor.symbol_of(change.coin)
        if symbol is None:
            return
        perp = self._floor.markets[symbol]
        match change:
            case Bbo() | Context():
                self._tell_prices(perp, change)
            case Trades():
                self._tell_prices(perp, change)
                feeds = (TradesFeed(symbol), TradesFeed(ALL))
                self._tell(feeds, lambda: pushes.trades(self._floor, perp, self._now_ms()))
            case MinuteCandle():
                self._tell_candles(perp)
            case _:
                self._sequences.move(symbol)

    def advance(self) -> None:
        """Send the books that are due."""
        for (listener, feed), stream in list(self._books.items()):
            told = stream.next(self._floor, self._sequences, self._now_ms())
            if told is not None and not self._is_muted(feed):
                listener.send(_encoded(told))

    def refresh(self) -> None:
        """Look at every book again: a market that closes has lost its own."""
        for symbol in self._floor.markets:
            self._sequences.move(symbol)

    def publish_liquidation(self, event: Liquidation) -> None:
        """Send a liquidation to whoever subscribed to those of its market."""
        feeds = (LiquidationsFeed(event.symbol),)
        self._tell(feeds, lambda: [pushes.liquidation(self._floor, event, self._now_ms())])

    def publish_account(self, event: AccountEvent) -> None:
        """Send news of a subaccount to whoever subscribed to it."""
        feeds = (AccountFeed(event.sub_account_id),)
        self._tell(feeds, lambda: [pushes.account_event(self._floor, event, self._now_ms())])

    def _tell_prices(self, perp: PerpMarket, change: Bbo | Context | Trades) -> None:
        feeds = (PricesFeed(perp.symbol), PricesFeed(ALL))
        self._tell(feeds, lambda: pushes.prices(self._floor, perp, change, self._now_ms()))

    def _tell_candles(self, perp: PerpMarket) -> None:
        for feed in list(self._listeners):
            if isinstance(feed, CandlesFeed) and feed.symbol == perp.symbol:
                told = partial(pushes.candle, self._floor, perp, feed.interval, self._now_ms())
                self._tell((feed,), told)

    def _tell(self, feeds: Iterable[Feed], told: Callable[[], list[Wire]]) -> None:
        """Send what is told to the listeners of some feeds; without any it is not even made."""
        heard = [feed for feed in feeds if feed in self._listeners and not self._is_muted(feed)]
        if not heard:
            return
        frames = [_encoded(one) for one in told()]
        for feed in heard:
            for listener in list(self._listeners[feed]):
                for frame in frames:
                    listener.send(frame)

    def _is_muted(self, feed: Feed) -> bool:
        kind = kind_of(feed)
        return (kind, "") in self.muted or (kind, getattr(feed, "symbol", "")) in self.muted


def _encoded(content: Wire) -> str:
    return msgspec.json.encode(content).decode()
