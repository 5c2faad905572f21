"""Servers that say exactly what a test wants on a WebSocket, and what reached them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

type Script = Callable[[ServerConnection, Any], Awaitable[None]]


class Listening:
    """A server on loopback: what each connection said as JSON, and the lines themselves."""

    def __init__(self) -> None:
        self.url = ""
        self.lines: list[ServerConnection] = []
        self.heard: list[list[Any]] = []

    @property
    def said(self) -> list[Any]:
        """Return what all connections have said, oldest connection first."""
        return [message for one in self.heard for message in one]


@asynccontextmanager
async def listening(
    script: Script | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listening]:
    """Serve WebSockets that answer each message with the script; silent without one."""
    server = Listening()

    async def handle(line: ServerConnection) -> None:
        heard: list[Any] = []
        server.lines.append(line)
        server.heard.append(heard)
        try:
            async for raw in line:
                message = json.loads(raw)
                heard.append(message)
                if script is not None:
                    await script(line, message)
        except ConnectionClosed:
            pass

    async with serve(handle, "127.0.0.1", 0, ping_interval=None, ssl=tls) as serving:
        scheme = "ws" if tls is None else "wss"
        server.url = f"{scheme}://localhost:{serving.sockets[0].getsockname()[1]}/ws"
        yield server


@asynccontextmanager
async def replying(status: int, body: bytes) -> AsyncIterator[tuple[str, list[Any]]]:
    """Answer every POST alike; yield the address and what was posted so far, as JSON."""
    posted: list[Any] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.split("content-length:")[1].split()[0])
        posted.append(json.loads(await reader.readexactly(size)))
        writer.write(f"HTTP/1.1 {status} Some\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as serving:
        yield f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}", posted


@asynccontextmanager
async def proxying() -> AsyncIterator[tuple[str, list[str]]]:
    """Serve an HTTP proxy; yield its address and the list of places asked for so far."""
    asked: list[str] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split()[1].decode())
        host, port = asked[-1].rsplit(":", 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as serving:
        yield f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}", asked


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
    await writer.wait_closed()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the TLS side of a server at localhost, and the file of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, both = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(secret + authority.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, authority
