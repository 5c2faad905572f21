"""What a case failed of, in few words: they are what the table of both adapters shows."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.waiting import eventually


class FindingError(AssertionError):
    """A judgment went against an adapter; its message is a phrase for the table."""


async def alike(
    what: str,
    here: Callable[[], object],
    there: Callable[[], object],
    timeout_secs: float = 5.0,
) -> None:
    """Wait until the node holds what the venue has; raise FindingError with where they differ."""
    try:
        await eventually(lambda: here() == there(), timeout_secs)
    except TimeoutError:
        raise FindingError(f"{what} differ: {unlike(here(), there())}") from None


def unlike(here: Any, there: Any) -> str:  # noqa: ANN401 (whatever is compared)
    """Say where two things differ: named fields by name, the rows of a list or dict one by one."""
    if hasattr(here, "_fields"):
        pairs = zip(here._fields, here, there, strict=True)
        return ", ".join(f"{name} {a}, {b} at the venue" for name, a, b in pairs if a != b)
    if isinstance(here, Mapping):
        if here.keys() != there.keys():
            return f"{len(here)} of them, {len(there)} at the venue"
        return unlike(list(here.values()), [there[key] for key in here])
    if isinstance(here, Sequence) and not isinstance(here, str):
        if len(here) != len(there):
            return f"{len(here)} of them, {len(there)} at the venue"
        rows = (unlike(a, b) for a, b in zip(here, there, strict=True) if a != b)
        return "; ".join(dict.fromkeys(rows))
    return f"{here}, {there} at the venue"


def changed(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> str:
    """Say what a restart has changed of rows with named fields, by their keys."""
    if now.keys() != before.keys():
        return f"{len(now.keys() & before.keys())} of {len(before)} come back"
    fields = [
        name
        for key, row in before.items()
        for name, a, b in zip(row._fields, now[key], row, strict=True)
        if a != b
    ]
    names = [name.replace("_", " ") for name in dict.fromkeys(fields)]
    return f"after the restart another {', '.join(names)}"


def unlike_stories(found: Sequence[list[str]], wanted: Sequence[list[str]]) -> str:
    """Say what orders went through in place of what they should have."""
    return f"{told(found)} instead of {told(wanted)}"


def told(stories: Sequence[list[str]]) -> str:
    """Write the stories of orders without the beginning that they share."""
    rows = [" ".join(story[1:]).removeprefix("Submitted ") or "nothing" for story in stories]
    groups = [(row, len(list(same))) for row, same in groupby(rows)]
    return ", ".join(f"{count} x {row}" if count > 1 else row for row, count in groups) or "none"
