"""The state of every coin, moved by a source's events; it knows no wire and no clock of its own."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from simulator.candles import MINUTE_MS, CandleSeries
from simulator.events import (
    Bbo,
    Book,
    Context,
    Event,
    Funding,
    MinuteCandle,
    Reference,
    Source,
    Trades,
)
from simulator.numbers import to_wire, truncate
from simulator.universe import Listing
from simulator.wire import FundingRate, Level, PerpContext, SpotContext, Trade

RECENT_TRADES = 30
"""A new subscriber gets the last 30 trades at first (the venue, recorded 2025-01-26).

Elsewhere it may be another number: `Market(recent_trades=...)` (fact sheet 10 i)."""
HOUR_MS = 3_600_000
CONTEXT_EVERY_MS = 3_000
"""The oracle moves about every 3 s (fact sheet 5.9)."""
IMPACT_NOTIONAL = {"BTC": Decimal(20_000), "ETH": Decimal(20_000)}
IMPACT_NOTIONAL_OTHERS = Decimal(6_000)
"""Impact prices are those of an order of so many USDC (fact sheet 5.8)."""
INTEREST_8H = Decimal("0.0001")
CLAMP_8H = Decimal("0.0005")
FUNDING_MAX_HOUR = Decimal("0.04")

_RATE_DECIMALS = 10
_TIDS_MAX = 2_000  # covers the trades that a recording repeats after a reconnect
_SUPPLY = Decimal(1_000_000_000)
_ZERO = Decimal(0)

type Change = Book | Bbo | Trades | Context | MinuteCandle
"""What subscribers may want to hear of."""


class CoinState:
    """All that is known of one coin; only `Market` changes it.

    `fresh` are the trades of the last event that were not known before it.
    """

    def __init__(self, listing: Listing, recent_trades: int = RECENT_TRADES) -> None:
        self.listing = listing
        self.bids: tuple[Level, ...] = ()
        self.asks: tuple[Level, ...] = ()
        self.book_time = 0
        self.quote = Bbo(listing.coin, 0, None, None)
        self.trades: deque[Trade] = deque(maxlen=recent_trades)
        self.fresh: tuple[Trade, ...] = ()
        self.series = CandleSeries(listing.coin)
        self.reference: Reference | None = None
        self.context: PerpContext | SpotContext | None = None
        self.context_time = 0
        self.funding: list[FundingRate] = []
        self.premium_sum = _ZERO  # of this hour, and how many: it may be asked for at any time
        self.premium_count = 0
        self.tids: dict[int, None] = {}

    @property
    def mid(self) -> Decimal | None:
        """Return the middle of the quote; None when a side is empty."""
        bid, ask = self.quote.bid, self.quote.ask
        return (Decimal(bid.px) + Decimal(ask.px)) / 2 if bid and ask else None

    @property
    def price(self) -> Decimal:
        """Return the middle of the quote, else the last price known; 0 before there is any."""
        if (mid := self.mid) is not None:
            return mid
        if self.reference is not None:
            return self.reference.mark
        return self.series.newest.close if self.series else _ZERO


class Market:
    """Every coin of a source, from its history on."""

    def __init__(self, source: Source, recent_trades: int = RECENT_TRADES) -> None:
        self.universe = source.universe
        self._gives = source.gives
        self._recent_trades = recent_trades
        self._coins: dict[str, CoinState] = {}
        self.refresh()
        for event in source.history():
            for _ in self.apply(event):
                pass
        self._next_hour = source.start_ms - source.start_ms % HOUR_MS + HOUR_MS

    def coin(self, name: str) -> CoinState | None:
        """Return the state of a listed coin; None when the venue does not know it."""
        return self._coins.get(name)

    def refresh(self) -> None:
        """Take over what the universe lists now; a delisted coin loses its book."""
        for name, listing in self.universe.listings.items():
            if name not in self._coins:
                self._coins[name] = CoinState(listing, self._recent_trades)
            state = self._coins[name]
            state.listing = listing
            if listing.delisted:
                state.bids = state.asks = ()
                state.quote = Bbo(name, state.book_time, None, None)
                state.context = None

    def apply(self, event: Event) -> Iterator[Change]:
        """Take an event in and yield what changed, each change while it is the newest state.

        The caller must exhaust the iterator. Events of unknown and delisted coins change nothing.
        """
        state = self._coins.get(event.coin)
        if state is None or state.listing.delisted:
            return
        match event:
            case Book():
                yield from self._apply_book(state, event)
            case Bbo():
                state.quote = event
                yield event
            case Trades():
                yield from self._apply_trades(state, event)
            case Reference():
                yield self._apply_reference(state, event)
            case Context():
                state.context, state.context_time = event.context, event.time
                yield event
            case MinuteCandle():
                state.series.put(event.bar)
                yield event
            case Funding():
                state.funding.append(event.rate)

    def settle(self, now_ms: int) -> list[FundingRate]:
        """Settle the funding of every full hour up to `now_ms`, and return its rates."""
        rates: list[FundingRate] = []
        while now_ms >= self._next_hour:
            for state in self._coins.values():
                if state.listing.dex is not None and not state.listing.delisted:
                    rates.append(_settled(state, self._next_hour))
                    state.funding.append(rates[-1])
                    state.premium_sum, state.premium_count = _ZERO, 0
            self._next_hour += HOUR_MS
        return rates

    def context(self, state: CoinState, now_ms: int) -> PerpContext | SpotContext:
        """Return a coin's context, made now when no event has brought one."""
        if state.context is not None:
            return state.context
        if state.listing.dex is None:
            return _spot_context(state, now_ms)
        return _perp_context(state, now_ms)

    def _apply_book(self, state: CoinState, book: Book) -> Iterator[Change]:
        state.bids, state.asks, state.book_time = book.bids, book.asks, book.time
        yield book
        if Bbo not in self._gives:
            bid, ask = next(iter(book.bids), None), next(iter(book.asks), None)
            if (bid, ask) != (state.quote.bid, state.quote.ask):
                state.quote = Bbo(state.listing.coin, book.time, bid, ask)
                yield state.quote
        gives_context = Reference in self._gives or Context in self._gives
        due = book.time - state.context_time >= CONTEXT_EVERY_MS
        if due and not gives_context and state.mid is not None:
            price = state.price
            yield self._apply_reference(
                state, Reference(state.listing.coin, book.time, price, price, _ZERO)
            )

    def _apply_trades(self, state: CoinState, event: Trades) -> Iterator[Change]:
        fresh = tuple(trade for trade in event.trades if trade.tid not in state.tids)
        state.fresh = fresh
        state.trades.extend(fresh)
        state.tids.update(dict.fromkeys(trade.tid for trade in fresh))
        while len(state.tids) > _TIDS_MAX:
            del state.tids[next(iter(state.tids))]
        yield event
        if MinuteCandle in self._gives:
            return
        minute = None
        for trade in fresh:
            if minute is not None and trade.time // MINUTE_MS != minute:
                yield MinuteCandle(state.listing.coin, state.series.newest)
            if state.series.add_trade(trade):
                minute = trade.time // MINUTE_MS
        if minute is not None:
            yield MinuteCandle(state.listing.coin, state.series.newest)

    def _apply_reference(self, state: CoinState, reference: Reference) -> Context:
        state.reference, state.context_time = reference, reference.time
        state.context = None
        if (premium := _premium(state)) is not None:
            state.premium_sum += premium
            state.premium_count += 1
        state.context = self.context(state, reference.time)
        return Context(state.listing.coin, reference.time, state.context)


