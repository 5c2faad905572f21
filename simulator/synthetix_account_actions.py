"""Actions on an account itself: leverage, subaccounts and who may sign for them (3.2, 3.5, 5.4)."""

import re

import msgspec

from simulator.exchange.events import Denied
from simulator.exchange.model import ZERO, Fault
from simulator.exchange.rules import DEFAULT_LEVERAGE
from simulator.moments import Moment
from simulator.synthetix_account_reads import delegates
from simulator.synthetix_calls import Call
from simulator.synthetix_directory import PERMISSIONS, Delegate
from simulator.synthetix_order_reads import Page
from simulator.synthetix_signed_requests import Params, RefusedError, invalid
from simulator.synthetix_terms import MAX_SUB_ACCOUNTS
from simulator.universe import Json

NAME_MAX = 50
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_LEVERAGE_WORDS = {
    Fault.INVALID_LEVERAGE: "leverage exceeds the maximum of the market",
    Fault.INSUFFICIENT_MARGIN: "insufficient margin",
    Fault.UNKNOWN_ASSET: "invalid symbol",
}


class UpdateLeverage(msgspec.Struct, frozen=True):
    """A leverage for a market."""

    symbol: str
    leverage: int


class AddDelegate(msgspec.Struct, frozen=True):
    """A key that is to sign; `expires_at_ms` 0 is never."""

    address: str
    permission: str
    expires_at_ms: int


def read_leverage(params: Params, _moment: Moment) -> UpdateLeverage:
    """Read the parameters of updateLeverage."""
    symbol, leverage = params.text("symbol"), params.text("leverage")
    if not symbol:
        raise invalid("symbol is required")
    if not leverage.isdecimal() or not leverage.isascii() or not int(leverage):
        raise invalid("leverage must be a positive integer")
    return UpdateLeverage(symbol, int(leverage))


def update_leverage(call: Call, command: UpdateLeverage) -> Json:
    """Set the leverage of a market."""
    perp = call.perp(command.symbol)
    asset, exchange = perp.rules.asset, call.trading.exchange
    held = exchange.account(call.id).positions.get(asset)
    before = held.leverage if held else min(DEFAULT_LEVERAGE, perp.market.max_leverage)
    reply = exchange.update_leverage(
        call.id, asset, command.leverage, is_isolated=False, now=call.now_ms
    )
    (outcome,) = call.tell(reply)
    if isinstance(outcome, Denied):
        raise invalid(_LEVERAGE_WORDS[outcome.fault])
    call.trading.push(call.id, call.trading.scribe.margin_update(call.id))
    return {
        "symbol": perp.symbol,
        "newLeverage": str(command.leverage),
        "previousLeverage": str(before),
    }


def read_name(params: Params, _moment: Moment) -> str:
    """Read the name of createSubaccount and updateSubAccountName."""
    return params.text("name", longest=NAME_MAX)


def create_sub_account(call: Call, name: str) -> Json:
    """Open an empty subaccount of the wallet."""
    owned = call.trading.directory.owned_by(call.account.owner)
    if len(owned) >= MAX_SUB_ACCOUNTS:
        raise invalid("max sub accounts exceeded")
    made = call.trading.open(
        call.account.owner, name or f"Account {len(owned) + 1}", ZERO, call.now_ms, call.id
    )
    return {"subAccountId": made.id, "subAccountName": made.name}


def rename_sub_account(call: Call, name: str) -> Json:
    """Give the subaccount another name."""
    if not name:
        raise invalid("name is required")
    call.account.name = name
    return {"subAccountId": call.id, "name": name}


def read_add_delegate(params: Params, moment: Moment) -> AddDelegate:
    """Read the parameters of addDelegatedSigner."""
    permissions = params.texts("permissions")
    if len(permissions) != 1 or permissions[0] not in PERMISSIONS:
        raise invalid("exactly one permission is required")
    expires_at_ms = params.whole("expiresAt") * 1000
    if expires_at_ms and moment.ahead_ms(expires_at_ms) <= 0:
        raise invalid("expiresAt must be in the future")
    until = moment.venue_time(expires_at_ms) if expires_at_ms else 0
    return AddDelegate(read_delegate(params, moment), permissions[0], until)


def read_delegate(params: Params, _moment: Moment) -> str:
    """Read the address of a delegate, which stands where others put their own (2.1)."""
    address = params.text("walletAddress") or params.text("delegateAddress")
    if not ADDRESS.fullmatch(address):
        raise invalid("invalid wallet address")
    return address.lower()


def add_delegate(call: Call, command: AddDelegate) -> Json:
    """Let a key sign for the subaccount."""
    _ask_owner_or_delegate(call)
    if command.address == call.account.owner:
        raise invalid("the owner cannot be a delegate")
    delegate = Delegate(command.address, command.permission, command.expires_at_ms, call.signer)
    call.trading.directory.add_delegate(call.id, delegate)
    row = {
        "walletAddress": command.address,
        "permissions": [command.permission],
        "expiresAt": command.expires_at_ms // 1000 or None,
    }
    call.trading.push(call.id, {"eventType": "delegationAdded", **row})
    return {"success": True, "subAccountId": call.id, **row}


def remove_delegate(call: Call, address: str) -> Json:
    """Let a key sign no more."""
    _ask_owner_or_delegate(call)
    if not call.trading.directory.remove_delegate(call.id, address):
        raise RefusedError("NOT_FOUND", "delegated signer not found")
    call.trading.push(call.id, {"eventType": "delegationRevoked", "walletAddress": address})
    return {"success": True, "subAccountId": call.id, "walletAddress": address}


def remove_delegates(call: Call, _: Page) -> Json:
    """Let no key but the owner's sign."""
    removed = [x.address for x in call.trading.directory.delegates_of(call.id)]
    for address in removed:
        remove_delegate(call, address)
    return {"success": True, "removedSigners": removed}


def delegated_signers(call: Call, _: Page) -> Json:
    """Return the keys that sign for the subaccount."""
    return {"delegatedSigners": delegates(call, call.account)}


def delegations(call: Call, _: Page) -> Json:
    """Return the subaccounts that the signer is a delegate of."""
    found = call.trading.directory.delegated_to(call.signer, call.now_ms)
    return {
        "delegatedAccounts": [
            {
                "subAccountId": account.id,
                "ownerAddress": account.owner,
                "accountName": account.name,
                "permissions": [delegate.permission],
                "expiresAt": delegate.expires_at // 1000 or None,
            }
            for account, delegate in found
        ]
    }


def _ask_owner_or_delegate(call: Call) -> None:
    """Refuse a delegate that may trade but not delegate (3.4)."""
    mine = (x for x in call.trading.directory.delegates_of(call.id) if x.address == call.signer)
    if not call.is_owner and all(delegate.permission != "delegate" for delegate in mine):
        raise RefusedError(
            "FORBIDDEN", f"wallet {call.signer} is not authorized to delegate this subaccount"
        )
