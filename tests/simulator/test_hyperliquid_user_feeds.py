"""The channels of an account over a socket: exact frames for a script of engine calls."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from simulator.exchange.events import Reply
from simulator.exchange.model import Grouping, OrderRequest, Tif, Trigger, TriggerKind, TwapRequest
from simulator.exchange.rules import Knobs
from simulator.hyperliquid import VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from simulator.wire import Level
from tests.simulator.trading_setup import (
    BTC,
    BUY,
    ETH,
    OTHER,
    SELL,
    USER,
    D,
    order,
    reference,
)
from tests.simulator.venues import START_MS, Book, Client, Desk, book, trade, trades

CLOID = "0x00030050c6301a2b00000100000000d2"
ACCOUNTS = ((USER, D(10_000)), (OTHER, D(10_000)))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async for made in running():
        yield made


async def running(**trading: Any) -> AsyncIterator[Desk]:  # noqa: ANN401
    """Run a venue with two accounts and books of BTC and ETH."""
    options = TradingOptions(accounts=ACCOUNTS, **trading)
    desk = Desk(VenueOptions(trading=options, weight_per_minute=0))
    async with desk.venue.running():
        desk.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
        desk.at(0, reference(0, "2080", "ETH"), book(0, "2067.2", "2080.2", "ETH"))
        yield desk


def place(
    desk: Desk, *requests: OrderRequest, user: str = USER, grouping: Grouping = Grouping.NONE
) -> Reply:
    """Place orders as the action does: everybody is told before the answer."""
    venue = desk.venue
    reply = venue.trading.exchange.place(user, requests, venue.clock.now_ms(), grouping)
    venue.trading.tell(reply.events)
    return reply


async def subscribe(client: Client, *feeds: str, user: str = USER, **more: object) -> None:
    for feed in feeds:
        await client.subscribe(type=feed, user=user, **more)
    await client.settled()


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


async def test_funding_is_told_on_the_hour(desk: Desk) -> None:
    place(desk, order(BUY, "101", "1", tif=Tif.IOC))
    async with desk.client() as client:
        await subscribe(client, "userEvents", "userFundings")
        desk.at(61_000)
        event, fundings = await client.settled()

    assert event["data"]["funding"] == {
        "time": event["data"]["funding"]["time"],
        "coin": "BTC",
        "usdc": "-0.00125",
        "szi": "1.0",
        "fundingRate": "0.0000125",
        "nSamples": None,
    }
    assert fundings["data"] == {"user": USER, "fundings": [event["data"]["funding"]]}


async def test_a_subscription_begins_with_what_was_before(desk: Desk) -> None:
    place(desk, order(BUY, "101", "0.5", tif=Tif.IOC))
    place(desk, order(SELL, "99", "0.5", tif=Tif.IOC))
    desk.at(61_000)
    async with desk.client() as client:
        for feed in (
            "orderUpdates",
            "userEvents",
            "notification",
            "userFills",
            "userFundings",
            "userNonFundingLedgerUpdates",
            "userHistoricalOrders",
            "userTwapHistory",
            "userTwapSliceFills",
        ):
            await client.send({"method": "subscribe", "subscription": {"type": feed, "user": USER}})
        frames = await client.settled()

    first = {
        frame["channel"]: frame["data"]
        for frame in frames
        if frame["channel"] != "subscriptionResponse"
    }
    assert all(data["isSnapshot"] is True and data["user"] == USER for data in first.values())
    assert [fill["side"] for fill in first["userFills"]["fills"]] == ["B", "A"]
    assert first["userFundings"]["fundings"] == []
    assert first["userNonFundingLedgerUpdates"]["nonFundingLedgerUpdates"][0]["delta"] == {
        "type": "deposit",
        "usdc": "10000.0",
    }
    assert len(first["userHistoricalOrders"]["orderHistory"]) == 4
    assert first["userTwapHistory"]["history"] == []
    assert first["userTwapSliceFills"]["twapSliceFills"] == []
    assert not {"orderUpdates", "user", "notification"} & set(first)


STATES = (
    "clearinghouseState",
    "allDexsClearinghouseState",
    "spotState",
    "openOrders",
    "twapStates",
)


async def test_states_are_sent_at_once_on_change_and_perp_states_every_5_seconds(
    desk: Desk,
) -> None:
    async with desk.client() as client:
        for feed in STATES:
            await client.send({"method": "subscribe", "subscription": {"type": feed, "user": USER}})
        first = [f for f in await client.settled() if f["channel"] in STATES]
        reply = place(desk, order(BUY, "90", "1"))
        resting = await client.settled()
        place(desk, order(BUY, "101", "1", tif=Tif.IOC), user=OTHER)
        foreign = await client.settled()
        desk.at(5_000)
        later = await client.settled()
        shown = await desk.info(type="frontendOpenOrders", user=USER)
        state = await desk.info(type="clearinghouseState", user=USER)

    assert [frame["channel"] for frame in first] == list(STATES)
    assert first[0]["data"]["clearinghouseState"]["marginSummary"]["accountValue"] == "10000.0"
    assert [dex for dex, _ in first[1]["data"]["clearinghouseStates"]] == ["", "xyz"]
    assert resting == [
        {"channel": "openOrders", "data": {"dex": "", "user": USER, "orders": shown}}
    ]
    assert shown[0]["oid"] == reply.outcomes[0].oid  # type: ignore[union-attr]
    assert foreign == []
    assert [frame["channel"] for frame in later] == list(STATES[:2])
    assert later[0]["data"] == {"user": USER, "dex": "", "clearinghouseState": state}


async def test_leverage_moves_the_states_without_an_event(desk: Desk) -> None:
    trading = desk.venue.trading
    async with desk.client() as client:
        await subscribe(client, "activeAssetData", coin="BTC")
        await subscribe(client, "orderUpdates", "clearinghouseState")
        reply = trading.exchange.update_leverage(USER, BTC, 5, is_isolated=True, now=START_MS)
        trading.tell(reply.events)
        (frame,) = await client.settled()

    assert frame == {
        "channel": "activeAssetData",
        "data": {
            "user": USER,
            "coin": "BTC",
            "leverage": {"type": "isolated", "value": 5, "rawUsd": "0.0"},
            "maxTradeSzs": ["500.0", "500.0"],
            "availableToTrade": ["10000.0", "10000.0"],
            "markPx": "100.0",
        },
    }


async def test_twaps_have_channels_of_their_own(desk: Desk) -> None:
    trading = desk.venue.trading
    async with desk.client() as client:
        await subscribe(client, "userEvents", "userTwapHistory", "userTwapSliceFills", "twapStates")
        reply = trading.exchange.start_twap(USER, TwapRequest(BTC, BUY, D(10), 5), START_MS)
        trading.tell(reply.events)
        frames = {frame["channel"]: frame["data"] for frame in await client.settled()}

    assert list(frames) == ["user", "userTwapSliceFills", "userTwapHistory", "twapStates"]
    assert list(frames["user"]) == ["fills"]
    (slice_fill,) = frames["userTwapSliceFills"]["twapSliceFills"]
    assert slice_fill["fill"] == frames["user"]["fills"][0]
    assert slice_fill["fill"]["hash"] == "0x" + "0" * 64
    ((twap_id, running_twap),) = frames["twapStates"]["states"]
    assert twap_id == slice_fill["twapId"] == frames["userTwapHistory"]["history"][0]["twapId"]
    assert (running_twap["executedSz"], running_twap["executedNtl"]) == ("1.0", "101.0")


async def test_the_user_channel_can_tell_of_twaps_too() -> None:
    async for desk in running(twaps_on_user=True):
        trading = desk.venue.trading
        async with desk.client() as client:
            await subscribe(client, "userEvents")
            reply = trading.exchange.start_twap(USER, TwapRequest(BTC, BUY, D(10), 5), START_MS)
            trading.tell(reply.events)
            frames = await client.settled()

        assert [next(iter(frame["data"])) for frame in frames] == [
            "fills",
            "twapHistory",
            "twapSliceFills",
        ]


async def test_nobody_hears_what_he_did_not_subscribe(desk: Desk) -> None:
    async with desk.client() as client, desk.client() as silent:
        await subscribe(client, "orderUpdates", user=OTHER)
        place(desk, order(BUY, "90", "1"))

        assert await client.settled() == await silent.settled() == []


async def test_a_muted_account_feed_is_silent(desk: Desk) -> None:
    desk.venue.mute("orderUpdates")
    async with desk.client() as client:
        await subscribe(client, "orderUpdates", "openOrders")
        place(desk, order(BUY, "90", "1"))

        assert [frame["channel"] for frame in await client.settled()] == ["openOrders"]


async def test_the_first_batch_of_trades_is_as_long_as_it_is_told_to_be() -> None:
    desk = Desk(VenueOptions(recent_trades=2))
    async with desk.venue.running():
        desk.at(100, trades(*(trade(at, "1.0", tid=at) for at in (10, 20, 30))))
        async with desk.client() as client:
            await client.subscribe(type="trades", coin="BTC")
            (first,) = await client.settled()

    assert [print_["tid"] for print_ in first["data"]] == [20, 30]
