"""What breaks is begun anew: books by gap and by checksum, and connections, in every dialect."""

import asyncio

import pytest
from nautilus_trader.data import messages
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import (
    Bar,
    MarkPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType

from simulator.fault_rules import CorruptChecksum, Status
from simulator.synthetix import VenueOptions
from simulator.synthetix_dialect import Dialect
from tests.adapters.synthetix.bench import Bench, connected, eventually
from tests.adapters.synthetix.test_data import BARS, BTC, MINUTE_NS, book_command, routed


def options(**more: object) -> VenueOptions:
    return VenueOptions(seed=7, speed=30, history_minutes=30, ip_tokens=0, **more)


async def want_book(bench: Bench) -> None:
    bench.client.subscribe_order_book_deltas(book_command(OrderBookDelta))
    await eventually(lambda: len(bench.of(OrderBookDeltas)) > 1)


def snapshots(bench: Bench) -> list[OrderBookDeltas]:
    return [one for one in bench.of(OrderBookDeltas) if one.is_snapshot]


def assert_whole(bench: Bench) -> None:
    """Every difference follows on what was emitted before it: no delta is of an unknown level."""
    levels: dict[tuple[int, object], object] = {}
    for one in bench.of(OrderBookDeltas):
        for delta in one.deltas:
            if delta.is_clear:
                levels.clear()
                continue
            key = (delta.order.side, delta.order.price)
            if delta.is_add:
                assert key not in levels
            else:
                assert key in levels
            if delta.is_delete:
                del levels[key]
            else:
                levels[key] = delta.order.size
    book = OrderBook(BTC, BookType.L2_MBP)
    for one in bench.of(OrderBookDeltas):
        book.apply_deltas(one)
    assert book.best_bid_price() < book.best_ask_price()


async def test_a_wrong_checksum_costs_one_resubscription_and_a_whole_book() -> None:
    async with connected(options()) as bench:
        await want_book(bench)
        sequence = bench.of(OrderBookDeltas)[-1].sequence
        bench.venue.faults.add(CorruptChecksum(coin="BTC-USDT", count=1))
        await eventually(lambda: len(snapshots(bench)) == 2)
        count = len(bench.of(OrderBookDeltas))
        await eventually(lambda: len(bench.of(OrderBookDeltas)) > count + 2)

        assert len(bench.frames("subscribe", type="orderbook")) == 2
        assert len(bench.frames("unsubscribe", type="orderbook")) == 1
        assert snapshots(bench)[1].sequence > sequence
        assert_whole(bench)


async def test_books_that_stay_broken_are_not_asked_for_without_end() -> None:
    async with connected(options()) as bench:
        bench.venue.faults.add(CorruptChecksum(coin="BTC-USDT"))
        bench.client.subscribe_order_book_deltas(book_command(OrderBookDelta))
        await eventually(lambda: len(bench.frames("subscribe", type="orderbook")) >= 2)
        await asyncio.sleep(1)

        assert len(bench.frames("subscribe", type="orderbook")) <= 5
        assert bench.of(OrderBookDeltas) == []


async def test_a_lost_connection_begins_every_stream_anew() -> None:
    async with connected(options()) as bench:
        await want_book(bench)
        bench.client.subscribe_bars(messages.SubscribeBars(BARS, **routed()))
        await eventually(lambda: bench.of(Bar))
        await bench.venue.drop_connections()
        await eventually(lambda: len(snapshots(bench)) == 2)
        bars = len(bench.of(Bar))
        await eventually(lambda: len(bench.of(Bar)) > bars + 1)

        times = [bar.ts_event for bar in bench.of(Bar)]
        assert times == list(range(times[0], times[-1] + MINUTE_NS, MINUTE_NS))
        assert_whole(bench)


async def test_a_venue_that_refuses_is_tried_until_it_lets_in() -> None:
    async with connected(options()) as bench:
        await want_book(bench)
        bench.venue.refuse_connections()
        await bench.venue.drop_connections()
        await asyncio.sleep(0.5)
        assert len(snapshots(bench)) == 1
        bench.venue.refuse_connections(refused=False)
        await eventually(lambda: len(snapshots(bench)) == 2)


async def test_a_silent_stream_is_subscribed_anew() -> None:
    async with connected(options(), ws_stale_stream_secs=1.0) as bench:
        await want_book(bench)
        bench.venue.mute("orderbook")
        await eventually(lambda: len(bench.frames("subscribe", type="orderbook")) >= 2)
        bench.venue.unmute("orderbook")
        # Its snapshot was muted, too: differences without one are no book.
        await eventually(lambda: len(snapshots(bench)) >= 2)


async def test_a_busy_venue_is_asked_again() -> None:
    async with connected(options()) as bench:
        bench.venue.faults.add(Status(on="info", type="getLastTrades", status=503, count=2))
        request = messages.RequestTradeTicks(
            BTC, None, None, 5, **{k: v for k, v in routed().items() if k not in {"command_id", "params"}},  # noqa: E501
            callback=None, request_id=routed()["command_id"], params={},
        )  # fmt: skip
        bench.client.request_trade_ticks(request)
        assert len((await bench.answer()).data) == 5


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(push="method"),
        Dialect(push="channel", prices="ticker", trades="list"),
        Dialect(decimals="padded", blank_zeros=True),
    ],
    ids=["method", "channel", "padded"],
)
async def test_every_dialect_is_understood(dialect: Dialect) -> None:
    async with connected(options(dialect=dialect)) as bench:
        client = bench.client
        client.subscribe_trade_ticks(messages.SubscribeTradeTicks(BTC, **routed()))
        client.subscribe_mark_prices(messages.SubscribeMarkPrices(BTC, **routed()))
        client.subscribe_quote_ticks(messages.SubscribeQuoteTicks(BTC, **routed()))
        client.subscribe_bars(messages.SubscribeBars(BARS, **routed()))
        for kind in (QuoteTick, TradeTick, MarkPriceUpdate, Bar):
            await eventually(lambda kind=kind: bench.of(kind))
        assert len(bench.frames("subscribe", type="orderbook")) == 1
