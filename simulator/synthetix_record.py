"""Records all that a Synthetix says in public, raw and with receive times; it judges nothing.

What was recorded is read by synthetix_report.py.
"""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.frame_files import FLUSH_SECS, FrameFiles, Progress, RecordReport
from simulator.http_question import ask_http
from simulator.recorded_line import next_frame, stay_connected
from simulator.synthetix_entries import Entry, What
from simulator.synthetix_record_plan import (
    POSTED,
    STATUSES,
    Params,
    Plan,
    plan_of,
    probes,
    questions,
)

MAINNET_URL = "https://papi.synthetix.io/v1"
PING_SECS = 30.0
"""A silent line is pinged after this: the venue closes idle ones (fact sheet 6.5)."""
ASK_SECS = 300.0
"""How often all is asked, and every book subscribed anew, so that one with a gap is whole again."""
ASK_GAP_SECS = 0.05
"""Between two questions; a round of them costs far less than the limit (fact sheet 7)."""
ANSWER_SECS = 10.0


class RecordOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to record.

    `url` is the base of /info and /ws. `file_secs` is how long one file grows, `ask_secs` how often
    all is asked. `duration_secs` None records until cancelled.
    """

    symbols: tuple[str, ...]
    out: Path
    url: str = MAINNET_URL
    duration_secs: float | None = None
    file_secs: float = 3_600.0
    ask_secs: float = ASK_SECS

    def __post_init__(self) -> None:
        """Refuse a recording of nothing, or of nobody."""
        if not self.symbols:
            raise ValueError("Expected one symbol at least, was none")
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"Expected a URL of HTTP, was {self.url!r}")


async def record(options: RecordOptions, on_progress: Progress | None = None) -> RecordReport:
    """Record until `duration_secs` have passed; reconnect with growing pauses meanwhile.

    Files are added to `out`, none is ever overwritten. `on_progress` is called about every second.

    Raises
    ------
    OSError
        `out` cannot be written.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    files = FrameFiles(options.out, options.file_secs, on_progress or (lambda _report: None))
    plan = plan_of(options.url.rstrip("/"), options.symbols)
    try:
        async with asyncio.timeout(options.duration_secs):
            await _run(_Notes(files, plan), options.ask_secs)
    except TimeoutError:
        pass
    finally:
        files.close()
    return files.report


async def _run(notes: "_Notes", ask_secs: float) -> None:
    """Listen on every line and ask, until cancelled or until nothing can be written any more."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep_flushed(notes.files), name="record-flush")
            tasks.create_task(_keep_asking(notes, ask_secs), name="record-http")
            for name in notes.plan.lines:
                tasks.create_task(_Line(notes, name, ask_secs).run(), name=f"record-{name}")
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


class _Notes:
    """What the tasks of a recording write into."""

    def __init__(self, files: FrameFiles, plan: Plan) -> None:
        self.files = files
        self.plan = plan
        self._run = time.time_ns() // 1_000_000

    def note(
        self,
        what: What,
        line: str,
        number: int,
        text: str = "",
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Write down an entry; every file begins with the plan."""
        if self.files.is_due:
            self.files.open()
            plan = msgspec.json.encode(self.plan).decode()
            self._write(Entry(what="begun", run=self._run, text=plan))
        self._write(
            Entry(
                what=what,
                run=self._run,
                line=line,
                number=number,
                text=text,
                status=status,
                headers=headers or {},
            )
        )

    def _write(self, entry: Entry) -> None:
        self.files.write(msgspec.json.encode(entry))


