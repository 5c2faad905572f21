"""The demo: a loopback venue, a paper run on it, and alerts posted to itself over HTTP."""

import asyncio
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from nautilus_trader.core.nautilus_pyo3 import HttpClient

from config.loading import load_profile
from config.secrets import Secret
from config.settings import Profile
from desk.exits import Exit, UsageError, VenueError
from desk.output import AsJson
from desk.run import run_and_report
from desk.session import Script
from simulator.replay import Replay

VENUE = "hyperliquid"
MARKET_SECS = 9_000.0  # of generated market that pass in one demo: 150 one-minute bars
REPLAY_WARMUP_BARS = 15  # a recording has no history before it; RSI(14) needs so many to speak
ALERTS = ((0.3, "buy"), (0.7, "close"))  # when each is posted, as a share of the run


class VenueUrls(msgspec.Struct, frozen=True):
    """Where the loopback venue listens, as its command prints it."""

    http: str
    ws: str


def demo(
    *,
    seed: int = 1,
    seconds: Annotated[float, Parameter(validator=Number(gte=5))] = 30.0,
    replay: Path | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Trade on paper for half a minute against a loopback venue, and report.

    Parameters
    ----------
    seed
        The market to generate; the same seed is the same market.
    seconds
        Wall time to run, at least 5; the venue squeezes its market into it.
    replay
        A recording to trade on instead of a generated market.

    """
    profile = load_profile("demo")
    if replay is None:
        # The market ends about now, so that no timestamp lies in the future.
        start_ms = int((time.time() - MARKET_SECS) * 1000)
        market = ["--seed", str(seed), "--from", str(start_ms)]
        market_secs = MARKET_SECS
    else:
        coin, market_secs = _recording(replay)
        profile = _on_recorded_coin(profile, coin)
        market = ["--replay", str(replay)]
    with _loopback_venue([*market, "--speed", str(market_secs / seconds)]) as urls:
        profile = profile.with_venue_urls(VENUE, urls.http, urls.ws)
        secret = Secret(secrets.token_urlsafe(24))
        script = _post_alerts(profile, secret, seconds)
        return run_and_report(profile, secret, seconds=seconds, script=script, as_json=as_json)


def _recording(path: Path) -> tuple[str, float]:
    """Return the first coin of a recording and how many seconds it lasts."""
    try:
        source = Replay(path)
        end_ms = max(event.time for event in source.due(sys.maxsize))
    except (OSError, ValueError) as e:
        raise UsageError(f"--replay: {e}") from e
    perps = source.universe.perps(0)
    if not perps:
        raise UsageError(f"--replay: Expected a recording of a perpetual, found none in {path}")
    return perps[0].coin, (end_ms - source.start_ms) / 1000


def _on_recorded_coin(profile: Profile, coin: str) -> Profile:
    instrument = f"{coin}-USD-PERP.{VENUE.upper()}"
    places: dict[str, dict[str, Any]] = {
        "rsi": {
            "instrument_id": instrument,
            "bar_type": f"{instrument}-1-MINUTE-LAST-EXTERNAL",
            "warmup_bars": REPLAY_WARMUP_BARS,
        },
        "alert": {"instrument_id": instrument},
    }
    moved = tuple(
        msgspec.structs.replace(s, parameters=s.parameters | places[s.strategy])
        for s in profile.strategies
    )
    return msgspec.structs.replace(profile, strategies=moved)


@contextmanager
def _loopback_venue(market: list[str]) -> Iterator[VenueUrls]:
    command = [sys.executable, "-m", "desk", "venue", VENUE, "--port", "0", "--leash", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *market], stdin=pipe, stdout=pipe) as process:  # noqa: S603 (our own command)
        assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
        assert process.stdout is not None  # noqa: S101 (likewise)
        try:
            line = process.stdout.readline()
            if not line:
                raise VenueError("The loopback venue did not start; its message is above")
            yield msgspec.json.decode(line, type=VenueUrls)
        finally:
            process.stdin.close()  # the leash: the venue ends with it, whatever became of us


def _post_alerts(profile: Profile, secret: Secret, seconds: float) -> Script:
    strategy = next(s for s in profile.strategies if s.strategy == "alert")

    async def post_alerts(url: str) -> None:
        client = HttpClient()
        started = time.monotonic()
        for share, action in ALERTS:
            await asyncio.sleep(started + share * seconds - time.monotonic())
            alert = {
                "secret": secret.reveal(),
                "strategy": strategy.id,
                "ticker": strategy.parameters["instrument_id"].partition("-")[0],
                "action": action,
                "id": f"demo-{action}",
            }
            response = await client.post(
                f"{url}/webhook/tradingview",
                headers={"Content-Type": "application/json"},
                body=msgspec.json.encode(alert),
            )
            if response.status != 200:  # noqa: PLR2004
                raise VenueError(f"The webhook refused the demo's alert: {response.body!r}")

    return post_alerts
