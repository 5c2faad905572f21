"""Modify, cancel and the dead man's switch (5.4), all signed by the official SDK."""

from typing import Any

import msgspec
import pytest
from eth_account import Account as EthAccount

from simulator.synthetix_perps import ENGINE_KNOBS
from tests.simulator.synthetix_bench import (
    ANN,
    BOB,
    BTC,
    ETH,
    Bench,
    good,
    oid,
    order,
    outcome,
    refused,
    trigger,
)


def modify(bench: Bench, number: str, **changes: str) -> dict[str, Any]:
    body = ANN.sign_modify_order(int(bench.ann), int(number), **changes)
    answer: dict[str, Any] = good(bench.send(body))
    return answer


def cancel(bench: Bench, *numbers: str) -> list[dict[str, Any]]:
    body = ANN.sign_cancel_orders(int(bench.ann), [int(number) for number in numbers])
    items: list[dict[str, Any]] = good(bench.send(body))["statuses"]
    return items


def resting(bench: Bench, *args: str, **more: object) -> str:
    (item,) = bench.place(order(*args, **more))
    assert outcome(item) == "resting"
    bench.kinds()
    return oid(item)


def test_a_modified_order_keeps_its_id_and_its_fills() -> None:
    bench = Bench()
    (item,) = bench.place(order("buy", "6", "2001", clientOrderId="c"))
    bench.kinds()
    number = oid(item)
    below = modify(bench, number, quantity="4")
    assert (below["errorCode"], below["error"]) == (
        "QUANTITY_BELOW_FILLED", "quantity below filled amount"
    )  # fmt: skip
    assert below["order"] == {"venueId": number, "clientId": "c"}
    changed = modify(bench, number, price="1990", quantity="8")
    assert changed == {
        "order": {"venueId": number, "clientId": "c"}, "orderId": number, "status": "modified",
        "price": "1990", "quantity": "8", "triggerPrice": "", "cumQty": "5", "avgPrice": "2001",
        "timestamp": bench.now_ms,
    }  # fmt: skip
    assert [(x["eventType"], x["price"], x["remainingQuantity"]) for x in bench.heard] == [
        ("orderModified", "1990", "3")
    ]
    (listed,) = bench.ask("getOpenOrders")
    assert (listed["price"], listed["quantity"], listed["filledQuantity"]) == ("1990", "8", "5")


def test_the_quantity_of_a_change_may_be_what_is_to_remain() -> None:
    bench = Bench(modify_quantity="remaining")
    (item,) = bench.place(order("buy", "6", "2001"))
    changed = modify(bench, oid(item), quantity="4")
    assert (changed["quantity"], changed["cumQty"]) == ("9", "5")


@pytest.mark.parametrize("fired", ["", "orderPlaced", "orderModified"])
def test_what_a_trigger_says_when_it_fires_is_a_setting(fired: str) -> None:
    bench = Bench(fired=fired)
    bench.place(order("buy", "2"))
    bench.place(trigger("triggerSl", "sell", "1900", quantity="2"), grouping="positionTpsl")
    bench.kinds()
    bench.book(ETH, "1889*5", "1891*5")
    bench.mark(ETH, "1890")
    told = [kind for kind in bench.kinds() if kind.startswith(("order", "trade"))]
    assert told == ([fired] if fired else []) + ["trade", "orderFilled"]


def test_a_change_may_be_by_client_id_and_may_trade() -> None:
    bench = Bench()
    resting(bench, "buy", "2", "1990", clientOrderId="c")
    body = ANN.sign_modify_order_by_cloid(int(bench.ann), "c", price="2001")
    assert good(bench.send(body))["cumQty"] == "2"
    assert bench.kinds() == ["orderModified", "trade", "marginUpdate", "orderFilled"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "1990.01"}, "INVALID_VALUE"),
        ({"price": "2001"}, "POST_ONLY_WOULD_TRADE"),
        ({"quantity": "500"}, "INSUFFICIENT_MARGIN"),
        ({"triggerPrice": "1900"}, "INVALID_TRIGGER_PRICE"),
    ],
)
def test_a_refused_change_leaves_the_order_as_it_was(changes: dict[str, str], code: str) -> None:
    bench = Bench()
    number = resting(bench, "buy", "2", "1990", postOnly=True)
    before = bench.ask("getOpenOrders")
    named = {{"triggerPrice": "trigger_price"}.get(k, k): v for k, v in changes.items()}
    assert modify(bench, number, **named)["errorCode"] == code
    assert bench.ask("getOpenOrders") == before
    assert bench.heard == []


