"""Nautilus's cases of cancels, brackets and flags (TC-E40 to TC-E63); see test_exec_tester."""

from decimal import Decimal

import pytest
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.orders import Order

from simulator.exchange.model import Phase, Tif
from simulator.fault_rules import Silent
from tests.acceptance.exec_brackets import bracket_of
from tests.acceptance.exec_run import BID, SIZE, Stage, Trial
from tests.acceptance.exec_scenes import Scene
from tests.acceptance.exec_words import (
    ACCEPTED,
    BOTH,
    BRACKET,
    CANCELED,
    DENIED,
    FILLED,
    SIDES,
    has_words,
    limits,
    named,
    stops,
    whole,
)
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The tester's own target is a limit order; the other kind is a trigger order at the venue, too.
TARGETS = ["limit target", "touched target"]


def enter(trial: Trial, side: OrderSide, target_kind: str) -> None:
    if target_kind == "limit target":
        trial.prompt()
    else:
        bracket_of(trial, side)


# Cancels


async def test_e40_one_order_is_canceled(stage: Stage) -> None:
    async with stage.trial(**limits(OrderSide.BUY)) as trial:
        await trial.settled(ACCEPTED)
        trial.tester.cancel_order(trial.orders[0])
        await trial.settled(CANCELED)
        assert trial.statuses == ["open", "canceled"]


@pytest.mark.parametrize(
    ("terms", "requests", "story"),
    [
        ({}, 1, [*ACCEPTED, "Canceled"]),
        ({"use_individual_cancels_on_stop": True}, 2, CANCELED),
        ({"use_batch_cancel_on_stop": True}, 1, CANCELED),
    ],
    ids=["e41-all", "e42-individually", "e43-batch"],
)
async def test_e41_e42_e43_all_orders_are_canceled_in_as_few_requests_as_asked(
    scene: Scene, stage: Stage, terms: dict[str, object], requests: int, story: list[str]
) -> None:
    async with stage.trial(**BOTH, **terms) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        await trial.stop()
        await trial.settled(story, story)
        cancels = scene.cancels(trial)
        assert (len(cancels), sum(cancels)) == (requests, 2)


async def test_e44_the_cancel_of_an_order_that_is_gone_finds_its_end(
    scene: Scene, stage: Stage
) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        (order,) = trial.orders
        # It ends at the venue, and Nautilus is not told.
        faults = stage.run.venue.faults
        faults.add(Silent(type=scene.order_news, count=1))
        cancel_elsewhere(stage, order)
        await eventually(lambda: faults.log)
        trial.tester.cancel_order(order)
        await trial.settled(scene.late_cancel)
        assert scene.cancels(trial) == [1]
        faults.clear()


def cancel_elsewhere(stage: Stage, order: Order) -> None:
    trading, now_ms = stage.run.venue.trading, stage.run.venue.clock.now_ms()
    reply = trading.exchange.cancel(
        stage.run.account, [(0, int(order.venue_order_id.value))], now_ms
    )
    trading.tell(reply.events)


# Brackets


@pytest.mark.parametrize("target_kind", TARGETS)
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e50_e51_b4_a_bracket_and_its_exits_are_accepted(
    scene: Scene, stage: Stage, side: OrderSide, target_kind: str
) -> None:
    async with stage.trial(subscribe_quotes=False, **BRACKET, **limits(side)) as trial:
        enter(trial, side, target_kind)
        await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)

        entry, target, stop = trial.orders
        assert scene.names(trial) == [scene.place]
        assert trial.actions[0]["grouping"] == "normalTpsl"
        sign = 1 if side == OrderSide.BUY else -1
        assert whole(entry.price) == (BID - 500 if sign > 0 else BID + 501)
        aim = target.price if target.has_price else target.trigger_price
        assert whole(aim) - whole(entry.price) == 500 * sign
        assert whole(stop.trigger_price) - whole(entry.price) == -500 * sign
        phases = [order.phase for order in stage.run.ledger.live.values()]
        assert phases.count(Phase.WAITING_FOR_FILL) == 2


