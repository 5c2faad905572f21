"""Amounts between a person's decimal text and a token's integer units; no float, no rounding."""

import re

from custody.errors import WrongRequest

WEI_DECIMALS = 18
GWEI_DECIMALS = 9
# More digits than any supply has. No exponent, sign or separator: "1e3" and "1,000" are refused.
_AMOUNT = re.compile(r"[0-9]{1,20}(?:\.([0-9]{1,30}))?")


def parse_amount(text: str, decimals: int, symbol: str) -> int:
    """
    Return an amount in the token's smallest unit.

    Raises
    ------
    WrongRequest
        It is no positive decimal number, or has more decimals than the token.

    """
    matched = _AMOUNT.fullmatch(text)
    if matched is None:
        raise WrongRequest(f"Expected an amount of {symbol} such as 100 or 0.5, found {text!r}")
    found = len((matched[1] or "").rstrip("0"))
    if found > decimals:
        wanted = f"at most {decimals} decimals of {symbol}"
        raise WrongRequest(f"Expected {wanted}, found {found} in {text}")
    whole, _, part = text.partition(".")
    units = int(whole + part[:decimals].ljust(decimals, "0"))
    if units == 0:
        raise WrongRequest(f"Expected a positive amount of {symbol}, found {text}")
    return units


def format_units(units: int, decimals: int) -> str:
    """Return integer units as plain decimal text without trailing zeros, such as 0.5."""
    whole, part = divmod(units, 10**decimals)
    digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole}.{digits}" if digits else str(whole)
