"""Positions and margin as the venue writes them (fact sheet 5.5); it only reads the engine."""

from decimal import Decimal

from simulator.exchange import Exchange
from simulator.exchange.margin import PositionState, maintenance
from simulator.exchange.model import ZERO
from simulator.exchange.rules import FEE_DECIMALS
from simulator.numbers import truncate
from simulator.synthetix_dialect import Dialect, short
from simulator.synthetix_perps import SynthetixPerp
from simulator.synthetix_positions import PositionRecord
from simulator.universe import Json

PRICE_DECIMALS = 8
"""Mean prices are cut to so many decimals."""
SHORT_SIDES = {1: "long", -1: "short"}


def usdt(value: Decimal, dialect: Dialect) -> str:
    """Write an amount of USDT, cut to 6 decimals."""
    return dialect.figure(truncate(value, FEE_DECIMALS))


def price(value: Decimal, dialect: Dialect) -> str:
    """Write a mean price."""
    return dialect.figure(truncate(value, PRICE_DECIMALS))


def margin_summary(exchange: Exchange, account: str, dialect: Dialect) -> Json:
    """Write the margin of an account: crossMarginSummary, and the body of marginUpdate."""
    state = exchange.account_state(account)
    value = state.total.account_value
    figures = {
        "accountValue": value,
        "availableMargin": max(state.cross.free, ZERO),
        "totalUnrealizedPnl": sum((x.unrealized_pnl for x in state.positions), ZERO),
        "maintenanceMargin": state.cross_maintenance,
        "initialMargin": state.cross.margin_used,
        "withdrawable": state.withdrawable,
        "adjustedAccountValue": value,
        "debt": max(-cash(exchange, account), ZERO),
    }
    return {name: usdt(figure, dialect) for name, figure in figures.items()}


def cash(exchange: Exchange, account: str) -> Decimal:
    """Return the USDT of an account: its value without what its positions have not realized."""
    state = exchange.account_state(account)
    unrealized = sum((x.unrealized_pnl for x in state.positions), ZERO)
    return state.total.account_value - unrealized


def position_row(
    exchange: Exchange,
    account: str,
    state: PositionState,
    perp: SynthetixPerp,
    record: PositionRecord,
    dialect: Dialect,
) -> Json:
    """Write an open position as getPositions has it."""
    position = state.position
    return {
        "adlBucket": 1,
        "positionId": record.id,
        "subAccountId": account,
        "symbol": perp.symbol,
        "side": "long" if position.size > 0 else "short",
        "entryPrice": price(state.entry_price, dialect),
        "quantity": short(abs(position.size)),
        "realizedPnl": usdt(record.realized, dialect),
        "unrealizedPnl": usdt(state.unrealized_pnl, dialect),
        "usedMargin": usdt(state.margin_used, dialect),
        "maintenanceMargin": usdt(maintenance(position, exchange.market(position.asset)), dialect),
        "liquidationPrice": price(state.liquidation_price or ZERO, dialect),
        "status": "open",
        "netFunding": usdt(record.funding, dialect),
        "updatedAt": record.updated_at,
        "createdAt": record.created_at,
    }


def summary_row(row: Json) -> Json:
    """Write a position as getSubAccount has it, from what getPositions says."""
    same = ("symbol", "side", "entryPrice", "quantity", "usedMargin", "maintenanceMargin")
    figures = {"pnl": row["realizedPnl"], "upnl": row["unrealizedPnl"]}
    return {key: row[key] for key in (*same, "liquidationPrice")} | figures


def closed_row(record: PositionRecord, symbol: str, leverage: int, dialect: Dialect) -> Json:
    """Write a closed position as getPositionHistory has it."""
    return {
        "positionId": record.id,
        "symbol": symbol,
        "side": SHORT_SIDES[record.side.value],
        "entryPrice": price(record.entry_price, dialect),
        "quantity": short(record.closed_size),
        "closePrice": price(record.close_price, dialect),
        "closeReason": record.reason,
        "leverage": str(leverage),
        "realizedPnl": usdt(record.realized, dialect),
        "accumulatedFees": usdt(record.fees, dialect),
        "netFunding": usdt(record.funding, dialect),
        "closedAt": record.updated_at,
        "createdAt": record.created_at,
        "tradeId": record.trade_id,
    }


def pushed_position(
    exchange: Exchange, account: str, perp: SynthetixPerp, dialect: Dialect
) -> Json | None:
    """Write the position that a trade left, as the push of the trade has it; None when flat."""
    states = exchange.account_state(account).positions
    state = next((x for x in states if x.position.asset == perp.rules.asset), None)
    if state is None:
        return None
    market = exchange.market(perp.rules.asset)
    position = state.position
    return {
        "symbol": perp.symbol,
        "side": "long" if position.size > 0 else "short",
        "quantity": short(abs(position.size)),
        "entryPrice": price(state.entry_price, dialect),
        "unrealizedPnl": usdt(state.unrealized_pnl, dialect),
        "netFunding": usdt(-position.funding_since_open, dialect),
        "initialMargin": usdt(state.margin_used, dialect),
        "maintenanceMargin": usdt(maintenance(position, market), dialect),
        "liquidationPrice": price(state.liquidation_price or ZERO, dialect),
    }
