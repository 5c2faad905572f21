"""Whether a profile's environment variables hold what they should; it shows none of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from config.errors import ProfileError
from config.secrets import SECRET_LENGTH_MIN, read_secret
from config.settings import Profile
from config.venues import VenueSettings
from desk.doctor_check import Check, fail, ok
from desk.kits import check_key, read_address, read_number

MADE_UP: Final = f"export one, such as `openssl rand -hex {SECRET_LENGTH_MIN * 2}` makes"


class _Variable(NamedTuple):
    """One variable, what reads it and complains, and how to get one."""

    name: str
    read: Callable[[str], object]
    remedy: str


def check_environment(
    profile: Profile, environ: Mapping[str, str], *, is_sidecar: bool = False
) -> Iterator[Check]:
    """
    Tell of each variable whether it is there and well formed.

    Parameters
    ----------
    profile
        Names them.
    environ
        Holds them.
    is_sidecar
        Only those that `perpdesk webhook` reads; else all of a run.

    """
    for variable in _of_webhook(profile, environ):
        yield _check(variable)
    if is_sidecar:
        return
    for variable in _of_run(profile, environ):
        yield _check(variable)
    monitor = profile.monitor
    if monitor is not None:
        yield from _differ(environ, monitor.read_token_env, monitor.control_token_env)


def _check(variable: _Variable) -> Check:
    name = f"environment {variable.name}"
    try:
        variable.read(variable.name)
    except ProfileError as e:
        return fail(name, f"expected {e.expected}, found {e.found}", variable.remedy)
    return ok(name, "set")


def _of_webhook(profile: Profile, environ: Mapping[str, str]) -> Iterator[_Variable]:
    webhook = profile.webhook
    if webhook is None:
        return
    yield _secret(webhook.secret_env, environ)
    if webhook.token_env is not None:
        yield _secret(webhook.token_env, environ)
    if webhook.inbox_env is not None:
        place = "export the address of the inbox, redis://:PASSWORD@HOST:PORT/DB"
        yield _secret(webhook.inbox_env, environ, place)


def _of_run(profile: Profile, environ: Mapping[str, str]) -> Iterator[_Variable]:
    for name, venue in profile.venues.items():
        if venue.execution == "live":
            yield from _of_venue(name, venue)
    if profile.monitor is not None:
        yield _secret(profile.monitor.read_token_env, environ)
        yield _secret(profile.monitor.control_token_env, environ)


def _secret(variable: str, environ: Mapping[str, str], remedy: str = MADE_UP) -> _Variable:
    return _Variable(variable, lambda name: read_secret(name, environ), remedy)


def _of_venue(name: str, venue: VenueSettings) -> Iterator[_Variable]:
    key = f"export the private key that signs for {name}, best of an agent or a delegate"
    numbered = f"export the number of the sub-account at {name}"
    for variable, read, remedy in (
        (venue.private_key_env, check_key, key),
        (venue.account_address_env, read_address, f"export the account's address at {name}"),
        (venue.vault_address_env, read_address, f"export the vault's address at {name}"),
        (venue.subaccount_id_env, read_number, numbered),
    ):
        if variable is not None:
            yield _Variable(variable, read, remedy)


def _differ(environ: Mapping[str, str], read: str, control: str) -> Iterator[Check]:
    if environ.get(read) and environ.get(read) == environ.get(control):
        words = f"{read} and {control} hold the same"
        yield fail("environment tokens", words, "make up another one for those who command")