def batch(bench: Bench, *orders: dict[str, str]) -> dict[str, Any]:
    """Sign a batch of changes by hand: the SDK has none (the type is made up, 5.1)."""
    sub, nonce = int(bench.ann), bench.now_ms
    fields = {
        "ModifyOrderBatch": (
            "uint256 subAccountId", "Modification[] orders", "uint256 nonce",
            "uint256 expiresAfter",
        ),
        "Modification": (
            "uint256 orderId", "string price", "string quantity", "string triggerPrice",
        ),
    }  # fmt: skip
    signed = EthAccount.from_key("0x" + "1" * 64).sign_typed_data(
        {"name": "Synthetix", "version": "1", "chainId": 1, "verifyingContract": "0x" + "0" * 40},
        {
            name: [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in row]
            for name, row in fields.items()
        },
        {
            "subAccountId": sub,
            "orders": [
                {"price": "", "quantity": "", "triggerPrice": ""}
                | one
                | {"orderId": int(one["orderId"]) if one["orderId"].isdecimal() else 0}
                for one in orders
            ],
            "nonce": nonce,
            "expiresAfter": 0,
        },
    )
    return {
        "params": {
            "action": "modifyOrderBatch", "subaccountId": str(sub), "orders": list(orders),
        },
        "nonce": nonce,
        "expiresAfter": 0,
        "signature": {"v": signed.v, "r": f"0x{signed.r:064x}", "s": f"0x{signed.s:064x}"},
    }  # fmt: skip


def test_a_batch_changes_each_order_on_its_own() -> None:
    bench = Bench()
    one, two = resting(bench, "buy", "2", "1990"), resting(bench, "buy", "3", "1980")
    changed, gone, also = good(
        bench.send(
            batch(
                bench,
                {"orderId": one, "price": "1991"},
                {"orderId": "5", "price": "1991"},
                {"orderId": two, "quantity": "4"},
            )
        )
    )
    assert (changed["orderId"], changed["status"], changed["price"]) == (one, "modified", "1991")
    assert gone["errorCode"] == "ORDER_NOT_FOUND"
    assert (also["orderId"], also["quantity"]) == (two, "4")
    assert bench.kinds() == ["orderModified", "orderModified"]


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([], "modifyOrderBatch: orders array cannot be empty"),
        (
            [{"orderId": "1", "price": "1"}] * 11,
            "modifyOrderBatch: exceeds maximum batch size of 10",
        ),
        (
            [{"orderId": "1", "price": "1"}, {"orderId": "x", "price": "1"}],
            "order 1: orderId must be a positive integer",
        ),
        ([{"orderId": "1", "price": "0"}], "order 0: price must be a positive value"),
        (
            [{"orderId": "1"}],
            "order 0: please provide at least one of the following: price, quantity, trigger price",
        ),
    ],
)  # fmt: skip
def test_a_malformed_batch_is_refused_whole(orders: list[dict[str, str]], words: str) -> None:
    bench = Bench()
    assert refused(bench.send(batch(bench, *orders))) == (400, "VALIDATION_ERROR", words)


def test_a_batch_that_was_changed_after_it_was_signed_is_not_ours() -> None:
    bench = Bench()
    number = resting(bench, "buy", "2", "1990")
    body = batch(bench, {"orderId": number, "price": "1991"})
    body["params"]["orders"][0]["price"] = "1992"
    assert refused(bench.send(body))[0] == 401


def test_a_stop_moves_its_trigger() -> None:
    bench = Bench()
    bench.place(order("buy", "1"))
    (item,) = bench.place(trigger("triggerSl", "sell", "1900"))
    assert modify(bench, oid(item), trigger_price="1950")["triggerPrice"] == "1950"
    bench.mark(ETH, "1950")
    assert bench.ask("getPositions") == []


def test_what_is_gone_or_anothers_is_not_found() -> None:
    bench = Bench()
    (mine, hers) = (
        resting(bench, "buy", "1", "1900"),
        bench.place(order("buy", "1", "1900", clientOrderId="b"), signer=BOB),
    )
    assert outcome(cancel(bench, mine)[0]) == "canceled"
    assert modify(bench, mine, price="1901")["errorCode"] == "ORDER_NOT_FOUND"
    assert modify(bench, oid(hers[0]), price="1901")["errorCode"] == "ORDER_NOT_FOUND"
    items = cancel(bench, mine, oid(hers[0]), "5")
    assert [outcome(item) for item in items] == ["ORDER_NOT_FOUND"] * 3
    assert items[2]["order"] == {"venueId": "5"}
    body = ANN.sign_cancel_orders_by_cloid(int(bench.ann), ["b"])
    (item,) = good(bench.send(body))["statuses"]
    assert (item["errorCode"], item["order"]["clientId"]) == ("ORDER_NOT_FOUND", "b")


