"""What reads say after trading: history, pages, positions, money (5.5)."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.synthetix_dialect import Dialect
from tests.simulator.synthetix_bench import (
    ANN,
    BTC,
    ETH,
    Bench,
    good,
    oid,
    order,
    refused,
)

D = Decimal
HOUR_MS = 3_600_000


def traded() -> Bench:
    """Return a bench where ann bought 2 ETH, sold 3, and bought 1: a long, a flip, a short."""
    bench = Bench()
    for side, quantity in (("buy", "2"), ("sell", "3"), ("buy", "1")):
        bench.place(order(side, quantity))
        bench.wait(1_000)
    bench.kinds()
    return bench


def test_the_history_is_pretty_and_newest_first() -> None:
    bench = traded()
    bench.place(order("buy", "500", "1999", clientOrderId="big"))
    bench.place(order("sell", "1", "2050", clientOrderId="open", postOnly=True))
    rows = bench.ask("getOrderHistory")
    assert [(x["side"], x["type"], x["status"]) for x in rows] == [
        ("Short", "Limit", "Placed"), ("Long", "Limit", "Rejected"), ("Long", "Market", "Filled"),
        ("Short", "Market", "Filled"), ("Long", "Market", "Filled"),
    ]  # fmt: skip
    assert (rows[3]["filledQuantity"], rows[3]["filledPrice"]) == ("3", "1999")
    assert "updateTime" in rows[0]
    assert [x["order"]["clientId"] for x in bench.ask("getOrderHistory", clientOrderId="big")] == [
        "big"
    ]
    assert len(bench.ask("getOrderHistory", status=["orderStateFilled", "Rejected"])) == 4
    assert bench.ask("getOrderHistory", limit=2, offset=3) == rows[3:]
    week = 7 * 24 * HOUR_MS
    body = ANN.sign_action(
        int(bench.ann), "getOrderHistory", {"startTime": bench.now_ms - week - 1}
    )
    words = "time range cannot exceed 7 days"
    assert refused(bench.send(body)) == (400, "VALIDATION_ERROR", words)


def test_trades_come_in_pages() -> None:
    bench = traded()
    everything = bench.ask("getTrades")
    assert (everything["hasMore"], everything["total"]) == (False, 3)
    assert [x["direction"] for x in everything["trades"]] == [
        "Close Short", "Long > Short", "Open Long"
    ]  # fmt: skip
    first = bench.ask("getTrades", limit=2)
    second = bench.ask("getTrades", limit=2, offset=2)
    assert (first["hasMore"], second["hasMore"]) == (True, False)
    assert first["trades"] + second["trades"] == everything["trades"]
    one = everything["trades"][1]
    assert bench.ask("getTrades", orderId=one["orderId"])["trades"] == [one]
    assert bench.ask("getTrades", symbol=BTC)["total"] == 0
    assert bench.ask("getTrades", startTime=one["timestamp"], endTime=one["timestamp"]) == {
        "trades": [one], "hasMore": False, "total": 1
    }  # fmt: skip


def test_positions_open_flip_and_close() -> None:
    bench = traded()
    history = bench.ask("getPositionHistory")["positions"]
    assert [(x["side"], x["quantity"], x["closeReason"]) for x in history] == [
        ("short", "1", "close"), ("long", "2", "flip"),
    ]  # fmt: skip
    long = history[1]
    assert (long["entryPrice"], long["closePrice"], long["realizedPnl"]) == ("2001", "1999", "-4")
    assert D(long["accumulatedFees"]) == D("2.001") + D("2.9985")
    fills = bench.ask("getTradesForPosition", positionId=long["positionId"])
    assert [x["side"] for x in fills["trades"]] == ["sell", "buy"]
    assert bench.ask("getPositions") == []


def test_an_open_position_and_its_account() -> None:
    bench = Bench()
    bench.place(order("buy", "2"))
    bench.mark(ETH, "2100")
    (row,) = bench.ask("getPositions")
    assert {key: row[key] for key in ("symbol", "side", "quantity", "entryPrice")} == {
        "symbol": ETH, "side": "long", "quantity": "2", "entryPrice": "2001"
    }  # fmt: skip
    assert (row["unrealizedPnl"], row["usedMargin"], row["maintenanceMargin"]) == (
        "198", "210", "84"
    )  # fmt: skip
    assert bench.ask("getPositions", symbol=BTC) == []
    account = bench.ask("getSubAccount")
    summary = account["crossMarginSummary"]
    assert summary["accountValue"] == "10195.999"
    assert summary["availableMargin"] == "9985.999"
    assert account["collaterals"][0]["quantity"] == "9997.999"
    assert account["positions"][0]["upnl"] == "198"
    (all_of,) = bench.ask("getSubAccounts")["subAccounts"]
    assert all_of["subAccountId"] == bench.ann
    assert bench.trading.open_interest(ETH) == ("2", "0")


def test_funding_is_paid_told_and_listed() -> None:
    bench = Bench()
    bench.place(order("buy", "2"))
    bench.kinds()
    exchange = bench.trading.exchange
    events = exchange.apply_funding(bench.asset(ETH), D("0.0001"), D(2000), bench.now_ms)
    bench.trading.tell(events)
    assert (bench.heard[0]["eventType"], bench.heard[0]["payment"]) == ("funding", "-0.4")
    assert bench.kinds() == ["funding", "marginUpdate"]
    answer = bench.ask("getFundingPayments")
    (row,) = answer["fundingHistory"]
    assert (row["payment"], row["positionSize"], row["fundingRate"]) == ("-0.4", "2", "0.0001")
    assert (answer["summary"]["totalFundingPaid"], answer["summary"]["netFunding"]) == (
        "0.4", "-0.4"
    )  # fmt: skip
    assert bench.ask("getPositions")[0]["netFunding"] == "-0.4"


def test_money_moves_between_subaccounts_and_away() -> None:
    bench = Bench()
    made = good(bench.send(ANN.sign_create_subaccount(int(bench.ann), "more")))
    assert made["subAccountName"] == "more"
    other = made["subAccountId"]
    padded = ANN.sign_transfer_collateral(int(bench.ann), int(other), "USDT", "100.50")
    assert refused(bench.send(padded))[0] == 401  # the venue hashes "100.5" (3.2)
    moved = good(
        bench.send(ANN.sign_transfer_collateral(int(bench.ann), int(other), "USDT", "100.5"))
    )
    assert moved == {"status": "success", "symbol": "USDT", "amount": "100.5",
                     "to": {"subAccountId": other}, "transferId": moved["transferId"]}  # fmt: skip
    told = [(x["eventType"], x["subAccountId"]) for x in bench.heard]
    assert ("depositReceived", other) in told
    gone = good(bench.send(ANN.sign_withdraw_collateral(int(bench.ann), "USDT", "50", ANN.address)))
    assert (gone["amount"], gone["usdtNotional"]) == ("50", "50")
    rows = bench.ask("getBalanceUpdates")["balanceUpdates"]
    assert [(x["action"], x["amount"]) for x in rows] == [
        ("WITHDRAWAL", "-50"), ("TRANSFER", "-100.5"), ("DEPOSIT", "10000")
    ]  # fmt: skip
    only = bench.ask("getBalanceUpdates", actionFilter="DEPOSIT")["balanceUpdates"]
    assert [x["action"] for x in only] == ["DEPOSIT"]
    assert bench.ask("getTransfers")["total"] == 1
    amounts = bench.ask("getWithdrawableAmounts", symbols=["USDT", "WETH"])
    assert amounts["totalWithdrawableUsdt"] == "9849.5"
    too_much = ANN.sign_withdraw_collateral(int(bench.ann), "USDT", "9850", ANN.address)
    assert refused(bench.send(too_much))[:2] == (400, "VALIDATION_ERROR")
    to_bob = ANN.sign_transfer_collateral(int(bench.ann), int(bench.bob), "USDT", "1")
    assert refused(bench.send(to_bob))[2] == "invalid sub account id"


def test_other_collateral_is_sold_for_usdt() -> None:
    bench = Bench(collaterals=((ANN.address, "WETH", D(2)),))
    body = ANN.sign_voluntary_collateral_exchange(int(bench.ann), "WETH", "1000")
    answer = good(bench.send(body))
    assert (answer["sourceAmountTaken"], answer["targetAmount"]) == ("0.5", "1000")
    assert answer["collateral"] == [
        {"symbol": "USDT", "quantity": "11000"}, {"symbol": "WETH", "quantity": "1.5"}
    ]  # fmt: skip


def test_fees_limits_and_performance() -> None:
    bench = traded()
    fees = bench.ask("getFeeRate")
    assert (fees["makerFeeRate"], fees["takerFeeRate"]) == ("0.0002", "0.0005")
    assert fees["volume14d"] == "12000"
    assert fees["currentTier"] == fees["tiers"][0]
    limits = bench.ask("getRateLimits")
    assert limits["requestsCap"] == 1_000
    bench.wait(60_000)
    shown = bench.ask("getPerformanceHistory", period="week")
    samples = shown["performanceHistory"]["history"]
    assert samples[0]["accountValue"] == "10000"
    assert D(samples[-1]["pnl"]) == D(samples[-1]["accountValue"]) - 10_000 < 0
    body = ANN.sign_action(int(bench.ann), "getPerformanceHistory", {"period": "century"})
    assert refused(bench.send(body))[:2] == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(("dialect", "figure"), [(Dialect(), "0"), (Dialect(blank_zeros=True), "")])
def test_zeros_may_be_blank(dialect: Dialect, figure: str) -> None:
    bench = Bench(dialect=dialect)
    bench.place(order("buy", "1", "1900"))
    assert bench.ask("getOpenOrders")[0]["filledQuantity"] == figure


def test_times_may_be_dates() -> None:
    bench = Bench(dialect=Dialect(expires_at="iso"))
    ends = bench.now_ms // 1000 + 60
    gtd: dict[str, Any] = order("buy", "1", "1900", orderType="limitGtd", expiresAt=ends)
    (item,) = bench.place(gtd)
    assert item["resting"]["expiresAt"].endswith("Z")
    assert oid(item) == bench.ask("getOpenOrders")[0]["orderId"]
