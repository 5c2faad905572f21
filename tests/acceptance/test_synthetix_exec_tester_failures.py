"""
Nautilus's cases of refusals and lost answers (TC-E70 to TC-E78) over Synthetix.

An order is rejected by the venue's word alone. What is lost on the way is found out: meanwhile the
order stays as it is. See test_synthetix_exec_tester.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
import pytest_asyncio
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.orders import Order

from simulator.fault_rules import Abort, AnyRule, Close, DropReply, DropRequest, Status
from tests.acceptance.exec_brackets import bracket_of
from tests.acceptance.exec_run import BID, SIZE, Stage, Trial
from tests.acceptance.exec_words import ACCEPTED, DENIED, SIDES, has_words, named
from tests.acceptance.findings import FindingError, told
from tests.acceptance.synthetix_run import BTC, SYNTHETIX
from tests.acceptance.synthetix_stage import limits, names, shared_stage, stops
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Look-ups come less and less often, and a lost change is sure only after its expiry.
FOUND_SECS = 20.0
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with shared_stage(tmp_path_factory) as stage:
        yield stage


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _no_faults_remain(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    # So many connections in a row are not lost in earnest; the pause would grow.
    monkeypatch.setattr("adapters.synthetix.websocket.BACKOFF_MAX_SECS", 0.5)
    yield
    faults = stage.run.venue.faults
    faults.clear()
    stage.run.venue.unmute(SYNTHETIX.last_stream)  # if the case failed meanwhile
    lines = 1 + sum(fired.do in {"close", "abort"} for fired in faults.log)
    await eventually(lambda: opened(stage) == lines)  # or the next order would go by HTTP


def opened(stage: Stage) -> int:
    """Return how often the account's stream was subscribed: once on each connection."""
    frames = [r.body for r in stage.run.venue.received if r.kind == "ws"]
    kinds = [f["params"]["type"] for f in frames if f["method"] == "subscribe"]
    return kinds.count(SYNTHETIX.last_stream)


@contextmanager
def lost(stage: Stage, rule: AnyRule) -> Iterator[None]:
    """Lose one answer, and the news on the stream meanwhile."""
    stage.run.venue.mute(SYNTHETIX.last_stream)
    stage.run.venue.faults.add(rule)
    yield
    stage.run.venue.unmute(SYNTHETIX.last_stream)


async def looked_up(trial: Trial) -> None:
    """Wait until the adapter has asked what rests after it had sent orders of a trial."""
    venue = trial.stage.run.venue

    def is_so() -> bool:
        ours = {order.client_order_id.value for order in trial.orders}
        told = [received.body["params"] for received in list(venue.received)]
        ids = [{order.get("clientOrderId") for order in one.get("orders", [])} for one in told]
        sent = [index for index, named in enumerate(ids) if named & ours]
        return bool(sent) and any(
            one.get("action") == SYNTHETIX.look_up for one in told[sent[-1] :]
        )

    try:
        await eventually(is_so, FOUND_SECS)
    except TimeoutError:
        raise FindingError(f"{told(trial.stories())} without a look-up") from None


# Refusals


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e70_a_post_only_order_that_would_take_is_rejected_as_such(
    stage: Stage, side: OrderSide
) -> None:
    terms = limits(side) | {"tob_offset_ticks": 10}
    async with stage.trial(test_reject_post_only=True, **terms) as trial:
        await trial.settled(REJECTED)
        assert trial.orders[0].last_event.due_post_only, "due_post_only is not set"
        assert has_words(trial.reason, "would trade"), f"the reason is {trial.reason!r}"


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["buy", "sell"])
async def test_e71_a_reduce_only_order_without_a_position_is_rejected_for_it(
    stage: Stage, size: Decimal
) -> None:
    async with stage.trial(open_position_on_start_qty=size, test_reject_reduce_only=True) as trial:
        await trial.settled(REJECTED)
        assert has_words(trial.reason, "reduce"), f"the reason is {trial.reason!r}"


async def test_e71_a_stop_without_a_position_is_rejected_for_it(stage: Stage) -> None:
    terms = stops(OrderSide.SELL, OrderType.STOP_MARKET) | {"open_position_on_start_qty": None}
    async with stage.trial(subscribe_quotes=False, **terms) as trial:
        trial.prompt()
        await trial.settled(REJECTED)
        assert has_words(trial.reason, "position not found"), f"the reason is {trial.reason!r}"


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e72_an_order_type_that_the_venue_has_not_is_denied(
    stage: Stage, side: OrderSide
) -> None:
    terms = stops(side, OrderType.TRAILING_STOP_MARKET) | {"open_position_on_start_qty": None}
    async with stage.trial(trailing_offset=Decimal(100), **terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "order type")
        assert trial.actions == []