def _impact(state: CoinState) -> tuple[Decimal, Decimal] | None:
    """Return the average prices of selling and buying the impact notional; None without a book."""
    wanted = IMPACT_NOTIONAL.get(state.listing.coin, IMPACT_NOTIONAL_OTHERS)
    bid, ask = (_average_price(side, wanted) for side in (state.bids, state.asks))
    return None if bid is None or ask is None else (bid, ask)


def _average_price(levels: tuple[Level, ...], wanted: Decimal) -> Decimal | None:
    size = notional = _ZERO
    for level in levels:
        price = Decimal(level.px)
        part = min(Decimal(level.sz), (wanted - notional) / price)
        size += part
        notional += part * price
        if notional >= wanted:
            break
    return notional / size if size else None


def _premium(state: CoinState) -> Decimal | None:
    """Return how far the impact prices lie off the oracle, as a fraction (fact sheet 5.8)."""
    impact, reference = _impact(state), state.reference
    if impact is None or reference is None or not reference.oracle:
        return None
    bid, ask = impact
    oracle = reference.oracle
    return (max(bid - oracle, _ZERO) - max(oracle - ask, _ZERO)) / oracle


def funding_rate(premium: Decimal) -> Decimal:
    """Return the hourly rate of a mean premium: (P + clamp(0.01 % - P, -0.05 %, 0.05 %)) / 8.

    At most 4 % an hour either way (fact sheet 5.8).
    """
    rate = (premium + max(-CLAMP_8H, min(CLAMP_8H, INTEREST_8H - premium))) / 8
    return max(-FUNDING_MAX_HOUR, min(FUNDING_MAX_HOUR, rate))


