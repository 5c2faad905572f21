"""The venue's trading half as one object: the exchange engine, fed with the market, and who is who.

It knows no socket; actions change it and reads describe it, each in its own module.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from simulator.exchange import Exchange
from simulator.exchange.events import Event
from simulator.exchange.rules import Knobs
from simulator.market import Change, Market
from simulator.market_feed import MarketFeed
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_directory import Delegate, Directory, SubAccount
from simulator.synthetix_limits import SUB_ACCOUNT_TOKENS, TokenBucket
from simulator.synthetix_news import Fired, Scribe
from simulator.synthetix_order_wire import OrderView
from simulator.synthetix_perps import ENGINE_KNOBS, SynthetixPerp, list_perps, venue_rules
from simulator.synthetix_records import BalanceRow, Records, Sample
from simulator.synthetix_seam import AccountEvent, News
from simulator.wire import FundingRate

FIRST_ORDER = 1_958_787_130_134_106_000
FIRST_TWAP = FIRST_ORDER + 1_000_000_000_000
"""Where the ids of orders and of TWAPs, which are orders here, begin (fact sheet 12)."""
SAMPLE_EVERY_MS = 60_000
STEP_MS_MAX = 1_000
"""A request's time is the engine's if it is no further ahead than this: else it is skewed."""


class TradingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who has an account, and how the venue treats them.

    Attributes
    ----------
    accounts
        Wallet and USDT; a wallet that comes again gets a subaccount more.
    delegates
        A key and the wallet for whose subaccounts it may trade.
    collaterals
        Wallet, symbol and amount of other collateral; it margins nothing here.
    knobs
        What is unverified of the engine (fact sheet 12.1 f, g, h).
    rising_nonces
        A key's nonces must rise (12.1 c); else each is good once.
    expires_in
        Which unit of `expiresAfter` is understood (12.1 d): both, or a value of the other unit is
        taken at its word.
    client_id_scope
        Which orders' client ids are taken (12.1 e): those that live, or all there ever were.
    fired
        What is told when a trigger fires that keeps its id (12.1 f), before its trades: nothing, or
        one of two events.
    modify_quantity
        What the quantity of a change is (12.1 h): the whole one, what is filled included, or what
        is to remain.
    tokens
        What a subaccount may spend in 10 s (12.1 k); 0 is no limit.
    whitelist
        Wallets whose orders are taken (12.1 j); None is every wallet.
    dialect
        How figures and times are written.
    speed
        How many venue seconds pass in a second of the wall, which clients sign with.
    """

    accounts: tuple[tuple[str, Decimal], ...] = ()
    delegates: tuple[tuple[str, str], ...] = ()
    collaterals: tuple[tuple[str, str, Decimal], ...] = ()
    knobs: Knobs = ENGINE_KNOBS
    rising_nonces: bool = False
    expires_in: Literal["both", "s", "ms"] = "both"
    client_id_scope: Literal["live", "ever"] = "live"
    fired: Fired = ""
    modify_quantity: Literal["total", "remaining"] = "total"
    tokens: int = SUB_ACCOUNT_TOKENS
    orders_per_market: int = 100
    orders_in_all: int = 500
    whitelist: tuple[str, ...] | None = None
    dialect: Dialect = Dialect()
    speed: float = 1.0


