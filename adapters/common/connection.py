"""One WebSocket connection on picows: whole messages in, whole frames out; it decodes none."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
    ws_connect,
)
from python_socks import ProxyError

# For the name, the route, TLS and a proxy together; a venue's upgrade answers within a second.
CONNECT_TIMEOUT_SECS = 15.0
HANDSHAKE_TIMEOUT_SECS = 10.0
# The longest message known, all market contexts of one venue, has 0.2 MB.
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
# How long a polite end may take before the line is cut.
CLOSE_TIMEOUT_SECS = 1.0

_TEXT = WSMsgType.TEXT
# picows tells of every connection in Python's log; what matters of that is told by `wait_lost`.
_QUIET = logging.Logger("picows", logging.CRITICAL)  # noqa: LOG001 - in no registry, on purpose


class Connection(WSListener):
    """
    An open connection, made by `open_connection`, until it is lost; it is never opened again.

    Parameters
    ----------
    on_payload : Callable[[bytes], None]
        Receives every message, put together if it came in fragments. It must not raise.

    """

    def __init__(self, on_payload: Callable[[bytes], None]) -> None:
        self._on_payload = on_payload
        self._transport: WSTransport | None = None
        self._is_unwanted = False
        self._fragments: list[bytes] = []
        self._has_heard = True
        self._heard_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether what is sent now is written to the line."""
        transport = self._transport
        return not (
            transport is None
            or transport.is_close_frame_sent
            or transport.underlying_transport.is_closing()
        )

    def send(self, text: bytes) -> bool:
        """Write one text frame, at once; return False if the line is closing and nothing was."""
        transport = self._transport
        if transport is None or not self.is_open:
            return False
        transport.send(_TEXT, text)
        return True

    def silent_secs(self, now: float) -> float:
        """
        Return for how long no frame of any kind has come.

        It knows only whether one came since it was asked last, so ask often; `now` is monotonic.
        """
        if self._has_heard:
            self._has_heard = False
            self._heard_at = now
        return now - self._heard_at

    def cut(self) -> None:
        """Drop the line without a word: whoever is silent would not answer one."""
        self._is_unwanted = True
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    async def close(self) -> None:
        """Say goodbye, pass on nothing more, and return when the line is down."""
        if self._transport is None:
            return
        self._on_payload = _ignore
        self._transport.send_close(WSCloseCode.OK)
        # The other side answers when it has sent what it was about to send. A line that is closed
        # before is reset by that, and the other side complains.
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECS):
                await self.wait_lost()
        except TimeoutError:
            self.cut()
            await self.wait_lost()

    async def wait_lost(self) -> str:
        """Wait for the end of the connection and return its cause, in words."""
        transport = self._transport
        if transport is None:
            return "it was never opened"
        try:
            await transport.wait_disconnected()
        except WSProtocolError as e:
            return f"we closed it: {e}"
        handshake = transport.close_handshake
        if handshake is None or handshake.recv is None:
            return "without a word"
        code, reason = handshake.recv.code, handshake.recv.reason
        return f"it was closed with code {int(code)} {reason or ''}".rstrip()  # type: ignore[call-overload]  # an IntEnum, or a bare int if it knows none

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the line, unless whoever asked for it has gone."""
        self._transport = transport
        self._heard_at = time.monotonic()
        if self._is_unwanted:
            transport.disconnect(graceful=False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass a message on."""
        self._has_heard = True
        if frame.msg_type is _TEXT and frame.fin and not self._fragments:
            # A copy costs less than a view of the frame's memory, which is used again at once.
            self._on_payload(frame.get_payload_as_bytes())
        else:
            self._on_other_frame(transport, frame)

    def pause_writing(self) -> None:
        """Go on: how much is under way is bounded by who sends."""

    def resume_writing(self) -> None:
        """Go on."""

    def _on_other_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is WSMsgType.PONG:
            return
        if kind is WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        if (kind is WSMsgType.CONTINUATION) != bool(self._fragments):
            raise WSProtocolError(
                WSCloseCode.PROTOCOL_ERROR, f"Expected fragments in their order, was {kind.name}"
            )
        self._fragments.append(frame.get_payload_as_bytes())
        size = sum(map(len, self._fragments))
        if size > MESSAGE_BYTES_MAX:
            raise WSProtocolError(
                WSCloseCode.MESSAGE_TOO_BIG,
                f"Expected a message of {MESSAGE_BYTES_MAX} bytes at most, was {size}",
            )
        if frame.fin:
            whole = b"".join(self._fragments)
            self._fragments.clear()
            self._on_payload(whole)


def _ignore(_payload: bytes) -> None:
    """Drop what comes after a goodbye."""


async def open_connection(
    url: str,
    on_payload: Callable[[bytes], None],
    ssl_context: ssl.SSLContext | None = None,
    proxy_url: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Connection:
    """
    Open a connection; `headers` are those of the upgrade that the venue wants beside the usual.

    Raises
    ------
    ConnectionError
        If there is none to be had now, in words.

    """
    connection = Connection(on_payload)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECS):
            await ws_connect(
                lambda: connection,
                url,
                ssl_context=ssl_context,
                websocket_handshake_timeout=HANDSHAKE_TIMEOUT_SECS,
                logger_name=_QUIET,
                max_frame_size=MESSAGE_BYTES_MAX,
                proxy=proxy_url,
                extra_headers=headers,
            )
    except (OSError, WSError, ProxyError) as e:
        connection.cut()
        raise ConnectionError(f"{type(e).__name__}: {e}") from e
    except asyncio.CancelledError:
        # The upgrade of a cancelled attempt may still be answered, or its own time runs out.
        connection.cut()
        raise
    if not connection.is_open:
        connection.cut()
        raise ConnectionError("it was closed during the upgrade")
    return connection
