"""How the market reaches the engine: what orders meet, when, and how often the same size trades."""

from decimal import Decimal

from simulator.events import Bbo, Book
from simulator.exchange.events import Filled, Refused
from simulator.exchange.model import Side, Tif, Trigger, TriggerKind
from simulator.hyperliquid_feeds import OrderUpdates
from simulator.hyperliquid_user_wire import LIQUIDATOR_ADDRESS
from simulator.market import HOUR_MS
from simulator.outside import Outside
from simulator.wire import Level
from tests.simulator.trading_setup import (
    BTC,
    BUY,
    ETH,
    SELL,
    TSLA,
    USER,
    Bench,
    D,
    order,
    reference,
)
from tests.simulator.venues import START_MS, book, trade, trades


def outside(bench: Bench, side: Side, asset: int = BTC) -> list[tuple[Decimal, Decimal]]:
    return list(bench.trading.exchange.market(asset).book.levels(side))


def quote(elapsed_ms: int, bid: str | None, ask: str | None, size: str = "1.0") -> Bbo:
    top = [None if px is None else Level(px, size, 1) for px in (bid, ask)]
    return Bbo("BTC", START_MS + elapsed_ms, *top)


def deep(elapsed_ms: int) -> Book:
    bids = tuple(Level(px, "2.0", 1) for px in ("99.0", "98.0", "97.0"))
    asks = tuple(Level(px, "2.0", 1) for px in ("101.0", "102.0", "103.0"))
    return Book("BTC", START_MS + elapsed_ms, bids, asks)


def test_orders_meet_the_newest_book() -> None:
    bench = Bench()
    bench.at(0, deep(0))

    reply = bench.place(order(BUY, "102", "3", tif=Tif.IOC))

    assert isinstance(reply.outcomes[0], Filled)
    assert reply.outcomes[0].price == (2 * D(101) + 102) / 3
    assert outside(bench, SELL) == [(102, 1), (103, 2)]
    bench.at(500, deep(500))
    assert outside(bench, SELL) == [(101, 2), (102, 2), (103, 2)]


def test_a_quote_without_a_book_is_the_top_of_what_orders_meet() -> None:
    bench = Bench()
    bench.at(0, deep(0))
    bench.at(100, quote(100, "97.5", "102.5"))

    assert outside(bench, BUY) == [(D("97.5"), 1), (97, 2)]
    assert outside(bench, SELL) == [(D("102.5"), 1), (103, 2)]
    bench.at(200, quote(200, None, "101.0"))
    assert outside(bench, BUY) == []
    assert outside(bench, SELL) == [(101, 1), (102, 2), (103, 2)]
    bench.at(300, deep(300))
    assert outside(bench, BUY) == [(99, 2), (98, 2), (97, 2)]


def test_of_one_time_the_quote_is_the_top_and_of_an_older_time_it_is_not() -> None:
    both, older = Outside(), Outside()
    for change in (deep(100), quote(100, "97.5", "102.5")):
        both.put(change)
    for change in (quote(100, "97.5", "102.5"), deep(101)):
        older.put(change)

    assert [next(iter(side)) for side in both.sides()] == [(D("97.5"), 1), (D("102.5"), 1)]
    assert [next(iter(side)) for side in older.sides()] == [(99, 2), (101, 2)]


def test_quote_and_book_of_one_time_do_not_trade_the_same_size_twice() -> None:
    bench = Bench()
    bench.at(0, deep(0))
    bench.place(order(BUY, "100", "5"))

    bench.at(500, quote(500, "98.0", "99.5", "2.0"), book(500, "98.0", "99.5"))

    assert bench.trading.exchange.account(USER).positions[BTC].size == 2
    bench.at(1_000, book(1_000, "98.0", "99.5"))
    assert bench.trading.exchange.account(USER).positions[BTC].size == 4


def test_every_book_of_a_batch_meets_the_orders() -> None:
    bench = Bench()
    bench.at(0, deep(0))
    bench.place(order(BUY, "100", "1"))

    bench.at(1_000, book(400, "97.0", "99.5"), book(800, "101.0", "102.0"))

    (fill,) = bench.trading.records(USER).fills
    assert (fill.px, fill.time) == ("100.0", START_MS + 400)


def test_an_outside_print_fills_what_rests_before_it_once() -> None:
    bench = Bench()
    bench.at(0, deep(0))
    bench.place(order(SELL, "100", "1"))

    bench.at(100, trades(trade(100, "100.0", "0.25", tid=7)))
    bench.at(200, trades(trade(100, "100.0", "0.25", tid=7), trade(200, "100.0", "0.25", tid=8)))

    assert [fill.sz for fill in bench.trading.records(USER).fills] == ["0.25", "0.25"]
    assert bench.prints == [], "the print that filled it is public already"


def test_a_mark_fires_triggers() -> None:
    bench = Bench()
    bench.at(0, reference(0, "100"), deep(0))
    stop = Trigger(TriggerKind.STOP, D(95), is_market=True)
    bench.place(order(BUY, "101", "2", tif=Tif.IOC))
    bench.place(order(SELL, "90", "2", trigger=stop, reduce_only=True))

    bench.at(3_000, reference(3_000, "95.5"))
    assert not bench.trading.exchange.account(USER).history[-1].status.is_final
    bench.at(6_000, reference(6_000, "95"))

    assert bench.trading.exchange.account(USER).positions[BTC].size == 0


