"""The account questions of /info: captured payloads come out of the engine key by key."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from simulator.exchange.model import Grouping, Status, Tif, Trigger, TriggerKind, TwapRequest
from simulator.hyperliquid_directory import Agent, SubAccount
from simulator.hyperliquid_info import weight_of
from simulator.hyperliquid_questions import BadShapeError
from simulator.hyperliquid_trading import TradingOptions
from simulator.market import HOUR_MS
from simulator.universe import spot_token
from simulator.wire import Level
from tests.simulator.recordings import cassette, fixture
from tests.simulator.trading_setup import (
    BTC,
    BUY,
    ETH,
    OTHER,
    SELL,
    USER,
    Bench,
    D,
    order,
    reference,
)
from tests.simulator.venues import START_MS, Book, book, trade, trades

CLOID = "0x000300511afb52d40000010000000073"
AGENT = "0x" + "ee" * 20
ZEROS = {
    "accountValue": "0.0",
    "totalNtlPos": "0.0",
    "totalRawUsd": "0.0",
    "totalMarginUsed": "0.0",
}


def empty_bench(**options: Any) -> Bench:  # noqa: ANN401
    return Bench(TradingOptions(**options))


def funded(cash: str, fee_scale: str = "1", **options: Any) -> Bench:  # noqa: ANN401
    """Give a bench whose user has some cash and pays a part of the fees."""
    bench = empty_bench(**options)
    bench.trading.exchange.open_account(USER, D(fee_scale))
    bench.trading.exchange.deposit(USER, D(cash), START_MS)
    bench.trading.directory.masters[USER] = None
    return bench


def captured_state() -> Bench:
    """Trade, and pay funding, so that the captured clearinghouseState must come out (2.3)."""
    bench = funded("181.862782")
    bench.at(0, reference(0, "82771"))
    engine = bench.trading.exchange
    for size, price in (("0.00009", "82771"), ("0.00052", "82772")):
        engine.set_book(BTC, (), [(D(price), D(size))], bench.now_ms)
        asked = order(BUY, price, "0.00061", tif=Tif.IOC)
        bench.place(
            msgspec.structs.replace(asked, size=D("0.00013") if price == "82771" else D(size))
        )
        rate, oracle = ("0.001", "48633.4") if price == "82771" else ("-0.000003623", "100000")
        bench.trading.tell(engine.apply_funding(BTC, D(rate), D(oracle), bench.now_ms))
    bench.at(3_000, reference(3_000, "78135"))
    return bench


def test_the_captured_clearinghouse_state_comes_out_to_the_digit() -> None:
    summary = {
        "accountValue": "179.007426",
        "totalNtlPos": "47.66235",
        "totalRawUsd": "131.345076",
        "totalMarginUsed": "2.383117",
    }

    assert captured_state().info(type="clearinghouseState", user=USER) == {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": "0.595779",
        "withdrawable": "174.241191",
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": "BTC",
                    "szi": "0.00061",
                    "leverage": {"type": "cross", "value": 20},
                    "entryPx": "82771.8",
                    "positionValue": "47.66235",
                    "unrealizedPnl": "-2.82848",
                    "returnOnEquity": "-1.1203935447",
                    "liquidationPx": None,
                    "marginUsed": "2.383117",
                    "maxLeverage": 40,
                    "cumFunding": {
                        "allTime": "0.004156",
                        "sinceOpen": "0.004156",
                        "sinceChange": "-0.000221",
                    },
                },
            }
        ],
        "time": START_MS + 3_000,
    }


def test_the_sign_of_cumulative_funding_is_a_knob() -> None:
    bench = captured_state()
    bench.trading.options = TradingOptions(funding_paid_is_positive=False)

    state = bench.info(type="clearinghouseState", user=USER)

    assert state["assetPositions"][0]["position"]["cumFunding"] == {
        "allTime": "-0.004156",
        "sinceOpen": "-0.004156",
        "sinceChange": "0.000221",
    }


def test_an_isolated_position_shows_its_own_cash_as_captured() -> None:
    bench = funded("1000")
    bench.at(0, reference(0, "2500", "ETH"), book(0, "2499.9", "2500.0", "ETH"))
    engine = bench.trading.exchange
    engine.update_leverage(USER, ETH, 25, is_isolated=True, now=bench.now_ms)
    bench.place(order(BUY, "2500", "0.2", asset=ETH, tif=Tif.IOC))
    engine.update_isolated_margin(USER, ETH, D("4.76096"), bench.now_ms)
    bench.at(3_000, reference(3_000, "2500.60005", "ETH"))

    (held,) = bench.info(type="clearinghouseState", user=USER)["assetPositions"]

    # 24.88097 - 500.12001 = -475.23904
    assert held["position"]["leverage"] == {
        "type": "isolated",
        "value": 25,
        "rawUsd": "-475.23904",
    }
    assert held["position"]["positionValue"] == "500.12001"
    assert held["position"]["marginUsed"] == "24.88097"


def test_who_has_nothing_gets_zeros() -> None:
    bench = empty_bench()

    assert bench.info(type="clearinghouseState", user=USER.upper().replace("X", "x")) == {
        "marginSummary": ZEROS,
        "crossMarginSummary": ZEROS,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": "0.0",
        "assetPositions": [],
        "time": START_MS,
    }
    assert bench.info(type="userRole", user=USER) == {"role": "missing"}
    assert bench.info(type="orderStatus", user=USER, oid=1) == {"status": "unknownOid"}
    with pytest.raises(BadShapeError):
        bench.info(type="clearinghouseState", user=USER, dex="nope")


def test_the_captured_fill_comes_out_key_by_key() -> None:
    bench = funded("1000", "0.96")
    bench.at(0, reference(0, "2080.2", "ETH"), book(0, "2067.2", "2080.2", "ETH"))
    bench.place(order(BUY, "2080.2", "0.01", asset=ETH, tif=Tif.IOC))
    bench.place(order(SELL, "2067.2", "0.01", asset=ETH, tif=Tif.IOC, client_id=CLOID))

    closing, opening = bench.info(type="userFills", user=USER)

    assert closing == {
        "coin": "ETH",
        "px": "2067.2",
        "sz": "0.01",
        "side": "A",
        "time": START_MS,
        "startPosition": "0.01",
        "dir": "Close Long",
        "closedPnl": "-0.13",
        "hash": closing["hash"],
        "oid": opening["oid"] + 1,
        "crossed": True,
        "fee": "0.00893",
        "tid": closing["tid"],
        "cloid": CLOID,
        "feeToken": "USDC",
        "twapId": None,
    }
    assert set(opening) == set(closing) - {"cloid"}
    assert len(closing["hash"]) == 66
    assert closing["hash"] != opening["hash"]
    assert closing["tid"] != opening["tid"]


def test_a_builders_fee_is_shown_and_part_of_the_fee() -> None:
    bench = funded("1000", "0.96")
    bench.market.universe.add_perp("NEW", 2, 20)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    bench.at(0, reference(0, "33.209", "NEW"), book(0, "33.208", "33.209", "NEW"))
    bench.place(order(BUY, "33.209", "0.73", asset=2, tif=Tif.IOC, builder_rate=D("0.0001")))

    (fill,) = bench.info(type="userFills", user=USER)

    assert (fill["fee"], fill["builderFee"]) == ("0.012896", "0.002424")


def test_the_captured_bracket_comes_out_key_by_key(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_get_frontend_open_orders.yaml", "frontendOpenOrders")
    bench = funded("1000")
    bench.market.universe.add_perp("INJ", 1, 10)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    bench.at(0, reference(0, "10.001", "INJ"), book(0, "9.999", "10.002", "INJ"))
    parent = order(BUY, "10", "12.5", asset=2)
    stop = Trigger(TriggerKind.STOP, D("9.995"), is_market=True)
    profit = Trigger(TriggerKind.TAKE_PROFIT, D("10.004"), is_market=True)
    child = order(SELL, "9.1954", "12.5", asset=2, reduce_only=True, trigger=stop)
    other = msgspec.structs.replace(child, price=D("9.2037"), trigger=profit)
    bench.place(parent, child, other, grouping=Grouping.NORMAL_TPSL)

    ours = bench.info(type="frontendOpenOrders", user=USER)

    def without_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # The recording of 2023 has no cloid; today's replies show null.
        return [
            {k: v for k, v in row.items() if k not in {"oid", "timestamp", "cloid"}}
            | {"children": without_ids(row["children"])}
            for row in rows
        ]

    assert without_ids(ours) == without_ids(recorded)
    assert {row["cloid"] for row in ours} == {None}
    assert [row["oid"] - ours[-1]["oid"] for row in ours] == [2, 1, 0]
    assert [child["oid"] for child in ours[2]["children"]] == [ours[1]["oid"], ours[0]["oid"]]


def test_open_orders_have_the_captured_keys_newest_first() -> None:
    bench = funded("10000")
    bench.at(0, reference(0, "1600", "ETH"), book(0, "1599.0", "1601.0", "ETH"))
    bench.place(order(BUY, "1500", "1", asset=ETH, client_id=CLOID))
    bench.place(order(BUY, "1599.5", "0.5", asset=ETH))
    bench.at(
        100,
        trades(trade(100, "1599.5", "0.1", "ETH")),
        trades(trade(100, "1599.4", "0.1", "ETH", tid=9)),
    )
    bench.at(200, book(200, "1599.0", "1599.4", "ETH", size="0.1"))
    bench.place(order(SELL, "1700", "0.1", asset=ETH, reduce_only=True))

    reducing, partly, whole = bench.info(type="openOrders", user=USER)

    assert whole == {
        "coin": "ETH",
        "side": "B",
        "limitPx": "1500.0",
        "sz": "1.0",
        "oid": whole["oid"],
        "timestamp": START_MS,
        "origSz": "1.0",
        "cloid": CLOID,
    }
    assert set(partly) == set(whole) - {"cloid"}
    assert float(partly["sz"]) < float(partly["origSz"])
    assert set(reducing) == set(partly) | {"reduceOnly"}
    assert reducing["reduceOnly"] is True


def test_a_stop_of_a_whole_position_has_no_size_until_it_fires() -> None:
    bench = funded("10000")
    bench.at(0, reference(0, "1600", "ETH"), book(0, "1599.0", "1601.0", "ETH"))
    bench.place(order(BUY, "1601", "1", asset=ETH, tif=Tif.IOC))
    stop = Trigger(TriggerKind.STOP, D(1500), is_market=False)
    bench.place(
        order(SELL, "1490", "0", asset=ETH, trigger=stop, reduce_only=True),
        grouping=Grouping.POSITION_TPSL,
    )

    (waiting,) = bench.info(type="frontendOpenOrders", user=USER)
    bench.at(3_000, book(3_000, "1480.0", "1482.0", "ETH"), reference(3_000, "1500", "ETH"))
    (fired,) = bench.info(type="frontendOpenOrders", user=USER)

    assert waiting == {
        "coin": "ETH",
        "side": "A",
        "limitPx": "1490.0",
        "sz": "0.0",
        "oid": waiting["oid"],
        "timestamp": START_MS,
        "triggerCondition": "Price below 1500.0",
        "isTrigger": True,
        "triggerPx": "1500.0",
        "children": [],
        "isPositionTpsl": True,
        "reduceOnly": True,
        "orderType": "Stop Limit",
        "origSz": "0.0",
        "tif": None,
        "cloid": None,
    }
    assert (fired["sz"], fired["origSz"]) == ("1.0", "1.0")


def test_an_order_is_found_by_id_and_by_its_latest_client_id() -> None:
    bench = funded("10000")
    bench.at(0, reference(0, "1600", "ETH"), book(0, "1599.0", "1601.0", "ETH"))
    bench.place(order(BUY, "1500", "1", asset=ETH, client_id=CLOID))
    bench.place(order(BUY, "1601", "1", asset=ETH, client_id=CLOID, tif=Tif.IOC))

    latest = bench.info(type="orderStatus", user=USER, oid=CLOID)
    first = bench.info(type="orderStatus", user=USER, oid=latest["order"]["order"]["oid"] - 1)

    assert (latest["status"], latest["order"]["status"]) == ("order", "filled")
    assert latest["order"]["order"]["sz"] == "0.0"
    assert first["order"] == {
        "order": {
            "coin": "ETH",
            "side": "B",
            "limitPx": "1500.0",
            "sz": "1.0",
            "oid": first["order"]["order"]["oid"],
            "timestamp": START_MS,
            "triggerCondition": "N/A",
            "isTrigger": False,
            "triggerPx": "0.0",
            "children": [],
            "isPositionTpsl": False,
            "reduceOnly": False,
            "orderType": "Limit",
            "origSz": "1.0",
            "tif": "Gtc",
            "cloid": CLOID,
        },
        "status": "open",
        "statusTimestamp": START_MS,
    }
    assert bench.info(type="orderStatus", user=OTHER, oid=CLOID) == {"status": "unknownOid"}


def test_the_latest_of_a_client_id_is_sought_on_every_dex() -> None:
    bench = funded("10000")
    bench.trading.open(OTHER, D(1_000), START_MS)
    bench.trading.open(OTHER, D(1_000), START_MS, "xyz")
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    bench.at(0, reference(0, "400", "xyz:TSLA"), book(0, "399.0", "401.0", "xyz:TSLA"))
    bench.place(order(BUY, "90", "1", client_id=CLOID), user=OTHER)
    bench.place(order(BUY, "300", "1", asset=110_000, client_id=CLOID), user=f"{OTHER}:xyz")

    found = bench.info(type="orderStatus", user=OTHER, oid=CLOID)

    assert found["order"]["order"]["coin"] == "xyz:TSLA"
    assert bench.info(type="openOrders", user=OTHER)[0]["coin"] == "BTC"
    assert bench.info(type="openOrders", user=OTHER, dex="xyz")[0]["coin"] == "xyz:TSLA"


def test_past_orders_have_the_recorded_shape_newest_first(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_historical_orders.yaml", "historicalOrders")
    bench = funded("10000")
    bench.at(0, reference(0, "1600", "ETH"), book(0, "1599.0", "1601.0", "ETH"))
    bench.place(order(BUY, "1500", "1", asset=ETH, tif=Tif.IOC))
    reply = bench.place(order(BUY, "1500", "1", asset=ETH, tif=Tif.ALO))
    oid = reply.outcomes[0].oid  # type: ignore[union-attr]
    bench.trading.tell(bench.trading.exchange.cancel(USER, [(ETH, oid)], bench.now_ms).events)
    bench.place(order(BUY, "1601", "1", asset=ETH, tif=Tif.MARKET))

    rows = bench.info(type="historicalOrders", user=USER)

    assert all(set(row) == set(recorded[0]) for row in rows)
    assert all(set(row["order"]) == set(recorded[0]["order"]) for row in rows)
    assert [
        (row["status"], row["order"]["tif"], row["order"]["orderType"], row["order"]["sz"])
        for row in rows
    ] == [
        ("filled", "FrontendMarket", "Market", "0.0"),
        ("open", "FrontendMarket", "Market", "1.0"),
        ("canceled", "Alo", "Limit", "1.0"),
        ("open", "Alo", "Limit", "1.0"),
        (Status.IOC_REJECTED.value, "Ioc", "Limit", "1.0"),
    ]


def paged(**options: Any) -> Bench:  # noqa: ANN401
    """Give a bench whose user has 2,005 fills, one each ms from the start on."""
    bench = funded("1000000", **options)
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0", size="100000.0"))
    for elapsed in range(2_005):
        bench.now_ms = START_MS + elapsed
        bench.place(
            order(BUY if elapsed % 2 else SELL, "101" if elapsed % 2 else "99", "1", tif=Tif.IOC)
        )
    return bench


def test_fills_come_2000_at_a_time() -> None:
    bench = paged()

    newest = bench.info(type="userFills", user=USER)
    page = bench.info(type="userFillsByTime", user=USER, startTime=START_MS)
    rest = bench.info(type="userFillsByTime", user=USER, startTime=page[-1]["time"])
    back = bench.info(type="userFillsByTime", user=USER, startTime=START_MS, reversed=True)
    one = bench.info(
        type="userFillsByTime", user=USER, startTime=START_MS + 7, endTime=START_MS + 7
    )

    assert [fill["time"] - START_MS for fill in newest] == list(range(2_004, 4, -1))
    assert [fill["time"] - START_MS for fill in page] == list(range(2_000))
    assert [fill["time"] - START_MS for fill in rest] == list(range(1_999, 2_005))
    assert back == newest
    assert [fill["time"] - START_MS for fill in one] == [7]
    assert len(bench.info(type="historicalOrders", user=USER)) == 2_000


def test_fills_by_time_can_come_descending() -> None:
    bench = funded("1000", fills_by_time_descending=True)
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    bench.place(order(BUY, "101", "0.5", tif=Tif.IOC))
    bench.place(order(SELL, "99", "0.5", tif=Tif.IOC))

    fills = bench.info(type="userFillsByTime", user=USER, startTime=0)

    assert [fill["side"] for fill in fills] == ["A", "B"]


def test_fills_of_one_order_and_time_can_come_as_one() -> None:
    bench = funded("1000")
    asks = (Level("100.0", "1.0", 1), Level("101.0", "3.0", 1))
    bench.at(0, reference(0, "100"), Book("BTC", START_MS, (), asks))
    bench.place(order(BUY, "101", "4", tif=Tif.IOC))

    apart = bench.info(type="userFills", user=USER)
    (merged,) = bench.info(type="userFills", user=USER, aggregateByTime=True)

    assert [(fill["px"], fill["startPosition"]) for fill in apart] == [
        ("101.0", "1.0"),
        ("100.0", "0.0"),
    ]
    assert apart[0]["hash"] == apart[1]["hash"]
    assert (merged["px"], merged["sz"], merged["startPosition"]) == ("100.75", "4.0", "0.0")
    assert D(merged["fee"]) == sum(D(fill["fee"]) for fill in apart)


def test_funding_has_the_recorded_keys(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_user_funding_history_with_end_time.yaml", "userFunding")[
        0
    ]
    bench = captured_state()

    paid, received = bench.info(type="userFunding", user=USER, startTime=START_MS)

    assert set(paid) == set(recorded)
    assert paid["delta"] == {
        "type": "funding",
        "coin": "BTC",
        "usdc": "-0.004377",
        "szi": "0.00009",
        "fundingRate": "0.001",
        "nSamples": None,
    }
    assert set(paid["delta"]) == set(recorded["delta"])
    assert received["delta"]["usdc"] == "0.000221"
    assert bench.info(type="userFunding", user=USER, startTime=START_MS + 1) == []


def test_deposits_and_noted_transfers_are_in_the_ledger(shared_data: Path) -> None:
    recorded = cassette(
        shared_data,
        "test_user_non_funding_ledger_updates_without_end_time.yaml",
        "userNonFundingLedgerUpdates",
    )
    bench = Bench()
    transfer = {"type": "accountClassTransfer", "usdc": "12.0", "toPerp": False}
    bench.trading.note(USER, transfer, START_MS + 5)

    deposit, moved = bench.info(type="userNonFundingLedgerUpdates", user=USER, startTime=0,
                                endTime=START_MS + 5)  # fmt: skip

    assert deposit["delta"] == {"type": "deposit", "usdc": "10000.0"}
    assert set(deposit) == set(recorded[0])
    assert (moved["time"], moved["delta"]) == (START_MS + 5, transfer)
    assert {"deposit", "accountClassTransfer"} <= {row["delta"]["type"] for row in recorded}


def test_ledger_and_funding_need_no_beginning_but_fills_do() -> None:
    bench = Bench()

    (deposit,) = bench.info(type="userNonFundingLedgerUpdates", user=USER)

    assert deposit["delta"]["type"] == "deposit"
    assert bench.info(type="userNonFundingLedgerUpdates", user=USER, startTime=None) == [deposit]
    assert bench.info(type="userFunding", user=USER) == []
    with pytest.raises(msgspec.ValidationError):
        bench.info(type="userFillsByTime", user=USER)


def test_spot_shows_the_wallet_and_a_unified_account_its_collateral(shared_data: Path) -> None:
    recorded = fixture(shared_data, "http_spot_clearinghouse_state.json")
    bench = funded("1000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    bench.place(order(BUY, "101", "1", tif=Tif.IOC))

    assert bench.info(type="spotClearinghouseState", user=USER) == {"balances": []}
    bench.trading.exchange.open_account(f"{USER}:spot")
    bench.trading.exchange.deposit(f"{USER}:spot", D("14.625485"), bench.now_ms)
    assert (
        bench.info(type="spotClearinghouseState", user=USER)["balances"]
        == (recorded["balances"][:1])
    )
    bench.trading.directory.abstractions[USER] = "unifiedAccount"
    (usdc,) = bench.info(type="spotClearinghouseState", user=USER)["balances"]
    # 1,000 less the fee, whatever the position of 100 at 20x would earn, and the wallet.
    assert (usdc["total"], usdc["hold"]) == ("1014.580035", "5.0")
    assert bench.info(type="userAbstraction", user=USER) == "unifiedAccount"


def test_other_collateral_stands_under_its_own_token() -> None:
    bench = empty_bench()
    universe = bench.market.universe
    universe.spot["tokens"].append(spot_token(2, "USDH", 2, 8))
    universe.metas[1]["collateralToken"] = 2
    bench.trading.refresh(START_MS)
    bench.trading.open(USER, D(10), START_MS)
    bench.trading.open(USER, D(500), START_MS, "xyz")
    bench.trading.directory.abstractions[USER] = "unifiedAccount"
    bench.at(0, book(0, "399.0", "401.0", "xyz:TSLA"))
    bench.place(order(BUY, "401", "0.5", asset=110_000, tif=Tif.IOC), user=f"{USER}:xyz")

    balances = bench.info(type="spotClearinghouseState", user=USER)["balances"]

    assert [(row["coin"], row["token"]) for row in balances] == [("USDC", 0), ("USDH", 2)]
    assert bench.info(type="userFills", user=USER)[0]["feeToken"] == "USDH"


def test_rates_and_requests_follow_the_volume(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_user_rate_limit.yaml", "userRateLimit")
    bench = funded("100000000", "0.96")
    bench.at(0, reference(0, "100000"), book(0, "99999.0", "100000.0", size="1000.0"))
    bench.place(order(BUY, "100000", "60", tif=Tif.IOC))
    bench.trading.directory.requests_used[USER] = 3

    limit = bench.info(type="userRateLimit", user=USER)
    fees = bench.info(type="userFees", user=USER)

    assert set(recorded) <= set(limit)
    assert limit == {
        "cumVlm": "6000000.0",
        "nRequestsUsed": 3,
        "nRequestsCap": 6_010_000,
        "nRequestsSurplus": 0,
    }
    assert (fees["userCrossRate"], fees["userAddRate"]) == ("0.000384", "0.0001152")
    assert fees["feeSchedule"]["cross"] == "0.00045"
    assert fees["feeSchedule"]["tiers"]["vip"][0]["ntlCutoff"] == "5000000.0"
    assert fees["dailyUserVlm"] == [
        {
            "date": "2025-09-04",
            "userCross": "6000000.0",
            "userAdd": "0.0",
            "exchange": "6000000.0",
        }
    ]


def test_what_could_be_traded_by_side() -> None:
    bench = funded("1000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "100.0"))

    untouched = bench.info(type="activeAssetData", user=USER, coin="BTC")
    bench.place(order(BUY, "100", "2", tif=Tif.IOC))
    held = bench.info(type="activeAssetData", user=USER, coin="BTC")

    assert untouched == {
        "user": USER,
        "coin": "BTC",
        "leverage": {"type": "cross", "value": 20},
        "maxTradeSzs": ["200.0", "200.0"],
        "availableToTrade": ["1000.0", "1000.0"],
        "markPx": "100.0",
    }
    assert held["availableToTrade"] == ["989.91", "1009.91"]
    assert bench.info(type="activeAssetData", user=OTHER, coin="BTC")["maxTradeSzs"] == ["0.0"] * 2
    with pytest.raises(BadShapeError):
        bench.info(type="activeAssetData", user=USER, coin="PURR/USDC")


def test_roles_agents_and_sub_accounts(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_extra_agents.yaml", "extraAgents")
    bench = empty_bench(accounts=((USER, D(1)),), agents=((AGENT, USER),))
    directory = bench.trading.directory
    named = Agent("0x" + "a1" * 20, USER, "bot", 1_767_776_120_478)
    directory.agents[named.address] = named
    directory.sub_accounts[OTHER] = SubAccount(OTHER, USER, "second")
    directory.vaults["0x" + "f0" * 20] = USER
    directory.builder_fees[USER, AGENT] = 10

    def role(address: str) -> Any:  # noqa: ANN401
        return bench.info(type="userRole", user=address)

    assert role(USER) == {"role": "user"}
    assert role(AGENT) == {"role": "agent", "data": {"user": USER}}
    assert role(OTHER) == {"role": "subAccount", "data": {"master": USER}}
    assert role("0x" + "f0" * 20) == {"role": "vault"}
    (agent,) = bench.info(type="extraAgents", user=USER)
    assert agent == {"name": "bot", "address": named.address, "validUntil": 1_767_776_120_478}
    assert set(agent) == set(recorded[0])
    (sub,) = bench.info(type="subAccounts", user=USER)
    assert sub == {
        "name": "second",
        "subAccountUser": OTHER,
        "master": USER,
        "clearinghouseState": bench.info(type="clearinghouseState", user=OTHER),
        "spotState": {"balances": []},
    }
    assert bench.info(type="subAccounts", user=OTHER) is None
    assert bench.info(type="maxBuilderFee", user=USER, builder=AGENT) == 10
    assert bench.info(type="approvedBuilders", user=USER) == [AGENT]
    assert bench.info(type="clearinghouseState", user=AGENT)["marginSummary"] == ZEROS


def test_a_portfolio_has_the_recorded_shape(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_portfolio.yaml", "portfolio")
    bench = captured_state()

    ours = bench.info(type="portfolio", user=USER)

    assert [name for name, _ in ours] == [name for name, _ in recorded]
    assert all(set(ours[0][1]) == set(period) for _, period in recorded)
    assert ours[0][1]["accountValueHistory"] == [[bench.now_ms, "179.007426"]]
    # The deposit was 181.862782.
    assert ours[0][1]["pnlHistory"] == [[bench.now_ms, "-2.855356"]]


def test_twaps_are_told_in_seconds_and_their_fills_have_no_hash() -> None:
    bench = funded("100000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    engine = bench.trading.exchange
    bench.trading.tell(
        engine.start_twap(USER, TwapRequest(BTC, BUY, D(10), 5), bench.now_ms).events
    )
    bench.at(HOUR_MS // 2, book(HOUR_MS // 2, "99.0", "101.0"))

    finished, activated = bench.info(type="twapHistory", user=USER)
    slices = bench.info(type="userTwapSliceFills", user=USER)

    assert activated == {
        "time": START_MS // 1000,
        "state": {
            "coin": "BTC",
            "user": USER,
            "side": "B",
            "sz": "10.0",
            "executedSz": "0.0",
            "executedNtl": "0.0",
            "minutes": 5,
            "reduceOnly": False,
            "randomize": False,
            "timestamp": START_MS,
            "stopPx": None,
            "trigger": None,
        },
        "status": {"status": "activated"},
        "twapId": activated["twapId"],
    }
    assert finished["status"] == {"status": "finished"}
    assert {row["twapId"] for row in slices} == {activated["twapId"]}
    assert {row["fill"]["hash"] for row in slices} == {"0x" + "0" * 64}
    assert {row["fill"]["twapId"] for row in slices} == {activated["twapId"]}
    assert bench.info(type="historicalOrders", user=USER)[0]["order"]["orderType"] == "Twap Slice"


@pytest.mark.parametrize(
    ("question", "weight"),
    [
        ({"type": "clearinghouseState"}, 2),
        ({"type": "spotClearinghouseState"}, 2),
        ({"type": "orderStatus"}, 2),
        ({"type": "userRole"}, 60),
        ({"type": "frontendOpenOrders"}, 20),
    ],
)
def test_account_questions_weigh_as_the_sheet_says(question: dict[str, str], weight: int) -> None:
    assert weight_of(json.dumps(question).encode()) == weight
