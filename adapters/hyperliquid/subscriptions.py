"""Which streams are wanted, how often, and which have gone silent; pure, it sends nothing."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from adapters.hyperliquid.schemas import Subscription


class Remedy(Enum):
    """What a silent stream calls for."""

    RESUBSCRIBE = auto()
    RECONNECT = auto()
    GIVE_UP = auto()
    """Both were tried; the stream stays subscribed and the silence is only reported."""


MANTISSA_SIG_FIGS = 5

_REMEDIES = (Remedy.RESUBSCRIBE, Remedy.RECONNECT, Remedy.GIVE_UP)


@dataclass(slots=True)
class _Entry:
    subscription: Subscription
    holders: int
    heard_at: float
    remedies_tried: int = 0


class SubscriptionRegistry:
    """
    The desired subscriptions of one connection, each counted by its holders.

    Frames name their type and coin only, so a connection can hold one aggregation of a book.

    Parameters
    ----------
    stale_secs : float
        Seconds of silence after which a stream needs a remedy.

    """

    def __init__(self, stale_secs: float) -> None:
        self._stale_secs = stale_secs
        self._entries: dict[tuple[str, ...], _Entry] = {}

    def acquire(self, subscription: Subscription, now: float) -> bool:
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

    def release(self, stream: tuple[str, ...]) -> Subscription | None:
        """Count one holder less; return what the wire can drop if it was the last."""
        entry = self._entries.get(stream)
        if entry is None:
            return None
        entry.holders -= 1
        if entry.holders:
            return None
        return self._entries.pop(stream).subscription

    def desired(self) -> list[Subscription]:
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

    def check(
        self, unheard: AbstractSet[tuple[str, ...]], now: float
    ) -> list[tuple[Subscription, Remedy]]:
        """
        Return the silent streams with their remedy.

        `unheard` are the streams without a message since the last check. The remedies
        escalate from check to check until the stream is heard again. What is about an account
        speaks only when something happens to it, so its silence means nothing.
        """
        silent = []
        for stream, entry in self._entries.items():
            if stream not in unheard or entry.subscription.user:
                entry.heard_at = now
                entry.remedies_tried = 0
            tried = entry.remedies_tried
            if now - entry.heard_at >= self._stale_secs and tried < len(_REMEDIES):
                entry.heard_at = now
                entry.remedies_tried += 1
                silent.append((entry.subscription, _REMEDIES[tried]))
        return silent


def book_subscription(coin: str, params: Mapping[str, Any] | None) -> Subscription:
    """
    Return the book subscription that `n_sig_figs` and `mantissa` among the parameters describe.

    Raises
    ------
    ValueError
        If the venue does not aggregate like that.

    """
    params = params or {}
    n_sig_figs, mantissa = params.get("n_sig_figs"), params.get("mantissa")
    if n_sig_figs not in (None, 2, 3, 4, 5):
        raise ValueError(f"Expected n_sig_figs from 2 to 5, was {n_sig_figs!r} ({coin})")
    if mantissa is not None and (n_sig_figs != MANTISSA_SIG_FIGS or mantissa not in (1, 2, 5)):
        raise ValueError(
            f"Expected a mantissa of 1, 2 or 5 with n_sig_figs 5, "
            f"was {mantissa!r} with {n_sig_figs!r} ({coin})",
        )
    return Subscription(type="l2Book", coin=coin, nSigFigs=n_sig_figs, mantissa=mantissa)
