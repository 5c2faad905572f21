"""What the venue answers to each question about its markets, wallets and terms."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import requests

from simulator.candles import DAY_MS, MINUTE_MS, Bar
from simulator.events import Book, Funding, MinuteCandle, Reference, Trades
from simulator.market import HOUR_MS
from simulator.synthetix import SynthetixVenue, VenueOptions
from simulator.synthetix_seam import NoTrading, SubAccounts
from simulator.wire import FundingRate
from tests.simulator.synthetix_venues import BTC, Floor, levels, open_floor, speaking
from tests.simulator.venues import DEADLINE_SECS, START_MS, trade

WALLET = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
HOUR_AFTER_MS = START_MS + MINUTE_MS  # the venue starts a minute before a full hour


class Owner(NoTrading):
    """A trading half in which one wallet has accounts."""

    def sub_accounts(self, wallet_address: str) -> SubAccounts:
        return (
            SubAccounts(("1867542890123456789",), ("7",))
            if wallet_address == WALLET
            else (SubAccounts())
        )

    def is_whitelisted(self, wallet_address: str) -> bool:
        return wallet_address == WALLET


def quoted(floor: Floor) -> None:
    """Let BTC have a book, trades and a mark."""
    bids = levels(("99999", "1.5"), ("99998", "2"))
    asks = levels(("100001", "1"), ("100002", "3"))
    mark = Reference("BTC", START_MS + 10, Decimal("99998.7"), Decimal(100_000), Decimal("175.1"))
    prints = (trade(1, "100001", "0.1", tid=1), trade(2, "99999.0", "0.25", tid=2))
    floor.at(10, Trades("BTC", prints), Book("BTC", START_MS + 10, bids, asks), mark)


def bar(time_ms: int, close: int, volume: str = "2") -> Bar:
    size = Decimal(volume)
    price = Decimal(close)
    return Bar(time_ms, price - 1, price + 2, price - 2, price, size, size * price, 3)


async def test_markets_say_what_may_be_traded() -> None:
    async with open_floor() as floor:
        floor.venue.set_status("ETH-USDT", is_open=False)
        floor.venue.set_status("WTI-USDT", is_open=True, close_only=True)
        every = {row["symbol"]: row for row in await floor.info("getMarkets")}
        active = [row["symbol"] for row in await floor.info("getMarkets", activeOnly=True)]

    btc = every[BTC]
    tiers = btc.pop("maintenanceMarginTiers")
    assert btc == {
        "symbol": "BTC-USDT", "description": "Bitcoin perpetual", "baseAsset": "BTC",
        "quoteAsset": "USDT", "settleAsset": "USDT", "isOpen": True, "isCloseOnly": False,
        "priceExponent": 0, "quantityExponent": 5, "priceIncrement": "1",
        "minOrderSize": "0.001", "orderSizeIncrement": "0", "contractSize": 1,
        "maxMarketOrderSize": "10", "maxLimitOrderSize": "100", "minOrderPrice": "1",
        "limitOrderPriceCapRatio": "0.05", "limitOrderPriceFloorRatio": "0.05",
        "marketOrderPriceCapRatio": "0.05", "marketOrderPriceFloorRatio": "0.05",
        "liquidationClearanceFee": "0.005", "minNotionalValue": "10",
    }  # fmt: skip
    assert tiers[1] == {
        "minPositionSize": "1000001", "maxPositionSize": "50000000", "maxLeverage": 50,
        "initialMarginRequirement": "0.02", "maintenanceMarginRequirement": "0.01",
        "maintenanceDeductionValue": "5000",
    }  # fmt: skip
    assert tiers[2]["maxPositionSize"] == ""
    assert [every[name]["isOpen"] for name in (BTC, "ETH-USDT", "WTI-USDT")] == [True, False, True]
    assert every["WTI-USDT"]["isCloseOnly"] is True
    assert active == [BTC, "WTI-USDT"]


async def test_prices_tell_all_of_a_market_in_short_decimals() -> None:
    async with open_floor() as floor:
        quoted(floor)
        prices = await floor.info("getMarketPrices")
        mids = await floor.info("getMids")

    btc = prices[BTC]
    assert btc == {
        "symbol": BTC, "bestBid": "99999", "bestAsk": "100001", "markPrice": "100000",
        "indexPrice": "99998.7", "lastPrice": "99999", "prevDayPrice": "99999",
        "volume24h": "0.35", "quoteVolume24h": "34999.85", "fundingRate": "0.0000125",
        "openInterest": "350.2", "timestamp": START_MS + 10, "periodStats": {},
    }  # fmt: skip
    assert prices["WTI-USDT"]["onHours"] is True
    assert prices["WTI-USDT"]["bestBid"] == "0"
    assert mids[BTC] == "100000"


async def test_unknown_figures_may_be_blank() -> None:
    async with open_floor(speaking(blank_zeros=True)) as floor:
        row = (await floor.info("getMarketPrices"))["WTI-USDT"]
        funding = await floor.info("getFundingRate", symbol="WTI-USDT")

    assert row["bestBid"] == row["markPrice"] == row["volume24h"] == ""
    assert funding["lastSettlementRate"] == ""


async def test_a_closed_market_has_no_price() -> None:
    async with open_floor() as floor:
        quoted(floor)
        floor.venue.set_status(BTC, is_open=False)
        prices = await floor.info("getMarketPrices")
        book = await floor.info("getOrderbook", symbol=BTC)

    assert BTC not in prices
    assert book == {"bids": [], "asks": []}


async def test_periods_are_told_as_far_as_history_reaches() -> None:
    async with SynthetixVenue(VenueOptions()).running() as venue:
        body = {"params": {"action": "getMarketPrices"}}
        url = f"{venue.http_url}/info"
        answer = await asyncio.to_thread(requests.post, url, json=body, timeout=DEADLINE_SECS)
    stats = answer.json()["response"][BTC]["periodStats"]

    assert set(stats) == {"1h", "24h", "7d"}
    volumes = [Decimal(stats[window]["volume"]) for window in ("1h", "24h", "7d")]
    assert 0 < volumes[0] < volumes[1] < volumes[2]


async def test_the_book_is_told_best_first_up_to_a_limit() -> None:
    async with open_floor() as floor:
        bids = levels(*((str(99_999 - i), "1") for i in range(7)))
        floor.at(0, Book("BTC", START_MS, bids, levels(("100001", "1.50"))))
        whole = await floor.info("getOrderbook", symbol="btc-usdt")
        five = await floor.info("getOrderbook", symbol=BTC, limit=5)
        wrong = await floor.ask("getOrderbook", symbol=BTC, limit=7)

    assert whole["asks"] == [["100001", "1.5"]]
    assert whole["bids"] == [[str(99_999 - i), "1"] for i in range(7)]
    assert five["bids"] == whole["bids"][:5]
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_the_last_trades_come_newest_first() -> None:
    async with open_floor() as floor:
        quoted(floor)
        both = (await floor.info("getLastTrades", symbol=BTC))["trades"]
        older = (await floor.info("getLastTrades", symbol=BTC, limit=1, offset=1))["trades"]
        wrong = [await floor.ask("getLastTrades", symbol=BTC, limit=n) for n in (0, 101)]

    assert both[0] == {
        "tradeId": "2", "symbol": BTC, "side": "buy", "price": "99999", "quantity": "0.25",
        "timestamp": START_MS + 2, "isMaker": False,
    }  # fmt: skip
    assert [row["tradeId"] for row in both] == ["2", "1"]
    assert older == both[1:]
    assert [one.status_code for one in wrong] == [400, 400]


async def test_candles_are_told_by_time_and_null_without_any() -> None:
    async with open_floor() as floor:
        none = await floor.info("getCandles", symbol="ETH-USDT", interval="1m")
        bars = [bar(START_MS + i * MINUTE_MS, 100 + i) for i in range(5)]
        floor.at(4 * MINUTE_MS, *(MinuteCandle("BTC", one) for one in bars))
        asked: dict[str, Any] = {"symbol": BTC, "interval": "1m"}
        every = (await floor.info("getCandles", **asked))["candles"]
        newest = (await floor.info("getCandles", **asked, limit=2))["candles"]
        start = START_MS + MINUTE_MS
        some = await floor.info("getCandles", **asked, startTime=start, endTime=start + MINUTE_MS)
        first = (await floor.info("getCandles", **asked, startTime=start, limit=1))["candles"]
        quarter = (await floor.info("getCandles", symbol=BTC, interval="3M"))["candles"]

    assert none == {"symbol": "ETH-USDT", "interval": "1m", "candles": None}
    assert every[0] == {
        "openTime": START_MS, "closeTime": START_MS + MINUTE_MS - 1, "openPrice": "99",
        "highPrice": "102", "lowPrice": "98", "closePrice": "100", "volume": "2",
        "quoteVolume": "200", "tradeCount": 3,
    }  # fmt: skip
    assert [row["closePrice"] for row in every] == ["100", "101", "102", "103", "104"]
    assert newest == every[-2:]
    assert some["candles"] == every[1:3]
    assert first == every[1:2]
    assert (quarter[0]["openTime"], quarter[0]["volume"]) == (1_751_328_000_000, "10")  # 1 July


@pytest.mark.parametrize("interval", ["3m", "2h", "6h", "", None])
async def test_an_interval_that_does_not_exist_is_refused(interval: str | None) -> None:
    async with open_floor() as floor:
        response = await floor.ask("getCandles", symbol=BTC, interval=interval)

    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Invalid request parameters"


async def test_funding_is_settled_at_the_full_hour() -> None:
    async with open_floor() as floor:
        quoted(floor)
        before = await floor.info("getFundingRate", symbol=BTC)
        floor.at(MINUTE_MS + 500)
        after = await floor.info("getFundingRate", symbol=BTC)
        unknown = await floor.ask("getFundingRate", symbol="DOGE-USDT")

    assert before["nextFundingTime"] == after["lastSettlementTime"] == HOUR_AFTER_MS
    assert after == {
        "symbol": BTC,
        "estimatedFundingRate": "0.0000125",
        "lastSettlementRate": "0.0000125",
        "lastSettlementTime": HOUR_AFTER_MS,
        "nextFundingTime": HOUR_AFTER_MS + HOUR_MS,
        "fundingInterval": HOUR_MS,
    }
    assert unknown.status_code == 404
    assert unknown.json()["error"]["message"] == "Funding rate not found"


async def test_the_history_of_funding_is_bounded_and_newest_first() -> None:
    async with open_floor() as floor:
        hours = [HOUR_AFTER_MS - i * HOUR_MS for i in (3, 2, 1)]
        rates = [FundingRate("BTC", f"0.000{i}", "0", hour + 40) for i, hour in enumerate(hours)]
        floor.market.push(*(Funding("BTC", rate) for rate in rates))
        floor.venue.advance()
        asked = {"symbol": BTC, "startTime": hours[0], "endTime": hours[2]}
        every = await floor.info("getFundingRateHistory", **asked)
        one = await floor.info("getFundingRateHistory", **asked, limit=1)
        wrong = [
            await floor.ask("getFundingRateHistory", symbol=BTC, **times)
            for times in (
                {"startTime": START_MS - 30 * DAY_MS - 1, "endTime": START_MS},
                {"startTime": START_MS},
                {"startTime": START_MS, "endTime": START_MS - 1},
            )
        ]
        edge = START_MS - 30 * DAY_MS
        just = await floor.ask(
            "getFundingRateHistory", symbol=BTC, startTime=edge, endTime=START_MS
        )

    assert every["fundingRates"] == [
        {"fundingRate": "0.0002", "fundingTime": hours[2], "appliedAt": hours[2] + 40},
        {"fundingRate": "0.0001", "fundingTime": hours[1], "appliedAt": hours[1] + 40},
        {"fundingRate": "0", "fundingTime": hours[0], "appliedAt": hours[0] + 40},
    ]
    assert one["fundingRates"] == every["fundingRates"][:1]
    assert [answer.status_code for answer in wrong] == [400, 400, 400]
    assert just.status_code == 200


async def test_open_interest_is_the_sum_of_both_sides() -> None:
    async with open_floor() as floor:
        quoted(floor)
        rows = await floor.info("getOpenInterest")

    assert rows[0] == {
        "symbol": BTC, "openInterest": "350.2", "longOpenInterest": "175.1",
        "shortOpenInterest": "175.1", "timestamp": START_MS + 10,
    }  # fmt: skip
    assert [row["symbol"] for row in rows] == [BTC, "ETH-USDT", "WTI-USDT"]


async def test_wallets_are_known_by_their_checksummed_address() -> None:
    async with open_floor(trading=Owner()) as floor:
        owned = await floor.info("getSubAccountIds", walletAddress=WALLET)
        both = await floor.info("getSubAccountIds", walletAddress=WALLET, includeDelegations=True)
        whitelisted = await floor.info("getIsWhitelisted", walletAddress=WALLET)
        lower = await floor.ask("getSubAccountIds", walletAddress=WALLET.lower())

    assert owned == ["1867542890123456789"]
    assert both == {"subAccountIds": owned, "delegatedSubAccountIds": ["7"]}
    assert whitelisted is True
    assert lower.status_code == 400


async def test_terms_are_told() -> None:
    async with open_floor() as floor:
        tiers = await floor.info("getTiers")
        collaterals = await floor.info("getCollaterals")
        leverage = await floor.info("getMaxLeverage", symbol=BTC)

    assert [tier["takerFeeRate"] for tier in tiers][:2] == ["0.0005", "0.0004"]
    assert [tier["minTradeVolume"] for tier in tiers][-1] == "5000000000"
    assert [row["collateral"] for row in collaterals] == ["USDT", "WETH"]
    assert collaterals[1]["market"] == "ETH-USDT"
    assert leverage == {"symbol": BTC, "maxLeverage": 100}


@pytest.mark.parametrize(
    ("symbol", "status", "code"),
    [
        ("", 400, "VALIDATION_ERROR"),
        ("BTC", 400, "VALIDATION_ERROR"),
        ("B" * 16 + "-USDT", 400, "VALIDATION_ERROR"),
        ("DOGE-USDT", 404, "NOT_FOUND"),
        (7, 400, "VALIDATION_ERROR"),
    ],
)
async def test_a_symbol_that_is_none_is_refused(symbol: object, status: int, code: str) -> None:
    async with open_floor() as floor:
        response = await floor.ask("getOrderbook", symbol=symbol)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_a_new_market_is_listed() -> None:
    async with open_floor() as floor:
        floor.venue.add_coin("XRP", 0, 10)
        rows = {row["symbol"]: row for row in await floor.info("getMarkets")}
        book = await floor.info("getOrderbook", symbol="XRP-USDT")

    assert rows["XRP-USDT"]["quantityExponent"] == 0
    assert rows["XRP-USDT"]["priceIncrement"] == "0.000001"
    assert msgspec.json.encode(book) == b'{"bids":[],"asks":[]}'
