"""
Nautilus's execution cases of refusals and lost answers (TC-E70 to TC-E78); see test_exec_tester.

An order is rejected by the venue's word alone. What is lost on the way is found out: meanwhile the
order stays as it is.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
import pytest_asyncio
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.events import OrderCancelRejected
from nautilus_trader.model.orders import Order

from simulator.fault_rules import Abort, AnyRule, Close, DropReply, DropRequest, Status
from tests.acceptance.exec_brackets import bracket_of
from tests.acceptance.exec_run import BID, SIZE, Stage, Trial
from tests.acceptance.exec_scenes import Scene
from tests.acceptance.exec_words import (
    ACCEPTED,
    CANCELED,
    DENIED,
    FAR,
    MODIFIED,
    SIDES,
    has_words,
    limits,
    named,
    stops,
)
from tests.acceptance.findings import FindingError, told
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Look-ups come less and less often, and a lost change is sure only after its expiry.
FOUND_SECS = 20.0
# Nautilus gives up an order after five look-ups.
RESOLVED_SECS = 30.0
REJECTED = ["Initialized", "Submitted", "Rejected"]
IN_FLIGHT = ["Initialized", "Submitted"]
LOSSES = [
    pytest.param(lambda kind: DropReply(on="post", type=kind, count=1), id="no answer"),
    pytest.param(
        lambda kind: Close(on="post", type=kind, count=1, executed=True), id="socket closed"
    ),
    pytest.param(
        lambda kind: Abort(on="post", type=kind, count=1, executed=True), id="socket reset"
    ),
    pytest.param(
        lambda kind: Status(on="post", type=kind, count=1, status=502, executed=True), id="502"
    ),
]


type Loss = Callable[[str], AnyRule]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _no_faults_remain(
    scene: Scene, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    # So many connections in a row are not lost in earnest; the pause would grow to half a minute.
    monkeypatch.setattr(f"adapters.{scene.venue}.websocket.BACKOFF_MAX_SECS", 0.5)
    yield
    venue = stage.run.venue
    venue.faults.clear()
    lines = 1 + sum(fired.do in {"close", "abort"} for fired in venue.faults.log)

    def opened() -> int:
        """Return how often the account's last stream was subscribed: once on each connection."""
        return scene.streams(venue, "subscribe").count(scene.adapter.last_stream)

    await eventually(lambda: opened() == lines)  # or the next order would go by HTTP


@contextmanager
def lost(scene: Scene, stage: Stage, rule: AnyRule) -> Iterator[None]:
    """Lose one answer, and what else would tell of it."""
    with scene.losing_news(stage.run.venue):
        stage.run.venue.faults.add(rule)
        yield


async def looked_up(scene: Scene, trial: Trial) -> None:
    """Wait until the adapter has asked for what a trial has sent."""

    def is_so() -> bool:
        heard = trial.received
        sent = [i for i, one in enumerate(heard) if scene.adapter.action_of(one.body) is not None]
        after = heard[sent[0] :] if sent else []
        return scene.adapter.look_up in map(scene.question_of, after)

    try:
        await eventually(is_so, FOUND_SECS)
    except TimeoutError:
        raise FindingError(f"{told(trial.stories())} without a look-up") from None


# Refusals


def is_from_venue(trial: Trial, words: str) -> bool:
    """Return whether the reason is the venue's: its status, or its sentence, which has `words`."""
    return [trial.reason] == trial.statuses or has_words(trial.reason, words)


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e70_a_post_only_order_that_would_take_is_rejected_as_such(
    scene: Scene, stage: Stage, side: OrderSide
) -> None:
    terms = limits(side) | {"tob_offset_dollars": 10}
    async with stage.trial(test_reject_post_only=True, **terms) as trial:
        await trial.settled(REJECTED)
        assert trial.orders[0].last_event.due_post_only, "due_post_only is not set"
        assert trial.statuses == ["badAloPxRejected"]
        assert is_from_venue(trial, scene.would_take), f"the reason is {trial.reason!r}"


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["buy", "sell"])
async def test_e71_a_reduce_only_order_without_a_position_is_rejected_for_it(
    scene: Scene, stage: Stage, size: Decimal
) -> None:
    async with stage.trial(open_position_on_start_qty=size, test_reject_reduce_only=True) as trial:
        await trial.settled(REJECTED)
        assert trial.statuses == ["reduceOnlyRejected"]
        assert is_from_venue(trial, scene.would_increase), f"the reason is {trial.reason!r}"


@pytest.mark.only("synthetix")
async def test_e71_a_stop_without_a_position_is_rejected_for_it(stage: Stage) -> None:
    terms = stops(OrderSide.SELL, OrderType.STOP_MARKET)
    async with stage.trial(subscribe_quotes=False, **terms) as trial:
        trial.prompt()
        await trial.settled(REJECTED)
        assert has_words(trial.reason, "position not found"), f"the reason is {trial.reason!r}"


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e72_an_order_type_that_the_venue_has_not_is_denied(
    stage: Stage, side: OrderSide
) -> None:
    terms = stops(side, OrderType.TRAILING_STOP_MARKET) | {"trailing_offset": Decimal(100)}
    async with stage.trial(**terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "order type")
        assert trial.actions == []


