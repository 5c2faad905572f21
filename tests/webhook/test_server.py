"""The server on a real socket: slow senders, broken HTTP, TLS and client certificates."""

import asyncio
import json
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from nautilus_trader.model.identifiers import InstrumentId
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.certificates import with_identifiers
from tests.webhook.intake import MemoryIntake
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.connection import QUEUE_MAX
from webhook.expiry import Ttl
from webhook.server import TRADINGVIEW_NAME, ListenError, Tls, serving
from webhook.sources import Sources

SECRET = "canary-8f3a51"
TICKERS = {"BTCUSD": InstrumentId.from_str("BTC-USD-PERP.VENUE")}
BODY = json.dumps(
    {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "id": "1", "secret": SECRET}
).encode()
HEAD = (
    b"POST /webhook/tradingview HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY)
)
CHUNKED = HEAD.replace(b"content-length: %d" % len(BODY), b"transfer-encoding: chunked")


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]
    secs: float
    rest: bytes


async def exchange(url: str, *parts: bytes, pause_secs: float = 0) -> Answer:
    """Send parts with pauses; return the first answer, and what followed before the end."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    started = time.monotonic()

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause_secs)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(8):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            body = json.loads(await reader.readexactly(length))
            secs = time.monotonic() - started
            rest = await reader.read() if "connection: close" in head else b""
    finally:
        sending.cancel()
        writer.close()
    return Answer(int(head.split()[1]), body, secs, rest)


async def test_a_whole_request_is_answered(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await exchange(url, HEAD + BODY)
    assert (answer.status, answer.body["code"]) == (200, "accepted")


async def test_a_request_in_pieces_is_answered(app: ASGIApp) -> None:
    whole = HEAD + BODY
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await exchange(url, *(whole[at : at + 20] for at in range(0, len(whole), 20)))
    assert (answer.status, answer.body["code"]) == (200, "accepted")


async def test_requests_on_one_connection_are_answered_in_turn(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        health = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(HEAD + BODY + HEAD + BODY + health)
        async with asyncio.timeout(5):
            everything = await reader.read()
        writer.close()
    codes = [everything.find(word) for word in (b'"accepted"', b'"duplicate"', b'"ok"')]
    assert -1 < codes[0] < codes[1] < codes[2]


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + BODY,
        HEAD.replace(b"tradingview", b"tradingview/guess") + BODY,
        HEAD.replace(b"POST", b"HEAD") + BODY,
        HEAD.replace(b"POST", b"PUT") + BODY,
        HEAD.replace(b"/json", b"/xml") + BODY,
        HEAD + BODY.replace(b"buy", b"bye"),
        HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + BODY,
    ],
)
async def test_an_answer_is_the_same_with_asgi_in_between(app: ASGIApp, request_: bytes) -> None:
    async def between(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    # Both times the alert is known: nothing but the way differs.
    answers = []
    for one in (app, app, between):
        async with serving(one, "127.0.0.1", 0) as url:
            answers.append(await received(url, request_ + LAST))
    assert answers[1] == answers[2]
    assert answers[1].startswith(b"HTTP/1.1 ")


async def received(url: str, request_: bytes) -> bytes:
    """Send bytes and return all that comes until the server hangs up."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request_)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


LAST = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def test_who_sends_too_much_at_once_is_let_go(app: ASGIApp) -> None:
    slow = asyncio.Event()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/health":
            await slow.wait()
        await app(scope, receive, send)

    async with serving(waiting, "127.0.0.1", 0) as url:
        assert await received(url, (HEAD + BODY) * (QUEUE_MAX + 2)) == b""
        reading = asyncio.create_task(received(url, (HEAD + BODY) * QUEUE_MAX + LAST))
        await asyncio.sleep(0.05)
        slow.set()
        everything = await reading
    assert everything.count(b"HTTP/1.1 200 ") == QUEUE_MAX + 1


