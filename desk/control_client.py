"""A client of a run's monitor for the command line; it needs no Nautilus and shows nothing."""

import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from config.errors import ProfileError
from config.loading import load_profile
from config.monitor import MonitorSettings
from config.secrets import SecretMissing, read_secret
from desk.exits import DeskError, UnknownOutcome, UsageError, VenueError
from desk.monitor_place import place_of, read_place
from monitor.desk import Action, Done
from monitor.errors import Problem

TIMEOUT_SECS: Final = 10.0

_USAGE: Final = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Client:
    """
    Ask one run, and tell it what to do.

    Parameters
    ----------
    url : str
        Its base address.
    settings : MonitorSettings
        The names of the variables with the tokens.
    environ : mapping
        The environment.

    """

    def __init__(
        self, url: str, settings: MonitorSettings, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._url = url.rstrip("/")
        self._settings = settings
        self._environ = environ
        # The monitor is on this machine: a proxy that the environment names does not lead there.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def show[T](self, path: str, type_: type[T]) -> T:
        """
        Return what a path shows.

        Raises
        ------
        VenueError
            Nobody answers, or not in time.
        UsageError, DeskError
            The run refuses, with its words.
        SecretMissing
            The environment holds no token.

        """
        try:
            body = self._ask("GET", path, self._reading_token())
        except OSError as e:
            raise VenueError(f"Expected a run at {self._url}, none answers: {_words(e)}") from e
        return _decoded(body, type_)

    def tell(self, strategy: str, action: Action, body: Mapping[str, Any]) -> Done:
        """
        Give a command and return what was done.

        Raises
        ------
        VenueError
            Nobody was there to take it.
        UnknownOutcome
            It was sent, and no answer came.
        UsageError, DeskError, SecretMissing
            As `show`.

        """
        path = f"/api/strategies/{urllib.parse.quote(strategy, safe='')}/{action.value}"
        token = read_secret(self._settings.control_token_env, self._environ).reveal()
        try:
            answer = self._ask("POST", path, token, msgspec.json.encode(body))
        except urllib.error.URLError as e:
            if isinstance(e.reason, ConnectionRefusedError):
                words = f"Expected a run at {self._url}, none answers: {_words(e)}"
                raise VenueError(words) from e
            raise self._unknown(action, e) from e
        except OSError as e:
            raise self._unknown(action, e) from e
        return _decoded(answer, Done)

    def _unknown(self, action: Action, error: OSError) -> UnknownOutcome:
        words = f"{action.value} was sent to {self._url} and not answered: {_words(error)}"
        return UnknownOutcome(words)

    def _reading_token(self) -> str:
        try:
            return read_secret(self._settings.read_token_env, self._environ).reveal()
        except SecretMissing:  # who may command may look
            return read_secret(self._settings.control_token_env, self._environ).reveal()

    def _ask(self, method: str, path: str, token: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310  the address is the user's own
            f"{self._url}{path}",
            body,
            {"authorization": f"Bearer {token}", "content-type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECS) as response:
                answer: bytes = response.read()
                return answer
        except urllib.error.HTTPError as e:
            raise _refusal(e.code, e.read()) from e


def client_of(profile: str, url: str | None) -> Client:
    """
    Return the client of a profile's run, or of an address.

    Raises
    ------
    ProfileError
        The profile is wrong, or has no monitor.
    UsageError
        The address is none.
    VenueError
        The run takes any port, and none says which.

    """
    if url is not None:
        return Client(_checked(url), MonitorSettings())
    loaded = load_profile(profile)
    if loaded.monitor is None:
        raise ProfileError(loaded.file, "monitor", "a table", "nothing")
    place = read_place(loaded)
    if place is None and not loaded.monitor.port:
        words = f"Expected a run of {loaded.file}, none says where it listens ({place_of(loaded)})"
        raise VenueError(words)
    host = f"[{loaded.monitor.host}]" if ":" in loaded.monitor.host else loaded.monitor.host
    return Client(place.url if place else f"http://{host}:{loaded.monitor.port}", loaded.monitor)


def _checked(url: str) -> str:
    """Return an address that a request can be sent to; one with a password is not repeated."""
    try:
        parts = urllib.parse.urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_whole = is_whole and parts.port != 0
    except ValueError:
        is_whole = False
    if "@" in url:
        raise UsageError("--url: expected an address without a user, was one that is not shown")
    if not is_whole or not url.isascii() or any(character.isspace() for character in url):
        raise UsageError(f"--url: expected http:// or https:// and a host, was {url!r}")
    return url


def _refusal(status: int, body: bytes) -> DeskError:
    try:
        words = msgspec.json.decode(body, type=Problem).message
    except msgspec.DecodeError:
        words = f"Expected an answer of a monitor, was another with status {status}"
    return UsageError(words) if status in _USAGE else DeskError(words)


def _decoded[T](body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as e:
        raise DeskError(f"Expected an answer of a monitor of this version: {e}") from e


def _words(error: OSError) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return (reason.strerror if isinstance(reason, OSError) else None) or str(reason)
