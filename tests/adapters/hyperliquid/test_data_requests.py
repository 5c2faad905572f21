"""The data client asked on a loopback venue: every request has an answer, at worst of nothing."""

from decimal import Decimal

import pytest
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data import messages
from nautilus_trader.data.messages import SubscribeTradeTicks
from nautilus_trader.model.data import Bar, BarType, DataType, TradeTick
from nautilus_trader.model.identifiers import ClientId

from tests.adapters.hyperliquid.bench import Bench, eventually
from tests.adapters.hyperliquid.data_commands import (
    BARS,
    BTC,
    MINUTE_NS,
    NONE,
    PURR,
    asking,
    routed,
)

# One venue serves all tests of this module; each has a client of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


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
