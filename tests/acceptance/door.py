"""
A door to a loopback venue for clients that only know the venue's real name.

Nautilus's Python adapter has no setting for the REST address. It takes a proxy, though: this one
answers in the venue's name with a certificate made for the run, and hands on every byte as it is.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tests.certificates import HOSTS, certificates

CHUNK_BYTES = 65_536


class Door(msgspec.Struct, frozen=True):
    """The address of the proxy, and the file of the authority that its clients must trust."""

    proxy_url: str
    authority: Path


@contextlib.asynccontextmanager
async def door_to(http_url: str) -> AsyncIterator[Door]:
    """Stand before a venue until the end; what names another host than the venue goes there."""
    with tempfile.TemporaryDirectory() as folder:
        context, authority = certificates(Path(folder))
        serving: set[asyncio.Task[None] | None] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            serving.add(asyncio.current_task())
            writers = [writer]
            with contextlib.suppress(asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
                head = await reader.readuntil(b"\r\n\r\n")
                host, _, port = head.split(b" ", 2)[1].decode().rpartition(":")
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                if host in HOSTS:
                    await writer.start_tls(context)
                    port = str(urlsplit(http_url).port)
                inner = await asyncio.open_connection("127.0.0.1", int(port))
                writers.append(inner[1])
                await asyncio.gather(_pump(reader, inner[1]), _pump(inner[0], writer))
            for each in writers:
                each.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            yield Door(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", authority)
        finally:
            server.close()
            left = [task for task in serving if task is not None and not task.done()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on bytes; an end is an end on the other side as well, a reset a reset."""
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
        writer.close()
    except ConnectionError:
        writer.transport.abort()
