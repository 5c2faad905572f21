"""The data client on a loopback venue: every hook, every request, every refusal."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data import messages
from nautilus_trader.data.messages import (
    SubscribeBars,
    SubscribeFundingRates,
    SubscribeIndexPrices,
    SubscribeInstrument,
    SubscribeInstruments,
    SubscribeInstrumentStatus,
    SubscribeMarkPrices,
    SubscribeOrderBook,
    SubscribeQuoteTicks,
    SubscribeTradeTicks,
)
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
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair, Instrument

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.hyperliquid.bench import Bench, client_of, connected, eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
PURR = InstrumentId.from_str("PURR-USDC-SPOT.HYPERLIQUID")
NONE = InstrumentId.from_str("NONE-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
MINUTE_NS = 60_000_000_000

# One venue serves all tests of this module; each has a client of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


def routed(params: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "client_id": ClientId("HYPERLIQUID"),
        "venue": None,
        "command_id": UUID4(),
        "ts_init": 0,
        "params": params,
    }


def book_command(data_type: type, params: dict[str, Any] | None = None) -> SubscribeOrderBook:
    return SubscribeOrderBook(BTC, data_type, BookType.L2_MBP, **routed(params))


def asking(limit: int | None = 0, params: dict | None = None, **fields: object) -> dict[str, Any]:
    request = {
        "start": None,
        "end": None,
        "limit": limit,
        "client_id": ClientId("HYPERLIQUID"),
        "venue": None,
        "callback": None,
        "request_id": UUID4(),
        "ts_init": 0,
        "params": params or {},
    }
    if limit is None:
        del request["limit"]
    return {**request, **fields}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[HyperliquidVenue]:
    options = VenueOptions(seed=7, speed=180, history_minutes=310, weight_per_minute=0)
    async with HyperliquidVenue(options).running() as venue:
        yield venue


@pytest_asyncio.fixture(loop_scope="module")
async def bench(venue: HyperliquidVenue) -> AsyncIterator[Bench]:
    venue.received.clear()
    async with client_of(venue) as bench:
        await eventually(lambda: bench.client.is_connected)
        yield bench


async def test_connecting_loads_and_announces_every_listed_instrument(bench: Bench) -> None:
    ids = {str(instrument.id) for instrument in bench.of(Instrument)}

    assert {str(BTC), str(PURR)} <= ids
    assert len(bench.of(CryptoPerpetual)) >= 2
    assert bench.of(CurrencyPair)
    assert "PURR" in bench.client._provider.currencies()


async def test_quotes(bench: Bench) -> None:
    bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))

    quotes = await eventually(lambda: len(found := bench.of(QuoteTick)) > 5 and found)

    assert all(q.instrument_id == BTC and q.bid_price < q.ask_price for q in quotes)
    assert [q.ts_event for q in quotes] == sorted(q.ts_event for q in quotes)


async def test_trades(bench: Bench) -> None:
    bench.client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **routed()))

    trades = await eventually(lambda: len(found := bench.of(TradeTick)) > 20 and found)

    assert len({trade.trade_id for trade in trades}) == len(trades)


async def test_book_deltas_and_depth_come_from_one_stream(bench: Bench) -> None:
    client = bench.client
    client.subscribe_order_book_deltas(book_command(OrderBookDelta))
    client.subscribe_order_book_depth(book_command(OrderBookDepth10))

    deltas = await eventually(lambda: bench.of(OrderBookDeltas))
    depths = await eventually(lambda: bench.of(OrderBookDepth10))

    book = OrderBook(BTC, BookType.L2_MBP)
    book.apply_deltas(deltas[-1])
    assert book.best_bid_price() < book.best_ask_price()
    assert depths[-1].bids[0].price < depths[-1].asks[0].price
    assert len(bench.frames("subscribe", type="l2Book")) == 1


async def test_mark_index_and_funding_come_from_one_stream(bench: Bench) -> None:
    client = bench.client
    client.subscribe_mark_prices(SubscribeMarkPrices(BTC, **routed()))
    client.subscribe_index_prices(SubscribeIndexPrices(BTC, **routed()))
    client.subscribe_funding_rates(SubscribeFundingRates(BTC, **routed()))

    for kind in (MarkPriceUpdate, IndexPriceUpdate, FundingRateUpdate):
        await eventually(lambda kind=kind: bench.of(kind))

    assert len(bench.frames("subscribe", type="activeAssetCtx")) == 1
    assert len(bench.frames("subscribe", type="bbo")) == 1
    funding = bench.of(FundingRateUpdate)[-1]
    assert funding.interval == 60
    assert 0 < funding.next_funding_ns - funding.ts_event <= 60 * MINUTE_NS
    assert bench.of(MarkPriceUpdate)[-1].value > 0


async def test_bars_are_final_once_and_stamped_at_their_close(bench: Bench) -> None:
    bench.client.subscribe_bars(SubscribeBars(BARS, **routed()))

    bars = await eventually(lambda: len(found := bench.of(Bar)) >= 3 and found)

    closes = [bar.ts_event for bar in bars]
    assert all(bar.bar_type == BARS for bar in bars)
    assert closes == list(range(closes[0], closes[-1] + 1, MINUTE_NS))
    assert closes[0] % MINUTE_NS == 0
    history = await bench.client._history._http.candle_snapshot(
        "BTC", "1m", closes[0] // 1_000_000 - 60_000, closes[-1] // 1_000_000 - 1
    )
    assert [(float(b.close), float(b.volume)) for b in bars] == [(c.c, c.v) for c in history]


async def test_what_is_unsubscribed_comes_no_more(bench: Bench) -> None:
    client = bench.client
    client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
    client.subscribe_bars(SubscribeBars(BARS, **routed()))
    client.subscribe_mark_prices(SubscribeMarkPrices(BTC, **routed()))
    await eventually(lambda: bench.of(QuoteTick) and bench.of(MarkPriceUpdate))

    client.unsubscribe_quote_ticks(messages.UnsubscribeQuoteTicks(BTC, **routed()))
    client.unsubscribe_mark_prices(messages.UnsubscribeMarkPrices(BTC, **routed()))
    await eventually(lambda: bench.frames("unsubscribe", type="activeAssetCtx"))
    count = len(bench.data)
    # The bars still hold the stream that has carried the quotes.
    bars = await eventually(lambda: bench.of(Bar))
    assert bench.frames("unsubscribe", type="bbo") == []
    assert len(bench.data) - count <= len(bars)

    client.unsubscribe_bars(messages.UnsubscribeBars(BARS, **routed()))
    await eventually(lambda: bench.frames("unsubscribe", type="bbo"))
    assert len(bench.frames("unsubscribe", type="candle")) == 1
    assert client._streams.subscriptions == []


async def test_book_aggregation_reaches_the_venue(bench: Bench) -> None:
    params = {"n_sig_figs": 5, "mantissa": 2}
    command = book_command(OrderBookDelta, params)
    bench.client.subscribe_order_book_deltas(command)

    await eventually(lambda: bench.of(OrderBookDeltas))

    assert bench.frames("subscribe", type="l2Book", nSigFigs=5, mantissa=2)
    prices = {delta.order.price.as_decimal() for delta in bench.of(OrderBookDeltas)[-1].deltas[1:]}
    assert {price % 2 for price in prices} == {Decimal(0)}

    unsubscribe = messages.UnsubscribeOrderBook(BTC, OrderBookDelta, **routed())
    bench.client.unsubscribe_order_book_deltas(unsubscribe)
    await eventually(lambda: bench.frames("unsubscribe", nSigFigs=5, mantissa=2))


async def test_a_second_aggregation_of_a_book_is_refused_and_leaves_no_trace(bench: Bench) -> None:
    client = bench.client
    client.subscribe_order_book_deltas(book_command(OrderBookDelta))
    await eventually(lambda: bench.of(OrderBookDeltas))

    command = book_command(OrderBookDepth10, {"n_sig_figs": 3})
    client.subscribe_order_book_depth(command)

    await eventually(lambda: BTC not in client.subscribed_order_book_depth())
    assert len(bench.frames("subscribe", type="l2Book")) == 1


@pytest.mark.parametrize(
    ("subscribe", "command", "subscribed"),
    [
        (
            "subscribe_instrument_close",
            messages.SubscribeInstrumentClose(BTC, **routed()),
            "subscribed_instrument_close",
        ),
        (
            "subscribe_option_greeks",
            messages.SubscribeOptionGreeks(BTC, **routed()),
            "subscribed_option_greeks",
        ),
        (
            "subscribe",
            messages.SubscribeData(DataType(Bar), None, **routed()),
            "subscribed_custom_data",
        ),
        ("subscribe_quote_ticks", SubscribeQuoteTicks(NONE, **routed()), "subscribed_quote_ticks"),
        (
            "subscribe_index_prices",
            SubscribeIndexPrices(PURR, **routed()),
            "subscribed_index_prices",
        ),
        (
            "subscribe_funding_rates",
            SubscribeFundingRates(PURR, **routed()),
            "subscribed_funding_rates",
        ),
        (
            "subscribe_bars",
            SubscribeBars(BarType.from_str(f"{BTC}-10-MINUTE-LAST-EXTERNAL"), **routed()),
            "subscribed_bars",
        ),
        (
            "subscribe_order_book_deltas",
            SubscribeOrderBook(BTC, OrderBookDelta, BookType.L3_MBO, **routed()),
            "subscribed_order_book_deltas",
        ),
    ],
)
async def test_what_the_venue_cannot_serve_is_refused_and_not_held(
    bench: Bench, subscribe: str, command: object, subscribed: str
) -> None:
    getattr(bench.client, subscribe)(command)
    assert getattr(bench.client, subscribed)()

    await eventually(lambda: not getattr(bench.client, subscribed)())

    assert bench.frames("subscribe") == []


async def test_instruments_and_their_status_are_told_on_subscribing(bench: Bench) -> None:
    bench.data.clear()
    bench.client.subscribe_instruments(SubscribeInstruments(**routed()))
    await eventually(lambda: len(bench.of(Instrument)) == bench.client._provider.count)

    bench.data.clear()
    bench.client.subscribe_instrument(SubscribeInstrument(BTC, **routed()))
    await eventually(lambda: [x.id for x in bench.of(Instrument)] == [BTC])

    bench.client.subscribe_instrument_status(SubscribeInstrumentStatus(BTC, **routed()))
    (status,) = await eventually(lambda: bench.of(InstrumentStatus))
    assert (status.instrument_id, status.action) == (BTC, MarketStatusAction.TRADING)


async def test_request_instruments(bench: Bench) -> None:
    request = messages.RequestInstruments(**asking(limit=None))
    bench.client.request_instruments(request)

    response = await bench.answer()

    assert response.correlation_id == request.id
    assert {BTC, PURR} <= {instrument.id for instrument in response.data}


async def test_request_instrument(bench: Bench) -> None:
    request = messages.RequestInstrument(BTC, **asking(limit=None))
    bench.client.request_instrument(request)

    response = await bench.answer()

    assert response.correlation_id == request.id
    assert [instrument.id for instrument in response.data] == [BTC]


async def test_request_bars(bench: Bench) -> None:
    request = messages.RequestBars(BARS, **asking(limit=300))
    bench.client.request_bars(request)

    response = await bench.answer()

    closes = [bar.ts_event for bar in response.data]
    assert response.correlation_id == request.id
    assert closes == list(range(closes[-1] - 299 * MINUTE_NS, closes[-1] + 1, MINUTE_NS))
    assert closes[-1] <= bench.venue.clock.now_ms() * 1_000_000
    assert all(bar.ts_init == bar.ts_event for bar in response.data)


async def test_request_trades(bench: Bench) -> None:
    bench.client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **routed()))
    await eventually(lambda: len(bench.of(TradeTick)) > 2)
    request = messages.RequestTradeTicks(BTC, **asking(limit=2))
    bench.client.request_trade_ticks(request)

    response = await bench.answer()

    times = [trade.ts_event for trade in response.data]
    assert response.correlation_id == request.id
    assert len(times) == 2
    assert times == sorted(times)


async def test_request_funding_rates(bench: Bench) -> None:
    request = messages.RequestFundingRates(BTC, **asking(limit=4))
    bench.client.request_funding_rates(request)

    response = await bench.answer()

    assert response.correlation_id == request.id
    assert len(response.data) == 4
    assert all(isinstance(rate.rate, Decimal) for rate in response.data)


async def test_request_order_book_snapshot_with_parameters(bench: Bench) -> None:
    params = {"n_sig_figs": 4}
    request = messages.RequestOrderBookSnapshot(
        BTC, 1, ClientId("HYPERLIQUID"), None, None, UUID4(), 0, params
    )
    bench.client.request_order_book_snapshot(request)

    response = await bench.answer()

    (deltas,) = response.data
    assert response.correlation_id == request.id
    assert len(deltas.deltas) == 1 + 2 * 1
    assert all(float(delta.order.price) % 10 == 0 for delta in deltas.deltas[1:])


@pytest.mark.parametrize(
    ("method", "request_type", "subject"),
    [
        ("request_quote_ticks", messages.RequestQuoteTicks, BTC),
        ("request_order_book_deltas", messages.RequestOrderBookDeltas, BTC),
        ("request_order_book_depth", messages.RequestOrderBookDepth, BTC),
        ("request_trade_ticks", messages.RequestTradeTicks, NONE),
        ("request_funding_rates", messages.RequestFundingRates, NONE),
        ("request_funding_rates", messages.RequestFundingRates, PURR),
        ("request_bars", messages.RequestBars, BarType.from_str(f"{NONE}-1-MINUTE-LAST-EXTERNAL")),
        ("request_bars", messages.RequestBars, BarType.from_str(f"{BTC}-6-HOUR-BID-EXTERNAL")),
    ],
)
async def test_what_cannot_be_had_is_answered_with_nothing(
    bench: Bench, method: str, request_type: type, subject: object
) -> None:
    fields = asking(limit=5)
    if request_type is messages.RequestOrderBookDepth:
        fields["depth"] = 10
    request = request_type(subject, **fields)
    getattr(bench.client, method)(request)

    response = await bench.answer()

    assert (response.correlation_id, response.data) == (request.id, [])


async def test_requests_that_the_venue_fails_are_answered_with_nothing(bench: Bench) -> None:
    snapshot = messages.RequestOrderBookSnapshot(
        BTC, 0, ClientId("HYPERLIQUID"), None, None, UUID4(), 0, {}
    )
    for method, request in (
        ("request_instrument", messages.RequestInstrument(NONE, **asking(limit=None))),
        ("request_instruments", messages.RequestInstruments(**asking(limit=None))),
        ("request_bars", messages.RequestBars(BARS, **asking())),
        ("request_trade_ticks", messages.RequestTradeTicks(BTC, **asking())),
        ("request_order_book_snapshot", snapshot),
    ):
        bench.venue.fail_next_info(422, "no", count=2)
        getattr(bench.client, method)(request)
        response = await bench.answer()
        assert (response.correlation_id, response.data) == (request.id, [])
        bench.venue.failures.clear()


async def test_custom_requests_and_forward_prices_are_answered_with_nothing(bench: Bench) -> None:
    custom = messages.RequestData(DataType(Bar), None, **asking())
    forward = messages.RequestForwardPrices(
        "BTC", ClientId("HYPERLIQUID"), None, None, UUID4(), 0, BTC
    )
    bench.client.request(custom)
    assert (await bench.answer()).correlation_id == custom.id
    bench.client.request_forward_prices(forward)
    assert (await bench.answer()).correlation_id == forward.id


async def test_a_frame_that_cannot_be_parsed_does_not_end_the_stream(bench: Bench) -> None:
    bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
    await eventually(lambda: bench.of(QuoteTick))

    websocket = bench.client._streams._ws
    websocket._on_frame(b"Websocket connection established.")
    websocket._on_frame(
        b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[{"px":"1","sz":"-1"},{"px":"1","sz":"nan"}]}}'
    )
    count = len(bench.of(QuoteTick))

    await eventually(lambda: len(bench.of(QuoteTick)) > count)


async def test_the_refresh_tells_of_delisted_listed_and_new_instruments() -> None:
    options = VenueOptions(seed=7, history_minutes=30)
    async with connected(options, update_instruments_interval_mins=0.001) as bench:
        bench.venue.set_status("BTC", delisted=True)
        (gone,) = await eventually(lambda: bench.of(InstrumentStatus))
        assert (gone.instrument_id, gone.is_trading) == (BTC, False)
        assert gone.action == MarketStatusAction.NOT_AVAILABLE_FOR_TRADING
        assert bench.client._provider.find(BTC) is None

        bench.data.clear()
        bench.venue.set_status("BTC", delisted=False)
        bench.venue.add_coin("NEWCOIN", 2, 3)
        statuses = await eventually(lambda: len(s := bench.of(InstrumentStatus)) == 2 and s)
        assert {(str(s.instrument_id.symbol), s.action) for s in statuses} == {
            ("BTC-USD-PERP", MarketStatusAction.TRADING),
            ("NEWCOIN-USD-PERP", MarketStatusAction.TRADING),
        }
        assert {str(x.id.symbol) for x in bench.of(Instrument)} == {
            "BTC-USD-PERP",
            "NEWCOIN-USD-PERP",
        }


async def test_a_refresh_that_fails_changes_nothing_and_is_tried_again() -> None:
    options = VenueOptions(seed=7, history_minutes=30)
    async with connected(options, update_instruments_interval_mins=0.001) as bench:
        bench.venue.fail_next_info(422, "no", count=4)
        await eventually(lambda: not bench.venue.failures)
        assert bench.of(InstrumentStatus) == []

        bench.venue.set_status("ETH", delisted=True)
        await eventually(lambda: bench.of(InstrumentStatus))


async def test_disconnecting_leaves_no_task_and_no_connection() -> None:
    before = asyncio.all_tasks()
    async with connected(VenueOptions(seed=7, history_minutes=30)) as bench:
        bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
        await eventually(lambda: bench.of(QuoteTick))

    await eventually(lambda: asyncio.all_tasks() <= before)
