"""The report on a recording of Synthetix: what it answers, with what evidence, and what not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from simulator.frame_files import frames
from simulator.synthetix_findings import Finding, Heard, Looker, hear, most
from simulator.synthetix_found_answers import Answers
from simulator.synthetix_found_books import Books
from simulator.synthetix_found_dialect import Dialect
from simulator.synthetix_found_fields import Fields
from simulator.synthetix_found_lines import Lines

NS = 1_000_000_000
COUNTS_SHOWN = 40
NEED_ORDERS = (
    ("c", "nonce strictness"),
    ("d", "expiresAfter unit enforcement"),
    ("e", "clientOrderId uniqueness scope"),
    ("f", "whether a trigger keeps its venueId"),
    ("g", "whether normalTpsl children cancel each other"),
    ("h", "modify queue priority and the meaning of quantity"),
)
"""What only an account can find out."""


class Report(msgspec.Struct, frozen=True):
    """What a recording says; times in Unix ns, 0 where there is nothing.

    `heard` are the entries that the venue said itself.
    """

    urls: list[str]
    symbols: list[str]
    begun_ns: int
    ended_ns: int
    entries: int
    heard: int
    findings: list[Finding]


class _Whole:
    """What the whole recording is."""

    def __init__(self) -> None:
        self.urls: dict[str, None] = {}
        self.symbols: dict[str, None] = {}
        self.begun_ns = self.ended_ns = self.entries = self.heard = 0

    def look(self, heard: Heard) -> None:
        """Take in an entry."""
        self.urls[heard.plan.url] = None
        self.symbols.update(dict.fromkeys(heard.plan.symbols))
        self.begun_ns = self.begun_ns or heard.ns
        self.ended_ns = heard.ns
        self.entries += 1
        self.heard += heard.entry.what in {"got", "answered"}


def report_on(path: Path, others: Iterable[Looker] = ()) -> Report:
    """Look at every entry that can be read, in files that may be torn.

    `others` look, too, and what they find stands first.

    Raises
    ------
    RecordingError
        A file is none of a recording.
    """
    whole = _Whole()
    unread: Counter[str] = Counter()
    lookers: list[Looker] = [*others, Dialect(), Books(), Lines(), Answers(), Fields()]

    def note_unread(why: str) -> None:
        unread[f"entry: {why}"] += 1

    for heard in hear(frames(path), note_unread):
        whole.look(heard)
        for looker in lookers:
            try:
                looker.look(heard)
            except Exception as e:  # noqa: BLE001  (nobody knows what a real venue says)
                unread[f"{type(looker).__name__}: {type(e).__name__} {e}"] += 1
    findings = [finding for looker in lookers for finding in looker.findings()]
    findings.append(
        Finding(
            id="entries that this report could not take in",
            answer=most(unread) if unread else "none",
            counts=dict(unread),
        )
    )
    findings += [
        Finding(id=words, unknown=letter, answer="cannot be recorded", open="it takes an account")
        for letter, words in NEED_ORDERS
    ]
    return Report(
        list(whole.urls),
        list(whole.symbols),
        whole.begun_ns,
        whole.ended_ns,
        whole.entries,
        whole.heard,
        findings,
    )


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write report.md and report.json beside the recording; return their paths."""
    written = folder / "report.md", folder / "report.json"
    written[0].write_text("\n".join(_markdown(report)) + "\n", encoding="utf-8")
    written[1].write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return list(written)


def _markdown(report: Report) -> Iterator[str]:
    secs = (report.ended_ns - report.begun_ns) / NS
    yield "# What a recording of Synthetix answers"
    yield ""
    yield f"{', '.join(report.symbols)} at {', '.join(report.urls)}:"
    yield f"{report.entries:,} entries in {secs:,.0f} s. Letters: fact sheet 12.1."
    yield ""
    yield "| | unknown | answer |"
    yield "|---|---|---|"
    for finding in report.findings:
        yield f"| {finding.unknown} | {finding.id} | {_cell(finding.answer)} |"
    for finding in report.findings:
        if finding.counts or finding.example or finding.open:
            yield from _section(finding)


def _section(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"## {f'({finding.unknown}) ' if finding.unknown else ''}{finding.id}"
    yield ""
    yield finding.answer
    if finding.counts:
        yield ""
    shown = list(finding.counts.items())
    yield from (f"- {name}: {count:,}" for name, count in shown[:COUNTS_SHOWN])
    if len(shown) > COUNTS_SHOWN:
        yield f"- and {len(shown) - COUNTS_SHOWN} more in report.json"
    if finding.example:
        yield from ("", "```", finding.example.replace("```", "'''"), "```")
    if finding.open:
        yield from ("", f"Open: {finding.open}.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
