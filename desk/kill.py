"""The kill switch by hand: files that halt every desk of this user, running or not."""

import os
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from desk.exits import DeskError, Exit
from desk.halts import halt_files
from desk.output import AsJson, print_json
from risk.events import Cause, Halt
from risk.halts import ALL

WITHIN_SECS = 2
"""A running desk has halted by then: it looks every second."""


def kill(
    *reason: str,
    flatten: Annotated[bool, Parameter(negative="")] = False,
    directory: Path | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Halt trading, now and at every start, until `perpdesk lift`.

    Running desks halt within 2 seconds: they take nothing new and cancel what may open something.
    Stops and other orders that only reduce stay with the position.

    Parameters
    ----------
    reason
        Why, for whoever finds it halted.
    flatten
        Close all positions as well.
    directory
        The folder of the halts, if the profile has one of its own (`risk.directory`).

    """
    words = " ".join(reason) or "no reason was given"
    halt = Halt(cause=Cause.KILL, words=words, flatten=flatten, ts_event=time.time_ns())
    files = halt_files(directory, os.environ)
    try:
        files.write(ALL, halt)
    except OSError as e:
        raise DeskError(f"Expected to write a halt into {files.folder}, could not: {e}") from e
    if as_json:
        print_json({"halted": halt, "directory": files.folder})
    else:
        Console().print(f"Every desk in {files.folder} is {halt}", soft_wrap=True)
        Console().print(f"Running ones halt within {WITHIN_SECS} s; `perpdesk lift` ends it")
    return Exit.DONE


def lift(*, directory: Path | None = None, as_json: AsJson = False) -> Exit:
    """
    Lift all halts, whoever made them; running desks go on trading within 2 seconds.

    A lifted halt for losses starts measuring them anew.

    Parameters
    ----------
    directory
        The folder of the halts, if the profile has one of its own (`risk.directory`).

    """
    files = halt_files(directory, os.environ)
    try:
        lifted = files.lift()
    except OSError as e:
        raise DeskError(f"Expected to lift the halts in {files.folder}, could not: {e}") from e
    if as_json:
        print_json({"lifted": lifted, "directory": files.folder})
        return Exit.DONE
    if not lifted:
        Console().print(f"Nothing is halted in {files.folder}", soft_wrap=True)
    for desk, halt in lifted.items():
        Console().print(f"Lifted for {desk}: {halt.words} ({halt.cause})", soft_wrap=True)
    return Exit.DONE
