"""The trading half that the border talks to: requests, logins and questions about wallets."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from simulator.market import Market
from simulator.moments import Moment
from simulator.synthetix_admission import SECONDS_MAX, act, ask_role
from simulator.synthetix_answers import Answer, Refusal
from simulator.synthetix_dialect import short
from simulator.synthetix_seam import SubAccounts, TradingHalf
from simulator.synthetix_signatures import login_signer, read_auth_signature, read_login
from simulator.synthetix_signed_requests import RefusedError
from simulator.synthetix_trading import Trading, TradingOptions

LOGIN_MS = 60_000
"""A login's time may be so far from the venue's (3.3)."""
SKEW_MS = 3_600_000
"""A venue whose time is no further from the wall's, at speed 1, has the wall's clock, set wrong."""
LOGIN_ACTION = "websocket_auth"


class Accounts(Trading):
    """Everything that trades, with the manners of the seam (synthetix_seam.py).

    `wall_ms` tells the time that clients sign with where the venue's is another; None is the
    venue's own.
    """

    def __init__(
        self,
        market: Market,
        options: TradingOptions,
        now_ms: int,
        wall_ms: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(market, options, now_ms)
        self._wall_ms = wall_ms

    def handle_trade(self, body: bytes, now_ms: int) -> Answer:
        """Do what the body of a POST /v1/trade says, and answer."""
        return act(self, body, self._moment(now_ms))

    def authenticate(self, message: str, signature: str, now_ms: int) -> str | Refusal:
        """Return the subaccount for which a login is good, or why it is not."""
        try:
            return self._log_in(message, signature, now_ms)
        except RefusedError as e:
            return e.refusal

    def sub_accounts(self, wallet_address: str) -> SubAccounts:
        """Return the subaccounts of a wallet."""
        address = wallet_address.lower()
        delegated = self.directory.delegated_to(address, self.exchange.now)
        return SubAccounts(
            owned=tuple(account.id for account in self.directory.owned_by(address)),
            delegated=tuple(account.id for account, _ in delegated),
        )

    def end_delegation(self, address: str, *, is_removed: bool) -> None:
        """Let a delegate sign no more, "" is every one: as past its time, or as taken off."""
        self.directory.end_delegation(address.lower(), self.exchange.now, is_removed=is_removed)

    def symbols_of(self, names: Sequence[str]) -> list[str]:
        """Return the markets of orders, each by the venue's id or the client's; not of others."""
        keys = [int(name) if name.isdecimal() else name for name in names]
        found = (self.exchange.order(x, key) for x in self.directory.sub_accounts for key in keys)
        return [self.perps[order.asset].symbol for order in found if order is not None]

    def open_interest(self, symbol: str) -> tuple[str, str]:
        """Return what accounts here hold long and short of a market."""
        perp, sides = self.perp(symbol), [Decimal(0), Decimal(0)]
        if perp is not None:
            for name in self.exchange.accounts():
                held = self.exchange.account(name).positions.get(perp.rules.asset)
                if held is not None:
                    sides[held.size < 0] += abs(held.size)
        return short(sides[0]), short(sides[1])

    def _moment(self, now_ms: int) -> Moment:
        wall_ms = None if self._wall_ms is None else self._wall_ms()
        if wall_ms and self.options.speed == 1 and abs(wall_ms - now_ms) < SKEW_MS:
            wall_ms = None
        return Moment(now_ms, wall_ms, self.options.speed)

    def _log_in(self, message: str, signature: str, now_ms: int) -> str:
        signed = read_auth_signature(signature)
        if signed is None:
            raise RefusedError("UNAUTHORIZED", "signature must be 65 bytes")
        try:
            login = read_login(message)
        except ValueError as e:
            raise RefusedError("UNAUTHORIZED", str(e)) from e
        address = login_signer(login, signed)
        if address is None or login.action != LOGIN_ACTION:
            raise RefusedError("UNAUTHORIZED", "invalid signature")
        in_seconds = login.timestamp < SECONDS_MAX
        ahead_ms = self._moment(now_ms).ahead_ms(login.timestamp * (1000 if in_seconds else 1))
        if abs(ahead_ms) > LOGIN_MS:
            words = "request too old" if ahead_ms < 0 else "timestamp from future"
            raise RefusedError("UNAUTHORIZED", words)
        if not self.directory.use_login(address, login.timestamp):
            raise RefusedError("UNAUTHORIZED", "timestamp already used")
        return ask_role(self, address, str(login.sub_account_id), now_ms).account.id


def trading_opener(options: TradingOptions) -> Callable[[Market, int], TradingHalf]:
    """Return what opens the trading half over a venue's market."""
    return lambda market, start_ms: Accounts(market, options, start_ms, _wall_ms)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
