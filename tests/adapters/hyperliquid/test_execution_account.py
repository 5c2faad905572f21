"""What the execution client does beside plain orders: accounts, TWAPs, budgets, the last resort."""

import asyncio
import time
import traceback
from decimal import Decimal
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.orders import Order

from adapters.common.key_state import SignerInUse
from adapters.hyperliquid import AddIsolatedMargin, HyperliquidLiveExecClientFactory, SetLeverage
from simulator.exchange.model import Side
from simulator.fault_rules import Delay, DropReply, DropRequest
from simulator.hyperliquid_directory import SubAccount
from simulator.hyperliquid_trading import TradingOptions
from tests.acceptance.trading_run import (
    BTC,
    CASH,
    Run,
    node_on,
    trading,
    venue_of,
)
from tests.acceptance.under_test import ADDRESS, KEY, KEY_VARIABLE
from tests.waiting import eventually

type At = tuple[Path, pytest.MonkeyPatch]
SIZE = "0.01"
MASTER_KEY = "0x" + "02" * 32
MASTER: str = EthAccount.from_key(MASTER_KEY).address.lower()


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path, monkeypatch


def submit(run: Run, order: Order, **params: object) -> Order:
    run.hand.submit_order(order, params=params or None)
    return order


def market(run: Run, size: str = SIZE, side: OrderSide = OrderSide.BUY) -> Order:
    return run.hand.order_factory.market(BTC, side, run.instrument().make_qty(Decimal(size)))


def limit(run: Run, factor: float, size: str = SIZE) -> Order:
    quantity = run.instrument().make_qty(Decimal(size))
    return run.hand.order_factory.limit(BTC, OrderSide.BUY, quantity, run.price(factor))


async def test_a_twap_is_one_order_that_ends_with_its_last_part(at: At) -> None:
    async with trading(*at, venue={"speed": 120.0}) as run:
        order = submit(run, market(run, "0.05"), twap_minutes=5, twap_randomize=False)
        await eventually(lambda: order.is_closed, timeout_secs=15)
        assert order.status == OrderStatus.FILLED
        slices = [fill for fill in run.ledger.fills if fill.twap_id is not None]
        assert len(slices) > 1
        assert {str(id_) for id_ in order.trade_ids} == trade_ids_of(run)
        assert order.venue_order_id.value.startswith("twap-")


def trade_ids_of(run: Run) -> set[str]:
    """Return the trade ids that the venue has told of the account."""
    records = run.venue.trading.records(ADDRESS)
    return {str(row.tid) for row in records.fills}


async def test_a_twap_can_be_stopped_half_way(at: At) -> None:
    async with trading(*at, venue={"speed": 60.0}) as run:
        order = submit(run, market(run, "0.05"), twap_minutes=5, twap_randomize=False)
        await eventually(lambda: order.filled_qty > 0, timeout_secs=10)
        run.hand.cancel_order(order)
        await eventually(lambda: order.is_closed)
        assert order.status == OrderStatus.CANCELED
        assert 0 < order.filled_qty.as_decimal() < Decimal("0.05")


async def test_a_twap_too_small_for_the_venue_is_denied(at: At) -> None:
    async with trading(*at) as run:
        order = submit(run, market(run, "0.0005"), twap_minutes=30)
        await eventually(lambda: order.is_closed)
        assert order.status == OrderStatus.DENIED
        assert not run.ledger.twaps


async def test_a_modify_of_a_filling_order_is_taken_back_to_what_was_asked(at: At) -> None:
    async with trading(*at) as run:
        order = submit(run, limit(run, 0.9, "0.05"))
        await eventually(lambda: order.status == OrderStatus.ACCEPTED)
        run.venue.faults.add(Delay(on="post", type="batchModify", ms=300, executed=False, count=1))
        run.hand.modify_order(order, price=run.price(0.91))
        await eventually(lambda: run.venue.faults.log)  # it has arrived, and waits
        exchange = run.venue.trading.exchange
        (live,) = run.ledger.live.values()
        events = exchange.on_trade(
            0, live.request.price - 1, Decimal("0.02"), Side.SELL, run.venue.clock.now_ms()
        )
        run.venue.trading.tell(events)
        await eventually(lambda: run.hand.events_of(order).count("Updated") == 2)
        assert order.quantity.as_decimal() == Decimal("0.05")
        (live,) = run.ledger.live.values()
        assert live.remaining + order.filled_qty.as_decimal() == Decimal("0.05")


