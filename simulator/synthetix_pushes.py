"""The pushes of trades, prices, candles, liquidations and accounts; who hears them is not known."""

from decimal import Decimal

from simulator.events import Bbo, Context, Trades
from simulator.synthetix_floor import Floor
from simulator.synthetix_markets import PerpMarket
from simulator.synthetix_quotes import (
    Wire,
    candle_update,
    context_of,
    market_price,
    mid_price,
    rfc3339,
    trade,
)
from simulator.synthetix_seam import AccountEvent, Liquidation


def trades(floor: Floor, perp: PerpMarket, now_ms: int) -> list[Wire]:
    """Tell the trades of a market that are new: each by itself, or all as one list."""
    rows: list[object] = [
        trade(perp, one, floor.dialect) | {"timestamp": rfc3339(one.time)}
        for one in floor.state(perp).fresh
    ]
    told = [rows] if floor.dialect.trades == "list" and rows else rows
    return [_push(floor, ("trade", "trade"), data, now_ms) for data in told]


def prices(
    floor: Floor, perp: PerpMarket, change: Bbo | Context | Trades, now_ms: int
) -> list[Wire]:
    """Tell the prices that a change moved, one by one or as a ticker (fact sheet 6.4)."""
    if floor.dialect.prices == "ticker":
        rows = [market_price(floor, perp, now_ms)] if isinstance(change, Context) else []
    else:
        rows = [
            {
                "symbol": perp.symbol,
                "price": floor.dialect.figure(price),
                "lastUpdateTime": rfc3339(now_ms),
                "updateType": kind,
            }
            for kind, price in _moved(floor, perp, change, now_ms)
        ]
    return [_push(floor, ("market_price_update", "marketPriceUpdate"), row, now_ms) for row in rows]


def candle(floor: Floor, perp: PerpMarket, interval: str, now_ms: int) -> list[Wire]:
    """Tell the open candle of a market, if there is any."""
    bar = floor.state(perp).series.last_bar(interval)
    if bar is None:
        return []
    data = candle_update(perp, interval, bar)
    return [_push(floor, ("candle_update", "candleUpdate"), data, now_ms)]


def liquidation(floor: Floor, event: Liquidation, now_ms: int) -> Wire:
    """Tell a liquidation."""
    return _push(floor, ("liquidation", "liquidation"), event.data, now_ms)


def account_event(floor: Floor, event: AccountEvent, now_ms: int) -> Wire:
    """Tell what happened to a subaccount."""
    data = {"subAccountId": event.sub_account_id, **event.data}
    return _push(floor, ("subAccountEvent", "subAccountUpdate"), data, now_ms)


def _push(floor: Floor, names: tuple[str, str], data: object, now_ms: int) -> Wire:
    return {**floor.dialect.named(*names), "timestamp": now_ms, "data": data}


def _moved(
    floor: Floor, perp: PerpMarket, change: Bbo | Context | Trades, now_ms: int
) -> list[tuple[str, Decimal]]:
    match change:
        case Bbo():
            mid = mid_price(floor.state(perp))
            return [] if mid is None else [("mid", mid)]
        case Trades():
            fresh = floor.state(perp).fresh
            return [("last", Decimal(fresh[-1].px))] if fresh else []
        case _:
            context = context_of(floor, perp, now_ms)
            return [("mark", Decimal(context.mark_px)), ("index", Decimal(context.oracle_px))]
