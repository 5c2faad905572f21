from simulator.exchange.events import Filled
from simulator.exchange.model import Side, Status, Tif
from simulator.exchange.rules import VenueRules
from tests.simulator.exchange_setup import (
    BUY,
    ETH,
    NOW,
    SELL,
    D,
    eth,
    eth_book,
    exchange,
    fills,
    position,
    statuses,
)


def test_the_better_price_goes_first_then_the_earlier_order() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1")], NOW)
    made.place("bob", [eth(BUY, "1990", "1"), eth(BUY, "1991", "1")], NOW)
    reply = made.place("cat", [eth(SELL, "1990", "2.5")], NOW)
    makers = [(x.account, x.price, x.size) for x in fills(reply.events) if not x.crossed]
    assert makers == [("bob", 1991, 1), ("ann", 1990, 1), ("bob", 1990, D("0.5"))]


def test_both_sides_of_a_match_share_its_tid_and_name_each_other() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1")], NOW)
    taker, maker = fills(made.place("bob", [eth(SELL, "1990", "1")], NOW).events)
    assert taker.tid == maker.tid
    assert (taker.account, taker.counterparty, taker.crossed) == ("bob", "ann", True)
    assert (maker.account, maker.counterparty, maker.crossed) == ("ann", "bob", False)


def test_a_taker_meets_the_outside_size_that_stood_before_an_order_first() -> None:
    made = exchange()
    eth_book(made, asks="2001*2")
    made.place("ann", [eth(SELL, "2001", "1")], NOW)
    eth_book(made, asks="2001*3")
    made.place("bob", [eth(SELL, "2001", "1")], NOW)
    reply = made.place("cat", [eth(BUY, "2001", "5")], NOW)
    met = [(x.counterparty, x.size) for x in fills(reply.events) if x.crossed]
    assert met == [(None, 2), ("ann", 1), (None, 1), ("bob", 1)]


def test_an_outside_level_that_shrank_and_grew_again_stands_behind_the_order() -> None:
    made = exchange()
    for size in (5, 0, 5):
        eth_book(made, asks=f"2001*{size}")
        if size == 5 and not made.account("ann").live:
            made.place("ann", [eth(SELL, "2001", "1")], NOW)
    reply = made.place("bob", [eth(BUY, "2001", "1", tif=Tif.IOC)], NOW)
    assert fills(reply.events)[0].counterparty == "ann"


def test_what_is_taken_is_gone_until_the_next_book() -> None:
    made = exchange()
    eth_book(made, asks="2001*2")
    made.place("ann", [eth(BUY, "2001", "2", tif=Tif.IOC)], NOW)
    second = made.place("ann", [eth(BUY, "2001", "1", tif=Tif.IOC)], NOW).outcomes[0]
    assert second.status is Status.IOC_REJECTED
    eth_book(made, asks="2001*2")
    third = made.place("ann", [eth(BUY, "2001", "1", tif=Tif.IOC)], NOW).outcomes[0]
    assert isinstance(third, Filled)


def test_an_outside_trade_at_the_price_fills_behind_the_queue() -> None:
    made = exchange()
    eth_book(made, bids="1999*2")
    made.place("ann", [eth(BUY, "1999", "1")], NOW)
    assert made.on_trade(ETH, D(1999), D("1.5"), Side.SELL, NOW) == []
    (fill,) = fills(made.on_trade(ETH, D(1999), D("0.8"), Side.SELL, NOW))
    assert (fill.size, fill.price, fill.crossed) == (D("0.3"), 1999, False)
    (rest,) = fills(made.on_trade(ETH, D(1999), D(9), Side.SELL, NOW))
    assert rest.size == D("0.7")


def test_an_outside_trade_through_the_price_skips_the_queue_but_has_a_size() -> None:
    made = exchange()
    eth_book(made, bids="1999*2")
    made.place("ann", [eth(BUY, "1999", "1")], NOW)
    (fill,) = fills(made.on_trade(ETH, D(1998), D("0.4"), Side.SELL, NOW))
    assert (fill.size, fill.price) == (D("0.4"), 1999)


