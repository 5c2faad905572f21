"""Where requests, answers and frames pass between the venue and its clients: faults and the log.

The venue decides what it says; here rules decide whether, when and how often it is heard. Without
rules everything passes at once, in the order in which it came.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.background import BackgroundTask
from starlette.datastructures import Address
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from simulator.fault_rules import AckRace, Close, HalfOpen, On, Silent, Status
from simulator.faults import Faults, Hit, Thing, fate
from simulator.frame_log import FrameLog
from simulator.lines import HttpLine, Line, Lines, end
from simulator.outlet import Gate, Hold, Outlet
from simulator.replies import JSON, Reply, respond

type Execute = Callable[[bytes], Reply]
"""What the venue does about the body of a request."""


class Post(msgspec.Struct, frozen=True):
    """A request posted by WebSocket; `frame` puts the reply to it into a frame."""

    body: bytes
    action: bool
    frame: Callable[[Reply], str]


class Client(Line, Protocol):
    """A WebSocket connection."""

    number: int
    outlet: Outlet

    def put(self, frame: str) -> None:
        """Queue a frame to be sent."""


class Wording(Protocol):
    """How a venue's requests and frames read to the rules, and what it says in their place."""

    def describe_request(self, on: On, body: bytes, *, action: bool) -> Thing:
        """Describe a request; of one that cannot be read only where it passes."""

    def describe_frame(self, frame: str) -> Thing:
        """Describe a frame of the venue; its type is its channel."""

    def channel_of(self, frame: str) -> str:
        """Return the channel of a frame of the venue."""

    def is_account_channel(self, channel: str) -> bool:
        """Tell whether a channel tells of an account."""

    def execute(self, hits: tuple[Hit, ...], thing: Thing, body: bytes, execute: Execute) -> Reply:
        """Execute a request under the rules that befall it, as far as they are the venue's own."""

    def alter_frame(self, hits: tuple[Hit, ...], frame: str) -> str:
        """Return a frame as the rules let it read."""

    def failure(self, status: int, body: str | None) -> Reply:
        """Fail with an HTTP status; `body` None is what usually comes with it."""


