"""The manager over a running paper node: what people tell strategies, and one that fails."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType

from desk.manager import error_of, state_of
from monitor.desk import Action
from monitor.errors import MonitorError
from monitor.picture import State, StrategyPicture
from strategies.signals import Action as Wish
from strategies.trader import Trader
from tests.desk.managed_node import PERP, Managed, managed_node
from tests.waiting import eventually

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def shown_of(desk: Managed, name: str) -> StrategyPicture:
    return next(s for s in desk.shown.picture().strategies if s.id == name)


async def test_a_strategy_that_raises_takes_itself_out_and_no_other(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        foreign, other = desk["foreign"], desk["other"]
        foreign.trade(BUY)
        await eventually(lambda: desk.position("foreign") == 1)
        foreign.raises_in = "quote"
        before = other.quotes
        await desk.quote(50_010)
        await eventually(lambda: foreign.is_degraded)
        assert error_of(foreign) == "on_quote_tick failed: RuntimeError('boom in quote')"
        heard = foreign.quotes

        await desk.quote(50_020)
        await eventually(lambda: other.quotes == before + 2)
        assert foreign.quotes == heard  # it hears nothing more, and keeps what it held
        assert desk.position("foreign") == 1
        assert desk.node.trader.is_running
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.position("alerts") > 0)

        desk.tell("foreign", Action.FLATTEN)
        await eventually(lambda: desk.position("foreign") == 0)
        foreign.raises_in = ""
        desk.tell("foreign", Action.START)
        assert (state_of(foreign), error_of(foreign)) == (State.RUNNING, None)
        await desk.quote(50_030)
        await eventually(lambda: foreign.quotes > heard)


@pytest.mark.parametrize("handler", ["start", "stop"])
async def test_a_start_or_stop_that_raises_stays_its_own(tmp_path: Path, handler: str) -> None:
    async with managed_node(tmp_path, raises_in=handler) as desk:
        if handler == "stop":
            desk.tell("foreign", Action.STOP)
            assert state_of(desk["foreign"]) is State.STOPPED
        else:
            await eventually(lambda: desk["foreign"].is_degraded)
        assert (
            error_of(desk["foreign"]) == f"on_{handler} failed: RuntimeError('boom in {handler}')"
        )
        assert state_of(desk["other"]) is State.RUNNING


async def test_a_paused_strategy_of_any_class_opens_nothing_and_may_leave(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        foreign = desk["foreign"]
        foreign.trade(BUY)
        resting, leaving = foreign.rest(BUY, 49_000), foreign.rest(SELL, 51_000)
        await eventually(lambda: resting.is_open and leaving.is_open)
        await eventually(lambda: desk.position("foreign") == 1)

        words = desk.tell("foreign", Action.PAUSE)
        assert words.endswith("1 entries are being canceled")
        await eventually(lambda: resting.is_closed)
        assert leaving.is_open

        denied = foreign.trade(BUY)
        await eventually(lambda: denied.status == OrderStatus.DENIED)
        desk["other"].trade(BUY)
        await eventually(lambda: desk.position("other") == 1)
        foreign.trade(SELL)  # not marked reduce-only, and no more than what it holds
        await eventually(lambda: desk.position("foreign") == 0)
        turned = foreign.trade(SELL)
        await eventually(lambda: turned.status == OrderStatus.DENIED)

        desk.tell("foreign", Action.RESUME)
        foreign.trade(BUY)
        await eventually(lambda: desk.position("foreign") == 1)


async def test_a_pause_outlives_the_run_and_keeps_the_stop(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))
        desk.tell("alerts", Action.PAUSE)
        assert state_of(desk["alerts"]) is State.PAUSED
        assert len(desk.working("alerts", OrderType.STOP_MARKET)) == 1

    async with managed_node(tmp_path) as desk:
        assert state_of(desk["alerts"]) is State.PAUSED
        desk.signal(Wish.BUY)
        assert desk["alerts"].status().last_refusal == "No new entries, the strategy is paused"
        desk.tell("alerts", Action.RESUME)
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.position("alerts") > 0)

    async with managed_node(tmp_path) as desk:
        assert state_of(desk["alerts"]) is State.RUNNING


async def test_flatten_closes_takes_the_stop_away_and_pauses(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))

        assert "closing 1 position" in desk.tell("alerts", Action.FLATTEN)

        await eventually(lambda: desk.position("alerts") == 0)
        await eventually(lambda: not desk.working("alerts", OrderType.STOP_MARKET))
        assert state_of(desk["alerts"]) is State.PAUSED
        assert "had no position" in desk.tell("alerts", Action.FLATTEN)


async def test_a_stopped_strategy_can_be_flattened_and_started(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        desk.signal(Wish.BUY)
        await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))
        desk.tell("alerts", Action.STOP)
        assert state_of(desk["alerts"]) is State.STOPPED
        assert desk.states.of("alerts").is_paused  # for the next run
        assert desk.position("alerts") > 0
        with pytest.raises(MonitorError) as caught:
            desk.tell("alerts", Action.RESUME)
        assert caught.value.status == 409

        desk.tell("alerts", Action.FLATTEN)
        await eventually(lambda: desk.position("alerts") == 0)
        await eventually(lambda: not desk.node.cache.orders_open(instrument_id=PERP.id))

        desk.tell("alerts", Action.START)
        assert state_of(desk["alerts"]) is State.RUNNING
        assert not desk.states.of("alerts").is_paused


async def test_parameters_hold_at_once_and_in_later_runs(tmp_path: Path) -> None:
    size = {"kind": "fixed", "size": "0.3"}
    async with managed_node(tmp_path) as desk:
        before = {p.name: p.value for p in shown_of(desk, "alerts").parameters}
        desk.tell("alerts", Action.PARAMETERS, sizing=size)
        after = {p.name: p.value for p in shown_of(desk, "alerts").parameters}
        assert before | {"sizing": size} == after != before
        desk.signal(Wish.BUY)
        await eventually(lambda: str(desk.position("alerts")) == "0.300")

    async with managed_node(tmp_path) as desk:
        assert str(desk["alerts"].config.sizing.size) == "0.3"


async def test_a_strategy_of_another_kind_may_take_parameters_too(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        assert desk.tell("other", Action.PARAMETERS, levels=4) == "other goes on with levels = 4"
        assert desk["other"].levels == 4
        assert "parameters" in shown_of(desk, "other").commands


@pytest.fixture
async def one_desk(tmp_path: Path) -> AsyncIterator[Managed]:
    async with managed_node(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(
    ("name", "parameters", "status", "words"),
    [
        ("alerts", {"sizing": {"kind": "fixed", "size": "-1"}}, 422, "sizing: "),
        ("alerts", {"sizzing": 1}, 422, "did you mean 'sizing'?"),
        ("alerts", {"instrument_id": "ETHUSDT-PERP.BINANCE"}, 422, "needs a new run"),
        ("alerts", {"strategy_id": "x"}, 422, "needs a new run"),
        ("alerts", {}, 422, "expected at least one"),
        ("foreign", {"levels": 4}, 409, "has no reconfigure"),
        ("nobody", {"levels": 4}, 404, "alerts, foreign, other"),
    ],
)
async def test_parameters_that_cannot_be_are_refused(
    one_desk: Managed, name: str, parameters: dict[str, object], status: int, words: str
) -> None:
    with pytest.raises(MonitorError, match=words.replace("?", r"\?")) as caught:
        one_desk.tell(name, Action.PARAMETERS, **parameters)
    assert caught.value.status == status
    assert one_desk.states.of("alerts").parameters == {}


async def test_what_cannot_be_kept_on_disk_is_said_and_the_pause_holds(tmp_path: Path) -> None:
    async with managed_node(tmp_path / "runs") as desk:
        (tmp_path / "runs").write_text("a file where the folder should be")
        with pytest.raises(MonitorError) as caught:
            desk.tell("alerts", Action.PAUSE)
        assert (caught.value.status, caught.value.code) == (503, "not_kept")
        assert state_of(desk["alerts"]) is State.PAUSED

        desk["foreign"].trade(BUY)
        await eventually(lambda: desk.position("foreign") == 1)
        with pytest.raises(MonitorError):
            desk.tell("foreign", Action.FLATTEN)
        await eventually(lambda: desk.position("foreign") == 0)


async def test_a_strategy_of_ones_own_is_told_of_by_the_trader_that_it_has(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        other = desk["other"]  # without a method `status`
        other.trader = Trader(other, PERP.id, None, None)
        assert (state_of(other), error_of(other)) == (State.RUNNING, None)
        other.trader.degrade("no stop")
        assert (state_of(other), error_of(other)) == (State.DEGRADED, "no stop")
