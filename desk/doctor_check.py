"""One line of what a doctor says: what was looked at, how it is, what to do; it looks nowhere."""

from enum import StrEnum

import msgspec


class State(StrEnum):
    """How something is; only a failure would stop the trading."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True):
    """
    What was found, in words and without secrets.

    Attributes
    ----------
    name
        What was looked at, such as `environment PERPDESK_READ_TOKEN`.
    state
        How it is.
    words
        What was found.
    remedy
        What to do about it; empty where all is well.
    keeps_from_start
        Whether a failure keeps a run from starting; else one starts and looks after its positions.

    """

    name: str
    state: State
    words: str
    remedy: str = ""
    keeps_from_start: bool = True

    def __str__(self) -> str:
        """Return it as one line."""
        advice = f"; {self.remedy}" if self.remedy else ""
        return f"{self.state:4}  {self.name}: {self.words}{advice}"


def ok(name: str, words: str) -> Check:
    """Return that all is well."""
    return Check(name, State.OK, words)


def warn(name: str, words: str, remedy: str) -> Check:
    """Return what is not as it should be, and stops nothing."""
    return Check(name, State.WARN, words, remedy)


def fail(name: str, words: str, remedy: str, *, keeps_from_start: bool = True) -> Check:
    """Return what would stop the trading."""
    return Check(name, State.FAIL, words, remedy, keeps_from_start)
