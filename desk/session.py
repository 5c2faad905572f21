"""One run of the desk: node, webhook and journal started together, stopped together, reported."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec
import uvloop
from nautilus_trader.common.component import flush_logger
from nautilus_trader.live.node import TradingNode

from config.loading import describe
from config.settings import Profile
from desk.ending import end_trading
from desk.equity_curve import EquityPoint
from desk.exits import DeskError, Exit, UsageError, VenueError
from desk.garbage import start_spared
from desk.guarding import halt_by_signal, halt_in_words
from desk.journal import Journal, JournalConfig, Line, Trade
from desk.ledger import Comparison
from desk.manager import StrategyManager, status_of
from desk.manager_state import KeptStates, states_place
from desk.monitoring import monitoring, tell_line
from desk.node import build_node
from desk.report import write_config, write_report
from desk.run_record import RunRecord
from desk.run_recorder import RunRecorder
from desk.running_desk import RunningDesk
from desk.starting import Start
from desk.tally import Tally
from desk.webhook import WebhookSecrets, open_profile_inbox, serving_webhook, webhook_app
from monitor.auth import Tokens
from monitor.feed import Feed
from monitor.metrics import Metrics
from webhook.inbox import Inbox, InboxError
from webhook.posting import PATH

INBOX_NAME = "alerts.sqlite"  # of a run that keeps its alerts to itself

# Else a thread that writes to disk waits 5 ms for a busy loop after each statement, and holds the
# inbox's file for a second in which the sidecar can store nothing.
SWITCH_SECS = 0.000_5

Script = Callable[[str], Awaitable[None]]


class SessionResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a run ended and what it did.

    `left` is what the profile wanted gone and is still there; `comparison` is made after the run,
    where somebody asks the venue.
    """

    exit: Exit
    left: list[str]
    directory: Path
    trades: list[Trade]
    signals: int
    fills: int
    refusals: int
    equity: list[tuple[EquityPoint, EquityPoint]]  # first and last of each venue and currency
    comparison: Comparison | None = None


def run_session(
    profile: Profile,
    directory: Path,
    secrets: WebhookSecrets | None,
    listener: Callable[[Line], None],
    duration_secs: float | None = None,
    script: Script | None = None,
    inbox: str | None = None,
    tokens: Tokens | None = None,
) -> SessionResult:
    """
    Run `profile` until the duration is over, the node ends, or a signal asks to stop.

    Parameters
    ----------
    profile : Profile
        What to run.
    directory : Path
        The folder of this run; logs and reports go there.
    secrets : WebhookSecrets | None
        What an alert must carry; None where the run does not listen for alerts itself.
    listener : Callable[[Line], None]
        Called for each line of the journal.
    duration_secs : float | None
        Wall time after which the run ends; None for no end.
    script : Callable[[str], Awaitable[None]] | None
        Awaited beside the run with the webhook's URL, once strategies are running.
    inbox : str | None
        Where the profile's alerts are stored; None for a file in `directory`.
    tokens : Tokens | None
        Who may look and command where the profile has a monitor; None serves none.

    Raises
    ------
    VenueError
        When the venues were not ready in time.
    DeskError
        When the node stopped by itself.
    UsageError
        When the webhook's address cannot be listened on, the inbox is in use by another run or
        cannot be opened, a client cannot be made, a strategy cannot start, or what people told
        the strategies of an earlier run cannot be read.

    """
    sys.setswitchinterval(SWITCH_SECS)
    session = _Session(profile, directory, inbox or str(directory / INBOX_NAME), tokens)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(session.run(secrets, listener, duration_secs, script))
    finally:
        session.dispose()


