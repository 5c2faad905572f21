"""What people told the strategies of a recorded run, which no replay can know; it only reads."""

from pathlib import Path

import msgspec

from backtest.times import in_words, parse_time
from desk.backtest_plan import Window
from desk.exits import UsageError
from monitor.audit import AuditLine


def told_by_hand(audit: Path, window: Window) -> list[str]:
    """
    Return in words what was done by hand within a window, oldest first; nothing without a file.

    Raises
    ------
    UsageError
        The file cannot be read.

    """
    try:
        lines = audit.read_bytes().splitlines()
        told = [msgspec.json.decode(line, type=AuditLine) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as e:
        raise UsageError(f"Expected the audit of runs in {audit}: {e}") from e
    return [
        f"{line.strategy}: {line.command} at {in_words(time_ns)}, by hand, is not replayed"
        for line in told
        if line.code == "done" and window.holds(time_ns := parse_time(line.time, None))
    ]
