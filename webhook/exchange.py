"""One request and its answer under our connection, as ASGI sees them; it reads no socket."""

import asyncio
import logging
from typing import Protocol

from starlette.types import ASGIApp, Message, Scope

from webhook.whole import CLOSE, status_line

_log = logging.getLogger("perpdesk.webhook")


class Finish(Protocol):
    """What takes a whole answer, with its head; none says that the client must go."""

    def __call__(self, answer: bytes, *, keeps_alive: bool) -> None:
        """Write it."""


class Exchange:
    """One request and its answer, as ASGI sees them."""

    def __init__(self, finish: Finish, scope: Scope, body: bytes, *, keeps_alive: bool) -> None:
        self._finish = finish
        self._scope = scope
        self._body: bytes | None = body
        self._keeps_alive = keeps_alive
        self._status = 0
        self._head: list[bytes] = []
        self._content: list[bytes] = []
        self._gone: asyncio.Event | None = None
        self._is_gone = False
        self._is_answered = False

    async def run(self, app: ASGIApp) -> None:
        """Have the app answer; an app that does not is a bug, and its client is let go."""
        try:
            await app(self._scope, self._receive, self._send)
        except Exception:  # noqa: BLE001  the boundary of a request; mostly it was answered
            _log.exception("The app failed")
        finally:
            if not (self._is_answered or self._is_gone):
                self._finish(b"", keeps_alive=False)

    def hang_up(self) -> None:
        """Tell the app that nobody waits for its answer any more."""
        self._is_gone = True
        if self._gone is not None:
            self._gone.set()

    async def _receive(self) -> Message:
        if self._body is not None and not self._is_gone:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not (self._is_gone or self._is_answered):
            self._gone = asyncio.Event()
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message["headers"]:
                if name == b"connection":  # we say "close" and nothing else, and say it below
                    self._keeps_alive = False
                else:
                    self._head += (name, b": ", value, b"\r\n")
            return
        self._content.append(message.get("body", b""))
        if message.get("more_body") or self._is_answered:
            return
        self._is_answered = True
        content = b"" if self._scope["method"] == "HEAD" else b"".join(self._content)
        closing = b"" if self._keeps_alive else CLOSE
        head = (status_line(self._status), *self._head, closing, b"\r\n")
        answer = b"".join((*head, content))
        if not self._is_gone:
            self._finish(answer, keeps_alive=self._keeps_alive)
