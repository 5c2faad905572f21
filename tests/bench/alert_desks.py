"""Desks that take alerts, in each way in which they may: by themselves, or through a sidecar."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.hyperliquid.orders import cloid_from_client_order_id
from strategies.signals import order_id_of
from tests.bench.children import Child, child, environment_with
from tests.bench.desk_parts import desk_on, new_wallet, venue_of
from tests.bench.desk_profile import (
    INBOX_VARIABLE,
    SECRET_VARIABLE,
    Intake,
    Place,
    alert_strategies,
    free_port,
    listener,
    write_profile,
)
from tests.bench.stirred import coin_names
from tests.bench.webhook_http import post_of
from tests.bench.webhook_rivals import SECRET
from tests.redis_server import RedisServer

COINS = coin_names(11)
START_SECS = 30.0
# Embedded: the node serves the webhook, and the inbox is a file. The others have a sidecar.
KINDS = ("embedded", "sqlite", "redis")


class AlertDesk:
    """One desk's node with its venue, and the tap between them."""

    def __init__(
        self, venue_name: str, venue: Child, tap: Child, node: Child, intake: Intake
    ) -> None:
        self.venue = venue
        self.tap = tap
        self.node = node
        self.port = intake.port
        self.inbox = intake.inbox
        self._venue_name = venue_name

    def order_name(self, strategy: str, alert_id: str) -> str:
        """Return what the venue calls the order of an alert."""
        order_id: str = order_id_of(f"{strategy}:{alert_id}").value
        is_hashed = self._venue_name == "hyperliquid"
        return cloid_from_client_order_id(order_id) if is_hashed else order_id


def alert(strategy: str, alert_id: str, action: str) -> bytes:
    """Return the POST of an alert in our own words for the strategy that is called as its coin."""
    fields = {"secret": SECRET, "strategy": strategy, "ticker": strategy}
    return post_of(fields | {"action": action, "id": alert_id})


def kinds_here() -> tuple[str, ...]:
    """Return the ways that this machine can run."""
    return KINDS if shutil.which("redis-server") else KINDS[:-1]


@contextmanager
def alert_desk(venue_name: str, kind: str) -> Iterator[AlertDesk]:
    """Run all processes of a desk of one kind."""
    with ExitStack() as stack:
        wallet = new_wallet()
        venue, http, ws = stack.enter_context(venue_of(venue_name, len(COINS), [wallet]))
        tap = stack.enter_context(child("tap", ws))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = Place(venue_name, http, tap.hear(), folder)
        intake = Intake(kind == "embedded", _inbox(kind, folder, stack), free_port())
        strategies = alert_strategies(place, COINS) + listener(place, COINS)
        profile = write_profile(place, strategies, intake)
        if kind != "embedded":
            stack.enter_context(_sidecar(profile, intake.inbox))
        node = stack.enter_context(desk_on(profile, wallet, inbox=intake.inbox))
        _await_port(intake.port)
        yield AlertDesk(venue_name, venue, tap, node, intake)


def _inbox(kind: str, folder: Path, stack: ExitStack) -> str:
    if kind != "redis":
        return str(folder / "alerts.sqlite")
    server = RedisServer(folder)
    stack.callback(server.kill)
    server.start()
    return server.url


@contextmanager
def _sidecar(profile: Path, inbox: str) -> Iterator[None]:
    command = [sys.executable, "-m", "desk", "webhook", str(profile)]
    environment = environment_with({SECRET_VARIABLE: SECRET, INBOX_VARIABLE: inbox})
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            yield
        finally:
            process.kill()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + START_SECS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
