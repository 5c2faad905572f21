"""The exchange: every command and tick of it; pure, deterministic, of no venue's wire.

Time comes in as Unix milliseconds and never goes back. Each call first does what has become due
since the last one (expiry, scheduled cancels, TWAP parts), then its own work; what happened stands
in its events in order.
"""

from collections.abc import Iterable
from decimal import Decimal

from simulator.exchange import collateral, placing
from simulator.exchange.accounts import Account
from simulator.exchange.book import Book
from simulator.exchange.events import Done, Event, Outcome, Reply
from simulator.exchange.funding import pay_funding
from simulator.exchange.liquidation import LIQUIDATOR, liquidate
from simulator.exchange.margin import AccountState, Market, account_state
from simulator.exchange.matching import cross_book, print_trade
from simulator.exchange.model import (
    Grouping,
    Order,
    OrderRequest,
    Side,
    Status,
    TwapRequest,
)
from simulator.exchange.placing import OrderKey
from simulator.exchange.rules import Knobs, MarketRules, VenueRules
from simulator.exchange.schedule import schedule_cancel
from simulator.exchange.settling import fire_due, fire_on_last, settle
from simulator.exchange.state import State
from simulator.exchange.twaps import Twap, Twaps

type Levels = Iterable[tuple[Decimal, Decimal]]


