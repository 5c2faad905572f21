"""Synthetix's signature of an action, equal to its own SDK's; no clock and no network."""

from typing import Any

import msgspec

from adapters.common.wallet import Wallet
from adapters.synthetix.actions import Action, action_params
from adapters.synthetix.digests import WEBSOCKET_AUTH, action_digest, auth_digest

_DOMAIN_FIELDS = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}
_DOMAIN = {
    "name": "Synthetix",
    "version": "1",
    "chainId": 1,
    "verifyingContract": "0x" + "00" * 20,
}
_AUTH_FIELDS = {"subAccountId": "uint256", "timestamp": "uint256", "action": "string"}


class Signature(msgspec.Struct, frozen=True):
    """The recovery id 27 or 28, and the two scalars as 0x and 64 hex digits."""

    v: int
    r: str
    s: str


class SignedRequest(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """
    What /trade takes, as it is encoded: an action of one sub-account and its signature.

    `{"signature":{"v":28,"r":"0x..","s":"0x.."},"nonce":1795345559159,
    "expiresAfter":1795345619159,"params":{"action":"placeOrders","subaccountId":"186..",
    "walletAddress":"0x19E7..","orders":[..],"grouping":"na"}}`
    """

    signature: Signature
    nonce: int | msgspec.UnsetType
    expires_after: int
    params: dict[str, Any]

    def to_post(self) -> dict[str, Any]:
        """Return the params of a WebSocket `post`, where all of it stands on one level."""
        post: dict[str, Any] = {**self.params, "signature": self.signature}
        if self.nonce is not msgspec.UNSET:
            post["nonce"] = self.nonce
        post["expiresAfter"] = self.expires_after
        return post


class AuthRequest(msgspec.Struct, frozen=True):
    """The params of a WebSocket `auth`: the typed data as a text, and 65 bytes of signature."""

    message: str
    signature: str


class Signer:
    """
    Sign actions of one sub-account with one key.

    Parameters
    ----------
    wallet : Wallet
        The key of the sub-account's owner, or of one of its delegates.
    subaccount_id : str
        The sub-account to act for.

    """

    __slots__ = ("_wallet", "subaccount_id")

    def __init__(self, wallet: Wallet, subaccount_id: str) -> None:
        self._wallet = wallet
        self.subaccount_id = subaccount_id

    @property
    def address(self) -> str:
        """The key's own address."""
        return self._wallet.address

    def sign(self, action: Action, nonce: int | None, expires_after: int) -> SignedRequest:
        """Return the action ready to send; the parameters are those of `action_digest`."""
        digest = action_digest(action, self.subaccount_id, nonce, expires_after)
        raw = self._wallet.sign(digest)
        scalars = raw.hex()
        signature = Signature(27 + raw[64], "0x" + scalars[:64], "0x" + scalars[64:128])
        # A delegation names the delegate where others name the signer.
        params = {
            "action": "",
            "subaccountId": self.subaccount_id,
            "walletAddress": self._wallet.address,
        } | action_params(action)
        sent_nonce = msgspec.UNSET if nonce is None else nonce
        return SignedRequest(signature, sent_nonce, expires_after, params)

    def sign_auth(self, timestamp_ms: int) -> AuthRequest:
        """
        Return what opens a WebSocket of the account.

        Parameters
        ----------
        timestamp_ms : int
            Unix milliseconds, within a minute of the venue's clock, and never used before.

        """
        raw = self._wallet.sign(auth_digest(self.subaccount_id, timestamp_ms))
        message = {
            "types": {
                "EIP712Domain": _fields(_DOMAIN_FIELDS),
                "AuthMessage": _fields(_AUTH_FIELDS),
            },
            "primaryType": "AuthMessage",
            "domain": _DOMAIN,
            "message": {
                "subAccountId": hex(int(self.subaccount_id)),
                "timestamp": hex(timestamp_ms),
                "action": WEBSOCKET_AUTH,
            },
        }
        signature = "0x" + raw[:64].hex() + f"{27 + raw[64]:02x}"
        return AuthRequest(msgspec.json.encode(message).decode(), signature)

    def __repr__(self) -> str:
        """Return what is public only."""
        return f"Signer({self.address} for {self.subaccount_id})"


def _fields(members: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in members.items()]
