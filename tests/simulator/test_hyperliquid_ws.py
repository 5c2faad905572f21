"""/ws: what is acknowledged, sent at once, sent later, refused and cut off."""

import asyncio
import json
from typing import Any, get_args

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.candles import MINUTE_MS
from simulator.hyperliquid import VenueOptions
from simulator.wire import Interval
from tests.simulator.venues import START_MS, Desk, book, open_desk, trade, trades

USER = "0xABCDEF0000000000000000000000000000000001"
ECHO = '{"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null,"fast":false}'


async def test_a_ping_is_answered_and_nothing_greets(desk: Desk) -> None:
    async with desk.client() as client:
        await client.send({"method": "ping"})

        assert await client.frame() == {"channel": "pong"}


async def test_the_acknowledgement_is_normalized_and_comes_before_the_book(desk: Desk) -> None:
    desk.at(0, book(0, "99.0", "101.0"))
    async with desk.client() as client:
        acknowledged = await client.subscribe(type="l2Book", coin="BTC", extra=1)
        sent = await client.frame()

    assert acknowledged == {
        "channel": "subscriptionResponse",
        "data": {"method": "subscribe", "subscription": json.loads(ECHO)},
    }
    level = {"sz": "2.0", "n": 1}
    assert sent == {
        "channel": "l2Book",
        "data": {
            "coin": "BTC",
            "time": START_MS,
            "levels": [[{"px": "99.0", **level}], [{"px": "101.0", **level}]],
        },
    }


@pytest.mark.parametrize(
    ("feed", "added"),
    [
        ({"type": "allMids"}, {"dex": ""}),
        ({"type": "userFills", "user": USER}, {"aggregateByTime": False, "user": USER.lower()}),
        ({"type": "orderUpdates", "user": USER}, {"user": USER.lower()}),
        ({"type": "openOrders", "user": USER}, {"user": USER.lower(), "dex": ""}),
        ({"type": "candle", "coin": "BTC", "interval": "1M"}, {}),
        ({"type": "activeAssetData", "user": USER, "coin": "BTC"}, {"user": USER.lower()}),
    ],
)
async def test_echoes_show_defaults_and_lower_case_users(
    desk: Desk, feed: dict[str, Any], added: dict[str, Any]
) -> None:
    async with desk.client() as client:
        assert (await client.subscribe(**feed))["data"]["subscription"] == feed | added


@pytest.mark.parametrize(
    ("feed", "snapshot"),
    [
        ("userFills", {"isSnapshot": True, "fills": []}),
        ("userFundings", {"isSnapshot": True, "fundings": []}),
        ("userHistoricalOrders", {"isSnapshot": True, "orderHistory": []}),
        ("openOrders", {"dex": "", "orders": []}),
        ("spotState", {"spotState": {"balances": []}}),
        ("orderUpdates", None),
        ("userEvents", None),
        ("notification", None),
        ("webData2", None),
    ],
)
async def test_account_feeds_show_an_empty_account_or_nothing(
    desk: Desk, feed: str, snapshot: dict[str, Any] | None
) -> None:
    async with desk.client() as client:
        await client.subscribe(type=feed, user=USER)
        frames = await client.settled()

    expected = (
        [] if snapshot is None else [{"channel": feed, "data": {"user": USER.lower()} | snapshot}]
    )
    assert frames == expected


async def test_a_second_subscription_is_refused_and_the_first_stays(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="l2Book", coin="BTC")
        refused = await client.subscribe(type="l2Book", coin="BTC")
        desk.at(1_000, book(1_000, "99.0", "101.0"))
        frames = await client.settled()

    assert refused == {"channel": "error", "data": f"Already subscribed: {ECHO}"}
    assert [frame["channel"] for frame in frames] == ["l2Book"]


