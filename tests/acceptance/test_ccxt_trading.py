"""ccxt, unmodified but for its addresses, trades on the loopback venue: over HTTP and WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import ccxt.pro
import pytest

from tests.acceptance.ccxt_traders import ccxt_on
from tests.simulator.signed_bodies import USER, address
from tests.simulator.trading_floor import open_trading_desk
from tests.simulator.venues import Desk

ETH = "ETH/USDC:USDC"
HERE = address(USER)
KEY = "0x" + "1" * 64
BUILDER = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_trading_desk(weight_per_minute=0) as running:
        yield running


@pytest.fixture
async def exchange(desk: Desk) -> AsyncIterator[ccxt.pro.hyperliquid]:
    async with ccxt_on(desk.venue, walletAddress=HERE, privateKey=KEY) as exchange:
        yield exchange


async def test_orders_are_created_edited_and_canceled(
    desk: Desk, exchange: ccxt.pro.hyperliquid
) -> None:
    made = await exchange.create_order(ETH, "limit", "buy", 1, 1500, {"postOnly": True})
    edited = await exchange.edit_order(made["id"], ETH, "limit", "buy", 2, 1510)
    canceled = await exchange.cancel_order(edited["id"], ETH)

    account = desk.venue.trading.exchange.account(HERE)
    assert made["id"] != edited["id"]
    assert canceled["status"] in {"canceled", "success", None}
    assert not account.live
    statuses = [str(changed.status) for changed in account.history]
    assert statuses == ["open", "canceled", "open", "canceled"]


async def test_a_market_order_pays_the_builder_that_ccxt_had_approved(
    desk: Desk, exchange: ccxt.pro.hyperliquid
) -> None:
    made = await exchange.create_order(ETH, "market", "buy", 1, 2000)

    (fill,) = desk.venue.trading.exchange.account(HERE).fills
    assert Decimal(str(made["average"])) == fill.price == 2002
    assert desk.venue.trading.directory.builder_fees[HERE, BUILDER] == 10
    assert fill.builder_fee == Decimal("0.2002")


async def test_a_bracket_waits_for_its_parent(desk: Desk, exchange: ccxt.pro.hyperliquid) -> None:
    await exchange.create_order(
        ETH, "market", "buy", 1, 2000,
        {"stopLoss": {"triggerPrice": 1900}, "takeProfit": {"triggerPrice": 2200}},
    )  # fmt: skip

    live = desk.venue.trading.exchange.account(HERE).live.values()
    kinds = [order.request.trigger and order.request.trigger.kind.name for order in live]
    assert sorted(str(kind) for kind in kinds) == ["STOP", "TAKE_PROFIT"]


async def test_what_the_venue_refuses_is_raised(exchange: ccxt.pro.hyperliquid) -> None:
    with pytest.raises(ccxt.InvalidOrder, match=r"minimum value of \$10"):
        await exchange.create_order(ETH, "limit", "buy", 0.001, 1500)
    with pytest.raises(ccxt.InsufficientFunds, match="Insufficient margin"):
        await exchange.create_order(ETH, "limit", "buy", 200, 1900)
    with pytest.raises(ccxt.OrderNotFound, match="never placed"):
        await exchange.cancel_order("1", ETH)


async def test_leverage_margin_twaps_and_transfers(
    desk: Desk, exchange: ccxt.pro.hyperliquid
) -> None:
    await exchange.set_leverage(7, ETH, {"marginMode": "isolated"})
    await exchange.create_order(ETH, "market", "buy", 1, 2000)
    await exchange.add_margin(ETH, 25)
    await exchange.reduce_margin(ETH, 5)
    await exchange.cancel_all_orders_after(60_000)
    twap = await exchange.create_twap_order(ETH, "sell", 0.5, 10 * 60_000)
    await exchange.cancel_twap_order(twap["id"], ETH)
    await exchange.transfer("USDC", 10, "swap", "spot")

    account = desk.venue.trading.exchange.account(HERE)
    assert account.positions[1].leverage == 7
    assert account.positions[1].is_isolated
    assert account.cancel_at is not None
    assert [str(changed.status) for changed in account.twaps] == [
        "TwapStatus.ACTIVATED", "TwapStatus.TERMINATED",
    ]  # fmt: skip
    assert desk.venue.trading.exchange.account(f"{HERE}:spot").raw == 10


async def test_a_sub_account_named_without_0x(desk: Desk, exchange: ccxt.pro.hyperliquid) -> None:
    made = await exchange.create_sub_account("one")
    sub = made["response"]["data"]
    desk.venue.trading.exchange.deposit(sub, Decimal(1_000), desk.clock.now_ms())

    await exchange.create_order(ETH, "market", "buy", 1, 2000, {"vaultAddress": sub})

    assert desk.venue.trading.exchange.account(sub).positions[1].size == 1


async def test_orders_over_the_socket(desk: Desk, exchange: ccxt.pro.hyperliquid) -> None:
    async with asyncio.timeout(10):
        made = await exchange.create_order_ws(ETH, "limit", "buy", 1, 1500)
        edited = await exchange.edit_order_ws(made["id"], ETH, "limit", "buy", 1, 1510)
        await exchange.cancel_order_ws(edited["id"], ETH)

    assert not desk.venue.trading.exchange.account(HERE).live
    assert [r.kind for r in desk.venue.received if r.connection].count("ws") >= 3


async def test_what_ccxt_reads_is_what_it_traded(exchange: ccxt.pro.hyperliquid) -> None:
    bought = await exchange.create_order(ETH, "market", "buy", 1.5, 2000)
    resting = await exchange.create_order(ETH, "limit", "sell", 1, 2500, {"reduceOnly": True})

    (position,) = await exchange.fetch_positions([ETH])
    (order,) = await exchange.fetch_open_orders(ETH)
    (fill,) = await exchange.fetch_my_trades(ETH)
    balance = await exchange.fetch_balance()

    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 1.5, 2002)
    assert (order["id"], order["reduceOnly"]) == (resting["id"], True)
    assert (fill["order"], fill["amount"]) == (bought["id"], 1.5)
    assert fill["info"]["fee"] == "1.65165"  # ccxt adds the builder's part, which is in it already
    assert balance["USDC"]["total"] == 10_000 - 3 - 1.65165
