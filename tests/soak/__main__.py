"""`make soak-hour`: a desk on two loopback venues through an hour of faults and kills, judged."""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from cyclopts import run
from rich.console import Console

from tests.soak.plan import Plan
from tests.soak.report import Reporter, print_table, summary, write_json
from tests.soak.run import Soak


def soak(*, minutes: float = 60, seed: int = 1, json: Path | None = None) -> None:
    """
    Run it and judge it; the exit code is 0 if nothing failed.

    Parameters
    ----------
    minutes
        How long, of wall and market time.
    seed
        Draws the market, the faults, the kills and the alerts.
    json
        Where to write everything that was measured; without it, into the folder of the run.

    """
    # A venue that refuses connections is one of the faults; its server would complain of each.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    console = Console(width=160)
    folder = Path(tempfile.mkdtemp(prefix="perpdesk-soak-"))
    console.print(f"seed {seed}, {minutes:g} minutes, everything is in {folder}", highlight=False)
    soak = Soak(Plan.of(minutes, seed), folder, Reporter(console).say)
    asyncio.run(soak.play())
    figures = summary(soak)
    print_table(console, figures)
    write_json(json or folder / "soak.json", figures)
    sys.exit(1 if soak.failures.found else 0)


if __name__ == "__main__":
    run(soak)