class Trading:
    """Everything that trades at the venue.

    Parameters
    ----------
    market : Market
        What is listed, and the books and prices that orders meet.
    options : TradingOptions
        The accounts to open.
    now_ms : int
        The venue's time.
    """

    def __init__(self, market: Market, options: TradingOptions, now_ms: int) -> None:
        self.market = market
        self.options = options
        self.directory = Directory(rising_nonces=options.rising_nonces)
        rules = venue_rules(options.orders_per_market, options.orders_in_all)
        self.exchange = Exchange(rules, options.knobs, FIRST_ORDER, now_ms)
        self.on_news: Callable[[News], None] = lambda _: None
        self.scribe = Scribe(
            self.exchange,
            lambda: self._feed.perps,
            options.dialect,
            trigger_gives_new_id=options.knobs.trigger_gives_new_id,
            fired=options.fired,
        )
        self.close_only: frozenset[str] = frozenset()
        self.collateral: dict[tuple[str, str], Decimal] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._last_balance = 0
        self._next_sample_ms = now_ms
        self._feed = MarketFeed(market, self.exchange, self._publish, list_perps)
        self._feed.refresh(now_ms)
        for address, usdt in options.accounts:
            self.open(address.lower(), "Main", usdt, now_ms)
        for key, owner in options.delegates:
            for account in self.directory.owned_by(owner.lower()):
                delegate = Delegate(key.lower(), "session", 0, owner.lower())
                self.directory.add_delegate(account.id, delegate)
        for address, symbol, amount in options.collaterals:
            account = self.directory.owned_by(address.lower())[0]
            self.collateral[account.id, symbol] = amount

    # Who trades what

    @property
    def perps(self) -> Mapping[int, SynthetixPerp]:
        """Return every market by its asset id."""
        return self._feed.perps

    def perp(self, symbol: str) -> SynthetixPerp | None:
        """Return a market by its name on the wire."""
        return next((x for x in self._feed.perps.values() if x.symbol == symbol.upper()), None)

    def open(
        self, owner: str, name: str, usdt: Decimal, now_ms: int, master: str | None = None
    ) -> SubAccount:
        """Open a subaccount with some cash (0 opens it empty)."""
        place = len(self.directory.sub_accounts)
        account = self.directory.open(owner, name, master)
        self.exchange.open_account(account.id)
        self.scribe.records[account.id] = Records(place)
        if usdt:
            self.exchange.deposit(account.id, usdt, self.engine_ms(now_ms))
            self.note_balance(account.id, "DEPOSIT", "USDT", usdt, destination=owner)
        return account

    def records(self, account: str) -> Records:
        """Return what a subaccount has been told."""
        return self.scribe.records[account]

    def bucket(self, account: str) -> TokenBucket:
        """Return a subaccount's tokens."""
        return self._buckets.setdefault(account, TokenBucket(self.options.tokens))

    def twaps(self, account: str) -> list[OrderView]:
        """Return a subaccount's running TWAPs as orders."""
        return [self.scribe.twaps[twap.twap_id] for twap in self.exchange.twaps(account)]

    def is_whitelisted(self, wallet_address: str) -> bool:
        """Say whether a wallet's orders are taken."""
        listed = self.options.whitelist
        return listed is None or wallet_address.lower() in {x.lower() for x in listed}

    # Time and market

    def engine_ms(self, now_ms: int) -> int:
        """Return the time of a request for the engine, which knows no skew."""
        ahead = now_ms - self.exchange.now
        return now_ms if 0 <= ahead <= STEP_MS_MAX else self.exchange.now

    def settle(self, rates: Sequence[FundingRate]) -> None:
        """Take in the funding rates of hours that ended."""
        self._feed.settle(rates)

    def take(self, change: Change, now_ms: int) -> None:
        """Let the engine meet a change of the market."""
        self._feed.take(change, now_ms)

    def advance(self, now_ms: int) -> None:
        """Do what has become due by now."""
        self._feed.advance(now_ms)
        if now_ms >= self._next_sample_ms:
            self._next_sample_ms = now_ms + SAMPLE_EVERY_MS
            for account in self.directory.sub_accounts:
                self._sample(account, now_ms)

    def refresh(self, now_ms: int, close_only: frozenset[str] = frozenset()) -> None:
        """Take over what the venue lists now; the orders of a closed market end."""
        self.close_only = close_only
        self._feed.refresh(now_ms)

    # Telling

    def tell(self, events: Iterable[Event]) -> None:
        """Pass on what one call of the engine has brought about."""
        self._publish(tuple(events), are_printed=False)

    def push(self, account: str, data: Mapping[str, object]) -> None:
        """Tell a subaccount something that is no event of the engine."""
        told = {**data, "subAccountId": account, "timestamp": self.exchange.now}
        self.on_news(News(account_events=[AccountEvent(account, told)]))

    def note_balance(
        self,
        account: str,
        kind: str,
        symbol: str,
        amount: Decimal,
        *,
        source: str | None = None,
        target: str | None = None,
        transfer_type: str = "user",
        destination: str | None = None,
    ) -> int:
        """Note a movement of collateral, signed, and return its id."""
        self._last_balance += 1
        row = BalanceRow(
            self._last_balance, self.exchange.now, kind, symbol, amount,
            source, target, transfer_type, destination,
        )  # fmt: skip
        self.records(account).balances.append(row)
        return self._last_balance

    def _publish(self, events: Sequence[Event], *, are_printed: bool) -> None:
        if events:
            self.on_news(self.scribe.tell(events, are_printed=are_printed))

    def _sample(self, account: str, now_ms: int) -> None:
        records, engine = self.records(account), self.exchange.account(account)
        value = self.exchange.account_state(account).total.account_value
        paid_in = sum((row.amount for row in records.balances if row.symbol == "USDT"), Decimal(0))
        records.samples.append(Sample(now_ms, value, value - paid_in, engine.volume))