@pytest.mark.parametrize(("proxies", "status"), [((), 403), (("127.0.0.1",), 200)])
async def test_a_forwarded_address_counts_only_behind_a_proxy_that_we_trust(
    intake: MemoryIntake, proxies: Sequence[str], status: int
) -> None:
    app = create_app(
        intake,
        Credentials(SECRET),
        strategies={"alerts": Ttl()},
        tickers=TICKERS,
        sources=Sources(["52.89.214.238"], proxies),
    )
    head = HEAD.replace(b"host: x", b"host: x\r\nx-forwarded-for: 52.89.214.238")
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await exchange(url, head + BODY)
    assert answer.status == status


async def test_head_has_no_body(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await received(url, LAST.replace(b"GET", b"HEAD"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert b"content-length: " in answer


async def test_who_waits_to_be_asked_is_asked(app: ASGIApp) -> None:
    head = HEAD.replace(b"host: x", b"expect: 100-continue\r\nhost: x\r\nconnection: close")
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await received(url, head + BODY)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_a_body_in_chunks_is_taken(app: ASGIApp) -> None:
    head = CHUNKED.replace(b"host: x", b"host: x\r\nconnection: close")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:]))
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await received(url, head + chunks + b"0\r\n\r\n")
    assert b'"accepted"' in answer


