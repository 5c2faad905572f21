"""Orders through a whole desk, one at a time and 1,000 at once: gate, risk engine, client, venue.

Desks with and without our gate, and with and without Nautilus's risk engine, take turns on one
venue, each with an account of its own. Every order is looked for in the venue's own ledger: a run
in which one is lost or doubled ends there.
"""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec

from adapters.hyperliquid.orders import cloid_from_client_order_id
from tests.bench.children import Child
from tests.bench.desk_client import Options, Placed
from tests.bench.desk_parts import desk_on, new_wallet, venue_of
from tests.bench.desk_profile import Place, burst, write_profile
from tests.bench.losses import Losses
from tests.bench.rounds import Comparison, compare
from tests.bench.spread import Spread
from tests.bench.stirred import coin_names

VENUES = ("hyperliquid", "synthetix")
SINGLES = 10
BURST = 100
"""Orders at once in a round: what our clients have under way on a connection at a time."""
WHOLE, NO_GATE, NO_ENGINE = "whole desk", "without our gate", "Nautilus's risk engine bypassed"
DESKS = {WHOLE: Options(), NO_GATE: Options(has_gate=False), NO_ENGINE: Options(is_bypassed=True)}


class AtOnce(msgspec.Struct, frozen=True):
    """Many orders at once through one desk, milliseconds from submission to acceptance."""

    where: str
    orders: int
    each: Spread
    all_ms: float
    cpu_ms: float


class Measured(msgspec.Struct, frozen=True):
    """All that was measured: times of single orders, ratios, and the orders that came at once."""

    spreads: dict[str, Spread]
    comparisons: list[Comparison]
    at_once: list[AtOnce]


def measure(rounds: int, at_once: int) -> Measured:
    """
    Let the desks take turns on each venue; at the end each places `at_once` orders.

    Raises
    ------
    LostOrDoubled
        If an order did not come to the venue exactly once.
    """
    measured = Measured({}, [], [])
    for name in VENUES:
        wallets = {who: new_wallet() for who in DESKS}
        with ExitStack() as stack:
            venue, http, ws = stack.enter_context(venue_of(name, 1, list(wallets.values())))
            desks = {}
            for who, options in DESKS.items():
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                place = Place(name, http, ws, folder)
                profile = write_profile(place, burst(place, *coin_names(1)))
                desks[who] = stack.enter_context(desk_on(profile, wallets[who], options))
            _Race(name, venue, desks).run(rounds, at_once, measured)
    return measured


class _Race:
    def __init__(self, name: str, venue: Child, desks: dict[str, Child]) -> None:
        self._name = name
        self._venue = venue
        self._desks = desks
        self._single: dict[str, list[list[float]]] = {who: [] for who in desks}
        self._burst: dict[str, list[float]] = {who: [] for who in desks}
        self._cpu: dict[str, list[float]] = {who: [] for who in desks}

    def run(self, rounds: int, at_once: int, measured: Measured) -> None:
        for who in self._desks:
            self._place(who, SINGLES)  # finds its feet
        for _ in range(rounds):
            for who in self._desks:
                self._round(who)
        for who, turns in self._single.items():
            times = [millis for turn in turns for millis in turn]
            measured.spreads[f"{self._name}, {who}"] = Spread.of(times)
        measured.comparisons.extend(self._comparisons())
        for who in (WHOLE, NO_GATE):
            placed = self._place(who, at_once)
            where = f"{self._name}, {who}"
            each = Spread.of(placed.accepted_ms)
            measured.at_once.append(AtOnce(where, at_once, each, placed.all_ms, placed.cpu_ms))

    def _round(self, who: str) -> None:
        singles = [self._place(who, 1) for _ in range(SINGLES)]
        self._single[who].append([placed.accepted_ms[0] for placed in singles])
        self._cpu[who].append(statistics.median(placed.cpu_ms for placed in singles))
        self._burst[who].append(self._place(who, BURST).all_ms)

    def _place(self, who: str, count: int) -> Placed:
        placed = msgspec.convert(self._desks[who].ask(count), Placed)
        is_hashed = self._name == "hyperliquid"
        wanted = [cloid_from_client_order_id(each) if is_hashed else each for each in placed.ids]
        came = [client_id for _, client_id in self._venue.ask("orders")]
        Losses.of(wanted, came).check(f"{count} orders, {self._name}, {who}")
        if len(placed.accepted_ms) != count:
            raise RuntimeError(f"Expected {count} orders to be accepted, were {placed.heard}")
        return placed

    def _comparisons(self) -> list[Comparison]:
        p50 = {who: [Spread.of(turn).p50 for turn in turns] for who, turns in self._single.items()}
        pairs = (("gate", WHOLE, NO_GATE), ("risk engine", WHOLE, NO_ENGINE))
        lines = []
        for what, with_, without in pairs:
            start = f"{self._name}: with / without {what}"
            for how, figures in (
                ("one order, p50 ms", p50),
                ("one order, CPU ms", self._cpu),
                (f"{BURST} at once, all ms", self._burst),
            ):
                lines.append(compare(f"{start}, {how}", figures[with_], figures[without], ""))
        return lines
