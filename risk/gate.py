"""Stands where every order passes, before Nautilus's risk engine; what may pass others decide."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Clock, Logger, MessageBus
from nautilus_trader.core.message import Command
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.execution.messages import (
    ModifyOrder,
    SubmitOrder,
    SubmitOrderList,
    TradingCommand,
)
from nautilus_trader.model.enums import OrderStatus, TradingState
from nautilus_trader.model.events import OrderDenied, OrderModifyRejected
from nautilus_trader.model.orders import Order
from nautilus_trader.risk.engine import RiskEngine

from risk.controls import first_refusal
from risk.events import REFUSALS, Halt, OrderRefused
from risk.limits import Bounds, LimitBook
from risk.observer import Observer, Proposal, name_of, proposal_of
from risk.picture import Picture
from risk.refusals import Reason, Refusal

RISK_DOOR = "RiskEngine.execute"
EXEC_DOOR = "ExecEngine.execute"

type _Send = Callable[[Command], None]


class Gate:
    """
    Let through what may trade, and deny the rest before it has left.

    A strategy cannot go around it: `install` puts it in the place of Nautilus's risk engine on the
    message bus, by which all orders go, and hands on to that engine what has passed. Orders that
    Nautilus holds back itself (emulated ones) come out behind that engine, and are met there.

    What can only reduce a position always passes. While trading is halted Nautilus's engine would
    deny that too, so then it is handed to the execution engine directly.

    Parameters
    ----------
    observer : Observer
        Makes the pictures that the controls look at.
    book : LimitBook
        The limits.
    msgbus, cache, clock
        The node's.
    """

    def __init__(
        self, observer: Observer, book: LimitBook, msgbus: MessageBus, cache: Cache, clock: Clock
    ) -> None:
        self.halt: Halt | None = None
        self._observer = observer
        self._book = book
        self._msgbus = msgbus
        self._cache = cache
        self._clock = clock
        self._bounds: dict[tuple[str, str], Bounds] = {}
        self._log = Logger("RiskGate")
        self._send_to_risk: _Send = _nowhere
        self._send_to_execution: _Send = _nowhere
        self._is_halted: Callable[[], bool] = lambda: False

    def install(self, risk_engine: RiskEngine, exec_engine: ExecutionEngine) -> None:
        """
        Take the place of both engines on the message bus.

        Raises
        ------
        KeyError, ValueError
            If something else stands there already.
        """
        self._send_to_risk = risk_engine.execute
        self._send_to_execution = exec_engine.execute
        self._is_halted = lambda: risk_engine.trading_state == TradingState.HALTED
        for endpoint, before, after in (
            (RISK_DOOR, risk_engine.execute, self.execute),
            (EXEC_DOOR, exec_engine.execute, self.execute_released),
        ):
            self._msgbus.deregister(endpoint=endpoint, handler=before)
            self._msgbus.register(endpoint=endpoint, handler=after)

    def execute(self, command: TradingCommand) -> None:
        """Judge a command on its way to Nautilus's risk engine."""
        match command:
            case SubmitOrder():
                self._judge(command, [command.order])
            case SubmitOrderList():
                self._judge(command, command.order_list.orders)
            case ModifyOrder():
                self._judge_change(command)
            case _:
                self._send_to_risk(command)

    def execute_released(self, command: Command) -> None:
        """Judge an order that was held back until now; let by all that was judged before."""
        if isinstance(command, SubmitOrder) and command.order.status == OrderStatus.RELEASED:
            refusals = self._refusals([command.order])
            if refusals:
                self._deny(refusals)
                return
        self._send_to_execution(command)

    def _judge(self, command: TradingCommand, orders: Sequence[Order]) -> None:
        refusals = self._refusals(orders)
        if refusals:
            self._deny(refusals)
        else:
            self._pass(command, orders)

    def _pass(self, command: TradingCommand, orders: Sequence[Order]) -> None:
        # Halted, nothing but exits comes to here.
        is_past_the_halt = self._is_halted() and (self.halt is not None or _are_exits(orders))
        send = self._send_to_execution if is_past_the_halt else self._send_to_risk
        send(command)

    def _refusals(self, orders: Sequence[Order]) -> list[tuple[Order, Refusal]]:
        """Return why these may not be sent, for each of them; none of a list goes alone."""
        noted: list[Order] = []
        for order in orders:
            picture = self._observer.look(proposal_of(order))
            if picture is None:
                continue
            refusal = self._refusal(order, picture)
            if refusal is None:
                self._observer.note_passed(order)
                noted.append(order)
                continue
            for each in noted:
                self._observer.forget(each)
            words = f"Expected its list to pass, {order.client_order_id} was refused"
            sibling = Refusal(reason=Reason.SIBLING, words=words)
            return [(each, refusal if each is order else sibling) for each in orders]
        return []

    def _refusal(self, order: Order, picture: Picture) -> Refusal | None:
        if self.halt is not None:
            return Refusal(reason=Reason.HALTED, words=f"Expected no halt, was {self.halt}")
        return first_refusal(picture, self._bounds_of(order))

    def _bounds_of(self, order: Order) -> Bounds:
        key = (order.strategy_id.value, order.instrument_id.value)
        if key not in self._bounds:
            self._bounds[key] = self._book.bounds(
                order.instrument_id.venue.value, name_of(order.strategy_id), key[1]
            )
        return self._bounds[key]

    def _judge_change(self, command: ModifyOrder) -> None:
        order = self._cache.order(command.client_order_id)
        if order is None:
            self._send_to_risk(command)  # which says so
            return
        picture = self._observer.look(_changed(order, command))
        refusal = None if picture is None else self._refusal(order, picture)
        # It is an order already: it makes them no more.
        if refusal is None or refusal.reason in {Reason.ORDER_RATE, Reason.OPEN_ORDERS}:
            self._pass(command, [order])
        else:
            self._reject_change(order, refusal)

    def _deny(self, refusals: Sequence[tuple[Order, Refusal]]) -> None:
        for order, refusal in refusals:
            self._tell(order, refusal)
            denied = OrderDenied(
                trader_id=order.trader_id,
                strategy_id=order.strategy_id,
                instrument_id=order.instrument_id,
                client_order_id=order.client_order_id,
                reason=str(refusal),
                event_id=UUID4(),
                ts_init=self._clock.timestamp_ns(),
            )
            self._msgbus.send(endpoint="ExecEngine.process", msg=denied)

    def _reject_change(self, order: Order, refusal: Refusal) -> None:
        self._tell(order, refusal)
        now = self._clock.timestamp_ns()
        rejected = OrderModifyRejected(
            trader_id=order.trader_id,
            strategy_id=order.strategy_id,
            instrument_id=order.instrument_id,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            account_id=order.account_id,
            reason=str(refusal),
            event_id=UUID4(),
            ts_event=now,
            ts_init=now,
        )
        self._msgbus.send(endpoint="ExecEngine.process", msg=rejected)

    def _tell(self, order: Order, refusal: Refusal) -> None:
        self._log.warning(
            f"Refused {order.client_order_id} of {order.strategy_id} in"
            f" {order.instrument_id}: {refusal}"
        )
        told = OrderRefused(
            client_order_id=order.client_order_id.value,
            strategy_id=order.strategy_id.value,
            instrument_id=order.instrument_id.value,
            refusal=refusal,
            ts_event=self._clock.timestamp_ns(),
        )
        self._msgbus.publish(REFUSALS, told)


def _changed(order: Order, command: ModifyOrder) -> Proposal:
    """Return an order as a command would have it."""
    now = proposal_of(order)
    size: Decimal = now.size
    if command.quantity is not None:
        size = command.quantity.as_decimal() - order.filled_qty.as_decimal()
    wanted = command.price if order.has_price else command.trigger_price
    return Proposal(order, size, now.price if wanted is None else wanted.as_decimal())


def _are_exits(orders: Sequence[Order]) -> bool:
    return all(order.is_reduce_only for order in orders)


def _nowhere(command: Command) -> None:
    raise RuntimeError(f"Expected an installed gate for {command!r}, was none")