@pytest.mark.parametrize("tif", [TimeInForce.FOK, TimeInForce.DAY, TimeInForce.IOC], ids=named)
async def test_e73_a_stop_of_a_time_in_force_that_the_venue_has_not_is_denied(
    stage: Stage, tif: TimeInForce
) -> None:
    terms = stops(OrderSide.SELL, OrderType.STOP_MARKET) | {"stop_time_in_force": tif}
    async with stage.trial(**terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "time in force")
        assert trial.actions == []


# Lost answers


@pytest.mark.parametrize("loss", LOSSES)
async def test_e74_a_submit_whose_answer_is_lost_stays_in_flight_until_it_is_found(
    scene: Scene, stage: Stage, loss: Loss
) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        with lost(scene, stage, loss(scene.place)):
            trial.prompt()
            await looked_up(scene, trial)
            assert trial.stories() in ([IN_FLIGHT], [ACCEPTED]), told(trial.stories())
            assert len(stage.run.ledger.live) == 1
            await trial.settled(ACCEPTED, timeout_secs=FOUND_SECS)
            assert scene.names(trial) == [scene.place]


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e75_a_cancel_whose_answer_is_lost_stays_pending_until_it_is_found(
    scene: Scene, stage: Stage, loss: Loss
) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        with lost(scene, stage, loss(scene.cancel)):
            trial.tester.cancel_order(trial.orders[0])
            await eventually(lambda: not stage.run.ledger.live)
            pending, ended = [*ACCEPTED, "PendingCancel"], CANCELED
            meanwhile = (pending, ended) if scene.finds_at_once else (pending,)
            assert trial.story(trial.orders[0]) in meanwhile, told(trial.stories())
            await trial.settled(ended, timeout_secs=FOUND_SECS)


async def test_e75_of_a_cancel_that_never_arrived_the_order_is_open_again(
    scene: Scene, stage: Stage
) -> None:
    """It may be rejected, but only once it can no longer arrive."""
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        stage.run.venue.faults.add(DropRequest(on="post", type=scene.cancel, count=1))
        trial.tester.cancel_order(trial.orders[0])
        (order,) = trial.orders
        await eventually(lambda: order.is_pending_cancel)
        with suppress(TimeoutError):
            await eventually(lambda: not order.is_pending_cancel, RESOLVED_SECS)
        *_, pending, last = order.events
        assert order.status == OrderStatus.ACCEPTED, told(trial.stories())
        if scene.rejects_lost_cancel or isinstance(last, OrderCancelRejected):
            assert isinstance(last, OrderCancelRejected)
            assert last.ts_event - pending.ts_event > 2_000_000_000
        assert len(stage.run.ledger.live) == 1


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e76_a_modify_whose_answer_is_lost_stays_pending_until_it_is_found(
    scene: Scene, stage: Stage, loss: Loss
) -> None:
    terms = limits(OrderSide.BUY) | {"modify_orders_to_maintain_tob_offset": True}
    async with stage.trial(subscribe_quotes=False, **terms) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        with lost(scene, stage, loss(scene.adapter.modify)):
            stage.show(BID + 50)
            trial.prompt()
            await eventually(lambda: prices(stage) == [BID + 50 - FAR])
            pending = [*ACCEPTED, "PendingUpdate"]
            meanwhile = (pending, MODIFIED) if scene.finds_at_once else (pending,)
            assert trial.story(trial.orders[0]) in meanwhile, told(trial.stories())
            await trial.settled(MODIFIED, timeout_secs=FOUND_SECS)
            assert scene.names(trial) == [scene.place, scene.adapter.modify]
    stage.show(BID)


def prices(stage: Stage) -> list[Decimal]:
    """Return the prices of what rests at the venue."""
    return [order.request.price for order in stage.run.ledger.live.values()]


@pytest.mark.parametrize("kind", ["limits", "bracket"])
@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e77_a_list_whose_answer_is_lost_stays_in_flight_until_it_is_found(
    scene: Scene, stage: Stage, loss: Loss, kind: str
) -> None:
    async with stage.trial(subscribe_quotes=False) as trial:
        with lost(scene, stage, loss(scene.place)):
            if kind == "limits":
                orders = list_of_two(trial, BID - 600)
            else:
                orders = bracket_of(trial, OrderSide.BUY)
            await looked_up(scene, trial)
            for story in trial.stories():
                assert story in (IN_FLIGHT, ACCEPTED), told(trial.stories())
            await trial.settled(*[ACCEPTED] * len(orders), timeout_secs=FOUND_SECS)
            assert scene.names(trial) == [scene.place]


@pytest.mark.usefixtures("news")
async def test_e78_b5_of_a_list_the_refused_order_alone_is_rejected(stage: Stage) -> None:
    async with stage.trial() as trial:
        good, bad = list_of_two(trial, BID + 500)
        await trial.settled(ACCEPTED, REJECTED)
        assert [str(oid) for oid in stage.run.ledger.live] == [good.venue_order_id.value]
        assert bad.last_event.due_post_only, "due_post_only is not set"


def list_of_two(trial: Trial, second: int) -> list[Order]:
    """Submit two post-only buys in one list, the second at this price."""
    tester = trial.tester
    orders = [
        tester.order_factory.limit(
            tester.config.instrument_id,
            OrderSide.BUY,
            tester.instrument.make_qty(SIZE),
            tester.instrument.make_price(price),
            post_only=True,
        )
        for price in (BID - 500, second)
    ]
    tester.submit_order_list(tester.order_factory.create_list(orders))
    return orders
