"""Starts one after the other in a process: each is ready at once, and knows the one before."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus

from adapters.common.governor import Rank
from adapters.hyperliquid.constants import (
    INFO_SHARED,
    INFO_WEIGHT_DEFAULT,
    INFO_WEIGHTS,
    WEIGHT_PER_MINUTE,
)
from adapters.hyperliquid.factories import shared_governor
from adapters.hyperliquid.governor import RESERVES
from simulator.hyperliquid import HyperliquidVenue
from tests.acceptance.trading_run import BTC, Run, node_on, venue_of
from tests.waiting import eventually

STARTS = 3
# What weighs 20 or more in a start; the builder's dex of the loopback venue has a list of orders of
# its own.
DEAR = Counter(
    {
        "allPerpMetas": 1,
        "spotMeta": 1,
        "userFees": 1,
        "userAbstraction": 1,
        "userRole": 1,
        "userRateLimit": 1,
        "historicalOrders": 1,
        "frontendOpenOrders": 2,
        "twapHistory": 1,
        "userFillsByTime": 1,
    }
)


async def test_three_starts_in_a_minute_fit_what_questions_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with venue_of() as venue:
        for number in range(STARTS):
            asked_before(venue)
            async with node_on(venue, tmp_path, monkeypatch) as run:
                assert dear(asked_before(venue)) == (DEAR if number == 0 else again(DEAR))
                if number == 0:
                    await trade(run)
                assert await known(run) == (Decimal("0.01"), OrderStatus.ACCEPTED)
        governor = shared_governor(venue.http_url)
        questions = WEIGHT_PER_MINUTE - RESERVES[Rank.URGENT] - RESERVES[Rank.ORDER]
        assert WEIGHT_PER_MINUTE - governor.remaining < questions


def asked_before(venue: HyperliquidVenue) -> list[str]:
    """Return the questions since the last call."""
    bodies = [r.body for r in venue.received if r.kind == "info" and isinstance(r.body, dict)]
    venue.received.clear()
    return [body["type"] for body in bodies]


def dear(kinds: list[str]) -> Counter[str]:
    """Return those that weigh as much as ten looks at a state."""
    weights = {kind: INFO_WEIGHTS.get(kind, INFO_WEIGHT_DEFAULT) for kind in kinds}
    return Counter(kind for kind in kinds if weights[kind] >= INFO_WEIGHT_DEFAULT)


def again(kinds: Counter[str]) -> Counter[str]:
    """Return what a client asks that starts after another."""
    return Counter({kind: count for kind, count in kinds.items() if kind not in INFO_SHARED})


async def trade(run: Run) -> None:
    """Buy a little, and let another order rest."""
    hand = run.hand
    size = run.instrument().make_qty(Decimal("0.01"))
    hand.submit_order(hand.order_factory.market(BTC, OrderSide.BUY, size))
    hand.submit_order(hand.order_factory.limit(BTC, OrderSide.BUY, size, run.price(0.9)))
    await eventually(lambda: run.cache.positions_open() and run.cache.orders_open())


async def known(run: Run) -> tuple[Decimal, OrderStatus]:
    """Return the size of the position and the status of the order that rests."""
    await eventually(lambda: run.cache.positions_open() and run.cache.orders_open())
    (position,), (order,) = run.cache.positions_open(), run.cache.orders_open()
    return position.quantity.as_decimal(), order.status
