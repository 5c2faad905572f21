"""A broken connection costs no subscription, no bar and no old book; a silent one is noticed."""

from typing import Any

import msgspec
import pytest
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import (
    SubscribeBars,
    SubscribeMarkPrices,
    SubscribeOrderBook,
    SubscribeQuoteTicks,
    SubscribeTradeTicks,
)
from nautilus_trader.model.data import (
    Bar,
    BarType,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookAction, BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.hyperliquid.bench import Bench, client_of, connected, eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
MINUTE_NS = 60_000_000_000
QUICK = VenueOptions(seed=11, history_minutes=30)
# Five minutes of market in one second of wall time.
FAST = VenueOptions(seed=11, history_minutes=30, speed=300)


def routed() -> dict[str, Any]:
    return {
        "client_id": ClientId("HYPERLIQUID"),
        "venue": None,
        "command_id": UUID4(),
        "ts_init": 0,
    }


def connections(bench: Bench) -> set[int]:
    return {r.connection for r in bench.venue.received if r.kind == "ws"}


def subscribed_on(bench: Bench, connection: int) -> list[tuple[Any, ...]]:
    return sorted(
        tuple(r.body["subscription"].values())
        for r in bench.venue.received
        if r.kind == "ws" and r.connection == connection and r.body.get("method") == "subscribe"
    )


async def test_each_stream_is_subscribed_exactly_once_after_a_reconnect() -> None:
    async with connected(QUICK) as bench:
        client = bench.client
        client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
        client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **routed()))
        client.subscribe_mark_prices(SubscribeMarkPrices(BTC, **routed()))
        client.subscribe_bars(SubscribeBars(BARS, **routed()))
        await eventually(lambda: bench.of(QuoteTick) and len(client._streams.subscriptions) == 4)
        first = max(connections(bench))

        await bench.venue.drop_connections()
        bench.data.clear()
        await eventually(lambda: bench.of(QuoteTick))

        second = max(connections(bench))
        expected = [
            ("activeAssetCtx", "BTC"),
            ("bbo", "BTC"),
            ("candle", "BTC", "1m"),
            ("trades", "BTC"),
        ]
        assert second > first
        await eventually(lambda: subscribed_on(bench, second) == expected)
        assert subscribed_on(bench, first) == expected


async def test_what_is_subscribed_while_the_connection_is_down_comes_when_it_is_back() -> None:
    async with connected(QUICK) as bench:
        bench.venue.refuse_connections()
        await bench.venue.drop_connections()

        bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
        await eventually(lambda: bench.client._streams.subscriptions)
        assert bench.frames("subscribe") == []

        bench.venue.refuse_connections(refused=False)
        await eventually(lambda: bench.of(QuoteTick))
        assert len(bench.frames("subscribe", type="bbo")) == 1


async def test_trades_are_not_repeated_by_the_recent_ones_after_a_reconnect() -> None:
    async with connected(msgspec.structs.replace(QUICK, speed=10)) as bench:
        bench.client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **routed()))
        await eventually(lambda: len(bench.of(TradeTick)) > 20)

        await bench.venue.drop_connections()
        count = len(bench.of(TradeTick))
        await eventually(lambda: len(bench.of(TradeTick)) > count + 20)

        ids = [trade.trade_id.value for trade in bench.of(TradeTick)]
        assert len(set(ids)) == len(ids)


async def test_bars_missed_while_disconnected_come_once_and_in_order() -> None:
    async with connected(FAST) as bench:
        bench.client.subscribe_bars(SubscribeBars(BARS, **routed()))
        await eventually(lambda: bench.of(Bar))

        bench.venue.refuse_connections()
        await bench.venue.drop_connections()
        down_ms = bench.venue.clock.now_ms()
        await eventually(lambda: bench.venue.clock.now_ms() > down_ms + 4 * 60_000)
        before = len(bench.of(Bar))
        bench.venue.refuse_connections(refused=False)
        bars = await eventually(lambda: len(b := bench.of(Bar)) > before + 5 and b)

        closes = [bar.ts_event for bar in bars]
        assert closes == list(range(closes[0], closes[-1] + 1, MINUTE_NS))
        history = await bench.client._history._http.candle_snapshot(
            "BTC", "1m", closes[0] // 1_000_000 - 60_000, closes[-1] // 1_000_000 - 1
        )
        assert [(float(b.close), float(b.volume)) for b in bars] == [(c.c, c.v) for c in history]


