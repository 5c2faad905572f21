"""
A child process: both venues as far as a client waits for them, one path each; it checks nothing.

Addresses are its first line on standard output. Every order rests, every other frame is fine.
"""

import os

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.bench.children import questions, say


class Head(msgspec.Struct, frozen=True):
    """What an answer needs to know of a frame."""

    id: int | str = 0


_HEAD = msgspec.json.Decoder(Head)
# By path; the id as it came is in between.
_ANSWERS = {
    "/hyperliquid": (
        b'{"channel":"post","data":{"id":',
        (
            b',"response":{"type":"action","payload":{"status":"ok","response":{"type":"order",'
            b'"data":{"statuses":[{"resting":{"oid":1}}]}}}}}}'
        ),
    ),
    "/synthetix": (
        b'{"requestId":',
        (
            b',"status":200,"result":{"status":"success","response":{"statuses":'
            b'[{"resting":{"order":{"venueId":"1","clientId":"1"},"id":"1"}}]}}}'
        ),
    ),
}


class Line(WSListener):  # type: ignore[misc]
    """One connection."""

    def __init__(self, answer: tuple[bytes, bytes]) -> None:
        self._before, self._behind = answer

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answer."""
        if frame.msg_type == WSMsgType.TEXT:
            head = _HEAD.decode(frame.get_payload_as_bytes())
            answer = self._before + msgspec.json.encode(head.id) + self._behind
            transport.send(WSMsgType.TEXT, answer)


async def main() -> None:
    """Serve until standard input ends."""

    def on_upgrade(request: WSUpgradeRequest) -> Line:
        return Line(_ANSWERS[request.path.decode()])

    server = await ws_create_server(on_upgrade, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    say({path[1:]: f"ws://127.0.0.1:{port}{path}" for path in _ANSWERS})
    async for _ in questions():
        pass
    os._exit(0)  # clients may still be connected, and their ends are nobody's concern


if __name__ == "__main__":
    uvloop.run(main())
