"""A strategy that trades nothing: it tells the node's books to whoever asks at its socket.

It stands in the profile of a soak by its import path, as a strategy of one's own does, so that the
process is `perpdesk run` and nothing else.
"""

import asyncio
from collections import defaultdict
from decimal import Decimal

import msgspec
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy

from tests.soak.pictures import FillPicture, NodePicture, OrderPicture, Question


class BookkeeperConfig(StrategyConfig, frozen=True, kw_only=True):
    """`socket` is the path of a Unix socket."""

    socket: str


class Bookkeeper(Strategy):
    def __init__(self, config: BookkeeperConfig) -> None:
        super().__init__(config)
        self._serving: asyncio.Task[None] | None = None

    def on_start(self) -> None:
        self._serving = asyncio.get_running_loop().create_task(self._serve(), name="bookkeeper")

    def on_stop(self) -> None:
        """Go on answering: what there is after the end is asked for as well."""

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._answer, self.config.socket)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = msgspec.json.decode(await reader.readline(), type=Question)
        writer.write(msgspec.json.encode(self._picture(question)) + b"\n")
        writer.close()

    def _picture(self, question: Question) -> NodePicture:
        orders = self.cache.orders()
        told = [o for o in orders if not o.is_closed or o.ts_last >= question.since_ns]
        positions: dict[str, Decimal] = defaultdict(Decimal)
        for position in self.cache.positions_open():
            positions[position.instrument_id.value] += position.signed_decimal_qty()
        return NodePicture(
            is_running=self.is_running,
            orders=tuple(map(_order, told)),
            positions=positions,
            cash={
                account.id.get_issuer(): total.as_decimal()
                for account in self.cache.accounts()
                for total in account.balances_total().values()
            },
            orders_known=len(orders),
            tasks=len(asyncio.all_tasks()),
        )


def _order(order: Order) -> OrderPicture:
    fills = [event for event in order.events if hasattr(event, "trade_id")]
    return OrderPicture(
        name=order.client_order_id.value,
        venue=order.instrument_id.venue.value,
        venue_id=None if order.venue_order_id is None else order.venue_order_id.value,
        strategy=order.strategy_id.value,
        kind=order.type_string(),
        side=order.side_string(),
        status=order.status_string(),
        is_open=order.is_open,
        is_under_way=order.is_inflight,
        quantity=order.quantity.as_decimal(),
        leaves=order.leaves_qty.as_decimal(),
        trigger=order.trigger_price.as_decimal() if order.has_trigger_price else None,
        fills=tuple(
            FillPicture(
                trade=fill.trade_id.value,
                price=fill.last_px.as_decimal(),
                size=fill.last_qty.as_decimal(),
                fee=fill.commission.as_decimal(),
            )
            for fill in fills
        ),
    )
