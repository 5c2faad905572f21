"""The logs command: what run, sidecar and audit wrote down, in one order; it reads only."""

import asyncio
from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from config.loading import load_profile
from desk.exits import Exit
from desk.interrupts import until_interrupted
from desk.logs_files import Tail, files_of
from desk.logs_lines import Component, LogLine, merge, read_line
from desk.output import AsJson, print_json

STYLES = {"WARN": "yellow", "ERROR": "bold red", "DEBUG": "dim"}


def logs(
    *,
    profile: str = "paper",
    component: Component | None = None,
    run: str | None = None,
    follow: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
) -> Exit:
    """
    Show the log of a run with JSON lines (`json = true` in `[logging]`), oldest line first.

    Parameters
    ----------
    profile
        The profile of the run.
    component
        Only what this one wrote.
    run
        The name of the run's folder; the latest if left out.
    follow
        Go on with what is written from now on, until Ctrl-C.

    """
    tail = Tail(files_of(load_profile(profile), run))
    show = _Show(component, as_json=as_json)
    show(tail.new_lines())
    if not follow:
        return Exit.DONE

    async def go_on() -> None:
        async for lines in tail.follow():
            show(lines)

    return asyncio.run(until_interrupted(go_on()))


class _Show:
    def __init__(self, component: Component | None, *, as_json: bool) -> None:
        self._component = component
        self._as_json = as_json
        self._console = Console(soft_wrap=True)

    def __call__(self, texts: Iterable[bytes]) -> None:
        """Print those of these lines that are wanted."""
        lines = (line for text in texts if (line := read_line(text)) is not None)
        for line in merge(line for line in lines if self._is_wanted(line)):
            if self._as_json:
                print_json(line)
            else:
                style = STYLES.get(line.level)
                self._console.print(str(line), style=style, markup=False, highlight=False)

    def _is_wanted(self, line: LogLine) -> bool:
        return self._component is None or line.component is self._component
