"""What subscribers hear of books, trades, prices, candles and liquidations."""

from decimal import Decimal

from simulator.candles import MINUTE_MS
from simulator.events import Reference, Trades
from simulator.synthetix_book import View, checksum
from simulator.synthetix_seam import Liquidation, News
from tests.simulator.synthetix_halves import Half, book, prints
from tests.simulator.synthetix_venues import BTC, levels, open_floor, speaking
from tests.simulator.venues import START_MS, trade

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
