"""The races of the fact sheet (9.2) in which sockets and look-ups take part, on the venue."""

import time
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.orders import Order

from simulator.exchange.model import Side
from simulator.fault_rules import (
    Abort,
    AnyRule,
    Close,
    Delay,
    DropReply,
    HalfOpen,
    Silent,
    UnknownOid,
)
from simulator.hyperliquid_directory import Agent
from simulator.hyperliquid_trading import TradingOptions
from tests.acceptance.trading_run import ADDRESS, BTC, CASH, Run, trading
from tests.waiting import eventually

SIZE = Decimal("0.01")
MASTER = "0x" + "a" * 40
# From the reconnect to the fill it takes one question; a busy machine makes it many milliseconds.
RECOVERY_SECS_MAX = 1.0

type At = tuple[Path, pytest.MonkeyPatch]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


def limit(run: Run, factor: float = 0.9) -> Order:
    quantity = run.instrument().make_qty(SIZE)
    order = run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, run.price(factor))
    run.hand.submit_order(order)
    return order


async def resting(run: Run, factor: float = 0.9) -> Order:
    order = limit(run, factor)
    await eventually(lambda: order.status == OrderStatus.ACCEPTED)
    return order


def sell_into(run: Run, order: Order, size: Decimal = SIZE) -> None:
    """Let the outside sell into a resting order."""
    trading_half = run.venue.trading
    price, now_ms = order.price.as_decimal() - 1, run.venue.clock.now_ms()
    trading_half.tell(trading_half.exchange.on_trade(0, price, size, Side.SELL, now_ms))


def is_told(run: Run) -> bool:
    """Whether the venue tells the node of its orders, on a connection that is whole."""
    feeds = run.venue._hub._subscribers.get(("orderUpdates", ""), {})
    return any(not line.is_half_open for lines in feeds.values() for line in lines)


@pytest.mark.parametrize("is_lost", [False, True], ids=["answered", "unanswered"])
async def test_race_03_unknown_when_it_is_looked_up_is_not_rejected(
    at: At, *, is_lost: bool
) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=1) as run:
        if is_lost:
            run.venue.faults.add(DropReply(on="post", type="order"))
        run.venue.faults.add(UnknownOid(ms=900))
        run.venue.faults.add(Silent(type="orderUpdates"))
        run.venue.faults.add(Silent(type="openOrders"))
        order = await resting(run)
        assert run.hand.events_of(order) == ["Submitted", "Accepted"]


async def test_race_03_a_slow_clock_does_not_make_a_late_order_one_that_never_came(
    at: At,
) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=2) as run:
        # It comes after its look-up and before its expiry, which passes until the time is told.
        run.venue.faults.add(Delay(on="post", type="order", ms=1_800, executed=False))
        run.venue.faults.add(
            Delay(on="info", type="exchangeStatus", ms=2_500, count=1, executed=False)
        )
        for channel in ("orderUpdates", "openOrders"):
            run.venue.faults.add(Silent(type=channel))
        order = limit(run)
        await eventually(
            lambda: order.status not in {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}
        )
        assert order.status == OrderStatus.ACCEPTED


async def test_race_11_orders_of_one_moment_by_socket_and_http_have_nonces_of_their_own(
    at: At,
) -> None:
    async with trading(*at) as run:
        by_socket = [limit(run) for _ in range(10)]
        await eventually(lambda: len(run.ledger.live) == 10)
        run.venue.refuse_connections()
        await run.venue.drop_connections()
        by_http = [limit(run) for _ in range(10)]
        await eventually(lambda: all(order.is_open for order in by_socket + by_http))
        assert len(run.ledger.live) == 20
        run.venue.refuse_connections(refused=False)


