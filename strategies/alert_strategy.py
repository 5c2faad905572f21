"""The strategy that trades Signals, TradingView alerts above all: glue, it decides no sizes."""

from decimal import Decimal

from nautilus_trader.config import StrategyConfig
from nautilus_trader.core.message import Event
from nautilus_trader.model.identifiers import ClientId, InstrumentId
from nautilus_trader.trading.strategy import Strategy

from strategies.protection import PercentDistance
from strategies.signals import Action, Signal, signal_data_type
from strategies.sizing import Sizing
from strategies.trader import StrategyStatus, Trader, contained

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
        Where protection rests.
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
    Trade what Signals ask for, each key once in a run.

    The orders carry the signal's key as a tag, so a report can trace an alert to its orders.
    """

    def __init__(self, config: AlertStrategyConfig) -> None:
        super().__init__(config)
        self._clear()

    def _clear(self) -> None:
        config: AlertStrategyConfig = self.config
        self.trader = Trader(self, config.instrument_id, config.stop, config.take_profit)
        self._keys: dict[str, None] = {}

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
        config: AlertStrategyConfig = self.config
        if self.cache.instrument(config.instrument_id) is None:
            self.trader.degrade(f"Expected an instrument {config.instrument_id}, found none")
            return
        self.subscribe_quote_ticks(config.instrument_id)
        self.trader.protector.adopt()
        self.subscribe_data(signal_data_type(config.name), client_id=config.signal_client_id)

    @contained
    def on_data(self, data: Signal) -> None:
        """Trade a signal, or note why not."""
        if data.key in self._keys:
            self.trader.refuse(f"Signal {data.key} came again and was not traded again")
            return
        self._remember(data.key)
        self.trader.last_signal = data
        if data.instrument_id != self.config.instrument_id:
            self.trader.refuse(
                f"Expected a signal for {self.config.instrument_id}, "
                f"was for {data.instrument_id} ({data.key})"
            )
            return
        target = self._target(data)
        if target is not None:
            self.trader.move_to(target, data.key)

    @contained
    def on_event(self, event: Event) -> None:
        """Pass orders and positions on to the trader."""
        self.trader.on_event(event)

    def on_stop(self) -> None:
        """Hear no more signals; leave orders and positions as the configuration says."""
        self.unsubscribe_data(
            signal_data_type(self.config.name), client_id=self.config.signal_client_id
        )
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

    def _remember(self, key: str) -> None:
        self._keys[key] = None
        if len(self._keys) > KEYS_MAX:
            del self._keys[next(iter(self._keys))]

    def _target(self, signal: Signal) -> Decimal | None:
        quantity = signal.quantity
        if signal.action is Action.CLOSE or (signal.action is Action.TARGET and quantity == 0):
            return Decimal(0)
        if signal.action is Action.TARGET:
            if quantity is None:
                self.trader.refuse(f"Expected a target position, found none ({signal.key})")
                return None
            size = self._size(abs(quantity))
            return size if size is None else size.copy_sign(quantity)
        size = self._size(self.config.sizing if quantity is None else quantity)
        if size is None:
            return None
        return self.trader.exposure + (size if signal.action is Action.BUY else -size)

    def _size(self, wish: Sizing | Decimal) -> Decimal | None:
        return self.trader.size(wish, self.trader.price())
