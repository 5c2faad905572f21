"""
The HTTP half of the order server: /info and /exchange, plain and through CONNECT with TLS.

Nautilus's Python adapter has no setting for the REST address. It takes a proxy, though: this one
answers the CONNECT itself, in the name of the venue, with a certificate made for the run.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from tests.bench import order_answers
from tests.certificates import certificates


@contextlib.asynccontextmanager
async def serve_http(exchange: Callable[[bytes], bytes]) -> AsyncIterator[dict[str, str]]:
    """Yield `http`, the address, and `ca`, the file of the authority that clients must trust."""
    with tempfile.TemporaryDirectory() as folder:
        context, authority = certificates(Path(folder))

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await _serve(reader, writer, context, exchange)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            yield {"http": f"http://127.0.0.1:{port}", "ca": str(authority)}


async def _serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    context: ssl.SSLContext,
    exchange: Callable[[bytes], bytes],
) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if head.startswith("connect "):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await writer.start_tls(context)
            continue
        body = await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
        if head.startswith("post /exchange "):
            answer = exchange(body)
        else:
            answer = order_answers.info(msgspec.json.decode(body)["type"])
        headers = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        writer.write(headers % len(answer) + answer)
