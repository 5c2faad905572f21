"""The desk's own log files: every error has a class that explains it, or is a finding."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from desk.logs_lines import LogLine, read_line


class Class(msgspec.Struct, frozen=True):
    """Lines that one cause writes: by who wrote them, what they say, and why they are right."""

    name: str
    source: str
    says: str
    why: str

    def has(self, line: LogLine) -> bool:
        """Tell whether a line is one of them."""
        return bool(re.fullmatch(self.source, line.source) and re.search(self.says, line.message))


EXPLAINED: tuple[Class, ...] = (
    Class(
        "no bars of a second to warm up with",
        "DataClient-.*",
        "^Answered with nothing: Expected bars of last prices at one of ",
        "the soak's RSI is in a hurry: no venue has such bars, and the strategy warms up live",
    ),
    Class(
        "a stop asked for again",
        "Guard",
        "^reattach .*: Expected a stop to rest for ",
        "what the guard is there for",
    ),
    Class(
        "a naked position closed by the guard",
        "Guard",
        "^flatten .*: Expected a stop to rest for ",
        "what the guard is there for",
    ),
    Class(
        "a position closed since its stop was refused or lost",
        "(rsi|alert)_.*",
        "^Closing the position: the stop ended: ",
        "a strategy does not keep what it cannot protect",
    ),
    Class(
        "the check of each minute met a fault",
        "ExecEngine",
        "^Failed to generate (order|position) status reports",
        "Nautilus asks again in the next minute; what the check is for is compared here anyway",
    ),
    Class(
        "a start while a venue was away",
        "Reconciliation|TradingNode|(Data|Exec)Client-.*",
        "^(Cannot reconcile: |Execution state could not be reconciled|Error on '_connect')",
        "it ends with exit code 3, which is a failure of its own where no venue was away",
    ),
)


class LogVerdict(msgspec.Struct, frozen=True):
    """Errors by class, warnings by who wrote them, and the errors that no class explains."""

    errors: Counter[str]
    warnings: Counter[str]
    unexplained: tuple[str, ...]


def read_logs(folder: Path) -> Iterator[LogLine]:
    """Yield the lines of every life, as far as they are whole: a kill may cut the last one."""
    for path in sorted(folder.glob("runs/*/logs/node_*.jsonl")):
        with path.open("rb") as file:
            for text in file:
                line = read_line(text)
                if line is not None:
                    yield line


def judge_logs(lines: Iterable[LogLine]) -> LogVerdict:
    """Sort lines into the classes."""
    errors: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    unexplained = []
    for line in lines:
        if line.level == "WARN":
            warnings[line.source] += 1
        elif line.level == "ERROR":
            known = next((each for each in EXPLAINED if each.has(line)), None)
            errors["unexplained" if known is None else known.name] += 1
            if known is None:
                unexplained.append(str(line))
    return LogVerdict(errors, warnings, tuple(unexplained))


def tracebacks(folder: Path) -> list[str]:
    """Return the files beside the logs in which Python says that something was not caught."""
    return [
        path.name
        for path in sorted(folder.glob("desk-*.log"))
        if "Traceback" in path.read_text(errors="replace")
    ]
