"""Where frames leave: the late, doubled and reordered ones of a connection, and those held back.

No frame of a channel overtakes an older one of it, unless a rule says `reorder`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random

from simulator.fault_rules import AckRace, Duplicate, Reorder
from simulator.faults import Hit

HOLD_SECS_MAX = 1.0
"""A reordered frame waits no longer for others to pass it: on a quiet line it would never come."""


class Outlet:
    """The way of one connection's frames from the venue to `put`, which queues them to be sent."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self._put = put
        self._late: dict[str, deque[tuple[str, tuple[Hit, ...]]]] = {}  # by channel, oldest first
        self._due: dict[str, float] = {}  # by channel: when its newest late frame goes out
        self._held: list[_Held] = []

    @property
    def busy(self) -> bool:
        """Tell whether frames wait in here, which others must not simply pass."""
        return bool(self._late or self._held)

    def emit(self, channel: str, frame: str, delay_ms: float, hits: tuple[Hit, ...]) -> None:
        """Let a frame go out after `delay_ms`, and behind the late ones of its channel."""
        loop = asyncio.get_running_loop()
        if not delay_ms and channel not in self._late:
            self._release(frame, hits)
            return
        due = max(loop.time() + delay_ms / 1000, self._due.get(channel, 0.0))
        self._due[channel] = due
        self._late.setdefault(channel, deque()).append((frame, hits))
        loop.call_at(due, self._release_late, channel)

    def _release_late(self, channel: str) -> None:
        frames = self._late[channel]
        frame, hits = frames.popleft()
        if not frames:
            del self._late[channel], self._due[channel]
        self._release(frame, hits)

    def _release(self, frame: str, hits: tuple[Hit, ...]) -> None:
        for hit in hits:
            if isinstance(hit.rule, Reorder):
                held = _Held(frame, hit.rule.behind)
                self._held.append(held)
                asyncio.get_running_loop().call_later(HOLD_SECS_MAX, self._let_go, held)
                return
        self._pass(frame)
        for hit in hits:
            if isinstance(hit.rule, Duplicate):
                copies = [frame] * hit.rule.times
                if hit.rule.ms:
                    asyncio.get_running_loop().call_later(hit.rule.ms / 1000, self._pass, *copies)
                else:
                    self._pass(*copies)

    def _pass(self, *frames: str) -> None:
        """Let frames out, and after each the held ones that now have waited long enough."""
        for frame in frames:
            self._put(frame)
            for held in self._held:
                held.behind -= 1
            for held in [held for held in self._held if held.behind <= 0]:
                self._let_go(held)

    def _let_go(self, held: "_Held") -> None:
        if held in self._held:
            self._held.remove(held)
            self._put(held.frame)


class _Held:
    """A frame that waits for `behind` others to pass it."""

    def __init__(self, frame: str, behind: int) -> None:
        self.frame = frame
        self.behind = behind


class Gate[C]:
    """Holds what an action makes accounts hear until its reply is out, on every connection `C`."""

    def __init__(self) -> None:
        self._holds: list[Hold[C]] = []

    def __bool__(self) -> bool:
        """Tell whether anything is held."""
        return bool(self._holds)

    def shut(self, hit: Hit) -> "Hold[C]":
        """Begin to hold."""
        hold: Hold[C] = Hold(hit)
        self._holds.append(hold)
        return hold

    def catches(self, connection: C, channel: str, frame: str) -> bool:
        """Hold a frame of an account's channel, if it is to be held; tell whether it is."""
        return any(hold.catches(connection, channel, frame) for hold in self._holds)

    def open(self, hold: "Hold[C]") -> list[tuple[C, str]]:
        """End a hold; return what it held, oldest first."""
        self._holds.remove(hold)
        return hold.frames


class Hold[C]:
    """What is held for one reply."""

    def __init__(self, hit: Hit) -> None:
        assert isinstance(hit.rule, AckRace)  # noqa: S101  (the border asks for no other)
        self.frames: list[tuple[C, str]] = []
        self.rule = hit.rule
        self._random = Random(hit.draw)  # noqa: S311  (chance, no secret)
        self._caught: dict[str, bool] = {}  # by channel

    def catches(self, connection: C, channel: str, frame: str) -> bool:
        """Decide for a channel at its first frame, and hold its frames or let them pass."""
        if channel not in self._caught:
            self._caught[channel] = self.rule.events == "after" or self._random.random() < 0.5  # noqa: PLR2004
        if self._caught[channel]:
            self.frames.append((connection, frame))
        return self._caught[channel]
