"""What becomes of orders: their items, error codes, and pushes in their order (5.2, 5.3, 6.4)."""

from typing import Any

import msgspec
import pytest

from simulator.synthetix_perps import ENGINE_KNOBS
from tests.simulator.synthetix_bench import (
    ANN,
    BOB,
    BTC,
    ETH,
    Bench,
    oid,
    order,
    outcome,
    trigger,
)


def codes(bench: Bench, *orders: dict[str, Any], **more: Any) -> list[str]:  # noqa: ANN401
    return [outcome(item) for item in bench.place(*orders, **more)]


def held(quantity: str = "2", **options: Any) -> Bench:  # noqa: ANN401
    """Return a bench where ann holds so much ETH, bought at 2001."""
    bench = Bench(**options)
    bench.place(order("buy", quantity))
    bench.kinds()
    return bench


def test_a_resting_order_is_told_and_listed() -> None:
    bench = Bench()
    (item,) = bench.place(order("buy", "1", "1900", clientOrderId="c-1", postOnly=True))
    assert item == {"resting": {"order": {"venueId": "1958787130134106000", "clientId": "c-1"},
                                "id": "1958787130134106000"}}  # fmt: skip
    (event,) = bench.heard
    assert event == {
        "eventType": "orderPlaced", "subAccountId": bench.ann,
        "order": {"venueId": "1958787130134106000", "clientId": "c-1"},
        "orderId": "1958787130134106000", "clientOrderId": "c-1", "symbol": ETH, "side": "buy",
        "orderType": "limit", "price": "1900", "quantity": "1", "filledQuantity": "0",
        "remainingQuantity": "1", "status": "open", "timeInForce": "GTC", "reduceOnly": False,
        "postOnly": True, "timestamp": bench.now_ms, "placedAt": bench.now_ms,
    }  # fmt: skip
    (listed,) = bench.ask("getOpenOrders")
    assert listed == {
        "order": {"venueId": "1958787130134106000", "clientId": "c-1"},
        "orderId": "1958787130134106000", "symbol": ETH, "side": "buy", "type": "limit",
        "quantity": "1", "price": "1900", "triggerPrice": "", "triggerPriceType": "mark",
        "timeInForce": "GTC", "reduceOnly": False, "postOnly": True, "closePosition": False,
        "createdTime": bench.now_ms, "updatedTime": bench.now_ms, "filledQuantity": "0",
    }  # fmt: skip


def test_a_market_order_trades_and_everything_is_told_in_order() -> None:
    bench = Bench()
    (item,) = bench.place(order("buy", "6", clientOrderId="m"))
    filled = item["filled"]
    assert (filled["totalSize"], filled["avgPrice"]) == ("6", "2001.16666666")
    events = list(bench.heard)
    assert bench.kinds() == [
        "orderPlaced",
        "trade", "orderPartiallyFilled", "marginUpdate",
        "trade", "marginUpdate",
        "orderFilled",
    ]  # fmt: skip
    trade = events[1]
    position = trade.pop("position")
    assert trade == {
        "eventType": "trade", "subAccountId": bench.ann, "tradeId": trade["tradeId"],
        "order": {"venueId": oid(item), "clientId": "m"}, "orderId": oid(item), "symbol": ETH,
        "orderType": "market", "side": "buy", "price": "2001", "quantity": "5",
        "realizedPnl": "0", "fee": "5.0025", "feeRate": "0.0005", "timestamp": bench.now_ms,
        "tradedAt": bench.now_ms, "maker": False, "reduceOnly": False, "postOnly": False,
        "markPrice": "2000", "entryPrice": "2001", "triggeredByLiquidation": False,
        "direction": "Open Long",
    }  # fmt: skip
    assert (position["side"], position["quantity"]) == ("long", "6")
    assert events[-1]["filledQuantity"] == "6"
    assert [trade.px for each in bench.printed for trade in each.trades] == ["2001", "2002"]


def test_filled_is_said_of_a_part_too_and_the_rest_goes_on() -> None:
    bench = Bench()
    (item,) = bench.place(order("buy", "8", "2001"))
    assert item["filled"]["totalSize"] == "5"
    (left,) = bench.ask("getOpenOrders")
    assert (left["order"]["venueId"], left["filledQuantity"]) == (oid(item), "5")
    assert bench.kinds() == ["orderPlaced", "trade", "orderPartiallyFilled", "marginUpdate"]
    other = Bench(knobs=msgspec.structs.replace(ENGINE_KNOBS, partial_ack_is_filled=False))
    assert codes(other, order("buy", "8", "2001")) == ["resting"]


