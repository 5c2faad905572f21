"""A loopback venue in a process of its own, and an account on it, for runs that need one."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self

import msgspec

from adapters.hyperliquid.signing import Signer
from config.secrets import Secret
from desk.exits import VenueError

ACCOUNT_DOLLARS = 10_000  # what a made-up account is given


class VenueUrls(msgspec.Struct, frozen=True):
    """Where the loopback venue listens, as its command prints it."""

    http: str
    ws: str


class MadeUpAccount(NamedTuple):
    """A key of one run, and the account that it signs for."""

    key: Secret
    address: str

    @classmethod
    def new(cls) -> Self:
        """Make up a key."""
        key = secrets.token_hex(32)
        return cls(Secret(key), Signer(key, is_mainnet=False).address)

    @property
    def options(self) -> list[str]:
        """Return the options that give it money at a loopback venue."""
        return ["--account", f"{self.address}={ACCOUNT_DOLLARS}"]


@contextmanager
def exported(variable: str | None, secret: Secret) -> Iterator[None]:
    """Put a secret into this process's environment, where the venue's process does not see it."""
    assert variable is not None  # noqa: S101 (live orders need its name)
    before = os.environ.get(variable)
    os.environ[variable] = secret.reveal()
    try:
        yield
    finally:
        del os.environ[variable]
        if before is not None:
            os.environ[variable] = before


@contextmanager
def loopback_venue(venue: str, options: list[str]) -> Iterator[VenueUrls]:
    """Run a venue in a process of its own; VenueError if it does not start."""
    command = [sys.executable, "-m", "desk", "venue", venue, "--port", "0", "--leash", "--json"]
    pipe = subprocess.PIPE
    # In a group of its own: a Ctrl-C must not end the venue before we have closed our positions.
    with subprocess.Popen(  # noqa: S603 (our own command)
        [*command, *options], stdin=pipe, stdout=pipe, process_group=0
    ) as process:
        assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
        assert process.stdout is not None  # noqa: S101 (likewise)
        try:
            line = process.stdout.readline()
            if not line:
                raise VenueError("The loopback venue did not start; its message is above")
            yield msgspec.json.decode(line, type=VenueUrls)
        finally:
            process.stdin.close()  # the leash: the venue ends with it, whatever became of us
