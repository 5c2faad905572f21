"""
From a bbo frame written by the venue to the signed order back there, whole nodes side by side.

The nodes live through all rounds; only one of them is given ticks at a time, the others sleep.
"""

import statistics
import tempfile
from collections import defaultdict
from contextlib import ExitStack

import msgspec

from tests.bench.children import Child, child
from tests.bench.given import KEY
from tests.bench.rounds import Comparison, compare

CONTESTANTS = ("bare", "stub", "ours", "nautilus")
# Seconds between an order and the next tick, and how many ticks. Rounds are short, so that the
# contestants of one meet the same mood of the machine; but none is over before 1.8 s with its 37
# orders, or the clients' own limits of 1,200 a minute would begin to count.
TICKS = {0.0: 15, 0.003: 10, 0.05: 6}
COLD_GAP_SECS = max(TICKS)
WARM_UP_TICKS = 20

type Key = tuple[str, float]


class Race:
    """The server, the contestants and their figures, microseconds by contestant and gap."""

    def __init__(self, server: Child, clients: dict[str, Child]) -> None:
        self._server, self._clients = server, clients
        self.wire: defaultdict[Key, list[float]] = defaultdict(list)
        self.inner: defaultdict[Key, list[float]] = defaultdict(list)
        self.cpu: defaultdict[Key, list[float]] = defaultdict(list)

    def warm_up(self) -> None:
        """Let everybody find its feet."""
        for who in self._clients:
            self._tick(who, WARM_UP_TICKS, 0.0)

    def run(self, who: str, gap_secs: float, *, keep_warm: bool = False) -> None:
        """Add the medians of one contestant at one gap."""
        key = ("warm" if keep_warm else who, gap_secs)
        self._clients[who].ask(keep_warm)
        self._tick(who, 1, gap_secs)  # the first one pays for those who ran before
        self._clients[who].ask(keep_warm)
        self.wire[key].append(self._tick(who, TICKS[gap_secs], gap_secs))
        answer = self._clients[who].ask(False)  # noqa: FBT003 (the line itself)
        self.cpu[key].append(answer["cpu"] / TICKS[gap_secs] / 1e3)
        if answer["inner"]:
            self.inner[key].append(statistics.median(answer["inner"]) / 1e3)

    def _tick(self, who: str, count: int, gap_secs: float) -> float:
        times = self._server.ask({"path": f"/ws?{who}", "count": count, "gap_secs": gap_secs})
        return statistics.median(times) / 1e3


def measure(rounds: int) -> list[Comparison]:
    """Compare ours with Nautilus's adapter, with stub clients and with no node at all."""
    with ExitStack() as stack:
        server = stack.enter_context(child("order_server"))
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
            arguments = (who, msgspec.json.encode(own).decode())
            client = child("tick_client", *arguments, environment=environment)
            clients[who] = stack.enter_context(client)
        race = Race(server, clients)
        race.warm_up()
        for _ in range(rounds):
            for gap_secs in TICKS:
                for who in CONTESTANTS:
                    race.run(who, gap_secs)
            race.run("ours", COLD_GAP_SECS, keep_warm=True)
    return _lines(race)


def _lines(race: Race) -> list[Comparison]:
    lines = []
    for gap_secs in TICKS:
        gap = f"{gap_secs * 1e3:.0f} ms"
        ours, stub, bare, theirs = ((who, gap_secs) for who in ("ours", "stub", "bare", "nautilus"))
        wire, inner, cpu = race.wire, race.inner, race.cpu
        lines += [
            compare(f"quote to _submit_order, {gap}, stubs", inner[ours], inner[stub], "<= 1.2"),
            compare(f"tick to wire, {gap}, Nautilus", wire[ours], wire[theirs], "<= 0.7"),
            compare(f"tick to wire, {gap}, no node", wire[ours], wire[bare], "<= 2.3"),
            compare(f"CPU of a whole order, {gap}, Nautilus", cpu[ours], cpu[theirs], ""),
        ]
    warm, cold = race.wire["warm", COLD_GAP_SECS], race.wire["ours", COLD_GAP_SECS]
    lines.append(compare("tick to wire, 50 ms, kept warm, cold", warm, cold, "<= 0.65"))
    return lines
