"""Nautilus's own Rust node, adapter and data tester on the loopback venue, nothing patched."""

import asyncio
import re
import sys
from collections import Counter

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.waiting import eventually

RECEIVED = re.compile(r"testers::data::actor: +(\w+)[ (]")


async def test_nautilus_rust_adapter_takes_the_venue_for_the_real_one() -> None:
    options = VenueOptions(seed=4, speed=60, history_minutes=200, weight_per_minute=0)
    async with HyperliquidVenue(options).running() as venue:
        await eventually(lambda: len(venue.market.coin("BTC").trades) > 10)
        command = ["-m", "tests.acceptance.nautilus_node", venue.http_url, venue.ws_url, "4"]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(child.communicate(), timeout=60)
        frames = [received.body for received in venue.received if received.kind == "ws"]

    log = output.decode()
    kinds = Counter(RECEIVED.findall(log))
    assert child.returncode == 0
    # While it shuts down, its own timers may find its own channel closed: not the venue's doing.
    running, stopping, _ = log.partition("::trader: Stopping")
    assert stopping
    assert "[ERROR]" not in running
    assert kinds["QuoteTick"] > 50
    assert kinds["TradeTick"] > 50
    assert kinds["Bar"] >= 3
    assert kinds["MarkPriceUpdate"] > 5
    assert kinds["IndexPriceUpdate"] > 5
    assert kinds["FundingRateUpdate"] >= 3
    assert kinds["CryptoPerpetual"] >= 6
    assert kinds["CurrencyPair"] == 2
    subscribed = [f["subscription"]["type"] for f in frames if f["method"] == "subscribe"]
    dropped = [f["subscription"]["type"] for f in frames if f["method"] == "unsubscribe"]
    assert sorted(subscribed) == sorted(dropped)
    assert set(subscribed) == {"l2Book", "bbo", "trades", "activeAssetCtx", "candle"}
