"""The storms of a soak: faults put in force, venues that go away, kills; nothing is judged here."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

from tests.soak.lives import Lives
from tests.soak.naked import Span
from tests.soak.plan import Plan
from tests.soak.sides import Side
from tests.soak.weather import Tally, draw

BOTH = 0.15
"""How likely an outage befalls both venues."""
FAULTS_AT_ONCE_MAX = 6


class Storms:
    """
    Let it storm by a seed.

    Attributes
    ----------
    tally
        What befell the venues.
    outages
        How often each went away, by way.

    """

    def __init__(
        self, sides: dict[str, Side], lives: Lives, plan: Plan, clock: Callable[[], float]
    ) -> None:
        self.tally = Tally()
        self.outages: Counter[str] = Counter()
        self._sides = sides
        self._lives = lives
        self._plan = plan
        self._clock = clock
        self._random = Random(f"weather {plan.seed}")

    async def storm(self) -> None:
        """Go through one; afterwards the weather is fine, but for lines that are half open."""
        random, plan = self._random, self._plan
        ends = self._clock() + random.uniform(*plan.storm_secs)
        tasks = []
        if random.random() < plan.outage_chance:
            tasks.append(asyncio.create_task(self._outage(), name="outage"))
        if plan.may_kill(self._clock(), self._lives.kills):
            tasks.append(asyncio.create_task(self._kill(), name="kill"))
        while self._clock() < ends:
            side = random.choice([*self._sides.values()])
            if len(side.venue.faults.rules) < FAULTS_AT_ONCE_MAX:
                self.tally.add(side, *draw(random, side))
            await asyncio.sleep(random.uniform(*plan.fault_pause_secs))
        await asyncio.gather(*tasks)
        for side in self._sides.values():
            self.tally.harvest(side)
            side.come_back()

    async def calm(self) -> None:
        """Let the weather be fine for a while."""
        await asyncio.sleep(self._random.uniform(*self._plan.calm_secs))

    async def _outage(self) -> None:
        """Let one venue go away for a while, now and then both."""
        random, names = self._random, [*self._sides]
        chosen = names if random.random() < BOTH else [random.choice(names)]
        secs = random.uniform(*self._plan.outage_secs)
        ways = {name: random.choice(self._sides[name].names.ways) for name in chosen}
        for name, way in ways.items():
            side = self._sides[name]
            self._lives.out_since_ms[name] = side.now_ms
            side.leave(way)
            self.outages[f"{name} {way}"] += 1
            self.tally.note(side, f"away, {way}, for {secs:.1f} s")
            if way == "cut":
                await side.venue.drop_connections()
        await asyncio.sleep(secs)
        for name, way in ways.items():
            side = self._sides[name]
            self.tally.harvest(side)
            side.come_back()
            since_ms = self._lives.out_since_ms.pop(name)
            self._lives.away[name].append(Span(since_ms, side.now_ms, way))

    async def _kill(self) -> None:
        await asyncio.sleep(self._random.uniform(0, self._plan.storm_secs[0]))
        for side in self._sides.values():
            self.tally.note(side, "the desk is killed")
        self._lives.kill()
