"""Whether a flood of alerts disturbs trading: tick to wire with and without one beside it.

The sidecar takes 64 connections' worth of alerts into a file, in a process of its own, while a node
of ours answers ticks; all share this machine's cores, the sender of the flood included.
"""

import statistics
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tests.bench.children import Child, child
from tests.bench.given import KEY
from tests.bench.rounds import Comparison, compare
from tests.bench.webhook_http import flood

TICKS = 50  # with ten turns half of what the client itself may send in a minute
GAP_SECS = 0.01
CONNECTIONS = 64


def measure(rounds: int) -> list[Comparison]:
    """Compare the p99 of tick to wire under a flood with the quiet one, microseconds."""
    with ExitStack() as stack:
        server = stack.enter_context(child("order_server"))
        addresses = server.hear()
        state = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {"HYPERLIQUID_PK": KEY, "XDG_STATE_HOME": state}
        own = addresses | {"ws": f"{addresses['ws']}?ours"}
        stack.enter_context(
            child("tick_client", "ours", msgspec.json.encode(own).decode(), environment=environment)
        )
        _p99(server)  # finds its feet
        sidecar = child("webhook_server", "ours", "", str(Path(state) / "alerts.sqlite"))
        port = stack.enter_context(sidecar).hear()
        quiet, flooded = [], []
        for _ in range(rounds):
            quiet.append(_p99(server))
            flooded.append(_p99_in_flood(server, port))
    return [compare("tick to wire, p99, under a flood, quiet", flooded, quiet, "<= 2")]


def _p99_in_flood(server: Child, port: int) -> float:
    end = threading.Event()
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(flood, port, CONNECTIONS, end)
        try:
            p99 = _p99(server)
        finally:
            end.set()
        sending.result()  # a flood that broke off was none
    return p99


def _p99(server: Child) -> float:
    times = server.ask({"path": "/ws?ours", "count": TICKS, "gap_secs": GAP_SECS})
    return statistics.quantiles(times, n=100)[98] / 1e3
