"""How an account stands now, as /info and the state channels write it (fact sheet 2.3)."""

from decimal import Decimal

from simulator.exchange.accounts import Position
from simulator.exchange.margin import (
    AccountState,
    MarginSummary,
    PositionState,
    initial_margin,
)
from simulator.exchange.model import ZERO
from simulator.exchange.rules import DEFAULT_LEVERAGE
from simulator.hyperliquid_directory import SPOT_DEX, account_name
from simulator.hyperliquid_perps import Perp, collateral
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_wire import FrontendOrder, frontend_order, number, twap_state, usd
from simulator.numbers import truncate
from simulator.universe import Json

LIQUIDATION_DECIMALS = 8
"""The captured liquidation prices have so many (2125.00856238)."""
"""The spot wallet is the engine's account on a dex of this name, as transfers call it (3.5)."""
UNIFIED = frozenset({"unifiedAccount", "portfolioMargin"})
"""The account modes in which the collateral of perps stands in the spot state."""

_NIL = MarginSummary(ZERO, ZERO, ZERO, ZERO)
_EMPTY = AccountState(_NIL, _NIL, ZERO, ZERO, ())


def clearinghouse_state(trading: Trading, address: str, dex: str) -> Json:
    """Write the perp account on a dex, without its `time`; zeros of who has none."""
    name = account_name(address, dex)
    known = trading.exchange.has_account(name)
    state = trading.exchange.account_state(name) if known else _EMPTY
    return {
        "marginSummary": _summary(state.total),
        "crossMarginSummary": _summary(state.cross),
        "crossMaintenanceMarginUsed": usd(state.cross_maintenance),
        "withdrawable": usd(state.withdrawable),
        "assetPositions": [
            {"type": "oneWay", "position": _position(trading, position)}
            for position in state.positions
        ],
    }


def _summary(summary: MarginSummary) -> Json:
    return {
        "accountValue": usd(summary.account_value),
        "totalNtlPos": usd(summary.notional),
        "totalRawUsd": usd(summary.raw),
        "totalMarginUsed": usd(summary.margin_used),
    }


def _position(trading: Trading, state: PositionState) -> Json:
    position = state.position
    perp = trading.perps[position.asset]
    liquidation = state.liquidation_price
    sign = 1 if trading.options.funding_paid_is_positive else -1
    return {
        "coin": perp.coin,
        "szi": number(position.size),
        "leverage": leverage(position),
        "entryPx": number(truncate(state.entry_price, perp.price_decimals)),
        "positionValue": usd(state.value),
        "unrealizedPnl": usd(state.unrealized_pnl),
        "returnOnEquity": number(state.return_on_equity),
        "liquidationPx": None
        if liquidation is None
        else number(truncate(liquidation, LIQUIDATION_DECIMALS)),
        "marginUsed": usd(state.margin_used),
        "maxLeverage": state.max_leverage,
        "cumFunding": {
            "allTime": usd(sign * position.funding_all_time),
            "sinceOpen": usd(sign * position.funding_since_open),
            "sinceChange": usd(sign * position.funding_since_change),
        },
    }


def leverage(position: Position) -> Json:
    """Write the leverage of a position; an isolated one shows its own cash."""
    kind = "isolated" if position.is_isolated else "cross"
    own = {"rawUsd": usd(position.raw)} if position.is_isolated else {}
    return {"type": kind, "value": position.leverage} | own


def spot_state(trading: Trading, address: str) -> Json:
    """Write the spot balances: the wallet, and in a unified account what margins the perps.

    That is the cash without what open positions would earn; their margin is on hold.
    """
    held: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
    wallet = account_name(address, SPOT_DEX)
    if trading.exchange.has_account(wallet):
        held["USDC", 0] = (trading.exchange.account(wallet).raw, ZERO)
    if trading.directory.abstractions.get(address) in UNIFIED:
        for dex in trading.accounts_of(address):
            token = collateral(trading.market.universe, trading.market.universe.dex_index(dex) or 0)
            state = trading.exchange.account_state(account_name(address, dex))
            profit = sum((x.unrealized_pnl for x in state.positions), ZERO)
            total, hold = held.get(token, (ZERO, ZERO))
            total += state.total.account_value - profit
            held[token] = (total, hold + state.total.margin_used)
    return {
        "balances": [
            {
                "coin": coin,
                "token": token,
                "total": usd(total),
                "hold": usd(hold),
                "entryNtl": "0.0",
            }
            for (coin, token), (total, hold) in held.items()
            if total
        ]
    }


def open_orders(trading: Trading, address: str, dex: str) -> list[FrontendOrder]:
    """Write the open orders on a dex, newest first; children stand in and beside their parent."""
    name = account_name(address, dex)
    if not trading.exchange.has_account(name):
        return []
    live = trading.exchange.account(name).live
    return [
        frontend_order(
            live[oid], trading.perps[live[oid].asset], trading.exchange.children(live[oid])
        )
        for oid in sorted(live, reverse=True)
    ]


def asset_data(trading: Trading, address: str, perp: Perp) -> Json:
    """Write what an address could trade of a coin, buying and selling."""
    name, asset = account_name(address, perp.dex), perp.listing.asset
    market = trading.exchange.market(asset)
    position = Position(
        asset, min(DEFAULT_LEVERAGE, perp.rules.max_leverage), perp.rules.only_isolated
    )
    free = ZERO
    if trading.exchange.has_account(name):
        account = trading.exchange.account(name)
        position = account.positions.get(asset, position)
        cross = trading.exchange.account_state(name).cross
        free = max(cross.free, ZERO)
    # Closing gives its margin back, and as much may be opened on the other side.
    turn = 2 * initial_margin(position.size, position.leverage, market.mark)
    free_by_side = (
        free + (turn if position.size < 0 else ZERO),
        free + (turn if position.size > 0 else ZERO),
    )
    most = [
        truncate(each * position.leverage / market.mark, perp.rules.size_decimals)
        if market.mark
        else ZERO
        for each in free_by_side
    ]
    return {
        "user": address,
        "coin": perp.coin,
        "leverage": leverage(position),
        "maxTradeSzs": [number(size) for size in most],
        "availableToTrade": [usd(each) for each in free_by_side],
        "markPx": number(market.mark),
    }


def twap_states(trading: Trading, address: str, dex: str) -> list[tuple[int, Json]]:
    """Write the TWAPs that run on a dex, each after its id."""
    name = account_name(address, dex)
    return [
        (
            twap.twap_id,
            twap_state(
                name,
                trading.perps[twap.request.asset],
                twap.request,
                (twap.executed_size, twap.executed_notional),
                twap.started,
            ),
        )
        for twap in trading.exchange.twaps(name)
    ]
