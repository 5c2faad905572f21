"""Texts and numbers of an action as the venue re-serialises them, and their msgpack; no rule here.

The venue hashes what it has re-serialised from a typed struct and not what it received (fact sheet
4.3): decimals lose their trailing zeros and addresses their capitals while they are read.
"""

import re
from typing import Annotated, Self

import msgspec

INT_MAX = 2**63 - 1
_NUMBER = re.compile(r"(-?)([0-9]{0,20})(?:\.([0-9]{0,20}))?")
_ADDRESS = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")
_CLOID = re.compile(r"0x[0-9a-fA-F]{32}")


class Canonical(str):
    """A text that has but one spelling; `read` makes it of any other."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the canonical spelling; ValueError when it is not of this kind."""
        raise NotImplementedError


class Number(Canonical):
    """A decimal without leading and trailing zeros, "100" or "0.5"."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Drop the zeros that say nothing."""
        found = _NUMBER.fullmatch(text)
        if found is None or not (found[2] or found[3]):
            raise ValueError(f"Expected a decimal number, was {text!r}")
        whole = found[2].lstrip("0") or "0"
        fraction = (found[3] or "").rstrip("0")
        number = f"{whole}.{fraction}" if fraction else whole
        return cls(number if number == "0" else found[1] + number)


class Address(Canonical):
    """An address in lower case with 0x; it may come without (ccxt's vaultAddress)."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Drop the capitals."""
        if (found := _ADDRESS.fullmatch(text)) is None:
            raise ValueError(f"Expected an address, was {text!r}")
        return cls("0x" + found[1].lower())


class Cloid(Canonical):
    """A client order id: 16 bytes in lower-case hex with 0x."""

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Drop the capitals."""
        if _CLOID.fullmatch(text) is None:
            raise ValueError(f"Expected 16 bytes of hex, was {text!r}")
        return cls(text.lower())


type Oid = Annotated[int, msgspec.Meta(ge=0, le=INT_MAX)]
type OrderName = Oid | Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{32}$")]
type Count = Annotated[int, msgspec.Meta(ge=0, le=INT_MAX)]
type Dex = Annotated[str, msgspec.Meta(max_length=32)]


def canonical(kind: type, text: object) -> Canonical:
    """Read a canonical text, as a decoder's hook; TypeError or ValueError when it is none."""
    if not issubclass(kind, Canonical):
        raise NotImplementedError(f"Expected a canonical text, was {kind}")
    if not isinstance(text, str):
        raise TypeError(f"Expected a text, was {text!r}")
    return kind.read(text)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=str)


def pack(action: object) -> bytes:
    """Write an action as msgpack, its keys in the order of the struct (or of the JSON)."""
    return _ENCODER.encode(action)
