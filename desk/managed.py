"""A strategy that keeps its exceptions to itself and can be paused, whatever class it is.

Nautilus stops the node when a handler raises, and with it every other strategy. Here the strategy
alone is taken out: it is degraded, hears nothing more, and what rests at the venue stays there for
a person to decide on.
"""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderDenied
from nautilus_trader.model.orders import Order, OrderList
from nautilus_trader.trading.strategy import Strategy

# What they return is needed, and they are called outside of a run.
_UNGUARDED: Final = frozenset({"on_save", "on_load"})


def managed(strategy_type: type[Strategy]) -> type[Strategy]:
    """
    Return a subclass with the same name, whose instances have `is_paused` and `failure`.

    While it is paused, an order that could open or enlarge a position is denied; `failure` says
    what was raised, in words, or None.
    """
    guarded = {
        name: _guarded(name, getattr(strategy_type, name))
        for name in dir(strategy_type)
        if name.startswith("on_")
        and name not in _UNGUARDED
        and getattr(strategy_type, name) is not getattr(Strategy, name, None)
    }
    members = {
        "__module__": strategy_type.__module__,
        "__doc__": strategy_type.__doc__,
        "is_paused": False,
        "failure": None,
        "submit_order": _gate(strategy_type),
        "submit_order_list": _list_gate(strategy_type),
    }
    return type(strategy_type.__name__, (strategy_type,), guarded | members)


def may_open(strategy: Strategy, order: Order) -> bool:
    """Tell whether an order could open a position of a strategy, enlarge it, or turn it."""
    if order.is_reduce_only:
        return False
    held = strategy.cache.positions_open(instrument_id=order.instrument_id, strategy_id=strategy.id)
    position = sum(each.signed_decimal_qty() for each in held)
    is_against = position < 0 if order.side == OrderSide.BUY else position > 0
    return not (is_against and order.quantity.as_decimal() <= abs(position))


def _guarded(name: str, handler: Callable[..., object]) -> Callable[..., object]:
    @wraps(handler)
    def guarded(self: Any, *arguments: Any) -> object:  # noqa: ANN401  whatever Nautilus passes
        try:
            return handler(self, *arguments)
        except Exception as e:  # noqa: BLE001  the one boundary, logged with its traceback
            self._log.exception(f"{name} failed", e)
            self.failure = f"{name} failed: {e!r}"
            if self.is_running:
                self.degrade()
            else:  # on its way to it: Nautilus degrades nothing but what runs
                asyncio.get_running_loop().call_soon(_degrade, self)
            return None

    return guarded


def _degrade(strategy: Any) -> None:  # noqa: ANN401  a strategy with the members above
    if strategy.is_running and strategy.failure is not None:
        strategy.degrade()


def _gate(strategy_type: type[Strategy]) -> Callable[..., None]:
    def submit_order(self: Any, order: Order, *rest: Any, **named: Any) -> None:  # noqa: ANN401
        if self.is_paused and may_open(self, order):
            _deny(self, order)
        else:
            strategy_type.submit_order(self, order, *rest, **named)

    return submit_order


def _list_gate(strategy_type: type[Strategy]) -> Callable[..., None]:
    def submit_order_list(
        self: Any,  # noqa: ANN401
        order_list: OrderList,
        *rest: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> None:
        # Its protection without its entry would protect nothing.
        if self.is_paused and any(may_open(self, order) for order in order_list.orders):
            for order in order_list.orders:
                _deny(self, order)
        else:
            strategy_type.submit_order_list(self, order_list, *rest, **named)

    return submit_order_list


def _deny(strategy: Strategy, order: Order) -> None:
    strategy.cache.add_order(order)
    event = OrderDenied(
        strategy.trader_id,
        strategy.id,
        order.instrument_id,
        order.client_order_id,
        "the strategy is paused",
        UUID4(),
        strategy.clock.timestamp_ns(),
    )
    strategy.msgbus.send("ExecEngine.process", event)
