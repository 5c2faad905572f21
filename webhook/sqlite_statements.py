"""What the inbox asks of its tables: SQL inside somebody's transaction; no thread, no clock."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from webhook.alerts import Alert, decode_alert, encode_alert
from webhook.inbox import (
    COMES_FROM,
    ENDS,
    UNDECIDED,
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

TAKE_MAX = 64
"""Alerts read at once: decoding them takes the interpreter from the event loop."""

PRUNE_MAX = 200
"""Alerts deleted in one transaction: a put that comes just then waits some milliseconds."""

_DAY_NS = 86_400_000_000_000
_UNDECIDED = "state IN ('received', 'delivered')"
_INSERT = (
    "INSERT INTO alerts (key, digest, strategy, body, received_ns, expires_ns, state, outcome,"
    " ended_ns) VALUES"
)
_VALUES = "(?,?,?,?,?,?,?,?,?)"
_ENTRY = "alerts.sequence, body, received_ns, expires_ns, alerts.outcome, deliveries"


class Put(NamedTuple):
    """An alert to store, encoded."""

    key: str
    digest: str
    strategy: str
    body: str
    received_ns: int
    expires_ns: int

    @property
    def state(self) -> State:
        """In which state it comes: too old, or not."""
        return State.EXPIRED if self.expires_ns <= self.received_ns else State.RECEIVED


class Record(NamedTuple):
    """Steps to keep; none at all has the file made and brought up to date."""

    steps: Sequence[Step]


type Job = Put | Record


def put_of(alert: Alert, received_ns: int, expires_ns: int) -> Put:
    """Encode an alert."""
    body = encode_alert(alert).decode()
    return Put(alert.key, alert.digest, alert.strategy, body, received_ns, expires_ns)


def apply_jobs(
    connection: sqlite3.Connection, jobs: Sequence[Job], limits: Limits
) -> Sequence[Answer | InboxError | None]:
    """Do jobs: first the puts, in one statement where that goes, then the steps."""
    puts = [job for job in jobs if isinstance(job, Put)]
    answers = iter(_insert(connection, puts, limits) if puts else ())
    for job in jobs:
        if isinstance(job, Record):
            _record(connection, job.steps)
    return [next(answers) if isinstance(job, Put) else None for job in jobs]


def prune(connection: sqlite3.Connection, retention_days: int, now_ns: int) -> bool:
    """Delete some of what ended long ago, with its steps; return whether there may be more."""
    deleted = connection.execute(
        "DELETE FROM alerts WHERE sequence IN"
        " (SELECT sequence FROM alerts WHERE ended_ns < ? ORDER BY ended_ns LIMIT ?)",
        (now_ns - retention_days * _DAY_NS, PRUNE_MAX),
    )
    return deleted.rowcount == PRUNE_MAX


def select_undecided(
    connection: sqlite3.Connection, after_sequence: int, limit: int = TAKE_MAX
) -> list[Entry]:
    """Return what waits for a decision, in the order of arrival."""
    rows = connection.execute(
        f"SELECT {_ENTRY} FROM alerts WHERE {_UNDECIDED} AND sequence > ?"  # noqa: S608
        " ORDER BY sequence LIMIT ?",
        (after_sequence, limit),
    )
    return [_entry(*row) for row in rows]


def select_opening(connection: sqlite3.Connection) -> tuple[int, list[Entry]]:
    """Return the last sequence so far, and what is decided but not done, oldest first."""
    rows = connection.execute(
        f"SELECT {_ENTRY} FROM alerts WHERE state = ? ORDER BY sequence",  # noqa: S608
        (State.DECIDED,),
    )
    decided = [_entry(*row) for row in rows]
    return _last_sequence(connection), decided


def select_last_of(connection: sqlite3.Connection, strategy: str) -> Alert | None:
    """Return a strategy's latest alert that somebody has seen."""
    row = connection.execute(
        "SELECT body FROM alerts WHERE strategy = ? AND state <> ? ORDER BY sequence DESC LIMIT 1",
        (strategy, State.RECEIVED),
    ).fetchone()
    return None if row is None else decode_alert(row[0])


def select_entries(
    connection: sqlite3.Connection,
    states: Sequence[State],
    strategy: str | None,
    since_ns: int,
    limit: int,
) -> list[Entry]:
    """Return the latest alerts that fit, newest first."""
    rows = connection.execute(
        f"SELECT {_ENTRY} FROM alerts"  # noqa: S608
        " WHERE received_ns >= :since AND (:strategy IS NULL OR strategy = :strategy)"
        " AND (:states = '[]' OR state IN (SELECT value FROM json_each(:states)))"
        " ORDER BY sequence DESC LIMIT :limit",
        {
            "since": since_ns,
            "strategy": strategy,
            "states": _json(list(states)),
            "limit": limit,
        },
    )
    return [_entry(*row) for row in rows]


def select_trace(connection: sqlite3.Connection, key: str) -> Trace | None:
    """Return an alert with all its steps."""
    rows = connection.execute(
        f"SELECT {_ENTRY}, kind, ts_ns, detail, steps.outcome"  # noqa: S608
        " FROM alerts LEFT JOIN steps ON steps.alert = alerts.sequence"
        " WHERE key = ? ORDER BY steps.sequence",
        (key,),
    ).fetchall()
    if not rows:
        return None
    entry = _entry(*rows[0][:6])
    steps = [_step(key, *row[6:]) for row in rows if row[6] is not None]
    return Trace(entry=entry, steps=[first_step(entry), *steps])


