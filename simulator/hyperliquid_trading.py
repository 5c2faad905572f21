"""The venue's trading half as one object: the exchange engine, fed with the market, and who is who.

It knows no socket and no wire; actions change it and readers describe it, each in its own module.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from simulator.events import Trades
from simulator.exchange import Exchange
from simulator.exchange.accounts import Account
from simulator.exchange.events import Event
from simulator.exchange.rules import Knobs, VenueRules
from simulator.hyperliquid_directory import Agent, Directory, account_name
from simulator.hyperliquid_news import News, Records, gather, prints
from simulator.hyperliquid_perps import FEE_TIERS, Perp, list_perps
from simulator.hyperliquid_user_wire import LedgerRow, usd
from simulator.market import Change, Market
from simulator.market_feed import MarketFeed
from simulator.universe import Json
from simulator.wire import FundingRate

FIRST_OID = 311_000_000_001


class TradingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who has an account, and how the venue treats them.

    Attributes
    ----------
    accounts
        Address (lower case) and USDC on the venue's own dex.
    agents
        Agent's and master's address.
    is_mainnet
        Which source a signature must be made for; None takes both.
    knobs
        What is unverified of the engine (fact sheet 10 a-d).
    schedule_volume
        What an address must have traded before `scheduleCancel` (1,000,000 on mainnet).
    sub_account_volume
        The same before `createSubAccount` (100,000 on mainnet).
    free_requests
        How many actions an address has before it trades (fact sheet 7); 0 is no limit.
    funding_paid_is_positive
        The sign of `cumFunding` (fact sheet 10 h).
    fills_by_time_descending
        `userFillsByTime` comes newest first, as some deployments did (fact sheet 10 j).
    twaps_on_user
        The `user` channel tells of TWAPs too; Nautilus's client cannot read that (fact sheet 8.5).
    """

    accounts: tuple[tuple[str, Decimal], ...] = ()
    agents: tuple[tuple[str, str], ...] = ()
    is_mainnet: bool | None = None
    knobs: Knobs = Knobs()
    schedule_volume: Decimal = Decimal(0)
    sub_account_volume: Decimal = Decimal(0)
    free_requests: int = 10_000
    funding_paid_is_positive: bool = True
    fills_by_time_descending: bool = False
    twaps_on_user: bool = False


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
        self.directory = Directory()
        self.rules = VenueRules(fee_tiers=FEE_TIERS, schedule_volume=options.schedule_volume)
        self.exchange = Exchange(self.rules, options.knobs, FIRST_OID, now_ms)
        self.on_news: Callable[[Sequence[News], Sequence[Trades]], None] = lambda *_: None
        """Hears what each call of the engine brought each address, and what the public sees of it.

        No news says that cash or leverage may have moved without an event."""
        self._records: dict[str, Records] = {}
        self._calls = 0
        self._feed = MarketFeed(market, self.exchange, self._publish, list_perps)
        self._feed.refresh(now_ms)
        for address, usdc in options.accounts:
            self.open(address, usdc, now_ms)
        for agent, master in options.agents:
            self.directory.agents[agent] = Agent(agent, master)

    # Who trades what

    @property
    def perps(self) -> Mapping[int, Perp]:
        """Return every listed perp by its asset id, delisted ones included."""
        return self._feed.perps

    def refresh(self, now_ms: int) -> None:
        """Take over what the universe lists now; a delisted coin's orders end."""
        self._feed.refresh(now_ms)

    def open(self, address: str, usdc: Decimal, now_ms: int, dex: str = "") -> None:
        """Open an account on a dex with some cash (0 opens it empty)."""
        name = account_name(address, dex)
        self.directory.masters.setdefault(address)
        self.exchange.open_account(name)
        if usdc:
            self.exchange.deposit(name, usdc, now_ms)
            self.note(address, {"type": "deposit", "usdc": usd(usdc)}, now_ms)

    def accounts_of(self, address: str) -> dict[str, Account]:
        """Return an address's engine accounts by the dex of each, the venue's own first."""
        dexes = [dex["name"] if dex else "" for dex in self.market.universe.dexs]
        names = {dex: account_name(address, dex) for dex in dexes}
        return {
            dex: self.exchange.account(name)
            for dex, name in names.items()
            if self.exchange.has_account(name)
        }

    def volume(self, address: str) -> Decimal:
        """Return what an address has traded since ever, on every dex."""
        return sum((x.volume for x in self.accounts_of(address).values()), Decimal(0))

    def records(self, address: str) -> Records:
        """Return what an address has been told; empty ones of an address that is unknown."""
        return self._records.get(address) or Records()

    # The market

    def take(self, change: Change, now_ms: int) -> None:
        """Let the engine meet a change of the market, at its time but not after `now_ms`."""
        self._feed.take(change, now_ms)

    def settle(self, rates: Iterable[FundingRate]) -> None:
        """Let an hour's funding be paid once its time has come."""
        self._feed.settle(rates)

    def advance(self, now_ms: int) -> None:
        """Show the newest books, pay due funding, and do what else has become due by now."""
        self._feed.advance(now_ms)

    # Telling

    def tell(self, events: Iterable[Event]) -> None:
        """Pass on what one call of the engine has brought about.

        To be called after every call, without events too: whoever watches the state of an account
        is shown what leverage, margin or cash has become.
        """
        self._publish(tuple(events), are_printed=False)

    def note(self, address: str, delta: Json, now_ms: int) -> None:
        """Tell an address of a transfer, as `userNonFundingLedgerUpdates` has it (fact sheet 2.3).

        `delta` is one of its deltas: `{"type": "deposit", "usdc": "10.0"}`.
        """
        row = LedgerRow(now_ms, self._next_hash(), delta)
        self._deliver([News(address, ledger=[row])], ())

    def _publish(self, events: Sequence[Event], *, are_printed: bool) -> None:
        action_hash = self._next_hash()
        news = gather(events, self.perps, action_hash)
        self._deliver(news, () if are_printed else prints(events, self.perps, action_hash))

    def _deliver(self, news: Sequence[News], trades: Sequence[Trades]) -> None:
        for each in news:
            self._records.setdefault(each.address, Records()).keep(each)
        self.on_news(news, trades)

    def _next_hash(self) -> str:
        """Return the hash of the next action: made up, but the same in every run."""
        self._calls += 1
        return "0x" + hashlib.sha256(f"{FIRST_OID}:{self._calls}".encode()).hexdigest()