def _mean_premium(state: CoinState) -> Decimal:
    return state.premium_sum / state.premium_count if state.premium_count else _ZERO


def _settled(state: CoinState, hour_ms: int) -> FundingRate:
    """Settle an hour; the venue stamps it 20 to 400 ms past it (fact sheet 2.2)."""
    time_ms = hour_ms + 20 + (state.listing.asset * 37 + hour_ms // HOUR_MS * 131) % 380
    if isinstance(state.context, PerpContext) and state.reference is None:
        rate, premium = state.context.funding, state.context.premium or "0.0"
    else:
        mean = _mean_premium(state)
        rate, premium = _rate_to_wire(funding_rate(mean)), _rate_to_wire(mean)
    return FundingRate(state.listing.coin, rate, premium, time_ms)


def _rate_to_wire(rate: Decimal) -> str:
    return to_wire(truncate(rate, _RATE_DECIMALS))


def _perp_context(state: CoinState, now_ms: int) -> PerpContext:
    reference, price = state.reference, state.price
    volume, notional, before = state.series.day(now_ms)
    impact, premium = _impact(state), _premium(state)
    decimals = state.listing.max_decimals
    mark = reference.mark if reference else price
    return PerpContext(
        funding=_rate_to_wire(funding_rate(_mean_premium(state))),
        open_interest=to_wire(reference.open_interest if reference else _ZERO),
        prev_day_px=to_wire(mark if before is None else before),
        day_ntl_vlm=to_wire(notional),
        premium=None if premium is None else _rate_to_wire(premium),
        oracle_px=to_wire(reference.oracle if reference else price),
        mark_px=to_wire(mark),
        mid_px=None if state.mid is None else to_wire(state.mid),
        impact_pxs=impact
        and (to_wire(truncate(impact[0], decimals)), to_wire(truncate(impact[1], decimals))),
        day_base_vlm=to_wire(volume),
    )


def _spot_context(state: CoinState, now_ms: int) -> SpotContext:
    price = state.price
    volume, notional, before = state.series.day(now_ms)
    return SpotContext(
        prev_day_px=to_wire(price if before is None else before),
        day_ntl_vlm=to_wire(notional),
        mark_px=to_wire(state.reference.mark if state.reference else price),
        mid_px=None if state.mid is None else to_wire(state.mid),
        circulating_supply=to_wire(_SUPPLY),
        coin=state.listing.coin,
        total_supply=to_wire(_SUPPLY),
        day_base_vlm=to_wire(volume),
    )
