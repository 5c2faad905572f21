"""Each fault of the venue, met by each kind of command: nothing is lost and nothing is doubled."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import batched
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from nautilus_trader.model.enums import OrderSide

from simulator.exchange.model import Side
from simulator.fault_rules import AnyRule
from tests.acceptance.storm import LANES, Storm, Wreck, storm_in
from tests.acceptance.storm_faults import Cell, Victim, Weather
from tests.acceptance.storm_kinds import KINDS
from tests.acceptance.storm_lane import Lane
from tests.acceptance.storm_venue import StormVenue
from tests.summaries import SUMMARY
from tests.waiting import eventually

type Brew = Callable[[], None]
"""Lets the fault be in force from now on."""

FIRST_SEED = 1_000
# The matrix is run on each venue as it is documented, storms under every setting.
CELLS = [
    pytest.param(name, cell, id=f"{name}, {cell[0]}, {cell[1]}")
    for name, kind in KINDS.items()
    for cell in kind.weather.matrix
]


async def submit(_storm: Storm, lane: Lane, brew: Brew) -> None:
    brew()
    lane.limit(0.6, OrderSide.BUY)
    lane.market(OrderSide.BUY)


async def modify(_storm: Storm, lane: Lane, brew: Brew) -> None:
    order = lane.limit(0.9, OrderSide.BUY)
    await lane.quiet(order)
    brew()
    lane.grow(order)


async def cancel(_storm: Storm, lane: Lane, brew: Brew) -> None:
    orders = [lane.limit(0.9, OrderSide.BUY), lane.limit(0.95, OrderSide.BUY)]
    for order in orders:
        await lane.quiet(order)
    brew()
    lane.cancel(orders[0])


async def fill(storm: Storm, lane: Lane, brew: Brew) -> None:
    """Let the outside sell into a resting order, in two parts."""
    order = lane.limit(0.9, OrderSide.BUY)
    await lane.quiet(order)
    brew()
    venue = storm.run.venue
    asset = venue.market.universe.listings[lane.coin].asset
    price, size = order.price.as_decimal(), order.quantity.as_decimal()
    for part in (size / 2, size):
        events = venue.trading.exchange.on_trade(
            asset, price - 1, round(part, 2), Side.SELL, venue.clock.now_ms()
        )
        venue.trading.tell(events)
        await lane.drift(1)


SCENES: dict[Victim, Callable[[Storm, Lane, Brew], Awaitable[None]]] = {
    "submit": submit,
    "modify": modify,
    "cancel": cancel,
    "fill": fill,
}


def batches(weather: Weather) -> list[tuple[Cell, ...]]:
    """Return the cells as they are run side by side, or one after another if they share a fault."""
    alone = [cell for cell in weather.matrix if weather.is_shared(cell)]
    calm = [cell for cell in weather.matrix if cell not in alone]
    return [*batched(calm, LANES), *batched(alone, LANES)]


async def run_cell(storm: Storm, lane: Lane, cell: Cell) -> None:
    """Play a scene until its fault has befallen it; raise Wreck if it does not."""
    make = storm.kind.weather.matrix[cell]
    rules: tuple[AnyRule, ...] = make({"coin": storm.kind.symbol(lane.coin), "count": 1})
    faults = storm.run.venue.faults
    numbers: list[int] = []
    victim, name = cell
    await SCENES[victim](storm, lane, lambda: numbers.extend(map(faults.add, rules)))
    try:
        await eventually(lambda: {fired.number for fired in faults.log}.issuperset(numbers))
    except TimeoutError:
        raise Wreck(storm.describe(lane, f"{victim}: {name} befell nothing")) from None


async def run_batch(storm: Storm, cells: tuple[Cell, ...]) -> None:
    """Run cells, one a coin; raise Wreck if one goes wrong."""
    lanes = [
        storm.lane(coin, Random(f"{cell}"))
        for coin, cell in zip(storm.sea.coins, cells, strict=False)
    ]
    titles = [f"{victim}: {name}" for victim, name in cells]
    storm.ledgers.begin()
    if not any(map(storm.kind.weather.is_shared, cells)):
        await asyncio.gather(*(run_cell(storm, *each) for each in zip(lanes, cells, strict=True)))
        storm.clear()
    else:
        for lane, cell, title in zip(lanes, cells, titles, strict=True):
            await storm.reconnected()
            await run_cell(storm, lane, cell)
            storm.clear()
            await storm.agree(lane, title)
    await storm.judge(lanes, titles)
    await storm.flatten(lanes, titles)


async def verdicts_of(
    kind: StormVenue, factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> dict[Cell, str]:
    """Return what went wrong by cell, "" for those with which nothing did."""
    found: dict[Cell, str] = {}
    todo = batches(kind.weather)
    while todo:
        folder, setting = factory.mktemp("matrix"), next(iter(kind.settings))
        async with storm_in(kind, folder, monkeypatch, setting=setting) as storm:
            while todo:
                cells = todo.pop(0)
                try:
                    await run_batch(storm, cells)
                except Wreck as e:
                    found |= dict.fromkeys(cells, str(e))
                    break  # the next one begins on a venue of its own
                found |= dict.fromkeys(cells, "")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[Cell, str]]:
    """Return the verdicts of each venue that is asked for; they are run side by side."""
    asked = {item.callspec.params["name"] for item in request.session.items if is_cell(item)}
    with pytest.MonkeyPatch.context() as monkeypatch:
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(verdicts_of(KINDS[name], tmp_path_factory, monkeypatch))
                for name in sorted(asked)
            }
    return {name: task.result() for name, task in tasks.items()}


def is_cell(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function) and item.function is test_after_a_fault_both_sides_agree
    )


@pytest.mark.parametrize(("name", "cell"), CELLS)
def test_after_a_fault_both_sides_agree(
    name: str, cell: Cell, verdicts: dict[str, dict[Cell, str]]
) -> None:
    verdict = verdicts[name][cell]
    assert not verdict, verdict


@pytest.mark.parametrize("name", KINDS)
async def test_any_weather_leaves_both_sides_agreed(
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """Run scripts and faults by chance, under each setting of what nobody has verified."""
    kind = KINDS[name]
    settings = sum(len(each.settings) for each in KINDS.values())
    rounds = -(-request.config.getoption("--storms") // (settings * LANES))

    async def sail(setting: str) -> None:
        folder = tmp_path / setting
        folder.mkdir()
        async with storm_in(kind, folder, monkeypatch, setting=setting) as storm:
            for seed in range(FIRST_SEED, FIRST_SEED + rounds):
                await storm.round(seed)
            secs, slowest = storm.slowest
            summary = f"{rounds * LANES} storms, both sides agreed within {secs:.1f} s ({slowest})"
            record_property(SUMMARY, f"{name}, {setting}: {summary}")

    # Side by side, since most of a storm is waiting.
    async with asyncio.TaskGroup() as group:
        for setting in kind.settings:
            group.create_task(sail(setting), name=f"{name}, {setting}")
