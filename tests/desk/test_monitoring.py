"""A run with a monitor, as people use it: real processes, real HTTP, a kill -9 in between."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from config.loading import parse_profile
from config.monitor import MonitorSettings
from config.secrets import SecretMissing
from desk.cli import app, exit_code
from desk.exits import UsageError
from desk.monitor_place import read_place
from desk.monitoring import monitoring, read_tokens
from monitor.feed import Feed
from tests.desk.managed_node import managed_node
from tests.waiting import eventually

TOKENS = {
    "PERPDESK_READ_TOKEN": "canary-read-8d11",
    "PERPDESK_CONTROL_TOKEN": "canary-control-3f90",
}
PROFILE = """
environment = "demo"
trader_id = "TESTER-001"
[venues.hyperliquid]
network = "loopback"
product_types = ["perp"]
[[strategies]]
id = "alert_eth"
strategy = "alert"
[strategies.parameters]
instrument_id = "ETH-USD-PERP.HYPERLIQUID"
sizing = { kind = "notional", amount = "1000" }
stop = { kind = "percent", percent = "2" }
[[strategies]]
id = "rsi_btc"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"
sizing = { kind = "notional", amount = "1000" }
[webhook]
port = 0
[monitor]
port = 0
"""


class Answer(NamedTuple):
    code: int
    output: str
    errors: str


class Folder:
    """A folder with a profile in it, and the commands on that profile, run in this process."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self.file = path / "mine.toml"
        self.file.write_text(f'runs = "{path}"\n{PROFILE}')
        self.profile = parse_profile(self.file.read_bytes(), str(self.file))
        self._capsys = capsys

    def ask(self, *arguments: str) -> Answer:
        words = [*arguments, "--profile", str(self.file)]
        code = exit_code(lambda: app(words, exit_on_error=False, result_action="return_value"))
        captured = self._capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("status", "--json").output)
        return found

    def state(self, name: str) -> str:
        (strategy,) = [s for s in self.status()["strategies"] if s["id"] == name]
        return str(strategy["state"])

    @contextmanager
    def run(self, seconds: int = 300) -> Iterator[subprocess.Popen[bytes]]:
        with (self.path / "run.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "desk", "run", str(self.file), "--seconds", str(seconds)],
                env=os.environ | TOKENS,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def log(self) -> str:
        return (self.path / "run.log").read_text()


@pytest.fixture
def folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    return Folder(tmp_path, capsys)


async def started(folder: Folder, process: subprocess.Popen[bytes]) -> None:
    """Wait until the run of a process answers and its strategies are started."""

    def is_trading() -> bool:
        assert process.poll() is None, folder.log()
        place = read_place(folder.profile)
        is_ours = place is not None and place.process == process.pid
        return is_ours and bool(folder.status()["is_trading"])

    await eventually(is_trading, timeout_secs=60)


async def test_a_paused_strategy_stays_paused_through_kill_9(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder.run() as process:
        await started(folder, process)
        paused = folder.ask("pause", "rsi_btc", "--reason", "news at eight")
        assert (paused.code, paused.errors) == (0, "")
        assert paused.output.startswith("rsi_btc is paused")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with folder.run() as process:
        await started(folder, process)
        assert (folder.state("rsi_btc"), folder.state("alert_eth")) == ("paused", "running")
        assert folder.ask("flatten", "alert_eth", "--json").code == 0
        assert folder.ask("resume", "rsi_btc").code == 0
        assert (folder.state("rsi_btc"), folder.state("alert_eth")) == ("running", "paused")
        for command in ("status", "positions", "orders", "trades"):
            shown = folder.ask(command)
            assert (shown.code, shown.errors) == (0, "")
        refused = folder.ask("set", "rsi_btc", "period=1")
        assert refused.code == 2
        assert refused.errors == (
            "perpdesk: period: expected an integer >= 2 and <= 1000, found 1\n"
        )
        assert folder.ask("pause", "nobody").code == 2
        with monkeypatch.context() as changed:
            changed.setenv("PERPDESK_READ_TOKEN", "x" * 20)
            wrong = folder.ask("status")
        assert (wrong.code, "the token does not match" in wrong.errors) == (2, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 130, folder.log()

    assert read_place(folder.profile) is None
    gone = folder.ask("status")
    assert (gone.code, "none says where it listens" in gone.errors) == (3, True)
    assert folder.ask("status", "--url", "http://127.0.0.1:9").code == 3
    lines = (folder.path / "TESTER-001.audit.jsonl").read_text().splitlines()
    audit = [json.loads(line) for line in lines]
    assert [(line["command"], line["strategy"], line["status"]) for line in audit] == [
        ("pause", "rsi_btc", 200),
        ("flatten", "alert_eth", 200),
        ("resume", "rsi_btc", 200),
        ("parameters", "rsi_btc", 422),
        ("pause", "nobody", 404),
    ]
    assert audit[0]["reason"] == "news at eight"
    told = [path.read_bytes() for path in folder.path.rglob("*") if path.is_file()]
    assert not [text for text in told for token in TOKENS.values() if token.encode() in text]


def test_a_monitor_needs_two_tokens_that_differ() -> None:
    with pytest.raises(SecretMissing):
        read_tokens(MonitorSettings(), {"PERPDESK_READ_TOKEN": "a-token-of-some-length"})
    both = dict.fromkeys(TOKENS, "a-token-of-some-length")
    with pytest.raises(UsageError, match="differs from the read token"):
        read_tokens(MonitorSettings(), both)


def test_a_profile_without_a_monitor_says_so(folder: Folder) -> None:
    folder.file.write_text(folder.file.read_text().partition("[monitor]")[0])
    answer = folder.ask("status")
    assert (answer.code, answer.errors) == (
        2,
        f"perpdesk: {folder.file}: monitor: expected a table, found nothing\n",
    )


async def test_an_address_in_use_is_said(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = MonitorSettings(port=taken.getsockname()[1])
        profile = msgspec.structs.replace(folder.profile, monitor=settings)
        async with managed_node(folder.path) as desk:
            serving = monitoring(
                profile, read_tokens(settings, TOKENS), desk.shown, Feed(), desk.metrics
            )
            with pytest.raises(UsageError, match="Address already in use"):
                await serving.__aenter__()
    assert read_place(profile) is None


async def test_listeners_get_the_picture_and_the_end(folder: Folder) -> None:
    settings = MonitorSettings(port=0)
    profile = msgspec.structs.replace(folder.profile, monitor=settings)
    feed = Feed()
    async with managed_node(folder.path) as desk:
        tokens = read_tokens(settings, TOKENS)
        async with monitoring(profile, tokens, desk.shown, feed, desk.metrics):
            frames = feed.listen()
            assert await anext(frames) == b": still here\n\n"
            frame = await asyncio.wait_for(anext(frames), 30)
            assert frame.startswith(b'event: status\ndata: {"taken":')
            assert read_place(profile) is not None
        assert [frame async for frame in frames if b"status" not in frame] == []
    assert read_place(profile) is None
