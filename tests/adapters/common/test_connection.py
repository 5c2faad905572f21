"""A connection brings whole messages, refuses what is too big, and ends with a reason."""

import asyncio
import base64
import hashlib
import json
from contextlib import suppress

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from adapters.common import connection as connection_module
from adapters.common.connection import Connection, open_connection
from tests.adapters.common.lines import listening, proxying
from tests.waiting import eventually

GO = json.dumps("go").encode()


def raw(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


async def heard_after(*frames: bytes) -> tuple[list[bytes], str]:
    """Return what a client hears of these raw frames, and why its connection ended."""
    heard: list[bytes] = []

    async def send(line: ServerConnection, _: object) -> None:
        line.transport.write(b"".join(frames))

    async with listening(send) as server:
        connection = await open_connection(server.url, heard.append)
        connection.send(GO)
        return heard, await asyncio.wait_for(connection.wait_lost(), 5)


async def test_a_message_in_fragments_arrives_whole_and_once() -> None:
    frames = [
        raw(Opcode.TEXT, b'{"a":', fin=False),
        raw(Opcode.CONT, b"[1,", fin=False),
        raw(Opcode.PING, b"in between"),
        raw(Opcode.PONG, b"in between"),
        raw(Opcode.CONT, b"2]}"),
        raw(Opcode.TEXT, b"next"),
    ]

    heard, _ = await heard_after(*frames, raw(Opcode.CLOSE, b""))

    assert heard == [b'{"a":[1,2]}', b"next"]


@pytest.mark.parametrize(
    "frames",
    [
        [raw(Opcode.CONT, b"the end of nothing")],
        [raw(Opcode.TEXT, b"begun", fin=False), raw(Opcode.TEXT, b"another")],
    ],
)
async def test_fragments_out_of_order_end_the_connection(frames: list[bytes]) -> None:
    heard, cause = await heard_after(*frames)

    assert heard == []
    assert "Expected fragments in their order" in cause


@pytest.mark.parametrize(
    "frames",
    [
        [raw(Opcode.TEXT, b"x" * 101)],
        [raw(Opcode.TEXT, b"x" * 60, fin=False), raw(Opcode.CONT, b"x" * 60)],
    ],
)
async def test_a_message_beyond_the_limit_ends_the_connection(
    frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "MESSAGE_BYTES_MAX", 100)

    heard, cause = await heard_after(raw(Opcode.TEXT, b"x" * 100), *frames)

    assert heard[0] == b"x" * 100
    assert cause.startswith("we closed it: ")
    assert "100" in cause


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\x03\xe8Inactive", "it was closed with code 1000 Inactive"),
        (b"\x0f\xa0", "it was closed with code 4000"),
        (b"", "it was closed with code 0"),
    ],
)
async def test_a_goodbye_is_answered_and_told(payload: bytes, words: str) -> None:
    assert await heard_after(raw(Opcode.CLOSE, payload)) == ([], words)


async def test_a_line_that_breaks_is_told_apart_from_one_that_is_closed() -> None:
    async def cut(line: ServerConnection, _: object) -> None:
        line.transport.abort()

    async with listening(cut) as server:
        connection = await open_connection(server.url, pytest.fail)
        connection.send(GO)

        assert await connection.wait_lost() == "without a word"
        assert not connection.is_open
        assert not connection.send(GO)


async def test_nothing_is_written_after_a_goodbye() -> None:
    async with listening() as server:
        connection = await open_connection(server.url, pytest.fail)
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0)

        assert not connection.send(GO)
        await closing
        assert server.said == []


async def test_who_never_hangs_up_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "CLOSE_TIMEOUT_SECS", 0.05)
    async with listening() as server:
        connection = await open_connection(server.url, pytest.fail)
        server.lines[0].transport.pause_reading()
        # More than the buffers of both sides hold, so that a polite end waits for the reader.
        for _ in range(64):
            connection.send(b" " * 1_000_000)

        await connection.close()

        assert not connection.is_open
        server.lines[0].transport.abort()


async def test_nobody_listening_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="ConnectionRefusedError"):
        await open_connection("ws://127.0.0.1:9/ws", pytest.fail)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"\x00"])
async def test_a_failed_upgrade_is_a_connection_error(answer: bytes) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            await open_connection(f"ws://127.0.0.1:{port}/ws", pytest.fail)


async def test_an_upgrade_that_takes_too_long_is_a_connection_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection_module, "HANDSHAKE_TIMEOUT_SECS", 0.05)

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError, match="handshake timeout"):
            await open_connection(f"ws://127.0.0.1:{port}/ws", pytest.fail)


async def test_an_attempt_given_up_leaves_no_connection_behind() -> None:
    asked, gone, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line for line in head.split("\r\n") if "Sec-WebSocket-Key" in line).split()[1]
        asked.set()
        await gone.wait()
        accepted = f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()
        digest = hashlib.sha1(accepted).digest()  # noqa: S324 - as RFC 6455 has it
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        with suppress(ConnectionResetError):
            assert await reader.read(1) == b""
        ended.set()
        writer.close()

    async with await asyncio.start_server(answer_late, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        attempt = asyncio.create_task(open_connection(f"ws://127.0.0.1:{port}/ws", pytest.fail))
        await asked.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        gone.set()
        await asyncio.wait_for(ended.wait(), 5)


async def test_silence_is_measured_from_the_last_frame() -> None:
    async def echo(line: ServerConnection, message: object) -> None:
        await line.send(json.dumps(message))

    heard: list[bytes] = []
    async with listening(echo) as server:
        connection = await open_connection(server.url, heard.append)
        assert connection.silent_secs(100.0) == 0.0
        assert connection.silent_secs(107.0) == 7.0

        connection.send(GO)
        await eventually(lambda: heard)

        assert connection.silent_secs(110.0) == 0.0
        await connection.close()


async def test_a_proxy_is_used_where_one_is_set() -> None:
    async with listening() as server, proxying() as (proxy_url, asked):
        connection = await open_connection(server.url, pytest.fail, proxy_url=proxy_url)
        connection.send(GO)
        await eventually(lambda: server.said == ["go"])

        assert asked == [server.url.removeprefix("ws://").removesuffix("/ws")]
        await connection.close()


async def test_a_proxy_that_refuses_is_a_connection_error() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        proxy_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ConnectionError, match="403"):
            await open_connection("ws://127.0.0.1:9/ws", pytest.fail, proxy_url=proxy_url)


def test_the_limit_of_a_message_is_far_above_what_the_venue_sends() -> None:
    assert connection_module.MESSAGE_BYTES_MAX > 10 * 177_000
    assert not Connection(pytest.fail).is_open
