"""A seeded market of several coins, with its past; made up, but by rules a real one shows.

Each coin's log price swings around a slow trend like a damped pendulum that random news keeps
moving (momentum over minutes, reversion over an hour), with volatility that comes in clusters and a
spread that returns to its mean. The path depends on the seed alone, not on the venue's speed.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from random import Random

import msgspec

from simulator.candles import MINUTE_MS, Bar
from simulator.events import Bbo, Book, Event, Funding, MinuteCandle, Reference, Trades
from simulator.market import HOUR_MS, funding_rate
from simulator.numbers import price_exponent, to_wire, truncate
from simulator.universe import (
    Universe,
    builder_dex,
    margin_table,
    perp_entry,
    perp_meta,
    spot_pair,
    spot_token,
)
from simulator.wire import FundingRate, Level, Trade

HISTORY_MINUTES = 7_500
"""Half as much again as one candleSnapshot of minutes may hold, and 250 candles of 30 minutes."""
STEP_MS = 500
"""The price moves, and trades happen, twice a second of the venue's time (its l2Book cadence)."""
QUOTES_PER_SECOND_MAX = 40
"""No more books a coin and second of wall time, however fast the venue's time runs."""
CONTEXT_EVERY_QUOTES = 6
LEVELS = 20

_SWING_MINUTES = 45.0
_DAMPING = 0.25
_SWING = 0.0045  # standard deviation of the swing, as a fraction of the price
_NOISE = 0.00035  # of one minute
_TREND = 0.02
_TREND_MINUTES = 1_800.0
_CLUSTER_MINUTES = 30.0
_CLUSTER = 0.35  # standard deviation of the logarithm of volatility
_STEP_MINUTES = STEP_MS / MINUTE_MS
_ADDRESSES = 64


class Coin(msgspec.Struct, frozen=True):
    """What the generator knows of a coin; sizes and depth are in USDC, `spread` in price steps."""

    name: str
    price: float
    sz_decimals: int
    max_decimals: int
    trades_per_step: float
    trade_size: float
    depth: float
    spread: float
    open_interest: float


COINS = (
    Coin("BTC", 97_000, 5, 1, 0.8, 3_000, 90_000, 1.2, 2.2e9),
    Coin("ETH", 3_400, 4, 2, 0.6, 2_000, 60_000, 1.5, 1.4e9),
    Coin("SOL", 182, 2, 4, 0.5, 1_200, 30_000, 2, 6e8),
    Coin("HYPE", 38, 2, 4, 0.5, 900, 20_000, 2, 5e8),
    Coin("xyz:TSLA", 412, 3, 3, 0.2, 600, 9_000, 4, 2e7),
    Coin("PURR/USDC", 0.16, 0, 8, 0.1, 150, 2_000, 6, 0),
    Coin("@1", 38, 2, 6, 0.2, 400, 9_000, 3, 0),
)


def universe() -> Universe:
    """List the generator's coins, a delisted perp between them, and a builder dex."""
    perps = [
        perp_entry("BTC", 5, 40) | {"marginTableId": 54},
        perp_entry("ETH", 4, 25) | {"marginTableId": 55},
        perp_entry("MATIC", 1, 20, isDelisted=True),
        perp_entry("SOL", 2, 20),
        perp_entry("HYPE", 2, 10),
    ]
    tables = [
        (54, margin_table(("0.0", 40), ("150000000.0", 20))),
        (55, margin_table(("0.0", 25), ("100000000.0", 15))),
    ]
    stocks = perp_entry(
        "xyz:TSLA", 3, 10, onlyIsolated=True, marginMode="strictIsolated", growthMode="enabled"
    )
    tokens = [
        spot_token(0, "USDC", 8, 8),
        spot_token(1, "PURR", 0, 5),
        spot_token(2, "HYPE", 2, 8),
    ]
    pairs = [spot_pair(0, "PURR/USDC", 1, canonical=True), spot_pair(1, "@1", 2, canonical=False)]
    return Universe(
        metas=[perp_meta(perps, tables), perp_meta([stocks])],
        dexs=[None, builder_dex("xyz", "XYZ")],
        spot={"universe": pairs, "tokens": tokens},
    )