def test_an_outside_trade_of_the_other_side_or_short_of_the_price_fills_nothing() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1999", "1")], NOW)
    assert made.on_trade(ETH, D(1999), D(9), Side.BUY, NOW) == []
    assert made.on_trade(ETH, D(2000), D(9), Side.SELL, NOW) == []


def test_a_shrinking_outside_level_moves_an_order_up() -> None:
    made = exchange()
    eth_book(made, bids="1999*5")
    made.place("ann", [eth(BUY, "1999", "1")], NOW)
    eth_book(made, bids="1999*1")
    eth_book(made, bids="1999*5")
    (fill,) = fills(made.on_trade(ETH, D(1999), D(2), Side.SELL, NOW))
    assert fill.size == 1


def test_a_book_that_crosses_an_order_fills_it_at_its_own_price() -> None:
    made = exchange()
    eth_book(made)
    made.place("ann", [eth(BUY, "2000", "3")], NOW)
    events = made.set_book(ETH, [], [(D(1998), D(1)), (D(2000), D(1)), (D(2001), D(1))], NOW)
    assert [(x.price, x.size, x.crossed) for x in fills(events)] == [
        (2000, 1, False),
        (2000, 1, False),
    ]
    assert list(made.market(ETH).book.levels(Side.SELL)) == [(2001, 1)]


def test_an_own_resting_order_is_canceled_and_the_taker_goes_on() -> None:
    made = exchange()
    made.place("ann", [eth(SELL, "2001", "1")], NOW)
    made.place("bob", [eth(SELL, "2002", "1")], NOW)
    reply = made.place("ann", [eth(BUY, "2002", "1")], NOW)
    assert statuses(reply.events) == [
        (100, Status.SELF_TRADE_CANCELED),
        (102, Status.OPEN),
        (101, Status.FILLED),
        (102, Status.FILLED),
    ]
    assert position(made, "ann") == 1


def test_a_venue_may_stop_the_taker_instead() -> None:
    made = exchange(VenueRules(self_trade_rejects_taker=True))
    made.place("ann", [eth(SELL, "2001", "1")], NOW)
    reply = made.place("ann", [eth(BUY, "2001", "1")], NOW)
    assert statuses(reply.events) == [(101, Status.SELF_TRADE_REJECTED)]
    assert 100 in made.account("ann").live


def test_a_resting_order_without_margin_at_the_match_is_canceled() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "90"), eth(BUY, "1989", "90")], NOW)
    made.place("bob", [eth(SELL, "1989", "90")], NOW)
    reply = made.place("cat", [eth(SELL, "1989", "30")], NOW)
    assert (101, Status.MARGIN_CANCELED) in statuses(reply.events)
    assert (position(made, "ann"), position(made, "cat")) == (90, 0)


def test_fok_counts_everything_but_own_orders() -> None:
    made = exchange()
    eth_book(made, asks="2001*1")
    made.place("bob", [eth(SELL, "2001", "1")], NOW)
    made.place("ann", [eth(SELL, "2001", "1")], NOW)
    short = made.place("ann", [eth(BUY, "2001", "2.1", tif=Tif.FOK)], NOW).outcomes[0]
    assert short.status is Status.FOK_REJECTED
    whole = made.place("ann", [eth(BUY, "2001", "2", tif=Tif.FOK)], NOW).outcomes[0]
    assert isinstance(whole, Filled)


def test_viewers_see_outside_and_resting_orders_as_one_level() -> None:
    made = exchange()
    eth_book(made, bids="1999*2 1998*1")
    made.place("ann", [eth(BUY, "1999", "1"), eth(BUY, "2000", "1")], NOW)
    assert list(made.market(ETH).book.levels(Side.BUY)) == [(2000, 1), (1999, 3), (1998, 1)]
