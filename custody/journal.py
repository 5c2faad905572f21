"""What was sent and is not known to have ended, on disk, per wallet and chain; one at a time."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from custody.errors import NothingSent


class Sending(msgspec.Struct, frozen=True):
    """
    Something that was sent, or is about to be.

    Attributes
    ----------
    kind
        A transaction on chain, or an action that the venue carries out.
    mark
        What it is found by: the transaction's hash, or the action's nonce.
    nonce
        The wallet's nonce that it takes, or the action's.
    words
        What it is, for people: `deposit 100 USDT`.
    final
        Whether nothing more was to be sent after it, so that it having worked means all is done.

    """

    kind: Literal["transaction", "action"]
    mark: str
    nonce: int
    words: str
    final: bool


class Journal:
    """The file of one wallet on one chain; at most one sending is unfinished in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Keep other processes from sending with the same wallet on the same chain meanwhile.

        Raises
        ------
        NothingSent
            Another one is at it.

        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_suffix(".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise NothingSent(
                    f"Expected to be the only one to send with this wallet, {file.name} is locked"
                ) from e
            yield

    def unfinished(self) -> Sending | None:
        """
        Return what was sent and is not known to have ended.

        Raises
        ------
        NothingSent
            The file cannot be read: what it said must be known before anything is sent.

        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Sending)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as e:
            raise NothingSent(f"Expected {self._path} to hold a sending, found: {e}") from e

    def begin(self, sending: Sending) -> None:
        """Write down what is about to be sent; it is on the disk when this returns."""
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(sending))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def end(self) -> None:
        """Forget the sending, whose end is known."""
        self._path.unlink(missing_ok=True)


def open_journal(environ: Mapping[str, str], chain_id: int, address: str, purpose: str) -> Journal:
    """Return the journal of a wallet in the user's folder for state."""
    home = environ.get("XDG_STATE_HOME")
    root = Path(home) if home else Path.home() / ".local" / "state"
    return Journal(root / "perpdesk" / "funds" / f"{purpose}-{chain_id}-{address.lower()}.json")
