"""Runs an app under uvicorn in the caller's event loop; signals and logging stay the caller's."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from webhook.connection import Connection
from webhook.errors import WebhookError
from webhook.replies import response_to_error
from webhook.whole import send_response

SHUTDOWN_SECS_MAX = 1

TRADINGVIEW_NAME: Final = "webhook-server@tradingview.com"
"""The common name in TradingView's client certificate
(https://www.tradingview.com/support/solutions/43000529348-about-webhooks/)."""


class ListenError(Exception):
    """The address cannot be listened on, or a certificate not used; says which and why."""


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """
    How connections are encrypted, and who may connect.

    Parameters
    ----------
    certificate, key : Path
        Ours, in PEM; the certificate with what is between it and its root.
    client_ca : Path or None
        Who signs the certificates that clients must show; None to ask for none.
    client_name : str
        The common name such a certificate must have.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None
    client_name: str = TRADINGVIEW_NAME


class _Server(uvicorn.Server):
    """A server whose process belongs to someone else: Ctrl-C is not its to handle."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _NamedConnection(Connection):
    """A connection whose client must show a certificate with a certain name."""

    client_name: ClassVar[str] = ""

    def app_for(self, app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
        names = _common_names(transport.get_extra_info("ssl_object"))
        return app if names == [self.client_name] else _refuse_client


@asynccontextmanager
async def serving(app: ASGIApp, host: str, port: int, tls: Tls | None = None) -> AsyncIterator[str]:
    """
    Serve an app for as long as the context lasts.

    Parameters
    ----------
    app : ASGIApp
        The app.
    host : str
        The address to listen on.
    port : int
        The port; 0 takes a free one.
    tls : Tls or None
        How connections are encrypted; None for plain HTTP.

    Yields
    ------
    str
        The base URL with the port in use, without a slash at its end.

    Raises
    ------
    ListenError
        If the address is in use or not ours, or if a certificate cannot be used.
    """
    context = None if tls is None else _context(tls)
    connection: type[asyncio.Protocol] = Connection
    if tls is not None and tls.client_ca is not None:
        connection = type("_Named", (_NamedConnection,), {"client_name": tls.client_name})
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=connection,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        # It would believe the X-Forwarded-For of everybody on this host; Sources knows better.
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECS_MAX,
    )
    config.load()
    config.ssl = context
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="webhook-server")
    try:
        # Connections queue at the socket, which listens already, until the server takes them.
        bound = listener.getsockname()[1]
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://[{host}]:{bound}" if ":" in host else f"{scheme}://{host}:{bound}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as e:
        raise ListenError(f"Expected to listen on {host}:{port}, but {e.strerror}") from e


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Without a password OpenSSL would ask for one at the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.client_ca is not None:
            context.load_verify_locations(tls.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as e:  # ssl.SSLError is an OSError
        files = ", ".join(str(path) for path in (tls.certificate, tls.key, tls.client_ca) if path)
        words = e.strerror or e if isinstance(e, OSError) else e
        raise ListenError(f"Expected a certificate and its key in PEM ({files}): {words}") from e
    return context


def _common_names(tls: Any) -> Sequence[str]:  # noqa: ANN401  uvloop's is no ssl.SSLObject
    certificate = tls.getpeercert() if tls is not None else None
    names = (certificate or {}).get("subject", ())
    return [value for part in names for key, value in part if key == "commonName"]


async def _refuse_client(_scope: Scope, _receive: Receive, send: Send) -> None:
    message = "certificate: expected another common name"
    error = WebhookError(403, "wrong_certificate", message)
    await send_response(send, response_to_error(error))
