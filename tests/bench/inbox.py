"""Durable alerts a second: both stores beside one commit for each put, on the same disk."""

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from strategies.signals import Action
from tests.redis_server import RedisServer
from webhook.alerts import Alert
from webhook.inbox import Limits
from webhook.sqlite_schema import connect_writer
from webhook.sqlite_statements import apply_jobs, put_of
from webhook.stores import open_inbox

CALLERS = (1, 16, 64)

_LIMITS = Limits(undecided_max=10_000_000)
_RECEIVED_NS = 1_800_000_000_000_000_000
_EXPIRES_NS = _RECEIVED_NS + 1
_FSYNCS = 100
_NAIVE = "SQLite, one commit a put"

type Put = Callable[[Alert], Awaitable[object]]


class Rate(msgspec.Struct, frozen=True):
    """
    One store at one number of callers.

    `per_sec` is the median of the rounds; `p50` and `p99` are milliseconds, of all rounds.
    """

    store: str
    callers: int
    puts: int
    per_sec: float
    p50: float
    p99: float

    def __str__(self) -> str:
        """Return a line for people."""
        return (
            f"{self.store}, {self.callers} at once: {self.per_sec:,.0f} durable puts/s,"
            f" p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms"
        )


def measure(rounds: int, puts: int) -> list[Rate]:
    """
    Put alerts, each on disk before the next of its caller; the stores take turns.

    Parameters
    ----------
    rounds : int
        How often each has its turn.
    puts : int
        In one turn, at 64 callers; a quarter of them at 16, a tenth at 1. One commit a put is slow
        and has a tenth of that to do.
    """
    return asyncio.run(_measure(rounds, puts))


def measure_fsync() -> float:
    """Return how many milliseconds the disk takes to keep 4 KiB, the median."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(_FSYNCS):
            os.pwrite(file.fileno(), os.urandom(4_096), 0)
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


async def _measure(rounds: int, puts: int) -> list[Rate]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        inboxes = {"SQLite": open_inbox(str(folder / "inbox.db"), _LIMITS)}
        if shutil.which("redis-server"):
            server = RedisServer(folder)
            stack.callback(server.kill)
            server.start()
            inboxes["Redis, appendfsync always"] = open_inbox(server.url, _LIMITS)
        stores: dict[str, Put] = {
            name: partial(inbox.put, received_ns=_RECEIVED_NS, expires_ns=_EXPIRES_NS)
            for name, inbox in inboxes.items()
        }
        stores[_NAIVE] = _one_commit_a_put(folder / "naive.db", stack)
        rates = [
            rate
            for callers in CALLERS
            for rate in await _take_turns(stores, callers, rounds, _share(puts, callers))
        ]
        for inbox in inboxes.values():
            await inbox.close()
    return rates


def _share(puts: int, callers: int) -> int:
    return puts // {1: 10, 16: 4, 64: 1}[callers]


def _one_commit_a_put(path: Path, stack: ExitStack) -> Put:
    """Return what comes to mind first: a thread, and a transaction for each put."""
    thread = stack.enter_context(ThreadPoolExecutor(max_workers=1))
    connection = thread.submit(connect_writer, path, _LIMITS).result()
    stack.callback(lambda: thread.submit(connection.close).result())

    def commit(alert: Alert) -> None:
        connection.execute("BEGIN IMMEDIATE")
        apply_jobs(connection, [put_of(alert, _RECEIVED_NS, _EXPIRES_NS)], _LIMITS)
        connection.execute("COMMIT")

    async def put(alert: Alert) -> None:
        await asyncio.get_running_loop().run_in_executor(thread, commit, alert)

    return put


async def _take_turns(stores: dict[str, Put], callers: int, rounds: int, puts: int) -> list[Rate]:
    per_sec: dict[str, list[float]] = {name: [] for name in stores}
    times: dict[str, list[float]] = {name: [] for name in stores}
    for _ in range(rounds):
        for name, put in stores.items():
            start = time.perf_counter()
            turn = await _turn(put, callers, puts // 10 if name == _NAIVE else puts)
            per_sec[name].append(len(turn) / (time.perf_counter() - start))
            times[name] += turn
    return [_rate(name, callers, statistics.median(per_sec[name]), times[name]) for name in stores]


async def _turn(put: Put, callers: int, puts: int) -> list[float]:
    times: list[float] = []
    numbers = iter(range(puts))

    async def call() -> None:
        for _ in numbers:
            alert = _alert(next(_KEYS))
            start = time.perf_counter()
            await put(alert)
            times.append(time.perf_counter() - start)

    await asyncio.gather(*(call() for _ in range(callers)))
    return times


def _rate(name: str, callers: int, per_sec: float, times: list[float]) -> Rate:
    cuts = statistics.quantiles(times, n=100)
    return Rate(name, callers, len(times), per_sec, cuts[49] * 1e3, cuts[98] * 1e3)


def _alert(number: int) -> Alert:
    return Alert(
        dialect="own",
        key=f"bench:{number}",
        digest=f"{number:064x}",
        strategy="bench",
        instrument_id=InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID"),
        action=Action.BUY,
        ts_event=_RECEIVED_NS,
        comment="as long as a remark in an alert usually is",
    )


_KEYS = count()
