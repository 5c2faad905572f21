"""A paper desk of two loopback venues, run as its user runs it: processes and their commands."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from config.loading import parse_profile
from desk.monitor_place import read_place
from simulator.generator import universe as hyperliquid_universe
from simulator.hyperliquid import HyperliquidVenue
from simulator.hyperliquid import VenueOptions as HyperliquidOptions
from simulator.synthetix import SynthetixVenue
from simulator.synthetix import VenueOptions as SynthetixOptions
from simulator.synthetix_listing import universe as synthetix_universe
from tests.acceptance.crash_desk import SECRET, SECRET_VARIABLE, Process, free_port
from tests.acceptance.two_venues import COINS
from tests.acceptance.wave_market import Wave

WAIT_SECS = 60.0
POLL_SECS = 0.1
TOKENS = {
    "PERPDESK_READ_TOKEN": "who-may-look-0123456",
    "PERPDESK_CONTROL_TOKEN": "who-may-tell-0123456",
}
RSI = "rsi_btc"
FIRST = "alert_hyperliquid"
SECOND = "alert_synthetix"
BTC = "BTC-USD-PERP.HYPERLIQUID"
ETHS = {FIRST: "ETH-USD-PERP.HYPERLIQUID", SECOND: "ETH-USDT-PERP.SYNTHETIX"}
BARS = f"{BTC}-1-SECOND-LAST-INTERNAL"

PROFILE = """\
environment = "paper"
trader_id = "MISSION-001"
runs = "{folder}/runs"

[venues.hyperliquid]
network = "loopback"
base_url_http = "{hyperliquid.http_url}"
base_url_ws = "{hyperliquid.ws_url}"
product_types = ["perp"]

[venues.synthetix]
network = "loopback"
base_url_http = "{synthetix.http_url}"
base_url_ws = "{synthetix.ws_url}"

[[strategies]]
id = "rsi_btc"
strategy = "rsi"