class Border:
    """What passes in and out of a venue.

    Parameters
    ----------
    faults : Faults
        The rules; they may change while the venue runs.
    lines : Lines
        The sockets.
    now_ms : Callable[[], int]
        The venue's time.
    wording : Wording
        What is the venue's own in all this.
    """

    def __init__(
        self,
        faults: Faults,
        lines: Lines,
        now_ms: Callable[[], int],
        wording: Wording,
    ) -> None:
        self.faults = faults
        self.lines = lines
        self._note: Callable[..., None] = _no_note
        self._now_ms = now_ms
        self._wording = wording
        self._gate: Gate[Client] = Gate()
        self._closing = asyncio.Event()
        self._posts: set[asyncio.Task[None]] = set()
        self._requests = 0

    @contextmanager
    def logging(self, path: Path | None) -> Iterator[None]:
        """Log all that passes to a file; None logs nothing. OSError when it cannot be written."""
        if path is None:
            yield
            return
        log = FrameLog(path, self._now_ms)
        self._note = log.note
        try:
            yield
        finally:
            self._note = _no_note
            log.close()

    async def close(self) -> None:
        """End every wait and every half-open connection; what waits is answered now."""
        self._closing.set()
        self.lines.release()
        await asyncio.gather(*self._posts)
        self._closing = asyncio.Event()

    # Requests.

    async def answer(
        self,
        on: On,
        body: bytes,
        execute: Execute,
        client: Address | None,
        *,
        action: bool,
    ) -> Response:
        """Answer an HTTP request as the venue does, or as badly as the rules want."""
        self._requests += 1
        number = self._requests
        if self._note is not _no_note:
            self._note(on, "in", readable(body), request=number)
        request = await self._arrive(on, action, body, execute)
        hold = self._shut(request)
        reply = await self._undergo(request, HttpLine(self.lines, client))
        if reply is None:
            await self._open(hold)
            return _Silence()
        said = msgspec.Raw(reply.body) if reply.media_type == JSON else reply.body.decode()
        self._note(on, "out", said, request=number, status=reply.status)
        return respond(reply, None if hold is None else BackgroundTask(self._open, hold))

    def post(self, client: Client, post: Post, execute: Execute) -> None:
        """Answer a posted request: before this returns, unless a rule lets it wait."""
        answering = self._answer_post(client, post, execute)
        # It begins now, so that nothing said later on this connection is executed before it.
        loop = asyncio.get_running_loop()
        task = asyncio.Task(answering, loop=loop, name="venue-post", eager_start=True)
        if task.done():
            task.result()
        else:
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)

    async def _answer_post(self, client: Client, post: Post, execute: Execute) -> None:
        request = await self._arrive("post", post.action, post.body, execute)
        hold = self._shut(request)
        reply = await self._undergo(request, client)
        if reply is not None:
            client.outlet.emit("post", post.frame(reply), 0.0, request.hits)
        await self._open(hold)

    async def _arrive(self, on: On, action: bool, body: bytes, execute: Execute) -> "_Request":
        """Let the rules look at a request; without any it is not even read."""
        if not self.faults:
            return _Request(Thing(on), (), body, execute)
        thing = self._wording.describe_request(on, body, action=action)
        hits = self._meet(thing)
        await self._pause(fate(hits).early_ms)
        return _Request(thing, hits, body, execute)

    async def _undergo(self, request: "_Request", line: Line) -> Reply | None:
        """Execute a request as its fate wants, and wait; None when no answer is to be sent."""
        if not request.hits:
            return request.execute(request.body)
        lot = fate(request.hits)
        reply = None
        if lot.executed:
            reply = self._wording.execute(
                request.hits, request.thing, request.body, request.execute
            )
        await self._pause(lot.late_ms)
        if lot.ending is None:
            return reply
        if isinstance(lot.ending, Status):
            return self._wording.failure(lot.ending.status, lot.ending.body)
        end(line, lot.ending)
        return None

    def _shut(self, request: "_Request") -> Hold[Client] | None:
        """Hold what accounts would hear of an action, when a rule lets its reply come first."""
        race = next((hit for hit in request.hits if isinstance(hit.rule, AckRace)), None)
        return None if race is None else self._gate.shut(race)

    async def _open(self, hold: Hold[Client] | None) -> None:
        if hold is not None:
            await self._pause(hold.rule.ms)
            for client, frame in self._gate.open(hold):
                self.send(client, frame)

    # WebSocket.

    async def admit(self, websocket: WebSocket, door: str = "") -> bool:
        """Let a client in, or treat it as the rules want; tell whether it is to be served.

        `door` is what rules call the place that it came to, where a venue has several.
        """
        hits = self._meet(Thing("connect", door))
        lot = fate(hits)
        await self._pause(lot.early_ms + lot.late_ms)
        ending = lot.ending
        match ending:
            case None:
                return True
            case Status():
                refusal = self._wording.failure(ending.status, ending.body)
                await websocket.send_denial_response(respond(refusal))
            case Close():
                await websocket.accept()
                await websocket.close(ending.code, ending.reason)
            case HalfOpen():
                await self.lines.halt(websocket.client).wait()
                await _gone(websocket)
            case _:
                self.lines.reset(websocket.client)
                await _gone(websocket)
        return False

    def send(self, client: Client, frame: str) -> None:
        """Let a frame out that is no answer to a post, as the rules want."""
        if not (self.faults or self._gate or client.outlet.busy):
            client.put(frame)
            return
        channel = self._wording.channel_of(frame)
        told = self._wording.is_account_channel(channel)
        if told and self._gate.catches(client, channel, frame):
            return
        hits = self._meet(self._wording.describe_frame(frame)) if self.faults else ()
        lot = fate(hits)
        if lot.ending is not None:
            end(client, lot.ending)
        elif not any(isinstance(hit.rule, Silent) for hit in hits):
            frame = self._wording.alter_frame(hits, frame)
            client.outlet.emit(channel, frame, lot.early_ms + lot.late_ms, hits)

    # The log.

    def note_heard(self, connection: int, body: object) -> None:
        """Log what a client said by WebSocket, JSON or text that is none."""
        self._note("ws", "in", body, connection=connection)

    def note_said(self, connection: int, frame: str) -> None:
        """Log a frame that was written to a client."""
        self._note("ws", "out", msgspec.Raw(frame), connection=connection)

    def note_open(self, connection: int) -> None:
        """Log that a client was let in."""
        self._note("open", "in", None, connection=connection)

    def note_close(self, connection: int, code: int, reason: str) -> None:
        """Log that the venue says good-bye to a client."""
        self._note("close", "out", {"code": code, "reason": reason}, connection=connection)

    def _meet(self, thing: Thing) -> tuple[Hit, ...]:
        hits = self.faults.meet(thing, self._now_ms())
        for hit in hits:
            told = {"rule": hit.number, "do": hit.name, "on": thing.on, "type": thing.type}
            self._note("fault", None, told)
        return hits

    async def _pause(self, delay_ms: float) -> None:
        """Wait by wall time; not longer than the venue is there."""
        if delay_ms:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_ms / 1000):
                    await self._closing.wait()


class _Request(msgspec.Struct, frozen=True):
    """A request on its way: what it is, what befalls it, and what the venue would do about it."""

    thing: Thing
    hits: tuple[Hit, ...]
    body: bytes
    execute: Execute


class _Silence(Response):
    """No response: what the line is to suffer has been done to it."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the client has gone, since the server would answer for us."""
        while (await receive())["type"] != "http.disconnect":
            pass


async def _gone(websocket: WebSocket) -> None:
    """Wait until the server knows that a client has gone, since it would answer for us."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def readable(body: bytes) -> object:
    """Return JSON as it decodes, and anything else as text."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")


def _no_note(*_args: object, **_kwargs: object) -> None:
    """Log nothing."""
