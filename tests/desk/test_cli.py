"""The command line as a user meets it: help, exit codes, and refusals before anything starts."""

import inspect
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from desk.cli import app, exit_code
from desk.command_words import words_of
from desk.parity_run import parity_run

VENUE = ("venue", "hyperliquid", "--port", "0")
SYNTHETIX = ("venue", "synthetix", "--port", "0")
ANN, BOB = "0x" + "a" * 40, "0x" + "b" * 40

type Perpdesk = Callable[..., Outcome]


class Outcome(NamedTuple):
    code: int
    output: str
    errors: str


@pytest.fixture
def perpdesk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Perpdesk:
    """Return the command line, run in this process in an environment without secrets."""
    monkeypatch.delenv("PERPDESK_WEBHOOK_SECRET", raising=False)

    def call(*arguments: str) -> Outcome:
        code = exit_code(lambda: app(arguments, exit_on_error=False, result_action="return_value"))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["run"],
        ["webhook"],
        ["doctor"],
        ["logs"],
        ["version"],
        *([name] for name in ("status", "positions", "orders", "trades")),
        *([name] for name in ("pause", "resume", "flatten", "start", "stop", "set")),
        ["venue", "hyperliquid"],
        ["venue", "synthetix"],
        ["record", "hyperliquid"],
        ["alerts", "list"],
        ["alerts", "show"],
        ["alerts", "replay"],
        ["alerts", "export"],
        ["alerts", "lint"],
        ["alerts", "template"],
        ["backtest"],
        ["sweep"],
        ["data", "download"],
        ["data", "import"],
        ["data", "list"],
        ["data", "check"],
        ["parity", "rsi"],
        ["parity", "tradingview"],
        ["parity", "run"],
        ["funds", "balances"],
        ["funds", "allowance"],
        ["funds", "deposit"],
        ["funds", "withdraw"],
        ["funds", "pending"],
    ],
)
def test_every_command_explains_itself(perpdesk: Perpdesk, command: list[str]) -> None:
    result = perpdesk(*command, "--help")

    assert result.code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("group", [[], ["alerts"], ["data"], ["parity"], ["funds"], ["venue"]])
def test_a_list_of_commands_says_what_each_does(perpdesk: Perpdesk, group: list[str]) -> None:
    listed = [line.strip("│ ") for line in perpdesk(*group, "--help").output.splitlines()]
    commands = [name for name in (app[group[0]] if group else app) if not name.startswith("-")]

    assert commands
    for name in commands:
        (row,) = (line for line in listed if line.split()[:1] == [name])
        assert len(row.split()) > 3, row


def test_what_a_command_does_is_said_as_in_its_docstring() -> None:
    said = words_of("desk.parity_run:parity_run")

    docstring = inspect.getdoc(parity_run)
    assert docstring is not None
    assert docstring.startswith(f"{said}\n\nParameters\n")
    assert said.count("\n\n") == 1  # all of it, not only the line that stands in lists


def test_the_top_level_help_documents_the_exit_codes(perpdesk: Perpdesk) -> None:
    help_text = " ".join(perpdesk("--help").output.split())

    for words in (
        "0 done",
        "1 failed",
        "2 wrong use",
        "3 venue or network",
        "5 sent with unknown",
        "130 interrupted",
    ):
        assert words in help_text


