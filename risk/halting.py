"""Halts trading and makes it so: orders canceled, positions closed; why is for others to say."""

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Clock, Logger, MessageBus
from nautilus_trader.model.enums import TradingState
from nautilus_trader.risk.engine import RiskEngine

from risk.events import HALTS, Halt, Lift
from risk.gate import Gate
from risk.hand import Hand


class Halting:
    """
    Halt and lift.

    While trading is halted, orders that may open something are canceled, and with `flatten`
    positions are closed, until none are left. What protects a position stays with it.

    Parameters
    ----------
    gate : Gate
        Refuses entries from then on.
    engine : RiskEngine
        Nautilus's, whose trading state tells everybody else.
    hand : Hand
        Cancels and closes.
    msgbus, cache, clock
        The node's.
    """

    def __init__(
        self,
        gate: Gate,
        engine: RiskEngine,
        hand: Hand,
        msgbus: MessageBus,
        cache: Cache,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._engine = engine
        self._hand = hand
        self._msgbus = msgbus
        self._cache = cache
        self._clock = clock
        self._log = Logger("RiskGuard")
        self._told: Halt | None = None

    @property
    def halt(self) -> Halt | None:
        """Return what halts trading; None while nothing does."""
        return self._gate.halt

    def begin(self, halt: Halt) -> None:
        """Halt, or change to another halt; does nothing about one that is known."""
        if halt == self._gate.halt:
            return
        self._gate.halt = halt
        if self._engine.trading_state != TradingState.HALTED:
            self._engine.set_trading_state(TradingState.HALTED)
        self._log.error(f"Trading is {halt}")

    def tell(self) -> None:
        """Publish a halt that was not published yet; apart, since at a start nobody listens yet."""
        halt = self._gate.halt
        if halt is not None and halt != self._told:
            self._msgbus.publish(HALTS, halt)
        self._told = halt

    def end(self) -> None:
        """Go on trading."""
        halt, self._gate.halt = self._gate.halt, None
        if halt is None:
            return
        self._engine.set_trading_state(TradingState.ACTIVE)
        lift = Lift(halt=halt, ts_event=self._clock.timestamp_ns())
        self._log.warning(f"Trading goes on, {lift}")
        self._msgbus.publish(HALTS, lift)

    def pursue(self) -> None:
        """Cancel and close what should not be there any more, as often as this is called."""
        halt = self._gate.halt
        if halt is None:
            return
        positions = self._cache.positions_open()
        held = {position.instrument_id for position in positions}
        for order in self._hand.live_orders():
            is_exit = order.is_reduce_only and order.instrument_id in held
            if not is_exit and not order.is_pending_cancel:
                self._hand.cancel(order)
        for position in positions if halt.flatten else ():
            order = self._hand.close(position)
            if order is not None:
                self._log.error(f"Closing {position} with {order.client_order_id}: {halt}")
