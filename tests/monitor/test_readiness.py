"""What keeps a desk from trading, from its picture."""

from typing import Any

import msgspec
import pytest

from monitor.picture import State
from monitor.readiness import obstacles
from tests.monitor.fake_desk import NOW, PICTURE, STRATEGY


def changed(**changes: Any) -> list[str]:  # noqa: ANN401  fields of a picture
    return obstacles(msgspec.structs.replace(PICTURE, **changes))


def venue(**changes: Any) -> list[str]:  # noqa: ANN401
    return changed(venues=(msgspec.structs.replace(PICTURE.venues[0], **changes),))


def test_a_desk_that_trades_has_none() -> None:
    assert obstacles(PICTURE) == []


def test_each_obstacle_is_said() -> None:
    assert changed(is_trading=False) == ["the strategies are not started"]
    assert changed(halted="the loss of the day") == ["trading is halted: the loss of the day"]
    assert venue(is_data_connected=False) == ["market data of venue is not connected"]
    assert venue(is_execution_connected=False) == ["orders to venue are not connected"]
    assert venue(is_execution_connected=None) == []
    assert venue(last_quote=NOW - 121_000_000_000) == ["venue has not quoted for 121 s"]
    assert venue(last_quote=None) == []


@pytest.mark.parametrize(
    ("state", "count"),
    [(State.PAUSED, 0), (State.STOPPED, 0), (State.DEGRADED, 1), (State.FAULTED, 1)],
)
def test_what_a_person_did_is_no_obstacle(state: State, count: int) -> None:
    strategy = msgspec.structs.replace(STRATEGY, state=state)
    assert len(changed(strategies=(strategy,))) == count
