"""`make bench`: every comparison in one run, as tables, and as JSON where a file is named."""

import sys
import time
from pathlib import Path

import msgspec
from cyclopts import run
from rich.console import Console

from tests.bench.parts import PARTS


def bench(*parts: str, quick: bool = False, json: Path | None = None) -> None:
    """
    Measure; ratios are what counts, absolute figures are this machine's.

    Parameters
    ----------
    parts
        What to measure; nothing is everything.
    quick
        Fewer and shorter rounds.
    json
        A file to write the figures to.

    """
    unknown = set(parts) - PARTS.keys()
    if unknown:
        wanted = ", ".join(PARTS)
        sys.exit(f"Expected parts out of {wanted}; found {', '.join(sorted(unknown))}")
    console = Console()
    results = {}
    for name in parts or PARTS:
        start = time.monotonic()
        results[name] = PARTS[name](console, quick)
        console.print(f"({name}: {time.monotonic() - start:.0f} s)\n", style="dim")
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(results)))


if __name__ == "__main__":
    run(bench)
