"""What the funds commands share: opening a wallet and a node, asking for a yes, and exit codes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from cyclopts import Parameter

from config.secrets import read_secret
from custody.book import Account, Listing, listing
from custody.deployments import Chain
from custody.errors import (
    AlreadyDone,
    ChainSilent,
    CustodyError,
    OutcomeUnknown,
    VenueRefused,
    VenueSilent,
    WrongRequest,
)
from custody.journal import Journal, open_journal
from custody.node import EthereumNode
from custody.sending import Sender
from custody.waiting import Patience
from custody.wallet import Wallet
from desk.exits import (
    AnswerNeeded,
    DeskError,
    UnknownOutcome,
    UsageError,
    VenueError,
)

KEY_VARIABLE = "PERPDESK_FUNDS_PRIVATE_KEY"
RECEIPT_SECS = 300.0
CREDIT_SECS = 1_200.0
POLL_SECS = 2.0

Yes = Annotated[bool, Parameter(negative="")]
PollSecs = Annotated[float, Parameter(show=False)]


def write_line(line: str) -> None:
    """Write a line for a person, beside the JSON document that standard output may be."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def write_out(line: str) -> None:
    """Write a line to standard output at once, since what comes next may take minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Opened(msgspec.Struct, frozen=True):
    """
    A venue and the wallet that deals with it.

    Attributes
    ----------
    node_variable
        The environment variable with the address of a node of the venue's chain.
    tell
        Takes a line for the person who waits.

    """

    listing: Listing
    account: Account
    node_variable: str
    tell: Callable[[str], None]
    poll_secs: float

    @property
    def address(self) -> str:
        """Return the wallet's address."""
        return self.account.wallet.address

    @property
    def chain(self) -> Chain:
        """Return the chain on which the venue takes money."""
        return self.listing.venue.place.chain

    def node(self) -> EthereumNode:
        """Return a node of the chain; a command opens one."""
        return EthereumNode(read_secret(self.node_variable, os.environ))

    def chain_journal(self) -> Journal:
        """Return where the wallet's transactions on the venue's chain are written down."""
        return open_journal(os.environ, self.chain.chain_id, self.address, "chain")

    def venue_journal(self) -> Journal:
        """Return where the wallet's withdrawals from the venue are written down."""
        return open_journal(os.environ, self.chain.chain_id, self.address, self.listing.venue.name)

    def sender(self, node: EthereumNode, receipt_secs: float) -> Sender:
        """Return what sends the wallet's transactions."""
        return Sender(
            node,
            self.account.wallet,
            self.chain,
            self.chain_journal(),
            Patience(receipt_secs, self.poll_secs),
            self.tell,
        )


def open_parts(
    venue: str,
    key_env: str,
    *,
    node_env: str | None = None,
    venue_url: str | None = None,
    sub_account: int = 0,
    tell: Callable[[str], None] = write_line,
    poll_secs: float = POLL_SECS,
) -> Opened:
    """
    Return the parts of a command; nothing is asked of anybody yet.

    Raises
    ------
    ProfileError
        The environment variable with the key is missing.
    CustodyError
        The venue is unknown, or the variable holds no key.

    """
    known = listing(venue)
    if sub_account and not known.venue.place.takes_sub_account:
        raise WrongRequest(f"Expected no --sub-account ({venue} has none), found {sub_account}")
    wallet = Wallet.from_secret(read_secret(key_env, os.environ), key_env)
    account = Account(venue_url or known.url, wallet, sub_account)
    return Opened(known, account, node_env or known.node_variable, tell, poll_secs)


def require_typed(wanted: str) -> None:
    """
    Read one line from standard input; it must be amount and chain, as they are asked for.

    Raises
    ------
    AnswerNeeded
        It is anything else, or there is none.

    """
    write_line(f"Type {wanted!r} to go on; anything else sends nothing:")
    typed = sys.stdin.readline()
    if typed.rstrip("\r\n") != wanted:
        found = f"another line of {len(typed.strip())} characters" if typed else "the end of input"
        raise AnswerNeeded(f"Expected {wanted!r} to be typed, found {found}; nothing was sent")


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what ends a movement of money into an error with its exit code."""
    try:
        yield
    except OutcomeUnknown as e:
        raise UnknownOutcome(str(e)) from e
    except AlreadyDone as e:
        raise AnswerNeeded(str(e)) from e
    except WrongRequest as e:
        raise UsageError(str(e)) from e
    except (ChainSilent, VenueSilent, VenueRefused) as e:
        raise VenueError(str(e)) from e
    except CustodyError as e:
        raise DeskError(str(e)) from e
