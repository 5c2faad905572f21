"""
A child process: a very cheap venue for orders, without signature check, engine or account.

It answers what clients ask at start and gives each order the shortest life that a venue can give.
Each path (``/ws?who``) is a venue of its own, so that clients share a server but hear nothing of
each other. Addresses are its first line on standard output. A line ``{"path": "/ws?who", "count":
n, "gap_secs": x}`` on standard input makes it write so many bbo frames there, each when the last
one's order is back and the gap is over, and print the nanoseconds from each frame written to its
signed order arrived.
"""

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from typing import Any

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.bench import frames, order_answers
from tests.bench.children import questions, say
from tests.bench.given import ADDRESS
from tests.bench.order_http import serve_http

# A client that does not answer a tick is broken: better none than a wrong measure.
ORDER_TIMEOUT_SECS = 10.0
POLL_SECS = 0.05


class Action(msgspec.Struct, frozen=True):
    """An action as far as it is answered."""

    type: str
    orders: list[order_answers.Order] = []
    cancels: list[dict[str, Any]] = []


class Payload(msgspec.Struct, frozen=True):
    """A signed action; the signature is not looked at."""

    action: Action


class Request(msgspec.Struct, frozen=True):
    """A posted request."""

    payload: Payload


class Frame(msgspec.Struct, frozen=True):
    """Anything that a client sends."""

    method: str
    id: int = 0
    subscription: dict[str, Any] = {}
    request: Request | None = None


_FRAME = msgspec.json.Decoder(Frame)
_PAYLOAD = msgspec.json.Decoder(Payload)


class Arrivals:
    """Hand the time of the next order to whoever waits for it."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[int] | None = None

    def note(self, now: int) -> None:
        """Tell that an order has come; only the first after a tick is awaited."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(now)

    def expect(self) -> asyncio.Future[int]:
        """Return the time of the next order, to come."""
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting


class Ledger:
    """The orders of one path, who listens there to which channel, and when orders arrived."""

    def __init__(self) -> None:
        self.arrivals = Arrivals()
        self.listeners: defaultdict[str, list[WSTransport]] = defaultdict(list)
        self.streams: dict[tuple[str, str], WSTransport] = {}  # by channel and coin
        self._orders: dict[int | str, tuple[int, order_answers.Order]] = {}
        self._oid = 1_000_000

    def act(self, action: Action) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Return the answer to an action, and what to tell on which channel."""
        if action.type == "order":
            placed = [self._place(order) for order in action.orders]
        elif action.type in {"cancel", "cancelByCloid"}:
            placed = [self._cancel(cancel) for cancel in action.cancels]
        else:
            return b'{"status":"ok","response":{"type":"default"}}', []
        statuses = [status for status, _ in placed]
        kind = "order" if action.type == "order" else "cancel"
        answer = {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}
        return msgspec.json.encode(answer), [event for _, events in placed for event in events]

    def _place(self, order: order_answers.Order) -> tuple[Any, list[tuple[str, bytes]]]:
        self._oid += 1
        oid = self._oid
        self._orders[oid] = self._orders[order.c or oid] = (oid, order)
        is_filled = order.is_immediate
        update = order_answers.order_update(order, oid, is_filled=is_filled)
        events = [("orderUpdates", update)]
        if is_filled:
            fills = [order_answers.fill(order, oid)]
            user = {"channel": "user", "data": {"fills": fills}}
            own = {"user": ADDRESS, "fills": fills}
            events.append(("userEvents", msgspec.json.encode(user)))
            user_fills = {"channel": "userFills", "data": own}
            events.append(("userFills", msgspec.json.encode(user_fills)))
        return order_answers.status(order, oid), events

    def _cancel(self, cancel: dict[str, Any]) -> tuple[Any, list[tuple[str, bytes]]]:
        found = self._orders.get(cancel.get("o") or cancel.get("cloid", ""))
        if found is None:
            return {"error": "Order was never placed, already canceled, or filled."}, []
        oid, order = found
        return "success", [("orderUpdates", order_answers.cancel_update(order, oid))]


class Line(WSListener):  # type: ignore[misc]
    """One connection."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Stamp first, then answer."""
        now = time.perf_counter_ns()
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = _FRAME.decode(frame.get_payload_as_bytes())
        if message.method == "ping":
            transport.send(WSMsgType.TEXT, b'{"channel":"pong"}')
        elif message.request is not None:
            action = message.request.payload.action
            if action.type == "order":
                self._ledger.arrivals.note(now)
            self._answer(transport, message.id, action)
        else:
            self._subscribe(transport, message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Forget the connection."""
        for listeners in self._ledger.listeners.values():
            with contextlib.suppress(ValueError):
                listeners.remove(transport)

    def _answer(self, transport: WSTransport, request_id: int, action: Action) -> None:
        reply, events = self._ledger.act(action)
        response = {"type": "action", "payload": msgspec.Raw(reply)}
        post = {"channel": "post", "data": {"id": request_id, "response": response}}
        transport.send(WSMsgType.TEXT, msgspec.json.encode(post))
        for channel, event in events:
            for listener in self._ledger.listeners[channel]:
                listener.send(WSMsgType.TEXT, event)

    def _subscribe(self, transport: WSTransport, message: Frame) -> None:
        kind = message.subscription["type"]
        if message.method == "subscribe":
            self._ledger.listeners[kind].append(transport)
            self._ledger.streams[kind, message.subscription.get("coin", "")] = transport
        echo = {"method": message.method, "subscription": message.subscription}
        ack = {"channel": "subscriptionResponse", "data": echo}
        transport.send(WSMsgType.TEXT, msgspec.json.encode(ack))
        if kind == "userFills":
            snapshot = {"isSnapshot": True, "user": message.subscription["user"], "fills": []}
            frame = {"channel": kind, "data": snapshot}
            transport.send(WSMsgType.TEXT, msgspec.json.encode(frame))


class Round(msgspec.Struct, frozen=True):
    """A line on standard input: where to tick, how often, and the seconds after each order."""

    path: str
    count: int
    gap_secs: float


async def tick(ledger: Ledger, wanted: Round) -> list[int]:
    """Return the nanoseconds from each bbo frame written to its order arrived."""
    while not ledger.listeners["bbo"]:
        await asyncio.sleep(POLL_SECS)
    line = ledger.listeners["bbo"][-1]
    frame = frames.bbo()
    times = []
    for number in range(wanted.count):
        fresh = frame.replace(b"%d" % frames.TIME, b"%d" % (frames.TIME + number))
        order = ledger.arrivals.expect()
        start = time.perf_counter_ns()
        line.send(WSMsgType.TEXT, fresh)
        times.append(await asyncio.wait_for(order, ORDER_TIMEOUT_SECS) - start)
        if wanted.gap_secs:
            await asyncio.sleep(wanted.gap_secs)
    return times


async def main() -> None:
    """Serve until standard input ends."""
    ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)

    def on_upgrade(request: WSUpgradeRequest) -> Line:
        return Line(ledgers[request.path.decode()])

    def exchange(body: bytes) -> bytes:
        return ledgers["/exchange"].act(_PAYLOAD.decode(body).action)[0]

    server = await ws_create_server(on_upgrade, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with serve_http(exchange) as http:
        say({"ws": f"ws://127.0.0.1:{port}/ws"} | http)
        async for line in questions():
            wanted = msgspec.json.decode(line, type=Round)
            say(await tick(ledgers[wanted.path], wanted))
    os._exit(0)  # clients may still be connected, and their ends are nobody's concern


if __name__ == "__main__":
    uvloop.run(main())
