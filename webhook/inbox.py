"""The inbox between the HTTP side and the node: each alert in once; this one is in memory only."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import msgspec

from webhook.alerts import Alert
from webhook.errors import WebhookError

KEYS_MAX = 10_000
"""Keys remembered; TradingView resends within 20 seconds, so this covers any rate it allows."""


class Accepted(msgspec.Struct, frozen=True):
    """The alert was new and is on its way to its strategy."""

    key: str


class Duplicate(msgspec.Struct, frozen=True):
    """The alert had been taken before and is not delivered again; `first` is its outcome."""

    first: Accepted


class InboxStatus(msgspec.Struct, frozen=True):
    """What the inbox has done so far, and whether a node is there to take alerts."""

    connected: bool
    listening: Sequence[str]
    accepted: int
    duplicates: int
    refused: int


class Consumer(Protocol):
    """Takes alerts out of the inbox into the node."""

    @property
    def listening(self) -> Sequence[str]:
        """Return the names of the strategies that listen, sorted."""

    def deliver(self, alert: Alert) -> None:
        """Hand an alert to its strategy, which listens."""


class Inbox(Protocol):
    """
    The seam between taking an alert and trading it.

    What `accept` returned is a promise: the alert reaches its strategy, and only once.
    """

    async def accept(self, alert: Alert) -> Accepted | Duplicate:
        """
        Take an alert.

        Raises
        ------
        WebhookError
            503 if no node is connected, 422 if the strategy is not among those that listen.
        """

    def attach(self, consumer: Consumer) -> None:
        """Deliver to `consumer` from now on."""

    def detach(self) -> None:
        """Deliver to nobody any more."""

    def status(self) -> InboxStatus:
        """Return a snapshot."""


class MemoryInbox:
    """
    An inbox that delivers at once and forgets on exit.

    Parameters
    ----------
    keys_max : int
        How many of the latest keys are remembered.
    """

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._outcomes: OrderedDict[str, Accepted] = OrderedDict()
        self._consumer: Consumer | None = None
        self._accepted = 0
        self._duplicates = 0
        self._refused = 0

    async def accept(self, alert: Alert) -> Accepted | Duplicate:
        """Deliver an alert that is new; refuse one that nobody would hear."""
        first = self._outcomes.get(alert.key)
        if first is not None:
            self._duplicates += 1
            return Duplicate(first)
        consumer = self._consumer_for(alert)
        consumer.deliver(alert)
        self._accepted += 1
        outcome = self._outcomes[alert.key] = Accepted(alert.key)
        if len(self._outcomes) > self._keys_max:
            self._outcomes.popitem(last=False)
        return outcome

    def attach(self, consumer: Consumer) -> None:
        """Deliver to `consumer` from now on."""
        self._consumer = consumer

    def detach(self) -> None:
        """Deliver to nobody any more."""
        self._consumer = None

    def status(self) -> InboxStatus:
        """Return a snapshot."""
        return InboxStatus(
            connected=self._consumer is not None,
            listening=() if self._consumer is None else self._consumer.listening,
            accepted=self._accepted,
            duplicates=self._duplicates,
            refused=self._refused,
        )

    def _consumer_for(self, alert: Alert) -> Consumer:
        listening = () if self._consumer is None else self._consumer.listening
        if self._consumer is not None and alert.strategy in listening:
            return self._consumer
        self._refused += 1
        if not listening:
            raise WebhookError(503, "not_connected", "No strategy is listening yet: send it again")
        names = ", ".join(listening)
        raise WebhookError(
            422,
            "no_listener",
            f"strategy: expected one that is listening ({names}), was {alert.strategy!r}",
        )
