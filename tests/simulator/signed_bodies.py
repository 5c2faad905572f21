"""Bodies of /exchange, signed by the venue's own SDK, for the tests of the trading half."""

import json
from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from hyperliquid.utils import signing

from simulator.hyperliquid_user_actions import TYPED

TYPES = {str(kind.__struct_config__.tag): typed for kind, typed in TYPED.items()}

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
"""The key of the fact sheet's vectors; its address is ADDRESS."""
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"

USER, OTHER, AGENT, STRANGER = (Account.from_key("0x" + digit * 64) for digit in "1234")


def address(wallet: LocalAccount) -> str:
    return str(wallet.address).lower()


def signed(
    wallet: LocalAccount,
    action: Mapping[str, Any],
    nonce: int,
    vault: str | None = None,
    expires_after: int | None = None,
    *,
    is_mainnet: bool = False,
) -> dict[str, Any]:
    """Sign an L1 action."""
    body = dict(action)
    signature = signing.sign_l1_action(wallet, body, vault, nonce, expires_after, is_mainnet)
    return {
        "action": body,
        "nonce": nonce,
        "signature": signature,
        "vaultAddress": vault,
        "expiresAfter": expires_after,
    }


def typed(
    wallet: LocalAccount, action: Mapping[str, Any], nonce: int, *, is_mainnet: bool = False
) -> dict[str, Any]:
    """Sign a user action, whose nonce is put under the name that its type has."""
    name, words = TYPES[action["type"]]
    fields = [dict(zip(("type", "name"), word.split(), strict=True)) for word in words.split(",")]
    body = dict(action) | {fields[-1]["name"]: nonce}
    types = [{"name": "hyperliquidChain", "type": "string"}, *fields]
    primary = f"HyperliquidTransaction:{name}"
    signature = signing.sign_user_signed_action(wallet, body, types, primary, is_mainnet)
    return {"action": body, "nonce": nonce, "signature": signature}


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()
