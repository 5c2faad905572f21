"""
Nautilus's execution cases of starting, stopping and restarting (TC-E80 to TC-E87).

A tester leaves orders and a position; a second node, whose cache is empty, meets the same venue.
What it then holds is compared with the venue's books and with what the first node held.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus

from tests.acceptance.exec_held import Deed, Held, Worth, deeds, held, worth_of
from tests.acceptance.exec_run import BID, SIZE, Stage
from tests.acceptance.exec_scenes import Scene
from tests.acceptance.exec_words import ACCEPTED, BOTH, BRACKET, FILLED, STOPS, limits
from tests.acceptance.findings import changed
from tests.acceptance.trading_run import CASH
from tests.waiting import eventually

LEAVE = {"cancel_orders_on_stop": False, "close_positions_on_stop": False}

type At = tuple[Path, pytest.MonkeyPatch]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


# Life cycle


async def test_e80_to_e83_a_node_opens_on_start_and_leaves_nothing_on_stop(
    scene: Scene, at: At
) -> None:
    async with (
        scene.market() as market,
        scene.staged(market, *at) as stage,
        stage.trial(open_position_on_start_qty=SIZE, **BOTH) as trial,
    ):
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)  # E80
        await trial.stop()  # E81, E82
        assert stage.is_flat()
        await eventually(lambda: "trades" in scene.streams(market.venue, "unsubscribe"))  # E83
        count = len(trial.events)
        stage.show(BID + 50)
        stage.show(BID)
        assert len(trial.events) == count


# Restarts


def conditional_orders(scene: Scene) -> list[dict[str, object]]:
    """Return one of each kind; they share the position that they may need."""
    first, *others = [scene.stops(OrderSide.SELL, kind) for kind in STOPS]
    return [first, *[settings | {"open_position_on_start_qty": None} for settings in others]]


RESTING: dict[str, Callable[[Scene], list[dict[str, object]]]] = {
    "limits": lambda _: [limits(OrderSide.BUY), limits(OrderSide.SELL) | {"use_post_only": True}],
    "good till a date": lambda _: [limits(OrderSide.BUY) | {"order_expire_time_delta_mins": 60}],
    "conditional orders": conditional_orders,
    "bracket": lambda _: [limits(OrderSide.BUY) | BRACKET],
}


@pytest.mark.parametrize(
    "kinds",
    [
        "limits",
        pytest.param("good till a date", marks=pytest.mark.only("synthetix")),
        "conditional orders",
        "bracket",
    ],
)
async def test_e84_b3_b4_b7_open_orders_are_what_they_were(
    scene: Scene, at: At, kinds: str
) -> None:
    """Orders that wait, each with its own name."""
    async with scene.market() as market:
        async with scene.staged(market, *at) as stage:
            before: dict[str, Held] = {}
            for settings in RESTING[kinds](scene):
                opened = [FILLED] if settings.get("open_position_on_start_qty") else []
                async with stage.trial(subscribe_quotes=False, **settings, **LEAVE) as trial:
                    await trial.settled(*opened)
                    trial.prompt()
                    await trial.settled(*opened, *[ACCEPTED] * (3 if kinds == "bracket" else 1))
                    before |= held([order for order in trial.orders if order.is_open])
                    trial.tester.stop()
            assert len(before) == len(stage.run.ledger.live)
            fills = len(stage.run.ledger.fills)
        async with scene.staged(market, *at) as again:
            found = held(again.run.cache.orders_open())
            assert found == before, changed(found, before)
            for order in again.run.cache.orders_open():
                again.run.hand.cancel_order(order)
            await eventually(lambda: not again.run.ledger.live)
            assert len(again.run.ledger.fills) == fills


class Night(NamedTuple):
    """What a first session left, and the second that met it."""

    orders: dict[str, Deed]
    worth: Worth
    again: Stage


@asynccontextmanager
async def after_three_trades(scene: Scene, at: At, size: Decimal) -> AsyncIterator[Night]:
    """Open, add and close half: three orders with commissions, profit on two of them."""
    async with scene.market() as market:
        async with scene.staged(market, *at) as stage:
            async with stage.trial(open_position_on_start_qty=size, **LEAVE) as trial:
                await trial.settled(FILLED)
                stage.show(BID + 100)
                trial.tester.open_position(size)
                await trial.settled(FILLED, FILLED)
                stage.show(BID - 50)
                trial.tester.open_position(-size / 2)
                await trial.settled(FILLED, FILLED, FILLED)
                orders = deeds(trial.orders)
                (position,) = trial.positions
                fees = sum(fill.fee for fill in trial.fills)
                assert [money.as_decimal() for money in position.commissions()] == [fees]
                trial.tester.stop()
            worth = worth_of(position)
        async with scene.staged(market, *at) as again:
            yield Night(orders, worth, again)


@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["long", "short"])
async def test_e85_b8_filled_orders_are_what_they_were(scene: Scene, at: At, size: Decimal) -> None:
    async with after_three_trades(scene, at, size) as night:
        orders = night.again.run.cache.orders()
        now = deeds(orders)
        assert now == night.orders, changed(now, night.orders)
        assert night.again.cash_here() == night.again.cash_there()
        ids = [trade_id.value for order in orders for trade_id in order.trade_ids]
        fills = night.again.run.ledger.fills
        assert sorted(ids) == sorted(str(scene.adapter.first_trade + fill.tid) for fill in fills)


@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["e86-long", "e87-short"])
async def test_e86_e87_b8_a_position_is_what_it_was(scene: Scene, at: At, size: Decimal) -> None:
    async with after_three_trades(scene, at, size) as night:
        (found,) = night.again.run.cache.positions_open()
        assert found.signed_decimal_qty() == size * Decimal("1.5")
        (there,) = (p for p in night.again.run.ledger.positions.values() if p.size)
        entry = there.entry_notional / abs(there.size)
        assert found.avg_px_open == pytest.approx(float(entry)), "another average price"
        worth = worth_of(found)
        assert worth == night.worth, changed({"it": worth}, {"it": night.worth})


async def test_e85_b8_b10_a_round_trip_of_a_prior_session_keeps_its_profit_to_the_last_digit(
    scene: Scene, at: At
) -> None:
    """A limit that rested, and the stop that closed what it bought."""
    async with scene.market() as market:
        async with scene.staged(market, *at) as stage:
            terms = limits(OrderSide.BUY) | BRACKET | LEAVE
            async with stage.trial(subscribe_quotes=False, **terms) as trial:
                trial.prompt()
                await trial.settled(ACCEPTED, ACCEPTED, ACCEPTED)
                stage.show(BID - 510)
                await trial.settled(FILLED, ACCEPTED, ACCEPTED)
                stage.show(BID - 1_010)
                await trial.settled(FILLED, [*ACCEPTED, "Canceled"], FILLED)
                orders = deeds(trial.orders)
                trial.tester.stop()
            assert stage.is_flat()
        async with scene.staged(market, *at) as again:
            cache = again.run.cache
            now = deeds(cache.orders())
            assert now == orders, changed(now, orders)
            (position,) = cache.positions_closed()
            assert position.realized_pnl.as_decimal() == again.run.ledger.raw - CASH
            stop = next(order for order in cache.orders() if order.order_type in STOPS[:2])
            assert stop.status == OrderStatus.FILLED