def test_an_order_that_shrinks_may_keep_its_place() -> None:
    for keeps, first in ((True, "orderPartiallyFilled"), (False, None)):
        knobs = msgspec.structs.replace(ENGINE_KNOBS, modify_keeps_priority=keeps)
        bench = Bench(knobs=knobs)
        number = resting(bench, "buy", "3", "2000")
        bench.place(order("buy", "1", "2000"), signer=BOB)
        modify(bench, number, quantity="2")
        bench.kinds()
        bench.book(ETH, "", "2000*1")
        told = [x["eventType"] for x in bench.heard if x["subAccountId"] == bench.ann]
        assert (first in told) if first else not told


def test_a_cancel_is_answered_and_told() -> None:
    bench = Bench()
    one = resting(bench, "buy", "1", "1900", clientOrderId="a")
    (item,) = cancel(bench, one)
    assert item == {"canceled": {"order": {"venueId": one, "clientId": "a"}, "id": one}}
    (event,) = bench.heard
    assert (event["eventType"], event["cancelReason"], event["status"]) == (
        "orderCancelled", "", "cancelled"
    )  # fmt: skip


def test_everything_of_a_market_or_of_all_is_canceled_in_a_bare_list() -> None:
    bench = Bench(cash="1000000")
    eth = resting(bench, "buy", "1", "1900")
    btc = resting(bench, "buy", "0.01", "90000", symbol=BTC)
    twap = bench.place(
        order("buy", "10", "2050", orderType="twap", durationSeconds=300), grouping="twap"
    )[0]
    rows = good(bench.send(ANN.sign_cancel_all_orders(int(bench.ann), [ETH])))
    assert rows == [
        {"order": {"venueId": number}, "orderId": number, "symbol": ETH,
         "message": "Order canceled successfully"}
        for number in (eth, oid(twap))
    ]  # fmt: skip
    rows = good(bench.send(ANN.sign_cancel_all_orders(int(bench.ann), ["*"])))
    assert [row["orderId"] for row in rows] == [btc]
    assert good(bench.send(ANN.sign_cancel_all_orders(int(bench.ann), ["*"]))) == []
    wrong = bench.send(ANN.sign_cancel_all_orders(int(bench.ann), ["NO-USDT"]))
    assert refused(wrong) == (400, "VALIDATION_ERROR", "invalid symbol")


def test_the_dead_mans_switch_cancels_unless_put_off_or_disarmed() -> None:
    bench = Bench()

    def schedule(seconds: int) -> Any:  # noqa: ANN401
        return good(bench.send(ANN.sign_schedule_cancel(int(bench.ann), seconds)))

    resting(bench, "buy", "1", "1900")
    armed = schedule(60)
    assert (armed["isActive"], armed["timeoutSeconds"]) == (True, 60)
    assert armed["triggerTime"] == bench.now_ms + 60_000
    bench.wait(59_000)
    schedule(60)
    bench.wait(59_000)
    assert bench.heard == []
    off = schedule(0)
    assert (off["isActive"], off["triggerTime"]) == (False, None)
    bench.wait(120_000)
    assert bench.heard == []
    schedule(5)
    bench.wait(5_000)
    assert bench.kinds() == ["orderCancelled"]
    short = bench.send(ANN.sign_schedule_cancel(int(bench.ann), 4))
    assert refused(short)[:2] == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda sub: ANN.sign_cancel_orders(sub, []), "orderIds must be nonempty"),
        (lambda sub: ANN.sign_cancel_all_orders(sub, []), "symbols must be nonempty"),
        (lambda sub: ANN.sign_modify_order(sub, 5),
         "please provide at least one of the following: price, quantity, trigger price"),
        (lambda sub: ANN.sign_modify_order(sub, 0, price="1"),
         "orderId must be a positive integer"),
        (lambda sub: ANN.sign_update_leverage(sub, ETH, "0"),
         "leverage must be a positive integer"),
        (lambda sub: ANN.sign_update_leverage(sub, ETH, "26"),
         "leverage exceeds the maximum of the market"),
    ],
)  # fmt: skip
def test_malformed_commands_are_refused_whole(body: Any, words: str) -> None:  # noqa: ANN401
    bench = Bench()
    assert refused(bench.send(body(int(bench.ann)))) == (400, "VALIDATION_ERROR", words)


def test_leverage_moves_the_margin() -> None:
    bench = Bench()
    bench.place(order("buy", "2"))
    before = bench.ask("getPositions")[0]["usedMargin"]
    answer = good(bench.send(ANN.sign_update_leverage(int(bench.ann), ETH, "5")))
    assert answer == {"symbol": ETH, "newLeverage": "5", "previousLeverage": "20"}
    assert (before, bench.ask("getPositions")[0]["usedMargin"]) == ("200", "800")
    account = bench.ask("getSubAccount")
    assert account["marketPreferences"]["leverages"] == {ETH: 5}