class _Line:
    """One WebSocket, its subscriptions, and what becomes of them."""

    def __init__(self, notes: _Notes, name: str, renew_secs: float) -> None:
        self._notes = notes
        self._name = name
        self._wanted = notes.plan.lines[name]
        self._renew_secs = renew_secs
        self._connection = 1
        self._frames = 0
        self._ids = 0

    async def run(self) -> None:
        """Listen, and connect again whenever the line is lost."""
        await stay_connected(
            self._notes.plan.ws_url, self._listen, lambda: self._frames, self._note_end
        )

    def _note_end(self, why: Exception) -> None:
        text, status, headers = _read_end(why)
        self._note("lost", text, status, headers)
        self._connection += 1
        self._notes.files.report.reconnects += 1

    async def _listen(self, line: ClientConnection) -> None:
        answered = line.response
        self._note("opened", headers=_headers(answered.headers) if answered else None)
        chores = asyncio.create_task(self._do_chores(line), name=f"record-{self._name}-chores")
        try:
            while True:
                frame = await next_frame(line, PING_SECS, lambda: self._send(line, "ping", {}))
                self._frames += 1
                self._note("got", frame.decode(errors="backslashreplace"))
        finally:
            chores.cancel()
            await asyncio.wait({chores})

    async def _do_chores(self, line: ClientConnection) -> None:
        """Subscribe, ask, ping, and subscribe books anew: only a snapshot mends a gap."""
        with suppress(ConnectionClosed):
            await self._subscribe(line)
            if self._name == "market":
                for action in POSTED:
                    await self._send(line, "post", {"action": action})
            renewed = time.monotonic()
            while True:
                await asyncio.sleep(min(PING_SECS, self._renew_secs))
                await self._send(line, "ping", {})
                is_due = time.monotonic() - renewed >= self._renew_secs
                if is_due and self._name.startswith("orderbook"):
                    for params in self._wanted:
                        await self._send(line, "unsubscribe", params)
                    await self._subscribe(line)
                    renewed = time.monotonic()

    async def _subscribe(self, line: ClientConnection) -> None:
        for params in self._wanted:
            await self._send(line, "subscribe", params)

    async def _send(self, line: ClientConnection, method: str, params: Params) -> None:
        self._ids += 1
        frame = {"id": str(self._ids), "method": method, "params": params}
        text = msgspec.json.encode(frame).decode()
        self._note("sent", text)
        await line.send(text)

    def _note(
        self,
        what: What,
        text: str = "",
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._notes.note(what, self._name, self._connection, text, status, headers)


def _read_end(why: Exception) -> tuple[str, int | None, dict[str, str] | None]:
    """Return the kind of an end, its code or HTTP status, and the headers that came with it."""
    match why:
        case InvalidStatus():
            return type(why).__name__, why.response.status_code, _headers(why.response.headers)
        case ConnectionClosed() if why.rcvd is not None:
            return f"{type(why).__name__} {why.rcvd.reason}".rstrip(), why.rcvd.code, None
        case _:
            return type(why).__name__, None, None


def _headers(told: Headers) -> dict[str, str]:
    return {name.lower(): text for name, text in told.raw_items() if "cookie" not in name.lower()}


async def _keep_flushed(files: FrameFiles) -> None:
    """Let nothing lie for long when nothing more comes."""
    while True:
        await asyncio.sleep(FLUSH_SECS)
        files.flush()


async def _keep_asking(notes: _Notes, every_secs: float) -> None:
    """Ask all again and again, and what is wrong on purpose once."""
    plan = notes.plan
    asked = 0
    wrong = tuple(probes(plan.symbols))
    while True:
        round_ends = time.monotonic() + every_secs
        bodies = (*questions(plan.symbols, time.time_ns() // 1_000_000), *wrong)
        for path in STATUSES:
            asked += 1
            await _ask(notes, asked, path, f"{plan.url}{path}", None)
        for params in bodies:
            asked += 1
            body = msgspec.json.encode({"params": params})
            await _ask(notes, asked, str(params["action"]), f"{plan.url}/info", body)
        wrong = ()
        await asyncio.sleep(max(0.0, round_ends - time.monotonic()))


async def _ask(notes: _Notes, number: int, name: str, url: str, body: bytes | None) -> None:
    notes.note("asked", name, number, "" if body is None else body.decode())
    answer = await ask_http(url, body, ANSWER_SECS)
    what: What = "unanswered" if answer.status is None else "answered"
    notes.note(what, name, number, answer.text, answer.status, answer.headers)
    await asyncio.sleep(ASK_GAP_SECS)
