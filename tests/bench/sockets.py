"""Frames to Nautilus objects with the socket: ours beside Nautilus's own Rust client."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.rounds import Comparison, compare

GOALS = {"l2Book": "<= 1.25", "bbo": "<= 0.7", "trades": "<= 0.7"}
# In a flood a client wakes rarely and its code counts; paced, as a venue sends, waking counts.
PACED_PAUSE_SECS = 0.0005


def measure(rounds: int, flood: int, paced: int) -> list[Comparison]:
    """Compare the three hot streams in a flood of messages (a quarter of it books) and paced."""
    lines = []
    for kind, goal in GOALS.items():
        count = flood // 4 if kind == "l2Book" else flood
        lines.append(_compare(f"{kind}, flood", kind, count, 0, rounds, goal))
        lines.append(_compare(f"{kind}, paced", kind, paced, PACED_PAUSE_SECS, rounds, goal))
    return lines


def _compare(
    name: str, kind: str, count: int, pause_secs: float, rounds: int, goal: str
) -> Comparison:
    """Run a process for each client and round, in turns."""
    figures: dict[str, list[float]] = {"ours": [], "nautilus": []}
    with _server(kind, count, pause_secs) as url:
        for _ in range(rounds):
            for who, micros in figures.items():
                micros.append(_client(who, kind, url, count))
    return compare(name, figures["ours"], figures["nautilus"], goal)


@contextmanager
def _server(kind: str, count: int, pause_secs: float) -> Iterator[str]:
    arguments = [kind, str(count), str(pause_secs)]
    command = [sys.executable, "-m", "tests.bench.replay_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/ws"
        finally:
            process.kill()


def _client(who: str, kind: str, url: str, count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.socket_client", who, kind, url, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    return float(done.stdout.strip().splitlines()[-1])
