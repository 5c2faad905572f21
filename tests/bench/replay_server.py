"""A child process: sends one kind of frame as fast as it is read, to whoever subscribes it."""

import asyncio
import json
import sys
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.bench import frames

FRAMES = {"l2Book": frames.l2_book, "bbo": frames.bbo, "trades": frames.trades}


async def feed(line: ServerConnection) -> None:
    """Answer each subscription with its frames, each with a time and an id of its own."""
    with suppress(ConnectionClosed):
        await _feed(line)


async def _feed(line: ServerConnection) -> None:
    async for message in line:
        request = json.loads(message)
        if request.get("method") != "subscribe":
            continue
        frame = FRAMES[request["subscription"]["type"]]().decode()
        for number in range(COUNT):
            fresh = frame.replace(str(frames.TIME), str(frames.TIME + number))
            await line.send(fresh.replace('"tid":418932651112950', f'"tid":{number + 1}'))


async def main() -> None:
    """Serve until the parent ends this process."""
    async with serve(feed, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    COUNT = int(sys.argv[1])
    asyncio.run(main())
