"""The official SDK, unmodified, trades over real sockets, by REST and by WebSocket."""

import inspect
import time
from collections.abc import Callable
from typing import Any

import pytest
from synthetix import Synthetix

from simulator.fault_rules import AckRace
from tests.simulator.synthetix_bench import ANN, BTC, ETH, WTI, oid, order, trigger
from tests.simulator.synthetix_trading_floor import TradingFloor, in_thread, open_trading_floor
from tests.waiting import eventually

OTHER = "0x" + "5" * 40


def ends_at() -> int:
    return int(time.time()) + 3_600


def every_call(sub: int) -> list[tuple[str, dict[str, Any]]]:
    """Return a call of every trading method of the SDK, in an order in which each makes sense."""
    limit = {"symbol": ETH, "side": "buy", "quantity": "1", "order_type": "limitGtc"}
    named = {"client_order_id": "named", **limit, "price": "1900"}
    return [
        ("get_sub_accounts", {}),
        ("get_sub_account", {}),
        ("update_leverage", {"symbol": ETH, "leverage": 10}),
        ("place_order", named),
        ("place_order", limit | {"order_type": "limitGtd", "price": "1900", "post_only": True,
                                 "expires_at": ends_at()}),
        ("get_open_orders", {}),
        ("modify_order_by_cloid", {"client_order_id": "named", "price": "1901"}),
        ("cancel_order_by_cloid", {"client_order_id": "named"}),
        ("place_order", named),
        ("cancel_orders_by_cloid", {"client_order_ids": ["named"]}),
        ("market_order", {"symbol": ETH, "side": "buy", "quantity": "1"}),
        ("place_orders", {"grouping": "positionTpsl", "orders": [
            trigger("triggerTp", "sell", "2100"), trigger("triggerSl", "sell", "1900")]}),
        ("place_orders", {"grouping": "normalTpsl", "orders": [
            order("buy", "1"), trigger("triggerTp", "sell", "2100")]}),
        ("get_positions", {"symbol": ETH}),
        ("twap_order", {"symbol": ETH, "side": "buy", "quantity": "8", "duration_seconds": 300}),
        ("cancel_all_orders", {"symbol": ETH}),
        ("market_order", {"symbol": ETH, "side": "sell", "quantity": "1"}),
        ("schedule_cancel", {"timeout_seconds": 60}),
        ("schedule_cancel", {"timeout_seconds": 0}),
        ("get_order_history", {"limit": 5}),
        ("get_trades", {}),
        ("get_position_history", {}),
        ("get_trades_for_position", {"position_id": "1"}),
        ("get_portfolio", {}),
        ("get_balance_updates", {"action_filter": "DEPOSIT"}),
        ("get_transfers", {"transfer_types": ["user"]}),
        ("get_performance_history", {"period": "day"}),
        ("get_fee_rate", {}),
        ("get_funding_payments", {}),
        ("get_rate_limits", {}),
        ("get_withdrawable_amounts", {"symbols": ["USDT"]}),
        ("add_delegated_signer", {"delegate_address": OTHER, "permissions": ["session"]}),
        ("get_delegated_signers", {}),
        ("get_delegations_for_delegate", {}),
        ("remove_delegated_signer", {"delegate_address": OTHER}),
        ("remove_all_delegated_signers", {}),
        ("create_subaccount", {"name": "more"}),
        ("update_sub_account_name", {"name": "other"}),
        ("transfer_collateral", {"amount": "1", "to_subaccount_id": sub + 2}),
        ("withdraw_collateral", {"amount": "1"}),
        ("voluntary_collateral_exchange", {"source_asset": "WETH", "target_usdt_amount": "1"}),
    ]  # fmt: skip