async def test_bars_that_the_venue_will_not_tell_are_left_out_rather_than_wrong() -> None:
    async with connected(FAST) as bench:
        bench.client.subscribe_bars(SubscribeBars(BARS, **routed()))
        await eventually(lambda: bench.of(Bar))
        bench.venue.refuse_connections()
        await bench.venue.drop_connections()
        down_ms = bench.venue.clock.now_ms()
        await eventually(lambda: bench.venue.clock.now_ms() > down_ms + 3 * 60_000)
        before = len(bench.of(Bar))

        bench.venue.fail_next_info(422, "no")
        bench.venue.refuse_connections(refused=False)
        bars = await eventually(lambda: len(b := bench.of(Bar)) > before + 1 and b)

        closes = [bar.ts_event for bar in bars]
        assert closes == sorted(set(closes))
        assert closes[before] - closes[before - 1] > MINUTE_NS
        history = await bench.client._history._http.candle_snapshot(
            "BTC", "1m", closes[0] // 1_000_000 - 60_000, closes[-1] // 1_000_000 - 1
        )
        truth = {c.T + 1: (c.c, c.v) for c in history}
        for bar in bars:
            assert (float(bar.close), float(bar.volume)) == truth[bar.ts_event // 1_000_000]


async def test_a_book_begins_with_a_clear_after_a_reconnect() -> None:
    async with connected(QUICK) as bench:
        command = SubscribeOrderBook(BTC, OrderBookDelta, BookType.L2_MBP, **routed())
        bench.client.subscribe_order_book_deltas(command)
        await eventually(lambda: bench.of(OrderBookDeltas))

        await bench.venue.drop_connections()
        bench.data.clear()
        deltas = await eventually(lambda: bench.of(OrderBookDeltas))

        assert deltas[0].deltas[0].action == BookAction.CLEAR
        assert deltas[0].is_snapshot


async def test_a_venue_that_is_not_there_yet_is_waited_for() -> None:
    async with HyperliquidVenue(QUICK).running() as venue:
        venue.fail_next_info(503, "<html>upgrading</html>", count=4)
        venue.refuse_connections()
        async with client_of(venue, http_max_attempts=1) as bench:
            await eventually(lambda: bench.client._provider.count)
            assert not bench.client.is_connected
            venue.refuse_connections(refused=False)
            await eventually(lambda: bench.client.is_connected)


async def test_a_stream_that_falls_silent_is_subscribed_again() -> None:
    async with connected(QUICK, ws_stale_stream_secs=0.5) as bench:
        command = SubscribeOrderBook(BTC, OrderBookDelta, BookType.L2_MBP, **routed())
        bench.client.subscribe_order_book_deltas(command)
        await eventually(lambda: bench.of(OrderBookDeltas))

        bench.venue.mute("l2Book", "BTC")
        await eventually(lambda: len(bench.frames("subscribe", type="l2Book")) == 2)
        assert len(bench.frames("unsubscribe", type="l2Book")) == 1
        assert len(connections(bench)) == 1

        bench.venue.unmute("l2Book", "BTC")
        count = len(bench.of(OrderBookDeltas))
        await eventually(lambda: len(bench.of(OrderBookDeltas)) > count)


async def test_a_stream_that_stays_silent_gets_a_new_connection_once() -> None:
    async with connected(QUICK, ws_stale_stream_secs=0.3) as bench:
        command = SubscribeOrderBook(BTC, OrderBookDelta, BookType.L2_MBP, **routed())
        bench.client.subscribe_order_book_deltas(command)
        bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
        await eventually(lambda: bench.of(OrderBookDeltas))

        bench.venue.mute("l2Book", "BTC")
        await eventually(lambda: len(connections(bench)) == 2)
        second = max(connections(bench))
        await eventually(
            lambda: subscribed_on(bench, second) == [("bbo", "BTC"), ("l2Book", "BTC")]
        )

        bench.venue.unmute("l2Book", "BTC")
        count = len(bench.of(OrderBookDeltas))
        await eventually(lambda: len(bench.of(OrderBookDeltas)) > count)
        assert len(connections(bench)) == 2


@pytest.mark.parametrize("drops", [2])
async def test_streams_survive_one_drop_after_another(drops: int) -> None:
    async with connected(QUICK) as bench:
        bench.client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **routed()))
        for _ in range(drops):
            bench.data.clear()
            await eventually(lambda: bench.of(QuoteTick))
            await bench.venue.drop_connections()
        bench.data.clear()
        await eventually(lambda: bench.of(QuoteTick))

        for connection in connections(bench):
            assert len(subscribed_on(bench, connection)) == 1