[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "{bars}"
period = 3
warmup_bars = 4
sizing = {{ kind = "fixed", size = "0.01" }}
stop = {{ kind = "percent", percent = "2" }}

[[strategies]]
id = "alert_hyperliquid"
strategy = "alert"

[strategies.parameters]
instrument_id = "ETH-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "fixed", size = "0.5" }}
stop = {{ kind = "percent", percent = "5" }}

[[strategies]]
id = "alert_synthetix"
strategy = "alert"

[strategies.parameters]
instrument_id = "ETH-USDT-PERP.SYNTHETIX"
sizing = {{ kind = "fixed", size = "0.5" }}
stop = {{ kind = "percent", percent = "5" }}

[webhook]
port = {port}
serve = false
secret_env = "{secret}"
inbox = "{folder}/alerts.sqlite"
rate_per_minute = 0
# Whatever was taken must be traded, however long a loaded machine keeps the run down.
entry_ttl_secs = 3600

[webhook.tickers]
alert_hyperliquid = "ETH-USD-PERP.HYPERLIQUID"
alert_synthetix = "ETH-USDT-PERP.SYNTHETIX"

[monitor]
port = 0

[risk]
directory = "{folder}/halts"

[paper]
starting_balances = ["10000 USDC", "10000 USDT"]
leverage = 10
"""


class Desk:
    """
    The run and the sidecar of one profile, and the command line beside them.

    Parameters
    ----------
    folder : Path
        Where everything of it lies.
    hyperliquid, synthetix
        Where it trades.
    """

    def __init__(
        self, folder: Path, hyperliquid: HyperliquidVenue, synthetix: SynthetixVenue
    ) -> None:
        self.folder = folder
        port = free_port()
        text = PROFILE.format(
            folder=folder,
            hyperliquid=hyperliquid,
            synthetix=synthetix,
            bars=BARS,
            port=port,
            secret=SECRET_VARIABLE,
        )
        self.profile = folder / "mission.toml"
        self.profile.write_text(text)
        self._settings = parse_profile(text.encode(), "mission.toml")
        self._webhook = f"http://127.0.0.1:{port}/webhook/tradingview"
        desk = [sys.executable, "-m", "desk"]
        self.node = Process("node", [*desk, "run", str(self.profile)], folder / "node.log")
        self.sidecar = Process(
            "sidecar", [*desk, "webhook", str(self.profile)], folder / "sidecar.log"
        )

    @property
    def runs(self) -> list[Path]:
        """Return the folders of the runs, oldest first."""
        return sorted(path.parent for path in (self.folder / "runs").glob("*/config.json"))

    async def perpdesk(self, *arguments: str | Path, code: int = 0) -> Any:  # noqa: ANN401 (JSON)
        """Give a command and return its JSON; fail with its words where it ends otherwise."""
        words = [str(argument) for argument in arguments]
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "desk", *words, "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
        )
        output, errors = await asyncio.wait_for(child.communicate(), WAIT_SECS)
        assert child.returncode == code, (words, errors.decode(), output.decode())
        return msgspec.json.decode(output) if output else None

    async def tell(self, *arguments: str) -> Any:  # noqa: ANN401 (JSON)
        """Give a command about this profile's run."""
        return await self.perpdesk(*arguments, "--profile", self.profile)

    async def ask(self, path: str) -> Any:  # noqa: ANN401 (JSON)
        """Return what the run's monitor shows; None while there is none."""
        place = read_place(self._settings)
        if place is None:
            return None
        headers = {"authorization": f"Bearer {TOKENS['PERPDESK_READ_TOKEN']}"}
        try:
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.get(f"{place.url}{path}") as response,
            ):
                return await response.json() if response.ok else None
        except aiohttp.ClientConnectionError:
            return None

    async def status(self) -> Any:  # noqa: ANN401 (JSON)
        """Return the picture of the run, its strategies by id; None while there is none."""
        found = await self.ask("/api/status")
        return found and found | {"strategies": {one["id"]: one for one in found["strategies"]}}

    async def until[T](self, what: str, condition: Callable[[], Awaitable[T]]) -> T:
        """Wait until a condition of the run is true and return what it was; fail with its name."""
        try:
            async with asyncio.timeout(WAIT_SECS):
                while not (found := await condition()):
                    assert self.node.is_running, (self.folder / "node.log").read_text()
                    await asyncio.sleep(POLL_SECS)
        except TimeoutError:
            raise AssertionError(f"Expected {what}, was {await self.status()}") from None
        return found

    async def start(self) -> None:
        """Start the run and wait until its strategies run."""
        self.node.start()

        async def is_trading() -> bool:
            found = await self.status()
            return bool(found and found["is_trading"])

        await self.until("a run that trades", is_trading)

    async def stop(self) -> None:
        """End the run as Ctrl-C does, and wait until it has written its report."""
        self.node.interrupt()
        async with asyncio.timeout(WAIT_SECS):
            while self.node.is_running:
                await asyncio.sleep(POLL_SECS)

    async def alert(self, strategy: str, action: str, id_: str) -> str:
        """Post an alert as TradingView would, until somebody answers; return the answer's code."""
        body = {
            "secret": SECRET,
            "strategy": strategy,
            "ticker": strategy,
            "action": action,
            "id": id_,
        }
        async with asyncio.timeout(WAIT_SECS), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.post(self._webhook, json=body) as response:
                        if response.status != 503:
                            answer = await response.json()
                            return str(answer["code"])
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(POLL_SECS)

    async def decided(self, strategy: str, id_: str) -> Any:  # noqa: ANN401 (JSON)
        """Wait until nothing more comes of an alert; return what has."""
        key = f"{strategy}:{id_}"

        async def ended() -> Any:  # noqa: ANN401 (JSON)
            alerts = await self.ask("/api/alerts?limit=100") or []
            return next((a for a in alerts if a["key"] == key and a["state"] == "done"), None)

        return await self.until(f"an end of {key}", ended)


@asynccontextmanager
async def mission_desk(folder: Path) -> AsyncIterator[Desk]:
    """Open both venues on the same wave; whatever still runs at the end is killed."""
    start_ms = time.time_ns() // 1_000_000
    hyperliquid = HyperliquidVenue(
        HyperliquidOptions(weight_per_minute=0), Wave(hyperliquid_universe(), COINS, start_ms)
    )
    synthetix = SynthetixVenue(SynthetixOptions(), Wave(synthetix_universe(), COINS, start_ms))
    async with hyperliquid.running(), synthetix.running():
        desk = Desk(folder, hyperliquid, synthetix)
        try:
            yield desk
        finally:
            desk.node.stop()
            desk.sidecar.stop()
