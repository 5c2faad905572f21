"""A stop that an alert has set outlives its process, until the next alert trades."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.alert_desk import SIZE, Heard, Post, heard, posting
from tests.acceptance.trading_run import Run, node_on, venue_of
from tests.waiting import eventually
from webhook.sqlite_inbox import SqliteInbox


def stops(run: Run) -> Sequence[tuple[int, Decimal, Decimal]]:
    """Return id, trigger price and size of what rests at the venue."""
    return [
        (order.oid, order.request.trigger.price, order.request.size)
        for order in run.ledger.live.values()
        if order.request.trigger is not None
    ]


def share(run: Run, price: Decimal) -> Decimal:
    """Return how many percent of the entry a price lies below it."""
    (position,) = run.ledger.positions.values()
    return (1 - price / (position.entry_notional / position.size)) * 100


async def buy(run: Run, post: Post, **fields: object) -> None:
    """Post an alert, and wait for its order to fill."""
    known = len(heard(run))
    filled = len(run.ledger.fills)
    assert (await post(action="buy", **fields))[1]["code"] == "accepted"
    await eventually(lambda: len(heard(run)) > known)
    await eventually(lambda: len(run.ledger.fills) > filled)


async def test_the_stop_of_an_alert_holds_after_a_restart_until_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = SqliteInbox(tmp_path / "alerts.sqlite")
    where = tmp_path / "state", monkeypatch
    async with venue_of() as venue, posting(inbox) as post:
        async with node_on(venue, *where, strategy=Heard(), inbox=inbox) as run:
            await buy(run, post, id="1", stop_percent=2)
            await eventually(lambda: stops(run))
            rested = stops(run)
            assert round(share(run, rested[0][1])) == 2

        async with node_on(venue, *where, strategy=Heard(), inbox=inbox) as run:
            await eventually(lambda: run.hand.trader.position == SIZE)
            await eventually(lambda: run.hand._is_listening)
            assert stops(run) == rested
            await buy(run, post, id="2")
            await eventually(lambda: [round(share(run, stop[1])) for stop in stops(run)] == [5])
            # At the start it was left as it is, not sent anew.
            placed = [change.order for change in run.ledger.history]
            assert len({order.oid for order in placed if order.request.trigger is not None}) == 2
    await inbox.close()
