"""The seam between taking alerts, trading them and looking at them: three views of one store."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from webhook.alerts import Alert

SCHEMA_VERSION = 1


class State(StrEnum):
    """How far an alert has come. It only ever goes on, in the order given here."""

    RECEIVED = "received"
    """On disk; nobody has seen it."""
    DELIVERED = "delivered"
    """Handed to its strategy at least once, which may or may not have traded it."""
    DECIDED = "decided"
    """Its strategy has answered: with orders, which may still work, or with a reason."""
    DONE = "done"
    """Nothing more will come of it: refused, or its orders have ended."""
    EXPIRED = "expired"
    """Too old before anybody could decide; it was never traded."""
    DEAD = "dead"
    """Given up after several deliveries without an answer: for a person to look at."""


UNDECIDED = frozenset({State.RECEIVED, State.DELIVERED})
ENDS = frozenset({State.DONE, State.EXPIRED, State.DEAD})

COMES_FROM: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset(),
    State.DELIVERED: frozenset({State.RECEIVED}),
    State.DECIDED: UNDECIDED,
    State.DONE: UNDECIDED | {State.DECIDED},
    State.EXPIRED: UNDECIDED,
    State.DEAD: UNDECIDED,
}
"""From which states an alert may move to each: what is decided does not expire, an end is final."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """
    How much a store keeps.

    Parameters
    ----------
    retention_days : int
        How long an alert is kept after its end, with its steps; one that has not ended stays.
    undecided_max : int
        How many alerts may wait for a decision; more are not taken.
    bytes_max : int
        How large the file of a store may grow; Redis has a limit of its own, `maxmemory`.
    """

    retention_days: int = 90
    undecided_max: int = 10_000
    bytes_max: int = 1_073_741_824

    def full(self) -> "InboxError":
        """Say that no more alerts may wait."""
        return InboxError(f"The inbox is full: {self.undecided_max} alerts wait for a decision")


DEFAULT_LIMITS = Limits()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What has become of an alert so far, as a resend is told.

    `orders` are client order ids; `reason` is a `strategies.signals.Reason`, or None.
    """

    state: State
    orders: tuple[str, ...] = ()
    reason: str | None = None
    message: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """
    An alert in the inbox.

    Parameters
    ----------
    sequence : int
        Where it stands in the order of arrival; rising, with gaps.
    received_ns, expires_ns : int
        When it was stored, and from when on it must not be traded; nanoseconds UTC.
    deliveries : int
        How often it was handed to its strategy.
    is_repeat : bool
        Whether another process may have traded it: it stood here before this one looked.
    """

    sequence: int
    alert: Alert
    received_ns: int
    expires_ns: int
    outcome: Outcome
    deliveries: int = 0
    is_repeat: bool = False


class Accepted(msgspec.Struct, frozen=True):
    """The alert was new and is stored."""

    outcome: Outcome


class Duplicate(msgspec.Struct, frozen=True):
    """The same alert is stored already."""

    outcome: Outcome


class Conflict(msgspec.Struct, frozen=True):
    """Another alert is stored under the same key."""

    outcome: Outcome


type Answer = Accepted | Duplicate | Conflict


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something that happened to an alert, for its trace.

    A step with an `outcome` moves the alert on, as `COMES_FROM` allows; any other, one of the same
    state too, changes nothing but the trace, so the first outcome of each state stands. A step of
    the kind "delivered" counts as a delivery.

    Parameters
    ----------
    key : str
        The alert's.
    kind : str
        "delivered", "decided", "done", "expired", "dead", "warning", or an order event's name in
        lower case with underscores, such as "order_filled".
    ts_ns : int
        Nanoseconds UTC.
    detail : mapping of str to str
        What there is to say: an order's id, side, size, price, commission, a reason.
    outcome : Outcome or None
        What has become of the alert, if that has changed.
    """

    key: str
    kind: str
    ts_ns: int
    detail: Mapping[str, str] = {}
    outcome: Outcome | None = None


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and its steps, oldest first, from "received" on."""

    entry: Entry
    steps: Sequence[Step]


class InboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the store holds.

    `oldest_undecided_ns` is when the oldest alert that nobody has decided came, or None.
    """

    counts: Mapping[str, int]  # by state
    oldest_undecided_ns: int | None
    is_consumed: bool  # a node is there to take alerts


class InboxError(Exception):
    """The store cannot be used; says which and why."""


class InboxBusy(InboxError):  # noqa: N818  it says what is so
    """Another node takes alerts from this store."""


class Intake(Protocol):
    """What the HTTP side needs."""

    async def put(self, alert: Alert, received_ns: int, expires_ns: int) -> Answer:
        """
        Store an alert, with its key, in one transaction; it is on disk when this returns.

        One that has expired by `received_ns` is stored as such.

        Raises
        ------
        InboxError
            If it is not stored: the disk is full or read-only, the store is full, or the server
            cannot be reached. Cancelling the call leaves open whether it is, and so does a server
            that is lost before it answers: the same alert again is then a duplicate.
        """

    async def status(self) -> InboxStatus:
        """Return what the store holds (InboxError)."""


class Queue(Protocol):
    """What the node needs; one node at a time, for as long as it has the queue open."""

    async def open(self) -> Sequence[Entry]:
        """
        Become the one consumer; return what is decided but not done, oldest first.

        Raises
        ------
        InboxBusy
            If another node has it open.
        InboxError
            If the store cannot be used.
        """

    async def take(self) -> Sequence[Entry]:
        """
        Wait for alerts that this node has not taken yet, and return them in the order of arrival.

        First come those that were undecided when it was opened, as repeats.

        Raises
        ------
        InboxError
            If the store cannot be read; calling again tries again.
        """

    async def record(self, steps: Sequence[Step]) -> None:
        """
        Keep steps, all or none; they are on disk when this returns.

        A step of an alert that is not here (any more) is dropped.

        Raises
        ------
        InboxError
            If they are not kept, or another node has taken over.
        """

    async def last_of(self, strategy: str) -> Alert | None:
        """Return the latest alert of a strategy that is more than received, or None."""

    async def close(self) -> None:
        """
        Stop being the consumer and let go of the store; a second call does nothing.

        Any later call takes hold of the store again.
        """


class Archive(Protocol):
    """What people need."""

    async def entries(
        self,
        *,
        states: Sequence[State] = (),
        strategy: str | None = None,
        since_ns: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Return the latest alerts that fit, newest first (InboxError)."""

    async def trace(self, key: str) -> Trace | None:
        """Return an alert's whole story, or None if there is no such alert (InboxError)."""


class Inbox(Intake, Queue, Archive, Protocol):
    """All three views: what a store offers."""
