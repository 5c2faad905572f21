"""Every kind of order by the venue's own SDK, unmodified, and what it then reads and hears."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from eth_account import Account as EthAccount
from hyperliquid.utils.signing import get_timestamp_ms, sign_l1_action
from hyperliquid.utils.types import Cloid

from simulator.exchange.accounts import Account
from simulator.exchange.events import Fill
from simulator.exchange.model import Side
from tests.acceptance.sdk_traders import (
    ALO,
    BUY,
    GTC,
    IOC,
    SELL,
    entries,
    listening,
    order,
    trader,
    trigger,
)  # fmt: skip
from tests.simulator.signed_bodies import OTHER, USER, address
from tests.simulator.trading_floor import BTC, ETH, open_trading_desk
from tests.simulator.venues import START_MS, Desk
from tests.waiting import eventually

HERE = address(USER)
CLOIDS = [Cloid.from_int(number) for number in range(1, 8)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_trading_desk() as running:
        yield running


def ledger(desk: Desk) -> Account:
    return desk.venue.trading.exchange.account(HERE)


def place_all(desk: Desk) -> list[Any]:
    """Place one order of each kind, and two that are refused, in one batch."""
    requests = [
        order(BUY, 1, 1900, GTC, cloid=CLOIDS[0]),
        order(SELL, 1, 2100, ALO, cloid=CLOIDS[1]),
        order(BUY, 10, 2004, IOC, cloid=CLOIDS[2]),
        order(BUY, 1, 1990, IOC),
        order(SELL, 1, 1990, ALO),
        order(SELL, 3, 1700, trigger("sl", 1800), cloid=CLOIDS[3]),
        order(SELL, 2, 2290, trigger("tp", 2300, is_market=False), cloid=CLOIDS[4]),
    ]
    with trader(desk) as sdk:
        return entries(sdk.bulk_orders(requests))


async def test_every_kind_of_order_in_one_batch(desk: Desk) -> None:
    gtc, alo, ioc, missed, crossing, stop, target = await asyncio.to_thread(place_all, desk)

    account = ledger(desk)
    resting = [entry["resting"] for entry in (gtc, alo, stop, target)]
    assert [entry["oid"] for entry in resting] == list(account.live)
    assert [entry["cloid"] for entry in resting] == [
        CLOIDS[index].to_raw() for index in (0, 1, 3, 4)
    ]
    assert (ioc["filled"]["totalSz"], ioc["filled"]["avgPx"]) == ("10.0", "2003.0")
    assert missed["error"].startswith("Order could not immediately match")
    assert crossing["error"].endswith("bbo was 1998.0@2100.0. asset=1")
    assert account.raw == 10_000 - 20_030 - Decimal("4.5045") - Decimal("4.509")


async def test_batches_are_modified_and_canceled_one_by_one(desk: Desk) -> None:
    def trade() -> list[Any]:
        first, *_ = place_all(desk)
        gone = Cloid.from_int(99)
        with trader(desk) as sdk:
            changes = [
                {"oid": first["resting"]["oid"], "order": order(BUY, 2, 1910, GTC)},
                {"oid": CLOIDS[1], "order": order(SELL, 2, 2110, ALO, cloid=CLOIDS[1])},
                {"oid": gone, "order": order(BUY, 1, 1900, GTC)},
            ]
            moved = entries(sdk.bulk_modify_orders_new(changes))
            by_oid = [moved[0]["resting"]["oid"], first["resting"]["oid"]]
            by_cloid = [CLOIDS[1], CLOIDS[3], gone]
            return [
                moved,
                [order.request.price for order in ledger(desk).live.values()],
                entries(sdk.bulk_cancel([{"coin": "ETH", "oid": oid} for oid in by_oid])),
                entries(
                    sdk.bulk_cancel_by_cloid([{"coin": "ETH", "cloid": one} for one in by_cloid])
                ),
            ]

    moved, prices, canceled, by_cloid = await asyncio.to_thread(trade)

    assert [list(entry) for entry in moved] == [["resting"], ["resting"], ["error"]]
    assert moved[2] == {"error": "Cannot modify canceled or filled order"}
    assert sorted(prices) == [1700, 1910, 2110, 2290]
    gone = {"error": "Order was never placed, already canceled, or filled. asset=1"}
    assert canceled == ["success", gone]
    assert by_cloid == ["success", "success", gone]
    (left,) = ledger(desk).live.values()
    assert left.request.client_id == CLOIDS[4].to_raw()


async def test_exits_of_a_position_grow_with_it(desk: Desk) -> None:
    def trade() -> list[Any]:
        with trader(desk) as sdk:
            entries(sdk.market_open("ETH", BUY, 1))
            exits = [
                order(SELL, 1, 2200, trigger("tp", 2400)),
                order(SELL, 1, 1000, trigger("sl", 1900)),
            ]
            said = entries(sdk.bulk_orders(exits, grouping="positionTpsl"))
            entries(sdk.market_open("ETH", BUY, 2))
            return said

    said = await asyncio.to_thread(trade)

    mark = Decimal(1900)
    desk.venue.trading.exchange.set_mark(ETH, mark, mark, desk.clock.now_ms())
    account = ledger(desk)
    assert said == ["waitingForTrigger"] * 2
    assert account.positions[ETH].size == 0
    assert account.fills[-1].size == 3
    assert not account.live


async def test_what_the_sdk_reads_is_what_the_ledger_says(desk: Desk) -> None:
    def trade() -> dict[str, Any]:
        place_all(desk)
        with trader(desk) as sdk:
            sdk.update_leverage(5, "BTC", is_cross=False)
            entries(sdk.market_open("BTC", SELL, 0.01))
            entries(sdk.market_close("ETH", sz=4))
            info = sdk.info
            return {
                "state": info.user_state(HERE),
                "open": info.open_orders(HERE),
                "frontend": info.frontend_open_orders(HERE),
                "fills": info.user_fills(HERE),
                "by time": info.user_fills_by_time(HERE, START_MS),
                "by oid": [info.query_order_by_oid(HERE, oid) for oid in ledger(desk).live],
                "by cloid": [info.query_order_by_cloid(HERE, cloid) for cloid in CLOIDS],
                "history": info.historical_orders(HERE),
                "rates": info.user_rate_limit(HERE),
            }

    read = await asyncio.to_thread(trade)

    account, state = ledger(desk), read["state"]
    fills = [fill_facts(fill) for fill in account.fills]
    assert len(fills) == 4
    assert [row_facts(row) for row in read["by time"]] == fills
    assert [row_facts(row) for row in reversed(read["fills"])] == fills
    live = {order.oid: str(order.request.price) for order in account.live.values()}
    for rows in (read["open"], read["frontend"]):
        assert {row["oid"]: row["limitPx"].removesuffix(".0") for row in rows} == live
    assert [row["order"]["order"] for row in read["by oid"]] == read["frontend"][::-1]
    assert [row.get("order", row)["status"] for row in read["by cloid"]] == [
        "open", "open", "filled", "open", "open", "unknownOid", "unknownOid",
    ]  # fmt: skip
    assert [(row["order"]["oid"], row["status"]) for row in reversed(read["history"])] == [
        (changed.order.oid, str(changed.status)) for changed in account.history
    ]
    positions = {row["position"]["coin"]: row["position"] for row in state["assetPositions"]}
    isolated = account.positions[BTC]
    assert positions["ETH"]["szi"] == "6.0"
    assert positions["ETH"]["entryPx"] == "2003.0"
    assert positions["BTC"]["szi"] == "-0.01"
    assert Decimal(positions["BTC"]["leverage"]["rawUsd"]) == isolated.raw
    assert Decimal(state["crossMarginSummary"]["totalRawUsd"]) == account.raw
    assert Decimal(state["marginSummary"]["totalRawUsd"]) == account.raw + isolated.raw
    assert Decimal(read["rates"]["cumVlm"]) == account.volume


async def test_what_the_sdk_hears_is_what_the_ledger_says() -> None:
    kinds = ("orderUpdates", "userFills", "userEvents", "userFundings")
    async with open_trading_desk() as desk:
        account = ledger(desk)
        feeds = [{"type": kind, "user": HERE} for kind in kinds]
        listener = await listening(desk.venue, *feeds)
        heard = listener.heard
        await eventually(lambda: {"userFills", "userFundings"} <= set(heard))
        await asyncio.to_thread(place_all, desk)
        mark = Decimal(1800)
        desk.venue.trading.tell(
            desk.venue.trading.exchange.set_mark(ETH, mark, mark, desk.clock.now_ms())
        )
        await eventually(lambda: len(rows(heard, "userFills", "fills")) == len(account.fills))
        await eventually(lambda: len([*chain(*heard["orderUpdates"])]) == len(account.history))
    await listener.hang_up()

    updates = [*chain(*heard["orderUpdates"])]
    assert [(row["order"]["oid"], row["status"]) for row in updates] == [
        (changed.order.oid, str(changed.status)) for changed in account.history
    ]
    assert "triggered" in {row["status"] for row in updates}
    fills = rows(heard, "userFills", "fills")
    assert [row_facts(row) for row in fills] == [fill_facts(fill) for fill in account.fills]
    assert rows(heard, "user", "fills") == fills
    assert heard["userFills"][0] == {"isSnapshot": True, "user": HERE, "fills": []}
    assert len({row["tid"] for row in fills}) == len(fills) == 3


async def test_a_vault_trades_for_its_leader_and_the_leaders_agent(desk: Desk) -> None:
    vault_of = {"type": "createVault", "name": "v", "description": "d", "initialUsd": 100_000_000,
             "nonce": get_timestamp_ms()}  # fmt: skip

    def trade() -> list[Any]:
        with trader(desk) as sdk:
            nonce = get_timestamp_ms()
            signature = sign_l1_action(USER, vault_of, None, nonce, None, is_mainnet=False)
            vault = sdk._post_action(vault_of, signature, nonce)["response"]["data"]
            sdk.vault_usd_transfer(vault, is_deposit=True, usd=50_000_000)
            _, key = sdk.approve_agent("desk")
        for wallet in (USER, EthAccount.from_key(key)):
            with trader(desk, wallet, vault_address=vault) as sdk:
                entries(sdk.market_open("ETH", BUY, 0.01))
        with trader(desk, OTHER, vault_address=vault) as sdk:
            return [vault, sdk.market_open("ETH", BUY, 0.01)]

    vault, refused = await asyncio.to_thread(trade)

    position = desk.venue.trading.exchange.account(vault).positions[ETH]
    assert position.size == Decimal("0.02")
    assert refused == {"status": "err", "response": f"Vault not registered: {vault}"}
    assert not ledger(desk).fills


def rows(heard: dict[str, list[Any]], channel: str, key: str) -> list[Any]:
    return [row for data in heard.get(channel, []) for row in data.get(key, [])]


def row_facts(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a fill says on the wire, its numbers read."""
    numbers = (Decimal(row[key]) for key in ("px", "sz", "fee", "closedPnl", "startPosition"))
    words = (row[key] for key in ("side", "dir", "crossed", "oid", "time"))
    return (*numbers, *words, row.get("cloid"))


def fill_facts(fill: Fill) -> tuple[Any, ...]:
    """Return the same of the ledger's fill."""
    numbers = (fill.price, fill.size, fill.fee, fill.closed_pnl, fill.start_position)
    side = "B" if fill.side is Side.BUY else "A"
    words = (side, str(fill.direction), fill.crossed, fill.oid, fill.time)
    return (*numbers, *words, fill.client_id)