class Generator:
    """A source without end: the same seed and start give the same prices, trades and candles.

    Books are drawn once a quote, so they are the same only at the same `speed`. `listed` is what
    the venue lists, the `coins` among them, and `levels` how deep its books are.
    """

    gives: frozenset[type] = frozenset({Book, Bbo, Trades, Reference})

    def __init__(
        self,
        seed: int,
        start_ms: int,
        speed: float,
        history_minutes: int = HISTORY_MINUTES,
        *,
        coins: Sequence[Coin] = COINS,
        listed: Universe | None = None,
        levels: int = LEVELS,
    ) -> None:
        self.universe = listed or universe()
        self.start_ms = start_ms
        self._history_minutes = history_minutes
        self._feeds = [CoinGenerator(coin, seed, levels) for coin in coins]
        self._steps_per_quote = max(1, math.ceil(speed * 1000 / STEP_MS / QUOTES_PER_SECOND_MAX))
        self._steps = 0

    def history(self) -> Iterable[Event]:
        """Give the candles and the funding of the past; to be asked for once, before `due`."""
        first_ms = self.start_ms - self.start_ms % MINUTE_MS - self._history_minutes * MINUTE_MS
        for feed in self._feeds:
            yield from feed.history(first_ms, self._history_minutes)

    def due(self, now_ms: int) -> Iterator[Event]:
        """Step every coin up to `now_ms`; books and contexts come with every n-th step."""
        while self.start_ms + self._steps * STEP_MS <= now_ms:
            time_ms = self.start_ms + self._steps * STEP_MS
            quote, step = divmod(self._steps, self._steps_per_quote)
            for feed in self._feeds:
                feed.step(time_ms)
                if step == 0:
                    yield from feed.quote(time_ms, context=quote % CONTEXT_EVERY_QUOTES == 0)
            self._steps += 1


