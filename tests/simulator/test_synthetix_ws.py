"""The venue by WebSocket: frames, posts, accounts, limits, and clients that read one key."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.synthetix import VenueOptions
from simulator.synthetix_seam import AccountEvent, News
from simulator.synthetix_ws import Limits
from tests.simulator.synthetix_halves import ACCOUNT, Half, book, prints
from tests.simulator.synthetix_venues import BTC, Client, open_floor, speaking
from tests.simulator.venues import START_MS

# Frames.


async def test_a_ping_is_answered_under_both_keys() -> None:
    async with open_floor() as floor, floor.client() as client:
        reply = await client.call("ping")

    assert reply == {"id": "1", "requestId": "1", "status": 200, "result": {"status": "pong"}}


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ('{"id":1,"method":"ping","params":{}}', "The id must be a string"),
        ('{"method":"ping"}', "The id must be a string"),
        ("{", "Invalid request format"),
        ("[]", "Invalid request format"),
        ('{"id":"1"}', "Invalid request format"),
    ],
)
async def test_a_frame_that_is_none_is_refused(frame: str, words: str) -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.send(frame)
        reply = await client.frame()

    assert (reply["status"], reply["error"]) == (400, {"code": 400, "message": words})


async def test_an_unknown_method_is_refused_under_its_id() -> None:
    async with open_floor() as floor, floor.client() as client:
        replies = [await client.call("cancel"), await client.call("auth")]

    assert [(one["id"], one["requestId"], one["status"]) for one in replies] == [
        ("1", "1", 400),
        ("2", "2", 400),
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"type": "nothing", "symbol": BTC},
        {"type": "trades"},
        {"type": "trades", "symbol": "DOGE-USDT"},
        {"type": "orderbook", "symbol": "ALL"},
        {"type": "orderbook", "symbol": BTC, "depth": 20},
        {"type": "orderbook", "symbol": BTC, "format": "full"},
        {"type": "orderbook", "symbol": BTC, "depth": 100, "updateFrequencyMs": 50},
        {"type": "orderbook", "symbol": BTC, "updateFrequencyMs": 10},
        {"type": "candles", "symbol": BTC, "timeframe": "3m"},
        {"type": "liquidations", "symbol": "ALL"},
        {"type": "subAccountUpdates"},
    ],
)
async def test_a_subscription_that_does_not_exist_is_refused(params: dict[str, object]) -> None:
    async with open_floor() as floor, floor.client() as client:
        reply = await client.call("subscribe", **params)

    assert reply["status"] == 400


async def test_questions_may_be_posted() -> None:
    async with open_floor() as floor, floor.client() as client:
        good = await client.call("post", action="getMaxLeverage", symbol=BTC)
        bad = await client.call("post", action="getMaxLeverage", symbol="DOGE-USDT")

    assert good["status"] == 200
    assert good["result"] == {
        "status": "success",
        "response": {"symbol": BTC, "maxLeverage": 100},
    }
    assert good["ipRateLimit"]["requestsCap"] == 10_000
    assert (bad["status"], bad["error"]["code"]) == (404, 404)


# Accounts.


async def test_the_private_side_wants_an_auth_first() -> None:
    trading = Half()
    async with open_floor(trading=trading) as floor, floor.client("trade") as client:
        early = [
            await client.call("post", action="placeOrders"),
            await client.subscribe("subAccountUpdates", sub_account_id=ACCOUNT),
            await client.call("auth", message="{}", signature="0x2"),
            await client.call("auth", message="{}"),
        ]
        auth = await client.call("auth", message="{}", signature="0x1")
        ack = await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
        other = await client.subscribe("subAccountUpdates", subAccountId="2")

    assert [one["status"] for one in early] == [401, 401, 401, 400]
    assert auth["status"] == 200
    assert ack["result"]["type"] == "subAccountUpdates"
    assert other["status"] == 403
    assert trading.bodies == []


async def test_a_posted_order_reaches_the_trading_half_as_a_request() -> None:
    trading = Half()
    order = {"action": "placeOrders", "orders": [], "signature": {"v": 27}, "nonce": 5}
    async with open_floor(trading=trading) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
        push = await client.call("post", **order)
        reply = await client.frame()
        refusal = await client.call("post", action="cancelOrders")

    assert push == {
        "method": "subAccountEvent", "channel": "subAccountUpdate", "timestamp": START_MS,
        "data": {"subAccountId": ACCOUNT, "eventType": "orderPlaced"},
    }  # fmt: skip
    assert reply["result"] == {"status": "success", "response": {"statuses": []}}
    assert reply["rateLimit"] == {"requestsCap": 1000, "remainingTokens": 995}
    assert (refusal["status"], refusal["error"]["message"]) == (401, "nonce already used")
    assert trading.bodies[0] == (
        b'{"params":{"action":"placeOrders","orders":[]},"signature":{"v":27},"nonce":5}'
    )


async def test_an_account_hears_on_each_of_its_connections_until_it_leaves() -> None:
    trading = Half()
    news = News(account_events=[AccountEvent(ACCOUNT, {"eventType": "trade"})])
    async with (
        open_floor(trading=trading) as floor,
        floor.client("trade") as one,
        floor.client("trade") as two,
    ):
        for client in (one, two):
            await client.call("auth", message="{}", signature="0x1")
            await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
        trading.on_news(news)
        both = [len(await client.settled()) for client in (one, two)]
        await two.call("unsubscribe", type="subAccountUpdates", subAccountId=ACCOUNT)
        trading.on_news(news)
        after = [len(await client.settled()) for client in (one, two)]

    assert both == [1, 1]
    assert after == [1, 0]


# Limits.


async def test_a_client_that_does_not_sign_in_is_sent_away() -> None:
    limits = Limits(auth_secs=0.05)
    async with open_floor(VenueOptions(limits=limits)) as floor, floor.client("trade") as client:
        with pytest.raises(ConnectionClosed) as ended:
            await client.frame()

    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1008, "authentication timeout")


async def test_a_client_that_signed_in_in_time_stays() -> None:
    limits = Limits(auth_secs=0.3)
    options = VenueOptions(limits=limits)
    async with open_floor(options, Half()) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        await asyncio.sleep(0.4)
        assert (await client.call("ping"))["status"] == 200


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(idle_secs=0.05), "idle"),
        (Limits(lifetime_secs=0.05), "connection lifetime exceeded"),
    ],
)
async def test_a_silent_or_old_connection_is_closed(limits: Limits, reason: str) -> None:
    async with open_floor(VenueOptions(limits=limits)) as floor, floor.client() as client:
        with pytest.raises(ConnectionClosed) as ended:
            await client.frame()

    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1000, reason)


async def test_connections_and_subscriptions_may_be_capped() -> None:
    options = VenueOptions(limits=Limits(connections=1, subscriptions=1))
    async with open_floor(options) as floor, floor.client() as client:
        first = await client.subscribe("trades", symbol=BTC)
        again = await client.subscribe("trades", symbol=BTC)
        second = await client.subscribe("trades", symbol="ETH-USDT")
        with pytest.raises(InvalidStatus) as refused_:
            async with connect(f"{floor.venue.ws_url}/info"):
                pass

    assert [one["status"] for one in (first, again, second)] == [200, 200, 400]
    assert refused_.value.response.status_code == HTTPStatus.TOO_MANY_REQUESTS


async def test_connections_are_cut_and_refused_by_hand() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        await floor.venue.drop_connections()
        with pytest.raises(ConnectionClosed) as ended:
            await client.frame()
        floor.venue.refuse_connections()
        with pytest.raises(InvalidStatus):
            async with connect(f"{floor.venue.ws_url}/info"):
                pass
        floor.at(5, prints(5, "0.1"))  # nobody is left to hear it

    assert ended.value.rcvd is None


# Clients that look at one key only (fact sheet 6.2 and 6.3).


class GoClient:
    """Finds replies by `id`, as the Go SDK's public side does, and pushes by `channel`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, number: str, method: str, **params: object) -> dict[str, Any]:
        await self._client.send({"id": number, "method": method, "params": params})
        while (frame := await self._client.frame()).get("id") != number:
            pass
        return frame


