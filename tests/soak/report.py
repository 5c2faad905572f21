"""A soak in figures: a line as it goes on, a table at its end, and everything as JSON."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from tests.soak.judgement import CALM_BOUND_SECS, STORM_BOUND_SECS
from tests.soak.memory import growth
from tests.soak.run import Soak

LINE_SECS = 30.0


class Reporter:
    """Prints a line every so often."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_secs = 0.0

    def say(self, soak: Soak) -> None:
        if soak.secs < self._next_secs:
            return
        if not self._next_secs:
            self._console.print(HEADING)
        self._next_secs = soak.secs + LINE_SECS
        naked, sides = soak.naked(), soak.sides.values()
        sample = soak.samples[-1] if soak.samples else None
        cells = (
            (7, f"{soak.secs:.0f}"),
            (6, str(soak.lives.kills)),
            (7, str(soak.storms.tally.drawn)),
            (6, str(soak.storms.outages.total())),
            (8, str(sum(len(side.orders) for side in sides))),
            (7, str(sum(len(side.fills) for side in sides))),
            (7, str(len(soak.sender.sent))),
            (7, str(len(soak.comparison.agreed_secs))),
            (8, f"{max((each.secs for each in naked), default=0):.1f}"),
            (10, f"{max((each.reachable_secs for each in naked), default=0):.1f}"),
            (8, f"{sample.rss_mb:.1f}" if sample else "-"),
            (6, str(sample.files) if sample else "-"),
            (9, str(len(soak.failures.found))),
        )
        line = "".join(text.rjust(width) for width, text in cells)
        self._console.print(line, highlight=False)


HEADING = (
    "   secs kills faults  away  orders  fills alerts  agree   naked reachable  RSS MB files"
    " failures"
)


def summary(soak: Soak) -> dict[str, Any]:
    """Return everything that a soak measured, for JSON."""
    sides = soak.sides.values()
    naked = soak.naked()
    statuses = Counter(status for alert in soak.sender.sent for status in alert.statuses)
    desk_spans = [span.secs for span in soak.lives.away["hyperliquid"] if span.what == "desk"]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": soak.plan.seed,
        "minutes": round(soak.secs / 60, 1),
        "passed": not soak.failures.found,
        "exit_code": soak.exit_code,
        "kills": soak.lives.kills,
        "lives": soak.lives.desk.lives,
        "exits_by_itself": soak.lives.desk.exits,
        "down_secs": {"most": max(desk_spans, default=0), "sum": sum(desk_spans)},
        "stalled_secs": sum(s.secs for s in soak.lives.away["hyperliquid"] if s.what == "stall"),
        "faults_drawn": soak.storms.tally.drawn,
        "faults_fired": dict(soak.storms.tally.fired.most_common()),
        "outages": dict(soak.storms.outages.most_common()),
        "orders": {side.name: len(side.orders) for side in sides},
        "order_kinds": {side.name: _kinds(side) for side in sides},
        "fills": {side.name: len(side.fills) for side in sides},
        "fees": {side.name: str(sum(fill.fee for fill in side.fills)) for side in sides},
        "alerts": {
            "sent": len(soak.sender.sent),
            "accepted": sum(alert.is_accepted for alert in soak.sender.sent),
            "posted_twice": soak.sender.doubled,
            "refused_connections": soak.sender.refused,
            "answers": {str(key): count for key, count in statuses.most_common()},
            "ended": dict(soak.alerts.ended.most_common()) if soak.alerts else None,
        },
        "comparisons": {
            "agreed": len(soak.comparison.agreed_secs),
            "median_secs": median(soak.comparison.agreed_secs)
            if soak.comparison.agreed_secs
            else None,
            "most_secs": max(soak.comparison.agreed_secs, default=None),
        },
        "naked": {
            "bound_secs": {"calm": CALM_BOUND_SECS, "storm": STORM_BOUND_SECS},
            "stretches": len(naked),
            "median_secs": median([n.secs for n in naked]) if naked else None,
            "worst_secs": max((n.secs for n in naked), default=0),
            "calm_stretches": sum(n.is_calm for n in naked),
            "worst_calm_secs": max((n.secs for n in naked if n.is_calm), default=0),
            "worst_reachable_secs": max((n.reachable_secs for n in naked), default=0),
            "worst": sorted(naked, key=lambda n: -n.secs)[:10],
            "worst_reachable": sorted(naked, key=lambda n: -n.reachable_secs)[:10],
        },
        "memory": growth(soak.samples),
        "log": soak.logs,
        "failures": soak.failures.found,
        "samples": soak.samples,
    }


def print_table(console: Console, figures: dict[str, Any]) -> None:
    """Print the figures but the samples."""
    table = Table(title="The soak", title_justify="left", show_header=False)
    for name, value in figures.items():
        if name not in {"samples", "failures"}:
            table.add_row(name, _shown(value))
    console.print(table)
    for failure in figures["failures"]:
        console.print(f"{failure.secs} s: {failure.what}", style="bold red", highlight=False)
        for line in failure.evidence[:10]:
            console.print(f"  {line}"[:400], highlight=False, soft_wrap=True, markup=False)


def write_json(path: Path, figures: dict[str, Any]) -> None:
    """Write everything."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))


def _kinds(side: Any) -> dict[str, int]:  # noqa: ANN401  a Side
    kinds: Counter[str] = Counter()
    for rows in side.orders.values():
        for row in rows.values():
            request = row.order.request
            kind = "stop" if request.trigger else "close" if request.reduce_only else "entry"
            kinds[f"{kind} {row.status.value}"] += 1
    return dict(kinds.most_common())


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode() if not isinstance(value, str) else value
