"""When to move the venue's scheduled cancel-all ahead; pure, the clock is passed in."""

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
# "The scheduled cancel time must be at least 5 seconds after the current time", and "the max number
# of triggers per day is 10. This trigger count is reset at 00:00 UTC."
AHEAD_MIN_SECS = 5
TRIGGERS_PER_DAY = 10
# It is moved at half its time, which must leave the venue's minimum and a slow answer.
SECS_MIN = 2 * AHEAD_MIN_SECS
MILLIS_PER_DAY = 86_400_000

# No code and no shape tells this refusal from others; the amounts required and traded follow.
_VOLUME_GATE = "Cannot set scheduled cancel time until enough volume traded"


class DeadMansSwitch:
    """
    The state of `scheduleCancel`: the venue cancels all orders unless the time is moved in time.

    The owner asks `due` once a second or so, sends what it says and reports with `armed`; an
    unknown outcome is not reported, so that it is sent again. At a clean stop it sends the clearing
    action if `is_armed`, and reports with `cleared`.

    Parameters
    ----------
    secs : int
        How long after the last sign of life the venue cancels, at least 10 (ValueError).

    """

    def __init__(self, secs: int) -> None:
        if secs < SECS_MIN:
            raise ValueError(f"Expected at least {SECS_MIN} s before the cancel, was {secs}")
        self._ahead_ms = secs * 1_000
        self._time_ms: int | None = None
        self._is_gated = False
        self._triggers = 0
        self._day = 0

    @property
    def is_armed(self) -> bool:
        """If the venue holds a scheduled time that we have not seen pass."""
        return self._time_ms is not None

    def protects(self, now_ms: int) -> bool:
        """
        Return if the venue would cancel for us; if not, the watchdog is wanted.

        It would not below the volume gate, nor once the day's 10 triggers, as far as this process
        has seen them, are used up.
        """
        self._notice_trigger(now_ms)
        return not self._is_gated and self._triggers < TRIGGERS_PER_DAY

    def due(self, now_ms: int) -> int | None:
        """Return the time (ms) to send to the venue now, or None while nothing is to be sent."""
        if not self.protects(now_ms):
            return None
        if self._time_ms is not None and self._time_ms - now_ms > self._ahead_ms // 2:
            return None
        return now_ms + self._ahead_ms

    def armed(self, time_ms: int) -> None:
        """Take note that the venue holds this time."""
        self._time_ms = time_ms

    def cleared(self) -> None:
        """Take note that the venue holds no time any more."""
        self._time_ms = None

    def refused(self, text: str) -> bool:
        """Take note of the venue's refusal; True if this account lacks the volume, for good."""
        if text.startswith(_VOLUME_GATE):
            self._is_gated = True
        return self._is_gated

    def _notice_trigger(self, now_ms: int) -> None:
        if self._time_ms is not None and self._time_ms <= now_ms:
            self._count(self._time_ms // MILLIS_PER_DAY)
            self._time_ms = None
        if now_ms // MILLIS_PER_DAY > self._day:
            self._day, self._triggers = now_ms // MILLIS_PER_DAY, 0

    def _count(self, day: int) -> None:
        if day > self._day:
            self._day, self._triggers = day, 0
        self._triggers += 1
