"""A disk that is full or read-only: no alert is half taken, and the node beside it trades on."""

import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.hyperliquid import HyperliquidVenue
from strategies.signals import Action, Signal
from tests.acceptance.alert_desk import SIZE, Heard, heard, posting
from tests.acceptance.trading_run import BTC, Run, node_on, venue_of
from tests.disks import Disk, small_disk
from tests.waiting import eventually
from webhook.inbox import State
from webhook.sqlite_inbox import SqliteInbox

TRIES_MAX = 100
"""Alerts of 8 KB that the log of a file has room for at most, once its disk is full."""


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk() as disk:
        yield disk


@pytest.fixture
async def venue() -> AsyncIterator[HyperliquidVenue]:
    async with venue_of() as venue:
        yield venue


def size_of(run: Run) -> Decimal:
    """What the venue's own books say the account holds, in BTC."""
    position = run.ledger.positions.get(0)
    return position.size if position else Decimal(0)


async def trade_without_the_inbox(run: Run, action: Action, key: str) -> None:
    """Have the strategy trade by itself, and wait until the venue has filled its order."""
    now = time.time_ns()
    signal = Signal(
        source="test",
        key=key,
        strategy="alerts",
        instrument_id=BTC,
        action=action,
        ts_expires=now + 60_000_000_000,
        ts_event=now,
        ts_init=now,
    )
    filled = len(run.ledger.fills)
    run.hand.on_data(signal)
    await eventually(lambda: len(run.ledger.fills) > filled)


async def test_a_full_disk_takes_nothing_half_and_the_node_trades_on(
    disk: Disk, venue: HyperliquidVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = SqliteInbox(disk.path / "alerts.sqlite")
    where = tmp_path / "state", monkeypatch
    async with node_on(venue, *where, strategy=Heard(), inbox=inbox) as run:
        async with posting(inbox) as post:
            assert (await post(action="buy", id="before"))[0] == 200
            taken = ["before"]
            ballast = disk.fill()
            for number in range(TRIES_MAX):
                status, answer = await post(action="buy", id=f"{number}", comment="x" * 8_000)
                if status != 200:
                    break
                taken.append(f"{number}")
            assert (status, answer["code"]) == (503, "not_stored")
            assert "has no room left" in answer["message"]
            assert (await post(path="/health"))[0] == 503
            # What was taken is traded, though nothing can be written about it.
            await eventually(lambda: len(heard(run)) == len(taken) and size_of(run) == SIZE)
            await trade_without_the_inbox(run, Action.CLOSE, "alerts:by-itself")
            assert size_of(run) == 0
            assert [entry.alert.key for entry in await inbox.entries(limit=1_000)][::-1] == [
                f"alerts:{key}" for key in taken
            ]

            ballast.unlink()
            again = await post(action="buy", id=f"{number}", comment="x" * 8_000)
            assert (again[0], again[1]["code"]) == (200, "accepted")
            taken.append(f"{number}")
            await eventually(lambda: size_of(run) == SIZE)
            assert (await post(path="/health"))[0] == 200

        async def all_done() -> bool:
            return all(
                entry.outcome.state is State.DONE for entry in await inbox.entries(limit=1_000)
            )

        deadline = time.monotonic() + 15  # the recorder tries again after 5 s at the latest
        while not await all_done():
            assert time.monotonic() < deadline
        assert len(await inbox.entries(limit=1_000)) == len(taken)
    traded = [signal.key for signal in heard(run)]
    assert sorted(traded) == sorted([*(f"alerts:{key}" for key in taken), "alerts:by-itself"])
    await inbox.close()


async def test_a_disk_that_may_not_be_written_takes_nothing_and_the_node_trades_on(
    disk: Disk, venue: HyperliquidVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.remount("ro")
    inbox = SqliteInbox(disk.path / "alerts.sqlite")
    where = tmp_path / "state", monkeypatch
    async with node_on(venue, *where, strategy=Heard()) as run, posting(inbox) as post:
        status, answer = await post(action="buy", id="1")
        assert (status, answer["code"]) == (503, "not_stored")
        assert "Read-only file system" in answer["message"]
        assert (await post(path="/health"))[0] == 503
        await trade_without_the_inbox(run, Action.BUY, "alerts:by-itself")
        assert size_of(run) == SIZE
        assert list(disk.path.iterdir()) == []
        disk.remount("rw")
        assert (await post(action="buy", id="1"))[1]["code"] == "accepted"
    await inbox.close()
