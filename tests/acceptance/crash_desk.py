"""The processes of a desk - node, sidecar, Redis - to be killed and started again by a test."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

from simulator.hyperliquid import HyperliquidVenue
from tests.acceptance.under_test import KEY, KEY_VARIABLE

SECRET = "a-secret-of-the-crash-test"
SECRET_VARIABLE = "PERPDESK_CRASH_SECRET"
STRATEGIES = {"alerts_btc": "BTC", "alerts_eth": "ETH"}
KINDS = ("embedded", "sqlite", "redis")

PROFILE = """\
environment = "testnet"
trader_id = "CRASH-001"
runs = "{folder}/runs"

[venues.hyperliquid]
network = "loopback"
execution = "live"
base_url_http = "{http}"
base_url_ws = "{ws}"
product_types = ["perp"]
private_key_env = "{key_variable}"
state_directory = "{folder}/state"
market_slippage_bps = 500
expires_after_secs = 2

{strategies}
[webhook]
port = {port}
secret_env = "{secret_variable}"
inbox = "{inbox}"
serve = {serve}
rate_per_minute = 100000
# Whatever was accepted must be traded here, however long the kills kept the node down.
entry_ttl_secs = 3600

[risk]
# Each alert must end in its order, however many come in a minute, and in no other.
order_notional_max = 0
leverage_max = 0
open_orders_max = 0
orders_per_minute_max = 0
data_age_secs_max = 0
daily_loss_percent_max = 0
drawdown_percent_max = 0
naked_secs_max = 3600

[on_stop]
close_positions = false

[logging]
level = "INFO"
"""

STRATEGY = """\
[[strategies]]
id = "{id}"
strategy = "alert"

[strategies.parameters]
instrument_id = "{coin}-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "fixed", size = "0.01" }}
stop = {{ kind = "percent", percent = "30" }}

"""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Process:
    """One command, killed without warning and started again."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.kills = 0
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        environment = os.environ | {KEY_VARIABLE: KEY, SECRET_VARIABLE: SECRET}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                env=environment,
                process_group=0,
            )

    def kill(self) -> None:
        """Kill it as a power cut would, with whatever it has started."""
        assert self._process is not None
        self.kills += 1
        self._signal(signal.SIGKILL)
        self._process.wait()

    def interrupt(self) -> None:
        """Ask it to end, as Ctrl-C does."""
        self._signal(signal.SIGINT)

    def stop(self) -> None:
        """End it for good."""
        if self.is_running:
            self._signal(signal.SIGKILL)
            assert self._process is not None
            self._process.wait()

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class Desk:
    """
    A desk of one kind on a venue.

    Parameters
    ----------
    kind : str
        "embedded" (the node serves the webhook), or a sidecar apart with an inbox on "sqlite" or
        "redis".
    folder : Path
        Where everything of it lies.
    venue : HyperliquidVenue
        Where it trades.
    """

    def __init__(self, kind: str, folder: Path, venue: HyperliquidVenue) -> None:
        self.kind = kind
        self.folder = folder
        port, redis_port = free_port(), free_port()
        self.inbox = (
            f"redis://127.0.0.1:{redis_port}/0" if kind == "redis" else f"{folder}/alerts.sqlite"
        )
        self.url = f"http://127.0.0.1:{port}/webhook/tradingview"
        profile = folder / "crash.toml"
        profile.write_text(
            PROFILE.format(
                folder=folder,
                http=venue.http_url,
                ws=venue.ws_url,
                key_variable=KEY_VARIABLE,
                secret_variable=SECRET_VARIABLE,
                port=port,
                inbox=self.inbox,
                serve=str(kind == "embedded").lower(),
                strategies="".join(STRATEGY.format(id=i, coin=c) for i, c in STRATEGIES.items()),
            )
        )
        desk = [sys.executable, "-m", "desk"]
        self.processes = {"node": self._process("node", [*desk, "run", str(profile)])}
        if kind != "embedded":
            self.processes["sidecar"] = self._process("sidecar", [*desk, "webhook", str(profile)])
        if kind == "redis":
            self.processes["redis"] = self._process("redis", _redis(redis_port, folder))

    def _process(self, name: str, command: list[str]) -> Process:
        return Process(name, command, self.folder / f"{name}.log")

    def start(self) -> None:
        for process in reversed(self.processes.values()):
            process.start()

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def revive(self) -> list[str]:
        """Start again what has ended by itself, as a supervisor would; return what had."""
        ended = [p for p in self.processes.values() if not p.is_running]
        for process in ended:
            process.start()
        return [process.name for process in ended]

    async def kill_some(self, random: Random) -> str:
        """Kill one process or several at a time that chance chooses; they start again at once."""
        names = list(self.processes)
        chosen = random.choice([[name] for name in names] + [names])
        for name in chosen:
            self.processes[name].kill()
        await asyncio.sleep(random.uniform(0, 0.2))
        for name in reversed(chosen):
            self.processes[name].start()
        return " and ".join(chosen)


def _redis(port: int, folder: Path) -> list[str]:
    # Every write is on disk before it is answered; a kill must not lose what was acknowledged.
    return [
        "redis-server",
        *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""),
        *("--appendonly", "yes", "--appendfsync", "always"),
    ]
