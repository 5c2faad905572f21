"""A folder in which the commands of the pages run, beside a venue on this machine.

Files and variables are what the pages say that a reader has. Where a page means the real market,
its copy of a profile is turned to the loopback venue; nothing else of a command is changed.
"""

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from config.loading import load_profile
from desk.cli import app, exit_code
from desk.exits import Exit
from desk.loopback import MadeUpAccount, VenueUrls
from desk.monitor_place import read_place
from tests.backtest.made import csv_of, wave
from tests.docker.test_promises import free_port
from tests.docs.pages import ROOT, block

SECS_MAX = 60.0  # for what a loaded machine may take; nothing waits so long where all is well
RUN = "20261126T160920Z-mine-6ed5"  # a run that docs/operations.md names
WEBHOOK = "127.0.0.1:8080"  # where the pages say that it listens
# Never end by themselves: they are looked at, and then stopped as a reader stops them.
ENDLESS = ("--watch", "--follow")


class Outcome(NamedTuple):
    code: int
    output: str


class Stage:
    """Runs commands one after the other; a run goes on until the next run, or until the end."""

    def __init__(self, folder: Path, venue: VenueUrls, account: MadeUpAccount) -> None:
        self.folder = folder
        self._venue = venue
        self._account = account
        self._desk: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            # For pages that do not speak of them; by the monitor is seen that a run trades.
            "PERPDESK_WEBHOOK_SECRET": "made up to post with",
            "PERPDESK_READ_TOKEN": "made up to look with",
            "PERPDESK_CONTROL_TOKEN": "made up to command with",
        }
        self._fill()

    def _fill(self) -> None:
        candles = csv_of(wave(400))
        (self.folder / "btc-1h.csv").write_text(candles)
        (self.folder / "candles.csv").write_text(candles)
        (self.folder / "mine.py").write_text(block("docs/strategies.md", "python"))
        (self.folder / "above.toml").write_text(block("docs/strategies.md", "toml"))
        profiles = self.folder / "config" / "profiles"
        profiles.mkdir(parents=True)
        for path in (ROOT / "config" / "profiles").glob("*.toml"):
            (profiles / path.name).write_text(path.read_text())
        paper = (profiles / "paper.toml").read_text()
        mine = f"{paper}\n[monitor]\n\n[logging]\njson = true\n"
        (self.folder / "mine.toml").write_text(mine)
        logs = self.folder / "runs" / RUN / "logs"
        logs.mkdir(parents=True)
        line = '{"timestamp":"2026-11-26T16:09:20.000000001Z","level":"INFO","component":"%s",'
        line += '"message":"a line"}\n'
        lines = [line % name for name in ("RiskGate", "DataClient-HYPERLIQUID")]
        (logs / "node_2026-11-26_160920-000.jsonl").write_text("".join(lines))
        (self.folder / "home" / ".local" / "state" / "perpdesk").mkdir(parents=True)

    def call(self, text: str) -> Outcome:
        """Run a command of a page as a reader does; return its exit code and all it printed."""
        line = text.removeprefix(".venv/bin/")
        if line.startswith("export "):
            return self._export(line)
        if not line.startswith("perpdesk "):
            return self._shell(line)
        self._settle()
        words = shlex.split(line.removesuffix("&"))[1:]
        if words[0] == "run":
            return self._run(words[1])
        if any(option in words for option in ENDLESS):
            return self._watch(words)
        return self._quick(words)

    def until(self, text: str, words: str) -> Outcome:
        """Run a command that only looks, again and again until it prints these words."""
        found = Outcome(1, "")

        def look() -> bool:
            nonlocal found
            found = self.call(text)
            return found.code == 0 and words in found.output

        _wait(look, lambda: f"{text}: expected {words!r}, found {found}")
        return found

    def clear(self) -> None:
        """Leave no run behind, however a test has ended."""
        if self._desk is not None:
            self._desk.kill()
            self._desk.wait()

    def stop_desk(self) -> None:
        """End the run by Ctrl-C, as the pages say, and wait for it."""
        desk, self._desk = self._desk, None
        if desk is None:
            return
        desk.send_signal(signal.SIGINT)
        assert _ended(desk) == Exit.INTERRUPTED, self._log()

    def _settle(self) -> None:
        """Turn profiles that the pages have copied to this machine's venue and to free ports."""
        here = f'network = "loopback"\nbase_url_http = "{self._venue.http}"'
        here += f'\nbase_url_ws = "{self._venue.ws}"'
        for path in self.folder.glob("*.toml"):
            text = path.read_text()
            text = re.sub(r'network = "(mainnet|testnet)"', here, text)
            text = text.replace("port = 8080", f"port = {free_port()}")
            text = re.sub(r"\[monitor\]\n(?!port)", "[monitor]\nport = 0\n", text)
            text = text if "[monitor]" in text else f"{text}\n[monitor]\nport = 0\n"
            # What a person says there, by hand.
            text = text.replace("confirm_live = false", "confirm_live = true")
            path.write_text(text)

    def _export(self, line: str) -> Outcome:
        name, _, value = line.removeprefix("export ").partition("=")
        if value in {"...", "0x..."}:
            self.environment[name] = self._given(name)
            return Outcome(0, "")
        done = self._shell(f'{line}\nprintf %s "${name}"')
        self.environment[name] = done.output
        return done

    def _given(self, name: str) -> str:
        if name.endswith("_PRIVATE_KEY"):
            return self._account.key.reveal()
        if name.endswith("_ADDRESS"):
            return self._account.address
        return f"made up for {name}"

    def _shell(self, script: str) -> Outcome:
        done = subprocess.run(
            ["bash", "-euc", script.replace(WEBHOOK, f"127.0.0.1:{self._port}")],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def _quick(self, words: list[str]) -> Outcome:
        printed = StringIO()
        with self._entered(), redirect_stdout(printed), redirect_stderr(printed):
            code = exit_code(lambda: app(words, exit_on_error=False, result_action="return_value"))
        return Outcome(code, printed.getvalue())

    @contextmanager
    def _entered(self) -> Iterator[None]:
        path = [str(self.folder), *sys.path]
        with (
            chdir(self.folder),
            patch.dict(os.environ, self.environment, clear=True),
            patch.object(sys, "path", path),
        ):
            yield

    def _child(self, words: list[str], output: int) -> subprocess.Popen[bytes]:
        path = os.pathsep.join((str(ROOT), str(self.folder)))
        return subprocess.Popen(
            [sys.executable, "-m", "desk", *words],
            cwd=self.folder,
            env=self.environment | {"PYTHONPATH": path},
            stdout=output,
            stderr=output,
        )

    def _watch(self, words: list[str]) -> Outcome:
        """Look at an endless command in a terminal until it shows something, then press Ctrl-C."""
        shown, terminal = pty.openpty()
        try:
            child = self._child(words, terminal)
        finally:
            os.close(terminal)
        try:
            assert select.select([shown], [], [], SECS_MAX)[0], f"{words} show nothing"
            output = os.read(shown, 65_536)
            child.send_signal(signal.SIGINT)
            output += b"".join(_rest_of(shown))
        finally:
            code = _ended(child)
            os.close(shown)
        return Outcome(0 if code == Exit.INTERRUPTED else code, output.decode())

    def _run(self, profile: str) -> Outcome:
        self.stop_desk()
        if not (self.folder / profile).is_file():  # a built-in one, as a copy
            (self.folder / f"{profile}.toml").write_text(
                (ROOT / "config" / "profiles" / f"{profile}.toml").read_text()
            )
            profile = f"{profile}.toml"
            self._settle()
        with self._entered():
            settings = load_profile(profile)
        self._port = settings.webhook.port if settings.webhook else 0
        with (self.folder / "run.log").open("wb") as log:
            desk = self._desk = self._child(["run", profile], log.fileno())

        def is_trading() -> bool:
            assert desk.poll() is None, self._log()
            with self._entered():
                place = read_place(settings)
            if place is None or place.process != desk.pid:
                return False
            shown = self._quick(["status", "--profile", profile, "--json"])
            return shown.code == 0 and bool(json.loads(shown.output)["is_trading"])

        _wait(is_trading, self._log)
        return Outcome(0, self._log())

    def _log(self) -> str:
        return (self.folder / "run.log").read_text()


def _rest_of(terminal: int) -> Iterator[bytes]:
    """Read what a terminal is still shown, until nobody writes to it any more."""
    with suppress(OSError):  # so a terminal says that it was closed
        while read := os.read(terminal, 65_536):
            yield read


def _ended(child: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a child that was told to end; return its exit code."""
    try:
        return child.wait(timeout=SECS_MAX)
    finally:
        child.kill()
        child.wait()


def _wait(condition: Callable[[], object], words: Callable[[], str]) -> None:
    deadline = time.monotonic() + SECS_MAX
    while not condition():
        assert time.monotonic() < deadline, words()
        time.sleep(0.05)
