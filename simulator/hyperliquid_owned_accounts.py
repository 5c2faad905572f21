"""The actions on what a user owns beside its account: sub-accounts and vaults (3.4)."""

from simulator.hyperliquid_answers import Json, RefusedError, dollars, done
from simulator.hyperliquid_calls import Call, opened
from simulator.hyperliquid_directory import SPOT_DEX, SubAccount
from simulator.hyperliquid_l1_actions import (
    CreateSubAccount,
    CreateVault,
    SubAccountModify,
    SubAccountSpotTransfer,
    SubAccountTransfer,
    VaultTransfer,
)
from simulator.hyperliquid_ledger import (
    spot_transfer,
    sub_account_transfer,
    vault_create,
    vault_deposit,
    vault_withdraw,
)
from simulator.hyperliquid_margin_actions import MICRO
from simulator.hyperliquid_signatures import ADDRESS, keccak
from simulator.hyperliquid_transfers import (
    NO_BALANCE,
    NO_CASH,
    End,
    amount_of,
    move,
    noted,
    require_cash,
)


def create_sub_account(call: Call, action: CreateSubAccount) -> Json:
    """Open a sub-account; its address is answered."""
    directory, user = call.trading.directory, call.user
    required, traded = call.trading.options.sub_account_volume, call.trading.volume(user)
    if traded < required:
        raise RefusedError(
            "Cannot create sub-accounts until enough volume traded. "
            f"Required: {dollars(required)}. Traded: {dollars(traded)}."
        )
    address = _new_address(user, "sub-account", len(directory.sub_accounts))
    directory.sub_accounts[address] = SubAccount(address, user, action.name)
    opened(call.trading, address)
    return done("createSubAccount", data=address)


def rename_sub_account(call: Call, action: SubAccountModify) -> Json:
    """Rename a sub-account."""
    address = _own_sub(call, action.sub_account_user)
    renamed = SubAccount(address, call.user, action.name)
    call.trading.directory.sub_accounts[address] = renamed
    return done()


def transfer_sub_account(call: Call, action: SubAccountTransfer) -> Json:
    """Move USDC between the perps of the user and a sub-account."""
    amount = action.usd * MICRO
    source, target = _ends(call, action, "")
    move(call, amount, source, target, NO_CASH)
    delta = sub_account_transfer(amount, source[0], target[0])
    return noted(call, delta, source[0], target[0])


def transfer_sub_account_spot(call: Call, action: SubAccountSpotTransfer) -> Json:
    """Move USDC between the spot balances of the user and a sub-account."""
    require_cash(action.token)
    amount = amount_of(action.amount)
    source, target = _ends(call, action, SPOT_DEX)
    move(call, amount, source, target, NO_BALANCE)
    delta = spot_transfer(amount, source[0], target[0], call.nonce)
    return noted(call, delta, source[0], target[0])


def create_vault(call: Call, action: CreateVault) -> Json:
    """Open a vault with some USDC of its leader; its address is answered."""
    directory, amount = call.trading.directory, action.initial_usd * MICRO
    address = _new_address(call.user, "vault", len(directory.vaults))
    move(call, amount, (call.user, ""), (address, ""), NO_CASH)
    directory.vaults[address] = call.user
    noted(call, vault_create(amount, address), call.user)
    return done("createVault", data=address)


def transfer_vault(call: Call, action: VaultTransfer) -> Json:
    """Move USDC into a vault, or out of it again, which its leader alone may: nobody has shares."""
    vault, amount = str(action.vault_address), action.usd * MICRO
    leader = call.trading.directory.vaults.get(vault)
    if leader is None:
        raise RefusedError(f"Vault not registered: {vault}")
    if action.is_deposit:
        move(call, amount, (call.user, ""), (vault, ""), NO_CASH)
        return noted(call, vault_deposit(amount, vault), call.user)
    if leader != call.user:
        raise RefusedError(NO_CASH)
    move(call, amount, (vault, ""), (call.user, ""), NO_CASH)
    return noted(call, vault_withdraw(amount, vault, call.user), call.user)


def _ends(
    call: Call, action: SubAccountTransfer | SubAccountSpotTransfer, dex: str
) -> tuple[End, End]:
    user, sub_account = (call.user, dex), (_own_sub(call, action.sub_account_user), dex)
    return (user, sub_account) if action.is_deposit else (sub_account, user)


def _own_sub(call: Call, address: str) -> str:
    sub_account = call.trading.directory.sub_accounts.get(address)
    if sub_account is None or sub_account.master != call.user:
        raise RefusedError(f"Invalid sub-account transfer from {call.user} to {address}")
    return sub_account.address


def _new_address(user: str, kind: str, place: int) -> str:
    return "0x" + keccak(f"{kind} {place} of {user}".encode())[-ADDRESS:].hex()
