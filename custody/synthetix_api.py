"""What Synthetix answers about an account's money, and its order to pay out; off the live path."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from custody.amounts import format_units
from custody.deployments import USDT, WETH, Token
from custody.errors import OutcomeUnknown, VenueRefused, VenueSilent
from custody.http import ask, order
from custody.synthetix_signing import WITHDRAW_ACTION, SignAction
from custody.venues import Credit, Withdrawal

# Which words a finished deposit has is not documented (a withdrawal's number is 100): any other is
# taken for one on its way, so that money is never called credited too early.
CREDITED = frozenset({"completed", "complete", "credited", "success", "succeeded", "100"})
# "timestamp must be within 60 s": so far apart may our clock and the venue's be.
CLOCKS_APART_MS = 60_000
_TOKENS = {token.symbol: token for token in (USDT, WETH)}
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?")


class _Envelope[T](msgspec.Struct, frozen=True):
    status: str
    response: T | None = None
    error: object = None


class _BalanceUpdate(msgspec.Struct, frozen=True, rename="camel"):
    id: str | int
    action: str
    collateral: str
    amount: str
    timestamp: int | str
    status: int | str
    gross_amount: str | None = None
    tx_hash: str | None = None


class _BalanceUpdates(msgspec.Struct, frozen=True, rename="camel"):
    balance_updates: tuple[_BalanceUpdate, ...]


class _Withdrawable(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    withdrawable_amount: str
    withdraw_fee: str = "0"


class _Withdrawables(msgspec.Struct, frozen=True):
    items: tuple[_Withdrawable, ...]


class _Requested(msgspec.Struct, frozen=True, rename="camel"):
    request_id: str | int


def first_sub_account(url: str, address: str) -> int | None:
    """
    Return the first sub-account that an address owns, or None if it has none yet.

    Raises
    ------
    VenueSilent
        The venue does not say.

    """
    body = {"params": {"action": "getSubAccountIds", "walletAddress": address}}
    what = "the sub-accounts of a wallet"
    found = ask(f"{url.rstrip('/')}/info", body, _Envelope[list[str]], what)
    if found.response is None:
        raise VenueSilent(f"Expected {what}, found: {found.error or found.status}")
    return int(found.response[0]) if found.response else None


class SynthetixApi:
    """
    One sub-account, whose owner signs every question.

    Parameters
    ----------
    url
        The API up to its version: https://papi.synthetix.io/v1
    sign
        Signs for that sub-account.

    """

    def __init__(
        self,
        url: str,
        sign: SignAction,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._url = f"{url.rstrip('/')}/trade"
        self._sign = sign
        self._now_ms = now_ms
        self._last_nonce = 0

    def credits(self) -> Sequence[Credit]:
        """Return the finished deposits, with their hash where the venue tells it."""
        return [
            Credit(
                mark=str(update.id),
                symbol=update.collateral,
                units=_units(update.gross_amount or update.amount, _TOKENS[update.collateral]),
                transaction_hash=update.tx_hash.lower() if update.tx_hash else None,
            )
            for update in self._updates("DEPOSIT")
            if str(update.status).lower() in CREDITED
        ]

    def available_units(self, token: Token) -> int:
        """Return how much of a token may be withdrawn now."""
        return _units(self._withdrawable(token).withdrawable_amount, token)

    def fee_units(self, token: Token) -> int:
        """Return the fee, in the token itself."""
        return _units(self._withdrawable(token).withdraw_fee, token)

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """Order `withdrawCollateral`; a relayer pays out on chain later."""
        fields = {
            "symbol": withdrawal.token.symbol,
            "amount": format_units(withdrawal.units, withdrawal.token.decimals),
            "destination": withdrawal.destination,
        }
        body = self._sign(WITHDRAW_ACTION, fields, withdrawal.nonce)
        answer = order(self._url, body, _Envelope[_Requested], "the withdrawal")
        if answer.status == "error":
            raise VenueRefused(f"Expected the withdrawal to be taken, found: {answer.error}")
        if answer.response is None:
            raise OutcomeUnknown(f"Expected the id of a withdrawal, found {answer.status!r} alone")

    def knows_withdrawal(self, withdrawal_nonce: int) -> bool:
        """
        Tell whether a withdrawal was booked since a minute before the moment of the nonce.

        The venue's books do not hold nonces; only one withdrawal is ever ordered at a time.
        """
        since_ms = withdrawal_nonce - CLOCKS_APART_MS
        return any(_unix_ms(u.timestamp) >= since_ms for u in self._updates("WITHDRAWAL"))

    def _updates(self, action: str) -> list[_BalanceUpdate]:
        fields = {"actionFilter": action}
        found = self._ask("getBalanceUpdates", fields, _BalanceUpdates, "the balance updates")
        return [
            update
            for update in found.balance_updates
            if update.action == action and update.collateral in _TOKENS
        ]

    def _withdrawable(self, token: Token) -> _Withdrawable:
        fields = {"symbols": [token.symbol]}
        what = "what is withdrawable"
        found = self._ask("getWithdrawableAmounts", fields, _Withdrawables, what)
        for item in found.items:
            if item.symbol == token.symbol:
                return item
        raise VenueSilent(f"Expected {what} of {token.symbol}, found no such item")

    def _ask[T](self, action: str, fields: Mapping[str, object], kind: type[T], what: str) -> T:
        self._last_nonce = max(self._now_ms(), self._last_nonce + 1)
        body = self._sign(action, fields, self._last_nonce)
        envelope = ask(self._url, body, _Envelope[kind], what)  # type: ignore[valid-type]
        if envelope.response is None:
            raise VenueSilent(f"Expected {what}, found: {envelope.error or envelope.status}")
        return envelope.response


def _units(text: str, token: Token) -> int:
    """Return an amount in the token's units; what is below them is cut off."""
    matched = _AMOUNT.fullmatch(text)
    if matched is None:
        raise VenueSilent(f"Expected an amount of {token.symbol}, found {text!r}")
    part = (matched[2] or "")[: token.decimals]
    return int(matched[1] + part.ljust(token.decimals, "0"))


def _unix_ms(stamp: int | str) -> int:
    """Return a moment, which the venue writes as milliseconds or, in places, as ISO 8601."""
    if isinstance(stamp, int) or str(stamp).isdigit():
        return int(stamp)
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError as e:
        raise VenueSilent(f"Expected a time of a balance update, found {stamp!r}") from e
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
