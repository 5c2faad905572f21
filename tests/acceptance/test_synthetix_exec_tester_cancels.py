"""
Nautilus's cases of cancels, brackets and flags (TC-E40 to TC-E63) over Synthetix.

See test_synthetix_exec_tester.
"""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from nautilus_trader.model.enums import OrderSide, OrderType

from simulator.exchange.model import Tif
from simulator.fault_rules import Silent
from tests.acceptance.exec_brackets import bracket_of
from tests.acceptance.exec_run import BID, SIZE, Stage
from tests.acceptance.exec_words import (
    ACCEPTED,
    CANCELED,
    DENIED,
    FILLED,
    SIDES,
    named,
    whole,
)
from tests.acceptance.synthetix_run import SUB_ACCOUNT
from tests.acceptance.synthetix_stage import BOTH, BRACKET, limits, placed, shared_stage, stops
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with shared_stage(tmp_path_factory) as stage:
        yield stage


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
    stage: Stage, terms: dict[str, object], requests: int, story: list[str]
) -> None:
    async with stage.trial(**BOTH, **terms) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        await trial.stop()
        await trial.settled(story, story)
        cancels = [a["orderIds"] for a in trial.actions if a["action"] == "cancelOrders"]
        assert (len(cancels), sum(map(len, cancels))) == (requests, 2)


async def test_e44_the_cancel_of_an_order_that_is_gone_finds_its_end(stage: Stage) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        (order,) = trial.orders
        # It ends at the venue, and Nautilus is not told.
        faults = stage.run.venue.faults
        faults.add(Silent(type="subAccountUpdate", count=1))
        trading, now_ms = stage.run.venue.trading, stage.run.venue.clock.now_ms()
        gone = [(0, int(order.venue_order_id.value))]
        trading.tell(trading.exchange.cancel(SUB_ACCOUNT, gone, now_ms).events)
        await eventually(lambda: faults.log)
        trial.tester.cancel_order(order)
        await trial.settled(CANCELED)
        faults.clear()


# Brackets


@pytest.mark.parametrize("target_kind", ["limit target", "touched target"])
@pytest.mark.parametrize("exit_kind", ["target", "stop"])
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e50_e51_e52_a_filled_entry_activates_the_exits_and_one_ends_the_other(
    stage: Stage, side: OrderSide, exit_kind: str, target_kind: str
) -> None:
    async with stage.trial(subscribe_quotes=False, **BRACKET, **limits(side)) as trial:
        if target_kind == "limit target":
            trial.prompt()
        else:
            bracket_of(trial, side)
        await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
        assert [action["grouping"] for action in trial.actions] == ["normalTpsl"]
        entry, target, stop = trial.orders
        away = -1 if side == OrderSide.BUY else 1
        stage.show(whole(entry.price) + 10 * away)
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)
        if exit_kind == "stop":
            stage.show(whole(stop.trigger_price) + 10 * away)
            await trial.settled(FILLED, [*ACCEPTED, "Canceled"], FILLED)
        else:
            aim = target.price if target.has_price else target.trigger_price
            stage.show(whole(aim) - 10 * away)
            await trial.settled(FILLED, FILLED, [*ACCEPTED, "Canceled"])
        assert sum(fill.change for fill in trial.fills) == 0
    stage.show(BID)


async def test_e53_of_a_post_only_bracket_the_entry_alone_is_post_only(stage: Stage) -> None:
    async with stage.trial(use_post_only=True, **BRACKET, **limits(OrderSide.BUY)) as trial:
        await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
        assert [order.get("postOnly", False) for order in placed(trial)] == [True, False, False]


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
    alone = terms | {"open_position_on_start_qty": None}
    async with stage.trial(order_display_qty=Decimal("0.001"), **alone) as trial:
        await trial.settled(DENIED)
        assert trial.actions == []


async def test_e63_a_parameter_that_the_venue_has_not_is_denied(stage: Stage) -> None:
    async with stage.trial(
        open_position_on_start_qty=SIZE, order_params={"twap_minutes": 5}
    ) as trial:
        await trial.settled(DENIED)
        assert trial.actions == []