@pytest.mark.parametrize("target_kind", TARGETS)
@pytest.mark.parametrize("exit_kind", ["target", "stop"])
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e52_a_filled_entry_activates_the_exits_and_one_ends_the_other(
    stage: Stage, side: OrderSide, exit_kind: str, target_kind: str
) -> None:
    async with stage.trial(subscribe_quotes=False, **BRACKET, **limits(side)) as trial:
        enter(trial, side, target_kind)
        await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
        entry, target, stop = trial.orders
        away = -1 if side == OrderSide.BUY else 1
        stage.show(whole(entry.price) + 10 * away)
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)
        phases = [order.phase for order in stage.run.ledger.live.values()]
        assert phases == [Phase.WAITING_FOR_TRIGGER] * 2

        if exit_kind == "stop":
            stage.show(whole(stop.trigger_price) + 10 * away)
            await trial.settled(FILLED, [*ACCEPTED, "Canceled"], FILLED)
        else:
            aim = target.price if target.has_price else target.trigger_price
            stage.show(whole(aim) - 10 * away)
            await trial.settled(FILLED, FILLED, [*ACCEPTED, "Canceled"])
        assert sum(fill.change for fill in trial.fills) == 0
        assert "siblingFilledCanceled" in trial.statuses
    stage.show(BID)


async def test_e53_of_a_post_only_bracket_the_entry_alone_is_post_only(
    scene: Scene, stage: Stage
) -> None:
    async with stage.trial(use_post_only=True, **BRACKET, **limits(OrderSide.BUY)) as trial:
        await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
        assert [scene.is_post_only(order) for order in scene.placed(trial)] == [True, False, False]


# Flags


async def test_e60_a_post_only_order_rests_as_such(stage: Stage) -> None:
    async with stage.trial(use_post_only=True, **BOTH) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        assert [o.request.tif for o in stage.run.ledger.live.values()] == [Tif.ALO, Tif.ALO]


@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["long", "short"])
async def test_e61_a_position_is_closed_by_a_reduce_only_order(stage: Stage, size: Decimal) -> None:
    async with stage.trial(open_position_on_start_qty=size) as trial:
        await trial.settled(FILLED)
        await trial.stop()
        await trial.settled(FILLED, FILLED)
        close = stage.run.ledger.history[-1].order
        assert (close.request.reduce_only, close.filled) == (True, SIZE)


@pytest.mark.parametrize(
    "terms",
    [limits(OrderSide.BUY), stops(OrderSide.SELL, OrderType.STOP_LIMIT)],
    ids=["limit", "stop-limit"],
)
async def test_e62_an_iceberg_is_denied(stage: Stage, terms: dict[str, object]) -> None:
    async with stage.trial(order_display_qty=Decimal("0.001"), **terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "display")
        assert trial.actions == []


@pytest.mark.only("hyperliquid")
async def test_e63_custom_parameters_reach_the_venue(scene: Scene, stage: Stage) -> None:
    """Our one parameter trades a market order over time; stopping ends it."""
    if not stage.adapter.has_parameters:
        pytest.skip("has no parameter of its own")
    async with stage.trial(
        open_position_on_start_qty=Decimal(1), order_params={"twap_minutes": 5}
    ) as trial:
        await eventually(lambda: trial.stories() == [FILLED])  # the first of ten parts
        (twap,) = [action["twap"] for action in trial.actions]
        assert (twap["a"], twap["b"], twap["s"], twap["m"]) == (0, True, "1", 5)
        trial.tester.stop()
        await eventually(stage.is_flat)
        await eventually(lambda: trial.stories() == [[*FILLED, "Canceled"], FILLED])
        assert scene.names(trial) == ["twapOrder", "twapCancel", "order"]
        assert trial.trades_here() == trial.trades_there()
        assert [fill.change for fill in trial.fills] == [Decimal("0.1"), Decimal("-0.1")]


@pytest.mark.only("synthetix")
async def test_e63_a_parameter_that_the_venue_has_not_is_denied(stage: Stage) -> None:
    async with stage.trial(
        open_position_on_start_qty=SIZE, order_params={"twap_minutes": 5}
    ) as trial:
        await trial.settled(DENIED)
        assert trial.actions == []
