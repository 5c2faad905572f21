"""What taking an alert costs: our app without a store beside others, and with one under load."""

import asyncio
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

from tests.bench.children import Child, child
from tests.bench.rounds import Comparison, compare
from tests.bench.webhook_server import PATH, SECRET

NAMES = ("ours", "starlette", "fastapi", "flask")
GOALS = {"starlette": "<= 1.1", "fastapi": "<= 0.357 (2.8x)", "flask": "<= 0.143 (7x)"}


# A disk that takes too long is answered so; TradingView sends such an alert three times again.
BUSY = b'"busy"'
SENDS_MAX = 4


class Load(msgspec.Struct, frozen=True):
    """Accepted alerts a second and milliseconds of wall time: a machine's figures, no ratios."""

    store: str
    connections: int
    alerts: int
    per_second: float
    p50: float
    p99: float

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.store}, {self.connections} connections: {self.per_second:,.0f} alerts/s,"
            f" p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms"
        )


class Client:
    """A connection that is kept, and a request made beforehand: what is measured is the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, request: bytes) -> bytes:
        """Send a request; return the whole answer."""
        self._socket.sendall(request)
        answer = self._socket.recv(65_536)
        while not _is_whole(answer):
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError("the server hung up")
            answer += more
        return answer

    def post_alert(self, request: bytes) -> None:
        """Post an alert, as often as its sender would; AssertionError if it is not taken."""
        for _ in range(SENDS_MAX):
            answer = self.post(request)
            if BUSY not in answer:
                break
        assert is_taken(answer), answer

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def measure_cpu(rounds: int, posts: int) -> list[Comparison]:
    """Return CPU microseconds a POST of our app beside each other's, in turns, one at a time."""
    figures: dict[str, list[float]] = {name: [] for name in NAMES}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(_server(name)) for name in NAMES}
        for number in range(rounds + 1):
            for name, (server, port) in servers.items():
                client = Client(port)
                requests = [_request(f"{number}-{index}") for index in range(posts)]
                before = server.ask("cpu")
                for request in requests:
                    answer = client.post(request)
                    assert b" 200 " in answer[:16], (name, answer)
                if number:  # the first round warms up
                    figures[name].append((server.ask("cpu") - before) / posts * 1e6)
                client.close()
    return [
        compare(f"POST, ours / {name}", figures["ours"], figures[name], goal)
        for name, goal in GOALS.items()
    ]


def measure_load(posts: int, store: str = "") -> list[Load]:
    """Return what 1, 16 and 64 connections get done: without a store, or with a file."""
    found = []
    for connections in (1, 16, 64):
        with tempfile.TemporaryDirectory() as directory:
            file = str(Path(directory) / "alerts.sqlite") if store else ""
            # The server takes what core the kernel gives it: its writer may want another.
            with _server("ours", file, core=None) as (_, port):
                found.append(_load(store or "no store", port, connections, posts))
    return found


def flood(port: int, connections: int, end: threading.Event) -> None:
    """Post new alerts without a pause until the event is set."""
    mark = time.time_ns()
    batch = 0
    while not end.is_set():
        batch += 1
        requests = [_request(f"flood-{mark}-{batch}-{number}") for number in range(connections * 4)]
        uvloop.run(post_all(port, connections, requests))


def _load(store: str, port: int, connections: int, posts: int) -> Load:
    requests = [_request(f"load-{number}") for number in range(posts)]
    start = time.perf_counter()
    times = uvloop.run(post_all(port, connections, requests))
    secs = time.perf_counter() - start
    cuts = statistics.quantiles(times, n=100)
    return Load(store, connections, len(times), len(times) / secs, cuts[49], cuts[98])


async def post_all(port: int, connections: int, requests: list[bytes]) -> list[float]:
    """Post requests from so many connections at once; return milliseconds until each answer."""
    times: list[float] = []
    loop = asyncio.get_running_loop()
    posters = [_Poster(requests, times) for _ in range(connections)]
    for poster in posters:
        await loop.create_connection(lambda poster=poster: poster, "127.0.0.1", port)
    await asyncio.gather(*(poster.done for poster in posters))
    return times


class _Poster(asyncio.Protocol):
    """A connection that posts one request after the other, until none is left."""

    def __init__(self, requests: list[bytes], times: list[float]) -> None:
        self._requests = requests
        self._times = times
        self._answer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Note the time of a whole answer, and go on."""
        self._answer += data
        if not _is_whole(self._answer):
            return
        answer, self._answer = self._answer, b""
        if BUSY in answer and self._sends < SENDS_MAX:
            self._send()
            return
        self._times.append((time.perf_counter() - self._start) * 1e3)
        if not is_taken(answer):
            self.done.set_exception(AssertionError(answer))
            return
        self._next()

    def _next(self) -> None:
        if not self._requests:
            self._transport.close()
            self.done.set_result(None)
            return
        self._start = time.perf_counter()
        self._request = self._requests.pop()
        self._sends = 0
        self._send()

    def _send(self) -> None:
        self._sends += 1
        self._transport.write(self._request)


@contextlib.contextmanager
def _server(name: str, file: str = "", core: int | None = 0) -> Iterator[tuple[Child, int]]:
    where = str(core) if core is not None else ""
    with child("webhook_server", name, where, file) as server:
        yield server, server.hear()


def _request(mark: str) -> bytes:
    alert = {
        "secret": SECRET,
        "strategy": "alerts",
        "ticker": "BTCUSD",
        "action": "buy",
        "id": mark,
        "contracts": "0.25",
        "market_position": "long",
        "market_position_size": "0.25",
        "order_id": "Long",
        "price": "64123.5",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "comment": "",
    }
    return post_of(alert)


def post_of(alert: dict[str, str]) -> bytes:
    """Return the whole request that posts an alert."""
    body = json.dumps(alert).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\naccept: */*\r\n"
        f"content-type: application/json; charset=utf-8\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def is_taken(answer: bytes) -> bool:
    """Tell whether an alert is in the inbox now; one that was sent again may have been before."""
    return b'"accepted"' in answer or b'"duplicate"' in answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


def report() -> Iterator[str]:
    """Yield the lines of a run of this bench alone."""
    for line in measure_cpu(15, 600):
        yield f"{line.name}: {line.ours} / {line.theirs} us of CPU = {line.ratio}, goal {line.goal}"
    for store in ("", "sqlite"):
        for load in measure_load(3_000, store):
            yield str(load)


if __name__ == "__main__":
    for text in report():
        sys.stdout.write(f"{text}\n")
