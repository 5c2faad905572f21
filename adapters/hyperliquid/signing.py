"""Hyperliquid's signature of an L1 action, equal to its own SDK's; no clock and no network."""

from typing import Never

import msgspec

from adapters.common.wallet import keccak, parse_private_key
from adapters.hyperliquid.actions import Action

_encode = msgspec.msgpack.Encoder().encode


# EIP-712 constants of the domain {name "Exchange", version "1", chainId 1337, contract 0x0}, from
# hyperliquid-python-sdk signing.py l1_payload. They never change, so they are hashed once.
_DOMAIN_SEPARATOR = keccak(
    keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    + keccak(b"Exchange")
    + keccak(b"1")
    + (1337).to_bytes(32, "big")
    + bytes(32)
)
_DIGEST_PREFIX = b"\x19\x01" + _DOMAIN_SEPARATOR
_AGENT_TYPE_HASH = keccak(b"Agent(string source,bytes32 connectionId)")
_MAINNET_AGENT = _AGENT_TYPE_HASH + keccak(b"a")
_TESTNET_AGENT = _AGENT_TYPE_HASH + keccak(b"b")


class Signature(msgspec.Struct, frozen=True):
    """The two scalars as hex without leading zeros, and the recovery id 27 or 28."""

    r: str
    s: str
    v: int


class SignedAction(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What /exchange and the WS ``post`` take: the action, its nonce and its signature."""

    action: Action
    nonce: int
    signature: Signature
    vault_address: str | None = None
    expires_after: int | None = None


def action_hash(
    action: Action, nonce: int, vault_address: str | None, expires_after: int | None
) -> bytes:
    """
    Return the 32 bytes ("connection id") that a signature of the action covers.

    Parameters
    ----------
    action : Action
        Its fields are hashed in their order, as msgpack.
    nonce : int
        Milliseconds.
    vault_address : str, optional
        The vault or sub-account to act for: ``0x`` and 40 hex digits; None acts for the signer.
    expires_after : int, optional
        Milliseconds after which the venue refuses the action; None never.

    """
    vault = b"\x00" if vault_address is None else b"\x01" + bytes.fromhex(vault_address[2:])
    expiry = b"" if expires_after is None else b"\x00" + expires_after.to_bytes(8, "big")
    return keccak(_encode(action) + nonce.to_bytes(8, "big") + vault + expiry)


class Signer:
    """
    Sign actions with one private key for one network, and never show the key.

    The key is held by the compiled signing function alone: it is in no attribute of this object,
    no representation and no message, and the object refuses to be pickled or copied.

    Parameters
    ----------
    private_key : str
        64 hex digits, with or without ``0x``.
    is_mainnet : bool
        Mainnet and testnet signatures differ, so that one cannot be replayed on the other.

    Raises
    ------
    ValueError
        If the key is not 64 hex digits, or is not a number that secp256k1 knows as a key.

    """

    __slots__ = ("_agent", "_sign_digest", "address")

    def __init__(self, private_key: str, *, is_mainnet: bool) -> None:
        key = parse_private_key(private_key)
        length = len(private_key)
        del private_key  # a traceback that prints local variables finds nothing here
        if key is None:
            raise ValueError(
                "Expected a private key of 64 hex digits (0x optional) below the order of"
                f" secp256k1, was another text of {length} characters"
            )
        public_key = key.public_key.format(compressed=False)[1:]
        self._agent = _MAINNET_AGENT if is_mainnet else _TESTNET_AGENT
        self._sign_digest = key.sign_recoverable
        self.address = "0x" + keccak(public_key)[-20:].hex()

    def sign(
        self,
        action: Action,
        nonce: int,
        vault_address: str | None = None,
        expires_after: int | None = None,
    ) -> SignedAction:
        """Return the action ready to send; the parameters are those of `action_hash`."""
        connection_id = action_hash(action, nonce, vault_address, expires_after)
        digest = keccak(_DIGEST_PREFIX + keccak(self._agent + connection_id))
        raw = self._sign_digest(digest, None)
        signature = Signature(_scalar(raw[:32]), _scalar(raw[32:64]), 27 + raw[64])
        return SignedAction(action, nonce, signature, vault_address, expires_after)

    def __repr__(self) -> str:
        """Return the public address only."""
        return f"Signer({self.address})"

    def __reduce__(self) -> Never:
        """Refuse to be pickled or copied."""
        raise TypeError(
            f"Expected the signer of {self.address} to stay where it is: it holds a key"
        )


def _scalar(big_endian: bytes) -> str:
    # A scalar of a signature is never zero, so a digit is always left.
    return "0x" + big_endian.hex().lstrip("0")