@pytest.mark.parametrize("line", [b"x: y\r\n", b"y"], ids=["lines", "one line"])
@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_head_without_end_is_refused(app: ASGIApp, line: bytes, pieces: int) -> None:
    long = line * (18_000 // len(line) // pieces)
    async with serving(app, "127.0.0.1", 0) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(HEAD[:-2] + b"x: ")
        for _ in range(pieces):
            await asyncio.sleep(0.02)
            writer.write(long)
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_an_app_that_breaks_lets_its_client_go(
    app: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/health":
            raise ValueError("a bug")
        await app(scope, receive, send)

    async with serving(broken, "127.0.0.1", 0) as url:
        assert await received(url, HEAD + BODY) == b""
        assert b'"ok"' in await received(url, LAST)
    assert "a bug" in caplog.text


SLOW = [
    ("a head that stops", (b"POST /webhook/tradi",)),
    ("a head in drops", tuple(b"x-%d: 1\r\n" % number for number in range(200))),
    ("no body", (HEAD,)),
    ("a body that stops", (HEAD, b"{")),
    ("a body in drops", (HEAD, *[b" "] * (len(BODY) - 1))),
    (
        "chunks in drops",
        (
            HEAD.replace(b"content-length: %d" % len(BODY), b"transfer-encoding: chunked"),
            *[b"1\r\n \r\n"] * 100,
        ),
    ),
]


@pytest.mark.parametrize("parts", [case[1] for case in SLOW], ids=[case[0] for case in SLOW])
async def test_a_slow_sender_is_answered_within_a_second_and_let_go(
    app: ASGIApp, intake: MemoryIntake, parts: tuple[bytes, ...]
) -> None:
    if parts[0].startswith(b"x-"):
        parts = (HEAD.partition(b"\r\n")[0] + b"\r\n", *parts)
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await exchange(url, *parts, pause_secs=0.05)
    assert (answer.status, answer.body["code"]) == (408, "too_slow")
    assert answer.secs < 1
    assert answer.rest == b""
    assert intake.alerts == []


async def test_a_second_request_may_not_be_slow_either(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(HEAD + BODY + b"POST /webh")
        async with asyncio.timeout(2):
            everything = await reader.read()
        writer.close()
    assert everything.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in everything


async def test_who_says_nothing_is_let_go(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(8):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /webhook/tradingview HTTP/1.1\r\ncontent-length: no\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (HEAD.replace(b"content-length: ", b"content-length: 9999999"), 413),
        (b"BREW /webhook/tradingview HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET /webhook/tradingview HTTP/1.1\r\nhost: x\r\n\r\n", 405),
        (b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (
            b"GET /health HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
            200,
        ),
    ],
)
async def test_every_answer_is_json(app: ASGIApp, request_: bytes, status: int) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        answer = await exchange(url, request_)
    assert answer.status == status
    assert {"code", "message"} <= answer.body.keys()


async def test_an_address_in_use_is_named(app: ASGIApp) -> None:
    async with serving(app, "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(ListenError, match=f"listen on 127.0.0.1:{port}"):
            async with serving(app, "127.0.0.1", port):
                pass


class Certificates:
    """Make certificates, signed by an authority of our own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca, self._ca_key = self._make("authority", "an authority", None)

    def server(self) -> tuple[Path, Path]:
        return self._write("server", *self._make("server", "127.0.0.1", self._ca_key))

    def client(self, name: str, file: str) -> tuple[Path, Path]:
        return self._write(file, *self._make(file, name, self._ca_key))

    def ca_file(self) -> Path:
        path = self._folder / "ca.pem"
        path.write_bytes(self.ca.public_bytes(serialization.Encoding.PEM))
        return path

    def _make(
        self, _: str, name: str, issuer_key: ec.EllipticCurvePrivateKey | None
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if issuer_key is None else self.ca.subject
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(issuer_key is None, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
        )
        signer = issuer_key or key
        builder = with_identifiers(builder, key.public_key(), signer)
        return builder.sign(signer, hashes.SHA256()), key

    def _write(
        self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> tuple[Path, Path]:
        paths = (self._folder / f"{name}.pem", self._folder / f"{name}.key")
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def post(url: str, ca: Path, client: tuple[Path, Path] | None) -> tuple[int, dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(ca))
    if client is not None:
        context.load_cert_chain(*client)
    connector = aiohttp.TCPConnector(ssl=context)
    headers = {"content-type": "application/json"}
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post(f"{url}/webhook/tradingview", data=BODY, headers=headers) as response,
    ):
        return response.status, await response.json()


async def test_tls_ends_here_for_anybody_without_an_authority(
    app: ASGIApp, certificates: Certificates
) -> None:
    certificate, key = certificates.server()
    async with serving(app, "127.0.0.1", 0, Tls(certificate=certificate, key=key)) as url:
        assert url.startswith("https://")
        status, answer = await post(url, certificates.ca_file(), None)
    assert (status, answer["code"]) == (200, "accepted")


@pytest.fixture
def tls(certificates: Certificates) -> Tls:
    certificate, key = certificates.server()
    return Tls(certificate=certificate, key=key, client_ca=certificates.ca_file())


async def test_tradingviews_certificate_may_post(
    app: ASGIApp, certificates: Certificates, tls: Tls
) -> None:
    client = certificates.client(TRADINGVIEW_NAME, "tradingview")
    async with serving(app, "127.0.0.1", 0, tls) as url:
        status, answer = await post(url, certificates.ca_file(), client)
    assert (status, answer["code"]) == (200, "accepted")


@pytest.mark.parametrize("name", ["webhook-server@tradingview.com.evil", "someone"])
async def test_a_certificate_with_another_name_may_not(
    app: ASGIApp, intake: MemoryIntake, certificates: Certificates, tls: Tls, name: str
) -> None:
    client = certificates.client(name, "other")
    async with serving(app, "127.0.0.1", 0, tls) as url:
        status, answer = await post(url, certificates.ca_file(), client)
    assert (status, answer["code"]) == (403, "wrong_certificate")
    assert intake.alerts == []


async def test_without_a_certificate_there_is_no_connection(
    app: ASGIApp, intake: MemoryIntake, certificates: Certificates, tls: Tls, tmp_path: Path
) -> None:
    (tmp_path / "strangers").mkdir()
    stranger = Certificates(tmp_path / "strangers").client(TRADINGVIEW_NAME, "stranger")
    async with serving(app, "127.0.0.1", 0, tls) as url:
        for client in (None, stranger):
            with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
                await post(url, certificates.ca_file(), client)
    assert intake.alerts == []


@pytest.mark.parametrize("broken", ["missing", "nonsense", "encrypted"])
async def test_a_certificate_that_cannot_be_used_is_named(
    app: ASGIApp, certificates: Certificates, broken: str
) -> None:
    certificate, key = certificates.server()
    if broken == "missing":
        key.unlink()
    elif broken == "nonsense":
        key.write_text("nonsense")
    else:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        key.write_bytes(
            loaded.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"a passphrase"),
            )
        )
    with pytest.raises(ListenError, match="Expected a certificate and its key in PEM"):
        async with serving(app, "127.0.0.1", 0, Tls(certificate=certificate, key=key)):
            pass