def select_status(connection: sqlite3.Connection, *, is_consumed: bool) -> InboxStatus:
    """Return how much there is in each state."""
    counts = dict(connection.execute("SELECT state, count(*) FROM alerts GROUP BY state"))
    oldest = connection.execute(
        f"SELECT received_ns FROM alerts WHERE {_UNDECIDED} ORDER BY sequence LIMIT 1"  # noqa: S608
    ).fetchone()
    return InboxStatus(
        counts={state.value: counts.get(state, 0) for state in State},
        oldest_undecided_ns=None if oldest is None else oldest[0],
        is_consumed=is_consumed,
    )


def _insert(
    connection: sqlite3.Connection, puts: Sequence[Put], limits: Limits
) -> Sequence[Answer | InboxError]:
    undecided, last = connection.execute(
        f"SELECT (SELECT count(*) FROM alerts WHERE {_UNDECIDED}),"  # noqa: S608
        " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence)"
    ).fetchone()
    if undecided + len(puts) > limits.undecided_max:
        return [_insert_one(connection, put, limits) for put in puts]
    # One statement for all, since each gives up the interpreter and may wait to get it back.
    inserted = connection.execute(
        f"{_INSERT} {','.join([_VALUES] * len(puts))} ON CONFLICT (key) DO NOTHING",
        [value for put in puts for value in _row(put)],
    ).rowcount
    _add_expired(connection, puts, last)
    if inserted == len(puts):
        return [Accepted(Outcome(state=put.state)) for put in puts]
    fresh: set[str] = set()
    return [_answer(connection, put, last, fresh) for put in puts]


def _insert_one(connection: sqlite3.Connection, put: Put, limits: Limits) -> Answer | InboxError:
    found = connection.execute("SELECT 1 FROM alerts WHERE key = ?", (put.key,)).fetchone()
    if found is None and put.state in UNDECIDED:
        [(undecided,)] = connection.execute(f"SELECT count(*) FROM alerts WHERE {_UNDECIDED}")  # noqa: S608
        if undecided >= limits.undecided_max:
            return limits.full()
    last = _last_sequence(connection)
    connection.execute(
        f"{_INSERT} {_VALUES} ON CONFLICT (key) DO NOTHING",
        _row(put),
    )
    _add_expired(connection, [put], last)
    return _answer(connection, put, last, set())


def _row(put: Put) -> tuple[str | int | None, ...]:
    outcome = _json(Outcome(state=put.state))
    return (*put, put.state.value, outcome, put.received_ns if put.state in ENDS else None)


def _add_expired(connection: sqlite3.Connection, puts: Sequence[Put], last: int) -> None:
    """Give what came too late the step that says so."""
    if any(put.state is State.EXPIRED for put in puts):
        connection.execute(
            "INSERT INTO steps (alert, kind, ts_ns, detail, outcome)"
            " SELECT sequence, state, received_ns, '{}', outcome FROM alerts"
            " WHERE sequence > ? AND state = ?",
            (last, State.EXPIRED),
        )


def _answer(connection: sqlite3.Connection, put: Put, last: int, fresh: set[str]) -> Answer:
    """Say what a put came to; `fresh` gathers the keys whose first put was in this group."""
    sequence, digest, outcome = connection.execute(
        "SELECT sequence, digest, outcome FROM alerts WHERE key = ?", (put.key,)
    ).fetchone()
    known = _OUTCOMES.decode(outcome)
    if sequence > last and put.key not in fresh:
        fresh.add(put.key)
        return Accepted(known)
    return Duplicate(known) if digest == put.digest else Conflict(known)


def _record(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    for step in steps:
        outcome = None if step.outcome is None else _json(step.outcome)
        connection.execute(
            "INSERT INTO steps (alert, kind, ts_ns, detail, outcome)"
            " SELECT sequence, ?, ?, ?, ? FROM alerts WHERE key = ?",
            (step.kind, step.ts_ns, _json(step.detail), outcome, step.key),
        )
        if step.kind == "delivered":
            connection.execute(
                "UPDATE alerts SET deliveries = deliveries + 1 WHERE key = ?", (step.key,)
            )
        if step.outcome is not None:
            _move(connection, step, step.outcome)


def _move(connection: sqlite3.Connection, step: Step, outcome: Outcome) -> None:
    state = outcome.state
    connection.execute(
        "UPDATE alerts SET state = ?, outcome = ?, ended_ns = ?"
        " WHERE key = ? AND state IN (SELECT value FROM json_each(?))",
        (
            state,
            _json(outcome),
            step.ts_ns if state in ENDS else None,
            step.key,
            _COMES_FROM[state],
        ),
    )


def first_step(entry: Entry) -> Step:
    """Return the step with which every trace begins."""
    return Step(key=entry.alert.key, kind="received", ts_ns=entry.received_ns)


def _last_sequence(connection: sqlite3.Connection) -> int:
    [(last,)] = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence")
    assert isinstance(last, int)  # noqa: S101  as SQLite counts
    return last


def _entry(
    sequence: int, body: str, received_ns: int, expires_ns: int, outcome: str, deliveries: int
) -> Entry:
    return Entry(
        sequence=sequence,
        alert=decode_alert(body),
        received_ns=received_ns,
        expires_ns=expires_ns,
        outcome=_OUTCOMES.decode(outcome),
        deliveries=deliveries,
    )


def _step(key: str, kind: str, ts_ns: int, detail: str, outcome: str | None) -> Step:
    return Step(
        key=key,
        kind=kind,
        ts_ns=ts_ns,
        detail=_DETAILS.decode(detail),
        outcome=None if outcome is None else _OUTCOMES.decode(outcome),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_OUTCOMES = msgspec.json.Decoder(Outcome)
_DETAILS = msgspec.json.Decoder(dict[str, str])
_COMES_FROM: Mapping[State, str] = {state: _json(sorted(COMES_FROM[state])) for state in State}
