"""Waits for the node's books and the venues' to be the same; it judges no difference."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.soak.books import differences
from tests.soak.lives import Lives
from tests.soak.naked import Span
from tests.soak.sides import Side

AGREE_SECS = 120.0
"""Within so long of fine weather the books must agree; what a line that is half open holds up is
known after 45 s at the latest, and what it has swallowed some 20 s later."""
PAUSE_SECS = 0.1
OVERLAP_MS = 30_000
"""A fill may be dated some seconds before it is known here."""


class Comparison:
    """
    Compare, again and again.

    Attributes
    ----------
    agreed_secs
        After how many seconds the books agreed, each time.
    calms
        By venue, when the weather was fine and the books had agreed.

    """

    def __init__(self, sides: dict[str, Side], lives: Lives, folder: Path) -> None:
        self.agreed_secs: list[float] = []
        self.calms: dict[str, list[Span]] = {name: [] for name in sides}
        self._sides = sides
        self._lives = lives
        self._log = folder / "differences.log"
        self._life = 0
        self._compared_ms = 0

    async def agree(self) -> list[str]:
        """Return what still differs at the deadline, in words; nothing once the books agree."""
        began = time.monotonic()
        found = ["nothing was compared"]
        while time.monotonic() - began < AGREE_SECS:
            found = await self._compare()
            if not found:
                self.agreed_secs.append(round(time.monotonic() - began, 2))
                return []
            self._note(found)
            await asyncio.sleep(PAUSE_SECS)
        return found

    @contextmanager
    def calm(self) -> Iterator[None]:
        """Note how long it is calm."""
        began = {name: side.now_ms for name, side in self._sides.items()}
        try:
            yield
        finally:
            for name, side in self._sides.items():
                self.calms[name].append(Span(began[name], side.now_ms, "calm"))

    async def _compare(self) -> list[str]:
        """Compare once; a picture during which a venue went on says nothing."""
        if self._lives.is_down:
            return ["the desk is down"]
        life = self._lives.desk.lives
        since_ms = self._compared_ms if life == self._life else 0
        before = [side.read() for side in self._sides.values()]
        picture = await self._lives.desk.picture(since_ms * 1_000_000)
        if picture is None or not picture.is_running:
            return ["the desk does not answer"]
        if before != [side.read() for side in self._sides.values()]:
            return ["a venue went on meanwhile"]
        found = [d for side in self._sides.values() for d in differences(side, picture, since_ms)]
        if not found:
            self._life = life
            self._compared_ms = min(side.now_ms for side in self._sides.values()) - OVERLAP_MS
        return found

    def _note(self, found: list[str]) -> None:
        with self._log.open("a") as file:
            file.write(f"{time.time():.1f} {len(found)} {found[:4]}\n")
