"""Scripts run on a Redis server, with deadlines and its errors in words; it knows no alerts."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from webhook.inbox import InboxError
from webhook.redis_address import RedisAddress
from webhook.redis_scripts import PREFIX

CALL_SECS_MAX = 0.35
"""Below the 0.4 s after which the webhook answers by itself that the alert was not taken."""

CONNECTIONS_MAX = 64
"""Calls on their way at the same time; more wait for one of these."""

BLOCK_MS = 1_000
_BLOCK_SECS_MAX = 3.0

FAILURES = (exceptions.RedisError, TimeoutError, OSError)

_SETTINGS = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")


class LinkLost(InboxError):  # noqa: N818  it says what is so
    """The server does not answer; it may later."""


class LinkSlow(LinkLost):
    """The server has not answered in time; it may be frozen."""


class _Unsafe(exceptions.ResponseError):
    """The server would lose alerts."""


class RedisLink:
    """
    Run scripts on a server, and connect to it again by itself.

    Each new connection first asks how durable the server is, since it may have been started again
    with other settings.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._calls = self._client(CALL_SECS_MAX, CONNECTIONS_MAX)
        self._waits = self._client(_BLOCK_SECS_MAX, 2)

    def __str__(self) -> str:
        """Show which server."""
        return str(self._address)

    async def run(self, script: str, args: Sequence[str | int]) -> Any:  # noqa: ANN401  as Lua answers
        """
        Run a script; return what it does.

        Raises
        ------
        LinkLost
            If there is no answer within `CALL_SECS_MAX`: it may have run.
        InboxError
            If the server refuses: it has not run.
        """
        try:
            async with asyncio.timeout(CALL_SECS_MAX):
                return await self._calls.register_script(script)(keys=[PREFIX], args=args)
        except FAILURES as e:
            raise explain(self._address, e) from e

    async def wait(self, after_sequence: int) -> None:
        """Return when the stream has something after a sequence, or after `BLOCK_MS`."""
        try:
            await self._waits.xread(
                {f"{PREFIX}:stream": f"{after_sequence}-0"}, count=1, block=BLOCK_MS
            )
        except FAILURES as e:
            raise explain(self._address, e) from e

    async def close(self) -> None:
        """Close all connections; the next call opens one again."""
        await self._calls.aclose(close_connection_pool=True)
        await self._waits.aclose(close_connection_pool=True)

    def _client(self, timeout_secs: float, connections_max: int) -> Redis:
        address = self._address
        return Redis.from_pool(
            BlockingConnectionPool(
                max_connections=connections_max,
                timeout=timeout_secs,
                connection_class=SSLConnection if address.is_tls else Connection,
                host=address.host,
                port=address.port,
                db=address.database,
                username=address.username,
                password=address.password,
                decode_responses=True,
                protocol=2,
                socket_timeout=timeout_secs,
                socket_connect_timeout=CALL_SECS_MAX,
                # The pool leaves out connections that the server has closed; what was on its way
                # may have run, and only its caller knows what that means.
                retry=Retry(NoBackoff(), 0),
                redis_connect_func=self._greet,
            )
        )

    async def _greet(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        settings: dict[str, str] = {}
        try:
            for name in _SETTINGS:
                await connection.send_command("CONFIG", "GET", name)
                answer = await connection.read_response()
                settings |= dict(zip(answer[::2], answer[1::2], strict=True))
        except exceptions.ResponseError as e:
            if self._address.is_relaxed:
                return
            raise _Unsafe(
                f"does not say how durable it is ({e}); allow CONFIG GET, or set "
                "?durability=relaxed in its URL and see to it yourself"
            ) from e
        fault = durability_fault(settings, is_relaxed=self._address.is_relaxed)
        if fault is not None:
            raise _Unsafe(fault)


def durability_fault(settings: dict[str, str], *, is_relaxed: bool) -> str | None:
    """
    Say how a server with these settings would lose alerts, or None if it would not.

    A server that is allowed to lose the last second's must still not throw away what it has.
    """
    if settings["maxmemory"] != "0" and settings["maxmemory-policy"].startswith("allkeys"):
        policy = settings["maxmemory-policy"]
        return f"throws alerts away when its memory is full: expected noeviction, was {policy}"
    found = settings["appendonly"], settings["appendfsync"]
    if is_relaxed or found == ("yes", "always"):
        return None
    return (
        "answers before an alert is on disk: expected appendonly yes and appendfsync always, was "
        f"{found[0]} and {found[1]}; ?durability=relaxed in its URL allows that"
    )


def explain(address: RedisAddress, e: Exception) -> InboxError:
    """Say in words what is wrong with a server."""
    where = f"The inbox {address}"
    if isinstance(e, _Unsafe):
        return InboxError(f"{where} {e}")
    reason = _certificate_fault(e)
    if reason is not None:
        return InboxError(f"{where} shows a certificate that cannot be trusted: {reason}")
    for causes, kind, words in _CAUSES:
        if isinstance(e, causes):
            return kind(f"{where} {words}")
    return InboxError(f"{where} refuses: {e}")


def _certificate_fault(e: BaseException | None) -> str | None:
    """Return what OpenSSL says of a certificate, from below what the client made of it."""
    while e is not None:
        if isinstance(e, ssl.SSLCertVerificationError):
            return str(e.verify_message)
        e = e.__cause__ or e.__context__
    return None


# The more special first: refusals at the door are connection errors, too.
_CAUSES: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], type[InboxError], str]] = (
    (
        (exceptions.AuthenticationError, exceptions.AuthorizationError),
        InboxError,
        "refuses the user or the password",
    ),
    (exceptions.NoPermissionError, InboxError, "does not allow this user what is needed"),
    (exceptions.OutOfMemoryError, InboxError, "has no memory left (maxmemory)"),
    (exceptions.ReadOnlyError, InboxError, "is a read-only replica"),
    (exceptions.BusyLoadingError, LinkLost, "is still loading its data"),
    ((exceptions.TimeoutError, TimeoutError), LinkSlow, "did not answer in time"),
    ((exceptions.ConnectionError, OSError), LinkLost, "cannot be reached"),
)
