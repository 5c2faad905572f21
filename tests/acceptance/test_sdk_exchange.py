"""The venue's own SDK, unmodified, trades on the loopback venue."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.utils.signing import get_timestamp_ms, sign_l1_action
from hyperliquid.utils.types import Cloid

from simulator.exchange.model import Status
from tests.acceptance.sdk_traders import (
    BUY,
    DONE,
    GTC,
    IOC,
    SELL,
    entries,
    order,
    trader,
    trigger,
)  # fmt: skip
from tests.simulator.signed_bodies import OTHER, USER, address
from tests.simulator.trading_floor import TSLA, open_trading_desk
from tests.simulator.venues import Desk

CLOID = Cloid.from_str("0x" + "1a" * 16)
HERE = address(USER)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_trading_desk() as running:
        yield running


async def test_orders_are_placed_modified_and_canceled(desk: Desk) -> None:
    def trade() -> dict[str, Any]:
        with trader(desk) as sdk:
            placed = sdk.order("ETH", BUY, 1, 1500, GTC)
            oid = entries(placed)[0]["resting"]["oid"]
            moved = sdk.modify_order(oid, "ETH", BUY, 2, 1501.5, GTC, cloid=CLOID)
            again = sdk.modify_order(CLOID, "ETH", BUY, 2, 1502, GTC, cloid=CLOID)
            canceled = sdk.cancel_by_cloid("ETH", CLOID)
            missing = sdk.cancel("ETH", oid)
            bought = sdk.market_open("ETH", BUY, 0.5)
            sold = sdk.market_close("ETH")
            return locals()

    said = await asyncio.to_thread(trade)

    assert said["moved"]["response"]["type"] == "order"
    assert [entries(said[key])[0]["resting"]["cloid"] for key in ("moved", "again")] == [
        CLOID.to_raw()
    ] * 2
    assert entries(said["canceled"]) == ["success"]
    assert "error" in entries(said["missing"])[0]
    assert entries(said["bought"])[0]["filled"]["avgPx"] == "2002.0"
    assert entries(said["sold"])[0]["filled"]["totalSz"] == "0.5"
    account = desk.venue.trading.exchange.account(HERE)
    assert not account.live
    assert account.raw == 10_000 - 2 - Decimal("0.45045") - Decimal("0.44955")


async def test_a_bracket_closes_its_position(desk: Desk) -> None:
    def trade() -> Any:  # noqa: ANN401  (any JSON)
        with trader(desk) as sdk:
            return sdk.bulk_orders(
                [
                    order(BUY, 1, 2100, IOC),
                    order(SELL, 1, 2200, trigger("tp", 2400)),
                    order(SELL, 1, 1000, trigger("sl", 1900)),
                ],
                grouping="normalTpsl",
            )

    said = entries(await asyncio.to_thread(trade))

    exchange = desk.venue.trading.exchange
    assert [list(said[0]), *said[1:]] == [["filled"], "waitingForTrigger", "waitingForTrigger"]
    mark = Decimal(1900)
    exchange.set_mark(1, mark, mark, desk.clock.now_ms())
    account = exchange.account(HERE)
    assert account.positions[1].size == 0
    assert account.history[-1].status is Status.SIBLING_FILLED_CANCELED


async def test_leverage_margin_and_the_scheduled_cancel(desk: Desk) -> None:
    def trade() -> list[Any]:
        with trader(desk) as sdk:
            return [
                sdk.update_leverage(7, "ETH", is_cross=False),
                sdk.market_open("ETH", BUY, 1)["status"],
                sdk.update_isolated_margin(50.5, "ETH"),
                sdk.update_isolated_margin(-20, "ETH"),
                sdk.schedule_cancel(get_timestamp_ms() + 60_000),
                sdk.schedule_cancel(None),
                sdk.schedule_cancel(get_timestamp_ms() + 60_000),
                sdk.update_leverage(26, "ETH"),
            ]

    said = await asyncio.to_thread(trade)

    assert said[:-1] == [DONE, "ok", *[DONE] * 5]
    assert said[-1] == {"status": "err", "response": "Invalid leverage value"}
    account = desk.venue.trading.exchange.account(HERE)
    assert account.positions[1].leverage == 7
    assert account.cancel_at is not None
    assert 0 < account.cancel_at - desk.clock.now_ms() <= 60_000


async def test_an_agent_trades_in_its_masters_name(desk: Desk) -> None:
    def trade() -> list[Any]:
        with trader(desk) as sdk:
            approved, key = sdk.approve_agent()
            named, _ = sdk.approve_agent("bot")
        agent = Account.from_key(key)
        with trader(desk, agent, account_address=HERE) as sdk:
            placed = sdk.order("ETH", BUY, 1, 1500, GTC)
            forbidden = sdk.usd_transfer(1, address(OTHER))
        return [approved, named, placed, forbidden, address(agent)]

    approved, named, placed, forbidden, agent = await asyncio.to_thread(trade)

    assert approved == named == DONE
    assert len(desk.venue.trading.exchange.account(HERE).live) == len(entries(placed)) == 1
    words = f"Must deposit before performing actions. User: {agent}"
    assert forbidden == {"status": "err", "response": words}


async def test_money_moves_and_a_sub_account_trades(desk: Desk) -> None:
    def trade() -> dict[str, Any]:
        with trader(desk) as sdk:
            done = [
                sdk.usd_class_transfer(100.5, to_perp=False),
                sdk.usd_transfer(3.0, address(OTHER)),
                sdk.send_asset(HERE, "", "xyz", "USDC", 2_000),
                sdk.approve_builder_fee("0x" + "b" * 40, "0.05%"),
                sdk.set_referrer("CODE"),
                sdk.user_set_abstraction(HERE, "unifiedAccount"),
                sdk.agent_set_abstraction("i"),
                sdk.noop(get_timestamp_ms()),
            ]
            xyz = sdk.order("xyz:TSLA", BUY, 1, 390, GTC)
            sub = sdk.create_sub_account("one")["response"]["data"]
            done.append(sdk.sub_account_transfer(sub, is_deposit=True, usd=50_000_000))
        with trader(desk, vault_address=sub) as sdk:
            sdk.set_expires_after(get_timestamp_ms() + 5_000)
            traded = sdk.order("ETH", BUY, 0.01, 2002, IOC)
            sdk.set_expires_after(get_timestamp_ms() - 5_000)
            expired = sdk.cancel("ETH", 1)
        return locals()

    said = await asyncio.to_thread(trade)

    assert said["done"] == [DONE] * 9
    exchange = desk.venue.trading.exchange
    (live,) = exchange.account(f"{HERE}:xyz").live.values()
    assert live.asset == TSLA
    assert "filled" in entries(said["traded"])[0]
    assert exchange.account(said["sub"]).positions[1].size == Decimal("0.01")
    assert said["expired"] == {"status": "err", "response": "Action already expired"}


async def test_a_twap_that_the_sdk_only_signs(desk: Desk) -> None:
    action = {"type": "twapOrder", "twap": {"a": 1, "b": True, "s": "1", "r": False, "m": 5,
                                            "t": False}}  # fmt: skip

    def trade() -> Any:  # noqa: ANN401  (any JSON)
        with trader(desk) as sdk:
            nonce = get_timestamp_ms()
            signature = sign_l1_action(USER, action, None, nonce, None, is_mainnet=False)
            return sdk._post_action(action, signature, nonce)

    said = await asyncio.to_thread(trade)

    assert said["response"]["type"] == "twapOrder"
    assert "twapId" in said["response"]["data"]["status"]["running"]