def test_the_rest_of_an_ioc_is_canceled() -> None:
    bench = Bench()
    ioc = order("buy", "8", "2001", orderType="limitIoc")
    (item,) = bench.place(ioc)
    assert item["filled"]["totalSize"] == "5"
    assert bench.kinds()[-2:] == ["marginUpdate", "orderCancelled"]
    assert codes(bench, ioc) == ["IOC_NOT_FILLED"]
    assert bench.kinds() == ["orderRejected"]
    bench.book(ETH, "1999*5", "")
    assert codes(bench, order("buy", "1")) == ["NO_LIQUIDITY"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (order("buy", "1", "1900", symbol="NO-USDT"), "MARKET_NOT_FOUND"),
        (order("buy", "1", "1900.01"), "INVALID_VALUE"),
        (order("buy", "0.00001", "1900"), "INVALID_VALUE"),
        (order("buy", "5000", "1900"), "INVALID_VALUE"),
        (order("buy", "0.005", "1900"), "QUANTITY_TOO_SMALL"),
        (order("buy", "0.1", "50"), "QUANTITY_TOO_SMALL"),
        (order("buy", "1", "2101"), "PRICE_OUT_OF_BOUNDS"),
        (order("sell", "1", "1899"), "PRICE_OUT_OF_BOUNDS"),
        (order("buy", "1", "2001", postOnly=True), "POST_ONLY_WOULD_TRADE"),
        (order("buy", "200", "1999"), "INSUFFICIENT_MARGIN"),
        (order("sell", "1", "2100", reduceOnly=True), "REDUCE_ONLY_NO_POSITION"),
        (trigger("triggerSl", "sell", "1900"), "POSITION_NOT_FOUND"),
    ],
)
def test_an_order_is_refused_with_its_code_and_the_others_go_on(
    asked: dict[str, Any], code: str
) -> None:
    bench = Bench()
    asked |= {"clientOrderId": "c"}
    good, bad, last = bench.place(order("buy", "1", "1900"), asked, order("buy", "1", "1901"))
    assert (outcome(good), outcome(bad), outcome(last)) == ("resting", code, "resting")
    assert bad["order"] == {"venueId": None, "clientId": "c"}
    assert bad["error"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (order("buy", "1", "1900", reduceOnly=True), "REDUCE_ONLY_SAME_SIDE"),
        (order("sell", "3", "2100", reduceOnly=True), "REDUCE_ONLY_WOULD_INCREASE"),
        (trigger("triggerSl", "buy", "2100"), "INVALID_ORDER_SIDE"),
        (trigger("triggerSl", "sell", "2000"), "INVALID_TRIGGER_PRICE"),
        (trigger("triggerTp", "sell", "1999"), "INVALID_TRIGGER_PRICE"),
        (trigger("triggerSl", "sell", "1900.01"), "INVALID_VALUE"),
    ],
)
def test_an_order_against_a_position_is_refused_with_its_code(
    asked: dict[str, Any], code: str
) -> None:
    assert codes(held(), asked) == [code]


def test_own_orders_are_not_traded_with() -> None:
    bench = Bench()
    bench.place(order("sell", "1", "2000.5"))
    assert codes(bench, order("buy", "1", "2000.5")) == ["SELF_TRADE_PREVENTED"]
    assert codes(bench, order("buy", "1", "2000.5"), signer=BOB) == ["filled"]


def test_open_orders_are_capped_in_a_market_and_in_all() -> None:
    bench = Bench(orders_per_market=1, orders_in_all=2)
    eth, btc = order("buy", "1", "1900"), order("buy", "0.01", "90000", symbol=BTC)
    assert codes(bench, eth, eth) == ["resting", "MAX_ORDERS_PER_MARKET"]
    wti = order("buy", "1", "69", symbol="WTI-USDT")
    assert codes(bench, btc, wti) == ["resting", "MAX_TOTAL_ORDERS"]