async def test_a_part_that_outruns_the_name_of_its_twap_moves_the_balance_as_well(at: At) -> None:
    async with trading(*at) as run:
        run.venue.faults.add(Delay(on="post", type="twapOrder", ms=1_000, executed=True, count=1))
        order = submit(run, market(run, "0.05"), twap_minutes=5, twap_randomize=False)
        await eventually(lambda: run.ledger.fills)
        assert order.filled_qty == 0  # nobody knows yet whose it is
        await eventually(lambda: order.filled_qty > 0)

        def is_told() -> bool:
            here = run.cache.account_for_venue(BTC.venue).balance_total(USDC).as_decimal()
            there = run.ledger.raw + sum(p.entry_notional for p in run.ledger.positions.values())
            return abs(here - there) <= Decimal("2e-6")

        await eventually(is_told)
        assert len(run.ledger.fills) == 1


async def test_a_lost_cancel_is_settled_by_a_look_not_by_a_guess(at: At) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=2) as run:
        order = submit(run, limit(run, 0.9))
        await eventually(lambda: order.status == OrderStatus.ACCEPTED)
        run.venue.faults.add(DropRequest(on="post", type="cancelByCloid", count=1))
        run.hand.cancel_order(order)
        await eventually(lambda: "CancelRejected" in run.hand.events_of(order), timeout_secs=12)
        assert order.status == OrderStatus.ACCEPTED
        assert len(run.ledger.live) == 1
        run.venue.faults.add(DropReply(on="post", type="cancelByCloid", count=1))
        run.hand.cancel_order(order)
        await eventually(lambda: order.status == OrderStatus.CANCELED)
        assert not run.ledger.live


async def test_a_lost_modify_is_settled_by_a_look_not_by_a_guess(at: At) -> None:
    async with trading(*at, post_timeout_secs=1, expires_after_secs=2) as run:
        order = submit(run, limit(run, 0.9))
        await eventually(lambda: order.status == OrderStatus.ACCEPTED)
        before = order.price
        run.venue.faults.add(DropRequest(on="post", type="batchModify", count=1))
        run.hand.modify_order(order, price=run.price(0.92))
        await eventually(lambda: "ModifyRejected" in run.hand.events_of(order), timeout_secs=12)
        assert order.price == before
        run.venue.faults.add(DropReply(on="post", type="batchModify", count=1))
        run.hand.modify_order(order, price=run.price(0.93))
        (live,) = run.ledger.live.values()
        await eventually(lambda: order.price != before)
        (live,) = run.ledger.live.values()
        assert order.price.as_decimal() == live.request.price
        assert order.venue_order_id.value == str(live.oid)


async def test_an_agent_needs_its_account_and_trades_it(at: At) -> None:
    options = TradingOptions(accounts=((MASTER, CASH),), agents=((ADDRESS, MASTER),))
    async with venue_of(trading=options) as venue:
        async with node_on(venue, *at, account_address=MASTER) as run:
            order = submit(run, market(run))
            await eventually(lambda: order.is_closed)
            assert order.status == OrderStatus.FILLED
            assert venue.trading.exchange.account(MASTER).fills
        with pytest.raises(TimeoutError):
            async with node_on(venue, *at, start_secs=2.0):
                pass


async def test_a_sub_account_is_traded_with_its_masters_key(at: At) -> None:
    sub = "0x" + "5" * 40
    async with venue_of() as venue:
        venue.trading.open(sub, CASH, venue.clock.now_ms())
        venue.trading.directory.sub_accounts[sub] = SubAccount(sub, ADDRESS, "sub")
        async with node_on(venue, *at, vault_address=sub) as run:
            order = submit(run, market(run))
            await eventually(lambda: order.is_closed)
            assert order.status == OrderStatus.FILLED
            assert len(venue.trading.exchange.account(sub).fills) == 1
            assert not run.ledger.fills


async def test_a_builder_dex_has_its_own_money_orders_and_positions(at: At) -> None:
    async with venue_of() as venue:
        venue.trading.open(ADDRESS, Decimal(5_000), venue.clock.now_ms(), dex="xyz")
        coin = next(coin for coin in venue.market.universe.listings if coin.startswith("xyz:"))
        gold = InstrumentId.from_str(f"{coin}-USD-PERP.HYPERLIQUID")
        async with node_on(venue, *at, instrument_ids=(BTC, gold)) as run:
            account = run.cache.account_for_venue(BTC.venue)
            assert account.balance_total(USDC).as_decimal() == CASH + 5_000
            quantity = run.instrument(gold).make_qty(1)
            entry = run.hand.order_factory.market(gold, OrderSide.BUY, quantity)
            stop = run.hand.order_factory.stop_market(
                gold, OrderSide.SELL, quantity, run.price(0.9, gold), reduce_only=True
            )
            submit(run, entry)
            await eventually(lambda: entry.is_closed)
            assert entry.status == OrderStatus.FILLED
            submit(run, stop)
            await eventually(lambda: stop.status == OrderStatus.ACCEPTED)
        async with node_on(venue, *at, instrument_ids=(BTC, gold)) as again:
            assert [order.client_order_id for order in again.cache.orders_open()] == [
                stop.client_order_id
            ]
            assert again.cache.positions_open(instrument_id=gold)[0].quantity == quantity


