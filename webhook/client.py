"""The Nautilus data client that takes alerts from the inbox to the strategies, and answers back."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import LiveDataClientConfig
from nautilus_trader.data.messages import SubscribeData, UnsubscribeData
from nautilus_trader.live.data_client import LiveDataClient
from nautilus_trader.live.factories import LiveDataClientFactory
from nautilus_trader.model.data import DataType
from nautilus_trader.model.events import OrderEvent
from nautilus_trader.model.identifiers import ClientId, ClientOrderId, InstrumentId, Venue

from strategies.alert_warning import AlertTrouble, AlertWarning, wrap_warning
from strategies.signals import (
    DECISIONS,
    Decision,
    Signal,
    key_of_leg,
    order_id_of,
    wrap_signal,
)
from webhook.alerts import Alert
from webhook.follower import Follower
from webhook.inbox import Entry, InboxError, Outcome, Queue, State, Step
from webhook.lanes import Lane
from webhook.lookup import FindOrder, not_found
from webhook.recorder import Recorder
from webhook.watch import AlertWatch

ORDER_EVENTS = "events.order.*"
"""The topics of the message bus on which Nautilus publishes what becomes of orders."""

TAKE_RETRY_SECS = 1.0
RECORD_SECS_MAX = 2.0  # for what is in flight when the client disconnects


class SignalDataClientConfig(LiveDataClientConfig, frozen=True):
    """Configure `SignalDataClient`, which needs nothing of its own."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the client has to be told by the desk that runs it.

    Parameters
    ----------
    find_order : callable
        Looks for an order that the cache lacks, see `webhook.lookup`.
    legs : mapping of str to mapping of str to InstrumentId
        Of each strategy that hands its alerts on, the strategies that trade them, and what.
    position_of : callable
        Returns the signed position of the strategy with this name; None where it has none to tell.
    silences_secs : mapping of str to float
        How long each strategy may go without an alert before that is a trouble.
    on_failure : callable
        Called when the inbox cannot be opened.
    """

    find_order: FindOrder = not_found
    legs: Mapping[str, Mapping[str, InstrumentId]] = {}
    position_of: Callable[[str], Decimal | None] = lambda _name: None
    silences_secs: Mapping[str, float] = {}
    on_failure: Callable[[InboxError], None] = lambda _error: None


class SignalDataClient(LiveDataClient):
    """
    Consume an inbox: deliver its alerts as Signals, and record what becomes of them.

    Parameters
    ----------
    loop, name, config, msgbus, cache, clock
        As Nautilus gives them to a factory.
    inbox : Queue or None
        Where the alerts come from, on the same event loop; None delivers nothing.
    desk : Desk
        What the desk knows.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: LiveDataClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        inbox: Queue | None,
        desk: Desk,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            # Without a venue Nautilus would route every venue's unclaimed subscriptions here.
            venue=Venue(name),
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            config=config,
        )
        self._inbox = inbox
        self._desk = desk
        self._lanes: dict[str, Lane] = {}
        self._listeners: set[str] = set()
        self._owned: list[asyncio.Task[None]] = []

    async def _connect(self) -> None:
        if self._inbox is None:
            return
        try:
            decided = await self._inbox.open()
        except InboxError as e:
            self._desk.on_failure(e)
            raise
        now = self._clock.timestamp_ns
        self._recorder = Recorder(self._inbox, self._on_not_recorded)
        self._watch = AlertWatch(
            self._desk.silences_secs, self._held, self._inbox.last_of, self._warn, now
        )
        self._follower = Follower(self._cache.order, now, self._watch.ended)
        self._msgbus.subscribe(DECISIONS, self._on_decision)
        self._msgbus.subscribe(ORDER_EVENTS, self._on_order_event)
        self._own(self._recorder.run(), "alert steps")
        self._own(self._watch.run(), "alert watch")
        for name in {entry.alert.strategy for entry in decided}:
            mine = [entry for entry in decided if entry.alert.strategy == name]
            self._own(self._lane(name).resume(mine), f"decided alerts of {name}")
        self._own(self._take(self._inbox), "alerts")

    async def _disconnect(self) -> None:
        if self._inbox is None or not self._owned:
            return
        self._msgbus.unsubscribe(DECISIONS, self._on_decision)
        self._msgbus.unsubscribe(ORDER_EVENTS, self._on_order_event)
        recording, *others = self._owned
        await _end(others)
        if not await self._recorder.settled(RECORD_SECS_MAX):
            self._log.error("Disconnecting before all that became of alerts was written down")
        await _end([recording])
        self._owned.clear()
        self._lanes.clear()
        await self._inbox.close()

    # Alerts in

    async def _take(self, inbox: Queue) -> None:
        while True:
            try:
                entries = await inbox.take()
            except InboxError as e:
                self._log.error(f"Cannot read the inbox, trying again: {e}")
                await asyncio.sleep(TAKE_RETRY_SECS)
                continue
            for entry in entries:
                await self._watch.arrived(entry)
                if entry.alert.action is None:
                    self._note_heartbeat(entry)
                else:
                    self._lane(entry.alert.strategy).add(entry)
                await asyncio.sleep(0)  # as in a lane: the market is heard in between

    def _note_heartbeat(self, entry: Entry) -> None:
        outcome = Outcome(state=State.DONE, message="A heartbeat: heard, and nothing to trade")
        now = self._clock.timestamp_ns()
        step = Step(key=entry.alert.key, kind="done", ts_ns=now, outcome=outcome)
        self._recorder.add([step])

    def _lane(self, strategy: str) -> Lane:
        if strategy not in self._lanes:
            lane = self._lanes[strategy] = Lane(
                strategy,
                self._deliver,
                self._orders_of,
                self._has_order,
                self._follower,
                self._recorder,
                lambda trouble, words, key: self._warn(strategy, trouble, words, key),
                self._clock.timestamp_ns,
            )
            lane.listen(is_listening=strategy in self._listeners)
            self._own(lane.run(), f"alerts of {strategy}")
        return self._lanes[strategy]

    def _deliver(self, entry: Entry) -> None:
        """Hand an alert to its strategy, by way of the data engine's queue."""
        self._handle_data(wrap_signal(signal_of(entry, self._clock.timestamp_ns())))

    def _orders_of(self, alert: Alert) -> Mapping[ClientOrderId, InstrumentId]:
        if legs := self._desk.legs.get(alert.strategy):
            keys = {key_of_leg(alert.key, leg): traded for leg, traded in legs.items()}
        else:
            keys = {alert.key: alert.instrument_id}
        return {order_id_of(key): traded for key, traded in keys.items()}

    async def _has_order(self, instrument_id: InstrumentId, client_order_id: ClientOrderId) -> bool:
        if self._cache.order(client_order_id) is not None:
            return True
        return await self._desk.find_order(instrument_id, client_order_id)

    # What becomes of them

    def _on_decision(self, decision: Decision) -> None:
        self._keep(self._follower.decided, decision)

    def _on_order_event(self, event: OrderEvent) -> None:
        self._keep(self._follower.on_event, event)

    def _keep[T](self, steps_of: Callable[[T], Sequence[Step]], message: T) -> None:
        try:
            self._recorder.add(steps_of(message))
        except Exception as e:  # noqa: BLE001  whoever watches must not stop the trading
            self._log.exception(f"What becomes of alerts lacks {message!r}", e)

    def _on_not_recorded(self, words: str) -> None:
        for strategy in self._lanes:
            self._warn(strategy, AlertTrouble.NOT_RECORDED, words, None)

    def _warn(self, strategy: str, trouble: AlertTrouble, words: str, key: str | None) -> None:
        self._log.warning(f"{strategy}: {words}")
        now = self._clock.timestamp_ns()
        warning = AlertWarning(
            strategy=strategy, trouble=trouble, message=words, key=key, ts_event=now, ts_init=now
        )
        self._handle_data(wrap_warning(warning))
        if key is not None:
            detail = {"trouble": trouble.value, "message": words}
            self._recorder.add([Step(key=key, kind="warning", ts_ns=now, detail=detail)])

    def _held(self, alert: Alert) -> tuple[Decimal, Decimal] | None:
        position = self._desk.position_of(alert.strategy)
        instrument = self._cache.instrument(alert.instrument_id)
        if position is None or instrument is None:
            return None
        return position, Decimal(instrument.size_increment.as_decimal())

    # Who listens

    def subscribe(self, command: SubscribeData) -> None:
        """Deliver to one more strategy, or warn it."""
        super().subscribe(command)
        self._listen(command.data_type, is_listening=True)

    def unsubscribe(self, command: UnsubscribeData) -> None:
        """Deliver no more to a strategy."""
        super().unsubscribe(command)
        self._listen(command.data_type, is_listening=False)

    def _listen(self, data_type: DataType, *, is_listening: bool) -> None:
        if data_type.type is not Signal:
            return
        name = data_type.metadata["strategy"]
        (self._listeners.add if is_listening else self._listeners.discard)(name)
        if name in self._lanes:
            self._lanes[name].listen(is_listening=is_listening)

    async def _subscribe(self, command: SubscribeData) -> None:
        kind = command.data_type.type
        if kind not in {Signal, AlertWarning}:
            raise ValueError(f"Expected a subscription to Signal or AlertWarning, was {kind}")

    async def _unsubscribe(self, command: UnsubscribeData) -> None:
        pass

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = self._loop.create_task(work, name=name)
        self._owned.append(task)
        task.add_done_callback(self._report_end)

    def _report_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.exception(f"The task {task.get_name()!r} has ended", error)