class Exchange:
    """Accounts trading against an outside market and one another.

    Commands return a `Reply`, ticks the events alone. An unknown account, or a market listed
    twice, is the caller's error (KeyError, ValueError), as is a time before the last one
    (ValueError).

    Parameters
    ----------
    venue : VenueRules
        What this venue does.
    knobs : Knobs
        What nobody knows of it.
    first_oid : int
        The first order id; later ones count up.
    now : int
        The time at which it opens, in ms.
    """

    def __init__(
        self,
        venue: VenueRules | None = None,
        knobs: Knobs | None = None,
        first_oid: int = 1,
        now: int = 0,
    ) -> None:
        self._state = State(venue or VenueRules(), knobs or Knobs(), first_oid, now)
        self._state.accounts[LIQUIDATOR] = Account(LIQUIDATOR, fee_scale=Decimal(0))
        self._twaps = Twaps(self._state)

    # Listing and opening

    def list_market(self, rules: MarketRules, mark: Decimal) -> None:
        """List a market, whose oracle is its mark at first."""
        if rules.asset in self._state.markets:
            raise ValueError(f"Expected a new asset, was {rules.asset}")
        self._state.markets[rules.asset] = Market(rules, Book(), mark, mark)

    def halt_market(self, asset: int, now: int) -> list[Event]:
        """Stop a market: its book empties, its orders end as delisted; positions stay."""
        self._start(now)
        market = self._state.markets[asset]
        market.is_halted = True
        for side in Side:
            market.book.set_outside(side, ())
        for account in self._state.accounts:
            placing.cancel_all(self._state, account, Status.DELISTED_CANCELED, asset=asset)
        return self._finish()

    def resume_market(self, asset: int) -> None:
        """Let a halted market take orders again."""
        self._state.markets[asset].is_halted = False

    def open_account(self, name: str, fee_scale: Decimal = Decimal(1)) -> None:
        """Open an empty account; `fee_scale` is what its discounts leave of a fee."""
        if name in self._state.accounts:
            raise ValueError(f"Expected a new account, was {name}")
        self._state.accounts[name] = Account(name, fee_scale)

    # Cash and margin

    def deposit(self, account: str, amount: Decimal, now: int) -> Reply:
        """Put cash into an account."""
        self._start(now, account)
        if amount <= 0:
            raise ValueError(f"Expected a positive amount, was {amount}")
        self._state.accounts[account].raw += amount
        return self._reply(Done())

    def withdraw(self, account: str, amount: Decimal, now: int) -> Reply:
        """Take cash out, as far as it is withdrawable."""
        self._start(now, account)
        if amount <= 0:
            raise ValueError(f"Expected a positive amount, was {amount}")
        return self._reply(collateral.withdraw(self._state, self._state.accounts[account], amount))

    def update_leverage(
        self, account: str, asset: int, leverage: int, *, is_isolated: bool, now: int
    ) -> Reply:
        """Set the leverage and the margin mode of a market."""
        self._start(now, account)
        owner = self._state.accounts[account]
        return self._reply(
            collateral.update_leverage(self._state, owner, asset, leverage, is_isolated=is_isolated)
        )

    def update_isolated_margin(self, account: str, asset: int, amount: Decimal, now: int) -> Reply:
        """Add to an isolated position's margin, or take from it with a negative amount."""
        self._start(now, account)
        owner = self._state.accounts[account]
        return self._reply(collateral.update_isolated_margin(self._state, owner, asset, amount))

    # Orders

    def place(
        self,
        account: str,
        requests: Iterable[OrderRequest],
        now: int,
        grouping: Grouping = Grouping.NONE,
    ) -> Reply:
        """Place a batch of orders; one outcome for each, or one Denied for all."""
        self._start(now, account)
        return self._reply(*placing.place(self._state, account, tuple(requests), grouping))

    def modify(
        self,
        account: str,
        modifies: Iterable[tuple[OrderKey, OrderRequest]],
        now: int,
        *,
        always: bool = False,
    ) -> Reply:
        """Replace orders, each named by id or client id."""
        self._start(now, account)
        return self._reply(
            *[
                placing.modify(self._state, account, key, request, always=always)
                for key, request in modifies
            ]
        )

    def cancel(self, account: str, cancels: Iterable[tuple[int, OrderKey]], now: int) -> Reply:
        """Cancel orders, each an asset and an id or client id."""
        self._start(now, account)
        return self._reply(
            *[placing.cancel(self._state, account, asset, key) for asset, key in cancels]
        )

    def cancel_all(
        self, account: str, now: int, asset: int | None = None, side: Side | None = None
    ) -> Reply:
        """Cancel every order, of one market or side where given; one outcome for each."""
        self._start(now, account)
        return self._reply(*placing.cancel_all(self._state, account, asset=asset, side=side))

    def schedule_cancel(self, account: str, time: int | None, now: int) -> Reply:
        """Cancel every order at `time` unless it is put off or cleared (None) before."""
        self._start(now, account)
        return self._reply(schedule_cancel(self._state, self._state.accounts[account], time))

    def start_twap(self, account: str, request: TwapRequest, now: int) -> Reply:
        """Start a TWAP; Done carries its id."""
        self._start(now, account)
        return self._reply(self._twaps.start(account, request))

    def cancel_twap(self, account: str, asset: int, twap_id: int, now: int) -> Reply:
        """End a TWAP."""
        self._start(now, account)
        return self._reply(self._twaps.cancel(account, asset, twap_id))

    # Ticks

    def set_book(self, asset: int, bids: Levels, asks: Levels, now: int) -> list[Event]:
        """Replace the outside levels, (price, size) from the best on, and fill what they cross."""
        self._start(now)
        book = self._state.markets[asset].book
        book.set_outside(Side.BUY, bids)
        book.set_outside(Side.SELL, asks)
        cross_book(self._state, asset)
        return self._finish()

    def on_trade(
        self, asset: int, price: Decimal, size: Decimal, aggressor: Side, now: int
    ) -> list[Event]:
        """Take in an outside trade, which fills the resting orders it reached."""
        self._start(now)
        self._state.print_price(asset, price)
        print_trade(self._state, asset, price, size, aggressor)
        return self._finish()

    def set_mark(self, asset: int, mark: Decimal, oracle: Decimal, now: int) -> list[Event]:
        """Move mark and oracle: triggers fire first, then accounts are liquidated."""
        self._start(now)
        market = self._state.markets[asset]
        market.mark, market.oracle = mark, oracle
        fire_due(self._state, asset)
        liquidate(self._state, asset)
        return self._finish()

    def apply_funding(self, asset: int, rate: Decimal, oracle: Decimal, now: int) -> list[Event]:
        """Settle an hour's funding, then liquidate whom it put below maintenance."""
        self._start(now)
        pay_funding(self._state, asset, rate, oracle)
        liquidate(self._state, asset)
        return self._finish()

    def advance(self, now: int) -> list[Event]:
        """Do what has become due by `now`."""
        self._start(now)
        return self._finish()

    # Reading

    @property
    def now(self) -> int:
        """Return the time of the last call, in ms."""
        return self._state.now

    def has_account(self, name: str) -> bool:
        """Say whether an account of this name was opened."""
        return name in self._state.accounts

    def fee_rates(self, account: str) -> tuple[Decimal, Decimal]:
        """Return an account's fees as taker and maker, before the factor of a market."""
        return self._state.fee_rates(self._state.accounts[account])

    def account(self, name: str) -> Account:
        """Return an account with its orders and history, to be read only; KeyError if unknown."""
        return self._state.accounts[name]

    def account_state(self, name: str) -> AccountState:
        """Return an account's margin and positions at the present marks."""
        return account_state(self._state.accounts[name], self._state.markets)

    def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts, the backstop liquidator's included."""
        return tuple(self._state.accounts)

    def market(self, asset: int) -> Market:
        """Return a market with its book and marks, to be read only; KeyError if unknown."""
        return self._state.markets[asset]

    def order(self, account: str, key: OrderKey) -> Order | None:
        """Return an order, live or ended, by its id or by the client id that it used last."""
        oid = self._state.client_ids.get((account, key)) if isinstance(key, str) else key
        order = None if oid is None else self._state.orders.get(oid)
        return order if order is not None and order.account == account else None

    def children(self, order: Order) -> tuple[Order, ...]:
        """Return the live TP/SL orders whose parent is this live order."""
        group = None if order.group is None else self._state.groups.get(order.group)
        if group is None or group.parent != order.oid:
            return ()
        return tuple(self._state.orders[oid] for oid in group.children)

    def twaps(self, account: str) -> tuple[Twap, ...]:
        """Return an account's running TWAPs."""
        return self._twaps.running(account)

    # How a call goes

    def _start(self, now: int, account: str | None = None) -> None:
        state = self._state
        if account is not None and account not in state.accounts:
            raise KeyError(f"Expected an open account, was {account}")
        if now < state.now:
            raise ValueError(f"Expected a time at or after {state.now}, was {now}")
        state.events = []
        while (action := state.next_timer(now)) is not None:
            action()
            settle(state)
            fire_on_last(state)
        state.now = now

    def _finish(self) -> list[Event]:
        settle(self._state)
        fire_on_last(self._state)
        return self._state.events

    def _reply(self, *outcomes: Outcome) -> Reply:
        return Reply(outcomes, tuple(self._finish()))