async def test_funding_is_told_as_an_account_event(at: At) -> None:
    start_ms = time.time_ns() // 1_000_000 // 3_600_000 * 3_600_000 + 3_590_000
    async with trading(*at, venue={"start_ms": start_ms}) as run:
        await eventually(lambda: submit(run, market(run)).is_closed or True)
        await eventually(run.cache.positions_open)
        await eventually(lambda: run.ledger.fundings, timeout_secs=20)
        paid = run.ledger.fundings[-1]
        account = run.cache.account_for_venue(BTC.venue)

        def told() -> list[AccountState]:
            return [e for e in account.events if e.info and "funding" in e.info]

        await eventually(told)
        assert Decimal(told()[-1].info["funding"]["usdc"]) == paid.amount
        await eventually(lambda: account.balance_total(USDC).as_decimal() == cash_of(run))


def cash_of(run: Run) -> Decimal:
    """Return the venue's cash without what open positions have earned."""
    state = run.ledger_state
    unrealized = sum((position.unrealized_pnl for position in state.positions), Decimal(0))
    return state.total.account_value - unrealized


async def test_a_spent_address_budget_leaves_cancels_and_exits(at: At) -> None:
    async with trading(*at) as run:
        entry, resting = submit(run, market(run)), submit(run, limit(run, 0.9))
        await eventually(lambda: entry.is_closed and resting.status == OrderStatus.ACCEPTED)
        run.venue.trading.directory.requests_used[ADDRESS] = 10_900
        run.hand.query_account(run.cache.account_for_venue(BTC.venue).id)
        tried: list[Order] = []

        def is_denied() -> bool:
            tried.append(submit(run, limit(run, 0.9)))
            return any(order.status == OrderStatus.DENIED for order in tried)

        await eventually(is_denied)
        run.hand.cancel_order(resting)
        await eventually(lambda: resting.is_closed)
        run.hand.close_all_positions(BTC)
        await eventually(lambda: not run.cache.positions_open())


async def test_isolated_margin_is_added_by_command(at: At) -> None:
    async with trading(*at) as run:
        send = run.node.kernel.msgbus.send
        send("HYPERLIQUID.command", SetLeverage(BTC, 10, is_isolated=True))
        await eventually(lambda: 0 in run.ledger.positions and run.ledger.positions[0].is_isolated)
        await eventually(lambda: submit(run, market(run)).is_closed or True)
        await eventually(run.cache.positions_open)
        before = run.ledger.positions[0].raw
        send("HYPERLIQUID.command", AddIsolatedMargin(BTC, Decimal("12.5")))
        await eventually(lambda: run.ledger.positions[0].raw == before + Decimal("12.5"))


async def test_the_scheduled_cancel_is_kept_ahead_and_taken_back_at_the_end(at: At) -> None:
    async with venue_of() as venue:
        async with node_on(venue, *at, dead_mans_switch_secs=10) as run:
            await eventually(lambda: run.ledger.cancel_at is not None)
            ahead_ms = run.ledger.cancel_at - venue.clock.now_ms()
            assert 5_000 <= ahead_ms <= 10_000
        assert venue.trading.exchange.account(ADDRESS).cancel_at is None


async def test_a_second_client_on_the_same_key_is_refused(at: At) -> None:
    async with trading(*at) as run:
        with pytest.raises(SignerInUse, match=ADDRESS):
            create(run)


async def test_a_missing_or_broken_key_is_named_and_never_shown(at: At) -> None:
    _, monkeypatch = at
    async with trading(*at) as run:
        monkeypatch.delenv(KEY_VARIABLE)
        with pytest.raises(ValueError, match=KEY_VARIABLE):
            create(run)
        monkeypatch.setenv(KEY_VARIABLE, KEY[:-1] + "g")
        with pytest.raises(ValueError, match=KEY_VARIABLE) as caught:
            create(run)
        assert KEY[2:-1] not in "".join(traceback.format_exception(caught.value))


def create(run: Run) -> None:
    kernel = run.node.kernel
    HyperliquidLiveExecClientFactory.create(
        asyncio.get_running_loop(),
        "HYPERLIQUID",
        run.settings,
        kernel.msgbus,
        run.cache,
        kernel.clock,
    )
