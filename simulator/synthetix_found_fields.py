"""How a recorded Synthetix fills its fields: new ones, blank decimals, and the forms of times."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from simulator.synthetix_findings import Example, Finding, Heard, is_closely, most
from simulator.synthetix_known_fields import ANSWER, MAPS, PUSHES, REPLY, RESPONSES, STATUS
from simulator.synthetix_record_plan import STATUSES

DEPTH_MAX = 12
POSTED = "result.response"
"""What was posted is answered as the same question by HTTP is, which is looked at there."""
ELEMENTS_LOOKED_AT = 5
"""Of a list; the others are alike."""
_TIME = re.compile(r"(time|timestamp|tsMs|At|_at|_time|timestamp_ms|Time|met)$")
_SPAN = re.compile(r"(?i)interval|timeframe|seconds$")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d+))?(Z|[+-]\d\d:?\d\d)?")
_SECONDS_BELOW, _MILLIS_BELOW, _MICROS_BELOW = 10**11, 10**14, 10**17

type Leaf = tuple[str, object]


class Fields:
    """Looks at every field of every push, reply and answer."""

    def __init__(self) -> None:
        self._seen: dict[str, Counter[str]] = defaultdict(Counter)
        self._messages: Counter[str] = Counter()
        self._new: Counter[str] = Counter()
        self._blank: Counter[str] = Counter()
        self._null: Counter[str] = Counter()
        self._times: dict[str, Counter[str]] = defaultdict(Counter)
        self._numbers: Counter[str] = Counter()
        self._new_example, self._blank_example = Example(), Example()

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        kind, known = _kind(heard)
        if not kind or not isinstance(heard.content, dict):
            return
        self._messages[kind] += 1
        if not is_closely(self._messages[kind]):
            return
        for path, value in _leaves(heard.content, "", heard.entry.line):
            self._seen[kind][path] += 1
            where = f"{kind}: {path}"
            if not _is_known(path, known):
                self._new[where] += 1
                self._new_example.offer(heard.entry.text)
            self._look_at_value(path, where, value, heard.entry.text)

    def _look_at_value(self, path: str, where: str, value: object, text: str) -> None:
        if value == "" and not path.endswith(("message", "code")):
            self._blank[where] += 1
            self._blank_example.offer(text)
        elif value is None:
            self._null[where] += 1
        elif isinstance(value, float):
            self._numbers[where] += 1
        name = path.rpartition(".")[2]
        if _TIME.search(name) and not _SPAN.search(name) and isinstance(value, str | int):
            self._times[where][time_form(value)] += 1

    def findings(self) -> Iterator[Finding]:
        """Give what was found."""
        yield Finding(
            id="blank decimals",
            answer=f"in {len(self._blank)} fields" if self._blank else "none",
            counts=dict(self._blank.most_common()),
            example=self._blank_example.text,
        )
        yield Finding(
            id="null",
            answer=f"in {len(self._null)} fields" if self._null else "none",
            counts=dict(self._null.most_common()),
        )
        yield Finding(
            id="numbers with a point that are no text",
            answer=f"in {len(self._numbers)} fields" if self._numbers else "none",
            counts=dict(self._numbers),
        )
        yield Finding(
            id="times",
            answer="; ".join(
                f"{form}: {len(fields)} fields" for form, fields in self._fields_by_form().items()
            )
            or "not seen",
            counts={
                f"{where} as {form}": count
                for where, forms in self._times.items()
                for form, count in forms.items()
            },
        )
        yield Finding(
            id="expiresAt",
            answer=most(
                Counter(
                    form
                    for where, forms in self._times.items()
                    if where.endswith("expiresAt")
                    for form in forms
                )
            ),
            open="it stands on orders, which no public message shows: it takes an account",
        )
        yield Finding(
            id="fields that the fact sheet lacks",
            answer=f"{len(self._new)} fields" if self._new else "none",
            counts=dict(self._new.most_common()),
            example=self._new_example.text,
        )
        yield Finding(
            id="fields of the fact sheet that never came",
            answer="; ".join(f"{kind}: {', '.join(names)}" for kind, names in self._missing())
            or "none",
            counts=dict(self._messages),
            open="a field may be missing because its time has not come",
        )

    def _fields_by_form(self) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = defaultdict(list)
        for where, forms in self._times.items():
            for form in forms:
                fields[form].append(where)
        return fields

    def _missing(self) -> Iterator[tuple[str, list[str]]]:
        """Give the known fields of each kind of message that were in none of them."""
        for kind in self._messages:
            group, _, name = kind.partition(" ")
            known = PUSHES.get(name, set()) if group == "push" else set()
            if group == "answer":
                known = {f"response.{path}" for path in RESPONSES.get(name, ())}
            seen = {path.replace("data.[].", "data.") for path in self._seen[kind]}
            wanted = {path.replace("data.[].", "data.") for path in known}
            missing = sorted(wanted - seen - {"data.[]"})
            if missing:
                yield kind, missing


def time_form(value: str | int) -> str:
    """Name how a time is written: in s, ms, µs or ns since 1970, quoted or not, or as ISO 8601."""
    if isinstance(value, str):
        found = _ISO.fullmatch(value)
        if found:
            zone = {"Z": "Z", None: "no zone"}.get(found[3], "offset")
            return f"ISO, {len(found[2] or '')} digits, {zone}"
        if not value.isdecimal():
            return "blank" if not value else "other text"
        return f"quoted {time_form(int(value))}"
    if value < _SECONDS_BELOW:
        return "s" if value else "0"
    if value < _MILLIS_BELOW:
        return "ms"
    return "µs" if value < _MICROS_BELOW else "ns"


def _kind(heard: Heard) -> tuple[str, set[str]]:
    entry = heard.entry
    if heard.stream:
        return f"push {heard.stream}", PUSHES.get(heard.stream, set())
    if heard.is_reply:
        return "reply", REPLY
    if entry.what != "answered":
        return "", set()
    if entry.line in STATUSES:
        return f"status {entry.line}", STATUS
    known = {f"response.{path}" for path in RESPONSES.get(entry.line, ())}
    return f"answer {entry.line}", ANSWER | known


def _is_known(path: str, known: set[str]) -> bool:
    """Tell whether a field is known."""
    return path in known or path.startswith("error.details.")


def _leaves(value: object, path: str, action: str, depth: int = 0) -> Iterator[Leaf]:
    """Give the path of everything in some JSON, with its value."""
    if path:
        yield path, value
    if depth > DEPTH_MAX or path == POSTED:
        return
    if isinstance(value, list):
        for one in value[:ELEMENTS_LOOKED_AT]:
            yield from _leaves(one, f"{path}.[]", action, depth + 1)
    elif isinstance(value, dict):
        is_map = (path.rpartition(".")[2] in MAPS) or (path == "response" and f"{action}:" in MAPS)
        for key, one in value.items():
            name = "*" if is_map else key
            yield from _leaves(one, f"{path}.{name}" if path else name, action, depth + 1)