class _Path:
    """The log price of one coin, as an offset from its first."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._phase = rng.uniform(0, 2 * math.pi)
        self._minutes = 0.0
        self._swing = rng.gauss(0, _SWING)
        self._speed = 0.0
        self._cluster = 0.0

    def step(self, minutes: float) -> float:
        """Move on and return the price as a multiple of the first."""
        gauss, root = self._rng.gauss, math.sqrt(minutes)
        pull = (2 * math.pi / _SWING_MINUTES) ** 2
        friction = 2 * _DAMPING * math.sqrt(pull)
        shock = _SWING * math.sqrt(2 * friction * pull)
        decay = minutes / _CLUSTER_MINUTES
        self._cluster += -decay * self._cluster + _CLUSTER * math.sqrt(2 * decay) * gauss(0, 1)
        volatility = math.exp(self._cluster) * root
        self._speed += -(pull * self._swing + friction * self._speed) * minutes
        self._speed += shock * volatility * gauss(0, 1)
        self._swing += self._speed * minutes + _NOISE * volatility * gauss(0, 1)
        self._minutes += minutes
        trend = math.sin(2 * math.pi * self._minutes / _TREND_MINUTES + self._phase)
        return math.exp(self._swing + _TREND * (trend - math.sin(self._phase)))

    @property
    def volatility(self) -> float:
        """Return how wild the market is now, 1 in the middle."""
        return math.exp(self._cluster)


class CoinGenerator:
    """One coin's events; prices are counted in steps of 10**exponent while they are made."""

    def __init__(self, coin: Coin, seed: int, levels: int = LEVELS) -> None:
        self._coin = coin
        self._levels = levels
        self._rng = Random(f"{seed}:{coin.name}")  # noqa: S311  (a market, not a secret)
        self._book_rng = Random(f"{seed}:{coin.name}:book")  # noqa: S311
        self._path = _Path(self._rng)
        self._price = coin.price
        self._basis = 0.0
        self._spread = 0.0
        self._waiting: list[Trade] = []
        self._quoted: tuple[Level, Level] | None = None
        self._users = [f"0x{self._rng.getrandbits(160):040x}" for _ in range(_ADDRESSES)]

    def history(self, first_ms: int, minutes: int) -> Iterator[Event]:
        """Make the minutes before the start and the funding of their hours."""
        for minute in range(minutes):
            time_ms = first_ms + minute * MINUTE_MS
            yield MinuteCandle(self._coin.name, self._minute(time_ms))
            if time_ms % HOUR_MS == 0 and self._coin.open_interest:
                yield self._funding(time_ms)

    def step(self, time_ms: int) -> None:
        """Move the price on and let trades happen at both sides of it."""
        before = self._price
        self._price = self._coin.price * self._path.step(_STEP_MINUTES)
        self._spread += -0.05 * self._spread + 0.12 * self._rng.gauss(0, 1)
        bid, ask, exponent = self._touch()
        lean = 0.15 if self._price > before else -0.15
        for _ in range(self._arrivals()):
            buys = self._rng.random() < 0.5 + lean
            self._waiting.append(self._trade(time_ms, ask if buys else bid, exponent, buys=buys))

    def quote(self, time_ms: int, *, context: bool) -> Iterator[Event]:
        """Give the trades since the last quote, then the book, and a context when asked."""
        if self._waiting:
            yield Trades(self._coin.name, tuple(self._waiting))
            self._waiting.clear()
        book = self._book(time_ms)
        touch = book.bids[0], book.asks[0]
        if touch != self._quoted:
            self._quoted = touch
            yield Bbo(self._coin.name, time_ms, *touch)
        yield book
        if context:
            yield self._reference(time_ms)

    def _minute(self, time_ms: int) -> Bar:
        opened = self._price
        rng, volatility = self._rng, self._path.volatility
        self._price = closed = self._coin.price * self._path.step(1.0)
        wick = _NOISE * volatility * opened / 2
        high = max(opened, closed) + abs(rng.gauss(0, wick))
        low = min(opened, closed) - abs(rng.gauss(0, wick))
        expected = self._coin.trades_per_step * MINUTE_MS / STEP_MS
        count = max(1, round(expected * volatility * rng.uniform(0.6, 1.4)))
        volume = self._to_size(count * self._coin.trade_size * rng.uniform(0.7, 1.3) / closed)
        close = self._to_price(closed)
        return Bar(
            time=time_ms,
            open=self._to_price(opened),
            high=self._to_price(high),
            low=self._to_price(low),
            close=close,
            volume=volume,
            notional=volume * close,
            count=count,
        )

    def _funding(self, hour_ms: int) -> Funding:
        premium = truncate(Decimal(self._rng.gauss(0.00005, 0.0003)), 10)
        rate = to_wire(truncate(funding_rate(premium), 10))
        time_ms = hour_ms + self._rng.randint(20, 400)
        name = self._coin.name
        return Funding(name, FundingRate(name, rate, to_wire(premium), time_ms))

    def _arrivals(self) -> int:
        """Draw how many trades a step sees; bursts follow volatility."""
        rate = self._coin.trades_per_step * self._path.volatility
        count, left = 0, self._rng.expovariate(1.0)
        while left < rate:
            count += 1
            left += self._rng.expovariate(1.0)
        return count

    def _touch(self) -> tuple[int, int, int]:
        """Return best bid and ask in price steps, and the step's exponent.

        The step is that of a price 1 % above, so that every level of the book is a valid price.
        """
        exponent = price_exponent(self._price * 1.01, self._coin.max_decimals)
        spread = max(1, round(self._coin.spread * math.exp(self._spread)))
        bid = math.floor(self._price / 10.0**exponent - spread / 2)
        return bid, bid + spread, exponent

    def _trade(self, time_ms: int, price: int, exponent: int, *, buys: bool) -> Trade:
        rng = self._rng
        notional = self._coin.trade_size * rng.lognormvariate(-0.7, 1.2)
        return Trade(
            coin=self._coin.name,
            side="B" if buys else "A",
            px=to_wire(Decimal(price).scaleb(exponent)),
            sz=to_wire(self._to_size(notional / self._price)),
            time=time_ms,
            hash=f"0x{rng.getrandbits(256):064x}",
            tid=rng.getrandbits(50),
            users=(rng.choice(self._users), rng.choice(self._users)),
        )

    def _book(self, time_ms: int) -> Book:
        bid, ask, exponent = self._touch()
        bids, asks = self._side(bid, -1, exponent), self._side(ask, 1, exponent)
        return Book(self._coin.name, time_ms, bids, asks)

    def _side(self, best: int, direction: int, exponent: int) -> tuple[Level, ...]:
        rng, price, levels = self._book_rng, best, []
        for depth in range(self._levels):
            size = self._coin.depth * rng.lognormvariate(-1.2, 0.9) * (1 + depth / 8) / self._price
            orders = 1 + int(rng.expovariate(0.4))
            wire_price = to_wire(Decimal(price).scaleb(exponent))
            levels.append(Level(wire_price, to_wire(self._to_size(size)), orders))
            price += direction * rng.choice((1, 1, 1, 2, 3))
        return tuple(levels)

    def _reference(self, time_ms: int) -> Reference:
        """Quote the oracle a little off the price, by a basis that reverts to nothing."""
        self._basis += -0.05 * self._basis + 0.00005 * self._book_rng.gauss(0, 1)
        interest = self._coin.open_interest * (1 + 20 * self._basis) / self._price
        return Reference(
            self._coin.name,
            time_ms,
            oracle=self._to_price(self._price * (1 - self._basis)),
            mark=self._to_price(self._price),
            open_interest=self._to_size(interest),
        )

    def _to_price(self, price: float) -> Decimal:
        exponent = price_exponent(price, self._coin.max_decimals)
        return Decimal(round(price / 10.0**exponent)).scaleb(exponent)

    def _to_size(self, size: float) -> Decimal:
        decimals = self._coin.sz_decimals
        return Decimal(max(1, round(size * 10**decimals))).scaleb(-decimals)
