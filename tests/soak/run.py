"""The soak itself: the desk trades, the weather changes, and in each calm the books are compared.

A storm puts faults in force, lets venues go away and kills the desk; after it everything that was
begun ends, and within a deadline the desk's books and the venues' must be the same.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path

import aiohttp

from tests.acceptance.crash_desk import free_port
from tests.soak.alerts import AlertVerdict, undecided, verdict
from tests.soak.comparison import Comparison
from tests.soak.desk import DeskProcess
from tests.soak.judgement import Failures, Naked, naked_of
from tests.soak.lives import Lives
from tests.soak.logs import LogVerdict, judge_logs, read_logs, tracebacks
from tests.soak.memory import Sample
from tests.soak.plan import Plan
from tests.soak.profile import RSI_SIZE, SECRET, TOKENS, write_profile
from tests.soak.sender import Sender
from tests.soak.sides import Side, venues_of
from tests.soak.storms import Storms
from webhook.stores import open_inbox

POLL_SECS = 0.05
SAMPLE_SECS = 10.0
ALERT_PAUSE_SECS = 2.0
DECIDE_SECS = 120.0
"""Within so long every alert has come to its end: a lost order of Synthetix takes over 60 s."""
EXIT_SECS = 90.0


class Soak:
    """One run of it: `play` it, then read what it found."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[["Soak"], None]) -> None:
        self.plan = plan
        self.failures = Failures(folder / "failures.jsonl")
        self.samples: list[Sample] = []
        self.sides: dict[str, Side] = {}
        self.alerts: AlertVerdict | None = None
        self.logs: LogVerdict | None = None
        self.exit_code: int | None = None
        self._folder = folder
        self._say = say
        self._began = time.monotonic()

    @property
    def secs(self) -> float:
        """Return how long it has gone on."""
        return self.clock_secs()

    def clock_secs(self) -> float:
        """Return the same."""
        return time.monotonic() - self._began

    def naked(self) -> list[Naked]:
        """Return every naked stretch so far."""
        sides = self.sides.values()
        return [
            each
            for side in sides
            for each in naked_of(side, self.lives.away_of(side), self.comparison.calms[side.name])
        ]

    async def play(self) -> None:
        """Go through the plan, to the end of the desk."""
        start_ms = time.time_ns() // 1_000_000
        async with AsyncExitStack() as stack:
            for name, venue in venues_of(start_ms, self.plan.seed).items():
                await stack.enter_async_context(venue.running())
                self.sides[name] = Side(name, venue)
            self._furnish()
            stack.callback(self.lives.end)
            stack.push_async_callback(self.inbox.close)
            async with self._beside():
                await self._go_through()
            await self._judge_end()

    def _furnish(self) -> None:
        port, self._monitor_port = free_port(), free_port()
        places = {name: side.place for name, side in self.sides.items()}
        profile = write_profile(self._folder, places, port, self._monitor_port)
        desk = DeskProcess(profile, self._folder)
        self.lives = Lives(desk, self.sides, self.plan, self.clock_secs, self.failures)
        self.storms = Storms(self.sides, self.lives, self.plan, self.clock_secs)
        self.comparison = Comparison(self.sides, self.lives, self._folder)
        self.inbox = open_inbox(str(self._folder / "runs" / "SOAK-001.alerts.sqlite"))
        url = f"http://127.0.0.1:{port}/webhook/tradingview"
        strategies = [f"alert_{name}" for name in self.sides]
        self.sender = Sender(url, SECRET, strategies, self.plan.seed)

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        works = {
            "records": self._read(),
            "supervisor": self.lives.supervise(),
            "samples": self._sample(),
        }
        tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _go_through(self) -> None:
        self.lives.start()
        await self.lives.ready()
        sending = asyncio.create_task(self.sender.run(ALERT_PAUSE_SECS), name="alerts")
        try:
            await self._agree("the start")
            while self.secs < self.plan.storms_until_secs:
                await self.storms.storm()
                await self._agree("a storm")
                with self.comparison.calm():
                    await self.storms.calm()
                    await self._agree("a calm")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await self._agree("the last calm")
        await self._decided()
        self.lives.is_ending = True
        while self.lives.desk.is_alive and self.secs < self.plan.end_secs + EXIT_SECS:
            await asyncio.sleep(0.2)

    # Beside the weather

    async def _read(self) -> None:
        """Keep the venues' records; and note when they stood still themselves, in this process."""
        while True:
            for side in self.sides.values():
                side.read()
            slept = time.monotonic()
            await asyncio.sleep(POLL_SECS)
            self.lives.note_stall(time.monotonic() - slept)

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
        desk = self.lives.desk
        size, life, age_secs = desk.size(), desk.lives, self.lives.age_secs
        picture = await desk.picture(time.time_ns())
        if size is None or picture is None or life != desk.lives:
            return
        self.samples.append(
            Sample(
                round(self.secs, 1),
                life,
                round(age_secs, 1),
                round(size.rss_mb, 2),
                size.threads,
                size.files,
                picture.tasks,
                picture.orders_known,
            )
        )
        url = f"http://127.0.0.1:{self._monitor_port}/metrics"
        with suppress(aiohttp.ClientError, TimeoutError):  # it may be killed just now
            async with session.get(url) as response:
                await response.read()

    # Judging

    async def _agree(self, after: str) -> None:
        found = await self.comparison.agree()
        if found:
            evidence = [*found, *self._evidence()]
            self.failures.add(self.secs, f"books differ after {after}", evidence)

    async def _decided(self) -> None:
        began = time.monotonic()
        while (left := await undecided(self.inbox)) and time.monotonic() - began < DECIDE_SECS:
            await asyncio.sleep(0.5)
        if left:
            self.failures.add(self.secs, "alerts without an end", left)

    async def _judge_end(self) -> None:
        for side in self.sides.values():
            side.read()
            self._judge_side(side)
        desk = self.lives.desk
        self.exit_code = desk.code
        if self.exit_code != 0:
            words = f"expected exit code 0, was {self.exit_code}"
            self.failures.add(self.secs, words, [desk.said()[-2000:]])
        places = {f"alert_{name}": name for name in self.sides}
        self.alerts = await verdict(self.inbox, self.sender.sent, self.sides, places)
        self.logs = judge_logs(read_logs(self._folder))
        late = [str(each) for each in self.naked() if each.is_too_long]
        for what, evidence in (
            ("alerts went wrong", self.alerts.wrong),
            ("errors without a class", self.logs.unexplained),
            ("exceptions beside the log", tracebacks(self._folder)),
            ("without a stop for too long", late),
        ):
            if evidence:
                self.failures.add(self.secs, what, evidence)

    def _judge_side(self, side: Side) -> None:
        held = {asset: p.size for asset, p in side.ledger.positions.items() if p.size}
        if held or side.ledger.live:
            left = [str(order) for order in side.ledger.live.values()]
            self.failures.add(self.secs, f"{side.name} is not flat: {held}", left)
        btc = side.asset(side.names.btc)
        most = max((abs(f.start_position) for f in side.fills if f.asset == btc), default=0)
        if most > Decimal(RSI_SIZE):
            self.failures.add(self.secs, f"{side.name}: RSI held {most}, not {RSI_SIZE}", [])

    def _evidence(self) -> list[str]:
        return [
            f"seed {self.plan.seed}",
            *self.storms.tally.recent[-60:],
            *(line for side in self.sides.values() for line in side.recent()),
        ]