@pytest.mark.parametrize("tif", [TimeInForce.FOK, TimeInForce.DAY, TimeInForce.IOC], ids=named)
async def test_e73_a_stop_of_a_time_in_force_that_the_venue_has_not_is_denied(
    stage: Stage, tif: TimeInForce
) -> None:
    terms = stops(OrderSide.SELL, OrderType.STOP_MARKET) | {"open_position_on_start_qty": None}
    async with stage.trial(stop_time_in_force=tif, **terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "time in force")
        assert trial.actions == []


# Lost answers


@pytest.mark.parametrize("loss", LOSSES)
async def test_e74_a_submit_whose_answer_is_lost_stays_in_flight_until_it_is_found(
    stage: Stage, loss: Loss
) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        with lost(stage, loss("placeOrders")):
            trial.prompt()
            await looked_up(trial)
            assert trial.stories() in ([IN_FLIGHT], [ACCEPTED]), told(trial.stories())
            assert len(stage.run.ledger.live) == 1
            await trial.settled(ACCEPTED, timeout_secs=FOUND_SECS)
            assert names(trial) == ["placeOrders"]


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e75_a_cancel_whose_answer_is_lost_stays_pending_until_it_is_found(
    stage: Stage, loss: Loss
) -> None:
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        with lost(stage, loss("cancelOrders")):
            trial.tester.cancel_order(trial.orders[0])
            await eventually(lambda: not stage.run.ledger.live)
            pending = [*ACCEPTED, "PendingCancel"]
            assert trial.stories() in ([pending], [[*pending, "Canceled"]]), told(trial.stories())
            await trial.settled([*pending, "Canceled"], timeout_secs=FOUND_SECS)


async def test_e75_of_a_cancel_that_never_arrived_the_order_is_open_again(stage: Stage) -> None:
    """It is rejected, but only once it can no longer arrive."""
    async with stage.trial(subscribe_quotes=False, **limits(OrderSide.BUY)) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        stage.run.venue.faults.add(DropRequest(on="post", type="cancelOrders", count=1))
        (order,) = trial.orders
        trial.tester.cancel_order(order)
        await eventually(lambda: trial.story(order)[-1] == "CancelRejected", FOUND_SECS)
        *_, pending, last = order.events
        assert order.status == OrderStatus.ACCEPTED, told(trial.stories())
        assert last.ts_event - pending.ts_event > 2_000_000_000
        assert len(stage.run.ledger.live) == 1


@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e76_a_modify_whose_answer_is_lost_stays_pending_until_it_is_found(
    stage: Stage, loss: Loss
) -> None:
    terms = limits(OrderSide.BUY) | {"modify_orders_to_maintain_tob_offset": True}
    async with stage.trial(subscribe_quotes=False, **terms) as trial:
        trial.prompt()
        await trial.settled(ACCEPTED)
        with lost(stage, loss("modifyOrder")):
            stage.show(BID + 50)
            trial.prompt()
            await trial.settled([*ACCEPTED, "PendingUpdate", "Updated"], timeout_secs=FOUND_SECS)
            assert names(trial) == ["placeOrders", "modifyOrder"]
    stage.show(BID)


@pytest.mark.parametrize("kind", ["limits", "bracket"])
@pytest.mark.parametrize("loss", LOSSES[:2])
async def test_e77_a_list_whose_answer_is_lost_stays_in_flight_until_it_is_found(
    stage: Stage, loss: Loss, kind: str
) -> None:
    async with stage.trial(subscribe_quotes=False) as trial:
        with lost(stage, loss("placeOrders")):
            if kind == "limits":
                orders = list_of_two(trial, BID - 600)
            else:
                orders = bracket_of(trial, OrderSide.BUY)
            await looked_up(trial)
            for story in trial.stories():
                assert story in (IN_FLIGHT, ACCEPTED), told(trial.stories())
            await trial.settled(*[ACCEPTED] * len(orders), timeout_secs=FOUND_SECS)
            assert names(trial) == ["placeOrders"]


@pytest.mark.usefixtures("news")
async def test_e78_of_a_list_the_refused_order_alone_is_rejected(stage: Stage) -> None:
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
            BTC,
            OrderSide.BUY,
            tester.instrument.make_qty(SIZE),
            tester.instrument.make_price(price),
            post_only=True,
        )
        for price in (BID - 500, second)
    ]
    tester.submit_order_list(tester.order_factory.create_list(orders))
    return orders
