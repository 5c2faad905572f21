"""
A child process: `perpdesk run`, with limits lifted that would be measured instead of it.

They are both venues' rates as our clients keep them, the 100 orders a second that Nautilus's risk
engine passes, and the 2 s that an order waits on Hyperliquid while 50 others are under way. The
first line on standard output is the webhook's URL, once strategies run. A line is a number of
orders to place at once, and is answered with what was `Placed` when all are accepted, canceled and
gone again; 0 is answered with the process's `Usage`.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from nautilus_trader.config import LiveRiskEngineConfig
from nautilus_trader.live.node import TradingNode

from adapters.common.governor import WeightGovernor
from adapters.hyperliquid import exchange as hyperliquid_exchange
from adapters.hyperliquid import factories as hyperliquid_factories
from adapters.synthetix import factories as synthetix_factories
from adapters.synthetix import rooms as synthetix_rooms
from config.loading import load_profile
from desk import node as desk_node
from desk import session
from desk.webhook import inbox_place, read_webhook_secrets
from tests.bench.children import questions, say
from tests.bench.desk_strategies import Burst
from tests.bench.usage import usage
from tests.waiting import eventually

UNLIMITED = 10**12
WAIT_SECS = 300.0


class Options(msgspec.Struct, frozen=True):
    """What stands between a strategy and the client: our gate, and Nautilus's risk engine."""

    has_gate: bool = True
    is_bypassed: bool = False


class Placed(msgspec.Struct, frozen=True):
    """
    What became of orders that were submitted at once.

    `accepted_ms` are from each one's submission on, `all_ms` from the first's to the last's
    acceptance; `ids` are the client order ids, and `heard` counts events by their names.
    """

    ids: list[str]
    accepted_ms: list[float]
    all_ms: float
    cpu_ms: float
    heard: dict[str, int]


def lift_rates(options: Options) -> None:
    """Put other limits in the places where the product takes its own from."""

    def governor() -> WeightGovernor:
        return WeightGovernor(UNLIMITED, 10.0)

    # They are module globals of the rooms that use them: a node's configuration has none of them.
    hyperliquid_exchange.PATIENCE_SECS = WAIT_SECS
    hyperliquid_factories.address_governor = governor
    synthetix_factories.address_governor = governor
    synthetix_rooms.subaccount_governor = governor
    desk_node.LiveRiskEngineConfig = partial(  # type: ignore[misc, assignment]
        LiveRiskEngineConfig,
        bypass=options.is_bypassed,
        max_order_submit_rate="1000000/00:00:01",
        max_order_modify_rate="1000000/00:00:01",
    )
    if not options.has_gate:
        session_guard: Callable[..., None] = lambda *_: None  # noqa: E731
        desk_node.guard_node = session_guard


async def place(burst: Burst, count: int) -> Placed:
    """Place orders, wait for all of them, and clear them away."""
    burst.clear()
    cpu = time.process_time()
    burst.place(count)
    await eventually(lambda: len(burst.accepted_ms) + burst.ended >= count, WAIT_SECS)
    placed = Placed(
        ids=list(burst.placed),
        accepted_ms=list(burst.accepted_ms),
        all_ms=(burst.last_ns - burst.first_ns) / 1e6,
        cpu_ms=(time.process_time() - cpu) * 1e3,
        heard=dict(burst.heard),
    )
    burst.cancel()
    await eventually(lambda: burst.ended >= count, WAIT_SECS)
    return placed


def main(path: str, options: Options) -> None:
    """Run the profile until standard input ends."""
    lift_rates(options)
    profile = load_profile(path)
    nodes: list[TradingNode] = []
    build = session.build_node

    def kept(*arguments: Any) -> TradingNode:  # noqa: ANN401 (passed on as they are)
        nodes.append(build(*arguments))
        return nodes[-1]

    session.build_node = kept

    async def script(url: str) -> None:
        found = [one for one in nodes[0].trader.strategies() if isinstance(one, Burst)]
        for burst in found:
            await eventually(lambda: burst.cache.quote_tick(burst.config.instrument_id), WAIT_SECS)  # noqa: B023
        say(url)
        async for line in questions():
            count = msgspec.json.decode(line, type=int)
            try:
                say(await place(found[0], count) if count else usage())
            except TimeoutError:
                # The session would end in an orderly way, and its parent wait for a word.
                sys.stderr.write(f"Expected {count} orders to end, were {found[0].heard}\n")
                os._exit(1)
        os._exit(0)  # a node does not end quietly, nor at once

    settings = profile.webhook
    secrets = read_webhook_secrets(settings, os.environ) if settings and settings.serve else None
    directory = Path(profile.runs)
    directory.mkdir(parents=True)
    inbox = inbox_place(profile, os.environ) if settings else None
    session.run_session(profile, directory, secrets, lambda _line: None, script=script, inbox=inbox)


if __name__ == "__main__":
    main(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Options))
