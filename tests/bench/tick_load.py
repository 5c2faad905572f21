"""Tick to wire while a dozen other coins are quoted and traded, beside the same node in quiet."""

import tempfile
from contextlib import ExitStack

import msgspec

from tests.bench.children import Child, child
from tests.bench.feed_server import FRAMES_PER_SECOND
from tests.bench.given import KEY
from tests.bench.rounds import Comparison, compare
from tests.bench.spread import Spread

CONTESTANTS = ("ours", "nautilus")
COINS = 13
FRAMES_BESIDE = (COINS - 1) * FRAMES_PER_SECOND
"""What comes in a second beside the ticks, under load."""
GAP_SECS = 0.02
FEED_SECS_MAX = 60.0  # the ticks end it before
NAMES = {"ours": "ours", "nautilus": "Nautilus's adapter"}


class Measured(msgspec.Struct, frozen=True):
    """Times by node and load, and ratios."""

    spreads: dict[str, Spread]
    comparisons: list[Comparison]


def measure(rounds: int, ticks: int) -> Measured:
    """
    Let our node and Nautilus's take turns, in quiet and under load.

    With its warm-up each client must stay below the 1,200 orders that it may send in a minute.
    """
    with ExitStack() as stack:
        server = stack.enter_context(child("feed_server"))
        addresses = server.hear()
        state = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {
            "SSL_CERT_FILE": addresses["ca"],
            "HYPERLIQUID_PK": KEY,
            "XDG_STATE_HOME": state,
        }
        for who in CONTESTANTS:
            own = msgspec.json.encode(addresses | {"ws": f"{addresses['ws']}?{who}"}).decode()
            stack.enter_context(child("tick_client", who, own, str(COINS), environment=environment))
        turns: dict[tuple[str, str], list[list[float]]] = {}
        for who in CONTESTANTS:
            _ticks(server, who, 1, ticks)  # finds its feet
        for _ in range(rounds):
            for load, coins in (("quiet", 1), ("under load", COINS)):
                for who in CONTESTANTS:
                    turns.setdefault((who, load), []).append(_ticks(server, who, coins, ticks))
    return _summary(turns)


def _ticks(server: Child, who: str, coins: int, ticks: int) -> list[float]:
    path = f"/ws?{who}"
    feed = {"path": path, "coins": coins, "secs": FEED_SECS_MAX}
    return [each / 1e6 for each in server.ask(feed | {"ticks": ticks, "gap_secs": GAP_SECS})]


def _summary(turns: dict[tuple[str, str], list[list[float]]]) -> Measured:
    spreads = {
        f"{NAMES[who]}, {load}": Spread.of([millis for turn in found for millis in turn])
        for (who, load), found in turns.items()
    }
    p50 = {key: [Spread.of(turn).p50 for turn in found] for key, found in turns.items()}
    ours, theirs = (
        {load: p50[who, load] for load in ("quiet", "under load")} for who in CONTESTANTS
    )
    return Measured(
        spreads,
        [
            compare("tick to wire, p50, ours: load / quiet", *reversed(ours.values()), ""),
            compare("the same, Nautilus's adapter", *reversed(theirs.values()), ""),
            compare(
                "under load, ours / Nautilus's adapter",
                ours["under load"],
                theirs["under load"],
                "",
            ),
        ],
    )