def test_version_prints_json_when_asked(perpdesk: Perpdesk) -> None:
    result = perpdesk("version", "--json")

    assert result.code == 0
    assert json.loads(result.output)["nautilus_trader"] == version("nautilus_trader") == "1.231.0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["launch"], "launch"),
        (["demo", "--sede", "1"], "--sede"),
        (["demo", "--seconds", "1"], "5"),
        (["demo", "--seconds", "soon"], "soon"),
        (["demo", "--replay", "nowhere"], "nowhere"),
        (["run"], "requires an argument"),
        (
            ["run", "nowhere.toml"],
            "nowhere.toml: expected one of 'demo', 'demo-live', 'demo-live-synthetix'",
        ),
        (["run", "paper"], "PERPDESK_WEBHOOK_SECRET: expected a secret of at least 16 characters"),
        (["run", "live"], "confirm_live: expected true"),
        (["webhook", "paper"], "PERPDESK_WEBHOOK_SECRET: expected a secret of at least 16"),
        (["run", "testnet"], "TESTNET_ACCOUNT_ADDRESS: expected an address of 0x"),
        (["run", "demo-live", "--seconds", "1"], "--seconds: expected at least 5, was 1"),
        (["venue", "hyperliquid", "--port", "0", "--from", "noon"], "--from: expected ISO 8601"),
        (["venue", "hyperliquid", "--port", "0", "--speed", "0"], "positive speed, was 0"),
        (["venue", "hyperliquid", "--port", "0", "--replay", "nowhere"], "nowhere"),
        (["venue", "hyperliquid", "--port", "0", "--faults", "nowhere"], "nowhere"),
        (["venue", "synthetix", "--port", "0", "--from", "noon"], "--from: expected ISO 8601"),
        (["venue", "synthetix", "--port", "0", "--replay", "nowhere"], "nowhere"),
        (["venue", "synthetix", "--port", "0", "--faults", "nowhere"], "nowhere"),
        (
            ["venue", "hyperliquid", "--port", "0", "--faults", "README.md"],
            "README.md: expected TOML",
        ),
        (["venue", "hyperliquid", "--port", "0", "--log", "nowhere/log"], "nowhere/log"),
        ([*VENUE, "--account", "me"], "--account: expected ADDRESS=USDC, found 'me'"),
        ([*VENUE, "--account", "0x12=5"], "--account: expected 0x and 40 hex digits, found '0x12'"),
        ([*VENUE, "--account", f"{ANN}=lots"], "expected an amount of USDC, found 'lots'"),
        ([*VENUE, "--account", f"{ANN}=-5"], "expected an amount of USDC, found '-5'"),
        (
            [*VENUE, "--account", f"{ANN}=5", "--account", f"{ANN.upper().replace('X', 'x')}=6"],
            f"--account: expected another address, found {ANN} again",
        ),
        ([*VENUE, "--agent", f"{BOB}={ANN}"], f"the address of an --account, found '{ANN}'"),
        (
            [*VENUE, "--account", f"{ANN}=5", "--agent", f"{ANN}={ANN}"],
            f"--agent: expected another address, found {ANN} again",
        ),
        ([*VENUE, "--account", f"{ANN}=5", "--agent", BOB], "--agent: expected AGENT=ADDRESS"),
        ([*SYNTHETIX, "--account", "me"], "--account: expected ADDRESS=USDT, found 'me'"),
        ([*SYNTHETIX, "--delegate", f"{BOB}={ANN}"], "--delegate: expected the address of an"),
        (
            [*SYNTHETIX, "--account", f"{ANN}=5", "--delegate", BOB],
            "--delegate: expected DELEGATE=ADDRESS",
        ),
        (["record", "hyperliquid", "--coins", ",", "--out", "x"], "--coins: Expected one coin"),
        (["run", "paper", "--seconds", "-5"], 'Invalid value "-5.0" for --seconds'),
        (["run", "paper", "--seconds", "nan"], "Expected a finite number, was nan"),
        (["run", "paper", "--seconds", "inf"], "Expected a finite number, was inf"),
        (["demo", "--seconds", "inf"], "Expected a finite number, was inf"),
        (["record", "hyperliquid", "--coins", "A", "--out", "x", "--seconds", "0"], "--seconds"),
        (["record", "synthetix", "--out", "x", "--seconds", "nan"], "a finite number, was nan"),
        (["flatten", "rsi_btc", "--seconds", "-1"], 'Invalid value "-1.0" for --seconds'),
        (["venue", "hyperliquid", "--port", "99999"], 'Invalid value "99999" for --port'),
        (["venue", "synthetix", "--port", "-1"], 'Invalid value "-1" for --port'),
        ([*VENUE, "--speed", "inf"], "Expected a finite number, was inf"),
        ([*VENUE, "--speed", "nan"], "Expected a finite number, was nan"),
        ([*VENUE, "--from", "9999-12-31"], "--from: expected a time from 1970 to 2261"),
        ([*SYNTHETIX, "--from", "0001-01-01"], "--from: expected a time from 1970 to 2261"),
        ([*VENUE, "--from", "9" * 30], "--from: expected ISO 8601 or unix milliseconds, found"),
        (["cycle", "hyperliquid", "--notional", "-1"], "--notional: expected an amount above 0"),
        (["cycle", "hyperliquid", "--notional-max", "0"], "--notional-max: expected an amount"),
        (["status", "--url", "nonsense"], "--url: expected http:// or https:// and a host"),
        (["status", "--url", "http://[bad"], "--url: expected http:// or https:// and a host"),
        (["status", "--url", "http://"], "--url: expected http:// or https:// and a host"),
        (["status", "--url", "http://127.0.0.1:x"], "--url: expected http:// or https:// and a"),
        (["status", "--url", "http://127.0.0.1:99999"], "--url: expected http:// or https:// and"),
        (["status", "--url", "http://me:canary@127.0.0.1"], "without a user, was one that is not"),
        (
            ["alerts", "lint", "-", "--received", "0001-01-01T00:00+14:00"],
            "--received: expected a time from 1970 to 2261",
        ),
    ],
)
def test_wrong_use_is_named_and_ends_with_2(
    perpdesk: Perpdesk, arguments: list[str], words: str
) -> None:
    result = perpdesk(*arguments)

    assert result.code == 2
    said = result.output + result.errors
    assert words in " ".join(said.replace("│", " ").split())
    assert "canary" not in said


