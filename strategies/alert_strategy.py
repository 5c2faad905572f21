"""The strategy that trades Signals, TradingView alerts above all: glue, it decides no sizes."""

from collections import deque
from datetime import timedelta
from decimal import Decimal

from nautilus_trader.common.component import TimeEvent
from nautilus_trader.config import StrategyConfig
from nautilus_trader.core.message import Event
from nautilus_trader.model.identifiers import ClientId, ClientOrderId, InstrumentId
from nautilus_trader.trading.strategy import Strategy

from strategies.protection import Distance, PercentDistance, PriceLevel
from strategies.signals import (
    DECISIONS,
    Action,
    Decision,
    Reason,
    Signal,
    order_id_of,
    signal_data_type,
)
from strategies.sizing import Sizing
from strategies.trader import StrategyStatus, Trader, contained

WAIT_TIMER = "wait-for-a-price"
WAIT = timedelta(milliseconds=100)
"""How often a strategy without a price looks for one."""

KEYS_MAX = 100_000
"""Keys remembered in a run: months of alerts, and under 20 MB."""


class AlertStrategyConfig(StrategyConfig, kw_only=True, frozen=True):
    """
    Configure `AlertStrategy`.

    Parameters
    ----------
    instrument_id : InstrumentId
        What to trade; signals for anything else are refused.
    name : str
        The name by which signals address this strategy.
    sizing : Sizing
        How much to trade when a signal does not say.
    stop, take_profit : PercentDistance or None
        Where protection rests when a signal does not say. What a signal says holds for the position
        until the next one trades: that goes back to these, where they are set.
    signal_client_id : ClientId
        The data client that delivers the signals.
    cancel_orders_on_stop : bool
        Whether to cancel entries under way when the strategy stops.
    close_positions_on_stop : bool
        Whether to close the position, and its protection with it, when the strategy stops.
    """

    instrument_id: InstrumentId
    name: str
    sizing: Sizing
    stop: PercentDistance | None = None
    take_profit: PercentDistance | None = None
    signal_client_id: ClientId = ClientId("WEBHOOK")
    cancel_orders_on_stop: bool = True
    close_positions_on_stop: bool = False


