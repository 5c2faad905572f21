"""The entries of a Synthetix recording: what was said, heard and lost, each as it was; no I/O."""

from typing import Literal

import msgspec

from simulator.synthetix_record_plan import Plan

type What = Literal["begun", "opened", "sent", "got", "lost", "asked", "answered", "unanswered"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a recording, behind the time in ns.

    Attributes
    ----------
    what
        `begun`: a file begins, `text` is the Plan. `opened`, `sent`, `got` and `lost` are of the
        WebSocket `line`, `asked`, `answered` and `unanswered` of an HTTP request.
    line
        The name of a line in the plan, or the action or path that was asked.
    number
        Which connection of the line, or which question, since 1; unique within a `run`.
    run
        When this recording was started, in Unix ms: a folder may hold several.
    text
        What was sent or heard, as it was; of `lost` and `unanswered` the kind of the error.
    status
        The HTTP status, or the code of a close.
    headers
        Those of an answer, without cookies.
    """

    what: What
    run: int
    line: str = ""
    number: int = 0
    text: str = ""
    status: int | None = None
    headers: dict[str, str] = {}


_ENTRY = msgspec.json.Decoder(Entry)
_PLAN = msgspec.json.Decoder(Plan)


def read_entry(text: str) -> Entry:
    """Read an entry; raise msgspec.DecodeError if it is none."""
    return _ENTRY.decode(text)


def read_plan(entry: Entry) -> Plan:
    """Read the plan of a `begun`; raise msgspec.DecodeError if it is none."""
    return _PLAN.decode(entry.text)