@pytest.mark.parametrize(
    ("scope", "after"), [("live", "resting"), ("ever", "IDEMPOTENCY_CONFLICT")]
)
def test_a_client_id_is_taken_while_its_order_lives_or_for_ever(scope: str, after: str) -> None:
    bench = Bench(client_id_scope=scope)
    named = order("buy", "1", "1900", clientOrderId="c")
    assert codes(bench, named, named) == ["resting", "IDEMPOTENCY_CONFLICT"]
    assert codes(bench, named, signer=BOB) == ["resting"]
    bench.send(ANN.sign_cancel_all_orders(int(bench.ann), [ETH]))
    assert codes(bench, named) == [after]


def test_a_gtd_order_ends_in_time() -> None:
    bench = Bench()
    ends = bench.now_ms // 1000 + 60
    (item,) = bench.place(order("buy", "1", "1900", orderType="limitGtd", expiresAt=ends))
    assert item["resting"]["expiresAt"] == ends * 1000
    (listed,) = bench.ask("getOpenOrders")
    assert (listed["timeInForce"], listed["expiresAt"]) == ("GTD", ends * 1000)
    bench.kinds()
    bench.wait(59_999)
    assert bench.heard == []
    bench.wait(1)
    assert [(x["eventType"], x["cancelReason"]) for x in bench.heard] == [
        ("orderCancelled", "EXPIRED")
    ]
    (past,) = bench.ask("getOrderHistory")
    assert (past["status"], past["cancelReason"]) == ("Cancelled", "EXPIRED")


def test_a_closed_market_takes_no_orders() -> None:
    bench = Bench()
    bench.market.universe.set_delisted("ETH", delisted=True)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    assert codes(bench, order("buy", "1", "1900")) == ["MARKET_CLOSED"]


def test_a_stop_fires_at_the_mark_and_keeps_its_id() -> None:
    bench = held()
    (item,) = bench.place(trigger("triggerSl", "sell", "1900", "2", clientOrderId="s"))
    assert outcome(item) == "resting"
    (listed,) = bench.ask("getOpenOrders")
    assert (listed["type"], listed["triggerPrice"], listed["price"]) == ("stopMarket", "1900", "")
    bench.kinds()
    bench.mark(ETH, "1900")
    assert [x["order"]["venueId"] for x in bench.heard if "order" in x] == [oid(item)] * 2
    assert bench.kinds() == ["trade", "marginUpdate", "orderFilled"]
    assert bench.ask("getPositions") == []


def test_a_trigger_may_go_on_under_a_new_id() -> None:
    bench = held(knobs=msgspec.structs.replace(ENGINE_KNOBS, trigger_gives_new_id=True))
    (item,) = bench.place(trigger("triggerSl", "sell", "1900", "2", clientOrderId="s"))
    bench.kinds()
    bench.mark(ETH, "1900")
    told = [(x["eventType"], x["order"]["venueId"] == oid(item)) for x in bench.heard
            if "order" in x]  # fmt: skip
    assert told == [("orderCancelled", True), ("orderPlaced", False), ("trade", False),
                    ("orderFilled", False)]  # fmt: skip


def test_a_trigger_on_the_last_price_waits_for_a_trade() -> None:
    bench = held()
    bench.place(trigger("triggerTp", "sell", "2100", "2", triggerPriceType="last"))
    bench.mark(ETH, "2100")
    assert len(bench.ask("getOpenOrders")) == 1
    bench.book(ETH, "2100*5", "2101*5")
    bench.place(order("buy", "0.1"), signer=BOB)
    assert bench.ask("getPositions") == []


def test_a_bracket_waits_for_its_main_order_and_cancels_its_other_side() -> None:
    bench = Bench()
    stop, profit = trigger("triggerSl", "sell", "1900"), trigger("triggerTp", "sell", "2100")
    main = order("buy", "1", "1999")
    items = bench.place(stop, main, profit, grouping="normalTpsl")
    assert [outcome(item) for item in items] == ["resting"] * 3
    by_id = {x["order"]["venueId"]: x for x in bench.ask("getOpenOrders")}
    linked = by_id[oid(items[1])]
    assert linked["takeProfitOrder"] == {"venueId": oid(items[2])}
    assert linked["stopLossOrder"] == {"venueId": oid(items[0])}
    assert by_id[oid(items[0])]["type"] == "stopMarket"
    bench.mark(ETH, "1901")
    bench.book(ETH, "1990*5", "1999*9")
    (position,) = bench.ask("getPositions")
    assert position["stopLossOrders"] == [{"venueId": oid(items[0])}]
    bench.kinds()
    bench.mark(ETH, "1900")
    assert bench.kinds()[-2:] == ["orderFilled", "orderCancelled"]
    assert bench.ask("getOpenOrders") == bench.ask("getPositions") == []


