"""What became of the connections of a recorded Synthetix, and of what was subscribed on them."""

from collections import Counter
from collections.abc import Iterator

from simulator.synthetix_findings import Example, Finding, Heard, as_json, most

NS = 1_000_000_000
DAY_SECS = 86_400
HTTP_OK = 200


class Lines:
    """Looks at connections and at the replies to subscriptions."""

    def __init__(self) -> None:
        self._opened_ns: dict[tuple[int, str, int], int] = {}
        self._lasted_secs: list[float] = []
        self._connections: Counter[str] = Counter()
        self._open_most = 0
        self._ends: Counter[str] = Counter()
        self._asked: dict[tuple[object, str], str] = {}
        self._subscriptions: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._per_line: Counter[object] = Counter()
        self._pushed: Counter[str] = Counter()
        self._refusal, self._ack, self._end = (Example() for _ in range(3))
        self._last_ns = 0

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        self._last_ns = heard.ns
        match heard.entry.what:
            case "begun":
                self._forget_others(heard)
            case "opened":
                self._opened_ns[heard.line] = heard.ns
                self._connections["opened"] += 1
                self._open_most = max(self._open_most, len(self._opened_ns))
            case "lost":
                self._look_at_end(heard)
            case "sent":
                self._look_at_request(heard)
            case "got" if heard.stream:
                self._pushed[heard.stream] += 1
            case "got" if heard.is_reply:
                self._look_at_reply(heard)

    def _forget_others(self, heard: Heard) -> None:
        """Let the connections of an earlier run end with its last entry: none told of it."""
        for line in [line for line in self._opened_ns if line[0] != heard.entry.run]:
            del self._opened_ns[line]
            self._ends["the recording ended"] += 1

    def _look_at_end(self, heard: Heard) -> None:
        entry = heard.entry
        why = entry.text if entry.status is None else f"{entry.text} {entry.status}"
        opened_ns = self._opened_ns.pop(heard.line, None)
        if opened_ns is None:
            self._connections[f"not opened: {why}"] += 1
        else:
            self._lasted_secs.append((heard.ns - opened_ns) / NS)
            self._ends[f"lost: {why}"] += 1
        self._end.offer(f"{entry.line}: {why} {entry.headers or ''}".rstrip())

    def _look_at_request(self, heard: Heard) -> None:
        match heard.content:
            case {"id": str(number), "method": str(method), "params": dict(params)}:
                if method in {"subscribe", "unsubscribe"}:
                    self._asked[heard.line, number] = f"{method} {_words(params)}"
                    self._subscriptions[f"{method}: asked"] += 1
                elif method == "post":
                    self._asked[heard.line, number] = f"post {params.get('action')}"

    def _look_at_reply(self, heard: Heard) -> None:
        number = str(heard.content.get("requestId", heard.content.get("id", "")))
        asked = self._asked.pop((heard.line, number), None)
        if asked is None:
            return
        status, method = heard.content.get("status"), asked.partition(" ")[0]
        if status == HTTP_OK:
            self._subscriptions[f"{method}: taken"] += 1
            self._per_line[heard.line] += {"subscribe": 1, "unsubscribe": -1}.get(method, 0)
            if method == "subscribe":
                self._ack.offer(heard.entry.text)
            return
        where = "probe" if heard.entry.line == "probes" else "refused"
        self._subscriptions[f"{method}: {where}"] += 1
        self._refusals[f"{asked}: {status} {as_json(heard.content.get('error'))}"] += 1
        self._refusal.offer(heard.entry.text)

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        refused = {name: n for name, n in self._connections.items() if name != "opened"}
        yield Finding(
            id="connections",
            unknown="i",
            answer=f"{self._open_most} at once at most; "
            + (f"{sum(refused.values())} could not be opened" if refused else "none was refused"),
            counts=dict(self._connections),
            example=self._end.text if refused else "",
            open="a cap above what was opened is not known; none was sought",
        )
        wrong = self._subscriptions["subscribe: refused"]
        yield Finding(
            id="subscriptions",
            unknown="i",
            answer=f"{self._subscriptions['subscribe: taken']} taken, {wrong} refused,"
            f" {len(self._asked)} unanswered, {max(self._per_line.values(), default=0)}"
            " on one connection at most",
            counts=dict(self._subscriptions + self._refusals),
            example=self._ack.text,
            open="a cap above what was subscribed is not known; none was sought",
        )
        yield Finding(
            id="how a subscription is refused",
            unknown="i",
            answer=most(self._refusals),
            counts=dict(self._refusals),
            example=self._refusal.text,
        )
        yield Finding(
            id="streams that were heard",
            answer=most(self._pushed),
            counts=dict(self._pushed),
            open="a stream that is missing here may have had nothing to tell",
        )
        yield self._lifetimes()

    def _lifetimes(self) -> Finding:
        still = [(self._last_ns - opened_ns) / NS for opened_ns in self._opened_ns.values()]
        longest = max((*self._lasted_secs, *still), default=0.0)
        return Finding(
            id="lifetimes of connections",
            unknown="l",
            answer=f"{len(self._lasted_secs)} lost after"
            f" {min(self._lasted_secs):.0f} to {max(self._lasted_secs):.0f} s"
            if self._lasted_secs
            else "none was lost"
            if still
            else "not seen",
            counts={
                **self._ends,
                "still open at the end": len(still),
                "longest, in seconds": int(longest),
            },
            example=self._end.text,
            open=("" if longest > DAY_SECS else "record for more than 24 h to see a forced end; ")
            + "a recording holds no /ws/trade connection",
        )


def _words(params: dict[str, object]) -> str:
    return " ".join(str(value) for value in params.values())
