"""Strategies of somebody else, who knows nothing of perpdesk, for the tests of the manager."""

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy

ONE = Quantity(1, 3)


class ForeignConfig(StrategyConfig, kw_only=True, frozen=True):
    instrument_id: InstrumentId
    levels: int = 3


class Foreign(Strategy):
    """Counts quotes, trades by hand, and raises where it is told to; its status is no method."""

    status = "mine"

    def __init__(self, config: ForeignConfig) -> None:
        super().__init__(config)
        self.raises_in = ""
        self.quotes = 0

    def on_start(self) -> None:
        self.subscribe_quote_ticks(self.config.instrument_id)
        self._boom("start")

    def on_quote_tick(self, tick: QuoteTick) -> None:
        del tick
        self.quotes += 1
        self._boom("quote")

    def on_stop(self) -> None:
        self._boom("stop")

    def trade(self, side: OrderSide, *, reduce_only: bool = False) -> Order:
        order = self.order_factory.market(
            self.config.instrument_id, side, ONE, reduce_only=reduce_only
        )
        self.submit_order(order)
        return order

    def rest(self, side: OrderSide, price: float) -> Order:
        order = self.order_factory.limit(
            self.config.instrument_id, side, ONE, Price(price, 2), post_only=True
        )
        self.submit_order(order)
        return order

    def _boom(self, where: str) -> None:
        if self.raises_in == where:
            raise RuntimeError(f"boom in {where}")


class Changeable(Foreign):
    """Takes other parameters in a run; Nautilus's own config stays what it was."""

    levels = 0

    def reconfigure(self, config: ForeignConfig) -> None:
        self.levels = config.levels


class Unconfigured(Strategy):
    """Takes no configuration, so no profile can give it one."""

    def __init__(self) -> None:
        super().__init__()


class Misconfigured(Strategy):
    """Takes something else under the name of a configuration."""

    def __init__(self, config: int) -> None:
        super().__init__()
        self.number = config


class Misspelled(Strategy):
    """Names a configuration that is nowhere."""

    def __init__(self, config: "ForeignConfg") -> None:  # type: ignore[name-defined]  # noqa: F821
        super().__init__(config)


class Late(Strategy):
    """Names its configuration in quotes, as `from __future__ import annotations` does."""

    def __init__(self, config: "ForeignConfig") -> None:
        super().__init__(config)
