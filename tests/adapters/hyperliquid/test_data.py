"""The data client subscribed on a loopback venue: every hook, every stream, every refusal."""

from decimal import Decimal

import pytest
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
from nautilus_trader.model.instruments import CryptoPerpetual, CurrencyPair, Instrument

from tests.adapters.hyperliquid.bench import Bench, eventually
from tests.adapters.hyperliquid.data_commands import (
    BARS,
    BTC,
    MINUTE_NS,
    NONE,
    PURR,
    book_command,
    routed,
)

# One venue serves all tests of this module; each has a client of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


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
