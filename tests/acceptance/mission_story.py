"""The story of one paper desk: traded, killed, started again, halted, lifted; it judges nothing."""

import csv
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from backtest.times import parse_time
from desk.run_record import RECORD_NAME, read_record
from tests.acceptance.mission_desk import FIRST, RSI, SECOND, Desk
from tests.acceptance.mission_history import quiet_end_ns

BARS_MAX = 500
OTHER_SIZE = "0.4"
"""What the first alert strategy trades once a person has said so."""
TURNS = 2
"""So many orders of RSI must fill before the halt: then a round trip has ended."""

type Row = dict[str, str]
type Condition = Callable[[], Awaitable[Any]]


class Life(NamedTuple):
    """What a run left in its folder; reports if it has ended."""

    folder: Path

    def rows(self, name: str) -> list[Row]:
        """Return the rows of one of its reports."""
        with (self.folder / f"{name}.csv").open() as file:
            return list(csv.DictReader(file))

    def orders_of(self, alert: str) -> list[Row]:
        """Return the orders that an alert has caused, by its key."""
        return [row for row in self.rows("orders") if f"'{alert}'" in row["tags"]]


class Mission(NamedTuple):
    """
    What was seen on the way.

    ``first`` and ``again`` are the answers to the alert that came three times. Pictures are those
    of `perpdesk status`: before the kill, once all that had waited was decided, when the halt had
    cleared everything, and after more was refused; ``still_halted`` is that of the next run.
    ``trades`` are those of `perpdesk trades` after the halt; ``chart`` is that of RSI before it,
    ``killed_chart`` that before the kill; ``outcomes`` says by key what became of alerts.
    """

    folder: Path
    profile: Path
    killed: Life
    halted: Life
    lifted: Life
    first: str
    again: tuple[str, str]
    before_kill: Any
    after_kill: Any
    at_halt: Any
    after_halt: Any
    still_halted: Any
    trades: Any
    chart: Any
    killed_chart: Any
    outcomes: dict[str, Any]


async def play(desk: Desk) -> Mission:
    """Run the desk three times and return what was seen."""
    seen: dict[str, Any] = {"outcomes": {}}
    await _trade_until_killed(desk, seen)
    await _go_on_until_halted(desk, seen)
    await _stay_halted_until_lifted(desk, seen)
    killed, halted, lifted = map(Life, desk.runs)
    return Mission(desk.folder, desk.profile, killed=killed, halted=halted, lifted=lifted, **seen)


async def _trade_until_killed(desk: Desk, seen: dict[str, Any]) -> None:
    desk.sidecar.start()
    await desk.start()
    seen["first"] = await desk.alert(SECOND, "buy", "1")
    await _decide(desk, seen, SECOND, "1")
    again = await desk.alert(SECOND, "buy", "1")
    await desk.tell("pause", FIRST)
    await desk.tell("set", FIRST, f'sizing={{kind="fixed",size="{OTHER_SIZE}"}}')
    await desk.until("a stop", _has_stop(desk, SECOND))
    quiet = _quiet_chart(desk, time.time_ns())
    seen["killed_chart"] = await desk.until("a quiet second", quiet)
    await desk.until("a record of it", _is_recorded(desk, quiet_end_ns(seen["killed_chart"])))
    seen["before_kill"] = await desk.status()
    desk.node.kill()
    # The sidecar lives on, and takes what comes meanwhile.
    await desk.alert(SECOND, "sell", "2")
    await desk.alert(FIRST, "buy", "3")
    seen["again"] = (again, await desk.alert(SECOND, "buy", "1"))


async def _go_on_until_halted(desk: Desk, seen: dict[str, Any]) -> None:
    await desk.start()
    await _decide(desk, seen, SECOND, "2")
    await _decide(desk, seen, FIRST, "3")
    seen["after_kill"] = await desk.status()
    await desk.tell("resume", FIRST)
    await desk.alert(FIRST, "buy", "4")
    await _decide(desk, seen, FIRST, "4")
    await desk.alert(SECOND, "close", "5")
    await _decide(desk, seen, SECOND, "5")
    await desk.until("round trips of RSI", _counts(desk, RSI, "fills", TURNS))
    seen["chart"] = await desk.until("a quiet second", _quiet_chart(desk, time.time_ns()))

    await desk.perpdesk("kill", "--flatten", "--directory", desk.folder / "halts", "enough")
    seen["at_halt"] = await desk.until("a halt with nothing left", _is_cleared(desk))
    await desk.alert(SECOND, "buy", "6")
    await _decide(desk, seen, SECOND, "6")
    refused = seen["at_halt"]["strategies"][RSI]["refusals"] + 1
    await desk.until("a refusal of RSI", _counts(desk, RSI, "refusals", refused))
    seen["after_halt"] = await desk.tell("status")
    seen["trades"] = await desk.tell("trades", "--limit", "1000")
    await desk.stop()


async def _stay_halted_until_lifted(desk: Desk, seen: dict[str, Any]) -> None:
    await desk.start()
    await desk.alert(FIRST, "buy", "7")
    await _decide(desk, seen, FIRST, "7")
    seen["still_halted"] = await desk.status()
    await desk.perpdesk("lift", "--directory", desk.folder / "halts")

    async def is_lifted() -> bool:
        found = await desk.status()
        return bool(found and found["halted"] is None)

    await desk.until("a lift", is_lifted)
    await desk.alert(SECOND, "buy", "8")
    await _decide(desk, seen, SECOND, "8")
    await desk.stop()


async def _decide(desk: Desk, seen: dict[str, Any], strategy: str, id_: str) -> None:
    seen["outcomes"][f"{strategy}:{id_}"] = await desk.decided(strategy, id_)


def _has_stop(desk: Desk, strategy: str) -> Condition:
    async def has_stop() -> bool:
        positions = await desk.ask("/api/positions") or []
        return any(one["strategy"] == strategy and one["stop"] for one in positions)

    return has_stop


def _counts(desk: Desk, strategy: str, what: str, wanted: int) -> Condition:
    async def counts() -> bool:
        found = await desk.status()
        return bool(found and found["strategies"][strategy][what] >= wanted)

    return counts


def _quiet_chart(desk: Desk, since_ns: int) -> Condition:
    async def quiet_chart() -> Any:  # noqa: ANN401 (JSON)
        chart = await desk.ask(f"/api/chart?strategy={RSI}&limit={BARS_MAX}")
        return chart if chart and quiet_end_ns(chart) > since_ns else None

    return quiet_chart


def _is_recorded(desk: Desk, time_ns: int) -> Condition:
    async def is_recorded() -> bool:
        found = read_record(desk.runs[-1] / RECORD_NAME)
        return parse_time(found.until, None) > time_ns

    return is_recorded


def _is_cleared(desk: Desk) -> Condition:
    async def is_cleared() -> Any:  # noqa: ANN401 (JSON)
        found = await desk.status()
        is_clear = found and found["halted"] and not (found["positions"] or found["orders"])
        return found if is_clear else None

    return is_cleared
