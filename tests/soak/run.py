"""The soak itself: the desk trades, the weather changes, and in each calm the books are compared.

A storm puts faults in force, lets venues go away and kills the desk; after it everything that was
begun ends, and within a deadline the desk's books and the venues' must be the same.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import aiohttp

from tests.acceptance.crash_desk import free_port
from tests.soak.alerts import AlertVerdict, undecided, verdict
from tests.soak.books import differences
from tests.soak.desk import DeskProcess
from tests.soak.judgement import BOUND_SECS, Failures, Naked, naked_of
from tests.soak.logs import LogVerdict, judge_logs, read_logs, tracebacks
from tests.soak.memory import Sample
from tests.soak.naked import Span
from tests.soak.plan import Plan
from tests.soak.profile import RSI_SIZE, SECRET, TOKENS, write_profile
from tests.soak.sender import Sender
from tests.soak.sides import Side, venues_of
from tests.soak.weather import Tally, draw
from webhook.stores import open_inbox

POLL_SECS = 0.05
AGREE_SECS = 120.0
"""Within so long of fine weather the books must agree: half-open lines take 45 s to be noticed."""
READY_SECS = 90.0
SAMPLE_SECS = 10.0
ALERT_PAUSE_SECS = 2.0
EXIT_SECS = 90.0
END_SECS = 2.0
"""So shortly before its time a desk that has ended is not started again."""
VENUE_EXIT = 3
"""What a desk ends with when a venue does not answer at its start (desk/exits.py)."""
RECENT = 60
"""How many rows and faults stand in the evidence."""


class Soak:
    """One run of it: `play` it, then read what it found."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[["Soak"], None]) -> None:
        self.plan = plan
        self.folder = folder
        self.failures = Failures(folder / "failures.jsonl")
        self.tally = Tally()
        self.outages: Counter[str] = Counter()
        self.kills = 0
        self.samples: list[Sample] = []
        self.agreed_secs: list[float] = []
        self.sides: dict[str, Side] = {}
        self.away: dict[str, list[Span]] = {}
        self.alerts: AlertVerdict | None = None
        self.logs: LogVerdict | None = None
        self.exit_code: int | None = None
        self._say = say
        self._began = time.monotonic()
        self._out_since_ms: dict[str, int] = {}
        self._down_since_ms: dict[str, int] = {}
        self._compared_ms = 0

    @property
    def secs(self) -> float:
        """Return how long it has gone on."""
        return time.monotonic() - self._began

    def naked(self) -> list[Naked]:
        """Return every naked stretch so far."""
        return [each for side in self.sides.values() for each in naked_of(side, self._away(side))]

    async def play(self) -> None:
        """Go through the plan, to the end of the desk."""
        start_ms = time.time_ns() // 1_000_000
        async with AsyncExitStack() as stack:
            for name, venue in venues_of(start_ms, self.plan.seed).items():
                await stack.enter_async_context(venue.running())
                self.sides[name] = Side(name, venue)
                self.away[name] = []
            port, self.monitor_port = free_port(), free_port()
            places = {name: side.place for name, side in self.sides.items()}
            profile = write_profile(self.folder, places, port, self.monitor_port)
            self.desk = DeskProcess(profile, self.folder)
            stack.callback(self._end_desk)
            self.inbox = open_inbox(str(self.folder / "runs" / "SOAK-001.alerts.sqlite"))
            stack.push_async_callback(self.inbox.close)
            strategies = [f"alert_{name}" for name in self.sides]
            url = f"http://127.0.0.1:{port}/webhook/tradingview"
            self.sender = Sender(url, SECRET, strategies, self.plan.seed)
            async with self._beside():
                await self._go_through()
            await self._judge_end()

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(each, name=name)
            for name, each in (
                ("records", self._read()),
                ("supervisor", self._supervise()),
                ("samples", self._sample()),
            )
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _go_through(self) -> None:
        random = Random(f"weather {self.plan.seed}")
        self._went_down()
        self._start()
        await self._ready()
        sending = asyncio.create_task(self.sender.run(ALERT_PAUSE_SECS), name="alerts")
        try:
            await self._calm()
            while self.secs < self.plan.storms_until_secs:
                await self._storm(random)
                await self._calm()
                await asyncio.sleep(random.uniform(*self.plan.calm_secs))
                await self._agree("the end of a calm")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await self._agree("the last calm")
        await self._decided()
        self.is_ending = True
        while self.desk.is_alive and self.secs < self.plan.end_secs + EXIT_SECS:
            await asyncio.sleep(0.2)

    is_ending = False

    # The desk's lives

    def _start(self) -> None:
        self.desk.start(max(self.plan.end_secs - self.secs, 1.0))
        self._age_since = time.monotonic()

    def _kill(self) -> None:
        self.kills += 1
        self._went_down()
        self.desk.kill()

    def _went_down(self) -> None:
        for side in self.sides.values():
            self._down_since_ms.setdefault(side.name, side.now_ms)

    async def _supervise(self) -> None:
        """Start the desk again whenever it has ended, and note since when it trades."""
        while not self.is_ending:
            if not self.desk.is_alive:
                if self.secs > self.plan.end_secs - END_SECS:
                    return
                self._note_exit()
                self._start()
            if self._down_since_ms:
                picture = await self.desk.picture(time.time_ns())
                if picture is not None and picture.is_running:
                    for side in self.sides.values():
                        since_ms = self._down_since_ms.pop(side.name)
                        self.away[side.name].append(Span(since_ms, side.now_ms, "desk"))
            await asyncio.sleep(0.2)

    def _note_exit(self) -> None:
        code = self.desk.code
        if code is None or code < 0:
            return  # killed
        self._went_down()
        self.desk.exits.append((self.desk.lives, code))
        if code != VENUE_EXIT or not self._was_away():
            tail = (self.folder / f"desk-{self.desk.lives}.log").read_text()[-2000:]
            self.failures.add(self.secs, f"the desk ended by itself with {code}", [tail])

    def _was_away(self) -> bool:
        """Tell whether a venue was away within the time that a start may take."""
        return any(
            name in self._out_since_ms
            or any(
                span.what != "desk" and side.now_ms - span.end_ms < READY_SECS * 1000
                for span in self.away[name]
            )
            for name, side in self.sides.items()
        )

    async def _ready(self) -> None:
        async with asyncio.timeout(READY_SECS):
            while self._down_since_ms or not self.desk.is_alive:
                await asyncio.sleep(POLL_SECS)

    def _end_desk(self) -> None:
        if self.desk.is_alive:
            self.desk.kill()

    # Beside the weather

    async def _read(self) -> None:
        while True:
            for side in self.sides.values():
                side.read()
            await asyncio.sleep(POLL_SECS)

    async def _sample(self) -> None:
        headers = {"Authorization": f"Bearer {TOKENS['PERPDESK_READ_TOKEN']}"}
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            while True:
                await self._sample_once(session)
                self._say(self)
                await asyncio.sleep(SAMPLE_SECS)

    async def _sample_once(self, session: aiohttp.ClientSession) -> None:
        """Measure, ask for the books' size, and scrape the metrics as Prometheus would."""
        size = self.desk.size()
        life = self.desk.lives
        picture = await self.desk.picture(time.time_ns())
        if size is None or picture is None or life != self.desk.lives:
            return
        self.samples.append(
            Sample(
                round(self.secs, 1),
                life,
                round(time.monotonic() - self._age_since, 1),
                round(size.rss_mb, 2),
                size.threads,
                size.files,
                picture.tasks,
                picture.orders_known,
            )
        )
        try:
            url = f"http://127.0.0.1:{self.monitor_port}/metrics"
            async with session.get(url) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            pass  # killed just now

    # Weather

    async def _storm(self, random: Random) -> None:
        ends = self.secs + random.uniform(*self.plan.storm_secs)
        tasks = []
        if random.random() < self.plan.outage_chance:
            tasks.append(asyncio.create_task(self._outage(random), name="outage"))
        if self.plan.may_kill(self.secs, self.kills):
            tasks.append(asyncio.create_task(self._kill_within(random), name="kill"))
        while self.secs < ends:
            side = random.choice([*self.sides.values()])
            if not side.venue.faults.rules or random.random() < 0.7:
                self.tally.add(side, *draw(random, side))
            await asyncio.sleep(random.uniform(*self.plan.fault_pause_secs))
        await asyncio.gather(*tasks)
        for side in self.sides.values():
            self.tally.harvest(side)
            side.come_back()

    async def _outage(self, random: Random) -> None:
        """Let one venue go away for a while, now and then both."""
        names = [*self.sides]
        chosen = names if random.random() < 0.15 else [random.choice(names)]
        secs = random.uniform(*self.plan.outage_secs)
        ways = {name: random.choice(self.sides[name].names.ways) for name in chosen}
        for name, way in ways.items():
            side = self.sides[name]
            self._out_since_ms[name] = side.now_ms
            side.leave(way)
            self.outages[f"{name} {way}"] += 1
            self.tally.recent.append(f"{side.now_ms} {name}: away, {way}, for {secs:.1f} s")
            if way == "cut":
                await side.venue.drop_connections()
        await asyncio.sleep(secs)
        for name, way in ways.items():
            side = self.sides[name]
            self.tally.harvest(side)
            side.come_back()
            self.away[name].append(Span(self._out_since_ms.pop(name), side.now_ms, way))

    async def _kill_within(self, random: Random) -> None:
        await asyncio.sleep(random.uniform(0, self.plan.storm_secs[0]))
        if self.desk.is_alive:
            self.tally.recent.append(f"{time.time_ns() // 1_000_000} desk: killed")
            self._kill()

    # Judging

    async def _calm(self) -> None:
        await self._agree("a storm")

    async def _agree(self, after: str) -> None:
        """Wait until all books are the same; what differs at the deadline is a failure."""
        began = time.monotonic()
        found: list[str] = ["nothing was compared"]
        while time.monotonic() - began < AGREE_SECS:
            found = await self._compare()
            self._note(found)
            if not found:
                self.agreed_secs.append(round(time.monotonic() - began, 2))
                return
            await asyncio.sleep(0.1)
        self.failures.add(self.secs, f"books differ after {after}", [*found, *self._evidence()])

    def _note(self, found: list[str]) -> None:
        with (self.folder / "differences.log").open("a") as file:
            file.write(f"{self.secs:.1f} {len(found)} {found[:4]}\n")

    async def _compare(self) -> list[str]:
        """Compare once; a picture during which a venue went on says nothing."""
        if self._down_since_ms:
            return ["the desk is down"]
        since_ms = self._since_ms()
        before = [side.read() for side in self.sides.values()]
        picture = await self.desk.picture(since_ms * 1_000_000)
        if picture is None or not picture.is_running:
            return ["the desk does not answer"]
        if before != [side.read() for side in self.sides.values()]:
            return ["the venue went on meanwhile"]
        found = [d for side in self.sides.values() for d in differences(side, picture, since_ms)]
        if not found:
            self._note_compared()
        return found

    def _since_ms(self) -> int:
        return 0 if self._life_compared != self.desk.lives else self._compared_ms

    _life_compared = 0

    def _note_compared(self) -> None:
        self._life_compared = self.desk.lives
        self._compared_ms = min(side.now_ms for side in self.sides.values()) - 30_000

    async def _decided(self) -> None:
        began = time.monotonic()
        while (left := await undecided(self.inbox)) and time.monotonic() - began < AGREE_SECS:
            await asyncio.sleep(0.5)
        if left:
            self.failures.add(self.secs, "alerts without an end", left)

    async def _judge_end(self) -> None:
        for side in self.sides.values():
            side.read()
            held = {a: p.size for a, p in side.ledger.positions.items() if p.size}
            if held or side.ledger.live:
                left = [str(order) for order in side.ledger.live.values()]
                self.failures.add(self.secs, f"{side.name} is not flat: {held}", left)
            btc = side.asset(side.names.btc)
            most = max((abs(f.start_position) for f in side.fills if f.asset == btc), default=0)
            if most > Decimal(RSI_SIZE):
                self.failures.add(self.secs, f"{side.name}: RSI held {most}", [])
        self.exit_code = self.desk.code
        if self.exit_code != 0:
            tail = (self.folder / f"desk-{self.desk.lives}.log").read_text()[-2000:]
            self.failures.add(self.secs, f"expected exit code 0, was {self.exit_code}", [tail])
        places = {f"alert_{name}": name for name in self.sides}
        self.alerts = await verdict(self.inbox, self.sender.sent, self.sides, places)
        if self.alerts.wrong:
            self.failures.add(self.secs, "alerts went wrong", self.alerts.wrong)
        self.logs = judge_logs(read_logs(self.folder))
        if self.logs.unexplained:
            self.failures.add(self.secs, "errors without a class", self.logs.unexplained)
        if caught := tracebacks(self.folder):
            self.failures.add(self.secs, "exceptions beside the log", caught)
        late = [str(each) for each in self.naked() if each.reachable_secs > BOUND_SECS]
        if late:
            self.failures.add(self.secs, f"without a stop for over {BOUND_SECS} s", late)

    def _away(self, side: Side) -> list[Span]:
        spans = [*self.away[side.name]]
        for since_ms in (self._down_since_ms, self._out_since_ms):
            if side.name in since_ms:
                spans.append(Span(since_ms[side.name], side.now_ms, "now"))
        return spans

    def _evidence(self) -> list[str]:
        found = [f"seed {self.plan.seed}", *self.tally.recent[-RECENT:]]
        for side in self.sides.values():
            found += [f"{side.name} row {row}" for row in side.rows[-RECENT:]]
            found += [f"{side.name} fill {fill}" for fill in side.fills[-RECENT:]]
        return found
