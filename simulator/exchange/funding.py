"""Funding: what longs and shorts of a market pay one another for an hour."""

from decimal import Decimal

from simulator.exchange.events import FundingPaid
from simulator.exchange.rules import FEE_DECIMALS
from simulator.exchange.state import State
from simulator.numbers import truncate


def pay_funding(state: State, asset: int, rate: Decimal, oracle: Decimal) -> None:
    """Settle an hour's funding: size * oracle * rate, cut to 6 decimals; longs pay a rate > 0.

    Source: Hyperliquid fact sheet 5.8.
    """
    for account in state.accounts.values():
        position = account.positions.get(asset)
        if position is None or not position.size:
            continue
        payment = truncate(position.size * oracle * rate, FEE_DECIMALS)
        account.pay_funding(position, payment)
        paid = FundingPaid(account.name, asset, -payment, position.size, rate, state.now)
        account.fundings.append(paid)
        state.events.append(paid)
