"""Reads of orders and trades: open ones, the history, fills and their pages (5.5)."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from simulator.exchange.model import ZERO
from simulator.moments import Moment
from simulator.synthetix_calls import Call
from simulator.synthetix_order_wire import (
    SIDES,
    STATUSES,
    OrderView,
    history_row,
    open_row,
    view_of,
)
from simulator.synthetix_records import TradeRow
from simulator.synthetix_signed_requests import Params, invalid
from simulator.universe import Json

DAY_MS = 86_400_000
HISTORY_DAYS_MAX, TRADES_DAYS_MAX = 7, 30
OFFSET_MAX = 10_000


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What of a list is asked for; None or empty is no filter, times in Unix ms, both included."""

    limit: int
    offset: int = 0
    symbol: str = ""
    start_ms: int = 0
    end_ms: int | None = None
    order_id: int = 0
    client_id: str = ""
    position_id: str = ""
    side: str = ""
    kind: str = ""
    statuses: tuple[str, ...] = ()

    def covers(self, time_ms: int) -> bool:
        """Say whether a time is asked for."""
        return self.start_ms <= time_ms and (self.end_ms is None or time_ms <= self.end_ms)

    def fits(self, symbol: str) -> bool:
        """Say whether a market is asked for."""
        return self.symbol in {"", symbol}

    def cut[T](self, rows: Sequence[T]) -> tuple[list[T], bool]:
        """Return the page of a whole list, and whether there is more of it."""
        end = self.offset + self.limit
        return list(rows[self.offset : end]), len(rows) > end


def page_reader(
    default: int, most: int, days_max: int | None = None
) -> Callable[[Params, Moment], Page]:
    """Return a reader of pages: `default` rows and `most` at most, over so many days."""

    def read(params: Params, moment: Moment) -> Page:
        start_ms, end_ms = params.whole("startTime"), params.whole("endTime") or None
        span_ms = end_ms - start_ms if end_ms else -moment.ahead_ms(start_ms)
        if start_ms and end_ms and span_ms < 0:
            raise invalid("startTime must be before endTime")
        if start_ms and days_max and span_ms > days_max * DAY_MS:
            raise invalid(f"time range cannot exceed {days_max} days")
        limit, offset = params.whole("limit") or default, params.whole("offset")
        if limit > most:
            raise invalid(f"limit must be at most {most}")
        if offset > OFFSET_MAX:
            raise invalid(f"offset must be at most {OFFSET_MAX}")
        return Page(
            limit=limit,
            offset=offset,
            symbol=params.text("symbol").upper(),
            start_ms=start_ms,
            end_ms=end_ms,
            order_id=params.whole("orderId"),
            client_id=params.text("clientOrderId"),
            position_id=str(params.whole("positionId") or ""),
            side=params.text("side"),
            kind=params.text("type"),
            statuses=tuple(_plain(text) for text in params.texts("status")),
        )

    return read


def open_orders(call: Call, page: Page) -> list[Json]:
    """Return the orders that live, TWAPs too, oldest first."""
    views = [*_live(call), *call.trading.twaps(call.id)]
    wanted = [
        view
        for view in sorted(views, key=lambda view: (view.placed_at, view.venue_id))
        if page.fits(view.symbol)
        and page.client_id in {"", view.client_id}
        and page.side in {"", SIDES[view.side]}
        and page.kind in {"", view.type}
    ]
    rows, _ = page.cut(wanted)
    return [_open_row(call, view) for view in rows]


def order_history(call: Call, page: Page) -> list[Json]:
    """Return orders as they were last told, newest first; the symbol is not asked (5.5)."""
    wanted = [
        view
        for view in reversed(call.records.orders.values())
        if page.covers(view.placed_at)
        and page.client_id in {"", view.client_id}
        and (not page.statuses or _plain(STATUSES[view.status]) in page.statuses)
    ]
    rows, _ = page.cut(wanted)
    return [history_row(view, call.dialect) for view in rows]


def trades(call: Call, page: Page) -> Json:
    """Return fills, newest first, and how many there are."""
    wanted = [
        trade
        for trade in reversed(call.records.trades)
        if page.fits(trade.symbol)
        and page.covers(trade.time)
        and page.order_id in {0, trade.venue_id}
    ]
    rows, more = page.cut(wanted)
    return {"trades": _rows(rows), "hasMore": more, "total": len(wanted)}


def trades_for_position(call: Call, page: Page) -> Json:
    """Return the fills of one position, newest first."""
    if not page.position_id:
        raise invalid("positionId is required")
    found = (x for x in reversed(call.records.trades) if page.position_id in x.positions)
    rows, more = page.cut(list(found))
    return {"trades": _rows(rows), "hasMore": more}


def _live(call: Call) -> Iterable[OrderView]:
    for order in call.trading.exchange.account(call.id).live.values():
        view = view_of(order, call.trading.perps[order.asset].symbol)
        view.take_profit, view.stop_loss = call.records.links.get(order.oid, (None, None))
        yield view


def _open_row(call: Call, view: OrderView) -> Json:
    row = open_row(view, call.dialect)
    if view.twap_id is not None:
        row["twapDetails"] = _twap_details(call, view)
    return row


def _twap_details(call: Call, view: OrderView) -> Json:
    running = call.trading.exchange.twaps(call.id)
    twap = next(x for x in running if x.twap_id == view.twap_id)
    fills = [x for x in call.trading.exchange.account(call.id).fills if x.twap_id == view.twap_id]
    fees = sum((fill.fee for fill in fills), ZERO)
    return {
        "averagePrice": call.dialect.figure(view.average_price),
        "intervalMs": twap.request.every_secs * 1000,
        "intervalVarianceBps": 0,  # the engine has no chance
        "sizeVarianceBps": 0,
        "totalTrades": twap.request.parts,
        "tradesFilled": len({fill.oid for fill in fills}),
        "totalFees": call.dialect.figure(fees),
        "startedAtMs": twap.started,
        "totalDurationMs": twap.request.duration_secs * 1000,
    }


def _rows(found: Iterable[TradeRow]) -> list[Json]:
    return [trade.row for trade in found]


def _plain(status: str) -> str:
    """Return a status without what differs between its spellings."""
    return status.lower().replace("_", "").replace(" ", "").removeprefix("orderstate")
