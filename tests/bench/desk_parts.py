"""A loopback venue and the processes of desks on it; they end with their blocks."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from eth_account import Account

from tests.bench.children import Child, child
from tests.bench.desk_client import Options
from tests.bench.desk_profile import INBOX_VARIABLE, KEY_VARIABLE, SECRET_VARIABLE
from tests.bench.desk_venue import Setting
from tests.bench.stirred import STEP_MS
from tests.bench.webhook_rivals import SECRET

WHOLE = Options()


class Wallet(msgspec.Struct, frozen=True):
    """A key made up for a run."""

    key: str
    address: str


def new_wallet() -> Wallet:
    """Make one up."""
    key = "0x" + secrets.token_hex(32)
    return Wallet(key, Account.from_key(key).address.lower())


@contextmanager
def venue_of(
    name: str, coins: int, wallets: list[Wallet], step_ms: int = STEP_MS
) -> Iterator[tuple[Child, str, str]]:
    """Yield a venue with its addresses for HTTP and for WebSocket."""
    addresses = tuple(wallet.address for wallet in wallets)
    setting = Setting(name, coins, addresses, step_ms)
    with child("desk_venue", msgspec.json.encode(setting).decode()) as venue:
        urls = venue.hear()
        yield venue, urls["http"], urls["ws"]


@contextmanager
def desk_on(
    profile: Path, wallet: Wallet, options: Options = WHOLE, inbox: str = ""
) -> Iterator[Child]:
    """Yield a running desk; `inbox` is where its alerts are, if it takes any."""
    arguments = (str(profile), msgspec.json.encode(options).decode())
    environment = {KEY_VARIABLE: wallet.key, SECRET_VARIABLE: SECRET, INBOX_VARIABLE: inbox}
    with child("desk_client", *arguments, environment=environment) as desk:
        desk.hear()
        yield desk
