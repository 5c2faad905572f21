"""
Node, sidecar and Redis are killed at random while alerts come: none is lost, none is traded twice.

Goal: what the sender was told is taken stands in the venue's ledger exactly once; what it was not
told at most once. Method: real processes of the desk's own commands, killed by SIGKILL, against the
loopback venue, which lives on in the test's process.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random

import pytest

from tests.acceptance.crash_desk import KINDS, SECRET, STRATEGIES, Desk
from tests.acceptance.crash_ledger import verdict
from tests.acceptance.crash_sender import Sender
from tests.acceptance.trading_run import venue_of
from tests.summaries import SUMMARY
from tests.waiting import eventually
from webhook.inbox import UNDECIDED, Inbox, InboxError, State
from webhook.stores import open_inbox

# With its stop, its look-up and the balances after it an alert costs some 15 of the 1,200 that the
# venue allows a minute, and what has piled up is traded at once.
PAUSE_SECS = 0.7
READY_SECS = 60.0
SETTLE_SECS = 90.0
PROTECT_SECS = 5.0
# Kills come from before a process is ready until as long after, however slow the machine is.
BOOTS_MAX = 2.0


@pytest.mark.parametrize("kind", KINDS)
async def test_kills_lose_no_alert_and_double_none(
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    tmp_path: Path,
    kind: str,
) -> None:
    kills = -(-request.config.getoption("--kills") // len(KINDS))
    seed = request.config.getoption("--kill-seed")
    random = Random(f"{kind} {seed}")
    async with AsyncExitStack() as stack:
        venue = await stack.enter_async_context(venue_of())
        desk = Desk(kind, tmp_path, venue)
        stack.callback(desk.stop)
        desk.start()
        started = time.monotonic()
        sender = Sender(desk.url, SECRET, STRATEGIES, seed)
        sending = asyncio.create_task(sender.run(PAUSE_SECS))
        await eventually(lambda: any(s.is_accepted for s in sender.sent), READY_SECS)
        boot_secs = time.monotonic() - started
        history = [await _kill(desk, random, boot_secs) for _ in range(kills)]
        await asyncio.sleep(2)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await _settled(desk)
        with suppress(TimeoutError):  # the stop of the last fill may be on its way
            await eventually(lambda: not verdict(venue, sender.sent), PROTECT_SECS)
        wrong = verdict(venue, sender.sent)
    accepted = sum(s.is_accepted for s in sender.sent)
    record_property(
        SUMMARY,
        f"{kind}, seed {seed}: {kills} kills, {len(sender.sent)} alerts, {accepted} accepted",
    )
    assert accepted > kills / 4
    assert not wrong, "\n".join([*wrong, *history, str(tmp_path)])


async def _kill(desk: Desk, random: Random, boot_secs: float) -> str:
    await asyncio.sleep(random.uniform(0, BOOTS_MAX * boot_secs))
    ended = desk.revive()
    name = await desk.kill_some(random)
    return f"{time.time():.3f} killed {name}" + (f", had ended: {ended}" if ended else "")


async def _settled(desk: Desk) -> None:
    """Wait until every alert that is stored has come to its end."""
    states = [*UNDECIDED, State.DECIDED]
    deadline = time.monotonic() + SETTLE_SECS
    inbox = open_inbox(desk.inbox)
    try:
        while left := await _left(inbox, states):
            desk.revive()
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.2)
    finally:
        await inbox.close()


async def _left(inbox: Inbox, states: Sequence[State]) -> list[str]:
    try:
        entries = await inbox.entries(states=states, limit=10)
    except InboxError as e:
        return [str(e)]  # the server may have been killed a moment ago
    return [f"{entry.alert.key}: {entry.outcome}" for entry in entries]
