"""
A storm: one node on one venue, many coins at a time, each with a script and a fault of its own.

A round is one seed. While it runs, every coin plays its script under its fault; then the faults are
cleared, and soon the node must believe what the venue's ledger says: of orders, fills,
positions and cash. Then everything is flattened for the next round.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from tests.acceptance.storm_lane import Lane
from tests.acceptance.storm_ledgers import Ledgers
from tests.acceptance.storm_sea import Sea, coin_names
from tests.acceptance.storm_venue import PATIENCE_SECS, StormVenue
from tests.acceptance.trading_run import Run
from tests.waiting import eventually

LANES = 12
# Of the coins of a round so many may cut the connection, which all of them share.
CUTTERS = 2
RENEWAL_STEPS = 3


class Wreck(AssertionError):  # noqa: N818 - it is what a storm leaves
    """What went wrong on one coin, with all that is needed to see why."""


class Storm:
    """A running node on a venue in bad weather."""

    def __init__(self, kind: StormVenue, run: Run, sea: Sea, log: Path) -> None:
        self.kind = kind
        self.run = run
        self.sea = sea
        self.log = log
        self.ledgers = Ledgers(kind, run)
        self.slowest = (0.0, "")
        """The longest that both sides took to agree in fine weather (s), and in which round."""

    def lane(self, coin: str, random: Random) -> Lane:
        return Lane(self.kind, self.run, self.sea, coin, random)

    async def round(self, seed: int) -> None:
        """
        Let every coin play a script under a fault, both drawn by the seed.

        Raises
        ------
        Wreck
            If the two sides do not agree in time.

        """
        self.ledgers.begin()
        lanes, names = [], []
        for number, coin in enumerate(self.sea.coins):
            random = Random(f"{seed} {coin}")
            name, rules = self.kind.weather.random_rules(
                random, self.kind.symbol(coin), may_cut=number < CUTTERS
            )
            for rule in rules:
                self.run.venue.faults.add(rule)
            lanes.append(self.lane(coin, random))
            names.append(name)
        async with self._key_renewed():
            await asyncio.gather(*(lane.play() for lane in lanes))
        self.clear()
        titles = [f"seed {seed}, {name}" for name in names]
        await self.judge(lanes, titles)
        await self.flatten(lanes, titles)

    def clear(self) -> None:
        """Let the weather be fine."""
        self.run.venue.faults.clear()
        self.kind.let_sign(self.run)

    @property
    def is_connected(self) -> bool:
        """Whether the venue tells the node of its orders, on a connection that it also hears."""
        return self.kind.is_connected(self.run)

    async def reconnected(self) -> None:
        """Wait until the node is connected, and let the venue forget lines that are half open."""
        await eventually(lambda: self.is_connected, PATIENCE_SECS)
        self.run.venue._border.lines.release()

    async def judge(self, lanes: list[Lane], titles: list[str]) -> None:
        """Wait until both sides agree on every coin and on cash; raise Wreck if they do not."""
        began = time.monotonic()
        for lane, title in zip(lanes, titles, strict=True):
            await self.agree(lane, title)
        try:
            await eventually(lambda: not self.ledgers.cash_difference(), PATIENCE_SECS)
            self.slowest = max(self.slowest, (time.monotonic() - began, titles[0].split(",")[0]))
        except TimeoutError:
            raise Wreck(f"{titles[0]}: {self.ledgers.cash_difference()}; {self.log}") from None
        if twice := self.ledgers.placed_twice():
            raise Wreck(f"{titles[0]}: {twice}; {self.log}")

    async def agree(self, lane: Lane, title: str) -> None:
        """Wait until both sides agree on one coin; raise Wreck if they do not."""
        try:
            await eventually(lambda: not self._differences(lane), PATIENCE_SECS)
        except TimeoutError:
            raise Wreck(self.describe(lane, title)) from None

    async def flatten(self, lanes: list[Lane], titles: list[str]) -> None:
        """End all orders and positions, on both sides."""
        await self.reconnected()
        ends = await asyncio.gather(*(lane.flatten() for lane in lanes), return_exceptions=True)
        for lane, title, end in zip(lanes, titles, ends, strict=True):
            if isinstance(end, BaseException):
                raise Wreck(self.describe(lane, f"{title}, flattening")) from end
        await self.judge(lanes, [f"{title}, after flattening" for title in titles])
        self.run.hand.heard.clear()

    def describe(self, lane: Lane, title: str) -> str:
        lines = [
            f"{title} on {lane.coin}:",
            *self._differences(lane),
            "rules that befell:",
            *(f"  {fired}" for fired in list(self.run.venue.faults.log)[-60:]),
            "script:",
            *lane.told,
            "events:",
            *(f"  {o.client_order_id}: {self.run.hand.events_of(o)}" for o in lane.orders),
            self.ledgers.describe(lane.coin, lane.orders),
            f"frames: {self.log}",
        ]
        return "\n".join(map(str, lines))

    def _differences(self, lane: Lane) -> list[str]:
        return self.ledgers.differences(lane.coin, lane.instrument_id, lane.orders)

    @asynccontextmanager
    async def _key_renewed(self) -> AsyncIterator[None]:
        """Let the key sign again a little after it has expired, as its owner would."""
        task = asyncio.create_task(self._renew(), name="storm-key")
        try:
            yield
        finally:
            task.cancel()

    async def _renew(self) -> None:
        while True:
            await eventually(lambda: not self.kind.may_sign(self.run), timeout_secs=1_000)
            until = self.sea.steps + RENEWAL_STEPS
            await eventually(lambda at=until: self.sea.steps >= at, PATIENCE_SECS)
            self.kind.let_sign(self.run)


@asynccontextmanager
async def storm_in(
    kind: StormVenue,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    setting: str,
    seed: int = 1,
    lanes: int = LANES,
) -> AsyncIterator[Storm]:
    """Run a node on a venue with a restless market; frames are logged in the folder."""
    sea = Sea(coin_names(lanes), time.time_ns() // 1_000_000, seed)
    log = folder / "frames.jsonl"
    async with kind.running(sea, setting, folder / "state", log, monkeypatch) as run:
        yield Storm(kind, run, sea, log)
