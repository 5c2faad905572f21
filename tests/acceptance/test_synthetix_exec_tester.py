"""
Nautilus's order cases (TC-E01 to TC-E87) over Synthetix, as far as they differ from Hyperliquid's.

Nautilus's ExecTester trades in a real node (`exec_run.py`), and every case is judged by the
sequence of its events and by the venue's books. Triggers need a position here, a change keeps the
order's id, and an order may be good till a date.
"""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderType, TimeInForce
from nautilus_trader.model.events import AccountState

from adapters.common.governor import WeightGovernor
from simulator.exchange.model import Tif
from simulator.fault_rules import Silent
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.exec_brackets import bracket_of
from tests.acceptance.exec_run import BID, SIZE, Stage, staged, still_market
from tests.acceptance.exec_words import (
    ACCEPTED,
    CANCELED,
    DENIED,
    FILLED,
    MODIFIED,
    SIDES,
    STOP_CASES,
    STOPS,
    has_words,
    named,
    whole,
)
from tests.acceptance.synthetix_run import SUB_ACCOUNT, SYNTHETIX, synthetix_venue
from tests.acceptance.trading_run import CASH
from tests.acceptance.under_test import ADDRESS
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR, NEAR = 500, 50
"""How far from the market orders are, and a limit from its trigger, in ticks, which are dollars."""
BOTH = {"enable_limit_buys": True, "enable_limit_sells": True, "tob_offset_ticks": FAR}
BRACKET = {"enable_brackets": True, "bracket_offset_ticks": FAR}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Run a node and a venue for the cases of this file; neither counts tokens."""

    def open_venue(**terms: object) -> object:
        unlimited = TradingOptions(accounts=((ADDRESS, CASH),), tokens=0)
        return synthetix_venue(trading=unlimited, ip_tokens=0, **terms)

    with pytest.MonkeyPatch.context() as monkeypatch:
        for room in ("rooms.subaccount_governor", "factories.address_governor"):
            monkeypatch.setattr(f"adapters.synthetix.{room}", lambda: WeightGovernor(10**6, 10.0))
        state = tmp_path_factory.mktemp("signer")
        async with (
            still_market(open_venue) as market,
            staged(market, state, monkeypatch, SYNTHETIX, **SYNTHETIX.settings) as stage,
        ):
            yield stage


def limits(side: OrderSide) -> dict[str, object]:
    return {
        "enable_limit_buys": side == OrderSide.BUY,
        "enable_limit_sells": side == OrderSide.SELL,
        "tob_offset_ticks": FAR,
    }


def stops(side: OrderSide, kind: OrderType) -> dict[str, object]:
    return {
        "open_position_on_start_qty": SIZE if side == OrderSide.SELL else -SIZE,
        "enable_stop_buys": side == OrderSide.BUY,
        "enable_stop_sells": side == OrderSide.SELL,
        "stop_order_type": kind,
        "stop_offset_ticks": FAR,
        "stop_limit_offset_ticks": NEAR,
    }


def names(trial: object) -> list[str]:
    return [action["action"] for action in trial.actions]


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
        states = [event for event in trial.events if isinstance(event, AccountState)]
        assert states[-1].is_reported
        assert states[-1].balances[0].total.as_decimal() == stage.cash_there()


@pytest.mark.parametrize(
    "terms",
    [
        {"open_position_on_start_qty": SIZE, "open_position_time_in_force": TimeInForce.FOK},
        {"open_position_on_start_qty": Decimal(970), "use_quote_quantity": True},
        {**limits(OrderSide.BUY), "limit_time_in_force": TimeInForce.FOK},
        {**limits(OrderSide.BUY), "limit_time_in_force": TimeInForce.DAY},
        {**limits(OrderSide.BUY), "order_display_qty": Decimal("0.001")},
    ],
    ids=["e04-fok", "e05-quote-quantity", "e15-fok", "e19-day", "e62-iceberg"],
)
async def test_e04_e05_e15_e19_e62_what_the_venue_has_not_is_denied_and_never_sent(
    stage: Stage, terms: dict[str, object]
) -> None:
    async with stage.trial(**terms) as trial:
        await trial.settled(DENIED)
        assert trial.actions == []


async def test_e06_stopping_cancels_the_orders_and_closes_the_position(stage: Stage) -> None:
    async with stage.trial(open_position_on_start_qty=SIZE, **BOTH) as trial:
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)
        await trial.stop()
        assert trial.stories() == [FILLED, [*ACCEPTED, "Canceled"], [*ACCEPTED, "Canceled"], FILLED]
        assert [fill.change for fill in trial.fills] == [SIZE, -SIZE]


# Limit orders


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e10_e11_a_limit_order_rests_at_its_price(stage: Stage, side: OrderSide) -> None:
    async with stage.trial(**limits(side)) as trial:
        await trial.settled(ACCEPTED)
        (order,) = trial.orders
        (live,) = stage.run.ledger.live.values()
        wanted = BID - FAR if side == OrderSide.BUY else BID + 1 + FAR
        assert whole(order.price) == live.request.price == wanted
        assert (live.oid, live.request.tif) == (int(order.venue_order_id.value), Tif.GTC)


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e13_an_immediate_limit_that_crosses_fills(stage: Stage, side: OrderSide) -> None:
    async with stage.trial(
        limit_time_in_force=TimeInForce.IOC, subscribe_quotes=False, **limits(side)
    ) as trial:
        price = BID + 11 if side == OrderSide.BUY else BID - 10
        trial.tester.submit_limit_order(side, trial.tester.instrument.make_price(price))
        await trial.settled(FILLED)


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e14_an_immediate_limit_that_does_not_match_is_canceled(
    stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(limit_time_in_force=TimeInForce.IOC, **limits(side)) as trial:
        await trial.settled([*ACCEPTED, "Canceled"])


async def test_e17_an_order_that_is_good_till_a_date_rests_until_then(stage: Stage) -> None:
    async with stage.trial(order_expire_time_delta_mins=1, **limits(OrderSide.BUY)) as trial:
        await trial.settled(ACCEPTED)
        (live,) = stage.run.ledger.live.values()
        expires_ms = trial.orders[0].expire_time_ns // 1_000_000_000 * 1_000
        assert live.request.expires_ms == expires_ms


# Stops and take-profits, against a position


@pytest.mark.parametrize("side", SIDES, ids=named)
@pytest.mark.parametrize("kind", STOPS, ids=STOP_CASES)
async def test_e20_to_e27_a_conditional_order_rests_and_fires(
    stage: Stage, kind: OrderType, side: OrderSide
) -> None:
    async with stage.trial(subscribe_quotes=False, **stops(side, kind)) as trial:
        await trial.settled(FILLED)
        trial.prompt()
        await trial.settled(FILLED, ACCEPTED)
        order = trial.orders[-1]
        above = (side == OrderSide.BUY) == (kind in STOPS[:2])
        trigger = BID + 1 + FAR if above else BID - FAR
        assert whole(order.trigger_price) == trigger
        assert order.order_type == kind
        # A stop is passed at its trigger; a limit if touched lies behind it.
        beyond = NEAR + 10
        stage.show(
            trigger if kind in STOPS[:2] else trigger + (beyond if trigger > BID else -beyond)
        )
        await trial.settled(FILLED, FILLED)
    stage.show(BID)


# Changes


@pytest.mark.parametrize("side", SIDES, ids=named)
async def test_e30_e31_a_modify_moves_the_price_and_keeps_the_id(
    stage: Stage, side: OrderSide
) -> None:
    async with stage.trial(modify_orders_to_maintain_tob_offset=True, **limits(side)) as trial:
        await trial.settled(ACCEPTED)
        first = trial.orders[0].venue_order_id
        move = 50 if side == OrderSide.BUY else -50
        stage.show(BID + move)
        await trial.settled(MODIFIED)
        (order,) = trial.orders
        assert whole(order.price) == BID + move + (-FAR if side == OrderSide.BUY else 1 + FAR)
        assert order.venue_order_id == first
        assert names(trial) == ["placeOrders", "modifyOrder"]
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
async def test_e34_a_modify_moves_the_trigger(
    stage: Stage, kind: OrderType, side: OrderSide
) -> None:
    async with stage.trial(
        modify_stop_orders_to_maintain_offset=True, **stops(side, kind)
    ) as trial:
        await trial.settled(FILLED, ACCEPTED)
        before = trial.orders[-1].trigger_price
        stage.show(BID + 50)
        await trial.settled(FILLED, MODIFIED)
        assert trial.orders[-1].trigger_price - before == 50
    stage.show(BID)


# Cancels


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


# Flags and refusals


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


async def test_e70_a_post_only_order_that_would_take_is_rejected_as_such(stage: Stage) -> None:
    async with stage.trial(
        subscribe_quotes=False, use_post_only=True, **limits(OrderSide.BUY)
    ) as trial:
        price = trial.tester.instrument.make_price(BID + 11)
        trial.tester.submit_limit_order(OrderSide.BUY, price)
        await trial.settled(["Initialized", "Submitted", "Rejected"])
        assert trial.orders[0].last_event.due_post_only
        assert has_words(trial.reason, "would trade")


async def test_e71_a_stop_without_a_position_is_rejected_with_its_reason(stage: Stage) -> None:
    terms = stops(OrderSide.SELL, OrderType.STOP_MARKET) | {"open_position_on_start_qty": None}
    async with stage.trial(subscribe_quotes=False, **terms) as trial:
        trial.prompt()
        await trial.settled(["Initialized", "Submitted", "Rejected"])
        assert has_words(trial.reason, "position not found")
