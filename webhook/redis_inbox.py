"""The inbox on a Redis server, for a sidecar and a node on different machines."""

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from webhook.alerts import Alert, decode_alert, encode_alert
from webhook.inbox import (
    COMES_FROM,
    DEFAULT_LIMITS,
    ENDS,
    Accepted,
    Answer,
    Conflict,
    Duplicate,
    Entry,
    InboxError,
    InboxStatus,
    Limits,
    Outcome,
    State,
    Step,
    Trace,
)
from webhook.redis_address import RedisAddress
from webhook.redis_lease import RedisLease
from webhook.redis_link import LinkLost, RedisLink
from webhook.redis_puts import RedisPuts
from webhook.redis_scripts import PAGE, PRUNE, RECORD, STATUS, TAKE, TRACE

TAKE_MAX = 64
PRUNE_MAX = 200
"""Alerts in one script: while it runs, the server serves nobody else."""

_PAGE = 200
_PRUNE_SECS = 3_600.0
_BACKOFF_SECS = 0.1
_BACKOFF_SECS_MAX = 1.0
_DAY_MS = 86_400_000
_NS_PER_MS = 1_000_000

type _Row = Sequence[str]


class RedisInbox:
    """
    Keep alerts in a Stream with a consumer group, and what became of them beside it.

    It is a `webhook.inbox.Inbox`. The server must have each write on disk before it answers
    (appendonly yes, appendfsync always), unless the address says otherwise. Each call that meets a
    server that is away fails within half a second, but for `take`, which waits for it.

    Parameters
    ----------
    address : RedisAddress
        The server.
    limits : Limits
        How much is kept; `bytes_max` is not used.
    now_ns : callable
        The time by which old alerts are deleted.
    """

    def __init__(
        self,
        address: RedisAddress,
        limits: Limits = DEFAULT_LIMITS,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._address = address
        self._limits = limits
        self._now_ns = now_ns
        self._link = RedisLink(address)
        self._puts = RedisPuts(self._link, limits.undecided_max)
        self._lease = RedisLease(self._link, self._prune)
        self._prune_at = 0.0
        self._cursor = 0
        self._horizon = 0

    def __repr__(self) -> str:
        """Show which server."""
        return f"RedisInbox({str(self._address)!r})"

    async def put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        """Store an alert, as `Intake.put` says."""
        is_late = expires_ns <= received_ns
        outcome = Outcome(state=State.EXPIRED if is_late else State.RECEIVED)
        step = Step(key=alert.key, kind=outcome.state, ts_ns=received_ns, outcome=outcome)
        word, known = await self._puts.put(
            (
                alert.key,
                alert.digest,
                alert.strategy,
                encode_alert(alert).decode(),
                received_ns,
                expires_ns,
                outcome.state.value,
                _json(outcome),
                received_ns // _NS_PER_MS if is_late else "",
                _json(step),
            )
        )
        if word == "full":
            raise self._limits.full()
        return _ANSWERS[word](_OUTCOMES.decode(known))

    async def status(self) -> InboxStatus:
        """Return what the store holds."""
        states = [state.value for state in State]
        counts, oldest, is_consumed = await self._link.run(STATUS, states)
        return InboxStatus(
            counts=dict(zip(states, counts, strict=True)),
            oldest_undecided_ns=int(oldest) if oldest else None,
            is_consumed=bool(is_consumed),
        )

    async def open(self) -> Sequence[Entry]:
        """Become the one consumer, as `Queue.open` says; a killed one is waited out."""
        self._horizon = await self._lease.acquire()
        self._cursor = 0
        try:
            decided = await self._select(f":state:{State.DECIDED.value}", lambda _: True, None)
        except BaseException:
            await self._lease.release()
            raise
        return decided[::-1]

    async def take(self) -> Sequence[Entry]:
        """Wait for alerts not taken yet, as `Queue.take` says, however long the server is away."""
        backoff_secs = _BACKOFF_SECS
        while True:
            if not self._lease.is_held:
                raise InboxError(f"Expected the inbox {self._address} to be open for taking alerts")
            try:
                entries = await self._taken()
                if entries:
                    self._cursor = entries[-1].sequence
                    return entries
                await self._link.wait(self._cursor)
                backoff_secs = _BACKOFF_SECS
            except LinkLost:
                await asyncio.sleep(backoff_secs)
                backoff_secs = min(2 * backoff_secs, _BACKOFF_SECS_MAX)

    async def record(self, steps: Sequence[Step]) -> None:
        """Keep steps, as `Queue.record` says."""
        args = [value for step in steps for value in _step_args(step)]
        if await self._link.run(RECORD, [*self._lease.fence, *args]) == "lost":
            raise self._lost()

    async def last_of(self, strategy: str) -> Alert | None:
        """Return a strategy's latest alert that somebody has seen."""
        rows = await self._link.run(PAGE, [f":seen:{strategy}", "+inf", 1])
        return decode_alert(rows[0][1]) if rows else None

    async def close(self) -> None:
        """Stop being the consumer and close the connections."""
        await self._lease.release()
        await self._puts.close()
        await self._link.close()

    async def entries(
        self,
        *,
        states: Sequence[State] = (),
        strategy: str | None = None,
        since_ns: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Return the latest alerts that fit, newest first."""
        index = f":state:{states[0].value}" if len(states) == 1 else ":all"

        def fits(row: _Row) -> bool:
            return (
                int(row[2]) >= since_ns
                and (not states or row[6] in states)
                and (strategy is None or row[7] == strategy)
            )

        return await self._select(index, fits, limit)

    async def trace(self, key: str) -> Trace | None:
        """Return an alert's whole story."""
        row, steps = await self._link.run(TRACE, [key])
        if row[0] is None:
            return None
        entry = self._entry(row)
        first = Step(key=key, kind="received", ts_ns=entry.received_ns)
        return Trace(entry=entry, steps=[first, *map(_STEPS.decode, steps)])

    async def _taken(self) -> Sequence[Entry]:
        word, *rows = await self._link.run(TAKE, [*self._lease.fence, self._cursor, TAKE_MAX])
        if word == "lost":
            raise self._lost()
        return [
            msgspec.structs.replace(entry, is_repeat=entry.sequence <= self._horizon)
            for entry in map(self._entry, rows)
        ]

    async def _select(
        self, index: str, fits: Callable[[_Row], bool], limit: int | None
    ) -> list[Entry]:
        """Return what fits of an index, newest first."""
        entries: list[Entry] = []
        before = "+inf"
        while limit is None or len(entries) < limit:
            rows = await self._link.run(PAGE, [index, before, _PAGE])
            entries += [self._entry(row) for row in rows if fits(row)]
            if len(rows) < _PAGE:
                break
            before = f"({rows[-1][0]}"
        return entries[:limit]

    async def _prune(self) -> None:
        if time.monotonic() < self._prune_at:
            return
        before_ms = self._now_ns() // _NS_PER_MS - self._limits.retention_days * _DAY_MS
        if await self._link.run(PRUNE, [before_ms, PRUNE_MAX]) < PRUNE_MAX:
            self._prune_at = time.monotonic() + _PRUNE_SECS

    def _entry(self, row: _Row) -> Entry:
        sequence, body, received_ns, expires_ns, outcome, deliveries = row[:6]
        try:
            return Entry(
                sequence=int(sequence),
                alert=decode_alert(body),
                received_ns=int(received_ns),
                expires_ns=int(expires_ns),
                outcome=_OUTCOMES.decode(outcome),
                deliveries=int(deliveries),
            )
        except msgspec.ValidationError as e:
            raise InboxError(f"The inbox {self._address} holds what is no alert: {e}") from e

    def _lost(self) -> InboxError:
        return InboxError(f"Another node has taken over the inbox {self._address}: open it again")


def _step_args(step: Step) -> tuple[str | int, ...]:
    is_delivery = "1" if step.kind == "delivered" else "0"
    if step.outcome is None:
        return step.key, _json(step), is_delivery, "", "", "", ""
    state = step.outcome.state
    return (
        step.key,
        _json(step),
        is_delivery,
        state.value,
        f",{','.join(sorted(COMES_FROM[state]))},",
        _json(step.outcome),
        step.ts_ns // _NS_PER_MS if state in ENDS else "",
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_ANSWERS: dict[str, type[Answer]] = {
    "accepted": Accepted,
    "duplicate": Duplicate,
    "conflict": Conflict,
}
_OUTCOMES = msgspec.json.Decoder(Outcome)
_STEPS = msgspec.json.Decoder(Step)
