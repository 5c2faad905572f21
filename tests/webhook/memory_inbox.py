"""An inbox in memory, for tests of what stands on either side of it: it outlives its users."""

import asyncio
from collections.abc import Sequence

import msgspec

from webhook.alerts import Alert
from webhook.inbox import (
    ENDS,
    UNDECIDED,
    Accepted,
    Answer,
    Conflict,
    Duplicate,
    Entry,
    InboxBusy,
    InboxError,
    InboxStatus,
    Outcome,
    State,
    Step,
    Trace,
)

ORDER = list(State)


class MemoryInbox:
    """Keeps what the seam promises, and can be told to fail."""

    def __init__(self) -> None:
        self.rows: dict[str, Entry] = {}
        self.steps: dict[str, list[Step]] = {}
        self.is_open = False
        self.failing: InboxError | None = None
        self._taken = 0
        self._opened_at = 0
        self._bell = asyncio.Event()

    async def put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        known = self.rows.get(alert.key)
        if known is not None:
            is_same = known.alert.digest == alert.digest
            return Duplicate(known.outcome) if is_same else Conflict(known.outcome)
        state = State.RECEIVED if received_ns < expires_ns else State.EXPIRED
        outcome = Outcome(state=state)
        self.rows[alert.key] = Entry(
            sequence=len(self.rows) + 1,
            alert=alert,
            received_ns=received_ns,
            expires_ns=expires_ns,
            outcome=outcome,
        )
        self.steps[alert.key] = [
            Step(key=alert.key, kind="received", ts_ns=received_ns, outcome=outcome)
        ]
        self._bell.set()
        return Accepted(outcome)

    async def status(self) -> InboxStatus:
        counts: dict[str, int] = {}
        for row in self.rows.values():
            counts[row.outcome.state] = counts.get(row.outcome.state, 0) + 1
        return InboxStatus(counts=counts, oldest_undecided_ns=None, is_consumed=self.is_open)

    async def open(self) -> Sequence[Entry]:
        if self.is_open:
            raise InboxBusy("Expected nobody to take alerts, another node does")
        self.is_open = True
        self._taken, self._opened_at = 0, len(self.rows)
        self._bell.set()
        return [row for row in self.rows.values() if row.outcome.state is State.DECIDED]

    async def take(self) -> Sequence[Entry]:
        while True:
            found = [
                msgspec.structs.replace(row, is_repeat=row.sequence <= self._opened_at)
                for row in self.rows.values()
                if row.sequence > self._taken and row.outcome.state in UNDECIDED
            ]
            self._taken = len(self.rows)
            if found:
                return found
            self._bell.clear()
            await self._bell.wait()

    async def record(self, steps: Sequence[Step]) -> None:
        if self.failing is not None:
            raise self.failing
        for step in steps:
            self.steps[step.key].append(step)
            row = self.rows[step.key]
            if step.kind == "delivered":
                row = msgspec.structs.replace(row, deliveries=row.deliveries + 1)
            is_ahead = step.outcome is not None and (
                ORDER.index(step.outcome.state) > ORDER.index(row.outcome.state)
                and row.outcome.state not in ENDS
            )
            if is_ahead:
                row = msgspec.structs.replace(row, outcome=step.outcome)
            self.rows[step.key] = row

    async def last_of(self, strategy: str) -> Alert | None:
        seen = [
            row.alert
            for row in self.rows.values()
            if row.alert.strategy == strategy and row.outcome.state is not State.RECEIVED
        ]
        return seen[-1] if seen else None

    async def close(self) -> None:
        self.is_open = False

    async def entries(
        self,
        *,
        states: Sequence[State] = (),
        strategy: str | None = None,
        since_ns: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        found = [
            row
            for row in reversed(self.rows.values())
            if (not states or row.outcome.state in states)
            and strategy in {None, row.alert.strategy}
            and row.received_ns >= since_ns
        ]
        return found[:limit]

    async def trace(self, key: str) -> Trace | None:
        row = self.rows.get(key)
        return None if row is None else Trace(entry=row, steps=self.steps[key])

    def kinds(self, key: str) -> list[str]:
        """Return the kinds of an alert's steps."""
        return [step.kind for step in self.steps[key]]

    def state(self, key: str) -> State:
        """Return how far an alert has come."""
        return self.rows[key].outcome.state
