"""From the POST of an alert until its order is at the venue's door, quiet and under load.

Under load every coin is quoted and traded ten times a second, with a book of 20 levels a side, and
alerts for other strategies come. Each way of taking alerts ends with 1,000 of them at once. Every
order is looked for in the venue's own ledger: a run in which one is lost or doubled ends there.
"""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from threading import Event

import msgspec
import uvloop

from tests.bench.alert_desks import COINS, AlertDesk, alert, alert_desk, kinds_here
from tests.bench.losses import Losses
from tests.bench.rounds import Comparison, compare
from tests.bench.spread import Spread
from tests.bench.usage import Usage
from tests.bench.webhook_http import Client, post_all
from webhook.inbox import State
from webhook.stores import open_inbox

PAUSE_SECS = 0.03  # after an order: its fill is told by then, and the next alert need not wait
OTHERS_PAUSE_SECS = 0.05
CONNECTIONS = 50
STORM_SECS = 120.0
POLL_SECS = 0.02
_TRADED, *_OTHERS = COINS

type Alert = tuple[str, str]
"""A strategy and the alert's id."""


class AtOnce(msgspec.Struct, frozen=True):
    """
    What became of alerts that came at once; wall times in milliseconds from the first POST.

    `cpu_ms` is the node's, of all its threads.
    """

    where: str
    alerts: int
    answered: Spread
    all_answered_ms: float
    all_decided_ms: float
    all_done_ms: float
    cpu_ms: float


class Measured(msgspec.Struct, frozen=True):
    """All that was measured: times by where and how, ratios, and the alerts that came at once."""

    spreads: dict[str, Spread]
    comparisons: list[Comparison]
    at_once: list[AtOnce]


def measure(rounds: int, alerts: int, at_once: int, *, quick: bool = False) -> Measured:
    """
    Run a desk of each kind on each venue, one after the other.

    Parameters
    ----------
    rounds : int
        How often the quiet and the loaded time take turns.
    alerts : int
        In one turn.
    at_once : int
        At the end.
    quick : bool
        Whether to leave all but two of the desks out.

    Raises
    ------
    LostOrDoubled
        If an alert did not come to exactly one order at the venue.
    """
    measured = Measured({}, [], [])
    for venue, kinds in _plan(quick=quick).items():
        for kind in kinds:
            with alert_desk(venue, kind) as desk:
                _Trial(f"{venue}, {kind}", desk).run(rounds, alerts, at_once, measured)
    return measured


def _plan(*, quick: bool) -> dict[str, tuple[str, ...]]:
    if quick:
        return {"hyperliquid": ("embedded",), "synthetix": ("sqlite",)}
    # What keeps the alerts knows no venue: all kinds are run on one.
    return {"hyperliquid": kinds_here(), "synthetix": ("sqlite",)}


class _Trial:
    def __init__(self, where: str, desk: AlertDesk) -> None:
        self._where = where
        self._desk = desk
        self._numbers = count()
        self._posted: list[Alert] = []

    def run(self, rounds: int, alerts: int, at_once: int, measured: Measured) -> None:
        self._turn(alerts)  # finds its feet
        quiet, loaded = [], []
        for _ in range(rounds):
            quiet.append(self._turn(alerts))
            with self._load():
                loaded.append(self._turn(alerts))
        for name, turns in (("quiet", quiet), ("under load", loaded)):
            times = [millis for turn in turns for millis in turn]
            measured.spreads[f"{self._where}, {name}"] = Spread.of(times)
        p50 = [[Spread.of(turn).p50 for turn in turns] for turns in (loaded, quiet)]
        measured.comparisons.append(compare(f"{self._where}: load / quiet, p50", *p50, ""))
        self._prove("one at a time")
        measured.at_once.append(asyncio.run(self._all_at_once(at_once)))
        self._prove(f"{at_once} at once")

    def _turn(self, alerts: int) -> list[float]:
        """Post one alert after the other; return milliseconds until each order's arrival."""
        client = Client(self._desk.port)
        times = []
        for _ in range(alerts):
            which = self._next(_TRADED)
            request = _request(which)
            start = time.monotonic_ns()
            client.post_alert(request)
            arrived = self._desk.tap.ask(self._desk.order_name(*which))
            Losses.of([which[1]], [which[1]] * len(arrived)).check(f"{self._where}, on the wire")
            times.append((arrived[0] - start) / 1e6)
            time.sleep(PAUSE_SECS)
        client.close()
        return times

    @contextmanager
    def _load(self) -> Iterator[None]:
        end = Event()
        self._desk.venue.ask("stirred")
        with ThreadPoolExecutor(1) as sender:
            sending = sender.submit(self._post_others, end)
            try:
                yield
            finally:
                end.set()
            sending.result()  # a load that broke off was none
        self._desk.venue.ask("still")

    def _post_others(self, end: Event) -> None:
        client = Client(self._desk.port)
        while not end.wait(OTHERS_PAUSE_SECS):
            which = self._next(_OTHERS[len(self._posted) % len(_OTHERS)])
            client.post_alert(_request(which))
        client.close()

    async def _all_at_once(self, alerts: int) -> AtOnce:
        which = [self._next(_OTHERS[number % len(_OTHERS)]) for number in range(alerts)]
        requests = [_request(one) for one in which]
        inbox = open_inbox(self._desk.inbox)
        before = (await inbox.status()).counts
        cpu_secs = self._cpu_secs()
        start = time.perf_counter()
        posting = asyncio.create_task(
            asyncio.to_thread(_timed, self._desk.port, CONNECTIONS, requests)
        )
        decided_ms = done_ms = 0.0
        async with asyncio.timeout(STORM_SECS):
            while not done_ms:
                await asyncio.sleep(POLL_SECS)
                counts = (await inbox.status()).counts
                now_ms = (time.perf_counter() - start) * 1e3
                done = counts.get(State.DONE, 0) - before.get(State.DONE, 0)
                decided = done + counts.get(State.DECIDED, 0)
                decided_ms = decided_ms or (now_ms if decided >= alerts else 0.0)
                done_ms = now_ms if done >= alerts else 0.0
        times, all_ms = await posting
        await inbox.close()
        cpu_ms = (self._cpu_secs() - cpu_secs) * 1e3
        return AtOnce(self._where, alerts, Spread.of(times), all_ms, decided_ms, done_ms, cpu_ms)

    def _cpu_secs(self) -> float:
        return msgspec.convert(self._desk.node.ask(0), Usage).cpu_secs

    def _next(self, strategy: str) -> Alert:
        which = (strategy, f"n{next(self._numbers)}")
        self._posted.append(which)
        return which

    def _prove(self, how: str) -> None:
        """Look in the venue's ledger for the order of each alert posted since the last time."""
        wanted = [self._desk.order_name(*which) for which in self._posted]
        self._posted.clear()
        deadline = time.monotonic() + STORM_SECS
        came: list[str | None] = []
        while len(came) < len(wanted) and time.monotonic() < deadline:
            came += [name for _, name in self._desk.venue.ask("orders")]
            time.sleep(POLL_SECS)
        Losses.of(wanted, came).check(f"{self._where}, {how}")


def _request(which: Alert) -> bytes:
    # Buys and sells of a strategy need not take turns: its account is large enough.
    strategy, alert_id = which
    return alert(strategy, alert_id, "buy" if int(alert_id[1:]) % 2 else "sell")


def _timed(port: int, connections: int, requests: list[bytes]) -> tuple[list[float], float]:
    start = time.perf_counter()
    times = uvloop.run(post_all(port, connections, requests))
    return times, (time.perf_counter() - start) * 1e3
