"""One line for each command in a file that is only added to; it decides nothing."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

PRIVATE: Final = 0o600


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    A command and its answer.

    Attributes
    ----------
    time
        When it was answered, ISO 8601 in UTC.
    source
        The address and port it came from.
    command, strategy, parameters, reason
        What was asked, as far as it was understood, and why.
    status, code, message
        The answer; of a command that was done, the code is `done`.

    """

    time: str
    source: str
    command: str
    strategy: str
    parameters: dict[str, Any]
    reason: str
    status: int
    code: str
    message: str


class AuditLog:
    """
    Add lines to a file that the owner alone can read; each is on its own in one write.

    Raises
    ------
    OSError
        The file cannot be opened.

    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)

    def add(self, line: AuditLine) -> None:
        """
        Write a line, and have it on disk when this returns.

        Raises
        ------
        OSError
            It could not be written.

        """
        os.write(self._file, msgspec.json.encode(line, enc_hook=str) + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
