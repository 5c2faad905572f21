"""What an order makes its account hear over a socket: exact frames for a script of engine calls."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from simulator.exchange.model import Grouping, OrderRequest, Tif, Trigger, TriggerKind
from simulator.exchange.rules import Knobs
from simulator.wire import Level
from tests.simulator.account_feeds import place, running, subscribe
from tests.simulator.trading_setup import BTC, BUY, ETH, OTHER, SELL, USER, D, order, reference
from tests.simulator.venues import START_MS, Book, Desk, book, trade, trades

CLOID = "0x00030050c6301a2b00000100000000d2"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async for made in running():
        yield made


async def test_a_resting_order_and_its_cancel_have_the_captured_frames(desk: Desk) -> None:
    async with desk.client() as client:
        await subscribe(client, "orderUpdates")
        reply = place(desk, order(BUY, "1500", "1", asset=ETH, client_id=CLOID))
        oid = reply.outcomes[0].oid  # type: ignore[union-attr]
        desk.clock.advance(9_144)
        trading = desk.venue.trading
        trading.tell(trading.exchange.cancel(USER, [(ETH, oid)], START_MS + 9_144).events)
        opened, canceled = await client.settled()

    wire = {
        "coin": "ETH",
        "side": "B",
        "limitPx": "1500.0",
        "sz": "1.0",
        "oid": oid,
        "timestamp": START_MS,
        "origSz": "1.0",
        "cloid": CLOID,
    }
    assert opened == {
        "channel": "orderUpdates",
        "data": [{"order": wire, "status": "open", "statusTimestamp": START_MS}],
    }
    assert canceled == {
        "channel": "orderUpdates",
        "data": [{"order": wire, "status": "canceled", "statusTimestamp": START_MS + 9_144}],
    }


async def test_an_immediate_fill_is_one_message_of_two_entries(desk: Desk) -> None:
    async with desk.client() as client:
        await subscribe(client, "userFills", "userEvents", "orderUpdates")
        place(desk, order(BUY, "2081", "0.01", asset=ETH, client_id=CLOID))
        updates, event, fills = await client.settled()

    assert [(x["status"], x["order"]["sz"]) for x in updates["data"]] == [
        ("open", "0.01"),
        ("filled", "0.0"),
    ]
    assert len({x["order"]["oid"] for x in updates["data"]}) == 1
    (fill,) = event["data"]["fills"]
    assert (event["channel"], list(event["data"])) == ("user", ["fills"])
    assert fills == {"channel": "userFills", "data": {"user": USER, "fills": [fill]}}
    assert fill == {
        "coin": "ETH",
        "px": "2080.2",
        "sz": "0.01",
        "side": "B",
        "time": START_MS,
        "startPosition": "0.0",
        "dir": "Open Long",
        "closedPnl": "0.0",
        "hash": fill["hash"],
        "oid": updates["data"][0]["order"]["oid"],
        "crossed": True,
        "fee": "0.00936",
        "tid": fill["tid"],
        "cloid": CLOID,
        "feeToken": "USDC",
        "twapId": None,
    }


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (order(BUY, "2000", "0.0001", asset=ETH), "minTradeNtlRejected"),
        (order(BUY, "2000", "1000", asset=ETH), "perpMarginRejected"),
        (order(BUY, "2000", "1", asset=ETH, tif=Tif.IOC), "iocCancelRejected"),
        (order(BUY, "2081", "1", asset=ETH, tif=Tif.ALO), "badAloPxRejected"),
        (order(BUY, "2000.123", "1", asset=ETH), "tickRejected"),
    ],
)
async def test_a_rejected_order_is_one_entry_with_an_id(
    desk: Desk, request_: OrderRequest, status: str
) -> None:
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "userEvents")
        place(desk, request_)
        (frame,) = await client.settled()

    (entry,) = frame["data"]
    assert (entry["status"], entry["order"]["sz"]) == (status, entry["order"]["origSz"])
    assert entry["order"]["oid"] > 0


async def test_a_batch_is_one_message_and_its_fills_share_a_hash(desk: Desk) -> None:
    asks = (Level("101.0", "1.0", 1), Level("102.0", "2.0", 1))
    desk.at(500, Book("BTC", START_MS + 500, (), asks))
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "user", "userFills")
        place(
            desk,
            order(BUY, "103", "2", tif=Tif.IOC),
            order(BUY, "90", "1"),
            order(BUY, "103", "1", tif=Tif.IOC),
        )
        updates, event, fills = await client.settled()

    assert [x["status"] for x in updates["data"]] == ["open", "filled", "open", "open", "filled"]
    assert event["data"]["fills"] == fills["data"]["fills"]
    assert [(f["px"], f["sz"], f["startPosition"]) for f in fills["data"]["fills"]] == [
        ("101.0", "1.0", "0.0"),
        ("102.0", "1.0", "1.0"),
        ("102.0", "1.0", "2.0"),
    ]
    assert len({f["hash"] for f in fills["data"]["fills"]}) == 1
    assert len({f["tid"] for f in fills["data"]["fills"]}) == 3


async def test_partial_fills_are_told_by_fills_alone_or_by_the_order_too() -> None:
    seen = []
    for reports in (False, True):
        async for desk in running(knobs=Knobs(partial_fill_reports_open=reports)):
            place(desk, order(BUY, "100", "1"))
            async with desk.client() as client:
                await subscribe(client, "orderUpdates", "userFills", "notification")
                desk.at(100, trades(trade(100, "99.5", "9.0")))
                desk.at(200, book(200, "99.0", "99.5", size="0.25"))
                seen.append(await client.settled())

    plain, reporting = seen
    assert [frame["channel"] for frame in plain] == ["userFills", "notification"]
    assert [frame["channel"] for frame in reporting] == [
        "orderUpdates",
        "userFills",
        "notification",
    ]
    (entry,) = reporting[0]["data"]
    assert (entry["status"], entry["order"]["sz"], entry["order"]["origSz"]) == (
        "open",
        "0.75",
        "1.0",
    )
    assert plain[0]["data"]["fills"][0]["crossed"] is False
    assert plain[1]["data"] == {"notification": "Resting order filled: Bought 0.25 BTC at $100.0"}


async def test_two_accounts_share_the_trade_id_and_the_public_sees_one_trade(desk: Desk) -> None:
    async with desk.client() as client:
        await subscribe(client, "userFills")
        await subscribe(client, "userFills", user=OTHER)
        await client.subscribe(type="trades", coin="BTC")
        await client.subscribe(type="candle", coin="BTC", interval="1m")
        place(desk, order(SELL, "100", "0.5"))
        place(desk, order(BUY, "100", "0.5", tif=Tif.IOC), user=OTHER)
        frames = await client.settled()

    fills = {
        frame["data"]["user"]: frame["data"]["fills"][0]
        for frame in frames
        if frame["channel"] == "userFills"
    }
    ((printed,),) = [frame["data"] for frame in frames if frame["channel"] == "trades"]
    candles = [frame["data"] for frame in frames if frame["channel"] == "candle"]
    assert fills[USER]["tid"] == fills[OTHER]["tid"] == printed["tid"]
    assert (fills[USER]["crossed"], fills[OTHER]["crossed"]) == (False, True)
    assert printed == {
        "coin": "BTC",
        "side": "B",
        "px": "100.0",
        "sz": "0.5",
        "time": START_MS,
        "hash": fills[OTHER]["hash"],
        "tid": printed["tid"],
        "users": [OTHER, USER],
    }
    assert [(c["c"], c["v"], c["n"]) for c in candles] == [("100.0", "0.5", 1)]


async def test_the_buyer_stands_first_when_the_seller_took(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="trades", coin="BTC")
        place(desk, order(BUY, "100", "0.5"))
        place(desk, order(SELL, "100", "0.5", tif=Tif.IOC), user=OTHER)
        place(desk, order(SELL, "99", "0.5", tif=Tif.IOC), user=OTHER)
        against_user, against_outside = await client.settled()

    ((first,), (second,)) = against_user["data"], against_outside["data"]
    assert (first["side"], first["users"]) == ("A", [USER, OTHER])
    assert (second["side"], second["users"]) == ("A", ["0x" + "0" * 39 + "1", OTHER])


async def test_only_what_rested_is_notified(desk: Desk) -> None:
    async with desk.client() as client:
        await subscribe(client, "notification")
        place(desk, order(BUY, "101", "0.5", tif=Tif.IOC))

        assert await client.settled() == []


async def test_the_venue_cancels_in_words_of_its_own(desk: Desk) -> None:
    place(desk, order(BUY, "100", "1"))
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "userEvents")
        place(desk, order(SELL, "100", "1", tif=Tif.IOC))
        updates, event = await client.settled()

    assert [x["status"] for x in updates["data"]] == ["selfTradeCanceled", "iocCancelRejected"]
    assert event["data"] == {
        "nonUserCancel": [{"coin": "BTC", "oid": updates["data"][0]["order"]["oid"]}]
    }


async def test_a_bracket_opens_fires_and_cancels_its_sibling(desk: Desk) -> None:
    stop = Trigger(TriggerKind.STOP, D(95), is_market=True)
    profit = Trigger(TriggerKind.TAKE_PROFIT, D(110), is_market=True)
    child = order(SELL, "90", "1", trigger=stop, reduce_only=True)
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "userEvents")
        place(
            desk,
            order(BUY, "101", "1"),
            child,
            msgspec.structs.replace(child, trigger=profit),
            grouping=Grouping.NORMAL_TPSL,
        )
        entry = await client.settled()
        desk.at(3_000, book(3_000, "94.0", "95.0"), reference(3_000, "94.5"))
        end = await client.settled()

    assert [(x["status"], x["order"].get("reduceOnly")) for x in entry[0]["data"]] == [
        ("open", None),
        ("filled", None),
        ("open", True),
        ("open", True),
    ]
    assert [x["status"] for x in end[0]["data"]] == [
        "triggered",
        "filled",
        "siblingFilledCanceled",
    ]
    assert end[1]["data"]["fills"][0]["dir"] == "Close Long"
    assert list(end[2]["data"]) == ["nonUserCancel"]


async def test_a_liquidation_is_told_on_every_channel(desk: Desk) -> None:
    engine = desk.venue.trading.exchange
    desk.at(500, book(500, "99.9", "100.0", size="3000.0"))
    engine.update_leverage(USER, BTC, 40, is_isolated=False, now=START_MS + 500)
    place(desk, order(BUY, "100", "3000", tif=Tif.IOC))
    place(desk, order(BUY, "50", "1"))
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "userEvents", "userNonFundingLedgerUpdates")
        desk.at(3_500, reference(3_500, "97.8"))
        frames = await client.settled()

    updates, fills, liquidation, cancel, ledger = frames
    assert updates["data"][0]["status"] == "liquidatedCanceled"
    (fill,) = fills["data"]["fills"]
    assert fill["liquidation"] == {"liquidatedUser": USER, "markPx": "97.8", "method": "market"}
    assert list(liquidation["data"]) == ["liquidation"]
    assert liquidation["data"]["liquidation"] == {
        "lid": liquidation["data"]["liquidation"]["lid"],
        "liquidator": "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
        "liquidated_user": USER,
        "liquidated_ntl_pos": "293400.0",
        "liquidated_account_value": "3265.0",
    }
    assert list(cancel["data"]) == ["nonUserCancel"]
    (row,) = ledger["data"]["nonFundingLedgerUpdates"]
    assert row["delta"]["type"] == "liquidation"
