"""Transfers as `userNonFundingLedgerUpdates` has them: one delta for each kind (fact sheet 2.3)."""

from decimal import Decimal

from simulator.hyperliquid_user_wire import usd
from simulator.universe import Json

FREE = "0.0"
CASH = "USDC"


def withdrawal(amount: Decimal, fee: Decimal, nonce: int) -> Json:
    """Write what left the venue, and the fee that was taken of it."""
    return {"type": "withdraw", "usdc": usd(amount), "nonce": nonce, "fee": usd(fee)}


def class_transfer(amount: Decimal, *, to_perp: bool) -> Json:
    """Write a move between spot and perps of one address."""
    return {"type": "accountClassTransfer", "usdc": usd(amount), "toPerp": to_perp}


def internal_transfer(amount: Decimal, user: str, destination: str) -> Json:
    """Write a payment from perps to perps."""
    return {
        "type": "internalTransfer",
        "usdc": usd(amount),
        "user": user,
        "destination": destination,
        "fee": FREE,
    }


def sub_account_transfer(amount: Decimal, user: str, destination: str) -> Json:
    """Write a move between the perps of a master and a sub-account."""
    return {
        "type": "subAccountTransfer",
        "usdc": usd(amount),
        "user": user,
        "destination": destination,
    }


def spot_transfer(amount: Decimal, user: str, destination: str, nonce: int) -> Json:
    """Write a payment from spot to spot."""
    return _token("spotTransfer", amount, user, destination, nonce)


def send(amount: Decimal, source: tuple[str, str], target: tuple[str, str], nonce: int) -> Json:
    """Write a payment from one address and dex to another."""
    sent = _token("send", amount, source[0], target[0], nonce)
    return sent | {"sourceDex": source[1], "destinationDex": target[1]}


def vault_create(amount: Decimal, vault: str) -> Json:
    """Write the opening of a vault with its first deposit."""
    return {"type": "vaultCreate", "vault": vault, "usdc": usd(amount), "fee": FREE}


def vault_deposit(amount: Decimal, vault: str) -> Json:
    """Write a deposit into a vault."""
    return {"type": "vaultDeposit", "vault": vault, "usdc": usd(amount)}


def vault_withdraw(amount: Decimal, vault: str, user: str) -> Json:
    """Write what its leader took out of a vault; there are no shares, so no profit is taxed."""
    return {
        "type": "vaultWithdraw",
        "vault": vault,
        "user": user,
        "requestedUsd": usd(amount),
        "commission": FREE,
        "closingCost": FREE,
        "basis": usd(amount),
        "netWithdrawnUsd": usd(amount),
    }


def _token(kind: str, amount: Decimal, user: str, destination: str, nonce: int) -> Json:
    return {
        "type": kind,
        "token": CASH,
        "amount": usd(amount),
        "usdcValue": usd(amount),
        "user": user,
        "destination": destination,
        "fee": FREE,
        "nativeTokenFee": FREE,
        "nonce": nonce,
        "feeToken": "",
    }
