"""A burst of alerts leaves the event loop to others: the market is heard between two of them."""

import asyncio
import time
from collections import Counter

from tests.waiting import eventually
from tests.webhook.alert_forms import alert
from tests.webhook.memory_inbox import MemoryInbox
from webhook.follower import Follower
from webhook.inbox import Entry, Outcome, State
from webhook.lanes import Lane
from webhook.recorder import Recorder

ALERTS = 64


class Turns:
    """Count the turns of the event loop."""

    def __init__(self) -> None:
        self.number = 0
        self._is_over = False

    def begin(self) -> None:
        self._count()

    def end(self) -> None:
        self._is_over = True

    def _count(self) -> None:
        self.number += 1
        if not self._is_over:
            asyncio.get_running_loop().call_soon(self._count)


async def test_a_lane_hands_over_one_alert_a_turn() -> None:
    turns = Turns()
    at: list[int] = []

    async def has_order(*_: object) -> bool:
        return False

    lane = Lane(
        "alerts",
        lambda _entry: at.append(turns.number),
        lambda _alert: {},
        has_order,
        Follower(lambda _: None, time.time_ns, lambda _: None),
        Recorder(MemoryInbox(), lambda _: None),
        lambda *_: None,
        time.time_ns,
    )
    lane.listen(is_listening=True)
    now = time.time_ns()
    for number in range(ALERTS):
        lane.add(
            Entry(
                sequence=number,
                alert=alert(str(number)),
                received_ns=now,
                expires_ns=now + 60_000_000_000,
                outcome=Outcome(state=State.RECEIVED),
                deliveries=0,
            )
        )
    turns.begin()
    task = asyncio.create_task(lane.run())
    await eventually(lambda: len(at) == ALERTS)
    turns.end()
    task.cancel()
    assert max(Counter(at).values()) == 1
