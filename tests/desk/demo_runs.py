"""Demos as child processes, and what they leave behind, for the tests of this room."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def start_demo(directory: Path, *options: str) -> subprocess.Popen[str]:
    return start(directory, "demo", *options)


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run a command with a result in JSON, in a process group of its own as a terminal would."""
    command = [sys.executable, "-m", "desk", *arguments, "--json"]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=directory, stdout=pipe, stderr=pipe, text=True, process_group=0
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    output, errors = process.communicate(timeout=150)
    assert output, errors
    return process.returncode, json.loads(output)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def children(parent: int) -> list[int]:
    """Return the process ids of the children of a process."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(text) for text in path.read_text().split()]


def is_alive(process_id: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process_id}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False


def rows_open(directory: Path) -> list[dict[str, str]]:
    """Return the orders and positions that a stopped run should not have left open."""
    working = {"ACCEPTED", "SUBMITTED", "PARTIALLY_FILLED", "PENDING_CANCEL"}
    orders = [row for row in rows(directory / "orders.csv") if row["status"] in working]
    positions = [row for row in rows(directory / "positions.csv") if row["side"] != "FLAT"]
    return orders + positions
