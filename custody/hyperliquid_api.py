"""What Hyperliquid answers about an account's money, and its order to pay out."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from hyperliquid.utils.signing import (  # type: ignore[import-untyped]
    sign_withdraw_from_bridge_action,
)

from custody.amounts import format_units
from custody.deployments import USDC, Token
from custody.errors import NothingSent, VenueRefused, VenueSilent
from custody.http import ask, order
from custody.venues import Credit, Withdrawal
from custody.wallet import Wallet

# "There is a $1 fee for withdrawing": it is taken out of the amount.
# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
WITHDRAWAL_FEE_UNITS: Final = 1_000_000
# Deposits take a minute and withdrawals minutes; a day covers clocks that differ as well.
LEDGER_MS: Final = 86_400_000
# The modes in which an account's USDC is one pool, which stands among the spot balances.
_POOLED = frozenset({"unifiedAccount", "portfolioMargin"})
_USDC = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


class _Delta(msgspec.Struct, frozen=True):
    type: str
    usdc: str | None = None
    nonce: int | None = None


class _Row(msgspec.Struct, frozen=True):
    time: int
    hash: str
    delta: _Delta


class _Perps(msgspec.Struct, frozen=True):
    withdrawable: str


class _SpotBalance(msgspec.Struct, frozen=True):
    coin: str
    total: str
    hold: str


class _Spot(msgspec.Struct, frozen=True):
    balances: tuple[_SpotBalance, ...]


class _Answer(msgspec.Struct, frozen=True):
    status: str
    response: object = None


class HyperliquidApi:
    """
    One account; only its own wallet can withdraw, no agent's.

    Parameters
    ----------
    url
        The API, without a path.
    address
        The account's address.
    wallet
        Its wallet, or None where nothing is ordered.
    is_mainnet
        The network that an order is signed for.

    """

    def __init__(
        self,
        url: str,
        address: str,
        wallet: Wallet | None,
        *,
        is_mainnet: bool = True,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._url = url.rstrip("/")
        self._user = address.lower()
        self._wallet = wallet
        self._is_mainnet = is_mainnet
        self._now_ms = now_ms

    def credits(self) -> Sequence[Credit]:
        """Return the deposits of the last day; the venue tells no hash of the other chain."""
        return [
            Credit(f"{row.time}:{row.hash}", USDC.symbol, _units(row.delta.usdc))
            for row in self._ledger()
            if row.delta.type == "deposit"
        ]

    def knows_withdrawal(self, withdrawal_nonce: int) -> bool:
        """Tell whether a withdrawal of the last day has this nonce."""
        deltas = (row.delta for row in self._ledger())
        return any(d.type == "withdraw" and d.nonce == withdrawal_nonce for d in deltas)

    def available_units(self, token: Token) -> int:
        """Return the USDC that may be withdrawn, of the perps or of the one pool."""
        mode = self._info(str, "the account's mode", type="userAbstraction")
        if mode not in _POOLED:
            perps = self._info(_Perps, "what is withdrawable", type="clearinghouseState")
            return _units(perps.withdrawable)
        spot = self._info(_Spot, "the balances", type="spotClearinghouseState")
        held = (b for b in spot.balances if b.coin == token.symbol)
        return sum(_units(balance.total) - _units(balance.hold) for balance in held)

    def fee_units(self, token: Token) -> int:  # noqa: ARG002 - there is but one
        """Return the fee, which is the same for any amount."""
        return WITHDRAWAL_FEE_UNITS

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """Order `withdraw3`, signed by the account's own wallet."""
        if self._wallet is None:
            raise NothingSent("Expected the account's wallet to sign a withdrawal, found none")
        action: dict[str, object] = {
            "type": "withdraw3",
            # It is signed as text, and the venue reads it in small letters.
            "destination": withdrawal.destination.lower(),
            "amount": format_units(withdrawal.units, withdrawal.token.decimals),
            "time": withdrawal.nonce,
        }
        # It adds the chains that it signs for to the action.
        signature: dict[str, object] = sign_withdraw_from_bridge_action(
            self._wallet.account, action, self._is_mainnet
        )
        body = {"action": action, "nonce": withdrawal.nonce, "signature": signature}
        answer = order(f"{self._url}/exchange", body, _Answer, "the withdrawal")
        if answer.status != "ok":
            raise VenueRefused(f"Expected the withdrawal to be taken, found: {answer.response}")

    def _ledger(self) -> list[_Row]:
        return self._info(
            list[_Row],
            "the account's ledger",
            type="userNonFundingLedgerUpdates",
            startTime=self._now_ms() - LEDGER_MS,
        )

    def _info[T](self, kind: type[T], what: str, **question: object) -> T:
        return ask(f"{self._url}/info", question | {"user": self._user}, kind, what)


def _units(text: str | None) -> int:
    """Return an amount of USDC in its units; what is below them (the venue has 8) is cut off."""
    matched = _USDC.fullmatch(text or "")
    if matched is None:
        raise VenueSilent(f"Expected an amount of USDC, found {text!r}")
    sign, whole, part = matched[1], matched[2], (matched[3] or "")[: USDC.decimals]
    return int(sign + whole + part.ljust(USDC.decimals, "0"))
