"""A whole request and a whole answer, for an app that needs no ASGI in between; no socket."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol, runtime_checkable

from starlette.types import ASGIApp, Send

type Headers = Sequence[tuple[bytes, bytes]]

_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_JSON: Final = (b"content-type", b"application/json")
CLOSE: Final = b"connection: close\r\n"


class Request(NamedTuple):
    """
    What was asked for.

    `client` is the address and port of who connected; names of `headers` are in lower case.
    """

    method: str
    path: str
    headers: Headers
    client: tuple[str, int] | None


class Response(NamedTuple):
    """What is answered, in JSON; `headers` come on top, and after the `last` the client must go."""

    status: int
    content: bytes
    headers: Headers = ()
    is_last: bool = False


class Responder(Protocol):
    """What answers whole requests."""

    async def respond(self, request: Request, body: bytes) -> Response:
        """Answer, whatever happens."""


@runtime_checkable
class WholeApp(Protocol):
    """An ASGI app that answers some paths without ASGI as well."""

    __call__: ASGIApp

    def responder_to(self, path: str) -> Responder | None:
        """Return what answers at a path; None where only the app itself does."""


def status_line(status: int) -> bytes:
    """Return the first line of an answer."""
    return _LINES[status]


def encode_response(response: Response, *, is_last: bool, has_body: bool = True) -> bytes:
    """Return an answer as HTTP/1.1; without its body it is the answer to HEAD."""
    more = b"".join(b"%b: %b\r\n" % header for header in response.headers)
    return b"%bcontent-type: application/json\r\ncontent-length: %d\r\n%b%b\r\n%b" % (
        _LINES[response.status],
        len(response.content),
        more,
        CLOSE if is_last else b"",
        response.content if has_body else b"",
    )


async def send_response(send: Send, response: Response) -> None:
    """Send an answer by ASGI."""
    length = (b"content-length", b"%d" % len(response.content))
    headers = [_JSON, length, *response.headers]
    if response.is_last:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
