"""Calls of contracts as bytes, and read back from them for a person; nothing is signed or sent."""

from collections.abc import Iterable, Mapping

import msgspec
from eth_abi import decode, encode  # type: ignore[attr-defined]
from eth_utils.abi import function_signature_to_4byte_selector

_SELECTOR_BYTES = 4


class Call(msgspec.Struct, frozen=True):
    """
    One transaction to be: whom it calls, with what.

    Attributes
    ----------
    to, contract
        The address with its checksum, and what stands there, in a word for people.
    signature
        The function with its types, such as `approve(address,uint256)`.
    names
        The names of its arguments, for people.
    data
        Selector and arguments, as they are signed.
    gas_reserve
        The gas to keep for it while it cannot be estimated, since it needs an earlier call mined.
    event
        Contract and first topic of the event that proves it worked, or None.
    value_wei
        Ether that goes along.

    """

    to: str
    contract: str
    signature: str
    names: tuple[str, ...]
    data: bytes
    gas_reserve: int
    event: tuple[str, bytes] | None = None
    value_wei: int = 0

    @property
    def function(self) -> str:
        """Return the function's name."""
        return self.signature.partition("(")[0]


def make_call(
    to: str,
    contract: str,
    signature: str,
    arguments: Mapping[str, object],
    gas_reserve: int,
    event: tuple[str, bytes] | None = None,
) -> Call:
    """Return a call with its arguments encoded, which stand in the order of the signature."""
    data = encode_call(signature, arguments.values())
    return Call(to, contract, signature, tuple(arguments), data, gas_reserve, event)


def encode_call(signature: str, arguments: Iterable[object]) -> bytes:
    """Return selector and arguments as they stand in a transaction."""
    types = argument_types(signature)
    return function_signature_to_4byte_selector(signature) + encode(types, list(arguments))


def decoded_arguments(call: Call) -> dict[str, object]:
    """
    Return the arguments by name, read from the bytes that will be signed.

    Raises
    ------
    ValueError
        The bytes belong to another function.

    """
    selector = function_signature_to_4byte_selector(call.signature)
    if call.data[:_SELECTOR_BYTES] != selector:
        found = call.data[:_SELECTOR_BYTES].hex()
        raise ValueError(f"Expected the selector of {call.signature}, found 0x{found}")
    values = decode(argument_types(call.signature), call.data[_SELECTOR_BYTES:])
    return {name: _plain(value) for name, value in zip(call.names, values, strict=True)}


def argument_types(signature: str) -> list[str]:
    """Return the types of a function's arguments: `f(address,(uint256,bytes)[])` has two."""
    inside = signature[signature.index("(") + 1 : -1]
    types, depth, start = [], 0, 0
    for index, letter in enumerate(inside):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            types.append(inside[start:index])
            start = index + 1
    return [*types, inside[start:]] if inside else []


def _plain(value: object) -> object:
    """Return a decoded value as JSON has it: bytes as hex, tuples as lists."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
