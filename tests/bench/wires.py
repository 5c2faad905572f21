"""From a Nautilus order to its signed frame at the socket: our Synthetix beside our Hyperliquid."""

from contextlib import ExitStack

import msgspec

from tests.bench.children import child
from tests.bench.rounds import Comparison, compare


def measure(rounds: int, bursts: int) -> list[Comparison]:
    """Place so many bursts of 50 orders a round at each venue, in turns."""
    costs: dict[str, list[float]] = {"synthetix": [], "hyperliquid": []}
    with ExitStack() as stack:
        addresses = msgspec.json.encode(stack.enter_context(child("wire_server")).hear()).decode()
        client = stack.enter_context(child("wire_client", addresses))
        client.ask(bursts)  # the first orders fill caches
        for _ in range(rounds):
            for venue, cost in client.ask(bursts).items():
                costs[venue].append(cost)
    return [
        compare(
            "Synthetix, beside our Hyperliquid", costs["synthetix"], costs["hyperliquid"], "<= 1.2"
        )
    ]
