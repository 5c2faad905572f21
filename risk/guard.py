"""The guard: an actor that looks every second at halts, losses and stops; it opens nothing."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Protocol

from nautilus_trader.common.actor import Actor
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.common.config import ActorConfig
from nautilus_trader.model.enums import OrderStatus, OrderType
from nautilus_trader.model.identifiers import InstrumentId, StrategyId, Venue
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position

from risk.events import STOPS, Cause, Halt, StopAction, StopNews
from risk.halting import Halting
from risk.halts import HaltFiles
from risk.hand import Hand
from risk.losses import EquityMarks, LossLimits, loss_of, marks_at
from risk.observer import Observer
from risk.stops import Stop, StopWatch, cover_of

LOOK_NS = 1_000_000_000
"""How often the guard looks: the bound within which it notices anything."""

MARKS_KEPT_NS = 10_000_000_000
"""How often what losses are measured from is written down, at most."""

NANOS_PER_SECOND = 1_000_000_000

STOP_TYPES = {
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.TRAILING_STOP_MARKET,
    OrderType.TRAILING_STOP_LIMIT,
}


class StopKeeper(Protocol):
    """What the guard asks of a strategy about the stop of its position in one instrument."""

    def wants_stop(self) -> bool:
        """Tell whether the position should have a stop."""

    def rest_stop(self) -> None:
        """Rest the stop again; do nothing if it is on its way."""


type StopKeepers = Mapping[tuple[StrategyId, InstrumentId], StopKeeper]


class GuardConfig(ActorConfig, frozen=True, kw_only=True):
    """
    Configure the guard.

    Parameters
    ----------
    desk : str
        The name of its own halt, the trader id.
    venues : frozenset of str
        Those whose equity counts.
    instruments : frozenset of InstrumentId
        Those whose marks to subscribe to.
    losses : LossLimits
        How much may be lost.
    flatten_on_loss : bool
        Whether such a halt closes positions as well.
    naked_secs_max : Decimal
        How long a position may be without its stop before it is closed.
    are_marks_kept : bool
        Whether what losses are measured from outlives the run; not for an account that begins anew.
    """

    desk: str
    venues: frozenset[str]
    instruments: frozenset[InstrumentId]
    losses: LossLimits
    flatten_on_loss: bool = False
    naked_secs_max: Decimal = Decimal(15)
    are_marks_kept: bool = True


class Guard(Actor):
    """
    Halt on losses and on a person's word, and keep positions from being without their stop.

    What raises in one look is logged and keeps neither the others nor the next one from going on.

    Parameters
    ----------
    config : GuardConfig
        What to look at.
    files : HaltFiles
        The halts that outlive a run.
    observer : Observer
        Knows the equity.
    halting : Halting
        Halts.
    hand : Hand
        Closes.
    keepers : Callable[[], StopKeepers]
        Who keeps which position's stop, now.
    """

    def __init__(
        self,
        config: GuardConfig,
        files: HaltFiles,
        observer: Observer,
        halting: Halting,
        hand: Hand,
        keepers: Callable[[], StopKeepers],
    ) -> None:
        super().__init__(config)
        self._files = files
        self._observer = observer
        self._halting = halting
        self._hand = hand
        self._keepers = keepers
        naked_ns_max = int(config.naked_secs_max * NANOS_PER_SECOND)
        self._watch = StopWatch(naked_ns_max)
        self._marks: EquityMarks | None = None
        self._kept: EquityMarks | None = None
        self._kept_ns = 0
        self._is_on_disk = False

    def on_start(self) -> None:
        """Look at once, then every second; actors start before any strategy."""
        if self.config.are_marks_kept:
            self._marks = self._files.read_marks(self.config.desk)
        for instrument_id in sorted(self.config.instruments):
            self.subscribe_mark_prices(instrument_id)
        self.look()
        self.clock.set_timer_ns("risk", LOOK_NS, 0, 0, self.look)

    def on_stop(self) -> None:
        """Look no more; the gate stays where it is."""
        self.clock.cancel_timers()

    @property
    def halted_by(self) -> Halt | None:
        """Return what halts this desk; None while nothing does."""
        return self._halting.halt

    def halt(self, halt: Halt) -> None:
        """
        Halt this desk at once, and at its next starts, until it is lifted.

        Where the halt cannot be written down it holds for this run alone, which is logged.
        """
        self._halting.begin(halt)
        self._halting.pursue()
        try:
            self._files.write(self.config.desk, halt)
        except OSError as e:
            self._log.exception("This halt will not outlive the run: it cannot be written", e)

    def look(self, event: TimeEvent | None = None) -> None:
        """Look at everything now; what is found at the start is told with the first timer."""
        for each in (self._look_at_halts, self._look_at_losses, self._look_at_stops):
            try:
                each()
            except Exception as e:  # noqa: BLE001  the one boundary, logged with its traceback
                self._log.exception(f"The guard could not finish {each.__name__}", e)
        if event is not None:
            self._halting.tell()

    def _look_at_halts(self) -> None:
        found, before = self._files.read(self.config.desk), self._halting.halt
        if found is not None:
            self._is_on_disk = True
            self._halting.begin(found)
        elif before is not None and self._is_on_disk:
            self._is_on_disk = False
            if before.cause is not Cause.KILL:
                self._marks = None  # who lifts a loss forgives it
            self._halting.end()
        self._halting.pursue()

    def _look_at_losses(self) -> None:
        equity = self._equity()
        if equity is None:
            return
        now = self.clock.timestamp_ns()
        self._marks = marks_at(self._marks, equity, now)
        self._keep_marks(self._marks, now)
        loss = loss_of(self._marks, equity, self.config.losses)
        if loss is None or self._halting.halt is not None:
            return
        flatten = self.config.flatten_on_loss
        self.halt(Halt(cause=loss.cause, words=loss.words, flatten=flatten, ts_event=now))

    def _look_at_stops(self) -> None:
        keepers, now = self._keepers(), self.clock.timestamp_ns()
        positions = self.cache.positions_open()
        self._watch.keep_only(position.id.value for position in positions)
        for position in positions:
            keeper = keepers.get((position.strategy_id, position.instrument_id))
            if keeper is None or not keeper.wants_stop():
                continue
            cover = cover_of(position.quantity.as_decimal(), self._stops_of(position))
            action = self._watch.look(position.id.value, cover, now)
            if action is not None:
                self._act(action, position, keeper, now)

    def _act(self, action: StopAction, position: Position, keeper: StopKeeper, now_ns: int) -> None:
        seconds = self._watch.naked_ns(position.id.value, now_ns) / NANOS_PER_SECOND
        words = (
            f"Expected a stop to rest for {position.side.name.lower()} {position.quantity}"
            f" {position.instrument_id}, found none for {seconds:.1f} s"
        )
        if action is StopAction.REATTACH:
            self._tell(action, position, words)
            keeper.rest_stop()
        elif self._hand.close(position) is not None:
            self._tell(action, position, words)

    def _tell(self, action: StopAction, position: Position, words: str) -> None:
        news = StopNews(
            action=action,
            instrument_id=position.instrument_id.value,
            strategy_id=position.strategy_id.value,
            words=words,
            ts_event=self.clock.timestamp_ns(),
        )
        self._log.error(str(news))
        self.msgbus.publish(STOPS, news)

    def _stops_of(self, position: Position) -> list[Stop]:
        stops = (stop_of(order, position) for order in self._hand.live_orders())
        return [stop for stop in stops if stop is not None]

    def _equity(self) -> Decimal | None:
        """Return the equity of all venues; None while any of it, or a price for it, is unknown."""
        total = Decimal(0)
        for name in self.config.venues:
            venue = Venue(name)
            equity = self._observer.equity(venue)
            if equity is None or self.portfolio.missing_price_instruments(venue):
                return None
            total += equity
        return total

    def _keep_marks(self, marks: EquityMarks, now_ns: int) -> None:
        is_due = self._kept is None or now_ns - self._kept_ns >= MARKS_KEPT_NS
        if self.config.are_marks_kept and is_due and marks != self._kept:
            self._files.write_marks(self.config.desk, marks)
            self._kept, self._kept_ns = marks, now_ns


def stop_of(order: Order, position: Position) -> Stop | None:
    """Return an order as a stop of a position; None if it is none, or is being canceled."""
    is_stop = (
        order.instrument_id == position.instrument_id
        and order.strategy_id == position.strategy_id
        and order.order_type in STOP_TYPES
        and order.is_reduce_only
        and order.is_sell == position.is_long
        and not order.is_pending_cancel
        and not order.is_closed
    )
    if not is_stop:
        return None
    is_resting = order.status not in {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}
    return Stop(order.leaves_qty.as_decimal(), is_resting)
