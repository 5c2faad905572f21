"""How far the venue's clock is from ours; it measures and sets none."""

from collections.abc import Awaitable, Callable

from nautilus_trader.common.component import LiveClock, Logger

NANOS_PER_MILLI = 1_000_000
# No clock is as wrong as that: the venue replays a market of another time.
CLOCKS_APART_MAX_MS = 600_000


class VenueClock:
    """
    The venue's time in Unix milliseconds, as far as it is known here.

    Parameters
    ----------
    ask_ms : Callable[[], Awaitable[int]]
        Asks the venue for its time, in Unix milliseconds.
    clock : LiveClock
        Our own time.

    """

    def __init__(self, ask_ms: Callable[[], Awaitable[int]], clock: LiveClock) -> None:
        self._ask_ms = ask_ms
        self._clock = clock
        self._ahead_ms = 0
        self._records_ahead_ms = 0
        self._log = Logger(type(self).__name__)

    async def compare(self) -> None:
        """
        Learn how far it is ahead, so that nothing expires on its way there (VenueError).

        The venue has read its clock at some moment between question and answer. However late that
        came, what was believed before stands as long as it does not contradict this.
        """
        asked_ms = self._our_ms()
        venue_ms = await self._ask_ms()
        least_ms, most_ms = venue_ms - self._our_ms(), venue_ms - asked_ms
        ahead_ms = min(max(self._records_ahead_ms, least_ms), most_ms)
        is_replay = abs(ahead_ms) > CLOCKS_APART_MAX_MS
        if is_replay and not self._records_ahead_ms:
            self._log.warning(f"The venue's time is {ahead_ms / 1000:.0f} s off; ours is used")
        self._records_ahead_ms = ahead_ms
        self._ahead_ms = 0 if is_replay else ahead_ms

    def now_ms(self) -> int:
        """Return the time by which actions expire; ours at a venue that replays a market."""
        return self._our_ms() + self._ahead_ms

    def records_ms(self) -> int:
        """Return the time at which the venue dates what it tells now: another one in a replay."""
        return self._our_ms() + self._records_ahead_ms

    def _our_ms(self) -> int:
        now: int = self._clock.timestamp_ns() // NANOS_PER_MILLI
        return now
