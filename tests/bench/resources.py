"""CPU and memory of a node at 1, 10 and 50 instruments, all of them subscribed to everything."""

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack

import msgspec

from tests.bench import frames
from tests.bench.children import Child, child
from tests.bench.desk_parts import venue_of
from tests.bench.desk_profile import SUFFIXES
from tests.bench.feed_server import FRAMES_PER_SECOND
from tests.bench.given import KEY
from tests.bench.resource_client import Heard
from tests.bench.rounds import Comparison, Figure, compare
from tests.bench.stirred import coin_names

INSTRUMENTS = (1, 10, 50)
IDLE_SECS = 2.0
SETTLE_SECS = 1.0
LATE_SECS = 10.0
POLL_SECS = 0.1
HEARD_AS = {"bbo": "QuoteTick", "trades": "TradeTick", "l2Book": "OrderBookDeltas", "candle": "Bar"}
SYNTHETIX_STEP_MS = 500
"""What changes between two books is told at once, to all coins in one moment."""
CONTESTANTS = ("ours", "nautilus")


class Taken(msgspec.Struct, frozen=True):
    """What one node took: percent of one core, idle and fed, and MB resident when all was done."""

    who: str
    instruments: int
    frames_per_sec: float
    idle_percent: float
    percent: Figure
    rss_mb: float


class Measured(msgspec.Struct, frozen=True):
    """All that was measured."""

    taken: list[Taken]
    comparisons: list[Comparison]


def measure(rounds: int, secs: float) -> Measured:
    """
    Feed our node and Nautilus's in turns, so many seconds each; then ours on a loopback Synthetix.

    Raises
    ------
    RuntimeError
        If a node did not hear what was sent.
    """
    measured = Measured([], [])
    for count in INSTRUMENTS:
        _hyperliquid(count, rounds, secs, measured)
    for count in INSTRUMENTS:
        measured.taken.append(_synthetix(count, rounds, secs))
    return measured


def _hyperliquid(count: int, rounds: int, secs: float, measured: Measured) -> None:
    instruments = [f"{coin}{SUFFIXES['hyperliquid']}" for coin in frames.COINS[:count]]
    with ExitStack() as stack:
        server = stack.enter_context(child("feed_server"))
        addresses = server.hear()
        state = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {
            "SSL_CERT_FILE": addresses["ca"],
            "HYPERLIQUID_PK": KEY,
            "XDG_STATE_HOME": state,
        }
        clients = {}
        for who in CONTESTANTS:
            own = addresses | {"ws": f"{addresses['ws']}?{who}"}
            arguments = (who, *map(_text, (own, instruments)))
            client = child("resource_client", *arguments, environment=environment)
            clients[who] = stack.enter_context(client)
        meters = {who: _Meter(client) for who, client in clients.items()}
        _idle(*meters.values())
        for _ in range(rounds):
            for who, meter in meters.items():
                meter.begin()
                feed = {"path": f"/ws?{who}", "coins": count, "secs": secs}
                sent = server.ask(feed)
                meter.end_when_heard({HEARD_AS[kind]: count for kind, count in sent.items()}, secs)
    for who, meter in meters.items():
        name = "hyperliquid, ours" if who == "ours" else "hyperliquid, Nautilus's adapter"
        measured.taken.append(meter.taken(name, count, count * FRAMES_PER_SECOND))
    line = f"{count} instruments: CPU of ours / Nautilus's adapter"
    ours, theirs = (meters[who].shares for who in CONTESTANTS)
    measured.comparisons.append(compare(line, ours, theirs, ""))


def _synthetix(count: int, rounds: int, secs: float) -> Taken:
    instruments = [f"{coin}{SUFFIXES['synthetix']}" for coin in coin_names(count)]
    told = count * 1_000 / SYNTHETIX_STEP_MS  # books, and trades, in a second
    with ExitStack() as stack:
        market = venue_of("synthetix", count, [], step_ms=SYNTHETIX_STEP_MS)
        venue, http, ws = stack.enter_context(market)
        tap = stack.enter_context(child("tap", ws))
        addresses = {"http": http, "ws": tap.hear()}
        arguments = ("synthetix", *map(_text, (addresses, instruments)))
        meter = _Meter(stack.enter_context(child("resource_client", *arguments)))
        _idle(meter)
        venue.ask("stirred")
        before, start = tap.ask(""), time.monotonic()
        for _ in range(rounds):
            meter.begin()
            time.sleep(secs)
            meter.end()
            # Of what a busy machine's venue did not come to say nobody heard: half is enough.
            meter.check(dict.fromkeys(("OrderBookDeltas", "TradeTick"), int(told * secs / 2)))
        rate = (tap.ask("") - before) / (time.monotonic() - start)
    return meter.taken("synthetix, ours", count, rate)


def _idle(*meters: "_Meter") -> None:
    """Take the CPU of a while in which nothing comes."""
    time.sleep(SETTLE_SECS)
    for meter in meters:
        meter.begin()
    time.sleep(IDLE_SECS)
    for meter in meters:
        meter.end_idle()


class _Meter:
    """One node's CPU, in percent of a core, over the times that it is told."""

    def __init__(self, client: Child) -> None:
        client.hear()
        self._client = client
        self._idle = 0.0
        self.shares: list[float] = []
        self._before = self._last = self._look()

    def end_idle(self) -> None:
        """End a turn in which nothing came."""
        self.end()
        self._idle = self.shares.pop()

    def begin(self) -> None:
        """Begin a turn."""
        self._before = self._look()

    def end(self, secs: float | None = None) -> None:
        """End the turn, which had so many seconds of work; None is all of its time."""
        self._last = self._look()
        before, now = self._before.usage, self._last.usage
        secs = secs or now.at_secs - before.at_secs
        self.shares.append((now.cpu_secs - before.cpu_secs) / secs * 100)

    def end_when_heard(self, sent: Mapping[str, int], secs: float) -> None:
        """End the turn as soon as all of it was heard: a busy machine is late."""
        deadline = time.monotonic() + LATE_SECS
        while True:
            self.end(secs)
            try:
                self.check(sent)
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                self.shares.pop()
                time.sleep(POLL_SECS)
            else:
                return

    def check(self, sent: Mapping[str, int]) -> None:
        """Raise RuntimeError unless what was sent in the last turn was heard, by kind."""
        before, now = self._before.counts, self._last.counts
        for kind, count in sent.items():
            heard = now.get(kind, 0) - before.get(kind, 0)
            # A bar is heard once a minute, of a candle that is told all the time.
            if kind != "Bar" and heard < count:
                raise RuntimeError(f"Expected {count} of {kind} to be heard, were {heard}")

    def taken(self, who: str, count: int, rate: float) -> Taken:
        """Return what the node took."""
        percent = Figure.of(self.shares)
        return Taken(who, count, rate, self._idle, percent, self._last.usage.rss_mb)

    def _look(self) -> Heard:
        return msgspec.convert(self._client.ask(""), Heard)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
