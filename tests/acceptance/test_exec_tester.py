"""
The order cases of Nautilus's testing spec that apply to a perpetuals venue (TC-E01 to TC-E35).

Cancels and brackets, failures and restarts have files of their own, up to TC-E87.
Nautilus's ExecTester trades in a real node (`exec_run.py`). Each case is judged by the sequence of
its events, and by the venue's books, with which `settled` and `stop` compare all that Nautilus
holds: terms of orders, every fill with its fee, the position and the cash. All run for both venues,
but those that one has alone; in what else they differ says a scene.
"""

from decimal import Decimal

import pytest
from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderType, TimeInForce
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.objects import Quantity

from simulator.exchange.model import Tif
from tests.acceptance.exec_run import BID, SIZE, Stage
from tests.acceptance.exec_scenes import Scene
from tests.acceptance.exec_words import (
    ACCEPTED,
    BOTH,
    CANCELED,
    DENIED,
    FAR,
    FILLED,
    MODIFIED,
    NEAR,
    SIDES,
    STOP_CASES,
    STOPS,
    has_words,
    limits,
    named,
    whole,
)
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


# Market orders


@pytest.mark.parametrize("tif", [TimeInForce.GTC, TimeInForce.IOC], ids=named)
@pytest.mark.parametrize("size", [SIZE, -SIZE], ids=["buy", "sell"])
async def test_e01_e02_e03_a_market_order_fills_and_the_account_follows(
    stage: Stage, size: Decimal, tif: TimeInForce
) -> None:
    async with stage.trial(
        open_position_on_start_qty=size, open_position_time_in_force=tif
    ) as trial:
        await trial.settled(FILLED)

        (order,), (fill,) = trial.orders, trial.fills
        assert order.avg_px == float(fill.price) == (BID + 1 if size > 0 else BID)
        assert order.liquidity_side == LiquiditySide.TAKER
        (position,) = trial.positions
        assert position.signed_decimal_qty() == size
        states = [event for event in trial.events if isinstance(event, AccountState)]
        assert states, "no account state follows the fill"
        state = states[-1]
        assert state.is_reported
        total, cash = state.balances[0].total.as_decimal(), stage.cash_there()
        assert total == cash, (
            f"the account is told of {total} {stage.adapter.currency}, at the venue {cash}"
        )


async def test_e04_fill_or_kill_is_denied_and_never_sent(stage: Stage) -> None:
    async with stage.trial(
        open_position_on_start_qty=SIZE, open_position_time_in_force=TimeInForce.FOK
    ) as trial:
        await trial.settled(DENIED)
        assert trial.actions == []


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("size", [Decimal(970), Decimal(-970)], ids=["buy", "sell"])
async def test_e05_b1_an_order_in_quote_units_fills_in_base_units(
    scene: Scene, stage: Stage, size: Decimal
) -> None:
    async with stage.trial(open_position_on_start_qty=size, use_quote_quantity=True) as trial:
        wanted = Decimal("0.00999" if size > 0 else "0.01")
        await eventually(lambda: trial.actions)
        (sent,) = scene.placed(trial)
        asked = scene.size_of(sent)
        assert Decimal(asked) == wanted, f"the venue is asked for {asked} BTC"
        await trial.settled([*ACCEPTED, "Updated", "Filled"])

        ((order,), (fill,)) = trial.orders, trial.fills
        assert fill.size == order.filled_qty.as_decimal() == wanted
        assert fill.size * fill.price <= 970


@pytest.mark.only("synthetix")
@pytest.mark.usefixtures("news")
async def test_e05_a_limit_order_in_quote_units_rests_in_base_units(stage: Stage) -> None:
    async with stage.trial() as trial:
        instrument, factory = trial.tester.instrument, trial.tester.order_factory
        price = instrument.make_price(BID - FAR)
        quantity = Quantity.from_str("965.00000")
        order = factory.limit(instrument.id, OrderSide.BUY, quantity, price, quote_quantity=True)
        trial.tester.submit_order(order)
        await trial.settled([*ACCEPTED, "Updated"])
        assert (order.quantity, order.is_quote_quantity) == (instrument.make_qty("0.01"), False)
        trial.tester.modify_order(order, quantity=instrument.make_qty("0.02"))
        await trial.settled([*ACCEPTED, "Updated", "PendingUpdate", "Updated"])


