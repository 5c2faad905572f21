"""The orders of an account, open, sought and past, as /info tells them: key by key as captured."""

from pathlib import Path
from typing import Any

import msgspec

from simulator.exchange.model import Grouping, Status, Tif, Trigger, TriggerKind
from tests.simulator.account_setup import CLOID, funded
from tests.simulator.recordings import cassette
from tests.simulator.trading_setup import BUY, ETH, OTHER, SELL, USER, D, order, reference
from tests.simulator.venues import START_MS, book, trade, trades


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
