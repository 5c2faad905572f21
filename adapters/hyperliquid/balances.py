"""Translate an account's money and margins into Nautilus balances; pure, it asks nobody."""

from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, Currency, MarginBalance, Money

from adapters.common.currencies import parse_currency
from adapters.hyperliquid.account_schemas import (
    ClearinghouseState,
    Position,
    SpotClearinghouseState,
)
from adapters.hyperliquid.constants import MAX_DECIMALS_SPOT

# Under these the collateral of all dexes is what the account holds as spot tokens.
UNIFIED_ABSTRACTIONS = {"unifiedAccount", "portfolioMargin"}


def parse_balances(
    perp_states: Mapping[str, ClearinghouseState],
    collaterals: Mapping[str, Currency],
    spot: SpotClearinghouseState | None,
    abstraction: str,
) -> list[AccountBalance]:
    """
    Return one balance a currency: total = cash without unrealised profit, free = withdrawable.

    The cash of a dex is its account value less the unrealised profit of its positions, which moves
    by nothing but realised profit, fees, funding and transfers. It may be below zero, while profit
    that is not realised carries the account.

    Where each dex has cash of its own, spot tokens that are collateral of a dex are left out: they
    margin nothing before they are transferred. A unified account has all its money in the tokens.

    Parameters
    ----------
    perp_states : Mapping[str, ClearinghouseState]
        The states by dex; "" is the venue's own.
    collaterals : Mapping[str, Currency]
        What each of these dexes is margined in.
    spot : SpotClearinghouseState, optional
        The tokens, where they are known.
    abstraction : str
        The account's mode: default, disabled, unifiedAccount, portfolioMargin, dexAbstraction.

    """
    money = {currency: (Decimal(0), Decimal(0)) for currency in collaterals.values()}
    is_unified = abstraction in UNIFIED_ABSTRACTIONS
    if not is_unified:
        for dex, state in perp_states.items():
            total, free = money[collaterals[dex]]
            money[collaterals[dex]] = (total + cash_of(state), free + state.withdrawable)
    for balance in spot.balances if spot else []:
        currency = _spot_currency(balance.coin)
        if currency is not None and (is_unified or currency not in money) and balance.total:
            money[currency] = (balance.total, balance.total - balance.hold)
    return [_balance(currency, *amounts) for currency, amounts in money.items()]


def cash_of(state: ClearinghouseState) -> Decimal:
    """Return the account value less the profit that is not realised."""
    unrealized = (held.position.unrealizedPnl for held in state.assetPositions)
    return state.summary.accountValue - sum(unrealized, Decimal(0))


def _spot_currency(coin: str) -> Currency | None:
    # "+10" is a share in the outcome of a bet, no currency.
    return None if coin.startswith("+") else parse_currency(coin, MAX_DECIMALS_SPOT)


def _balance(currency: Currency, total: Decimal, free: Decimal) -> AccountBalance:
    step = Decimal(1).scaleb(-currency.precision)
    total = total.quantize(step, ROUND_FLOOR)
    # Unrealised profit can be withdrawn but is no part of the total; of nothing, nothing is locked.
    free = min(max(free.quantize(step, ROUND_FLOOR), Decimal(0)), total)
    # Built from a Decimal by its constructor, Money goes through a float.
    amounts = (Money.from_decimal(amount, currency) for amount in (total, total - free, free))
    return AccountBalance(*amounts)


def parse_margins(
    perp_states: Mapping[str, ClearinghouseState],
    instruments: Callable[[str], Instrument | None],
) -> list[MarginBalance]:
    """Return what each position holds and must hold, for those whose instrument is loaded."""
    margins = []
    for state in perp_states.values():
        for held in state.assetPositions:
            instrument = instruments(held.position.coin)
            if instrument is not None and held.position.szi:
                margins.append(_margin(held.position, instrument))
    return margins


def _margin(position: Position, instrument: Instrument) -> MarginBalance:
    currency: Currency = instrument.quote_currency
    tiers: list[dict[str, Any]] = instrument.info["margin_tiers"]
    return MarginBalance(
        Money.from_decimal(position.marginUsed, currency),
        Money.from_decimal(maintenance_margin(position.positionValue, tiers), currency),
        instrument.id,
    )


def maintenance_margin(notional: Decimal, tiers: list[dict[str, Any]]) -> Decimal:
    """
    Return the margin below which a position is liquidated, in dollars.

    "The maintenance margin is half of the initial margin at maximum leverage", tier by tier:
    https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers

    Parameters
    ----------
    notional : Decimal
        The position's value.
    tiers : list[dict[str, Any]]
        As in `Instrument.info["margin_tiers"]`: lower bounds ascending, the first 0.

    """
    margin = Decimal(0)
    bounds = [Decimal(tier["lower_bound"]) for tier in tiers]
    for tier, lower, upper in zip(tiers, bounds, [*bounds[1:], notional], strict=True):
        share = min(notional, max(upper, lower)) - lower
        if share > 0:
            margin += share / (2 * tier["max_leverage"])
    return margin
