"""The data client on a loopback venue: every hook, every request, every refusal."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data import messages
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import (
    Bar,
    BarType,
    DataType,
    FundingRateUpdate,
    IndexPriceUpdate,
    InstrumentStatus,
    MarkPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType, MarketStatusAction
from nautilus_trader.model.identifiers import ClientId, InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual, Instrument

from adapters.synthetix import SYNTHETIX_VENUE
from simulator.synthetix import SynthetixVenue, VenueOptions
from tests.adapters.synthetix.bench import Bench, client_of, eventually

BTC = InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX")
NONE = InstrumentId.from_str("NONE-USDT-PERP.SYNTHETIX")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
MINUTE_NS = 60_000_000_000

# One venue serves all tests of this module; each has a client of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


def routed() -> dict[str, Any]:
    return {
        "client_id": ClientId("SYNTHETIX"),
        "venue": None,
        "command_id": UUID4(),
        "ts_init": 0,
        "params": {"update_catalog": False},  # as Nautilus adds it
    }


def book_command(
    data_type: type, book_type: BookType = BookType.L2_MBP
) -> messages.SubscribeOrderBook:
    return messages.SubscribeOrderBook(BTC, data_type, book_type, **routed())


def asking(limit: int | None = 0, **fields: object) -> dict[str, Any]:
    request = {
        "start": None,
        "end": None,
        "limit": limit,
        "client_id": ClientId("SYNTHETIX"),
        "venue": None,
        "callback": None,
        "request_id": UUID4(),
        "ts_init": 0,
        "params": {},
    }
    if limit is None:
        del request["limit"]
    return {**request, **fields}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[SynthetixVenue]:
    options = VenueOptions(seed=7, speed=30, history_minutes=310, ip_tokens=0)
    async with SynthetixVenue(options).running() as venue:
        yield venue


@pytest_asyncio.fixture(loop_scope="module")
async def bench(venue: SynthetixVenue) -> AsyncIterator[Bench]:
    venue.received.clear()
    async with client_of(venue, status_interval_secs=0.2, funding_interval_secs=0.2) as bench:
        await eventually(lambda: bench.client.is_connected)
        yield bench


async def test_connecting_loads_and_announces_every_listed_instrument(bench: Bench) -> None:
    instruments = bench.of(Instrument)
    assert BTC in {instrument.id for instrument in instruments}
    assert all(isinstance(one, CryptoPerpetual) for one in instruments)
    assert {"BTC", "USDT"} <= set(bench.client._provider.currencies())


async def test_quotes_depth_and_deltas_come_from_one_stream(bench: Bench) -> None:
    client = bench.client
    client.subscribe_quote_ticks(messages.SubscribeQuoteTicks(BTC, **routed()))
    quotes = await eventually(lambda: len(found := bench.of(QuoteTick)) > 3 and found)
    client.subscribe_order_book_deltas(book_command(OrderBookDelta))
    client.subscribe_order_book_depth(book_command(OrderBookDepth10))
    deltas = await eventually(lambda: len(found := bench.of(OrderBookDeltas)) > 3 and found)
    depths = await eventually(lambda: bench.of(OrderBookDepth10))

    assert all(one.instrument_id == BTC and one.bid_price < one.ask_price for one in quotes)
    assert [one.ts_event for one in quotes] == sorted(one.ts_event for one in quotes)
    assert [one.is_snapshot for one in deltas[:2]] == [True, False]
    book = OrderBook(BTC, BookType.L2_MBP)
    for one in deltas:
        book.apply_deltas(one)
    assert book.best_bid_price() < book.best_ask_price()
    assert depths[-1].bids[0].price < depths[-1].asks[0].price
    (subscription,) = bench.frames("subscribe", type="orderbook")
    assert subscription == {
        "type": "orderbook",
        "symbol": "BTC-USDT",
        "format": "diff",
        "depth": 50,
        "updateFrequencyMs": 50,
    }


async def test_the_book_is_that_of_the_venue(bench: Bench) -> None:
    book = OrderBook(BTC, BookType.L2_MBP)
    bench.client.subscribe_order_book_deltas(book_command(OrderBookDelta))
    bench.client.subscribe_quote_ticks(messages.SubscribeQuoteTicks(BTC, **routed()))
    await eventually(lambda: len(bench.of(OrderBookDeltas)) > 5)
    quote = bench.of(QuoteTick)[-1]
    for one in bench.of(OrderBookDeltas):
        if one.ts_event <= quote.ts_event:
            book.apply_deltas(one)
    assert (book.best_bid_price(), book.best_ask_price()) == (quote.bid_price, quote.ask_price)
    assert len(book.bids()) <= 50


async def test_trades_are_told_once(bench: Bench) -> None:
    bench.client.subscribe_trade_ticks(messages.SubscribeTradeTicks(BTC, **routed()))
    trades = await eventually(lambda: len(found := bench.of(TradeTick)) > 20 and found)
    assert len({trade.trade_id for trade in trades}) == len(trades)


async def test_mark_and_index_prices_share_a_stream(bench: Bench) -> None:
    bench.client.subscribe_mark_prices(messages.SubscribeMarkPrices(BTC, **routed()))
    bench.client.subscribe_index_prices(messages.SubscribeIndexPrices(BTC, **routed()))
    marks = await eventually(lambda: bench.of(MarkPriceUpdate))
    indexes = await eventually(lambda: bench.of(IndexPriceUpdate))
    assert {one.instrument_id for one in [*marks, *indexes]} == {BTC}
    assert len(bench.frames("subscribe", type="marketPrices")) == 1


async def test_bars_come_once_and_when_they_are_final(bench: Bench) -> None:
    bench.client.subscribe_bars(messages.SubscribeBars(BARS, **routed()))
    bars = await eventually(lambda: len(found := bench.of(Bar)) > 2 and found)
    times = [bar.ts_event for bar in bars]
    assert [later - earlier for earlier, later in pairwise(times)] == [MINUTE_NS] * (len(bars) - 1)
    assert all(time % MINUTE_NS == 0 for time in times)


async def test_a_funding_rate_is_asked_for_and_told_when_it_is_new(bench: Bench) -> None:
    bench.client.subscribe_funding_rates(messages.SubscribeFundingRates(BTC, **routed()))
    await eventually(lambda: bench.of(FundingRateUpdate))
    asked = [one for one in bench.venue.received if "getFundingRate" in str(one.body)]
    await eventually(
        lambda: (
            len([one for one in bench.venue.received if "getFundingRate" in str(one.body)])
            > len(asked) + 2
        )
    )
    rates = bench.of(FundingRateUpdate)
    assert len({(one.rate, one.next_funding_ns) for one in rates}) == len(rates)
    assert (rates[0].instrument_id, rates[0].interval) == (BTC, 60)


async def test_the_state_of_a_market_is_told_as_it_changes(
    bench: Bench, venue: SynthetixVenue
) -> None:
    def actions() -> list[MarketStatusAction]:
        return [one.action for one in bench.of(InstrumentStatus)]

    bench.client.subscribe_instrument_status(messages.SubscribeInstrumentStatus(BTC, **routed()))
    await eventually(lambda: actions() == [MarketStatusAction.TRADING])
    try:
        venue.set_status("BTC-USDT", is_open=True, close_only=True)
        await eventually(lambda: actions()[1:] == [MarketStatusAction.PRE_CLOSE])
    finally:
        venue.set_status("BTC-USDT", is_open=True)
    await eventually(lambda: actions()[2:] == [MarketStatusAction.TRADING])


@pytest.mark.parametrize(
    ("subscribe", "command"),
    [
        ("subscribe_quote_ticks", messages.SubscribeQuoteTicks(NONE, **routed())),
        ("subscribe_order_book_deltas", book_command(OrderBookDelta, BookType.L3_MBO)),
        (
            "subscribe_bars",
            messages.SubscribeBars(BarType.from_str(f"{BTC}-3-MINUTE-LAST-EXTERNAL"), **routed()),
        ),
    ],
)
async def test_what_cannot_be_had_is_not_held(bench: Bench, subscribe: str, command: Any) -> None:  # noqa: ANN401
    client = bench.client
    getattr(client, subscribe)(command)
    await eventually(
        lambda: (
            not client.subscribed_quote_ticks()
            and not client.subscribed_order_book_deltas()
            and not client.subscribed_bars()
        )
    )
    assert bench.frames("subscribe") == []


async def test_unsubscribing_lets_go_of_the_stream(bench: Bench) -> None:
    client = bench.client
    client.subscribe_quote_ticks(messages.SubscribeQuoteTicks(BTC, **routed()))
    client.subscribe_order_book_depth(book_command(OrderBookDepth10))
    await eventually(lambda: bench.of(QuoteTick) and bench.of(OrderBookDepth10))
    client.unsubscribe_quote_ticks(messages.UnsubscribeQuoteTicks(BTC, **routed()))
    client.unsubscribe_order_book_depth(
        messages.UnsubscribeOrderBook(BTC, OrderBookDepth10, **routed())
    )
    (frame,) = await eventually(lambda: bench.frames("unsubscribe"))
    assert (frame["type"], frame["symbol"]) == ("orderbook", "BTC-USDT")
    assert bench.client._streams.subscriptions == []


async def test_past_bars_are_final_and_the_latest(bench: Bench) -> None:
    bench.client.request_bars(messages.RequestBars(BARS, **asking(20)))
    answer = await bench.answer()
    times = [bar.ts_event for bar in answer.data]
    assert len(times) == 20
    assert times == list(range(times[0], times[0] + 20 * MINUTE_NS, MINUTE_NS))
    assert times[-1] <= bench.venue.clock.now_ms() * 1_000_000


async def test_past_trades_are_told_oldest_first(bench: Bench) -> None:
    bench.client.request_trade_ticks(messages.RequestTradeTicks(BTC, **asking(30)))
    trades = (await bench.answer()).data
    assert len(trades) == 30
    assert [one.ts_event for one in trades] == sorted(one.ts_event for one in trades)
    assert all(one.ts_init == one.ts_event for one in trades)


async def test_past_funding_rates_are_told_oldest_first(bench: Bench) -> None:
    bench.client.request_funding_rates(messages.RequestFundingRates(BTC, **asking()))
    rates = (await bench.answer()).data
    assert len(rates) >= 3
    times = [one.ts_event for one in rates]
    assert times == sorted(set(times))


async def test_a_book_of_this_moment_has_as_many_levels_as_asked_for(bench: Bench) -> None:
    bench.client.request_order_book_snapshot(
        messages.RequestOrderBookSnapshot(
            BTC, **{k: v for k, v in asking(7).items() if k not in {"start", "end"}}
        )
    )
    (deltas,) = (await bench.answer()).data
    assert len(deltas.deltas) == 1 + 7 + 7


async def test_instruments_are_looked_up(bench: Bench) -> None:
    bench.client.request_instruments(
        messages.RequestInstruments(**asking(None, venue=SYNTHETIX_VENUE))
    )
    assert BTC in {one.id for one in (await bench.answer()).data}


@pytest.mark.parametrize(
    ("ask", "request_"),
    [
        ("request_quote_ticks", messages.RequestQuoteTicks(BTC, **asking())),
        (
            "request_bars",
            messages.RequestBars(BarType.from_str(f"{NONE}-1-MINUTE-LAST-EXTERNAL"), **asking()),
        ),
        (
            "request",
            messages.RequestData(data_type=DataType(TradeTick), instrument_id=BTC, **asking()),
        ),
    ],
)
async def test_what_is_not_kept_is_answered_with_nothing(
    bench: Bench,
    ask: str,
    request_: Any,  # noqa: ANN401
) -> None:
    getattr(bench.client, ask)(request_)
    answer = await bench.answer()
    assert (answer.data, answer.correlation_id) == ([], request_.id)
