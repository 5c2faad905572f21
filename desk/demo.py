"""The demo: a loopback venue, a run on it, and alerts posted to itself over HTTP."""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from nautilus_trader.core.nautilus_pyo3 import HttpClient

import adapters.common.errors
from config.errors import ProfileError
from config.loading import load_profile
from config.secrets import Secret
from config.settings import Profile
from desk.exits import Exit, UsageError, VenueError
from desk.kits import VENUES, VenueKit
from desk.ledger import Comparison, compare_books
from desk.loopback import MadeUpAccount, exported, loopback_venue
from desk.options import finite
from desk.output import AsJson
from desk.running import run_and_report
from desk.session import Script, SessionResult
from desk.webhook import WebhookSecrets
from monitor.auth import Tokens
from simulator.replay import Replay

MARKET_SECS = 9_000.0  # of generated market that pass in one demo: 150 one-minute bars
REPLAY_WARMUP_BARS = 15  # a recording has no history before it; RSI(14) needs so many to speak
SECONDS = 30.0
SECONDS_MIN = 5.0
ALERTS = ((0.3, "buy"), (0.7, "close"))  # when each is posted, as a share of the run


def demo(
    *,
    seed: int = 1,
    seconds: Annotated[float, Parameter(validator=(finite, Number(gte=SECONDS_MIN)))] = SECONDS,
    replay: Path | None = None,
    live: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Trade for half a minute against a loopback venue, and report.

    Parameters
    ----------
    seed
        The market to generate; the same seed is the same market.
    seconds
        Wall time to run, at least 5; the venue squeezes its market into it.
    replay
        A recording to trade on instead of a generated market.
    live
        Send the orders to the venue and compare its books with ours at the end, instead of
        trading on paper; `perpdesk run demo-live` does so too.

    """
    profile = load_profile("demo-live" if live else "demo")
    return run_demo(profile, seed=seed, seconds=seconds, replay=replay, as_json=as_json)


def needs_a_venue(profile: Profile) -> bool:
    """Tell whether a profile trades on a loopback venue that somebody has yet to start."""
    venues = profile.venues.values()
    return any(venue.network == "loopback" and venue.base_url_http is None for venue in venues)


def run_demo(
    profile: Profile,
    *,
    seed: int = 1,
    seconds: float | None = None,
    replay: Path | None = None,
    tokens: Tokens | None = None,
    as_json: bool = False,
) -> Exit:
    """
    Start a loopback venue for a profile, run the profile on it, and report.

    Parameters
    ----------
    profile
        One that `needs_a_venue`.
    seed, seconds, replay
        As for `demo`.
    tokens
        As for `run_session`.
    as_json
        Whether to print the result as JSON.

    Raises
    ------
    ProfileError
        The profile is wrong, or of another venue.
    UsageError
        `seconds` is too short, or `replay` is no recording.
    VenueError
        The venue did not start, or gave an answer that cannot be read.

    """
    seconds = SECONDS if seconds is None else seconds
    if seconds < SECONDS_MIN:
        raise UsageError(f"--seconds: expected at least {SECONDS_MIN:g}, was {seconds:g}")
    venue = _venue_of(profile)
    market, profile = _market(profile, venue, seed, seconds, replay)
    account = MadeUpAccount.new() if profile.venues[venue].execution == "live" else None
    accounts = [] if account is None else account.options
    with loopback_venue(venue, [*market, *accounts]) as urls, TemporaryDirectory() as state:
        profile = profile.with_venue_urls(venue, urls.http, urls.ws)
        secret = Secret(secrets.token_urlsafe(24))
        carried = WebhookSecrets(secret, None)
        script = _post_alerts(profile, secret, seconds)
        if account is None:
            return run_and_report(
                profile, carried, seconds=seconds, script=script, tokens=tokens, as_json=as_json
            )
        profile = profile.with_state_directory(venue, state)
        with exported(profile.venues[venue].private_key_env, account.key):
            return run_and_report(
                profile,
                carried,
                seconds=seconds,
                script=script,
                compare=_comparer(VENUES[venue], urls.http, account),
                tokens=tokens,
                as_json=as_json,
            )


def _venue_of(profile: Profile) -> str:
    """Return the one venue that a profile trades on."""
    if len(profile.venues) != 1 or not profile.venues.keys() <= VENUES.keys():
        wanted = f"one venue, {' or '.join(VENUES)} (addresses of others must be given)"
        raise ProfileError(profile.file, "venues", wanted, ", ".join(map(repr, profile.venues)))
    return next(iter(profile.venues))


def _comparer(
    kit: VenueKit, url: str, account: MadeUpAccount
) -> Callable[[SessionResult], Comparison]:
    def compare(result: SessionResult) -> Comparison:
        pnl = [trade.pnl for trade in result.trades]
        equity = result.equity[0][1].equity if result.equity else Decimal(0)
        try:
            books = asyncio.run(kit.read_books(url, account.key.reveal()))
        except adapters.common.errors.VenueError as e:
            raise VenueError(f"The venue does not tell its books: {e}") from e
        return compare_books(books, pnl=pnl, equity=equity)

    return compare


def _market(
    profile: Profile, venue: str, seed: int, seconds: float, replay: Path | None
) -> tuple[list[str], Profile]:
    """Return the venue's options for its market, and the profile on a coin of that market."""
    if replay is None:
        # The market ends about now, so that no timestamp lies in the future.
        start_ms = int((time.time() - MARKET_SECS) * 1000)
        market = ["--seed", str(seed), "--from", str(start_ms)]
        return [*market, "--speed", str(MARKET_SECS / seconds)], profile
    coin, market_secs = _recording(replay)
    market = ["--replay", str(replay), "--speed", str(market_secs / seconds)]
    return market, _on_recorded_coin(profile, venue, coin)


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


def _on_recorded_coin(profile: Profile, venue: str, coin: str) -> Profile:
    _, _, rest = VENUES[venue].demo_instrument.partition("-")
    instrument = f"{coin}-{rest}"
    places: dict[str, dict[str, Any]] = {
        "rsi": {
            "instrument_id": instrument,
            "bar_type": f"{instrument}-1-MINUTE-LAST-EXTERNAL",
            "warmup_bars": REPLAY_WARMUP_BARS,
        },
        "alert": {"instrument_id": instrument},
    }
    moved = tuple(
        msgspec.structs.replace(s, parameters=s.parameters | places.get(s.strategy, {}))
        for s in profile.strategies
    )
    # A recording need not hold the coins whose leverage the profile sets.
    settings = msgspec.structs.replace(profile.venues[venue], leverage={}, isolated=())
    return msgspec.structs.replace(profile, strategies=moved, venues={venue: settings})


def _post_alerts(profile: Profile, secret: Secret, seconds: float) -> Script | None:
    strategy = next((s for s in profile.strategies if s.strategy == "alert"), None)
    if strategy is None or profile.webhook is None:
        return None

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
