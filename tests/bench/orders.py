"""From an order's parameters to the venue's reply: ours, Nautilus's Rust client and the SDK."""

from contextlib import ExitStack

import msgspec

from tests.bench.children import child
from tests.bench.rounds import Comparison, compare

# Nautilus's client lets 1,200 orders a minute pass; beyond them each waits for 50 ms.
ORDERS_MAX = 400


def measure(rounds: int, orders: int) -> list[Comparison]:
    """Place `orders` in all by each contestant, in turns."""
    assert orders <= ORDERS_MAX
    count = orders // (rounds + 1)
    cpu: dict[str, list[float]] = {"ours": [], "nautilus": [], "sdk": []}
    wall: dict[str, list[float]] = {who: [] for who in cpu}
    with ExitStack() as stack:
        server = stack.enter_context(child("order_server")).hear()
        addresses = msgspec.json.encode(server).decode()
        environment = {"SSL_CERT_FILE": server["ca"]}
        clients = {
            who: stack.enter_context(child("order_client", who, addresses, environment=environment))
            for who in cpu
        }
        for client in clients.values():
            client.ask(count)  # the first orders open connections and fill caches
        for _ in range(rounds):
            for who, client in clients.items():
                cost = client.ask(count)
                cpu[who].append(cost["cpu"])
                wall[who].append(cost["wall"])
    return [
        compare("CPU, beside Nautilus's Rust client", cpu["ours"], cpu["nautilus"], "<= 0.65"),
        compare("p50, beside Nautilus's Rust client", wall["ours"], wall["nautilus"], "<= 0.65"),
        compare("CPU, beside the SDK with coincurve", cpu["ours"], cpu["sdk"], "<= 0.2"),
        compare("p50, beside the SDK with coincurve", wall["ours"], wall["sdk"], "<= 0.2"),
    ]