class AlertStrategy(Strategy):
    """
    Trade what Signals ask for, each key once, and publish a Decision about each.

    The order for a signal has the client order id `order_id_of(key)`, so that a signal that comes
    again, in this run or a later one, is known by its order; the key stands on it as a tag as well.
    """

    def __init__(self, config: AlertStrategyConfig) -> None:
        super().__init__(config)
        self.is_paused = False  # entries wait for a person; exits and protection do not
        self._parameters = config
        self._clear()

    @property
    def config(self) -> AlertStrategyConfig:
        """Return what holds now; Nautilus keeps what the strategy was made with."""
        return self._parameters

    def reconfigure(self, config: AlertStrategyConfig) -> None:
        """
        Go on with other parameters; what protects a position now holds until the next trade.

        Expects the same instrument and names, and that no order which moves the position is under
        way: the new trader would not count it.
        """
        self._parameters = config
        self.trader = self._new_trader()
        if self.is_running:
            self.trader.protector.adopt(are_prices_kept=True)

    def _clear(self) -> None:
        self.trader = self._new_trader()
        self._keys: dict[str, None] = {}
        self._is_listening = False
        self._is_deciding = False
        self._waiting: deque[Signal] = deque()

    def _new_trader(self) -> Trader:
        config = self.config
        return Trader(
            self,
            config.instrument_id,
            config.stop,
            config.take_profit,
            is_paused=lambda: self.is_paused,
        )

    def status(self) -> StrategyStatus:
        """Return a snapshot for people."""
        return StrategyStatus(
            position=self.trader.position,
            degraded=self.trader.degraded,
            last_signal=self.trader.last_signal,
            last_refusal=self.trader.last_refusal,
        )

    def on_start(self) -> None:
        """Subscribe to quotes, which price and fill the orders, and to the signals."""
        config = self.config
        if self.cache.instrument(config.instrument_id) is None:
            self.trader.degrade(f"Expected an instrument {config.instrument_id}, found none")
            return
        self.subscribe_quote_ticks(config.instrument_id)
        # What an alert of an earlier start has said holds until the next one trades.
        self.trader.protector.adopt(are_prices_kept=True)
        self._listen_when_priced()

    def _listen_when_priced(self, _event: TimeEvent | None = None) -> None:
        """Hear signals once there is a price to size orders with; until then they wait for us."""
        if self._is_listening:
            return  # a backtest makes an hour of the timer's events before the first is handled
        if self.trader.price() is None:
            if WAIT_TIMER not in self.clock.timer_names:
                self.clock.set_timer(WAIT_TIMER, WAIT, callback=self._listen_when_priced)
            return
        self._stop_waiting()
        config = self.config
        self.subscribe_data(signal_data_type(config.name), client_id=config.signal_client_id)
        self._is_listening = True

    def _stop_waiting(self) -> None:
        if WAIT_TIMER in self.clock.timer_names:
            self.clock.cancel_timer(WAIT_TIMER)

    @contained
    def on_data(self, data: Signal) -> None:
        """
        Trade a signal, or note why not; either way, say so.

        One that comes while the order of an earlier one is under way waits for its end: only then
        is known what position there is to add to, or to leave.
        """
        self._waiting.append(data)
        self._answer_waiting()

    @contained
    def on_event(self, event: Event) -> None:
        """Pass orders and positions on to the trader."""
        self.trader.on_event(event)
        self._answer_waiting()

    def _answer_waiting(self) -> None:
        # An order may be denied, or fill, inside of the call that sends it.
        while self._waiting and not self._is_deciding and not self.trader.is_moving:
            self._is_deciding = True
            try:
                self._decide(self._waiting.popleft())
            finally:
                self._is_deciding = False

    def _decide(self, signal: Signal) -> None:
        answer: ClientOrderId | Reason = Reason.FAILED
        before, self.trader.last_refusal = self.trader.last_refusal, None
        try:
            answer = self._answer(signal)
        finally:
            words = self.trader.last_refusal
            self.trader.last_refusal = words or before
            self._publish(signal, answer, words or "")

    def on_stop(self) -> None:
        """Hear no more signals; leave orders and positions as the configuration says."""
        self._stop_waiting()
        self._waiting.clear()  # undecided, they come again when somebody listens
        if self._is_listening:
            config = self.config
            self.unsubscribe_data(signal_data_type(config.name), client_id=config.signal_client_id)
            self._is_listening = False
        self.trader.stop(
            cancel_orders=self.config.cancel_orders_on_stop,
            close_positions=self.config.close_positions_on_stop,
        )

    def on_resume(self) -> None:
        """Listen again, and go on remembering what was traded."""
        self.on_start()

    def on_reset(self) -> None:
        """Forget everything seen."""
        self._clear()

    def _answer(self, signal: Signal) -> ClientOrderId | Reason:
        refuse = self.trader.refuse
        if signal.key in self._keys or self._knows_order_of(signal):
            words = f"Signal {signal.key} came again and was not traded again"
            return refuse(Reason.REPEATED, words)
        if signal.ts_expires is not None and self.clock.timestamp_ns() >= signal.ts_expires:
            words = f"Signal {signal.key} became too old while an earlier order was under way"
            return refuse(Reason.EXPIRED, words)
        self._remember(signal.key)
        self.trader.last_signal = signal
        if signal.instrument_id != self.config.instrument_id:
            return refuse(
                Reason.WRONG_INSTRUMENT,
                f"Expected a signal for {self.config.instrument_id}, "
                f"was for {signal.instrument_id} ({signal.key})",
            )
        if not all(map(self.trader.protector.can_measure, (signal.stop, signal.take_profit))):
            words = f"Expected distances in percent, found true ranges ({signal.key})"
            return refuse(Reason.BAD_PROTECTION, words)
        target = self._target(signal)
        if isinstance(target, Reason):
            return target
        if signal.is_exit:
            target = _no_larger(target, self.trader.exposure)
        return self._move(target, signal)

    def _move(self, target: Decimal, signal: Signal) -> ClientOrderId | Reason:
        protector = self.trader.protector
        before = protector.distances
        # Ahead of the order, whose fill a simulated venue may tell before the call returns.
        protector.set_distances(*self._protection(signal, target))
        answer = self.trader.move_to(target, signal.key, order_id_of(signal.key))
        if answer is Reason.NOTHING_TO_DO and (signal.stop or signal.take_profit):
            protector.protect()
        elif isinstance(answer, Reason):
            protector.set_distances(*before)
        return answer

    def _protection(
        self, signal: Signal, target: Decimal
    ) -> tuple[Distance | None, Distance | None]:
        """Return the signal's own distances, else the configured, else those of the position."""
        own = (self.config.stop, self.config.take_profit)
        before = self.trader.protector.distances
        exposure = self.trader.exposure or self.trader.position
        stop, take_profit = (
            wanted or configured or (held if _outlives(held, exposure, target) else None)
            for wanted, configured, held in zip(
                (signal.stop, signal.take_profit), own, before, strict=True
            )
        )
        return stop, take_profit

    def _publish(self, signal: Signal, answer: ClientOrderId | Reason, words: str) -> None:
        reason = answer if isinstance(answer, Reason) else None
        # Asked of the cache and not of the answer: what raised may have sent it before.
        orders = (order_id_of(signal.key),) if self._knows_order_of(signal) else ()
        decision = Decision(
            key=signal.key,
            strategy=self.config.name,
            orders=orders,
            reason=reason,
            message=words,
            ts_event=self.clock.timestamp_ns(),
        )
        self.msgbus.publish(DECISIONS, decision)

    def _knows_order_of(self, signal: Signal) -> bool:
        return self.cache.order(order_id_of(signal.key)) is not None

    def _remember(self, key: str) -> None:
        self._keys[key] = None
        if len(self._keys) > KEYS_MAX:
            del self._keys[next(iter(self._keys))]

    def _target(self, signal: Signal) -> Decimal | Reason:
        quantity = signal.quantity
        if signal.action is Action.CLOSE or (signal.action is Action.TARGET and quantity == 0):
            return Decimal(0)
        if signal.action is Action.TARGET:
            if quantity is None:
                words = f"Expected a target position, found none ({signal.key})"
                return self.trader.refuse(Reason.BAD_SIZE, words)
            size = self._size(abs(quantity))
            return size if isinstance(size, Reason) else size.copy_sign(quantity)
        sizing = signal.sizing or self.config.sizing
        size = self._size(sizing if quantity is None else quantity)
        if isinstance(size, Reason):
            return size
        return self.trader.exposure + (size if signal.action is Action.BUY else -size)

    def _size(self, wish: Sizing | Decimal) -> Decimal | Reason:
        return self.trader.size(wish, self.trader.price())


def _no_larger(target: Decimal, exposure: Decimal) -> Decimal:
    """Return a target that lies between the position and none at all."""
    if target * exposure <= 0:
        return Decimal(0)
    return min(abs(target), abs(exposure)).copy_sign(exposure)


def _outlives(held: Distance | None, exposure: Decimal, target: Decimal) -> bool:
    """Tell whether what protects a position may go on to; a price does so on one side alone."""
    is_turn = target * exposure < 0
    return bool(exposure) and not (is_turn and isinstance(held, PriceLevel))
