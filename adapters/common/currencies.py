"""Currencies by their code, also those that Nautilus does not know; it knows no venue."""

from nautilus_trader.model.enums import CurrencyType
from nautilus_trader.model.objects import Currency


def parse_currency(code: str, precision: int) -> Currency:
    """Return the currency that Nautilus knows by this code, or register it as a crypto asset."""
    currency = Currency.from_internal_map(code)
    if currency is None:
        currency = Currency(code, precision, 0, code, CurrencyType.CRYPTO)
        Currency.register(currency)
    return currency
