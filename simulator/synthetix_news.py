"""What one call of the engine brought each subaccount, as pushes, and what is kept of it (6.4).

An order is told as placed, then each trade of it with what it left of order and margin, then its
end.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from simulator.events import Trades
from simulator.exchange import Exchange
from simulator.exchange.events import (
    Event,
    Fill,
    FundingPaid,
    Liquidated,
    LiquidationMethod,
    OrderChanged,
    TwapChanged,
    TwapStatus,
)
from simulator.exchange.liquidation import LIQUIDATOR
from simulator.exchange.model import Side, Status
from simulator.synthetix_account_wire import margin_summary, price, pushed_position, usdt
from simulator.synthetix_dialect import Dialect, short
from simulator.synthetix_errors import order_error
from simulator.synthetix_order_wire import REASONS, SIDES, OrderView, event_of, ids, view_of
from simulator.synthetix_perps import SynthetixPerp
from simulator.synthetix_records import Records, TradeRow
from simulator.synthetix_seam import AccountEvent, Liquidation, News
from simulator.universe import Json
from simulator.wire import Trade

FIRST_TRADE = 1 << 52
"""Above every trade id of recordings and generator."""
NOBODY = "0x" + "0" * 40
NO_HASH = "0x" + "0" * 64

type Fired = Literal["", "orderPlaced", "orderModified"]


class Scribe:
    """Turns the engine's events into pushes and rows.

    Parameters
    ----------
    exchange : Exchange
        The engine, only read.
    perps : Callable
        Returns every market by its asset id.
    dialect : Dialect
        How figures and times are written.
    trigger_gives_new_id : bool
        An order that fires ends and goes on under a new id (12.1 f).
    fired : Fired
        What is told of one that fires and keeps its id; "" is nothing.
    """

    def __init__(
        self,
        exchange: Exchange,
        perps: Callable[[], Mapping[int, SynthetixPerp]],
        dialect: Dialect,
        *,
        trigger_gives_new_id: bool,
        fired: Fired = "",
    ) -> None:
        self.records: dict[str, Records] = {}
        self.twaps: dict[int, OrderView] = {}
        self._exchange = exchange
        self._perps = perps
        self._dialect = dialect
        self._renews = trigger_gives_new_id
        self._fired = fired

    def tell(self, events: Iterable[Event], *, are_printed: bool) -> News:
        """Note what happened and return what is pushed of it."""
        told: list[AccountEvent] = []
        liquidations: list[Liquidation] = []
        kept = list(events)
        for event in kept:
            account = event.order.account if isinstance(event, OrderChanged) else event.account
            if account not in self.records:
                continue  # the backstop liquidator
            told += [AccountEvent(account, data) for data in self._note(account, event)]
            if isinstance(event, Liquidated):
                liquidations += self._public(event)
        return News(
            account_events=told,
            trades=() if are_printed else self.prints(kept),
            liquidations=liquidations,
        )

    def _note(self, account: str, event: Event) -> list[Json]:
        match event:
            case OrderChanged():
                return self._note_order(account, event)
            case Fill():
                return self._note_fill(account, event)
            case FundingPaid():
                return self._note_funding(account, event)
            case TwapChanged():
                return self._note_twap(account, event)
            case Liquidated():
                return self._note_liquidation(account, event)

    # Orders

    def _note_order(self, account: str, event: OrderChanged) -> list[Json]:
        order = event.order
        if order.twap_id is not None:
            return []
        records, perp = self.records[account], self._perps()[order.asset]
        before, view = records.orders.get(order.oid), view_of(order, perp.symbol)
        view.take_profit, view.stop_loss = records.links.get(order.oid, (None, None))
        kind, more = self._moved(event, view, before)
        records.keep(view)
        return [event_of(kind, account, view, self._dialect) | more] if kind else []

    def _moved(
        self, event: OrderChanged, view: OrderView, before: OrderView | None
    ) -> tuple[str, Json]:
        """Give the order its new state; return what is told of it: "" is nothing."""
        status = event.status
        if status is Status.OPEN:
            view.status = "partiallyFilled" if view.filled else "open"
            return ("orderPlaced" if before is None else "orderModified"), {}
        if status is Status.TRIGGERED and not self._renews:
            view.status = "open"
            return self._fired, {}
        if status is Status.FILLED:
            view.status = "filled"
            return "orderFilled", {}
        if status.is_rejected:
            view.status = "rejected"
            error = order_error(self._exchange, event.order, status)
            return "orderRejected", {"errorCode": error.code, "reason": error.message}
        view.status, view.cancel_reason = "cancelled", REASONS.get(status, "")
        return "orderCancelled", {"cancelReason": view.cancel_reason, "cancelledAt": event.time}

    def _note_twap(self, account: str, event: TwapChanged) -> list[Json]:
        view = self.twaps[event.twap_id]
        view.updated_at = event.time
        self.records[account].keep(view)
        if event.status is TwapStatus.ACTIVATED:
            return [event_of("orderPlaced", account, view, self._dialect)]
        if view.filled >= view.quantity:
            view.status = "filled"
            return [event_of("orderFilled", account, view, self._dialect)]
        view.status = "cancelled"
        more: Json = {"cancelReason": "", "cancelledAt": event.time}
        return [event_of("orderCancelled", account, view, self._dialect) | more]

    # Money

    def _note_fill(self, account: str, fill: Fill) -> list[Json]:
        records, perp = self.records[account], self._perps()[fill.asset]
        view = records.orders[fill.oid] if fill.twap_id is None else self.twaps[fill.twap_id]
        view = msgspec.structs.replace(view, filled=view.filled + fill.size)
        view.notional += fill.price * fill.size
        view.status, view.updated_at = "partiallyFilled", fill.time
        if fill.twap_id is not None:
            self.twaps[fill.twap_id] = view
        records.keep(view)
        trade_id = str(FIRST_TRADE + fill.tid)
        touched = records.positions.fill(fill, trade_id)
        entry = price(touched[-1].open_entry_price, self._dialect)
        row = self._trade_row(fill, view, perp, trade_id) | {"entryPrice": entry}
        positions = tuple(record.id for record in touched)
        records.trades.append(TradeRow(fill.time, perp.symbol, view.venue_id, positions, row))
        pushed = {"eventType": "trade", "subAccountId": account, **row, "tradedAt": fill.time}
        if position := pushed_position(self._exchange, account, perp, self._dialect):
            pushed["position"] = position
        told = [pushed]
        if view.filled < view.quantity:
            told.append(event_of("orderPartiallyFilled", account, view, self._dialect))
        return [*told, self.margin_update(account)]

    def _trade_row(self, fill: Fill, view: OrderView, perp: SynthetixPerp, trade_id: str) -> Json:
        taker, maker = self._exchange.fee_rates(fill.account)
        return {
            "tradeId": trade_id,
            "order": ids(view.venue_id, view.client_id),
            "orderId": str(view.venue_id),
            "symbol": perp.symbol,
            "orderType": view.type,
            "side": SIDES[fill.side],
            "price": short(fill.price),
            "quantity": short(fill.size),
            "realizedPnl": usdt(fill.closed_pnl, self._dialect),
            "fee": usdt(fill.fee, self._dialect),
            "feeRate": self._dialect.figure(taker if fill.crossed else maker),
            "timestamp": fill.time,
            "maker": not fill.crossed,
            "reduceOnly": view.reduce_only,
            "markPrice": price(self._exchange.market(fill.asset).mark, self._dialect),
            "triggeredByLiquidation": fill.liquidation is not None,
            "direction": fill.direction.value,
            "postOnly": view.post_only,
        }

    def _note_funding(self, account: str, paid: FundingPaid) -> list[Json]:
        records, perp = self.records[account], self._perps()[paid.asset]
        records.positions.pay(paid)
        records.fundings.append((perp.symbol, paid))
        pushed: Json = {
            "eventType": "funding",
            "subAccountId": account,
            "symbol": perp.symbol,
            "payment": usdt(paid.amount, self._dialect),
            "fundingRate": self._dialect.figure(paid.rate),
            "positionSize": short(paid.size),
            "timestamp": paid.time,
        }
        return [pushed, self.margin_update(account)]

    def margin_update(self, account: str) -> Json:
        """Write the margin of an account as a push."""
        return {
            "eventType": "marginUpdate",
            "subAccountId": account,
            **margin_summary(self._exchange, account, self._dialect),
            "timestamp": self._exchange.now,
        }

    def _note_liquidation(self, account: str, event: Liquidated) -> list[Json]:
        taken = event.method is LiquidationMethod.BACKSTOP
        return [
            {
                "eventType": "subAccountTakeover" if taken else "liquidation",
                "subAccountId": account,
                **each.data,
                "timestamp": event.time,
            }
            for each in self._public(event)
        ] + [self.margin_update(account)]

    def _public(self, event: Liquidated) -> list[Liquidation]:
        found = []
        for asset, size in event.positions:
            symbol = self._perps()[asset].symbol
            data: Json = {
                "eventId": str(event.lid),
                "market": symbol,
                "tsMs": event.time,
                "side": SIDES[Side.SELL if size > 0 else Side.BUY],
                "size": short(abs(size)),
                "liquidationPrice": price(self._exchange.market(asset).mark, self._dialect),
            }
            found.append(Liquidation(symbol, data))
        return found

    def prints(self, events: Iterable[Event]) -> list[Trades]:
        """Return the trades that the public sees, by coin: each match once.

        What the backstop liquidator takes over did not pass through the book.
        """
        found: dict[str, dict[int, Trade]] = {}
        for event in events:
            if not isinstance(event, Fill) or event.account == LIQUIDATOR:
                continue
            mark = event.liquidation
            if mark is None or mark.method is not LiquidationMethod.BACKSTOP:
                coin = self._perps()[event.asset].coin
                found.setdefault(coin, {}).setdefault(event.tid, _public_trade(event, coin))
        return [Trades(coin, tuple(trades.values())) for coin, trades in found.items()]


def _public_trade(fill: Fill, coin: str) -> Trade:
    taker = fill.side if fill.crossed else fill.side.opposite
    return Trade(
        coin=coin,
        side="B" if taker is Side.BUY else "A",
        px=short(fill.price),
        sz=short(fill.size),
        time=fill.time,
        hash=NO_HASH,
        tid=FIRST_TRADE + fill.tid,
        users=(NOBODY, NOBODY),
    )
