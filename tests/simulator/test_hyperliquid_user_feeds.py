"""The channels of an account over a socket: what each begins with, and what moves it."""

from collections.abc import AsyncIterator

import pytest

from simulator.exchange.model import Tif, TwapRequest
from tests.simulator.account_feeds import place, running, subscribe
from tests.simulator.trading_setup import BTC, BUY, OTHER, SELL, USER, D, order
from tests.simulator.venues import START_MS, Desk

STATES = (
    "clearinghouseState",
    "allDexsClearinghouseState",
    "spotState",
    "openOrders",
    "twapStates",
)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async for made in running():
        yield made


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
