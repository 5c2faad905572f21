"""Who signed an action: the digest that the venue hashes itself, and the key that is recovered.

It is written from the fact sheet (3.5 and 4), not from a client, and knows no account. A body that
was changed after it was signed recovers some other address, which nobody has.
"""

from collections.abc import Iterator
from typing import Annotated

import coincurve
import msgspec
from sha3 import keccak_256

from simulator.hyperliquid_action_types import Action
from simulator.hyperliquid_canonical import Address, Count, pack
from simulator.hyperliquid_user_actions import TYPED, UserAction

WORD = 32
ADDRESS = 20
RECOVERY_IDS = {0: b"\x00", 1: b"\x01", 27: b"\x00", 28: b"\x01"}

type Word = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{1,64}$")]


class Signature(msgspec.Struct, frozen=True):
    """A signature; `r` and `s` may come without their leading zeros (fact sheet 4.3)."""

    r: Word
    s: Word
    v: int


class SignedAction(msgspec.Struct, frozen=True, rename="camel"):
    """The body of POST /exchange and of an action posted by WebSocket."""

    action: msgspec.Raw
    nonce: Count
    signature: Signature
    vault_address: Address | None = None
    expires_after: Count | None = None


def keccak(data: bytes) -> bytes:
    """Return the 32 bytes of Ethereum's hash."""
    digest: bytes = keccak_256(data).digest()
    return digest


def _domain(name: str, chain_id: int) -> bytes:
    """Return the separator of an EIP-712 domain of version 1 without a contract."""
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = (keccak(kind), keccak(name.encode()), keccak(b"1"), chain_id.to_bytes(WORD, "big"))
    return keccak(b"".join(words) + bytes(WORD))


_L1_DOMAIN = b"\x19\x01" + _domain("Exchange", 1337)
_AGENT = keccak(b"Agent(string source,bytes32 connectionId)")
_TESTNET, _MAINNET = (_AGENT + keccak(source) for source in (b"b", b"a"))


def connection_id(
    packed: bytes, nonce: int, vault_address: str | None = None, expires_after: int | None = None
) -> bytes:
    """Return the hash of an L1 action's msgpack and of what goes with it (fact sheet 4.1)."""
    vault = b"\x00" if vault_address is None else b"\x01" + bytes.fromhex(vault_address[2:])
    expiry = b"" if expires_after is None else b"\x00" + expires_after.to_bytes(8, "big")
    return keccak(packed + nonce.to_bytes(8, "big") + vault + expiry)


def l1_digest(connection: bytes, *, is_mainnet: bool) -> bytes:
    """Return what is signed for an L1 action: its hash under the network's source."""
    agent = _MAINNET if is_mainnet else _TESTNET
    return keccak(_L1_DOMAIN + keccak(agent + connection))


def typed_digest(action: UserAction, chain: str) -> bytes:
    """Return what is signed for a user action: its typed data, on the network `chain`."""
    name, fields = TYPED[type(action)]
    fields = "string hyperliquidChain," + fields
    values = msgspec.to_builtins(action, enc_hook=str) | {"hyperliquidChain": chain}
    words = [keccak(f"HyperliquidTransaction:{name}({fields})".encode())]
    words += [_word(kind, values[key]) for kind, key in map(str.split, fields.split(","))]
    domain = _domain("HyperliquidSignTransaction", int(action.signature_chain_id, 16))
    return keccak(b"\x19\x01" + domain + keccak(b"".join(words)))


def recover(digest: bytes, signature: Signature) -> str | None:
    """Return the address whose key signed a digest; None when the signature is malformed."""
    recovery_id = RECOVERY_IDS.get(signature.v)
    if recovery_id is None:
        return None
    r, s = (bytes.fromhex(word[2:].zfill(2 * WORD)) for word in (signature.r, signature.s))
    try:
        key = coincurve.PublicKey.from_signature_and_message(r + s + recovery_id, digest, None)
    except ValueError:
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[-ADDRESS:].hex()


def signers(signed: SignedAction, action: Action, is_mainnet: bool | None) -> Iterator[str]:
    """Give who may have signed: one address for each network that is taken (None takes both).

    Clients on the loopback sign for the network they are configured for (fact sheet 4.3); testnet
    comes first. Nothing is given for a malformed signature.
    """
    if isinstance(action, UserAction):
        chain = action.hyperliquid_chain
        if is_mainnet is not None:
            chain = "Mainnet" if is_mainnet else "Testnet"
        digests = iter((typed_digest(action, chain),))
    else:
        connection = connection_id(
            pack(action), signed.nonce, signed.vault_address, signed.expires_after
        )
        networks = (False, True) if is_mainnet is None else (is_mainnet,)
        digests = (l1_digest(connection, is_mainnet=network) for network in networks)
    for digest in digests:
        if (address := recover(digest, signed.signature)) is not None:
            yield address


def _word(kind: str, value: object) -> bytes:
    """Encode one value of typed data as its 32 bytes."""
    match kind, value:
        case "string", str():
            return keccak(value.encode())
        case "address", str():
            return bytes.fromhex(value[2:]).rjust(WORD, b"\x00")
        case _, int():
            return value.to_bytes(WORD, "big")
        case _:
            raise TypeError(f"Expected a value of type {kind}, was {value!r}")