async def test_e06_stopping_cancels_the_orders_and_closes_the_position(stage: Stage) -> None:
    async with stage.trial(open_position_on_start_qty=SIZE, **BOTH) as trial:
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)
        await trial.stop()

        assert trial.stories() == [FILLED, [*ACCEPTED, "Canceled"], [*ACCEPTED, "Canceled"], FILLED]
        assert trial.venue_orders.keys() == trial.terms_here().keys()
        assert [fill.change for fill in trial.fills] == [SIZE, -SIZE]


# Limit orders


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e10_e11_a_limit_order_rests_at_its_price(stage: Stage, side: OrderSide) -> None:
    async with stage.trial(**limits(side)) as trial:
        await trial.settled(ACCEPTED)

        (order,) = trial.orders
        wanted = BID - FAR if side == OrderSide.BUY else BID + 1 + FAR
        (live,) = stage.run.ledger.live.values()
        assert whole(order.price) == live.request.price == wanted
        assert (live.oid, live.request.tif) == (int(order.venue_order_id.value), Tif.GTC)


async def test_e12_a_buy_and_a_sell_rest_side_by_side(stage: Stage) -> None:
    async with stage.trial(**BOTH) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        assert len(stage.run.ledger.live) == 2


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e13_an_immediate_limit_that_crosses_fills(stage: Stage, side: OrderSide) -> None:
    # The tester prices its own ones beside the market; it is told the price here.
    async with stage.trial(
        limit_time_in_force=TimeInForce.IOC, subscribe_quotes=False, **limits(side)
    ) as trial:
        price = BID + 11 if side == OrderSide.BUY else BID - 10
        trial.tester.submit_limit_order(side, trial.tester.instrument.make_price(price))
        await trial.settled(FILLED)


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e14_b15_an_immediate_limit_that_does_not_match_is_canceled(
    stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(limit_time_in_force=TimeInForce.IOC, **limits(side)) as trial:
        await trial.settled([*ACCEPTED, "Canceled"])
        assert trial.statuses == ["iocCancelRejected"]


@pytest.mark.parametrize(
    "terms",
    [
        {"limit_time_in_force": TimeInForce.FOK},
        pytest.param({"order_expire_time_delta_mins": 1}, marks=pytest.mark.only("hyperliquid")),
        {"limit_time_in_force": TimeInForce.DAY},
    ],
    ids=["e15-e16-fok", "e17-e18-gtd", "e19-day"],
)
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e15_to_e19_e73_a_time_in_force_that_the_venue_has_not_is_denied(
    stage: Stage, side: OrderSide, terms: dict[str, object]
) -> None:
    async with stage.trial(**limits(side), **terms) as trial:
        await trial.settled(DENIED)
        assert has_words(trial.reason, "time in force")
        assert trial.actions == []


@pytest.mark.only("synthetix")
@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e17_e18_an_order_that_is_good_till_a_date_rests_until_then(
    stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(order_expire_time_delta_mins=1, **limits(side)) as trial:
        await trial.settled(ACCEPTED)
        (live,) = stage.run.ledger.live.values()
        expires_ms = trial.orders[0].expire_time_ns // 1_000_000_000 * 1_000
        assert live.request.expires_ms == expires_ms


# Stops and take-profits, against a position where the venue wants one


@pytest.mark.parametrize("side", SIDES, ids=named)
@pytest.mark.parametrize("kind", STOPS, ids=STOP_CASES)
async def test_e20_to_e27_a_conditional_order_rests_with_its_trigger(
    scene: Scene, stage: Stage, kind: OrderType, side: OrderSide
) -> None:
    async with stage.trial(**scene.stops(side, kind)) as trial:
        await trial.settled(*scene.opened, ACCEPTED)

        order = trial.orders[-1]
        above = (side == OrderSide.BUY) == (kind in {OrderType.STOP_MARKET, OrderType.STOP_LIMIT})
        assert whole(order.trigger_price) == (BID + 1 + FAR if above else BID - FAR)
        assert order.order_type == kind
        (live,) = stage.run.ledger.live.values()
        assert live.oid == int(order.venue_order_id.value)


@pytest.mark.parametrize("side", SIDES, ids=named)
@pytest.mark.parametrize("kind", STOPS, ids=STOP_CASES)
async def test_e20_to_e27_a_conditional_order_fires_at_its_trigger(
    scene: Scene, stage: Stage, kind: OrderType, side: OrderSide
) -> None:
    async with stage.trial(subscribe_quotes=False, **scene.stops(side, kind)) as trial:
        await trial.settled(*scene.opened)
        before = len(trial.statuses)
        trial.prompt()
        await trial.settled(*scene.opened, ACCEPTED)
        trigger = whole(trial.orders[-1].trigger_price)
        # A stop is passed at its trigger; a limit if touched lies behind it.
        beyond = NEAR + 10 if trigger > BID else -NEAR - 10
        stage.show(trigger if kind in STOPS[:2] else trigger + beyond)
        await trial.settled(*scene.opened, scene.fired(kind))

        assert trial.statuses[before:] == ["open", "triggered", "filled"]
    stage.show(BID)


# Changes


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e30_e31_a_modify_moves_the_price(
    scene: Scene, stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(modify_orders_to_maintain_tob_offset=True, **limits(side)) as trial:
        await trial.settled(ACCEPTED)
        first = trial.orders[0].venue_order_id
        move = 50 if side == OrderSide.BUY else -50
        stage.show(BID + move)
        await trial.settled(MODIFIED)

        (order,) = trial.orders
        assert whole(order.price) == BID + move + (-FAR if side == OrderSide.BUY else 1 + FAR)
        assert (order.venue_order_id == first) == scene.keeps_id
        assert trial.statuses == scene.changed
        assert scene.names(trial) == [scene.place, scene.adapter.modify]
    stage.show(BID)


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e32_e33_a_cancel_and_a_new_order_take_the_place(
    stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(
        cancel_replace_orders_to_maintain_tob_offset=True, **limits(side)
    ) as trial:
        await trial.settled(ACCEPTED)
        stage.show(BID + (50 if side == OrderSide.BUY else -50))
        await trial.settled(CANCELED, ACCEPTED)
        assert len(stage.run.ledger.live) == 1
    stage.show(BID)


@pytest.mark.parametrize("side", SIDES, ids=named)
@pytest.mark.parametrize("kind", STOPS, ids=named)
async def test_e34_b6_a_modify_moves_the_trigger(
    scene: Scene, stage: Stage, kind: OrderType, side: OrderSide
) -> None:
    async with stage.trial(
        modify_stop_orders_to_maintain_offset=True, **scene.stops(side, kind)
    ) as trial:
        await trial.settled(*scene.opened, ACCEPTED)
        before, first = trial.orders[-1].trigger_price, len(trial.statuses) - 1
        stage.show(BID + 50)
        await trial.settled(*scene.opened, MODIFIED)

        assert trial.orders[-1].trigger_price - before == 50
        assert trial.statuses[first:] == scene.changed
    stage.show(BID)


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e35_a_cancel_and_a_new_stop_take_the_place(
    scene: Scene, stage: Stage, side: OrderSide
) -> None:
    terms = scene.stops(side, OrderType.STOP_MARKET)
    async with stage.trial(cancel_replace_stop_orders_to_maintain_offset=True, **terms) as trial:
        await trial.settled(*scene.opened, ACCEPTED)
        stage.show(BID + 50)
        await trial.settled(*scene.opened, CANCELED, ACCEPTED)
        assert len(stage.run.ledger.live) == 1
    stage.show(BID)
