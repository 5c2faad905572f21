"""A thousand orders placed and canceled in batches, inside the venue's budget: none lost."""

import json
import os
import subprocess
import sys
import tempfile

import msgspec
from eth_account import Account

from tests.bench.given import KEY

ORDERS = 1_000
BATCH = 40
KEY_VARIABLE = "PERPDESK_BENCH_KEY"


class Batches(msgspec.Struct, frozen=True):
    """What became of them; `weight` is that of the rate limit, of 1,200 a minute."""

    orders: int
    accepted: int
    canceled: int
    left_at_venue: int
    weight: int
    place_secs: float
    cancel_secs: float
    grown_mb: float


def measure() -> Batches:
    """Run the venue, and a node that places and cancels, each in a process of its own."""
    account = Account.from_key(KEY).address.lower()
    options = ["--port", "0", "--leash", "--json", "--account", f"{account}=10000000"]
    command = [sys.executable, "-m", "desk", "venue", "hyperliquid", *options]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe) as venue,
        tempfile.TemporaryDirectory() as state,
    ):
        assert venue.stdout is not None
        assert venue.stdin is not None
        urls = json.loads(venue.stdout.readline())
        client = [sys.executable, "-m", "tests.bench.batch_client", urls["http"], urls["ws"], state]
        environment = os.environ | {KEY_VARIABLE: KEY}
        done = subprocess.run(client, capture_output=True, env=environment, timeout=180, check=True)
        venue.stdin.close()
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Batches)
