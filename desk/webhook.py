"""The webhook of a profile: its settings become the app, and a command serves it; no node."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop
from rich.console import Console
from starlette.types import ASGIApp

from config.errors import ProfileError
from config.loading import load_profile
from config.secrets import Secret, read_secret
from config.settings import Profile
from config.webhook import TlsSettings, WebhookSettings
from desk.exits import Exit, UsageError
from desk.logs_sidecar import write_sidecar_log
from desk.output import AsJson, print_json
from desk.strategies import alert_strategies, tickers
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.inbox import Inbox, InboxError, Intake, Limits
from webhook.posting import PATH, RequestLimits
from webhook.server import ListenError, Tls, serving
from webhook.sources import Sources
from webhook.stores import open_inbox


class WebhookSecrets(NamedTuple):
    """What an alert must carry: the secret of its body, and the token of its path, if any."""

    secret: Secret
    token: Secret | None


class Serving(msgspec.Struct, frozen=True):
    """Where alerts are taken, and where they are stored; without token and password."""

    url: str
    inbox: str


def webhook(profile: str, *, as_json: AsJson = False) -> Exit:
    """
    Take alerts into the inbox of a profile until Ctrl-C, for a run in another process.

    Parameters
    ----------
    profile
        A built-in profile or the path of a TOML file, the same as the run's; with `serve = false`
        in its `[webhook]`, the run itself listens no more.

    """
    loaded = load_profile(profile)
    if loaded.webhook is None:
        raise ProfileError(loaded.file, "webhook", "a table", "nothing")
    secrets = read_webhook_secrets(loaded.webhook, os.environ)
    place = inbox_place(loaded, os.environ)
    named = loaded.webhook.inbox_env
    shown = place if named is None else f"the inbox that {named} names"

    def announce(url: str) -> None:
        if as_json:
            print_json(Serving(url, shown))
        else:
            Console(soft_wrap=True).print(
                f"Taking alerts at {url}{PATH} into {shown}; Ctrl-C stops", highlight=False
            )

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    write_sidecar_log(loaded)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_take_alerts(loaded, place, secrets, announce))


def read_webhook_secrets(settings: WebhookSettings, environ: Mapping[str, str]) -> WebhookSecrets:
    """
    Return what the environment says that an alert must carry.

    Raises
    ------
    SecretMissing
        A variable is absent, or its value too short.

    """
    token = None if settings.token_env is None else read_secret(settings.token_env, environ)
    return WebhookSecrets(read_secret(settings.secret_env, environ), token)


def inbox_place(profile: Profile, environ: Mapping[str, str]) -> str:
    """
    Return where a profile's alerts are stored: the path of a file, or the URL of a Redis.

    Raises
    ------
    SecretMissing
        The variable with the URL is absent.

    """
    settings = profile.webhook or WebhookSettings()
    if settings.inbox_env is not None:
        return read_secret(settings.inbox_env, environ).reveal()
    if settings.inbox is not None:
        return settings.inbox
    return str(Path(profile.runs) / f"{profile.trader_id}.alerts.sqlite")


def open_profile_inbox(profile: Profile, place: str) -> Inbox:
    """
    Return the store at `inbox_place`; it takes hold of its file or server when it is first used.

    Raises
    ------
    UsageError
        The place is none, or the client of a Redis is not installed.

    """
    settings = profile.webhook or WebhookSettings()
    if settings.inbox is None and settings.inbox_env is None:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
    try:
        return open_inbox(place, Limits(retention_days=settings.retention_days))
    except InboxError as e:
        raise UsageError(str(e)) from e


def webhook_app(
    profile: Profile, intake: Intake, secret: Secret, token: Secret | None = None
) -> ASGIApp:
    """
    Return the app that takes a profile's alerts, be it served by the run or by a process apart.

    Raises
    ------
    UsageError
        Secret and token do not go together, or not with the profile.
    ProfileError
        A strategy of the profile is wrong.

    """
    settings = profile.webhook or WebhookSettings()
    try:
        credentials = Credentials(
            secret.reveal(), None if token is None else token.reveal(), settings.credentials
        )
    except ValueError as e:
        raise UsageError(str(e)) from e
    return create_app(
        intake,
        credentials,
        strategies={name: ttl_of(settings, name) for name in alert_strategies(profile)},
        tickers=tickers(profile),
        sources=Sources(settings.allowed(profile.environment), settings.trusted_proxies),
        limits=RequestLimits(
            body_bytes=settings.max_body_bytes, rate_per_minute=settings.rate_per_minute
        ),
    )


def ttl_of(settings: WebhookSettings, name: str) -> Ttl:
    """Return how long the alerts of a strategy live."""
    own = settings.ttl.get(name)
    entry = own.entry_secs if own else None
    exit_ = own.exit_secs if own else None
    return Ttl(
        entry_secs=settings.entry_ttl_secs if entry is None else entry,
        exit_secs=settings.exit_ttl_secs if exit_ is None else exit_,
    )


@asynccontextmanager
async def serving_webhook(settings: WebhookSettings, app: ASGIApp) -> AsyncIterator[str]:
    """
    Serve the app where a profile says, and yield its URL.

    Raises
    ------
    UsageError
        The address cannot be listened on, or a certificate not used.

    """
    tls = None if settings.tls is None else _tls(settings.tls)
    try:
        async with serving(app, settings.host, settings.port, tls) as url:
            yield url
    except ListenError as e:
        raise UsageError(str(e)) from e


async def _take_alerts(
    profile: Profile, place: str, secrets: WebhookSecrets, announce: Callable[[str], None]
) -> Exit:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    assert profile.webhook is not None  # noqa: S101  the command has looked
    inbox = open_profile_inbox(profile, place)
    try:
        app = webhook_app(profile, inbox, *secrets)
        async with serving_webhook(profile.webhook, app) as url:
            announce(url)
            await stop.wait()
    finally:
        await inbox.close()
    return Exit.INTERRUPTED


def _tls(settings: TlsSettings) -> Tls:
    ca = settings.client_ca_file
    return Tls(
        certificate=Path(settings.certificate_file),
        key=Path(settings.key_file),
        client_ca=None if ca is None else Path(ca),
        client_name=settings.client_name,
    )
