"""Watches over the alerts of all strategies for what may be missing; it only tells of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal

from strategies.alert_warning import AlertTrouble
from webhook.alerts import Alert
from webhook.continuity import Continuity
from webhook.drift import Drift
from webhook.inbox import Entry, InboxError
from webhook.silence import NANOS_PER_SEC, Silence

DRIFT_SECS = 5.0
"""From the end of an alert's orders to the comparison: a venue tells of positions a bit later."""

POLL_SECS_MAX = 60.0  # with nothing due, so that a clock that is set is noticed

type Warn = Callable[[str, AlertTrouble, str, str | None], None]
type Held = Callable[[Alert], tuple[Decimal, Decimal] | None]


class AlertWatch:
    """
    Check continuity, silence and drift, and warn.

    Parameters
    ----------
    silences_secs : mapping of str to float
        How long each strategy may be silent.
    held : callable
        As for `Drift`.
    last_of : callable
        Returns the latest alert of a strategy from before this process, or None (InboxError).
    warn : callable
        Takes the strategy, the trouble, words, and the key of the alert.
    clock_ns : callable
        Returns the time in nanoseconds UTC.
    """

    def __init__(
        self,
        silences_secs: Mapping[str, float],
        held: Held,
        last_of: Callable[[str], Awaitable[Alert | None]],
        warn: Warn,
        clock_ns: Callable[[], int],
    ) -> None:
        self._silence = Silence(silences_secs, clock_ns())
        self._drift = Drift(int(DRIFT_SECS * NANOS_PER_SEC), held)
        self._continuities: dict[str, Continuity] = {}
        self._last_of = last_of
        self._warn = warn
        self._clock_ns = clock_ns
        self._changed = asyncio.Event()

    async def arrived(self, entry: Entry) -> None:
        """Take an alert in the order of arrival, before it is traded."""
        alert = entry.alert
        if not entry.is_repeat:
            self._silence.heard(alert.strategy, self._clock_ns())
        if alert.action is not None:
            self._drift.begun(alert)
        if entry.is_repeat and entry.deliveries:
            return  # compared when it was delivered first
        if alert.strategy not in self._continuities:
            self._continuities[alert.strategy] = Continuity(await self._last(alert))
        for gap in self._continuities[alert.strategy].check(alert):
            self._warn(alert.strategy, gap.trouble, gap.message, alert.key)
        self._changed.set()

    def ended(self, alert: Alert) -> None:
        """Note that nothing more will come of an alert."""
        self._drift.done(alert, self._clock_ns())
        self._changed.set()

    async def run(self) -> None:
        """Warn when something is due, until cancelled."""
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout(self._delay_secs()):
                    await self._changed.wait()
            except TimeoutError:
                self._look()

    def _look(self) -> None:
        now = self._clock_ns()
        for silent in self._silence.due(now):
            words = (
                f"Expected an alert at least every {silent.limit_ns / NANOS_PER_SEC:g} s,"
                f" none came for {silent.for_ns / NANOS_PER_SEC:.0f} s"
            )
            self._warn(silent.strategy, AlertTrouble.SILENCE, words, None)
        for drifted in self._drift.due(now):
            words = f"Expected the stated position {drifted.stated:f}, held {drifted.held:f}"
            self._warn(drifted.strategy, AlertTrouble.DRIFT, words, drifted.key)

    def _delay_secs(self) -> float:
        due: Sequence[int] = [
            ns for ns in (self._silence.next_ns(), self._drift.next_ns()) if ns is not None
        ]
        if not due:
            return POLL_SECS_MAX
        return min(POLL_SECS_MAX, max(0.0, (min(due) - self._clock_ns()) / NANOS_PER_SEC))

    async def _last(self, alert: Alert) -> Alert | None:
        try:
            last = await self._last_of(alert.strategy)
        except InboxError:
            return None  # not comparing is no reason to hold up the trading
        return None if last is None or last.key == alert.key else last
