"""Synthetix's EIP-712 signature of the few actions that move money; off the live path."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from custody.wallet import Wallet

# The SDK's lifetime of a request: "nonce + 60000", in milliseconds.
LIFETIME_MS: Final = 60_000

type SignAction = Callable[[str, Mapping[str, object], int], object]
"""Takes an action's name, its fields and its nonce; returns the body of a POST to /trade."""

_DOMAIN = {
    "name": "Synthetix",
    "version": "1",
    "chainId": 1,
    "verifyingContract": "0x" + "0" * 40,
}
# WithdrawCollateral(uint256 subAccountId,string symbol,string amount,address destination,
#   uint256 nonce,uint256 expiresAfter)
_WITHDRAW = {
    "subAccountId": "uint256",
    "symbol": "string",
    "amount": "string",
    "destination": "address",
    "nonce": "uint256",
    "expiresAfter": "uint256",
}
# Every read of an account: SubAccountAction(uint256 subAccountId,string action,uint256 nonce,
#   uint256 expiresAfter). What it asks for beyond its name is not signed.
_READ = {
    "subAccountId": "uint256",
    "action": "string",
    "nonce": "uint256",
    "expiresAfter": "uint256",
}
WITHDRAW_ACTION: Final = "withdrawCollateral"


class _Signature(msgspec.Struct, frozen=True):
    v: int
    r: str
    s: str


class SignedBody(msgspec.Struct, frozen=True, rename="camel"):
    """What /trade takes: `{"signature":{..},"nonce":..,"expiresAfter":..,"params":{..}}`."""

    signature: _Signature
    nonce: int
    expires_after: int
    params: dict[str, object]


def signs_for(wallet: Wallet, sub_account: int) -> SignAction:
    """Return what signs the actions of a sub-account with its owner's wallet."""

    def sign(action: str, fields: Mapping[str, object], nonce: int) -> SignedBody:
        expires_after = nonce + LIFETIME_MS
        name, members = (
            ("WithdrawCollateral", _WITHDRAW)
            if action == WITHDRAW_ACTION
            else ("SubAccountAction", _READ)
        )
        known: dict[str, object] = {
            **fields,
            "action": action,
            "subAccountId": sub_account,
            "nonce": nonce,
            "expiresAfter": expires_after,
        }
        signed = wallet.account.sign_typed_data(
            domain_data=_DOMAIN,
            message_types={name: [{"name": n, "type": t} for n, t in members.items()]},
            message_data={member: known[member] for member in members},
        )
        params = {
            "action": action,
            "subaccountId": str(sub_account),  # ids do not fit into a JSON number
            "walletAddress": wallet.address,
            **fields,
        }
        signature = _Signature(signed.v, f"0x{signed.r:064x}", f"0x{signed.s:064x}")
        return SignedBody(signature, nonce, expires_after, params)

    return sign