async def test_nothing_comes_after_unsubscribing(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        feed = {"type": "bbo", "coin": "BTC"}
        await client.send({"method": "unsubscribe", "subscription": feed})
        acknowledged = await client.frame()
        desk.at(1_000, book(1_000, "99.0", "101.0"))

        assert acknowledged["data"] == {"method": "unsubscribe", "subscription": feed}
        assert await client.settled() == []


async def test_a_quote_comes_only_when_it_changed(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        desk.at(1_000, book(1_000, "99.0", "101.0"))
        desk.at(1_500, book(1_500, "99.0", "101.0", size="3.0"))
        frames = await client.settled()

    assert [frame["data"]["time"] - START_MS for frame in frames] == [500, 1_500]
    assert frames[1]["data"]["bbo"][0] == {"px": "99.0", "sz": "3.0", "n": 1}


async def test_the_first_trades_are_the_recent_ones_oldest_first(desk: Desk) -> None:
    old = [trade(n, f"{n}.0") for n in range(1, 41)]
    desk.at(100, trades(*old))
    async with desk.client() as client:
        await client.subscribe(type="trades", coin="BTC")
        desk.at(200, trades(trade(200, "7.0", sz="0.25")))
        first, second = await client.settled()

    assert [trade["px"] for trade in first["data"]] == [f"{n}.0" for n in range(11, 41)]
    assert second["data"] == [
        {
            "coin": "BTC",
            "side": "B",
            "px": "7.0",
            "sz": "0.25",
            "time": START_MS + 200,
            "hash": "0x" + "a" * 64,
            "tid": START_MS + 200,
            "users": ["0x" + "1" * 40, "0x" + "2" * 40],
        }
    ]


async def test_the_first_batch_of_trades_is_as_long_as_it_is_told_to_be() -> None:
    desk = Desk(VenueOptions(recent_trades=2))
    async with desk.venue.running():
        desk.at(100, trades(*(trade(at, "1.0", tid=at) for at in (10, 20, 30))))
        async with desk.client() as client:
            await client.subscribe(type="trades", coin="BTC")
            (first,) = await client.settled()

    assert [print_["tid"] for print_ in first["data"]] == [20, 30]


async def test_a_candle_is_finished_before_the_next_begins(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="candle", coin="BTC", interval="1m")
        desk.at(
            MINUTE_MS + 1,
            trades(
                trade(10, "5.0", "1.0"),
                trade(20, "9.0", "1.5"),
                trade(MINUTE_MS + 1, "7.0", "1.0"),
            ),
        )
        frames = await client.settled()

    first, second = (frame["data"] for frame in frames)
    assert first == {
        "t": START_MS, "T": START_MS + MINUTE_MS - 1, "s": "BTC", "i": "1m",
        "o": "5.0", "c": "9.0", "h": "9.0", "l": "5.0", "v": "2.5", "n": 2,
    }  # fmt: skip
    assert (second["t"], second["o"]) == (START_MS + MINUTE_MS, "7.0")


async def test_candles_of_the_feed_are_those_of_the_snapshot(desk: Desk) -> None:
    intervals = get_args(Interval)
    async with desk.client() as client:
        for interval in intervals:
            await client.subscribe(type="candle", coin="BTC", interval=interval)
        for second in range(0, 900, 7):
            price = f"{100 + second % 13}.0"
            desk.at(second * 1000, trades(trade(second * 1000, price)))
        seen: dict[str, dict[int, Any]] = {interval: {} for interval in intervals}
        for frame in await client.settled():
            seen[frame["data"]["i"]][frame["data"]["t"]] = frame["data"]
        for interval in intervals:
            req = {"coin": "BTC", "interval": interval, "startTime": START_MS}
            found = await desk.info(type="candleSnapshot", req=req)
            assert found == list(seen[interval].values())


async def test_contexts_go_out_for_perps_and_spot_pairs(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="activeAssetCtx", coin="BTC")
        perp = await client.frame()
        await client.subscribe(type="activeAssetCtx", coin="PURR/USDC")
        spot = await client.frame()
        desk.at(3_000, book(3_000, "99.0", "101.0"))
        (update,) = await client.settled()

    assert (perp["channel"], spot["channel"]) == ("activeAssetCtx", "activeSpotAssetCtx")
    assert perp["data"]["ctx"]["midPx"] is None
    assert update["data"]["ctx"]["midPx"] == "100.0"


async def test_mids_and_all_contexts_come_at_once_and_every_second(desk: Desk) -> None:
    desk.at(0, book(0, "99.0", "101.0"))
    async with desk.client() as client:
        await client.subscribe(type="allMids")
        mids = await client.frame()
        await client.subscribe(type="allDexsAssetCtxs")
        contexts = await client.frame()
        desk.at(500)
        assert await client.settled() == []
        desk.at(1_500)
        frames = await client.settled()

    assert mids == {"channel": "allMids", "data": {"mids": {"BTC": "100.0"}}}
    assert [dex for dex, _ in contexts["data"]["ctxs"]] == ["", "xyz"]
    assert [frame["channel"] for frame in frames] == ["allMids", "allDexsAssetCtxs"]


async def test_aggregated_and_fast_books_are_sent_beside_the_whole_one(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="l2Book", coin="BTC", nSigFigs=2)
        await client.subscribe(type="l2Book", coin="BTC", fast=True)
        desk.at(500, book(500, "111.0", "119.0"))
        frames = await client.settled()

    assert [frame["data"]["levels"][0][0]["px"] for frame in frames] == ["110.0", "111.0"]


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (
            {"type": "info", "payload": {"type": "exchangeStatus"}},
            {"type": "info", "payload": {"type": "exchangeStatus",
                                         "data": {"time": 1_757_015_940_000,
                                                  "specialStatuses": None}}},
        ),
        (
            {"type": "info", "payload": {"type": "nope"}},
            {"type": "error", "payload": "422 Unprocessable Entity: Failed to deserialize the "
                                         "JSON body into the target type"},
        ),
        (
            {"type": "action", "payload": {"action": {"type": "noop"}, "nonce": 1,
                                           "signature": {"r": "0x1", "s": "0x2", "v": 27}}},
            {"type": "action", "payload": {
                "status": "err",
                "response": "User or API Wallet 0xcf6557738859e79d313e93f07127c15df1c41bf2 "
                            "does not exist."}},
        ),
        (
            {"type": "action", "payload": {}},
            {"type": "error", "payload": "422 Unprocessable Entity: Failed to deserialize the "
                                         "JSON body into the target type"},
        ),
    ],
)  # fmt: skip
async def test_a_post_is_answered_under_its_number(
    desk: Desk, request_: dict[str, Any], response: dict[str, Any]
) -> None:
    async with desk.client() as client:
        await client.send({"method": "post", "id": 77, "request": request_})

        assert await client.frame() == {"channel": "post", "data": {"id": 77, "response": response}}


