"""Where the venue's border meets its trading half: what each asks of the other, and no more."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from simulator.events import Trades
from simulator.market import Change, Market
from simulator.synthetix_answers import Answer, Refusal, refused
from simulator.wire import FundingRate


class AccountEvent(msgspec.Struct, frozen=True):
    """News of a subaccount: `data` as it stands in a push, `eventType` and all (fact sheet 6.4)."""

    sub_account_id: str
    data: dict[str, object]


class Liquidation(msgspec.Struct, frozen=True):
    """A liquidation as the public hears of it (fact sheet 6.4): `data` names its `market`."""

    symbol: str
    data: dict[str, object]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What trading brought about: for accounts, in their order, and for the public.

    `trades` are those of accounts, which the market has not seen yet.
    """

    account_events: Sequence[AccountEvent] = ()
    trades: Sequence[Trades] = ()
    liquidations: Sequence[Liquidation] = ()


class SubAccounts(msgspec.Struct, frozen=True):
    """The ids of a wallet's subaccounts: those it owns, and those it is a delegate of."""

    owned: tuple[str, ...] = ()
    delegated: tuple[str, ...] = ()


class TradingHalf(Protocol):
    """Accounts, signatures and orders. The border has read neither signature nor nonce.

    `now_ms` is the venue's time in Unix ms; it never runs back but by a fault (clock skew).
    """

    on_news: Callable[[News], None]
    """Set by the venue; called during any of the methods below, before they return."""

    def handle_trade(self, body: bytes, now_ms: int) -> Answer:
        """Do what the body of a POST /v1/trade says, and answer.

        The border has made sure that the body is a JSON object of at most 20 KB with a `params`
        object and a text as its `action`. A `post` by WebSocket comes as the same body.
        """

    def authenticate(self, message: str, signature: str, now_ms: int) -> str | Refusal:
        """Return the subaccount for which a WebSocket `auth` is good, or why it is not."""

    def sub_accounts(self, wallet_address: str) -> SubAccounts:
        """Return the subaccounts of a wallet, given with its EIP-55 checksum."""

    def is_whitelisted(self, wallet_address: str) -> bool:
        """Tell whether a wallet may trade."""

    def settle(self, rates: Sequence[FundingRate]) -> None:
        """Take in the funding rates of hours that ended; `coin` is the market's name inside."""

    def take(self, change: Change, now_ms: int) -> None:
        """Take in a change of the market: books, prints and prices that orders meet."""

    def advance(self, now_ms: int) -> None:
        """Let time pass: expiries, funding, the dead man's switch."""

    def refresh(self, now_ms: int, close_only: frozenset[str] = frozenset()) -> None:
        """Take over what the venue lists now, and in which markets positions only go down."""


type OpenTrading = Callable[[Market, int], TradingHalf]
"""Opens the trading half over a market at the venue's time in ms."""


class NoTrading:
    """A trading half without accounts, which refuses everything."""

    def __init__(self) -> None:
        self.on_news: Callable[[News], None] = lambda _news: None

    def handle_trade(self, _body: bytes, _now_ms: int) -> Answer:
        """Refuse a request."""
        return refused("VALIDATION_ERROR", "trading is not available")

    def authenticate(self, _message: str, _signature: str, _now_ms: int) -> str | Refusal:
        """Refuse a wallet."""
        return Refusal("UNAUTHORIZED", "trading is not available")

    def sub_accounts(self, _wallet_address: str) -> SubAccounts:
        """Return none."""
        return SubAccounts()

    def is_whitelisted(self, _wallet_address: str) -> bool:
        """Let every wallet in."""
        return True

    def settle(self, _rates: Sequence[FundingRate]) -> None:
        """Hold nothing that funding could change."""

    def take(self, _change: Change, _now_ms: int) -> None:
        """Hold no orders that a market could meet."""

    def advance(self, _now_ms: int) -> None:
        """Hold nothing that could expire."""

    def refresh(self, _now_ms: int, _close_only: frozenset[str] = frozenset()) -> None:
        """List nothing."""
