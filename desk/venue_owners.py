"""Who has an account at a loopback venue, read from the words of a command."""

import re
from decimal import Decimal

from desk.exits import UsageError

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")

type Pairs[T] = tuple[tuple[str, T], ...]


def parse_owners(
    accounts: tuple[str, ...],
    keys: tuple[str, ...],
    option: str,
    coin: str,
) -> tuple[Pairs[Decimal], Pairs[str]]:
    """Read who has an account and which keys sign for whom; each address may be named once.

    Parameters
    ----------
    accounts : tuple[str, ...]
        What `--account` was told, ADDRESS=AMOUNT each.
    keys : tuple[str, ...]
        What `option` was told, KEY=ADDRESS each.
    option : str
        What the venue calls a key that signs for an account, without dashes.
    coin : str
        What an amount is of.

    Returns
    -------
    tuple
        Addresses with their amounts, and keys with their accounts, all in lower case.

    Raises
    ------
    UsageError
        A text is none of these, an address comes twice, or a key has no account.
    """
    opened: dict[str, Decimal] = {}
    for text in accounts:
        address, amount = _pair("--account", text, f"ADDRESS={coin}")
        if _AMOUNT.fullmatch(amount) is None:
            raise UsageError(f"--account: expected an amount of {coin}, found {amount!r}")
        if address in opened:
            raise UsageError(f"--account: expected another address, found {address} again")
        opened[address] = Decimal(amount)
    signers: dict[str, str] = {}
    for text in keys:
        key, owner = _pair(f"--{option}", text, f"{option.upper()}=ADDRESS")
        if (owner := owner.lower()) not in opened:
            raise UsageError(f"--{option}: expected the address of an --account, found {owner!r}")
        if key in opened or key in signers:
            raise UsageError(f"--{option}: expected another address, found {key} again")
        signers[key] = owner
    return tuple(opened.items()), tuple(signers.items())


def _pair(option: str, text: str, form: str) -> tuple[str, str]:
    """Split "0xabc=word" into the address in lower case and the word."""
    address, equals, word = text.partition("=")
    if not equals:
        raise UsageError(f"{option}: expected {form}, found {text!r}")
    if _ADDRESS.fullmatch(address) is None:
        raise UsageError(f"{option}: expected 0x and 40 hex digits, found {address!r}")
    return address.lower(), word