def test_a_mark_liquidates() -> None:
    bench = Bench()
    bench.at(0, reference(0, "100"), book(0, "99.9", "100.0", size="3000.0"))
    bench.trading.exchange.update_leverage(USER, BTC, 40, is_isolated=False, now=bench.now_ms)
    bench.place(order(BUY, "100", "3000", tif=Tif.IOC))

    bench.at(3_000, reference(3_000, "97.8"))

    (liquidation,) = bench.info(type="userNonFundingLedgerUpdates", user=USER, startTime=0)[1:]
    assert liquidation["delta"] == {
        "type": "liquidation",
        "liquidatedNtlPos": "293400.0",
        "accountValue": "3265.0",
        "leverageType": "Cross",
        "liquidatedPositions": [{"coin": "BTC", "szi": "3000.0"}],
    }


def test_what_the_backstop_takes_is_no_public_trade_and_nobody_elses_news() -> None:
    bench = Bench()
    bench.at(0, reference(0, "100"), book(0, "99.9", "100.0", size="3000.0"))
    bench.trading.exchange.update_leverage(USER, BTC, 40, is_isolated=False, now=bench.now_ms)
    bench.place(order(BUY, "100", "3000", tif=Tif.IOC))
    bench.prints.clear()

    bench.at(3_000, reference(3_000, "50"))

    taken = bench.trading.records(USER).fills[-1]
    assert taken.liquidation
    assert taken.liquidation.method == "backstop"
    assert bench.prints == []
    assert not bench.trading.records(LIQUIDATOR_ADDRESS).fills


def test_funding_is_paid_at_its_time_by_the_settled_rate() -> None:
    bench = Bench()
    bench.at(0, reference(0, "100"), deep(0))
    bench.place(order(BUY, "101", "2", tif=Tif.IOC))

    bench.at(60_000 + 10)
    assert not bench.trading.records(USER).fundings
    bench.at(60_000 + 400)

    (row,) = bench.trading.records(USER).fundings
    (settled,) = bench.info(type="fundingHistory", coin="BTC", startTime=START_MS)
    assert row.time == settled["time"]
    assert 20 <= row.time % HOUR_MS <= 400
    assert row.delta["fundingRate"] == settled["fundingRate"] == "0.0000125"
    assert row.delta["usdc"] == "-0.0025"


def test_funding_comes_before_what_follows_it_in_a_batch() -> None:
    bench = Bench()
    bench.at(0, reference(0, "100"), deep(0))
    bench.place(order(BUY, "101", "2", tif=Tif.IOC))
    bench.place(order(SELL, "102", "2"))

    bench.at(70_000, trades(trade(65_000, "110.0", "9.0")))

    (paid,) = bench.trading.records(USER).fundings
    assert paid.time < START_MS + 61_000
    assert bench.trading.records(USER).fills[-1].time == START_MS + 65_000


def test_time_never_falls_when_events_come_late() -> None:
    bench = Bench()
    bench.at(1_000, deep(1_000))
    bench.place(order(SELL, "100", "1"))

    bench.at(1_100, trades(trade(300, "100.0", "0.5")))

    assert bench.trading.records(USER).fills[0].time == START_MS + 1_000


def test_a_delisted_coin_ends_its_orders_and_takes_none_until_it_is_listed_again() -> None:
    bench = Bench()
    bench.at(0, deep(0))
    bench.place(order(BUY, "50", "1"))

    bench.market.universe.set_delisted("BTC", delisted=True)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    denied = bench.place(order(BUY, "50", "1"))

    assert [x[0]["status"] for x in bench.frames(OrderUpdates(user=USER))] == [
        "open",
        "delistedCanceled",
    ]
    assert outside(bench, SELL) == []
    assert not isinstance(denied.outcomes[0], Filled | Refused)
    bench.market.universe.set_delisted("BTC", delisted=False)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    bench.at(500, deep(500))
    assert isinstance(bench.place(order(BUY, "101", "1", tif=Tif.IOC)).outcomes[0], Filled)


def test_a_coin_listed_later_trades_at_its_first_price() -> None:
    bench = Bench()
    bench.market.universe.add_perp("NEW", 2, 5)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)

    bench.at(0, Bbo("NEW", START_MS, Level("99.0", "5.0", 1), Level("101.0", "5.0", 1)))
    reply = bench.place(order(BUY, "101", "1", asset=2, tif=Tif.IOC))

    assert isinstance(reply.outcomes[0], Filled)
    assert bench.trading.exchange.market(2).mark == 100


def test_a_builder_dex_trades_in_an_account_of_its_own() -> None:
    bench = Bench()
    bench.trading.open(USER, D(500), START_MS, "xyz")
    bench.at(0, book(0, "399.0", "401.0", "xyz:TSLA"))

    bench.place(order(BUY, "401", "0.5", asset=TSLA, tif=Tif.IOC), user=f"{USER}:xyz")

    (fill,) = bench.info(type="userFills", user=USER)
    assert (fill["coin"], fill["fee"]) == ("xyz:TSLA", "0.18045"), "twice the fee"
    assert bench.info(type="clearinghouseState", user=USER)["assetPositions"] == []
    state = bench.info(type="clearinghouseState", user=USER, dex="xyz")
    assert state["assetPositions"][0]["position"]["coin"] == "xyz:TSLA"
    assert ETH not in bench.trading.exchange.account(USER).positions
