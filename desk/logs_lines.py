"""One schema for what a run, its sidecar and its audit wrote down; it opens no file."""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec


class Component(StrEnum):
    """Who wrote a line."""

    NODE = "node"  # Nautilus, strategies, journal: all that is none of the others
    ADAPTERS = "adapters"
    WEBHOOK = "webhook"
    RISK = "risk"
    AUDIT = "audit"


class LogLine(msgspec.Struct, frozen=True):
    """
    One line.

    Attributes
    ----------
    time
        ISO 8601 in UTC.
    level
        DEBUG, INFO, WARN or ERROR.
    component
        Who wrote it.
    source
        The part that did, by its own name.
    message
        What it said.

    """

    time: str
    level: str
    component: Component
    source: str
    message: str

    def __str__(self) -> str:
        """Return it as one line for people."""
        said = self.message.replace("\n", "\\n")  # one line may not look like two
        return f"{self.time} {self.level:5} {self.component:8} {self.source}: {said}"


# The classes that log under their own names, by the room they stand in; a test finds those missing.
ADAPTER_SOURCES: Final = frozenset(
    {
        "AccountNews",
        "AccountSweep",
        "AccountTerms",
        "AccountWatch",
        "ForeignOrders",
        "LastResort",
        "MarketPolls",
        "MarketStreams",
        "OrderCommands",
        "OrderLookups",
        "OrderReporter",
        "Reconciliation",
        "Recovery",
        "VenueClock",
    }
)
WEBHOOK_SOURCES: Final = frozenset({"DataClient-WEBHOOK", "Lane", "webhook"})
RISK_SOURCES: Final = frozenset({"RiskEngine", "RiskGate", "RiskGuard", "Guard"})

# Nautilus's names for a venue's clients, and ours for the parts that are called after a venue.
_ADAPTER_NAMES: Final = re.compile(
    r"(Data|Exec)Client-.*|SimulatedExchange\(.*|"
    r"\w*(Account|Exchange|WebSocketClient|InstrumentProvider)"
)
_ORDER_THROTTLERS: Final = "Throttler-ORDER_"  # the risk engine's

# Python's words for what Nautilus calls otherwise.
_LEVELS: Final = {"WARNING": "WARN", "CRITICAL": "ERROR"}


def component_of(source: str) -> Component:
    """Return to whom a part belongs, by the name that it logs under."""
    if source in WEBHOOK_SOURCES or source.startswith("perpdesk.webhook"):
        return Component.WEBHOOK
    if source in RISK_SOURCES or source.startswith(_ORDER_THROTTLERS):
        return Component.RISK
    if source in ADAPTER_SOURCES or _ADAPTER_NAMES.fullmatch(source):
        return Component.ADAPTERS
    return Component.NODE


def read_line(text: bytes) -> LogLine | None:
    """
    Return a line of any of the files; None of what is none, such as one that is half written.

    Parameters
    ----------
    text
        A JSON object: Nautilus's, the sidecar's, or a line of the audit.

    """
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(raw, dict):
        return None
    return _of_audit(raw) if "command" in raw else _of_log(raw)


def _of_log(raw: dict[str, Any]) -> LogLine | None:
    values = [raw.get(key) for key in ("timestamp", "level", "component", "message")]
    if not all(isinstance(value, str) for value in values):
        return None
    time, level, source, message = map(str, values)
    return LogLine(time, _LEVELS.get(level, level), component_of(source), source, message)


def _of_audit(raw: dict[str, Any]) -> LogLine | None:
    try:
        words = f"{raw['command']} {raw['strategy']}: {raw['status']} {raw['code']}"
        reason = f" ({raw['reason']})" if raw["reason"] else ""
        level = "INFO" if raw["code"] == "done" else "WARN"
        source = f"audit {raw['source']}"
        return LogLine(raw["time"], level, Component.AUDIT, source, words + reason)
    except KeyError:
        return None


def merge(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """Return lines of several files in the order of their times."""
    return iter(sorted(lines, key=lambda line: _moment(line.time)))


def _moment(time: str) -> str:
    """Return a time whose text sorts: the audit ends in +00:00 where Nautilus writes Z."""
    whole, _, part = time.removesuffix("Z").removesuffix("+00:00").partition(".")
    return f"{whole}.{part:0<9}"
