"""The questions of POST /info about an account (fact sheet 2.3), as one table; no socket here.

An address that has no account is answered as the venue does: with nothing, not with an error.
"""

from collections.abc import Iterable

from simulator import hyperliquid_account_terms as terms
from simulator.hyperliquid_account_state import (
    asset_data,
    clearinghouse_state,
    open_orders,
    spot_state,
)
from simulator.hyperliquid_news import aggregated, twap_fills
from simulator.hyperliquid_questions import (
    ITEMS_PER_WEIGHT,
    WEIGHT_LIGHT,
    WEIGHT_ROLE,
    BadShapeError,
    OfBuilder,
    OfFills,
    OfFillsByTime,
    OfOrder,
    OfUser,
    OfUserCoin,
    OfUserDex,
    OfUserSince,
    Question,
)
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_wire import (
    BasicOrder,
    FrontendOrder,
    LedgerRow,
    OrderRow,
    UserFill,
    frontend_order,
)
from simulator.universe import Json

ROWS_MAX = 2_000
"""Fills and past orders come 2,000 at a time (fact sheet 2.3)."""
LEDGER_MAX = 500
"""A reply for a time range has 500 elements at most (fact sheet 2)."""


def _perp_state(trading: Trading, now_ms: int, of: OfUserDex) -> Json:
    return clearinghouse_state(trading, of.address, _dex(trading, of)) | {"time": now_ms}


def _dex(trading: Trading, of: OfUserDex) -> str:
    name = of.dex or ""
    if trading.market.universe.dex_index(name) is None:
        raise BadShapeError(f"Expected a known dex, was {name}")
    return name


def _open_orders(trading: Trading, _now_ms: int, of: OfUserDex) -> list[BasicOrder]:
    return [order.basic for order in open_orders(trading, of.address, _dex(trading, of))]


def _frontend_orders(trading: Trading, _now_ms: int, of: OfUserDex) -> list[FrontendOrder]:
    return open_orders(trading, of.address, _dex(trading, of))


def _order_status(trading: Trading, _now_ms: int, of: OfOrder) -> Json:
    """Find an order on any dex; of several with the same client id the latest."""
    key = of.oid.lower() if isinstance(of.oid, str) else of.oid
    names = [account.name for account in trading.accounts_of(of.address).values()]
    found = [order for name in names if (order := trading.exchange.order(name, key)) is not None]
    if not found:
        return {"status": "unknownOid"}
    latest = max(found, key=lambda order: order.oid)
    children = trading.exchange.children(latest)
    shown = frontend_order(latest, trading.perps[latest.asset], children)
    row = OrderRow(shown, latest.status.value, latest.status_time)
    return {"status": "order", "order": row}


def _newest[R](rows: Iterable[R]) -> list[R]:
    return list(rows)[: -ROWS_MAX - 1 : -1]


def _fills(trading: Trading, _now_ms: int, of: OfFills) -> list[UserFill]:
    fills = trading.records(of.address).fills
    return _newest(aggregated(fills) if of.aggregate_by_time else fills)


def _fills_by_time(trading: Trading, now_ms: int, of: OfFillsByTime) -> list[UserFill]:
    """Give a page from the start on, or from the end back."""
    wanted = _between(trading.records(of.address).fills, now_ms, of)
    fills = aggregated(wanted) if of.aggregate_by_time else wanted
    if of.reversed or trading.options.fills_by_time_descending:
        return _newest(fills)
    return fills[:ROWS_MAX]


def _between[R: (UserFill, LedgerRow)](rows: Iterable[R], now_ms: int, of: OfUserSince) -> list[R]:
    start_ms = of.start_time or 0
    end_ms = now_ms if of.end_time is None else of.end_time
    return [row for row in rows if start_ms <= row.time <= end_ms]


def _order_history(trading: Trading, _now_ms: int, of: OfUser) -> list[OrderRow]:
    return _newest(trading.records(of.address).orders)


def _funding(trading: Trading, now_ms: int, of: OfUserSince) -> list[LedgerRow]:
    return _between(trading.records(of.address).fundings, now_ms, of)[:LEDGER_MAX]


def _ledger(trading: Trading, now_ms: int, of: OfUserSince) -> list[LedgerRow]:
    return _between(trading.records(of.address).ledger, now_ms, of)[:LEDGER_MAX]


def _twap_history(trading: Trading, _now_ms: int, of: OfUser) -> list[Json]:
    return _newest(trading.records(of.address).twaps)


def _twap_fills(trading: Trading, _now_ms: int, of: OfUser) -> list[object]:
    return list(_newest(twap_fills(trading.records(of.address).fills)))


def _asset_data(trading: Trading, _now_ms: int, of: OfUserCoin) -> Json:
    perp = next((perp for perp in trading.perps.values() if perp.coin == of.coin), None)
    if perp is None:
        raise BadShapeError(f"Expected a known perp, was {of.coin}")
    return asset_data(trading, of.address, perp)


ACCOUNT_QUESTIONS: dict[str, Question[Trading]] = {
    "clearinghouseState": Question(OfUserDex, _perp_state, WEIGHT_LIGHT),
    "spotClearinghouseState": Question(
        OfUser, lambda trading, _now, of: spot_state(trading, of.address), WEIGHT_LIGHT
    ),
    "openOrders": Question(OfUserDex, _open_orders),
    "frontendOpenOrders": Question(OfUserDex, _frontend_orders),
    "orderStatus": Question(OfOrder, _order_status, WEIGHT_LIGHT),
    "historicalOrders": Question(OfUser, _order_history, per=ITEMS_PER_WEIGHT),
    "userFills": Question(OfFills, _fills, per=ITEMS_PER_WEIGHT),
    "userFillsByTime": Question(OfFillsByTime, _fills_by_time, per=ITEMS_PER_WEIGHT),
    "userFunding": Question(OfUserSince, _funding, per=ITEMS_PER_WEIGHT),
    "userNonFundingLedgerUpdates": Question(OfUserSince, _ledger, per=ITEMS_PER_WEIGHT),
    "twapHistory": Question(OfUser, _twap_history, per=ITEMS_PER_WEIGHT),
    "userTwapSliceFills": Question(OfUser, _twap_fills, per=ITEMS_PER_WEIGHT),
    "userFees": Question(OfUser, terms.fees),
    "userRateLimit": Question(OfUser, terms.rate_limit),
    "userRole": Question(OfUser, terms.role, WEIGHT_ROLE),
    "userAbstraction": Question(OfUser, terms.abstraction),
    "userDexAbstraction": Question(OfUser, lambda _trading, _now, _of: None),
    "activeAssetData": Question(OfUserCoin, _asset_data),
    "extraAgents": Question(OfUser, terms.agents),
    "subAccounts": Question(OfUser, terms.sub_accounts),
    "maxBuilderFee": Question(OfBuilder, terms.builder_fee),
    "approvedBuilders": Question(OfUser, terms.builders),
    "portfolio": Question(OfUser, terms.portfolio),
    "userVaultEquities": Question(OfUser, lambda _trading, _now, _of: []),
}
"""Every info type about an account."""
