"""The exit codes of every command, and the errors that carry one."""

from enum import IntEnum


class Exit(IntEnum):
    """What a finished command says to the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # wrong use or configuration
    VENUE = 3  # venue or network
    ANSWER_NEEDED = 4  # would need an answer from a person
    UNKNOWN = 5  # something was sent, and what became of it is not known
    INTERRUPTED = 130


class DeskError(Exception):
    """A command cannot go on; the message is for a person, the code for the shell."""

    exit = Exit.FAILED


class UsageError(DeskError):
    """The call or the configuration is wrong; nothing was started."""

    exit = Exit.USAGE


class VenueError(DeskError):
    """A venue did not answer, or not in time."""

    exit = Exit.VENUE


class AnswerNeeded(DeskError):  # noqa: N818  it says what is so
    """Going on needs a person's yes, which was not given."""

    exit = Exit.ANSWER_NEEDED


class UnknownOutcome(DeskError):  # noqa: N818  it says what is so
    """Something was sent, and what became of it is not known: not a failure."""

    exit = Exit.UNKNOWN