async def test_a_post_weighs_as_a_request_does() -> None:
    async with open_desk(weight_per_minute=20) as desk, desk.client() as client:
        question = {"type": "info", "payload": {"type": "meta"}}
        for number in (1, 2):
            await client.send({"method": "post", "id": number, "request": question})
        await client.frame()

        assert (await client.frame())["data"]["response"] == {
            "type": "error",
            "payload": "429 Too Many Requests",
        }


async def test_a_silent_connection_is_closed() -> None:
    async with open_desk(idle_close_secs=0.05) as desk, desk.client() as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.frame()

    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "Inactive")


async def test_connections_are_cut_without_a_close_frame(desk: Desk) -> None:
    async with desk.client() as first, desk.client() as second:
        for client in (first, second):
            await client.send({"method": "ping"})
            await client.frame()
        await desk.venue.drop_connections()
        for client in (first, second):
            with pytest.raises(ConnectionClosed) as closed:
                await client.frame()
            assert closed.value.rcvd is None
    async with desk.client() as again:
        await again.subscribe(type="bbo", coin="BTC")


async def test_new_connections_can_be_refused_for_a_while(desk: Desk) -> None:
    desk.venue.refuse_connections()
    with pytest.raises(InvalidStatus) as refused:
        await connect(desk.venue.ws_url)
    desk.venue.refuse_connections(refused=False)

    assert refused.value.response.status_code == 503
    async with desk.client() as client:
        assert await client.settled() == []


async def test_a_muted_feed_is_silent_and_its_subscription_stays(desk: Desk) -> None:
    async with desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        desk.venue.mute("bbo", "BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        assert await client.settled() == []
        desk.venue.unmute("bbo", "BTC")
        desk.at(1_000, book(1_000, "98.0", "101.0"))

        assert [frame["channel"] for frame in await client.settled()] == ["bbo"]


async def test_limits_are_told_in_words_or_by_status() -> None:
    async with (
        open_desk(connections_max=1, subscriptions_max=3, users_max=1) as desk,
        desk.client() as client,
    ):
        with pytest.raises(InvalidStatus) as refused:
            await connect(desk.venue.ws_url)
        await client.subscribe(type="orderUpdates", user=USER)
        other = await client.subscribe(type="orderUpdates", user=USER.replace("01", "02"))
        await client.subscribe(type="userEvents", user=USER)
        await client.subscribe(type="bbo", coin="BTC")
        fourth = await client.subscribe(type="bbo", coin="ETH")

    assert refused.value.response.status_code == 429
    assert other["data"] == "Cannot track more than 1 total users."
    assert fourth["data"] == "Cannot track more than 3 total subscriptions."


async def test_what_was_said_is_kept_for_tests(desk: Desk) -> None:
    async with desk.client() as client:
        await client.send({"method": "ping"})
        await client.send("hello")
        await client.settled()

    kept = [(said.kind, said.body, said.connection) for said in desk.venue.received]
    assert kept[:2] == [("ws", {"method": "ping"}, 1), ("ws", "hello", 1)]


async def test_nothing_listens_after_the_venue() -> None:
    async with open_desk() as desk, desk.client() as client:
        await client.subscribe(type="bbo", coin="BTC")
        port = desk.venue.port

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
