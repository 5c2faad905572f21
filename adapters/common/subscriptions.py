"""Which streams are wanted, how often, and which have gone silent; pure, it sends nothing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class Subscription(Protocol):
    """What is needed of a venue's subscription."""

    @property
    def stream(self) -> tuple[str, ...]:
        """What frames tell apart."""

    @property
    def is_quiet(self) -> bool:
        """Whether it may be silent for any time, as what is about an account."""


class Remedy(Enum):
    """What a silent stream calls for."""

    RESUBSCRIBE = auto()
    RECONNECT = auto()
    GIVE_UP = auto()
    """Both were tried; the stream stays subscribed and the silence is only reported."""


_REMEDIES = (Remedy.RESUBSCRIBE, Remedy.RECONNECT, Remedy.GIVE_UP)


@dataclass(slots=True)
class _Entry[S: Subscription]:
    subscription: S
    holders: int
    heard_at: float
    remedies_tried: int = 0


class SubscriptionRegistry[S: Subscription]:
    """
    The desired subscriptions of one connection, each counted by its holders.

    Frames do not tell the parameters of their stream, so a connection can hold one set of them.

    Parameters
    ----------
    stale_secs : float
        Seconds of silence after which a stream needs a remedy.

    """

    def __init__(self, stale_secs: float) -> None:
        self._stale_secs = stale_secs
        self._entries: dict[tuple[str, ...], _Entry[S]] = {}

    def acquire(self, subscription: S, now: float) -> bool:
        """
        Count one more holder; return whether it is the first, who needs the wire.

        Parameters
        ----------
        subscription : Subscription
            The wanted stream.
        now : float
            Monotonic seconds.

        Raises
        ------
        ValueError
            If the stream is held with other parameters.

        """
        entry = self._entries.get(subscription.stream)
        if entry is None:
            self._entries[subscription.stream] = _Entry(subscription, 1, now)
            return True
        if entry.subscription != subscription:
            raise ValueError(
                f"Expected the parameters of the stream in use, {entry.subscription}, "
                f"was {subscription}",
            )
        entry.holders += 1
        return False

    def release(self, stream: tuple[str, ...]) -> S | None:
        """Count one holder less; return what the wire can drop if it was the last."""
        entry = self._entries.get(stream)
        if entry is None:
            return None
        entry.holders -= 1
        if entry.holders:
            return None
        return self._entries.pop(stream).subscription

    def desired(self) -> list[S]:
        """Return every held subscription once, oldest first."""
        return [entry.subscription for entry in self._entries.values()]

    def holds(self, stream: tuple[str, ...]) -> bool:
        """Tell whether anybody holds the stream."""
        return stream in self._entries

    def restart_clocks(self, now: float) -> None:
        """Give every stream its full time again, as after a reconnect."""
        for entry in self._entries.values():
            entry.heard_at = now

    @property
    def streams(self) -> set[tuple[str, ...]]:
        """Every held stream, as a new set."""
        return set(self._entries)

    def check(self, unheard: AbstractSet[tuple[str, ...]], now: float) -> list[tuple[S, Remedy]]:
        """
        Return the silent streams with their remedy.

        `unheard` are the streams without a message since the last check. The remedies
        escalate from check to check until the stream is heard again. What is about an account
        speaks only when something happens to it, so its silence means nothing.
        """
        silent = []
        for stream, entry in self._entries.items():
            if stream not in unheard or entry.subscription.is_quiet:
                entry.heard_at = now
                entry.remedies_tried = 0
            tried = entry.remedies_tried
            if now - entry.heard_at >= self._stale_secs and tried < len(_REMEDIES):
                entry.heard_at = now
                entry.remedies_tried += 1
                silent.append((entry.subscription, _REMEDIES[tried]))
        return silent