class _Session:
    def __init__(
        self, profile: Profile, directory: Path, inbox: str, tokens: Tokens | None
    ) -> None:
        self._profile = profile
        self._tokens = tokens
        self._feed = Feed()
        self._directory = directory
        self._inbox_place = inbox
        self._inbox_failure: InboxError | None = None
        self._stop = asyncio.Event()
        self._interrupted = False
        self._left: list[str] = []
        self._node: TradingNode | None = None

    @property
    def node(self) -> TradingNode:
        assert self._node is not None, "built at the start of `run`"  # noqa: S101 (own promise)
        return self._node

    def dispose(self) -> None:
        """Let the node end, its log written; in the running loop it would stop that under us."""
        if self._node is not None:
            self._node.dispose()
            flush_logger()  # a process that ends now would take the last lines with it

    async def run(
        self,
        secrets: WebhookSecrets | None,
        listener: Callable[[Line], None],
        duration_secs: float | None,
        script: Script | None,
    ) -> SessionResult:
        inbox = self._open_inbox()
        states = KeptStates(states_place(self._profile))
        told = states.applied_to(self._profile)
        write_config(self._directory, describe(told))  # what runs, and not only what the file says
        logs = self._directory / "logs"
        self._node = build_node(told, logs, inbox, self._on_inbox_failure)
        manager = StrategyManager(self._profile, self.node.trader, states)
        venues = JournalConfig(venues=frozenset(name.upper() for name in self._profile.venues))
        journal = Journal(venues, self.node.trader.strategies(), self._both(listener))
        self.node.trader.add_actor(journal)
        record = RunRecord(self._directory)
        now_ns = self.node.kernel.clock.timestamp_ns
        recorder = RunRecorder(record, self.node.cache, journal, now_ns)
        recorder.listen(self.node.trader)
        self._catch_signals()
        try:
            async with (
                recorder.keeping(),
                self._webhook(inbox, secrets) as url,
                self._monitor(manager, journal, inbox) as page,
                self._running_node() as node_task,
            ):
                if url:
                    listener(Line(now_ns(), "listens", f"for alerts at {url}{PATH}"))
                if page:
                    listener(Line(now_ns(), "listens", f"page and commands at {page}"))
                await self._until_end(node_task, duration_secs, script, url)
        finally:
            if inbox is not None:
                await inbox.close()  # the node has done so, but alerts may have come after it
            journal.mark_equity()
            write_report(self._directory, self.node.trader, journal)
            record.remove()  # only now: what ended before this line was cut
        return self._result(journal)

    def _both(self, listener: Callable[[Line], None]) -> Callable[[Line], None]:
        def tell(line: Line) -> None:
            listener(line)
            tell_line(self._feed, line)

        return tell

    @asynccontextmanager
    async def _monitor(
        self, manager: StrategyManager, journal: Journal, inbox: Inbox | None
    ) -> AsyncIterator[str]:
        # The metrics read the desk, which has the tally, which counts in the metrics.
        metrics = Metrics(lambda: desk.picture())  # noqa: PLW0108  there is no desk yet
        tally = Tally(metrics, self.node.cache.order)
        tally.listen(self.node.trader)
        halted = partial(halt_in_words, self.node)
        desk = RunningDesk(self._profile, self.node, manager, journal, tally, inbox, halted)
        async with monitoring(self._profile, self._tokens, desk, self._feed, metrics) as url:
            yield url

    def _catch_signals(self) -> None:
        # The node's own handlers would stop it behind our back, without report or exit code.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        for number, flatten in ((signal.SIGUSR1, False), (signal.SIGUSR2, True)):
            loop.add_signal_handler(number, halt_by_signal, self.node, number, flatten)

    def _interrupt(self) -> None:
        self._interrupted = True
        self._stop.set()

    def _open_inbox(self) -> Inbox | None:
        if self._profile.webhook is None:
            return None
        return open_profile_inbox(self._profile, self._inbox_place)

    def _on_inbox_failure(self, error: InboxError) -> None:
        self._inbox_failure = error
        self._stop.set()

    @asynccontextmanager
    async def _webhook(
        self, inbox: Inbox | None, secrets: WebhookSecrets | None
    ) -> AsyncIterator[str]:
        settings = self._profile.webhook
        if settings is None or inbox is None or secrets is None:
            yield ""
            return
        app = webhook_app(self._profile, inbox, *secrets)
        async with serving_webhook(settings, app) as url:
            yield url

    @asynccontextmanager
    async def _running_node(self) -> AsyncIterator[asyncio.Task[None]]:
        start = Start(self.node)
        try:
            await self._until_running(start)
            if self._inbox_failure is not None:
                raise UsageError(str(self._inbox_failure))
            self._check_strategies()
            with start_spared():
                yield start.task
        finally:
            self._left = await end_trading(self.node, self._profile.on_stop)
            await self.node.stop_async()
            await start.task

    async def _until_running(self, start: Start) -> None:
        try:
            await start.end(self._stop)
        except VenueError as e:
            raise VenueError(f"{e}; see {self._directory / 'logs'}") from e

    def _check_strategies(self) -> None:
        for strategy in self.node.trader.strategies():
            status = status_of(strategy)
            if status is not None and status.degraded:
                raise UsageError(f"{strategy.id}: {status.degraded}")

    async def _until_end(
        self,
        node_task: asyncio.Task[None],
        duration_secs: float | None,
        script: Script | None,
        url: str,
    ) -> None:
        stopped = asyncio.create_task(self._stop.wait(), name="stop")
        scripted = asyncio.create_task(self._play(script, url), name="script")
        ends = {node_task, stopped}
        try:
            await asyncio.wait(ends, timeout=duration_secs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            scripted.cancel()
        with suppress(asyncio.CancelledError):
            await scripted
        if node_task.done():
            raise DeskError(f"The node stopped by itself; see {self._directory}")

    async def _play(self, script: Script | None, url: str) -> None:
        try:
            if script is not None:
                await script(url)
        except Exception:
            self._stop.set()
            raise

    def _result(self, journal: Journal) -> SessionResult:
        curve = journal.equity
        ended = Exit.INTERRUPTED if self._interrupted else Exit.DONE
        return SessionResult(
            exit=Exit.FAILED if self._left else ended,
            left=self._left,
            directory=self._directory,
            trades=journal.trades,
            signals=journal.signals,
            fills=journal.fills,
            refusals=journal.refusals,
            equity=[(curve.first[account], last) for account, last in curve.last.items()],
        )
