"""Frames to Nautilus objects with the socket: ours beside Nautilus's own Rust client."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.rounds import Comparison, compare

GOALS = {"l2Book": "<= 1.25", "bbo": "<= 0.7", "trades": "<= 0.7"}


def measure(rounds: int, count: int) -> list[Comparison]:
    """Compare the three hot streams, a process for each client and round, in turns."""
    lines = []
    for kind, goal in GOALS.items():
        messages = count // 4 if kind == "l2Book" else count
        figures: dict[str, list[float]] = {"ours": [], "nautilus": []}
        with _server(messages) as url:
            for _ in range(rounds):
                for who, micros in figures.items():
                    micros.append(_client(who, kind, url, messages))
        lines.append(compare(kind, figures["ours"], figures["nautilus"], goal))
    return lines


@contextmanager
def _server(count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.replay_server", str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/ws"
        process.kill()


def _client(who: str, kind: str, url: str, count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.socket_client", who, kind, url, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    return float(done.stdout.strip().splitlines()[-1])
