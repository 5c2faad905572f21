"""Who signed a request: the key that eth-account recovers, of no account or permission yet (3.3).

A request that was changed after it was signed recovers some other address, which nobody has.
"""

import re

import msgspec
from eth_account import Account
from eth_account.messages import encode_typed_data

from simulator.synthetix_typed_data import DOMAIN, Folded, fold, typed_data
from simulator.universe import Json

STANDARD_V = {0: 27, 1: 28, 27: 27, 28: 28}
SIGNATURE_BYTES = 65
_WORD = re.compile("0x[0-9a-fA-F]{64}")
_AUTH_SIGNATURE = re.compile(f"0x[0-9a-fA-F]{{{2 * SIGNATURE_BYTES}}}")


class Signature(msgspec.Struct, frozen=True):
    """The three numbers of a signature."""

    v: int
    r: int
    s: int


def read_signature(wire: object) -> Signature | None:
    """Return the signature `{"v", "r", "s"}` of a request; None when it is malformed."""
    parts = fold(wire)
    if not isinstance(parts, dict):
        return None
    v, r, s = (parts.get(name) for name in ("v", "r", "s"))
    if not isinstance(v, int) or isinstance(v, bool) or v not in STANDARD_V:
        return None
    if not all(isinstance(word, str) and _WORD.fullmatch(word) for word in (r, s)):
        return None
    made = Signature(STANDARD_V[v], int(str(r), 16), int(str(s), 16))
    return made if made.r and made.s else None


def read_auth_signature(wire: object) -> Signature | None:
    """Return the signature of a WebSocket login, 65 bytes r, s, v; None when it is malformed."""
    if not isinstance(wire, str) or not _AUTH_SIGNATURE.fullmatch(wire):
        return None
    data = bytes.fromhex(wire[2:])
    return read_signature(
        {"r": f"0x{data[:32].hex()}", "s": f"0x{data[32:64].hex()}", "v": data[64]}
    )


def recover(data: Json, signature: Signature) -> str | None:
    """Return the address, in lower case, whose key signed typed data; None when none can have."""
    vrs = (signature.v, signature.r, signature.s)
    try:
        message = encode_typed_data(full_message=data)
        address: str = Account.recover_message(message, vrs=vrs)
    except Exception:  # noqa: BLE001  (the library raises of a dozen families for bytes of a stranger)
        return None
    return address.lower()


def signer(kind: str, values: Folded, signature: Signature) -> str | None:
    """Return who signed a message of this kind; None when its values are not of their types."""
    try:
        data = typed_data(kind, values)
    except ValueError:
        return None
    return recover(data, signature)


class Login(msgspec.Struct, frozen=True):
    """What a WebSocket login says: for which subaccount, when (s or ms), and why."""

    sub_account_id: int
    timestamp: int
    action: str


def read_login(message: str) -> Login:
    """Read the typed data, as JSON text, of a WebSocket login (6.1).

    Raises
    ------
    ValueError
        It is none, or of another domain; in the venue's words where the fact sheet has them.
    """
    try:
        data = msgspec.json.decode(message, type=dict[str, object])
    except msgspec.DecodeError as e:
        raise ValueError(f"invalid auth message: {e}") from e
    domain, values = fold(data.get("domain")), fold(data.get("message"))
    if not isinstance(domain, dict) or not isinstance(values, dict):
        raise ValueError("invalid auth message: domain and message are required")  # noqa: TRY004
    for field in ("name", "version", "chainId"):
        found = domain.get(field.lower())
        if str(found) != str(DOMAIN[field]):
            raise ValueError(f"invalid domain {field}: expected {DOMAIN[field]}, got '{found}'")
    signed = typed_data("auth", values)["message"]
    return Login(signed["subAccountId"], signed["timestamp"], signed["action"])


def login_signer(login: Login, signature: Signature) -> str | None:
    """Return who signed a login."""
    values = {
        "subaccountid": login.sub_account_id,
        "timestamp": login.timestamp,
        "action": login.action,
    }
    return signer("auth", values, signature)