PROFILE = """\
environment = "paper"
trader_id = "DESK-001"
[venues.hyperliquid]
network = "mainnet"
{venue}
[[strategies]]
id = "one"
strategy = "{strategy}"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"
sizing = {{ kind = "notional", amount = "1000" }}
{parameters}
"""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"venue": 'product_types = ["perps"]'},
            "venues.hyperliquid.product_types[0]: expected one of",
        ),
        ({"venue": '[venues.nowhere]\nnetwork = "mainnet"'}, "venues.nowhere: expected"),
        (
            {"venue": 'account_address_env = "PERPDESK_NO_SUCH_ACCOUNT"'},
            "PERPDESK_NO_SUCH_ACCOUNT: expected an address of 0x and 40 hex digits, found nothing",
        ),
        ({"strategy": "macd"}, "strategies[0].strategy: expected one of 'rsi', 'alert'"),
        ({"strategy": "nowhere:Strategy"}, "an importable 'module:Class'"),
        ({"strategy": "decimal:Decimal"}, "a subclass of Nautilus's Strategy"),
        (
            {"strategy": "tests.desk.strategies_by_hand:Unconfigured"},
            "annotated with a StrategyConfig, found Unconfigured with nothing",
        ),
        (
            {"strategy": "tests.desk.strategies_by_hand:Misconfigured"},
            "annotated with a StrategyConfig, found Misconfigured with <class 'int'>",
        ),
        (
            {"strategy": "tests.desk.strategies_by_hand:Misspelled"},
            "annotated with a StrategyConfig, found Misspelled with 'ForeignConfg'",
        ),
        (
            {"strategy": "tests.desk.strategies_by_hand:Late", "parameters": "levels = 2"},
            "parameters.bar_type: expected a known key",
        ),
        ({"parameters": "period = 1"}, "period: expected an integer >= 2 and <= 1000, found 1"),
        ({"parameters": "oversold = 70\noverbought = 30"}, "was oversold 70.0 and overbought 30.0"),
        ({"parameters": "perod = 14"}, "parameters.perod: expected a known key"),
        (
            {"parameters": 'period = "14"'},
            "parameters.period: expected an integer >= 2 and <= 1000, found '14'",
        ),
        (
            {"parameters": 'stop = { kind = "percent", percent = "-1" }'},
            "Expected a positive percent, was -1",
        ),
        (
            {"parameters": 'stop = { kind = "percent", precent = "1" }'},
            "parameters.stop.precent: expected a known key",
        ),
        (
            {"parameters": "close_positions_on_stop = true"},
            "parameters.close_positions_on_stop: expected no such key here",
        ),
    ],
)
def test_a_profile_is_refused_before_anything_starts(
    perpdesk: Perpdesk, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    profile = tmp_path / "mine.toml"
    filled = {"venue": "", "strategy": "rsi", "parameters": ""} | changes
    profile.write_text(f'runs = "{tmp_path}/runs"\n' + PROFILE.format(**filled))

    result = perpdesk("run", str(profile))

    assert result.code == 2
    assert words in result.errors
    assert not (tmp_path / "runs").exists()


def test_a_taken_port_is_named(perpdesk: Perpdesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = perpdesk("venue", "hyperliquid", "--port", str(port))

    assert result.code == 2
    assert str(port) in result.errors


@pytest.mark.parametrize("name", ["hyperliquid", "synthetix"])
def test_the_venue_stops_at_ctrl_c_and_frees_its_port(name: str) -> None:
    command = [sys.executable, "-m", "desk", "venue", name, "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = urlsplit(json.loads(process.stdout.readline())["http"]).port
        assert port is not None
        socket.create_connection(("127.0.0.1", port), timeout=5).close()

        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=10) == 130
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_recording_that_hears_nothing_ends_with_3(perpdesk: Perpdesk, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/ws"
        options = ["--coins", "BTC", "--out", str(tmp_path), "--seconds", "0.5", "--url", url]
        result = perpdesk("record", "hyperliquid", *options)

    assert result.code == 3
    assert f"Expected frames from {url}, received none" in result.errors
