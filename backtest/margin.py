"""What leverage allows at a simulated venue, and its end; Nautilus's own accepts any order."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.cache.base import CacheFacade
from nautilus_trader.common.component import MessageBus
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder, SubmitOrderList, TradingCommand
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderDenied
from nautilus_trader.model.identifiers import InstrumentId, Venue
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.orders import Order
from nautilus_trader.portfolio.base import PortfolioFacade
from nautilus_trader.risk.engine import RiskEngine

from backtest.funding import net_position

RISK = "RiskEngine.execute"


class Liquidation(msgspec.Struct, frozen=True):
    """
    The end of an account.

    Attributes
    ----------
    time_ns : int
        The close of the bar in which it happened.
    equity : Decimal
        What was left at the bar's worst price, never below zero.

    """

    time_ns: int
    equity: Decimal


class MarginRules:
    """
    Refuse orders without margin, and notice when the account would have been liquidated.

    An order that enlarges a position is denied when the positions' value divided by their leverage
    would exceed the equity. The account is liquidated when a position that has lived through a bar
    leaves, at the bar's worst price, no more equity than the maintenance margin. All is cross.

    Parameters
    ----------
    venue : Venue
        Whose account is meant.
    leverages : mapping
        By instrument; the instrument's own limit goes before it.
    cache, portfolio, msgbus
        The engine's own.

    """

    def __init__(
        self,
        venue: Venue,
        leverages: Mapping[InstrumentId, Decimal],
        cache: CacheFacade,
        portfolio: PortfolioFacade,
        msgbus: MessageBus,
    ) -> None:
        self._venue = venue
        self._leverages = leverages
        self._cache = cache
        self._portfolio = portfolio
        self._msgbus = msgbus
        self._closes: dict[InstrumentId, Decimal] = {}
        self.liquidation: Liquidation | None = None

    def stand_before(self, risk: RiskEngine) -> None:
        """Take the place of the risk engine on the bus; what passes goes on to it."""
        self._msgbus.deregister(endpoint=RISK, handler=risk.execute)

        def execute(command: TradingCommand) -> None:
            for order in _orders(command):
                reason = self._refusal(order)
                if reason is not None:
                    self._deny(_orders(command), reason)
                    return
            risk.execute(command)

        self._msgbus.register(endpoint=RISK, handler=execute)

    def observe(self, bar: Bar) -> None:
        """Take a bar after its fills and its funding, ahead of strategies."""
        instrument_id = bar.bar_type.instrument_id
        self._closes[instrument_id] = bar.close.as_decimal()
        position = self._position(instrument_id)
        if not position or self.liquidation is not None:
            return
        worst = (bar.low if position > 0 else bar.high).as_decimal()
        multiplier = self._cache.instrument(instrument_id).multiplier.as_decimal()
        equity = self._equity(instrument_id) + position * multiplier * (
            worst - self._closes[instrument_id]
        )
        needed = sum(
            self._value(id_, self._position(id_), worst if id_ == instrument_id else close)
            * Decimal(self._cache.instrument(id_).margin_maint)
            for id_, close in self._closes.items()
        )
        if equity <= needed:
            self.liquidation = Liquidation(bar.ts_event, max(equity, Decimal(0)))

    def _refusal(self, order: Order) -> str | None:
        if self.liquidation is not None:
            return "The account was liquidated"
        position = self._position(order.instrument_id)
        size = order.quantity.as_decimal()
        after = position + (size if order.side == OrderSide.BUY else -size)
        if order.is_reduce_only or abs(after) <= abs(position):
            return None
        price = self._closes.get(order.instrument_id)
        if price is None:
            return "Expected a bar before the first order, found none"
        positions = {id_: self._position(id_) for id_ in self._closes} | {
            order.instrument_id: after
        }
        needed = sum(
            self._value(id_, held, self._closes[id_]) / self._leverage(id_)
            for id_, held in positions.items()
        )
        equity = self._equity(order.instrument_id)
        if needed > equity:
            return f"Expected margin of at least {needed:.2f}, found equity of {equity:.2f}"
        return None

    def _deny(self, orders: Iterable[Order], reason: str) -> None:
        for order in orders:
            denied = OrderDenied(
                trader_id=order.trader_id,
                strategy_id=order.strategy_id,
                instrument_id=order.instrument_id,
                client_order_id=order.client_order_id,
                reason=reason,
                event_id=UUID4(),
                ts_init=order.ts_init,
            )
            self._msgbus.send(endpoint="ExecEngine.process", msg=denied)

    def _position(self, instrument_id: InstrumentId) -> Decimal:
        return net_position(self._cache.positions_open(instrument_id=instrument_id))

    def _value(self, instrument_id: InstrumentId, position: Decimal, price: Decimal) -> Decimal:
        instrument: Instrument = self._cache.instrument(instrument_id)
        return abs(position) * price * Decimal(instrument.multiplier.as_decimal())

    def _leverage(self, instrument_id: InstrumentId) -> Decimal:
        limit = 1 / Decimal(self._cache.instrument(instrument_id).margin_init)
        return min(self._leverages[instrument_id], limit)

    def _equity(self, instrument_id: InstrumentId) -> Decimal:
        currency = self._cache.instrument(instrument_id).get_settlement_currency()
        money: Any = self._portfolio.equity(self._venue).get(currency)
        return Decimal(0) if money is None else Decimal(money.as_decimal())


def _orders(command: TradingCommand) -> list[Order]:
    if isinstance(command, SubmitOrder):
        return [command.order]
    if isinstance(command, SubmitOrderList):
        return list(command.order_list.orders)
    return []
