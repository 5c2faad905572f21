"""The actions that move USDC between addresses and dexes (3.4 and 3.5).

Nobody owns another token here. What is spot at the venue is an engine account of its own.
"""

import re
from decimal import Decimal

from simulator.exchange.events import Denied
from simulator.hyperliquid_answers import Json, RefusedError, done
from simulator.hyperliquid_calls import Call, opened
from simulator.hyperliquid_directory import SPOT_DEX
from simulator.hyperliquid_l1_actions import AgentSendAsset, ReserveRequestWeight
from simulator.hyperliquid_ledger import (
    CASH,
    class_transfer,
    internal_transfer,
    send,
    spot_transfer,
    withdrawal,
)
from simulator.hyperliquid_user_actions import (
    SendAsset,
    SpotSend,
    UsdClassTransfer,
    UsdSend,
    Withdraw,
)

REQUEST_PRICE = Decimal("0.0005")
"""What one request beyond the address limit costs (3.4)."""
WITHDRAWAL_FEE = Decimal(1)

NO_BALANCE = "Insufficient balance for token transfer."
NO_CASH = "Insufficient balance for withdrawal."
INVALID = "Invalid send"
UNIFIED = "Action disabled when unified account is active"
POOLED = frozenset({"unifiedAccount", "portfolioMargin"})

type End = tuple[str, str]
"""An address and a dex: one end of a transfer."""

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,8})?")


def send_usd(call: Call, action: UsdSend) -> Json:
    """Send USDC from the user's perps to another's."""
    amount, to = amount_of(action.amount), _destination(call, action.destination)
    move(call, amount, (call.user, ""), (to, ""), NO_CASH)
    return noted(call, internal_transfer(amount, call.user, to), call.user, to)


def send_spot(call: Call, action: SpotSend) -> Json:
    """Send USDC from the user's spot balance to another's."""
    require_cash(action.token)
    amount, to = amount_of(action.amount), _destination(call, action.destination)
    move(call, amount, (call.user, SPOT_DEX), (to, SPOT_DEX), NO_BALANCE)
    return noted(call, spot_transfer(amount, call.user, to, call.nonce), call.user, to)


def withdraw(call: Call, action: Withdraw) -> Json:
    """Take USDC out of the venue; its fee is part of the amount."""
    amount = amount_of(action.amount)
    if amount <= WITHDRAWAL_FEE:
        raise RefusedError(NO_CASH)
    take(call, amount, (call.user, ""), NO_CASH)
    delta = withdrawal(amount - WITHDRAWAL_FEE, WITHDRAWAL_FEE, call.nonce)
    return noted(call, delta, call.user)


def transfer_class(call: Call, action: UsdClassTransfer) -> Json:
    """Move USDC between spot and perps, of the sub-account that the amount names if it does."""
    text, _, named = action.amount.partition(" subaccount:")
    address = _own(call, named) if named else call.user
    if call.trading.directory.abstractions.get(address) in POOLED:
        raise RefusedError(UNIFIED)
    amount, ends = amount_of(text), ((address, SPOT_DEX), (address, ""))
    source, target = ends if action.to_perp else ends[::-1]
    move(call, amount, source, target, NO_CASH)
    return noted(call, class_transfer(amount, to_perp=action.to_perp), address)


def send_asset(call: Call, action: SendAsset | AgentSendAsset) -> Json:
    """Send USDC from one dex to another, the agent's way within one owner only."""
    directory = call.trading.directory
    if isinstance(action, AgentSendAsset) and not directory.owns(call.user, action.destination):
        raise RefusedError("Agent can only send asset to same user or their sub-accounts.")
    for dex in (action.source_dex, action.destination_dex):
        if dex != SPOT_DEX and call.trading.market.universe.dex_index(dex) is None:
            raise RefusedError(INVALID)
    require_cash(action.token)
    sender = _own(call, action.from_sub_account) if action.from_sub_account else call.user
    source = (sender, action.source_dex)
    target = (_destination(call, action.destination), action.destination_dex)
    if source == target:
        raise RefusedError(INVALID)
    amount = amount_of(action.amount)
    move(call, amount, source, target, NO_BALANCE)
    return noted(call, send(amount, source, target, call.nonce), sender, target[0])


def reserve_requests(call: Call, action: ReserveRequestWeight) -> Json:
    """Buy requests of the address limit from the account's perps."""
    bought = call.trading.directory.requests_bought
    if action.weight:
        take(call, action.weight * REQUEST_PRICE, (call.account, ""), NO_CASH)
    bought[call.account] = bought.get(call.account, 0) + action.weight
    return done()


def move(call: Call, amount: Decimal, source: End, target: End, words: str) -> None:
    """Move USDC from one end to another; refused with `words` when it is not there."""
    take(call, amount, source, words)
    call.tell(call.trading.exchange.deposit(opened(call.trading, *target), amount, call.now_ms))


def take(call: Call, amount: Decimal, source: End, words: str) -> None:
    """Take USDC from one end; refused with `words` when it is not there."""
    if not amount:
        raise RefusedError(INVALID)
    name = opened(call.trading, *source)
    (outcome,) = call.tell(call.trading.exchange.withdraw(name, amount, call.now_ms))
    if isinstance(outcome, Denied):
        raise RefusedError(words)


def noted(call: Call, delta: Json, *addresses: str) -> Json:
    """Note a transfer in the ledger of everybody it concerns, once, and answer that it is done."""
    for address in dict.fromkeys(addresses):
        call.trading.note(address, delta, call.now_ms)
    return done()


def amount_of(text: str) -> Decimal:
    """Return an amount on the wire; RefusedError when it is none."""
    if _AMOUNT.fullmatch(text) is None:
        raise RefusedError(INVALID)
    return Decimal(text)


def require_cash(token: str) -> None:
    """Refuse any token but USDC, which may be named with its id."""
    if token.partition(":")[0] != CASH:
        raise RefusedError(NO_BALANCE)


def _own(call: Call, address: str) -> str:
    """Return an address of the user's in lower case; refuse any other."""
    address = address.lower()
    if not call.trading.directory.owns(call.user, address):
        raise RefusedError(INVALID)
    return address


def _destination(call: Call, address: str) -> str:
    """Return where to send to; whoever receives for the first time becomes a user."""
    directory = call.trading.directory
    if address not in directory.sub_accounts and address not in directory.vaults:
        directory.masters.setdefault(str(address))
    return str(address)
