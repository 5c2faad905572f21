"""The strategy that makes one alert two: it trades nothing, its legs are alert strategies."""

from datetime import timedelta
from decimal import Decimal

import msgspec
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.identifiers import ClientId, ClientOrderId, InstrumentId
from nautilus_trader.trading.strategy import Strategy

from strategies.protection import PriceLevel
from strategies.signals import (
    DECISIONS,
    LEG_SEPARATOR,
    Action,
    Decision,
    Reason,
    Signal,
    key_of_leg,
    signal_data_type,
)

_MIRRORED = {Action.BUY: Action.SELL, Action.SELL: Action.BUY}
WAIT_TIMER = "wait-for-the-legs"
WAIT = timedelta(milliseconds=100)
"""How often a hedge looks whether its legs listen."""


class HedgeLeg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    One leg: an alert strategy, and what it trades.

    Parameters
    ----------
    strategy : str
        The name by which signals address it.
    instrument_id : InstrumentId
        Its only instrument.
    """

    strategy: str
    instrument_id: InstrumentId


class HedgeStrategyConfig(StrategyConfig, kw_only=True, frozen=True):
    """
    Configure `HedgeStrategy`.

    Parameters
    ----------
    name : str
        The name by which signals address this strategy.
    same : HedgeLeg
        Does what the signal says.
    opposite : HedgeLeg
        Does the opposite.
    signal_client_id : ClientId
        The data client that delivers the signals.

    Raises
    ------
    ValueError
        If both legs are one.
    """

    name: str
    same: HedgeLeg
    opposite: HedgeLeg
    signal_client_id: ClientId = ClientId("WEBHOOK")

    def __post_init__(self) -> None:
        """Refuse a hedge of a strategy against itself."""
        if self.same.strategy == self.opposite.strategy:
            raise ValueError(f"Expected two legs, was {self.same.strategy} twice")


class HedgeStrategy(Strategy):
    """
    Hand each Signal on to two strategies, and publish one Decision of both.

    The legs decide, trade and expire apart: where one's venue is away, that leg is refused or
    expires, and the other trades all the same. Both have keys of their own, derived from the
    signal's, so that one that comes again is traded by no leg again.
    """

    def __init__(self, config: HedgeStrategyConfig) -> None:
        super().__init__(config)
        self._legs: tuple[HedgeLeg, HedgeLeg] = (config.same, config.opposite)
        self._is_listening = False
        self._answers: dict[str, dict[str, Decision]] = {}

    def on_start(self) -> None:
        """Take part once both legs hear their signals."""
        self.msgbus.subscribe(DECISIONS, self._on_decision)
        self._listen_when_heard()

    def _listen_when_heard(self, _event: TimeEvent | None = None) -> None:
        """Hear signals once both legs do; until then they wait for us, and may expire."""
        topics = {subscription.topic for subscription in self.msgbus.subscriptions()}
        if not all(f"data.{signal_data_type(leg.strategy).topic}" in topics for leg in self._legs):
            if WAIT_TIMER not in self.clock.timer_names:
                self.clock.set_timer(WAIT_TIMER, WAIT, callback=self._listen_when_heard)
            return
        self._stop_waiting()
        config: HedgeStrategyConfig = self.config
        self.subscribe_data(signal_data_type(config.name), client_id=config.signal_client_id)
        self._is_listening = True

    def _stop_waiting(self) -> None:
        if WAIT_TIMER in self.clock.timer_names:
            self.clock.cancel_timer(WAIT_TIMER)

    def on_stop(self) -> None:
        """Hear no more; what the legs have not answered comes again when somebody listens."""
        self._stop_waiting()
        if self._is_listening:
            config: HedgeStrategyConfig = self.config
            self.unsubscribe_data(signal_data_type(config.name), client_id=config.signal_client_id)
            self._is_listening = False
        self.msgbus.unsubscribe(DECISIONS, self._on_decision)
        self._answers.clear()

    def on_resume(self) -> None:
        """Listen again."""
        self.on_start()

    def on_reset(self) -> None:
        """Forget what was under way."""
        self._answers.clear()

    def on_data(self, data: Signal) -> None:
        """Hand a signal on to both legs, or say why not."""
        config: HedgeStrategyConfig = self.config
        words = refusal(data, config)
        if words is not None:
            self._publish(data.key, (), *words)
            return
        self._answers[data.key] = {}
        for leg in self._legs:
            signal = signal_of(data, leg, is_opposite=leg is config.opposite)
            self.publish_data(signal_data_type(leg.strategy), signal)

    def _on_decision(self, decision: Decision) -> None:
        """Take the answer of a leg; with the second one the hedge is decided."""
        key, separator, leg = decision.key.rpartition(LEG_SEPARATOR)
        answers = self._answers.get(key) if separator else None
        if answers is None:
            return
        answers[leg] = decision
        if len(answers) < len(self._legs):
            return
        del self._answers[key]
        both = [answers[leg.strategy] for leg in self._legs]
        orders = tuple(order for one in both for order in one.orders)
        reason = next((one.reason for one in both if one.reason is not None), None)
        self._publish(key, orders, reason, "; ".join(map(_in_words, both)))

    def _publish(
        self, key: str, orders: tuple[ClientOrderId, ...], reason: Reason | None, words: str
    ) -> None:
        config: HedgeStrategyConfig = self.config
        decision = Decision(
            key=key,
            strategy=config.name,
            orders=orders,
            reason=reason,
            message=words,
            ts_event=self.clock.timestamp_ns(),
        )
        self.msgbus.publish(DECISIONS, decision)


def refusal(signal: Signal, config: HedgeStrategyConfig) -> tuple[Reason, str] | None:
    """Return why a signal cannot be handed on, as a code and in words; None if it can."""
    if signal.instrument_id not in {config.same.instrument_id, config.opposite.instrument_id}:
        words = (
            f"Expected a signal for {config.same.instrument_id} or"
            f" {config.opposite.instrument_id}, was for {signal.instrument_id} ({signal.key})"
        )
        return Reason.WRONG_INSTRUMENT, words
    if any(isinstance(one, PriceLevel) for one in (signal.stop, signal.take_profit)):
        words = f"Expected distances, which fit both legs, found a price ({signal.key})"
        return Reason.BAD_PROTECTION, words
    return None


def signal_of(signal: Signal, leg: HedgeLeg, *, is_opposite: bool) -> Signal:
    """Return what a leg is asked for: the same but for its name, key, instrument and side."""
    action, quantity = signal.action, signal.quantity
    if is_opposite:
        action = _MIRRORED.get(action, action)
        quantity = _mirrored(signal)
    return Signal(
        source=signal.source,
        key=key_of_leg(signal.key, leg.strategy),
        strategy=leg.strategy,
        instrument_id=leg.instrument_id,
        action=action,
        quantity=quantity,
        sizing=signal.sizing,
        stop=signal.stop,
        take_profit=signal.take_profit,
        is_exit=signal.is_exit,
        reason=signal.reason,
        ts_expires=signal.ts_expires,
        ts_event=signal.ts_event,
        ts_init=signal.ts_init,
    )


def _mirrored(signal: Signal) -> Decimal | None:
    is_target = signal.action is Action.TARGET
    return -signal.quantity if is_target and signal.quantity is not None else signal.quantity


def _in_words(answer: Decision) -> str:
    return f"{answer.strategy}: {answer.message or answer.reason or 'its order was sent'}"
