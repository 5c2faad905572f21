"""A command in doubt is called lost only once it can have no effect, whatever its expiry means."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.fault_rules import Delay, DropRequest, Status
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.synthetix_run import BTC, trading
from tests.acceptance.trading_run import CASH, Run
from tests.acceptance.under_test import ADDRESS
from tests.waiting import eventually

LATE_MS = 6_000
# The order is called lost before that: a second of expiry, one of grace, and the questions.
VENUES = [
    pytest.param({"expires_in": unit, "rising_nonces": rising}, id=f"{unit}, rising={rising}")
    for unit in ("both", "s")
    for rising in (False, True)
]


@asynccontextmanager
async def doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terms: dict[str, object]
) -> AsyncIterator[Run]:
    opened = TradingOptions(accounts=((ADDRESS, CASH),), **terms)
    async with trading(
        tmp_path,
        monkeypatch,
        venue={"trading": opened},
        expires_after_secs=1,
        post_timeout_secs=1,
        absence_grace_ms=500,
    ) as run:
        yield run


def limit(run: Run, factor: float) -> Order:
    quantity = run.instrument(BTC).make_qty(1)
    price = run.price(factor, BTC)
    order = run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, price)
    run.hand.submit_order(order)
    return order


async def resting(run: Run) -> Order:
    order = limit(run, 0.97)
    await eventually(lambda: order.status == OrderStatus.ACCEPTED)
    return order


def cancels(run: Run) -> Iterator[int]:
    """Give the nonces of the cancels that came by REST."""
    for received in run.venue.received:
        if isinstance(received.body, dict) and "cancelOrders" in str(received.body):
            yield received.body["nonce"]


async def heard_late(run: Run, action: str) -> None:
    """Wait until the venue has looked at what was held up."""
    (fired,) = [one for one in run.venue.faults.log if one.type == action]
    until_ms = fired.time_ms + LATE_MS + 500
    await eventually(lambda: run.venue.clock.now_ms() > until_ms, timeout_secs=15)


@pytest.mark.parametrize("terms", VENUES)
async def test_an_order_that_comes_after_it_was_called_lost_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terms: dict[str, object]
) -> None:
    async with doubtful(tmp_path, monkeypatch, terms) as run:
        held = Delay(on="post", type="placeOrders", ms=LATE_MS, executed=False, count=1)
        run.venue.faults.add(held)
        order = limit(run, 0.97)
        await eventually(lambda: order.is_closed, timeout_secs=LATE_MS / 1_000)
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
        await heard_late(run, "placeOrders")
        assert not run.ledger.live
        assert not run.ledger.history


@pytest.mark.parametrize("action", ["modifyOrder", "cancelOrders"])
async def test_a_change_that_comes_after_it_was_called_lost_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    async with doubtful(tmp_path, monkeypatch, {"expires_in": "s"}) as run:
        order = await resting(run)
        run.venue.faults.add(Delay(on="post", type=action, ms=LATE_MS, executed=False, count=1))
        if action == "modifyOrder":
            run.hand.modify_order(order, price=run.price(0.98, BTC))
        else:
            run.hand.cancel_order(order)
        lost = "ModifyRejected" if action == "modifyOrder" else "CancelRejected"
        await eventually(lambda: run.hand.events_of(order)[-1] == lost, timeout_secs=6)
        price = order.price.as_decimal()
        await heard_late(run, action)
        (live,) = run.ledger.live.values()
        assert live.request.price == price
        assert order.status == OrderStatus.ACCEPTED


async def test_no_other_refusal_proves_that_a_nonce_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with doubtful(tmp_path, monkeypatch, {"expires_in": "s"}) as run:
        run.venue.faults.add(DropRequest(on="post", type="placeOrders", count=1))
        refusals = (422, 403, 503)
        for place, status in enumerate(refusals):
            fault = Status(on="trade", type="cancelOrders", status=status, after=place, count=1)
            run.venue.faults.add(fault)
        order = limit(run, 0.97)
        await eventually(lambda: order.is_closed, timeout_secs=20)
        nonces = list(cancels(run))
        assert len(nonces) == len(refusals) + 1
        assert len(set(nonces)) == 1
        assert run.hand.events_of(order) == ["Submitted", "Rejected"]
