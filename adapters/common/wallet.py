"""A private key of Ethereum that signs digests and is never shown; it knows no venue's messages."""

import re
from collections.abc import Mapping
from typing import Never

import coincurve
from sha3 import keccak_256

_KEY = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
# The halves of a hex digit: EIP-55 writes a letter large where the hash's digit is above it.
_LARGE_FROM = 8


def keccak(data: bytes) -> bytes:
    """Return the 32 bytes of Ethereum's Keccak-256 (not the later SHA3-256)."""
    digest: bytes = keccak_256(data).digest()
    return digest


def checksum_address(address: str) -> str:
    """
    Return an address as EIP-55 writes it, with its checksum in large and small letters.

    Raises
    ------
    ValueError
        If it is not 0x and 40 hex digits.

    """
    digits = address.removeprefix("0x").lower()
    if not re.fullmatch(r"[0-9a-f]{40}", digits):
        raise ValueError(f"Expected an address of 0x and 40 hex digits, was {address!r}")
    marks = keccak(digits.encode()).hex()
    letters = (
        digit.upper() if int(mark, 16) >= _LARGE_FROM else digit
        for digit, mark in zip(digits, marks, strict=False)
    )
    return "0x" + "".join(letters)


def parse_private_key(text: str) -> coincurve.PrivateKey | None:
    """Return the key of 64 hex digits, 0x optional; None if it is none that secp256k1 knows."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    try:
        return coincurve.PrivateKey(bytes.fromhex(match[1]))
    except ValueError:
        return None  # zero, or not below the order of the curve


class Wallet:
    """
    Sign 32-byte digests with one private key, and never show the key.

    The key is held by the compiled signing function alone: it is in no attribute of this object,
    no representation and no message, and the object refuses to be pickled or copied.

    Parameters
    ----------
    private_key : str
        64 hex digits, with or without ``0x``.

    Raises
    ------
    ValueError
        If the key is not 64 hex digits, or is not a number that secp256k1 knows as a key.

    """

    __slots__ = ("_sign_digest", "address")

    def __init__(self, private_key: str) -> None:
        key = parse_private_key(private_key)
        length = len(private_key)
        del private_key  # a traceback that prints local variables finds nothing here
        if key is None:
            raise ValueError(
                "Expected a private key of 64 hex digits (0x optional) below the order of"
                f" secp256k1, was another text of {length} characters"
            )
        public_key = key.public_key.format(compressed=False)[1:]
        self._sign_digest = key.sign_recoverable
        self.address = checksum_address("0x" + keccak(public_key)[-20:].hex())

    def sign(self, digest: bytes) -> bytes:
        """Return the 65 bytes of a signature: r, s and the recovery id, 0 or 1."""
        return self._sign_digest(digest, None)

    def __repr__(self) -> str:
        """Return the public address only."""
        return f"Wallet({self.address})"

    def __reduce__(self) -> Never:
        """Refuse to be pickled or copied."""
        raise TypeError(
            f"Expected the wallet of {self.address} to stay where it is: it holds a key"
        )


def read_wallet(environment: Mapping[str, str], name: str) -> Wallet:
    """
    Return the wallet of the key in this environment variable.

    Raises
    ------
    ValueError
        If there is no such variable, or what it holds is no key.

    """
    key = environment.get(name)
    if not key:
        raise ValueError(f"Expected a private key in the variable {name}, found none")
    try:
        return Wallet(key)
    except ValueError as e:
        raise ValueError(f"{name}: {e}") from None