async def test_race_12_an_expired_agent_loses_no_order_and_trades_again_when_renewed(
    at: At,
) -> None:
    options = TradingOptions(accounts=((MASTER, CASH),), agents=((ADDRESS, MASTER),))
    async with trading(*at, venue={"trading": options}, account_address=MASTER) as run:
        rests = await resting(run)
        run.venue.expire_agent()
        refused = limit(run)
        run.hand.cancel_order(rests)
        await eventually(lambda: refused.status == OrderStatus.REJECTED)
        await eventually(lambda: run.hand.events_of(rests)[-1] == "CancelRejected")
        assert rests.is_open
        run.venue.trading.directory.agents[ADDRESS] = Agent(ADDRESS, MASTER)
        run.hand.cancel_order(rests)
        await eventually(lambda: rests.status == OrderStatus.CANCELED)


@pytest.mark.parametrize(
    "rule",
    [Close(on="ws", type="user", count=1), Abort(on="ws", type="user", count=1),
     HalfOpen(on="ws", type="user", count=1)],
    ids=["closed", "reset", "half open"],
)  # fmt: skip
async def test_race_13_fills_of_a_gap_are_told_as_soon_as_it_is_over(at: At, rule: AnyRule) -> None:
    times = {"ws_ping_interval_secs": 1, "ws_idle_timeout_secs": 2}
    async with trading(*at, **times) as run:
        order = await resting(run)
        run.venue.faults.add(rule)
        run.venue.faults.add(Silent(type="userFills"))  # its snapshot would tell as well
        run.venue.refuse_connections()
        sell_into(run, order, SIZE / 2)  # the frame that tells of it ends the connection
        sell_into(run, order, SIZE)
        assert order.status == OrderStatus.ACCEPTED
        await eventually(lambda: not is_told(run))
        run.venue.refuse_connections(refused=False)
        await eventually(lambda: is_told(run))
        connected_at = time.monotonic()
        await eventually(lambda: order.status == OrderStatus.FILLED)
        took_secs = time.monotonic() - connected_at
        print(f"from the reconnect to the last fill: {took_secs * 1000:.1f} ms")  # noqa: T201
        assert took_secs < RECOVERY_SECS_MAX
        assert len(order.trade_ids) == len(run.ledger.fills) == 2


@pytest.mark.parametrize("part", [SIZE / 2, SIZE], ids=["a part", "all of it"])
async def test_race_13_a_fill_that_no_stream_told_shows_in_the_list_of_open_orders(
    at: At, part: Decimal
) -> None:
    async with trading(*at) as run:
        order = await resting(run)
        for channel in ("orderUpdates", "user", "userFills"):
            run.venue.faults.add(Silent(type=channel))
        sell_into(run, order, part)
        await eventually(lambda: order.filled_qty.as_decimal() == part)
        assert order.is_closed == (part == SIZE)


async def test_a_fill_while_the_balance_is_being_read_is_in_the_next_one(at: At) -> None:
    async with trading(*at) as run:
        orders = [await resting(run, factor) for factor in (0.9, 0.89)]
        slow = Delay(on="info", type="clearinghouseState", ms=600)
        run.venue.faults.add(slow)
        sell_into(run, orders[0])
        await eventually(lambda: any(f.do == "delay" for f in run.venue.faults.log))
        sell_into(run, orders[1], SIZE * 2)
        await eventually(lambda: orders[1].is_closed)
        run.venue.faults.clear()
        account = run.cache.account_for_venue(BTC.venue)
        spent = sum(fill.fee for fill in run.ledger.fills)
        await eventually(lambda: account.balance_total(USDC).as_decimal() == CASH - spent)


async def test_an_engines_question_about_an_order_in_flight_is_answered_by_events(at: At) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=1) as run:
        order = await resting(run)
        run.venue.faults.add(DropReply(on="post", type="batchModify"))
        for channel in ("orderUpdates", "openOrders"):
            run.venue.faults.add(Silent(type=channel))
        run.hand.modify_order(order, price=run.price(0.91))
        await eventually(lambda: len(run.ledger.history) == 3)
        run.hand.query_order(order)
        await eventually(lambda: run.hand.events_of(order)[-1] == "Updated")
        assert run.hand.events_of(order) == ["Submitted", "Accepted", "PendingUpdate", "Updated"]
        (live,) = run.ledger.live.values()
        assert order.venue_order_id.value == str(live.oid)
