"""A node that says all that it can, in a process of its own; what it says is judged elsewhere."""

import asyncio
import os
import sys
import traceback
from pathlib import Path

import pytest
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.enums import OrderSide

from simulator.fault_rules import DropReply, Status
from tests.acceptance.under_test import KEY, KEY_VARIABLE
from tests.adapters.contract_bench import Bench, benched, closed, resting, standing
from tests.adapters.contract_terms import BOTH, Terms
from tests.waiting import eventually


async def live(terms: Terms, folder: Path) -> None:
    """Let a node trade, lose answers and its connection, and be refused; say who is who."""
    logging = LoggingConfig(
        log_level="DEBUG", log_level_file="DEBUG", log_directory=str(folder), log_colors=False
    )
    with pytest.MonkeyPatch.context() as monkeypatch:
        async with (
            standing(terms) as still,
            benched(still, folder / "state", monkeypatch, logging=logging) as bench,
        ):
            await trade(bench)
            say(repr(bench.run.settings), repr(bench.client), str(vars(type(bench.client))))
            fail_to_create(bench)  # the key is in use
            monkeypatch.setenv(KEY_VARIABLE, KEY[:-1] + "g")
            fail_to_create(bench)
            monkeypatch.setenv(KEY_VARIABLE, KEY)
    say("The end")


async def trade(bench: Bench) -> None:
    """Place orders that fill, rest, are refused, are lost, and are sent without a connection."""
    await bench.enter()
    await bench.rest()
    await closed(bench.submit(bench.new_limit(-100, OrderSide.BUY, post_only=True)))
    bench.fail(DropReply(on="post", type=bench.terms.place, count=1))
    bench.fail(Status(on="post", type=bench.terms.cancel, count=1, status=502))
    lost = bench.submit(bench.new_limit(510))
    await resting(lost)
    bench.hand.cancel_order(lost)
    await eventually(lambda: bench.story(lost)[-1] != "PendingCancel", 15.0)
    await bench.disconnect()
    await bench.rest(520)
    bench.reconnect()
    await eventually(lambda: bench.terms.connection_of(bench.client).can_post, 15.0)


def fail_to_create(bench: Bench) -> None:
    """Make a client that cannot be made, and say why."""
    run, kernel = bench.run, bench.run.node.kernel
    try:
        bench.terms.exec_factory.create(
            asyncio.get_running_loop(),
            bench.terms.adapter.client,
            run.settings,
            kernel.msgbus,
            run.cache,
            kernel.clock,
        )
    except ValueError as e:
        say("".join(traceback.format_exception(e)))


def say(*lines: str) -> None:
    """Say some lines."""
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


if __name__ == "__main__":
    name, where = sys.argv[1:]
    os.environ.pop(KEY_VARIABLE, None)
    asyncio.run(live(next(one for one in BOTH if one.name == name), Path(where)))
