"""Translate a sub-account's money and margins into Nautilus balances; pure, it asks nobody."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, Currency, MarginBalance, Money

from adapters.common.currencies import parse_currency
from adapters.synthetix.account_schemas import Position, SubAccount
from adapters.synthetix.constants import CURRENCY_PRECISION, SETTLEMENT_CURRENCY


def parse_balances(account: SubAccount) -> list[AccountBalance]:
    """
    Return one balance a collateral: total = what is held, free = what can be withdrawn.

    USDT is always among them, since all profit and fees are. It may be below zero: a debt.
    """
    money = {SETTLEMENT_CURRENCY: (Decimal(0), Decimal(0))}
    money |= {
        one.symbol: (Decimal(one.quantity), Decimal(one.withdrawable))
        for one in account.collaterals
    }
    return [
        _balance(parse_currency(code, CURRENCY_PRECISION), *amounts)
        for code, amounts in money.items()
    ]


def _balance(currency: Currency, total: Decimal, free: Decimal) -> AccountBalance:
    step = Decimal(1).scaleb(-currency.precision)
    total = total.quantize(step, ROUND_FLOOR)
    # Unrealised profit can be withdrawn but is no part of the total; of nothing, nothing is locked.
    free = min(max(free.quantize(step, ROUND_FLOOR), Decimal(0)), total)
    # Built from a Decimal by its constructor, Money goes through a float.
    amounts = (Money.from_decimal(amount, currency) for amount in (total, total - free, free))
    return AccountBalance(*amounts)


def parse_margins(
    account: SubAccount, instruments: Callable[[str], Instrument | None]
) -> list[MarginBalance]:
    """Return what each position holds and must hold, for those whose instrument is loaded."""
    margins = []
    for position in account.positions:
        instrument = instruments(position.symbol)
        if instrument is not None and position.quantity:
            margins.append(_margin(position, instrument))
    return margins


def _margin(position: Position, instrument: Instrument) -> MarginBalance:
    currency: Currency = instrument.settlement_currency
    return MarginBalance(
        Money.from_decimal(Decimal(position.usedMargin), currency),
        Money.from_decimal(Decimal(position.maintenanceMargin), currency),
        instrument.id,
    )
