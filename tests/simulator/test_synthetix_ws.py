"""The venue by WebSocket: frames, subscriptions, posts, limits, and clients that read one key."""

import asyncio
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.candles import MINUTE_MS
from simulator.events import Book, Event, Reference, Trades
from simulator.synthetix import VenueOptions
from simulator.synthetix_answers import Answer, Bucket, Refusal, refused
from simulator.synthetix_book import View, checksum
from simulator.synthetix_seam import AccountEvent, Liquidation, News, NoTrading
from simulator.synthetix_ws import Limits
from tests.simulator.synthetix_venues import BTC, Client, levels, open_floor, speaking
from tests.simulator.venues import START_MS, trade

ACCOUNT = "1867542890123456789"
BIDS = levels(("99999", "1.5"), ("99998", "2"))
ASKS = levels(("100001", "1"), ("100002", "3"))


class Half(NoTrading):
    """A trading half with one account, which tells of what it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def authenticate(self, message: str, signature: str, now_ms: int) -> str | Refusal:
        if (message, signature, now_ms) == ("{}", "0x1", START_MS):
            return ACCOUNT
        return Refusal("UNAUTHORIZED", "invalid signature")

    def handle_trade(self, body: bytes, _now_ms: int) -> Answer:
        self.bodies.append(body)
        if b"cancel" in body:
            return refused("UNAUTHORIZED", "nonce already used")
        self.on_news(News(account_events=[AccountEvent(ACCOUNT, {"eventType": "orderPlaced"})]))
        return Answer(response={"statuses": []}, rate_limit=Bucket(1000, 995))


def book(elapsed_ms: int, bids: Any = BIDS, asks: Any = ASKS) -> Book:  # noqa: ANN401
    return Book("BTC", START_MS + elapsed_ms, bids, asks)


def prints(elapsed_ms: int, *sizes: str) -> Event:
    return Trades("BTC", tuple(
        trade(elapsed_ms, "100001", size, tid=number) for number, size in enumerate(sizes, 1)
    ))  # fmt: skip


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


# Books.


async def test_a_book_is_a_snapshot_and_then_what_changed() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        ack = await client.subscribe("orderbook", symbol=BTC, depth=10)
        first = await client.frame()
        floor.at(300, book(300, levels(("99999", "1.25"), ("99998", "2"))))
        second = await client.frame()

    assert ack["result"] == {"status": "subscribed", "type": "orderbook", "symbol": BTC}
    start = first["meseq"]
    assert first == {
        "method": "orderbook_depth_update", "channel": "orderbookUpdate", "type": "snapshot",
        "meseq": start, "checksum": "ca451a44", "timestamp": START_MS,
        "data": {
            "symbol": BTC, "timestamp": "2025-09-04T19:59:00.000Z",
            "bids": [{"price": "99999", "quantity": "1.5"}, {"price": "99998", "quantity": "2"}],
            "asks": [{"price": "100001", "quantity": "1"}, {"price": "100002", "quantity": "3"}],
        },
    }  # fmt: skip
    assert second == {
        "method": "orderbook_depth_update", "channel": "orderbookUpdate", "type": "diff",
        "meseq": start + 1, "prevMeseq": start, "checksum": "21795529",
        "timestamp": START_MS + 300,
        "data": {
            "symbol": BTC, "timestamp": "2025-09-04T19:59:00.300Z",
            "bids": [{"price": "99999", "quantity": "1.25"}], "asks": [],
        },
    }  # fmt: skip


async def test_a_level_that_leaves_the_window_is_deleted() -> None:
    ten = [(str(99_999 - i), "1") for i in range(10)]
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0, levels(*ten)))
        await client.subscribe("orderbook", symbol=BTC, depth=10)
        await client.frame()
        floor.at(250, book(250, levels(("100000", "1"), *ten)))
        diff = await client.frame()

    assert diff["data"]["bids"] == [
        {"price": "100000", "quantity": "1"},
        {"price": "99990", "quantity": "0"},
    ]
    window = View((("100000", "1"), *ten[:9]), (("100001", "1"), ("100002", "3")))
    assert diff["checksum"] == checksum(window)


async def test_changes_below_the_window_leave_no_gap() -> None:
    ten = [(str(99_999 - i), "1") for i in range(10)]
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0, levels(*ten, ("99000", "1"))))
        await client.subscribe("orderbook", symbol=BTC, depth=10)
        first = await client.frame()
        floor.at(250, book(250, levels(*ten, ("99000", "7"))))
        assert await client.settled() == []
        floor.at(500, book(500, levels(("99999", "2"), *ten[1:])))
        diff = await client.frame()

    assert diff["prevMeseq"] == first["meseq"]
    assert diff["meseq"] == first["meseq"] + 2


async def test_books_come_as_often_as_asked_with_all_that_changed() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        await client.subscribe("orderbook", symbol=BTC, updateFrequencyMs=1000)
        first = await client.frame()
        for elapsed_ms in (400, 800):
            floor.at(elapsed_ms, book(elapsed_ms, levels(("99999", f"{elapsed_ms}"))))
        assert await client.settled() == []
        floor.at(1000)
        diff = await client.frame()

    assert diff["data"]["bids"][0] == {"price": "99999", "quantity": "800"}
    assert (diff["prevMeseq"], diff["meseq"]) == (first["meseq"], first["meseq"] + 2)


async def test_a_book_of_snapshots_is_told_whole_each_time() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        await client.subscribe("orderbook", symbol=BTC, format="snapshot")
        await client.frame()
        floor.at(250, book(250, levels(("99999", "1.25"), ("99998", "2"))))
        again = await client.frame()

    assert (again["type"], again["checksum"]) == ("snapshot", "21795529")
    assert len(again["data"]["bids"]) == len(again["data"]["asks"]) == 2
    assert "prevMeseq" not in again


async def test_subscribing_again_tells_the_book_anew_and_is_left_once_for_each() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        kinds = []
        for _ in range(2):
            await client.subscribe("orderbook", symbol=BTC)
            kinds.append((await client.frame())["type"])
        left = await client.call("unsubscribe", type="orderbook", symbol=BTC)
        floor.at(250, book(250, levels(("99999", "7"))))
        still = await client.frame()
        await client.call("unsubscribe", type="orderbook", symbol=BTC)
        floor.at(500, book(500, levels(("99999", "8"))))
        rest = await client.settled()

    assert kinds == ["snapshot", "snapshot"]
    assert left["result"]["status"] == "unsubscribed"
    assert still["type"] == "diff"
    assert rest == []


async def test_an_empty_book_has_the_checksum_of_nothing() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("orderbook", symbol=BTC)
        first = await client.frame()

    assert first["checksum"] == "00000000"


async def test_a_market_that_closes_loses_its_book() -> None:
    async with open_floor() as floor, floor.client() as client:
        floor.at(0, book(0))
        await client.subscribe("orderbook", symbol=BTC)
        await client.frame()
        floor.venue.set_status(BTC, is_open=False)
        floor.at(250)
        diff = await client.frame()

    assert {level["quantity"] for level in diff["data"]["bids"]} == {"0"}
    assert diff["checksum"] == "00000000"


async def test_padded_decimals_stand_in_the_book_and_in_its_checksum() -> None:
    async with open_floor(speaking(decimals="padded")) as floor, floor.client() as client:
        floor.at(0, book(0))
        await client.subscribe("orderbook", symbol=BTC, depth=10)
        first = await client.frame()

    assert first["data"]["bids"][0] == {"price": "99999", "quantity": "1.50000"}
    bids = (("99999", "1.50000"), ("99998", "2.00000"))
    assert first["checksum"] == checksum(View(bids, (("100001", "1.00000"), ("100002", "3.00000"))))


# Other feeds.


async def test_trades_come_one_by_one_to_their_market_and_to_all() -> None:
    async with open_floor() as floor, floor.client() as one, floor.client() as every:
        await one.subscribe("trades", symbol=BTC)
        await every.subscribe("trades", symbol="ALL")
        floor.at(5, prints(5, "0.1", "0.2"))
        heard, heard_by_all = await one.settled(), await every.settled()

    assert heard == heard_by_all
    assert len(heard) == 2
    assert heard[0] == {
        "method": "trade", "channel": "trade", "timestamp": START_MS + 5,
        "data": {
            "tradeId": "1", "symbol": BTC, "side": "buy", "price": "100001", "quantity": "0.1",
            "timestamp": "2025-09-04T19:59:00.005Z", "isMaker": False,
        },
    }  # fmt: skip


async def test_trades_may_come_as_a_list() -> None:
    async with open_floor(speaking(trades="list")) as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        floor.at(5, prints(5, "0.1", "0.2"))
        heard = await client.settled()

    assert [[row["tradeId"] for row in frame["data"]] for frame in heard] == [["1", "2"]]


async def test_prices_are_told_as_they_move() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("marketPrices", symbol="ALL")
        mark = Reference("BTC", START_MS + 5, Decimal("99998.7"), Decimal(100_000), Decimal(1))
        floor.at(5, book(5), prints(5, "0.1"), mark)
        heard = await client.settled()

    moved = [(frame["data"]["updateType"], frame["data"]["price"]) for frame in heard]
    assert ("mid", "100000") in moved
    assert ("last", "100001") in moved
    assert moved[-2:] == [("mark", "100000"), ("index", "99998.7")]
    assert heard[-1]["method"] == "market_price_update"
    assert heard[-1]["channel"] == "marketPriceUpdate"
    assert heard[-1]["data"]["symbol"] == BTC
    assert heard[-1]["data"]["lastUpdateTime"] == "2025-09-04T19:59:00.005Z"


async def test_prices_may_come_as_a_ticker() -> None:
    async with open_floor(speaking(prices="ticker")) as floor, floor.client() as client:
        await client.subscribe("marketPrices", symbol=BTC)
        mark = Reference("BTC", START_MS + 4000, Decimal(99_998), Decimal(100_000), Decimal(1))
        floor.at(4000, mark)
        heard = await client.settled()

    assert [frame["data"]["markPrice"] for frame in heard] == ["100000"]
    assert heard[0]["data"]["indexPrice"] == "99998"


async def test_the_open_candle_is_told_at_each_trade() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("candles", symbol=BTC, timeframe="1m")
        floor.at(5, prints(5, "0.5"))
        floor.at(MINUTE_MS, prints(MINUTE_MS, "1"))
        heard = await client.settled()

    assert heard[0] == {
        "method": "candle_update", "channel": "candleUpdate", "timestamp": START_MS + 5,
        "data": {
            "symbol": BTC, "timeframe": "1m", "open_price": "100001", "high_price": "100001",
            "low_price": "100001", "close_price": "100001", "volume": "0.5",
            "quote_volume": "50000.5", "trade_count": 1,
            "open_time": "2025-09-04T19:59:00.000Z", "close_time": "2025-09-04T19:59:59.999Z",
        },
    }  # fmt: skip


async def test_liquidations_are_told_to_those_of_their_market() -> None:
    trading = Half()
    data: dict[str, object] = {"eventId": "1", "market": BTC, "side": "sell"}
    async with open_floor(trading=trading) as floor, floor.client() as client:
        await client.subscribe("liquidations", symbol=BTC)
        trading.on_news(News(liquidations=[Liquidation("ETH-USDT", {}), Liquidation(BTC, data)]))
        heard = await client.settled()

    assert [(frame["channel"], frame["data"]) for frame in heard] == [("liquidation", data)]


async def test_a_muted_feed_is_silent_until_it_is_heard_again() -> None:
    async with open_floor() as floor, floor.client() as client:
        await client.subscribe("trades", symbol=BTC)
        floor.venue.mute("trades", BTC)
        floor.at(5, prints(5, "0.1"))
        silent = await client.settled()
        floor.venue.unmute("trades", BTC)
        floor.at(6, Trades("BTC", (trade(6, "1", tid=9),)))
        heard = await client.settled()

    assert silent == []
    assert [frame["data"]["tradeId"] for frame in heard] == ["9"]


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