def fill_in(call: Callable[..., Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a method knows: not every WebSocket twin has all of them."""
    known = inspect.signature(call).parameters
    return {name: value for name, value in values.items() if name in known}


@pytest.mark.parametrize("way", ["rest", "ws"])
async def test_every_trading_method_of_the_sdk_is_answered(way: str) -> None:
    options = {"cash": "100000", "collaterals": ((ANN.address, "WETH", 1),), "tokens": 0}
    async with open_trading_floor(**options) as floor:
        sdk = await in_thread(floor.sdk)
        for name, values in every_call(int(floor.ann)):
            if way == "rest":
                call = getattr(sdk, name)
                answer = await in_thread(lambda c=call, v=values: c(**fill_in(c, v)))
            else:
                call = getattr(sdk, f"ws_{name}")
                answer = await call(**fill_in(call, values))
            assert answer not in ({}, None), name
            assert "errorCode" not in str(answer), (name, answer)
        number = oid((await in_thread(lambda: sdk.place_order(
            symbol=BTC, side="buy", quantity="0.01", price="90000", order_type="limitGtc"
        )))["statuses"][0])  # fmt: skip
        modified = await in_thread(lambda: sdk.modify_order(int(number), price="90001"))
        assert (modified["status"], modified["orderId"]) == ("modified", number)
        canceled = await in_thread(lambda: sdk.cancel_order(int(number)))
        assert canceled["statuses"][0]["canceled"]["id"] == number
        await sdk.close()


async def test_the_sdk_hears_of_its_orders() -> None:
    async with open_trading_floor() as floor:
        sdk = await in_thread(floor.sdk)
        heard: list[dict[str, Any]] = []

        def note(frame: dict[str, Any]) -> None:
            if "data" in frame:
                heard.append(frame["data"])

        await sdk.subscribe("subAccountUpdates", note)
        await sdk.ws_place_order(
            symbol=ETH, side="buy", quantity="1", price="1900", client_order_id="c"
        )
        await sdk.ws_market_order(ETH, "buy", "1")
        await eventually(lambda: len(heard) >= 5)
        assert [event["eventType"] for event in heard] == [
            "orderPlaced", "orderPlaced", "trade", "marginUpdate", "orderFilled"
        ]  # fmt: skip
        assert heard[0]["order"]["clientId"] == "c"
        await sdk.close()


@pytest.mark.parametrize("way", ["http", "post"])
@pytest.mark.parametrize("late", [False, True])
async def test_pushes_come_before_the_reply_or_after_it(way: str, late: bool) -> None:
    async with open_trading_floor() as floor, floor.watching() as client:
        if late:
            floor.venue.faults.add(AckRace(ms=30))
        body = ANN.sign_place_orders(int(floor.ann), [order("buy", "1", "1900")])
        if way == "http":
            status, envelope = await floor.post_trade(body)
            assert (status, envelope["status"]) == (200, "ok")
            push = await client.frame()
            assert push["data"]["eventType"] == "orderPlaced"
            return
        outer = {key: body[key] for key in ("signature", "nonce", "expiresAfter")}
        first = await client.call("post", **body["params"], **outer)
        second = await client.frame()
        kinds = ["reply" if "result" in frame else frame["method"] for frame in (first, second)]
        assert kinds == (["reply", "subAccountEvent"] if late else ["subAccountEvent", "reply"])
        reply = first if late else second
        assert reply["result"]["response"]["statuses"][0]["resting"]
        assert reply["rateLimit"] == {"requestsCap": 1_000, "remainingTokens": 995}


async def test_the_envelopes_of_refusals() -> None:
    async with open_trading_floor() as floor:
        body = ANN.sign_cancel_all_orders(int(floor.ann), [ETH])
        status, envelope = await floor.post_trade(body)
        assert (status, envelope["response"]) == (200, [])
        assert envelope["rateLimit"]["remainingTokens"] == 998
        status, envelope = await floor.post_trade(body)
        assert status == 401
        assert envelope["error"] == {
            "code": "UNAUTHORIZED", "category": "AUTH", "message": "nonce already used",
            "retryable": False, "details": {},
        }  # fmt: skip
        body["params"]["symbols"] = [WTI]
        body["nonce"] += 1
        status, envelope = await floor.post_trade(body)
        assert (status, envelope["error"]["message"]) == (401, "signature verification failed")


async def test_a_market_may_only_be_left() -> None:
    async with open_trading_floor() as floor:
        sdk = await in_thread(floor.sdk)
        await in_thread(lambda: sdk.market_order(ETH, "buy", "1"))
        floor.venue.set_status(ETH, is_open=True, close_only=True)
        orders = [order("buy", "1", "1900"), order("sell", "1", reduceOnly=True)]
        answer = await in_thread(lambda: sdk.place_orders(orders))
        codes = [item.get("errorCode") for item in answer["statuses"]]
        assert codes == ["MARKET_CLOSED", None]


async def test_a_connection_is_told_of_its_own_subaccount_only() -> None:
    async with open_trading_floor() as floor, floor.watching() as client:
        bob = await in_thread(lambda: floor.sdk("2"))
        await in_thread(lambda: bob.market_order(ETH, "buy", "1"))
        assert await client.settled() == []
        await in_thread(lambda: ann_trades(floor))
        told = [frame["data"]["eventType"] for frame in await client.settled()]
        assert told == ["orderPlaced", "trade", "marginUpdate", "orderFilled"]


def ann_trades(floor: TradingFloor) -> dict[str, Any]:
    sdk: Synthetix = floor.sdk()
    answer: dict[str, Any] = sdk.market_order(ETH, "buy", "1")
    return answer