def signal_client_factory(
    inbox: Queue | None,
    desk: Desk = Desk(),  # noqa: B008  frozen
) -> type[LiveDataClientFactory]:
    """Return a factory whose clients consume `inbox`; Nautilus wants a class of its own."""

    class SignalDataClientFactory(LiveDataClientFactory):
        @staticmethod
        def create(
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: LiveDataClientConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> SignalDataClient:
            return SignalDataClient(loop, name, config, msgbus, cache, clock, inbox, desk)

    return SignalDataClientFactory


def signal_of(entry: Entry, now_ns: int) -> Signal:
    """Return what a strategy is asked for by an alert that is handed to it now, nanoseconds UTC."""
    alert = entry.alert
    assert alert.action is not None, "heartbeats are not delivered"  # noqa: S101  own promise
    return Signal(
        source=alert.dialect,
        key=alert.key,
        strategy=alert.strategy,
        instrument_id=alert.instrument_id,
        action=alert.action,
        quantity=alert.quantity,
        sizing=alert.sizing,
        stop=alert.stop,
        take_profit=alert.take_profit,
        is_exit=alert.is_exit,
        reason=alert.comment,
        ts_expires=entry.expires_ns,
        ts_event=now_ns if alert.ts_event is None else alert.ts_event,
        ts_init=now_ns,
    )


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
