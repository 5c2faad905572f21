"""Frames to Nautilus objects with the socket: ours beside Nautilus's own Rust client."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from tests.bench.rounds import Comparison, compare

# The goals are about a client that has one core for all its threads, as the anchor was measured.
GOALS = {"l2Book": "<= 1.25", "bbo": "<= 0.7", "trades": "<= 0.7"}
# In a flood a client wakes rarely and its code counts; paced, as a venue sends, waking counts.
PACED_PAUSE_SECS = 0.0005


def measure(rounds: int, flood: int, paced: int) -> list[Comparison]:
    """Compare the three hot streams in a flood of messages (a quarter of it books) and paced."""
    lines = []
    for kind, goal in GOALS.items():
        count = flood // 4 if kind == "l2Book" else flood
        lines.append(_compare(f"{kind}, one core", kind, count, 0, rounds, goal, is_pinned=True))
        lines.append(_compare(f"{kind}, flood", kind, count, 0, rounds))
        lines.append(_compare(f"{kind}, paced", kind, paced, PACED_PAUSE_SECS, rounds))
    return lines


def _compare(
    name: str,
    kind: str,
    count: int,
    pause_secs: float,
    rounds: int,
    goal: str = "",
    *,
    is_pinned: bool = False,
) -> Comparison:
    """Run a process for each client and round, in turns."""
    first, *rest = sorted(os.sched_getaffinity(0))
    cores = (first, rest[0]) if is_pinned and rest else (None, None)
    figures: dict[str, list[float]] = {"ours": [], "nautilus": []}
    with _server(kind, count, pause_secs, cores[0]) as url:
        for _ in range(rounds):
            for who, micros in figures.items():
                micros.append(_client(who, kind, url, count, cores[1]))
    return compare(name, figures["ours"], figures["nautilus"], goal)


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """Let the processes that begin meanwhile, and all their threads, have this one core."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)


def _start(core: int | None, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *arguments]
    with nullcontext() if core is None else _on_core(core):
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@contextmanager
def _server(kind: str, count: int, pause_secs: float, core: int | None) -> Iterator[str]:
    arguments = [kind, str(count), str(pause_secs)]
    with _start(core, "tests.bench.replay_server", *arguments) as process:
        assert process.stdout is not None
        try:
            yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/ws"
        finally:
            process.kill()


def _client(who: str, kind: str, url: str, count: int, core: int | None) -> float:
    with _start(core, "tests.bench.socket_client", who, kind, url, str(count)) as process:
        said, _ = process.communicate(timeout=180)
    assert process.returncode == 0, f"Expected a figure of {who}, was exit {process.returncode}"
    return float(said.strip().splitlines()[-1])
