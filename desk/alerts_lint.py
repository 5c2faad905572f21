"""The command that says what an alert would do, and trades nothing."""

import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from rich.console import Console

from adapters.common.errors import VenueError as VenueFailure
from config.loading import load_profile
from config.settings import Profile
from config.webhook import WebhookSettings
from desk.alerts_outlook import Market, Outlook, outlook_of
from desk.alerts_words import (
    describe_alert,
    describe_life,
    describe_outlook,
    iso_time,
    kind_of,
)
from desk.exits import Exit, UsageError
from desk.kits import VENUES
from desk.options import parse_moment
from desk.output import AsJson, print_json
from desk.strategies import alert_strategies, strategy_configs, tickers
from desk.webhook import ttl_of
from strategies.alert_strategy import AlertStrategyConfig
from webhook.alerts import Alert
from webhook.auth import SECRET_FIELD
from webhook.dialects import parse_alert, read_fields
from webhook.errors import WebhookError
from webhook.expiry import expiry_ns

LOOKUP_SECS_MAX = 10.0
"""How long a venue may take to tell an instrument's rules; without them nothing is rounded."""

_EPOCH = datetime.fromtimestamp(0, UTC)
# As text, since the command line reads a Decimal in other ways once pydantic is imported by anyone.
Amount = Annotated[str | None, Parameter(negative="")]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the linter has to say about a well-formed alert; `words` say it all for people."""

    alert: Alert
    kind: str  # "entry", "exit" or "heartbeat"
    received: str
    expires: str
    is_expired: bool
    outlook: Outlook
    words: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True):
    """What the webhook would answer to a broken alert."""

    status: int
    code: str
    message: str


def lint(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    profile: str = "paper",
    position: str = "0",
    price: Amount = None,
    equity: Amount = None,
    received: str | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Say in words what an alert would do, without trading; a broken one ends with 2.

    Parameters
    ----------
    file
        A file with the body of the alert, or - for standard input.
    profile
        The profile whose strategies, tickers and venues count.
    position
        The signed position it would meet, in base units.
    price
        The market's price, to size the order and round it.
    equity
        The account's equity, for sizes in percent of it.
    received
        When the alert would come (ISO 8601); now if left out.

    """
    loaded = load_profile(profile)
    received_ns = _received_ns(received)
    market = Market(
        position=_number("--position", position),
        price=_positive("--price", price),
        equity=_positive("--equity", equity),
    )
    settings = loaded.webhook or WebhookSettings()
    body = _read(file, settings.max_body_bytes)
    try:
        fields, has_secret = _fields(body, settings.max_body_bytes)
        alert = parse_alert(fields, tickers(loaded), received_ns=received_ns)
        config = _listener(loaded, alert.strategy)
        expires_ns = expiry_ns(alert, received_ns, ttl_of(settings, alert.strategy))
    except WebhookError as e:
        return _refuse(e, as_json=as_json)
    if alert.action is not None and isinstance(config, AlertStrategyConfig):
        instrument, missing = _instrument(loaded, alert.instrument_id)
        market = msgspec.structs.replace(market, instrument=instrument, missing=missing)
    outlook = outlook_of(alert, config, market)
    words = [
        *describe_alert(alert, is_text=not body.lstrip().startswith(b"{"), has_secret=has_secret),
        describe_life(alert, received_ns, expires_ns),
        *describe_outlook(alert, config, market, outlook),
    ]
    finding = Finding(
        alert=alert,
        kind=kind_of(alert),
        received=iso_time(received_ns),
        expires=iso_time(expires_ns),
        is_expired=expires_ns <= received_ns,
        outlook=outlook,
        words=tuple(words),
    )
    if as_json:
        print_json(finding)
    else:
        Console(soft_wrap=True).print("\n".join(words), markup=False, highlight=False)
    return Exit.DONE


def _read(file: str, limit: int) -> bytes:
    """Return the body, or a little more than its limit of it."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(limit + 1)
        with Path(file).open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as e:
        raise UsageError(f"{file}: expected a file with an alert, found {e.strerror}") from e


def _fields(body: bytes, limit: int) -> tuple[dict[str, object], bool]:
    if len(body) > limit:
        raise WebhookError(413, "too_large", f"Expected at most {limit} bytes")
    fields = read_fields(body)
    secret = fields.pop(SECRET_FIELD, None)
    if isinstance(secret, str) and secret:
        # Should it stand in another field as well, no message may show it.
        fields = {name: _without(value, secret) for name, value in fields.items()}
    return fields, secret is not None


def _without(value: object, secret: str) -> object:
    match value:
        case str():
            return value.replace(secret, "***")
        case dict():
            return {name: _without(child, secret) for name, child in value.items()}
        case list():
            return [_without(child, secret) for child in value]
        case _:
            return value


def _listener(profile: Profile, name: str) -> StrategyConfig:
    names = alert_strategies(profile)
    if name not in names:
        known = ", ".join(sorted(names)) or "none in this profile"
        words = f"strategy: expected one that takes alerts ({known}), was {name!r}"
        raise WebhookError(422, "no_listener", words)
    return next(
        config for _, config in strategy_configs(profile) if str(config.strategy_id) == name
    )


def _refuse(error: WebhookError, *, as_json: bool) -> Exit:
    if not as_json:
        words = f"the webhook would answer {error.status} {error.code}: {error.message}"
        raise UsageError(words) from error
    print_json(Refused(error.status, error.code, error.message))
    return Exit.USAGE


def _instrument(profile: Profile, instrument_id: InstrumentId) -> tuple[Instrument | None, str]:
    """Return what the venue says of an instrument, or None and why in words."""
    name = instrument_id.venue.value.lower()
    venue = profile.venues.get(name)
    if venue is None or name not in VENUES:
        return None, f"the profile has no venue {name!r}"
    if venue.network == "loopback" and venue.base_url_http is None:
        return None, "a loopback venue has no address before it runs"
    lookup = VENUES[name].load_instrument(venue, instrument_id)
    try:
        found = asyncio.run(asyncio.wait_for(lookup, LOOKUP_SECS_MAX))
    except (VenueFailure, TimeoutError) as e:
        words = str(e) or f"no answer within {LOOKUP_SECS_MAX:g} s"
        return None, f"the venue does not tell its rules ({words})"
    if found is None:
        return None, f"the venue lists no {instrument_id}"
    return found, ""


def _received_ns(text: str | None) -> int:
    if text is None:
        return time.time_ns()
    return (parse_moment("--received", text) - _EPOCH) // timedelta(microseconds=1) * 1_000


def _number(option: str, text: str, expected: str = "a number") -> Decimal:
    with suppress(InvalidOperation):
        value = Decimal(text)
        if value.is_finite():
            return value
    raise UsageError(f"{option}: expected {expected}, found {text}")


def _positive(option: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    expected = "a number above 0"
    value = _number(option, text, expected)
    if value <= 0:
        raise UsageError(f"{option}: expected {expected}, found {text}")
    return value
