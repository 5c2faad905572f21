"""Answers, events and whole connections are lost at random; in the end both sides' books agree."""

import asyncio
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.fault_rules import (
    Close,
    Delay,
    DropReply,
    DropRequest,
    Duplicate,
    Reorder,
    Silent,
    Status,
)
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.synthetix_run import BTC, trading
from tests.acceptance.trading_run import CASH, Run
from tests.acceptance.under_test import ADDRESS
from tests.waiting import eventually

ROUNDS = 60
EVENTS = "subAccountUpdate"


def storm(run: Run) -> None:
    for rule in (
        Delay(on="post", ms=100, probability=0.2),
        DropReply(on="post", probability=0.1),
        DropRequest(on="post", probability=0.05),
        Status(on="post", status=500, executed=True, probability=0.05),
        Status(on="trade", status=503, probability=0.05),
        Duplicate(on="ws", type=EVENTS, probability=0.1),
        Reorder(on="ws", type=EVENTS, probability=0.1),
        Silent(type=EVENTS, probability=0.05),
        Close(on="ws", type=EVENTS, probability=0.02),
    ):
        run.venue.faults.add(rule)


async def act(run: Run, random: Random, orders: list[Order]) -> None:
    """Do one thing at random: buy or sell at once, let an order rest, change or cancel one."""
    factory, instrument = run.hand.order_factory, run.instrument(BTC)
    side = random.choice([OrderSide.BUY, OrderSide.SELL])
    quantity = instrument.make_qty(Decimal(random.randint(1, 20)) / 1000)
    resting = [order for order in orders if order.is_open and not order.is_pending_cancel]
    kind = random.choice(["market", "limit", "near", "modify", "cancel"])
    if kind == "market":
        orders.append(factory.market(BTC, side, quantity))
        run.hand.submit_order(orders[-1])
    elif kind in {"limit", "near"} or not resting:
        away = 0.0001 if kind == "near" else 0.02
        price = run.price(1 - away if side == OrderSide.BUY else 1 + away, BTC)
        orders.append(factory.limit(BTC, side, quantity, price))
        run.hand.submit_order(orders[-1])
    elif kind == "modify":
        order = random.choice(resting)
        run.hand.modify_order(order, quantity=instrument.make_qty(Decimal("0.03")))
    else:
        run.hand.cancel_order(random.choice(resting))
    await asyncio.sleep(random.random() * 0.2)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_is_lost_both_sides_end_with_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    venue = {"trading": TradingOptions(accounts=((ADDRESS, CASH),), tokens=0)}
    settings = {"post_timeout_secs": 1, "expires_after_secs": 2, "sweep_secs": 2.0}
    async with trading(tmp_path, monkeypatch, venue=venue, **settings) as run:
        random, orders = Random(seed), []
        storm(run)
        for _ in range(ROUNDS):
            await act(run, random, orders)
        run.venue.faults.clear()
        try:
            await eventually(lambda: all(is_alike(run, order) for order in orders), 40.0)
        except TimeoutError:
            pytest.fail(
                "\n".join(words(run, order) for order in orders if not is_alike(run, order))
            )
        assert sum((p.signed_decimal_qty() for p in run.cache.positions_open()), Decimal(0)) == (
            run.ledger.positions[0].size
        )
        assert len(run.cache.orders()) == len(orders)


def is_alike(run: Run, order: Order) -> bool:
    """Tell whether the venue has the order as Nautilus holds it."""
    there = there_is(run, order)
    if there is None:
        return order.status in {OrderStatus.REJECTED, OrderStatus.DENIED}
    is_final = there.status.is_final
    return (order.is_closed, order.filled_qty.as_decimal()) == (is_final, there.filled) and (
        is_final or order.quantity.as_decimal() == there.size
    )


def there_is(run: Run, order: Order) -> object:
    name = order.client_order_id.value
    # A fill in part is no change of status: what is live tells of it, the history does not.
    for live in run.ledger.live.values():
        if live.request.client_id == name:
            return live
    changes = [c.order for c in run.ledger.history if c.order.request.client_id == name]
    return changes[-1] if changes else None


def words(run: Run, order: Order) -> str:
    there = there_is(run, order)
    return f"{order}: {run.hand.events_of(order)}, at the venue {there}"
