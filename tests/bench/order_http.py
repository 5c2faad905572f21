"""
The HTTP half of the order server: /info and /exchange, plain and through CONNECT with TLS.

Nautilus's Python adapter has no setting for the REST address. It takes a proxy, though: this one
answers the CONNECT itself, in the name of the venue, with a certificate made for the run.
"""

import asyncio
import contextlib
import datetime as dt
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bench import order_answers

HOSTS = ("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz")


@contextlib.asynccontextmanager
async def serve_http(exchange: Callable[[bytes], bytes]) -> AsyncIterator[dict[str, str]]:
    """Yield `http`, the address, and `ca`, the file of the authority that clients must trust."""
    with tempfile.TemporaryDirectory() as folder:
        context, authority = _certificates(Path(folder))

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


def _certificates(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server in the venue's name, and the file of its authority."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, name = _name("perpdesk bench authority"), _name(HOSTS[0])
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    certificate = (
        _certificate(authority_name, name, key.public_key())
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, trusted = folder / "server.pem", folder / "authority.pem"
    chain.write_bytes(private + certificate.public_bytes(pem))
    trusted.write_bytes(authority.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    return context, trusted


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