async def test_a_go_style_client_finds_its_replies_by_id() -> None:
    async with open_floor() as floor, floor.client() as line:
        floor.at(0, book(0))
        client = GoClient(line)
        acks = [
            await client.call("a", "subscribe", type="orderbook", symbol=BTC),
            await client.call("b", "ping"),
            await client.call("c", "post", action="getMids"),
        ]

    assert [ack["status"] for ack in acks] == [200, 200, 200]
    assert acks[2]["result"]["response"][BTC] == "100000"


@pytest.mark.parametrize("push", ["both", "channel", "method"])
async def test_a_stocksharp_style_client_hears_what_has_a_channel(push: str) -> None:
    async with open_floor(speaking(push=push), Half()) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        for kind in ("trades", "orderbook", "marketPrices"):
            await client.subscribe(kind, symbol=BTC)
        await client.subscribe("candles", symbol=BTC, timeframe="1m")
        await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
        floor.at(250, book(250), prints(250, "1"))
        await client.call("post", action="placeOrders")
        heard = [frame for frame in await client.settled() if "data" in frame]

    channels = {frame.get("channel") for frame in heard}
    methods = {frame.get("method") for frame in heard}
    named = {"trade", "marketPriceUpdate", "candleUpdate"}
    called = {"trade", "market_price_update", "candle_update"}
    assert channels >= named if push != "method" else channels == {None}
    assert methods >= called if push != "channel" else methods == {None}
