"""The data client over time, on a venue of each test's own: changed listings, and the end."""

import asyncio

from nautilus_trader.data.messages import SubscribeQuoteTicks
from nautilus_trader.model.data import InstrumentStatus, QuoteTick
from nautilus_trader.model.enums import MarketStatusAction
from nautilus_trader.model.instruments import Instrument

from simulator.hyperliquid import VenueOptions
from tests.adapters.hyperliquid.bench import connected, eventually
from tests.adapters.hyperliquid.data_commands import BTC, routed


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
