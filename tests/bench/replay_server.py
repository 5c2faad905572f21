"""A child process: sends prepared frames of one kind to whoever subscribes, at once or paced."""

import asyncio
import json
import sys
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.bench import frames

FRAMES = {"l2Book": frames.l2_book, "bbo": frames.bbo, "trades": frames.trades}


def prepare(kind: str, count: int) -> list[bytes]:
    """Return WebSocket frames, each with a time and a trade id of its own."""
    frame = FRAMES[kind]()
    time, trade_id = b"%d" % frames.TIME, b"%d" % frames.TRADE_ID
    prepared = []
    for number in range(count):
        fresh = frame.replace(time, b"%d" % (frames.TIME + number))
        fresh = fresh.replace(trade_id, b"%d" % (frames.TRADE_ID + number))
        prepared.append(Frame(Opcode.TEXT, fresh).serialize(mask=False))
    return prepared


async def send(line: ServerConnection, prepared: list[bytes], pause_secs: float) -> None:
    """Write past the library: a frame made while a client waits for it would be timed with it."""
    if pause_secs == 0:
        line.transport.write(b"".join(prepared))
        return
    for frame in prepared:
        line.transport.write(frame)
        await asyncio.sleep(pause_secs)


async def main(kind: str, count: int, pause_secs: float) -> None:
    """Serve until the parent ends this process."""
    prepared = prepare(kind, count)

    async def feed(line: ServerConnection) -> None:
        with suppress(ConnectionClosed):  # clients leave without a word
            async for message in line:
                request = json.loads(message)
                if request["method"] == "subscribe" and request["subscription"]["type"] == kind:
                    await send(line, prepared, pause_secs)

    async with serve(feed, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
