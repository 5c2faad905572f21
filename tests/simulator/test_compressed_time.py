"""A made-up market at high speed: what is streamed, what is asked for and what happened agree."""

from typing import Any

from websockets.asyncio.client import connect

from simulator.candles import MINUTE_MS
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.simulator.venues import Client

START_MS = 1_757_015_940_000  # a minute's beginning, one minute before a full hour
CLOSED_MINUTES = 3


def rebuilt(trades: list[dict[str, Any]], minute_ms: int) -> tuple[str, str, float, float, int]:
    """Return open, close, high, low and count of a minute's trades."""
    within = [t for t in trades if minute_ms <= t["time"] < minute_ms + MINUTE_MS]
    prices = [float(t["px"]) for t in within]
    return within[0]["px"], within[-1]["px"], max(prices), min(prices), len(within)


async def test_streams_snapshots_and_trades_agree_at_any_speed() -> None:
    options = VenueOptions(speed=240, start_ms=START_MS, history_minutes=10)
    venue = HyperliquidVenue(options)
    async with venue.running(), connect(venue.ws_url) as line:
        client = Client(line)
        for feed in ("trades", "l2Book", "bbo", "activeAssetCtx"):
            await client.send(
                {"method": "subscribe", "subscription": {"type": feed, "coin": "BTC"}}
            )
        await client.subscribe(type="candle", coin="BTC", interval="1m")
        ends_ms = START_MS + (CLOSED_MINUTES + 1) * MINUTE_MS

        frames = await client.until(
            lambda f: f["channel"] == "candle" and f["data"]["t"] >= ends_ms
        )

        now_ms = venue.clock.now_ms()
        await client.send({"method": "post", "id": 1, "request": {"type": "info", "payload": {
            "type": "candleSnapshot",
            "req": {"coin": "BTC", "interval": "1m", "startTime": START_MS, "endTime": ends_ms - 1},
        }}})  # fmt: skip
        asked = (await client.until(lambda f: f["channel"] == "post"))[-1]
        await client.send({"method": "post", "id": 2, "request": {"type": "info", "payload": {
            "type": "fundingHistory", "coin": "BTC", "startTime": START_MS,
        }}})  # fmt: skip
        funding = (await client.until(lambda f: f["channel"] == "post"))[-1]

    trades = [t for f in frames if f["channel"] == "trades" for t in f["data"]]
    streamed = {f["data"]["t"]: f["data"] for f in frames if f["channel"] == "candle"}
    snapshot = {c["t"]: c for c in asked["data"]["response"]["payload"]["data"]}
    whole = sorted(snapshot)[1:]  # the first began before this client listened
    assert len(whole) == CLOSED_MINUTES
    for minute_ms in whole:
        candle = snapshot[minute_ms]
        assert candle == streamed[minute_ms]
        assert rebuilt(trades, minute_ms) == (
            candle["o"], candle["c"], float(candle["h"]), float(candle["l"]), candle["n"],
        )  # fmt: skip
    times = [f["data"]["time"] for f in frames if f["channel"] in ("l2Book", "bbo")]
    assert times == sorted(times)
    assert times[0] >= START_MS
    assert times[-1] <= now_ms
    (row,) = funding["data"]["response"]["payload"]["data"]
    assert 20 <= row["time"] - (START_MS + MINUTE_MS) <= 400
