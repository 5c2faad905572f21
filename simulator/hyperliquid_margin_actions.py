"""The actions on leverage and isolated margin (3.4)."""

from decimal import ROUND_UP, Decimal

from simulator.exchange.events import Denied, Reply
from simulator.exchange.model import Fault
from simulator.exchange.rules import FEE_DECIMALS
from simulator.hyperliquid_answers import Json, RefusedError, done, fault_words
from simulator.hyperliquid_calls import Call
from simulator.hyperliquid_l1_actions import (
    TopUpIsolatedOnlyMargin,
    UpdateIsolatedMargin,
    UpdateLeverage,
)

MICRO = Decimal("0.000001")
"""Amounts in whole numbers are millionths of a USDC."""


def update_leverage(call: Call, action: UpdateLeverage) -> Json:
    """Set a market's leverage and margin mode."""
    reply = call.trading.exchange.update_leverage(
        call.name_for(action.asset),
        action.asset,
        action.leverage,
        is_isolated=not action.is_cross,
        now=call.now_ms,
    )
    return _answer(call, reply)


def update_isolated_margin(call: Call, action: UpdateIsolatedMargin) -> Json:
    """Move margin into an isolated position, or out of it."""
    return _move(call, action.asset, action.ntli * MICRO)


def top_up(call: Call, action: TopUpIsolatedOnlyMargin) -> Json:
    """Move as much margin into an isolated position as brings it down to a leverage."""
    name, leverage = call.name_for(action.asset), Decimal(action.leverage)
    if leverage <= 0:
        raise RefusedError(fault_words(Fault.INVALID_LEVERAGE))
    states = call.trading.exchange.account_state(name).positions
    state = next((x for x in states if x.position.asset == action.asset), None)
    if state is None or not state.position.is_isolated:
        raise RefusedError(fault_words(Fault.NOT_ISOLATED))
    lacking = state.value / leverage - state.margin_used
    if lacking <= 0:
        return done()
    return _move(call, action.asset, lacking.quantize(Decimal(1).scaleb(-FEE_DECIMALS), ROUND_UP))


def _move(call: Call, asset: int, amount: Decimal) -> Json:
    name = call.name_for(asset)
    exchange = call.trading.exchange
    return _answer(call, exchange.update_isolated_margin(name, asset, amount, call.now_ms))


def _answer(call: Call, reply: Reply) -> Json:
    (outcome,) = call.tell(reply)
    if isinstance(outcome, Denied):
        raise RefusedError(fault_words(outcome.fault))
    return done()
