"""The desk's lives in a soak: started, killed, started again, and when it could not trade."""

import asyncio
import time
from collections.abc import Callable

from tests.soak.desk import DeskProcess
from tests.soak.judgement import Failures
from tests.soak.naked import Span
from tests.soak.plan import Plan
from tests.soak.sides import Side

POLL_SECS = 0.2
READY_SECS = 90.0
"""Within so long a desk trades, or has ended: it waits 70 s for its venues (desk/node.py)."""
END_SECS = 2.0
"""So shortly before its time a desk that has ended is not started again."""
VENUE_EXIT = 3
"""What a desk ends with when a venue does not answer at its start (desk/exits.py)."""
TAIL_CHARS = 2_000
STALL_SECS = 1.0
"""A machine that is busy with other things stops the venues, which no desk can tell from a hang."""


class Lives:
    """
    A supervisor of the one process, and the book of when each venue could not be traded.

    Attributes
    ----------
    away
        By venue, each stretch in which the desk was down or the venue had gone away.
    out_since_ms, down_since_ms
        By venue, since when the venue is away, or the desk is down, now.
    kills
        How often it was killed.

    """

    def __init__(
        self,
        desk: DeskProcess,
        sides: dict[str, Side],
        plan: Plan,
        clock: Callable[[], float],
        failures: Failures,
    ) -> None:
        self.desk = desk
        self.kills = 0
        self.is_ending = False
        self.away: dict[str, list[Span]] = {name: [] for name in sides}
        self.out_since_ms: dict[str, int] = {}
        self.down_since_ms: dict[str, int] = {}
        self._sides = sides
        self._plan = plan
        self._clock = clock
        self._failures = failures
        self._started_at = 0.0

    @property
    def is_down(self) -> bool:
        """Tell whether its strategies do not run, as far as is known."""
        return bool(self.down_since_ms)

    @property
    def age_secs(self) -> float:
        """Return how old the life of now is."""
        return time.monotonic() - self._started_at

    def start(self) -> None:
        """Start a life that ends by itself with the soak."""
        self._goes_down()
        self._started_at = time.monotonic()
        self.desk.start(max(self._plan.end_secs - self._clock(), 1.0))

    def kill(self) -> None:
        """Kill it, if it lives; `supervise` starts it again."""
        if self.desk.is_alive:
            self.kills += 1
            self._goes_down()
            self.desk.kill()

    def end(self) -> None:
        """Leave nothing behind."""
        if self.desk.is_alive:
            self.desk.kill()

    async def ready(self) -> None:
        """Wait until it trades (TimeoutError)."""
        async with asyncio.timeout(READY_SECS):
            while self.is_down:
                await asyncio.sleep(POLL_SECS)

    async def supervise(self) -> None:
        """Start it again whenever it has ended, until the soak's own end."""
        while not self.is_ending:
            if not self.desk.is_alive:
                if self._clock() > self._plan.end_secs - END_SECS:
                    return
                self._note_exit()
                self.start()
            if self.is_down:
                picture = await self.desk.picture(time.time_ns())
                if picture is not None and picture.is_running:
                    self._comes_up()
            await asyncio.sleep(POLL_SECS)

    def note_stall(self, secs: float) -> None:
        """Note that the venues have just stood still for so long, if that is long."""
        if secs > STALL_SECS:
            for name, side in self._sides.items():
                span = Span(side.now_ms - int(secs * 1000), side.now_ms, "stall")
                self.away[name].append(span)

    def away_of(self, side: Side) -> list[Span]:
        """Return when a venue could not be traded, until now."""
        began = (self.down_since_ms.get(side.name), self.out_since_ms.get(side.name))
        now = [Span(since, side.now_ms, "now") for since in began if since is not None]
        return self.away[side.name] + now

    def _goes_down(self) -> None:
        for name, side in self._sides.items():
            self.down_since_ms.setdefault(name, side.now_ms)

    def _comes_up(self) -> None:
        for name, side in self._sides.items():
            self.away[name].append(Span(self.down_since_ms.pop(name), side.now_ms, "desk"))

    def _note_exit(self) -> None:
        """Judge the end of a life: killed it may be, or gone since a venue was away."""
        code = self.desk.code
        if code is None or code < 0:
            return
        self._goes_down()
        self.desk.exits.append((self.desk.lives, code))
        if code != VENUE_EXIT or not self._was_away():
            words = self.desk.said()[-TAIL_CHARS:]
            self._failures.add(self._clock(), f"the desk ended by itself with {code}", [words])

    def _was_away(self) -> bool:
        """Tell whether a venue was away within the time that a start may take."""
        return bool(self.out_since_ms) or any(
            span.what not in {"desk", "stall"} and side.now_ms - span.end_ms < READY_SECS * 1000
            for name, side in self._sides.items()
            for span in self.away[name]
        )