@pytest.mark.parametrize(("is_oco", "left"), [(True, 0), (False, 1)])
def test_a_brackets_children_may_not_know_of_one_another(is_oco: bool, left: int) -> None:
    bench = Bench(knobs=msgspec.structs.replace(ENGINE_KNOBS, bracket_is_oco=is_oco))
    bench.place(order("buy", "1"))
    children = trigger("triggerSl", "sell", "1900"), trigger("triggerTp", "sell", "2100")
    bench.place(order("buy", "1"), *children, grouping="normalTpsl")
    bench.mark(ETH, "1900")
    assert len(bench.ask("getOpenOrders")) == left


def test_a_refused_main_order_takes_its_bracket_with_it() -> None:
    bench = Bench()
    main, stop = order("buy", "200", "1999"), trigger("triggerSl", "sell", "1900")
    assert codes(bench, main, stop, grouping="normalTpsl") == ["INSUFFICIENT_MARGIN"] * 2
    wrong = trigger("triggerSl", "buy", "2100")
    assert (
        codes(bench, order("buy", "1"), wrong, grouping="normalTpsl") == ["INVALID_ORDER_SIDE"] * 2
    )
    assert bench.ask("getOpenOrders") == []


def test_the_tpsl_of_a_position_may_close_all_of_it() -> None:
    bench = held("1")
    stop = trigger("triggerSl", "sell", "1900", "", closePosition=True)
    profit = trigger("triggerTp", "sell", "2100", "0.5")
    items = bench.place(stop, profit, grouping="positionTpsl")
    assert [outcome(item) for item in items] == ["resting", "resting"]
    bench.place(order("buy", "1"))
    by_id = {x["order"]["venueId"]: x for x in bench.ask("getOpenOrders")}
    assert by_id[oid(items[0])]["closePosition"]
    bench.mark(ETH, "1900")
    assert bench.ask("getPositions") == bench.ask("getOpenOrders") == []


def test_a_twap_is_an_order_that_fills_in_parts() -> None:
    bench = Bench()
    twap = order("buy", "10", "2050", orderType="twap", durationSeconds=300, intervalSeconds=60)
    (item,) = bench.place(twap | {"clientOrderId": "t"}, grouping="twap")
    assert outcome(item) == "resting"
    assert bench.kinds() == ["orderPlaced", "trade", "orderPartiallyFilled", "marginUpdate"]
    (listed,) = bench.ask("getOpenOrders")
    assert (listed["type"], listed["filledQuantity"]) == ("twap", "2")
    assert listed["twapDetails"]["totalTrades"] == 5
    assert listed["twapDetails"]["tradesFilled"] == 1
    assert bench.ask("getTrades", orderId=oid(item))["total"] == 1
    for _ in range(4):
        bench.book(ETH, "1999*5", "2001*5")
        bench.wait(60_000)
    assert bench.kinds()[-1] == "orderFilled"
    assert bench.ask("getOpenOrders") == []
    small = twap | {"quantity": "1"}
    assert codes(bench, small, grouping="twap") == ["QUANTITY_TOO_SMALL"]


def test_an_account_below_maintenance_is_liquidated_aloud() -> None:
    bench = Bench()
    bench.place(order("buy", "5"), order("buy", "5"), order("sell", "1", "2100", clientOrderId="x"))
    bench.book(ETH, "1000*50", "1001*50")
    bench.kinds()
    bench.mark(ETH, "1001")
    told = bench.heard
    canceled = next(x for x in told if x["eventType"] == "orderCancelled")
    assert canceled["cancelReason"] == "MMR_BREACH"
    assert any(x["eventType"] == "trade" and x["triggeredByLiquidation"] for x in told)
    assert {"liquidation", "subAccountTakeover"} & set(bench.kinds())
    assert bench.ask("getPositions") == []
