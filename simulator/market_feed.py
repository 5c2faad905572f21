"""The market of others carried into the exchange engine: books, prints, marks and funding.

Time goes into the engine as it comes from the market, but never back and never past the venue's.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from simulator.events import Bbo, Book, Context, Trades
from simulator.exchange import Exchange
from simulator.exchange.events import Event
from simulator.exchange.model import Side
from simulator.exchange.rules import MarketRules
from simulator.market import Change, CoinState, Market
from simulator.outside import Outside
from simulator.universe import Universe
from simulator.wire import FundingRate, PerpContext


class Perp(Protocol):
    """A listed perp: its name inside, whether it takes no orders now, and its rules."""

    @property
    def coin(self) -> str:
        """Return its name inside."""

    @property
    def is_halted(self) -> bool:
        """Say whether it takes no orders."""

    @property
    def rules(self) -> MarketRules:
        """Return what holds in it."""


class Teller(Protocol):
    """Hears of the events of one call; `are_printed` says that the public has seen the trades."""

    def __call__(self, events: Sequence[Event], *, are_printed: bool) -> None:
        """Pass them on."""


class MarketFeed[P: Perp]:
    """Lists the market's perps in an engine and keeps what orders meet there up to date.

    Parameters
    ----------
    market : Market
        What happens outside.
    exchange : Exchange
        The engine, without a market yet.
    teller : Teller
        Hears of every call that brought something about.
    lister : Callable
        Makes the venue's perps, by asset id, of what a universe lists.
    """

    def __init__(
        self,
        market: Market,
        exchange: Exchange,
        teller: Teller,
        lister: Callable[[Universe], Mapping[int, P]],
    ) -> None:
        self.perps: Mapping[int, P] = {}
        self._market = market
        self._lister = lister
        self._exchange = exchange
        self._teller = teller
        self._outside: dict[str, Outside] = {}
        self._assets: dict[str, int] = {}
        self._fundings: deque[FundingRate] = deque()

    def refresh(self, now_ms: int) -> None:
        """Take over what the universe lists now; a delisted coin's orders end."""
        known, self.perps = self.perps, self._lister(self._market.universe)
        self._assets = {
            perp.coin: asset for asset, perp in self.perps.items() if not perp.is_halted
        }
        for asset, perp in self.perps.items():
            if asset not in known:
                self._list(asset, perp)
            was_halted = asset in known and known[asset].is_halted
            if perp.is_halted and not was_halted:
                self._outside[perp.coin].clear()
                self._tell(self._exchange.halt_market(asset, self._moment(now_ms, now_ms)))
            elif was_halted and not perp.is_halted:
                self._exchange.resume_market(asset)

    def take(self, change: Change, now_ms: int) -> None:
        """Let the engine meet a change of the market, at its time but not after `now_ms`."""
        asset = self._assets.get(change.coin)
        if asset is None:
            return
        if self._fundings:
            self._pay(min(change.time, now_ms))
        outside = self._outside[change.coin]
        match change:
            case Book() | Bbo():
                if outside.is_new and change.time != outside.time:
                    self._show(asset, outside, now_ms)
                outside.put(change)
            case Trades():
                self._print(asset, now_ms)
            case Context(context=PerpContext() as context):
                if outside.is_new:
                    self._show(asset, outside, now_ms)
                mark, oracle = Decimal(context.mark_px), Decimal(context.oracle_px)
                moment = self._moment(change.time, now_ms)
                self._tell(self._exchange.set_mark(asset, mark, oracle, moment))
            case _:
                return

    def settle(self, rates: Iterable[FundingRate]) -> None:
        """Let an hour's funding be paid once its time has come."""
        self._fundings.extend(sorted(rates, key=lambda rate: rate.time))

    def advance(self, now_ms: int) -> None:
        """Show the newest books, pay due funding, and do what else has become due by now."""
        for coin, asset in self._assets.items():
            outside = self._outside[coin]
            if outside.is_new:
                self._show(asset, outside, now_ms)
        self._pay(now_ms)
        self._tell(self._exchange.advance(self._moment(now_ms, now_ms)))

    def _tell(self, events: Sequence[Event]) -> None:
        if events:
            self._teller(events, are_printed=False)

    def _state(self, asset: int) -> CoinState:
        state = self._market.coin(self.perps[asset].coin)
        assert state is not None  # noqa: S101  (the market knows every coin of its universe)
        return state

    def _list(self, asset: int, perp: P) -> None:
        state = self._state(asset)
        context = state.context
        known = Decimal(context.mark_px) if context else None
        mark = state.reference.mark if state.reference else known or state.price
        self._exchange.list_market(perp.rules, mark)
        outside = self._outside[perp.coin] = Outside()
        if state.book_time:
            outside.put(Book(perp.coin, state.book_time, state.bids, state.asks))
        if state.quote.time:
            outside.put(state.quote)

    def _moment(self, time_ms: int, now_ms: int) -> int:
        return max(self._exchange.now, min(time_ms, now_ms))

    def _show(self, asset: int, outside: Outside, now_ms: int) -> None:
        moment = self._moment(outside.time, now_ms)
        if not self._exchange.market(asset).mark:  # no source has told of one yet
            price = self._state(asset).price
            self._tell(self._exchange.set_mark(asset, price, price, moment))
        bids, asks = outside.sides()
        self._tell(self._exchange.set_book(asset, bids, asks, moment))

    def _print(self, asset: int, now_ms: int) -> None:
        """Let the trades that are new fill what rests here; the public has seen them already."""
        fresh = self._state(asset).fresh
        outside = self._outside[self.perps[asset].coin]
        if outside.is_new:
            self._show(asset, outside, now_ms)
        for trade in fresh:
            here = self._exchange.market(asset)
            if not (here.book.has_orders or here.armed):
                return
            moment = self._moment(trade.time, now_ms)
            self._tell(self._exchange.advance(moment))
            price, size = Decimal(trade.px), Decimal(trade.sz)
            side = Side.BUY if trade.side == "B" else Side.SELL
            if events := self._exchange.on_trade(asset, price, size, side, moment):
                self._teller(events, are_printed=True)

    def _pay(self, now_ms: int) -> None:
        while self._fundings and self._fundings[0].time <= now_ms:
            paid = self._fundings.popleft()
            asset = self._assets.get(paid.coin)
            if asset is not None:
                oracle, rate = self._exchange.market(asset).oracle, Decimal(paid.funding_rate)
                moment = self._moment(paid.time, now_ms)
                self._tell(self._exchange.apply_funding(asset, rate, oracle, moment))
