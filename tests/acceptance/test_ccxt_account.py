"""What ccxt, unmodified but for its addresses, reads and watches of the account that it trades."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from simulator.exchange.accounts import Account
from simulator.exchange.model import Trigger, TriggerKind
from tests.acceptance.ccxt_traders import ccxt_on
from tests.simulator.signed_bodies import USER, address
from tests.simulator.trading_floor import open_trading_desk
from tests.simulator.venues import Desk
from tests.waiting import eventually

BTC, ETH = "BTC/USDC:USDC", "ETH/USDC:USDC"
ASSETS = {0: BTC, 1: ETH}
HERE = address(USER)
KEY = "0x" + "1" * 64


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_trading_desk(weight_per_minute=0) as running:
        yield running


@pytest.fixture
async def exchange(desk: Desk) -> AsyncIterator[ccxt.pro.hyperliquid]:
    # Its builder would take a fee that it reports twice; the sister tests let it.
    options = {"builderFee": False}
    async with ccxt_on(desk.venue, walletAddress=HERE, privateKey=KEY, options=options) as exchange:
        yield exchange


@pytest.fixture
def ledger(desk: Desk) -> Account:
    return desk.venue.trading.exchange.account(HERE)


async def test_stops_and_targets(ledger: Account, exchange: ccxt.pro.hyperliquid) -> None:
    await exchange.create_order(ETH, "market", "buy", 4, 2000)
    stops = [
        ("market", {"triggerPrice": 1800}),
        ("limit", {"stopLossPrice": 1810}),
        ("market", {"takeProfitPrice": 2300}),
        ("limit", {"takeProfitPrice": 2310}),
    ]
    for kind, terms in stops:
        await exchange.create_order(ETH, kind, "sell", 1, 2000, {"reduceOnly": True, **terms})
    read = await exchange.fetch_open_orders(ETH)

    triggers = [order.request.trigger for order in ledger.live.values()]
    assert triggers == [
        Trigger(TriggerKind.STOP, Decimal(1800), is_market=True),
        Trigger(TriggerKind.STOP, Decimal(1810), is_market=False),
        Trigger(TriggerKind.TAKE_PROFIT, Decimal(2300), is_market=True),
        Trigger(TriggerKind.TAKE_PROFIT, Decimal(2310), is_market=False),
    ]
    assert [(one["triggerPrice"], one["price"]) for one in reversed(read)] == [
        (1800, 1900), (1810, 2000), (2300, 1900), (2310, 2000),
    ]  # fmt: skip
    assert all(one["reduceOnly"] for one in read)


async def test_batches_and_what_became_of_their_orders(
    ledger: Account, exchange: ccxt.pro.hyperliquid
) -> None:
    asked = [
        order("buy", 1, 1900, "1"),
        order("buy", 2, 1910, "2"),
        order("buy", 1, 2002, "3", timeInForce="IOC"),
        order("sell", 1, 2100, "4"),
    ]
    made = await exchange.create_orders(asked)
    with pytest.raises(ccxt.InvalidOrder, match="could not immediately match"):
        await exchange.create_orders([order("buy", 1, 1990, "5", timeInForce="IOC")])
    ids = [one["id"] for one in made]
    (edited,) = await exchange.edit_orders([order("buy", 1, 1905, "1") | {"id": ids[0]}])
    await exchange.cancel_orders([edited["id"], ids[3]], ETH)
    with pytest.raises(ccxt.OrderNotFound):
        await exchange.fetch_order("1", ETH)

    every = {one["id"]: one["status"] for one in await exchange.fetch_orders(ETH)}
    assert [every.pop(key) for key in [*ids, edited["id"]]] == [
        "canceled", "open", "closed", "canceled", "canceled",
    ]  # fmt: skip
    assert list(every.values()) == ["rejected"]
    assert [one["id"] for one in await exchange.fetch_closed_orders(ETH)] == [ids[2]]
    assert {one["id"] for one in await exchange.fetch_canceled_orders(ETH)} == {
        ids[0], ids[3], edited["id"],
    }  # fmt: skip
    assert [int(one["id"]) for one in await exchange.fetch_open_orders(ETH)] == list(ledger.live)
    by_name = await exchange.fetch_order("", ETH, {"clientOrderId": "0x" + "2" * 32})
    assert (by_name["id"], by_name["remaining"]) == (ids[1], 2)


async def test_positions_balances_fills_and_fees_are_the_ledgers(
    desk: Desk, ledger: Account, exchange: ccxt.pro.hyperliquid
) -> None:
    await exchange.set_leverage(5, BTC, {"marginMode": "isolated"})
    await exchange.create_order(BTC, "market", "sell", 0.01, 100_000)
    await exchange.create_order(ETH, "market", "buy", 7, 2000)
    await exchange.create_order(ETH, "market", "sell", 3, 2000)
    trading = desk.venue.trading
    rate, mark = Decimal("0.0001"), Decimal(2000)
    trading.tell(trading.exchange.apply_funding(1, rate, mark, desk.clock.now_ms()))

    held = {one["symbol"]: one for one in await exchange.fetch_positions()}
    balance = await exchange.fetch_balance()
    fills = await exchange.fetch_my_trades()
    (funding,) = await exchange.fetch_funding_history(ETH)
    (deposit,) = await exchange.fetch_ledger()
    fees = await exchange.fetch_trading_fee(ETH)

    isolated, cross = held[BTC], held[ETH]
    assert (isolated["side"], isolated["contracts"], isolated["leverage"]) == ("short", 0.01, 5)
    assert (isolated["marginMode"], cross["marginMode"]) == ("isolated", "cross")
    assert (cross["side"], cross["contracts"]) == ("long", 4)
    state = trading.exchange.account_state(HERE)
    assert money(balance["USDC"]["total"]) == state.total.account_value
    assert money(balance["USDC"]["used"]) == state.total.margin_used
    assert [fill_facts(fill) for fill in fills] == [
        (ASSETS[fill.asset], fill.side.name.lower(), fill.price, fill.size, fill.fee)
        for fill in ledger.fills
    ]
    assert money(funding["amount"]) == ledger.fundings[0].amount == Decimal("-0.8")
    assert (deposit["type"], deposit["amount"]) == ("deposit", 10_000)
    assert (fees["maker"], fees["taker"]) == (0.00015, 0.00045)


async def test_streams_tell_of_orders_fills_positions_and_money(
    desk: Desk, ledger: Account, exchange: ccxt.pro.hyperliquid
) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        watched = [
            group.create_task(until(*watch))
            for watch in (
                (lambda: exchange.watch_orders(ETH), lambda told: told[-1]["status"] == "closed"),
                (lambda: exchange.watch_my_trades(ETH), bool),
                (lambda: exchange.watch_positions([ETH]), bool),
                (exchange.watch_balance, lambda told: told["USDC"]["used"] > 0),
            )
        ]
        feeds = {"orderUpdates", "userFills", "clearinghouseState"}
        await eventually(lambda: feeds <= subscribed(desk))
        await exchange.create_order_ws(ETH, "market", "buy", 2, 2000)
    orders, fills, (position,), balance = (task.result() for task in watched)

    state = desk.venue.trading.exchange.account_state(HERE)
    assert {one["id"] for one in orders} == {str(row.order.oid) for row in ledger.history}
    assert [fill_facts(fill)[2:] for fill in fills] == [
        (fill.price, fill.size, fill.fee) for fill in ledger.fills
    ]
    assert (position["side"], position["contracts"]) == ("long", ledger.positions[1].size)
    assert money(balance["USDC"]["total"]) == state.total.account_value
    assert money(balance["USDC"]["free"]) == state.withdrawable


async def until[T](watch: Callable[[], Awaitable[T]], wanted: Callable[[T], object]) -> T:
    """Watch until what is told is wanted: what was before may be told first."""
    while not wanted(told := await watch()):
        pass
    return told


def order(side: str, amount: float, price: float, digit: str, **params: object) -> dict[str, Any]:
    """Write a request of a batch; of the digit its client order id is made."""
    named = {"clientOrderId": "0x" + digit * 32, **params}
    return {"symbol": ETH, "type": "limit", "side": side, "amount": amount, "price": price,
            "params": named}  # fmt: skip


def money(number: float) -> Decimal:
    """Return what ccxt has made a float of."""
    return Decimal(str(number))


def fill_facts(fill: dict[str, Any]) -> tuple[Any, ...]:
    numbers = (money(number) for number in (fill["price"], fill["amount"], fill["fee"]["cost"]))
    return (fill["symbol"], fill["side"], *numbers)


def subscribed(desk: Desk) -> set[str]:
    bodies = [received.body for received in desk.venue.received if received.kind == "ws"]
    return {
        body["subscription"]["type"]
        for body in bodies
        if isinstance(body, dict) and body["method"] == "subscribe"
    }
