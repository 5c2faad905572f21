"""Hands one strategy its alerts, one after the other; what an alert means is not its job."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from nautilus_trader.common.component import Logger
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId

from strategies.alert_warning import AlertTrouble
from strategies.signals import order_id_of
from webhook.alerts import Alert
from webhook.follower import Follower
from webhook.inbox import Entry, Outcome, State, Step
from webhook.lookup import Unanswered
from webhook.recorder import Recorder

DELIVERIES_MAX = 5
"""Deliveries without an answer after which a person has to look."""

RETRY_SECS_MIN = 0.2
RETRY_SECS_MAX = 2.0  # entries live for half a minute: not much of it may pass unused
WARN_TRIES = 18
"""Questions without an answer after which the strategy's owner is warned: about half a minute."""

RECORD_SECS_MAX = 2.0
"""How long a repeated delivery waits to be counted on disk; then it goes on, and may count less."""

type Warn = Callable[[AlertTrouble, str, str | None], None]


class Lane:
    """
    Deliver the alerts of one strategy in the order of arrival, while it listens.

    An alert that an earlier process may have traded holds up all that came after it until it is
    known whether its order exists: what came later was meant for the position that it leaves.

    Parameters
    ----------
    strategy : str
        Whose alerts.
    deliver : callable
        Hands an alert to the strategy.
    orders_of : callable
        Returns what an alert may have sent, and where: one order, or one for each leg of a hedge.
    has_order : callable
        Tells whether an order exists; raises Unanswered while that is not known.
    follower : Follower
        Hears what becomes of the alerts.
    recorder : Recorder
        Keeps the steps.
    warn : callable
        Takes a trouble, words, and the key of the alert.
    clock_ns : callable
        Returns the time in nanoseconds UTC.
    """

    def __init__(
        self,
        strategy: str,
        deliver: Callable[[Entry], None],
        orders_of: Callable[[Alert], Mapping[ClientOrderId, InstrumentId]],
        has_order: Callable[[InstrumentId, ClientOrderId], Awaitable[bool]],
        follower: Follower,
        recorder: Recorder,
        warn: Warn,
        clock_ns: Callable[[], int],
    ) -> None:
        self.strategy = strategy
        self._deliver = deliver
        self._orders_of = orders_of
        self._has_order = has_order
        self._follower = follower
        self._recorder = recorder
        self._warn = warn
        self._clock_ns = clock_ns
        self._entries: deque[Entry] = deque()
        self._again: set[str] = set()  # delivered by this process, and to be delivered once more
        self._work = asyncio.Event()
        self._listening = asyncio.Event()
        self._log = Logger(type(self).__name__)

    def add(self, entry: Entry) -> None:
        """Take the next alert."""
        self._entries.append(entry)
        self._work.set()

    def listen(self, *, is_listening: bool) -> None:
        """Note whether the strategy listens; what it has not answered by its end comes again."""
        if is_listening:
            self._listening.set()
            return
        self._listening.clear()
        unanswered = [
            msgspec.structs.replace(entry, is_repeat=True)
            for entry in self._follower.undecided(self.strategy)
            if entry.alert.key not in self._again
        ]
        self._again.update(entry.alert.key for entry in unanswered)
        self._entries.extendleft(reversed(unanswered))
        self._work.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._work.wait()
            if self._entries:
                await self._handle(self._entries.popleft())
                # Nothing of that need have waited: without a turn of the loop in between, a burst
                # would be decided in one go, and the market not heard meanwhile.
                await asyncio.sleep(0)
            else:
                self._work.clear()

    async def resume(self, entries: Sequence[Entry]) -> None:
        """See to the end of alerts that were decided in an earlier process; it holds up none."""
        for entry in entries:
            self._follower.resumed(entry)
        await self._listening.wait()
        for entry in entries:
            where = self._orders_of(entry.alert)
            for order_id in map(ClientOrderId, entry.outcome.orders):
                traded = where.get(order_id, entry.alert.instrument_id)
                await self._ask(entry, traded, order_id)
            self._recorder.add(self._follower.settled(entry.alert.key))

    async def _handle(self, entry: Entry) -> None:
        key = entry.alert.key
        is_begun = False
        if entry.is_repeat:
            await self._listening.wait()
            where = self._orders_of(entry.alert)
            found = [await self._ask(entry, traded, one) for one, traded in where.items()]
            # One that is traded in parts goes to its strategy again, which does what is missing.
            if self._is_answered(entry, is_found=found == [True] and order_id_of(key) in where):
                return
            is_begun = any(found)
        if not is_begun and not await self._listens_before(entry.expires_ns):
            self._end(entry, "expired", State.EXPIRED, "Too old to be traded: nobody listened")
        elif entry.is_repeat and entry.deliveries >= DELIVERIES_MAX:
            words = f"Given up after {entry.deliveries} deliveries without an answer"
            self._end(entry, "dead", State.DEAD, words)
            self._warn(AlertTrouble.DEAD, f"{words} ({key})", key)
        else:
            await self._hand_over(entry)

    def _is_answered(self, entry: Entry, *, is_found: bool) -> bool:
        """Tell whether a repeated alert was traded or decided, as far as that needs no telling."""
        key = entry.alert.key
        was_delivered_here = key in self._again
        self._again.discard(key)
        if was_delivered_here and not self._follower.is_undecided(key):
            return True  # the answer came after all
        if is_found:
            self._recorder.add(self._follower.found(entry))
        return is_found

    async def _hand_over(self, entry: Entry) -> None:
        counted = msgspec.structs.replace(entry, deliveries=entry.deliveries + 1)
        self._recorder.add(self._follower.delivered(counted))
        if entry.is_repeat:
            # So that an alert which ends the process each time is counted, and given up at last.
            await self._recorder.settled(RECORD_SECS_MAX)
        self._deliver(counted)

    async def _ask(self, entry: Entry, traded: InstrumentId, order_id: ClientOrderId) -> bool:
        tries = 0
        while True:
            try:
                return await self._has_order(traded, order_id)
            except Unanswered as e:
                self._log.warning(f"Whether {entry.alert.key} was traded is not known yet: {e}")
            except Exception as e:  # noqa: BLE001  the one boundary: not knowing is no answer
                self._log.exception(f"Could not look for the order of {entry.alert.key}", e)
            tries += 1
            if tries == WARN_TRIES:
                words = f"Whether {entry.alert.key} was traded cannot be found out; later ones wait"
                self._warn(AlertTrouble.UNANSWERED, words, entry.alert.key)
            await asyncio.sleep(min(RETRY_SECS_MIN * 2 ** min(tries, 10), RETRY_SECS_MAX))

    async def _listens_before(self, expires_ns: int) -> bool:
        """Wait until the strategy listens; return False if the time is over by then."""
        try:
            async with asyncio.timeout(max(0, expires_ns - self._clock_ns()) / 1e9):
                await self._listening.wait()
        except TimeoutError:
            return False
        return self._clock_ns() < expires_ns

    def _end(self, entry: Entry, kind: str, state: State, words: str) -> None:
        outcome = Outcome(state=state, message=words)
        step = Step(key=entry.alert.key, kind=kind, ts_ns=self._clock_ns(), outcome=outcome)
        self._recorder.add([step])
        self._follower.dropped(entry)
