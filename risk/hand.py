"""Cancels and closes in the name of whoever owns an order or a position; it decides nothing."""

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Clock, MessageBus
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import CancelOrder, SubmitOrder
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId, PositionId
from nautilus_trader.model.orders import MarketOrder, Order
from nautilus_trader.model.position import Position

CANCEL_AGAIN_NS = 5_000_000_000
"""A cancel that was not heard of for so long is sent again; a lost one has expired by then."""

CLOSE_AGAIN_NS = 20_000_000_000
"""A closing order that has not ended by then never will: a thin book, or a simulated one."""

TAG = "RISK"
"""Stands on the orders that are sent here."""


class Hand:
    """
    Send cancels and closing orders, one at a time for each order and position.

    A closing order belongs to the position's strategy, which hears of its events like of its own.

    Parameters
    ----------
    msgbus, cache, clock
        The node's.
    """

    def __init__(self, msgbus: MessageBus, cache: Cache, clock: Clock) -> None:
        self._msgbus = msgbus
        self._cache = cache
        self._clock = clock
        self._canceled_at: dict[ClientOrderId, int] = {}
        self._closing: dict[PositionId, Order] = {}

    def live_orders(self) -> list[Order]:
        """Return the orders that are open, in flight or held back, each once."""
        found = [
            *self._cache.orders_open(),
            *self._cache.orders_inflight(),
            *self._cache.orders_emulated(),
        ]
        return list({order.client_order_id: order for order in found}.values())

    def cancel(self, order: Order) -> None:
        """Cancel an order, unless that is under way."""
        now = self._clock.timestamp_ns()
        last = self._canceled_at.get(order.client_order_id)
        if last is not None and now - last < CANCEL_AGAIN_NS:
            return
        self._canceled_at = {
            id_: ts for id_, ts in self._canceled_at.items() if now - ts < CANCEL_AGAIN_NS
        }
        self._canceled_at[order.client_order_id] = now
        command = CancelOrder(
            trader_id=order.trader_id,
            strategy_id=order.strategy_id,
            instrument_id=order.instrument_id,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            command_id=UUID4(),
            ts_init=now,
        )
        endpoint = "OrderEmulator.execute" if order.is_emulated else "ExecEngine.execute"
        self._msgbus.send(endpoint=endpoint, msg=command)

    def close(self, position: Position) -> Order | None:
        """Close a position at the market, unless that is under way; return what was sent."""
        closing = self._closing.get(position.id)
        if closing is not None and not closing.is_closed:
            if self._clock.timestamp_ns() - closing.ts_init < CLOSE_AGAIN_NS:
                return None
            self.cancel(closing)
        self._closing = {id_: order for id_, order in self._closing.items() if not order.is_closed}
        order = self._closing_order(position)
        self._closing[position.id] = order
        self._cache.add_order(order, position.id, None)
        topic = f"events.order.{order.strategy_id.value}"
        self._msgbus.publish(topic=topic, msg=order.init_event)
        command = SubmitOrder(
            trader_id=order.trader_id,
            strategy_id=order.strategy_id,
            order=order,
            command_id=UUID4(),
            ts_init=order.ts_init,
            position_id=position.id,
        )
        self._msgbus.send(endpoint="RiskEngine.execute", msg=command)
        return order

    def _closing_order(self, position: Position) -> Order:
        return MarketOrder(
            trader_id=position.trader_id,
            strategy_id=position.strategy_id,
            instrument_id=position.instrument_id,
            # Not from the strategy's factory, which counts its own.
            client_order_id=ClientOrderId(f"{TAG}-{UUID4().value[:18]}"),
            order_side=OrderSide.SELL if position.is_long else OrderSide.BUY,
            quantity=position.quantity,
            init_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
            reduce_only=True,
            tags=[TAG],
        )
