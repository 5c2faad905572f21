"""How a recorded Synthetix answers questions: envelopes, codes, limits, and its clock."""

from collections import Counter
from collections.abc import Iterator
from statistics import median

from simulator.synthetix_answers import CODES
from simulator.synthetix_findings import Example, Finding, Heard, as_json, most
from simulator.synthetix_record_plan import STATUSES

MS = 1_000_000
OFFSETS_KEPT = 100_000


class Answers:
    """Looks at the answers to HTTP requests, and at the venue's clock in all that it says."""

    def __init__(self) -> None:
        self._asked_ns: dict[tuple[int, str, int], int] = {}
        self._statuses: Counter[str] = Counter()
        self._envelopes: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._whitelist: Counter[str] = Counter()
        self._limits: Counter[str] = Counter()
        self._maintenance: Counter[str] = Counter()
        self._offsets_ms: list[tuple[float, float]] = []
        self._lags_ms: list[float] = []
        self._error, self._odd, self._status, self._limit = (Example() for _ in range(4))

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        what = heard.entry.what
        if what == "asked":
            self._asked_ns[heard.line] = heard.ns
        elif what == "unanswered":
            self._statuses[f"no answer: {heard.entry.text}"] += 1
        elif what == "answered":
            self._look_at_answer(heard)
        elif heard.stream and len(self._lags_ms) < OFFSETS_KEPT:
            told_ms = heard.content.get("timestamp")
            if isinstance(told_ms, int):
                self._lags_ms.append(heard.ns / MS - told_ms)

    def _look_at_answer(self, heard: Heard) -> None:
        entry, content = heard.entry, heard.content
        self._statuses[f"HTTP {entry.status}"] += 1
        asked_ns = self._asked_ns.pop(heard.line, None)
        for name in entry.headers:
            if "ratelimit" in name or name == "retry-after":
                self._limits[f"header {name}"] += 1
        if not isinstance(content, dict):
            self._envelopes["no JSON object"] += 1
            self._odd.offer(f"{entry.line}: {entry.status} {entry.text}")
            return
        if entry.line in STATUSES:
            self._maintenance[f"{entry.line}: {', '.join(sorted(content))}"] += 1
            self._status.offer(entry.text)
            return
        self._envelopes[f"{content.get('status')}: {', '.join(sorted(content))}"] += 1
        self._look_at_error(heard)
        if entry.line == "getIsWhitelisted" and "response" in content:
            self._whitelist[f"{as_json(content['response'])} for a wallet of nobody"] += 1
        for name in ("rateLimit", "ipRateLimit"):
            bucket = content.get(name)
            if isinstance(bucket, dict):
                self._limits[f"{name}: cap {bucket.get('requestsCap')}"] += 1
                self._limit.offer(f'"{name}": {as_json(bucket)}')
        told_ms = content.get("timestamp")
        if isinstance(told_ms, int) and asked_ns is not None:
            middle_ms = (asked_ns + heard.ns) / 2 / MS
            self._offsets_ms.append(((heard.ns - asked_ns) / MS, told_ms - middle_ms))

    def _look_at_error(self, heard: Heard) -> None:
        error = heard.content.get("error")
        if error is None:
            return
        code = error.get("code") if isinstance(error, dict) else None
        words = f"{code} (HTTP {heard.entry.status}) to {heard.entry.line}"
        self._codes[words] += 1
        self._error.offer(heard.entry.text)
        if not isinstance(code, str) or code not in CODES:
            self._unknown[str(code)] += 1
        elif heard.entry.status != CODES[code].status:
            self._unknown[f"{code} with HTTP {heard.entry.status}"] += 1

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        yield Finding(
            id="answers",
            answer=most(self._statuses),
            counts=dict(self._statuses + self._envelopes),
            example=self._odd.text,
        )
        yield Finding(
            id="error codes",
            answer=most(self._codes),
            counts=dict(self._codes),
            example=self._error.text,
        )
        yield Finding(
            id="error codes that the fact sheet lacks",
            answer=most(self._unknown) if self._unknown else "none",
            counts=dict(self._unknown),
        )
        yield Finding(
            id="status",
            answer=most(self._maintenance),
            counts=dict(self._maintenance),
            example=self._status.text,
        )
        yield Finding(
            id="rate limits",
            unknown="k",
            answer=most(self._limits),
            counts=dict(self._limits),
            example=self._limit.text,
            open="the bucket of a subaccount and its tier show on signed requests only",
        )
        yield Finding(
            id="whitelist",
            unknown="j",
            answer=most(self._whitelist),
            counts=dict(self._whitelist),
            open="whether an order of a wallet that is not listed is refused takes an account",
        )
        yield self._clock()

    def _clock(self) -> Finding:
        if not self._offsets_ms:
            answer = "not seen"
        else:
            took_ms, offset_ms = min(self._offsets_ms)
            middle = median(offset for _, offset in self._offsets_ms)
            answer = (
                f"ahead of ours by {offset_ms:.0f} ms (± {took_ms / 2:.0f} ms, the quickest"
                f" answer), median {middle:.0f} ms"
            )
        counts = {"answers": len(self._offsets_ms), "pushes": len(self._lags_ms)}
        if self._lags_ms:
            counts["median ms from a push's time to its receipt"] = int(median(self._lags_ms))
        return Finding(
            id="clock of the venue",
            answer=answer,
            counts=counts,
            open="our own clock is taken as right: compare it with NTP",
        )
