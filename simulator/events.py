"""What happens in a market and where it comes from: the one interface of every source."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Protocol

import msgspec

from simulator.candles import Bar
from simulator.universe import Universe
from simulator.wire import FundingRate, Level, PerpContext, SpotContext, Trade

# `frame` is the recorded WebSocket frame of an event, sent on as it is; None where it is made here.


class Book(msgspec.Struct, frozen=True):
    """A whole book: bids from the best down, asks from the best up, 20 levels a side at most."""

    coin: str
    time: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    frame: str | None = None


class Bbo(msgspec.Struct, frozen=True):
    """Best bid and offer; None is an empty side."""

    coin: str
    time: int
    bid: Level | None
    ask: Level | None
    frame: str | None = None


class Trades(msgspec.Struct, frozen=True):
    """Trades of one coin, one at least, oldest first."""

    coin: str
    trades: tuple[Trade, ...]
    frame: str | None = None

    @property
    def time(self) -> int:
        """Return the time of the newest trade."""
        return self.trades[-1].time


class Reference(msgspec.Struct, frozen=True):
    """Oracle and mark price and open interest of a coin; the market works out the rest."""

    coin: str
    time: int
    oracle: Decimal
    mark: Decimal
    open_interest: Decimal


class Context(msgspec.Struct, frozen=True):
    """A coin's whole context as it is sent."""

    coin: str
    time: int
    context: PerpContext | SpotContext
    frame: str | None = None


class MinuteCandle(msgspec.Struct, frozen=True):
    """A one-minute candle that replaces what was known of its minute."""

    coin: str
    bar: Bar
    frame: str | None = None

    @property
    def time(self) -> int:
        """Return when the minute began."""
        return self.bar.time


class Funding(msgspec.Struct, frozen=True):
    """One hour's settled funding."""

    coin: str
    rate: FundingRate

    @property
    def time(self) -> int:
        """Return when it was settled."""
        return self.rate.time


type Event = Book | Bbo | Trades | Reference | Context | MinuteCandle | Funding


class Source(Protocol):
    """A market: what is listed, what was before the venue starts and what happens from then on.

    `gives` names the event types it brings by itself. What is missing of Bbo, Reference or Context
    and MinuteCandle the venue's market derives: quotes from books, contexts from quotes, candles
    from trades.
    """

    universe: Universe
    start_ms: int
    gives: frozenset[type]

    def history(self) -> Iterable[Event]:
        """Give what happened before `start_ms`, oldest first for each coin."""

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give what happened since the last call and up to `now_ms`, in order of arrival."""


class ManualMarket:
    """A source fed by hand: an event is due once the venue's clock has reached its time."""

    def __init__(
        self,
        universe: Universe,
        start_ms: int,
        history: Iterable[Event] = (),
        gives: Iterable[type] = (),
    ) -> None:
        self.universe = universe
        self.start_ms = start_ms
        self.gives = frozenset(gives)
        self._history = tuple(history)
        self._pushed: list[Event] = []

    def push(self, *events: Event) -> None:
        """Add events; they arrive in this order, each not before its time."""
        self._pushed.extend(events)

    def history(self) -> Iterable[Event]:
        """Give the history it was made with."""
        return self._history

    def due(self, now_ms: int) -> Iterator[Event]:
        """Give the pushed events whose time has come; one in the future holds back the later."""
        while self._pushed and self._pushed[0].time <= now_ms:
            yield self._pushed.pop(0)
