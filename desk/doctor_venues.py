"""What a doctor asks the venues: clock, whose key, and whether configured sizes are taken."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal
from typing import Final

from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.checkup import Checkup, KeyAccount
from adapters.common.errors import VenueError
from config.errors import ProfileError
from config.secrets import read_secret
from config.settings import Profile
from config.venues import VenueSettings
from desk.doctor_check import Check, fail, ok, warn
from desk.kits import VENUES, check_key, read_address, read_number
from desk.strategies import strategy_configs
from strategies.sizing import PercentSize, Refusal, Sizing, round_size, wanted_size

ANSWER_SECS_MAX: Final = 20.0
"""How long a venue may take for all that it is asked; a run waits no longer for its connection."""

# A second is what a network and an unwatched clock come to. Nonces, signatures and the age of
# alerts are judged by clocks; beyond the life of an order, ours may be dead when they arrive.
APART_MS_OK: Final = 1_000

_MS: Final = 1_000


async def check_venues(profile: Profile) -> list[Check]:
    """Ask each venue of a profile what a run of it would meet."""
    return [check async for check in _all(profile)]


async def _all(profile: Profile) -> AsyncIterator[Check]:
    for name, settings in profile.venues.items():
        checkup = VENUES[name].checkup(settings)
        try:
            async with asyncio.timeout(ANSWER_SECS_MAX):
                checks = [check async for check in _of_venue(profile, name, settings, checkup)]
        except (VenueError, TimeoutError) as e:
            words = str(e) or f"no answer in {ANSWER_SECS_MAX:g} s"
            yield fail(f"venue {name}", words, "see whether it is up, and base_url_http is right")
        else:
            for check in checks:
                yield check


async def _of_venue(
    profile: Profile, name: str, settings: VenueSettings, checkup: Checkup
) -> AsyncIterator[Check]:
    before_ms = time.time_ns() // 1_000_000
    venue_ms = await checkup.time_ms()
    after_ms = time.time_ns() // 1_000_000
    yield check_clock(name, before_ms, venue_ms, after_ms, settings.expires_after_secs)
    equity = None
    if settings.execution == "live":
        found = await _key_account(settings, checkup)
        if found is not None:
            equity = found.equity
            yield check_account(name, found)
    for strategy, instrument_id, sizing in _sizings(profile, name):
        instrument = await VENUES[name].load_instrument(settings, instrument_id)
        if instrument is None:
            words = f"{name} lists no {instrument_id}"
            yield fail(f"size {strategy}", words, "correct instrument_id in the profile")
            continue
        if settings.execution == "sandbox":
            yield check_balance(strategy, instrument, profile.paper.starting_balances)
        price = await checkup.price(instrument)
        yield check_size(strategy, sizing, instrument, price, equity)


async def _key_account(settings: VenueSettings, checkup: Checkup) -> KeyAccount | None:
    """Return what the key is; None if the environment has none, which another check says."""
    variable = settings.private_key_env
    assert variable is not None  # noqa: S101 (live orders need it, says the profile's own rule)
    try:
        check_key(variable)
        account = read_address(settings.account_address_env)
        sub_account = read_address(settings.vault_address_env) or read_number(
            settings.subaccount_id_env
        )
    except ProfileError:
        return None
    key = read_secret(variable, os.environ).reveal()
    return await checkup.key_account(key, account, sub_account)


def check_clock(
    name: str, before_ms: int, venue_ms: int, after_ms: int, expires_after_secs: int
) -> Check:
    """Return how far our clock is from the venue's, of which it answered between two of ours."""
    ahead_ms = (before_ms + after_ms) // 2 - venue_ms
    # The answer took its time; the clocks may agree as well as they can within that.
    apart_ms = max(0, abs(ahead_ms) - (after_ms - before_ms) // 2)
    side = "ahead of" if ahead_ms > 0 else "behind"
    words = f"{apart_ms} ms {side} {name}'s" if apart_ms else f"as {name}'s"
    remedy = "let this machine keep its time by NTP"
    if apart_ms >= expires_after_secs * _MS:
        return fail("clock", words, remedy)
    if apart_ms > APART_MS_OK:
        return warn("clock", words, remedy)
    return ok("clock", words)


def check_account(venue: str, found: KeyAccount) -> Check:
    """Return which account a key belongs to, and what that is worth."""
    name = f"account {venue}"
    if found.account is None:
        words = f"{found.signer} is of kind {found.kind}: {found.trouble}"
        return fail(name, words, "set what the message names, or use another key")
    words = f"{found.signer} ({found.kind}) trades for {found.account}"
    if found.equity is None:
        return warn(name, f"{words}, whose balance is not told", "look at the venue's own page")
    words = f"{words}, {found.equity:,.2f} {found.currency}"
    if found.equity <= 0:
        return fail(name, words, "deposit first: `perpdesk funds deposit`, or the venue's own page")
    if found.kind == "master":
        remedy = "it can withdraw: better trade with the key of an agent or a delegate"
        return warn(name, words, remedy)
    return ok(name, words)


def check_balance(strategy: str, instrument: Instrument, balances: Sequence[str]) -> Check:
    """Return whether an account on paper has money of the kind that an instrument settles in."""
    name, currency = f"paper {strategy}", instrument.get_cost_currency().code
    if any(balance.split()[1] == currency for balance in balances):
        return ok(name, f"{instrument.id.symbol} settles in {currency}")
    words = f"{instrument.id.symbol} settles in {currency}, of which the account has none"
    return fail(name, words, f'add "10000 {currency}" to starting_balances in [paper]')


def check_size(
    strategy: str,
    sizing: Sizing,
    instrument: Instrument,
    price: Decimal | None,
    equity: Decimal | None,
) -> Check:
    """
    Return whether the venue takes orders of a strategy's size at a price.

    Parameters
    ----------
    strategy
        Its id.
    sizing
        Its rule.
    instrument
        With the venue's smallest and largest size, and its smallest value.
    price
        About what one base unit costs; None if that is not known.
    equity
        For a share of it; None if that is not known.

    """
    name = f"size {strategy}"
    if price is None:
        words = f"{instrument.id} has no price now, nothing was compared"
        return warn(name, words, "try again when its market is open")
    if isinstance(sizing, PercentSize) and equity is None:
        words = f"{sizing.percent} % of an equity that is not known, nothing was compared"
        return warn(name, words, "see the account's own line")
    size = round_size(wanted_size(sizing, price, equity or Decimal(0)), price, instrument)
    if isinstance(size, Refusal):
        return fail(name, size.reason, f"change the sizing of {strategy} in the profile")
    return ok(name, f"{size} {instrument.id.symbol} at about {price}")


def _sizings(profile: Profile, venue: str) -> Iterator[tuple[str, InstrumentId, Sizing]]:
    for _, config in strategy_configs(profile):
        instrument_id: InstrumentId | None = getattr(config, "instrument_id", None)
        sizing = getattr(config, "sizing", None)
        if sizing is None or instrument_id is None:
            continue  # it trades nothing itself, or by rules that only its own code knows
        if instrument_id.venue.value.lower() == venue:
            yield str(config.strategy_id), instrument_id, sizing
