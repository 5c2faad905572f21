"""`perpdesk alerts lint`: what an alert would do, sized by a venue on this machine."""

import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.cli import app, exit_code
from strategies.signals import Reason

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "alerts.md").read_text()
EXAMPLES = re.findall(r"^```(json|text)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
BROKEN = re.findall(r"^```json broken\n(.*?)^```\n\n> (.*?)\n", PAGE, re.MULTILINE | re.DOTALL)
PROFILE = """\
environment = "paper"
trader_id = "LINT-001"
[venues.hyperliquid]
network = "loopback"
base_url_http = "{http}"
base_url_ws = "{ws}"
[[strategies]]
id = "alert_eth"
strategy = "alert"
[strategies.parameters]
instrument_id = "ETH-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "notional", amount = "1000" }}
stop = {{ kind = "percent", percent = "2" }}
[[strategies]]
id = "rsi_btc"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"
sizing = {{ kind = "notional", amount = "1000" }}
[[strategies]]
id = "alert_sol"
strategy = "alert"
[strategies.parameters]
instrument_id = "SOL-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "notional", amount = "1000" }}
[[strategies]]
id = "hedge"
strategy = "hedge"
[strategies.parameters]
same = {{ strategy = "alert_eth", instrument_id = "ETH-USD-PERP.HYPERLIQUID" }}
opposite = {{ strategy = "alert_sol", instrument_id = "SOL-USD-PERP.HYPERLIQUID" }}
[webhook]
entry_ttl_secs = 20
[webhook.ttl.alert_eth]
exit_secs = 600
"""
ALERT: dict[str, Any] = {"strategy": "alert_eth", "ticker": "ETH", "action": "buy", "id": "1"}

type Lint = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lint:
    """Run the linter on a body from standard input; return exit code, output and errors."""

    def call(body: str | dict[str, Any], *options: str) -> tuple[int, str, str]:
        text = body if isinstance(body, str) else json.dumps(body)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        arguments = ["alerts", "lint", "-", *options]
        code = exit_code(lambda: app(arguments, exit_on_error=False, result_action="return_value"))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the path of a profile whose venue runs on this machine."""
    command = [sys.executable, "-m", "desk", "venue", "hyperliquid", "--port", "0", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--leash"], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        urls = json.loads(process.stdout.readline())
        file = tmp_path_factory.mktemp("lint") / "mine.toml"
        file.write_text(PROFILE.format(**urls))
        yield str(file)
        process.stdin.close()
        process.wait(timeout=10)


def found(lint: Lint, body: str | dict[str, Any], *options: str) -> dict[str, Any]:
    code, output, errors = lint(body, *options, "--json")
    assert (code, errors) == (0, "")
    finding: dict[str, Any] = json.loads(output)
    return finding


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[1][:60])
def test_every_example_of_the_page_is_an_alert(lint: Lint, example: tuple[str, str]) -> None:
    options = ("--profile", "demo", "--received", "2025-06-02T10:00:01Z", "--price", "2500")
    finding = found(lint, example[1], *options, "--equity", "10000", "--position", "1")
    assert finding["alert"]["strategy"] == "alert_eth"
    assert not finding["is_expired"]
    assert finding["outlook"]["move"] or finding["kind"] == "heartbeat"


def test_the_page_says_what_every_reason_means() -> None:
    told = set(
        re.findall(
            r"^\| `(\w+)` \|", PAGE.partition("## Why an alert was not traded")[2], re.MULTILINE
        )
    )
    assert told == {reason.value for reason in Reason}


def test_the_page_shows_every_dialect(lint: Lint) -> None:
    findings = [
        found(lint, text, "--profile", "demo", "--received", "2025-06-02T10:00:01Z")
        for _, text in EXAMPLES
    ]
    assert {finding["alert"]["dialect"] for finding in findings} == {
        "own",
        "tradingview",
        "traderspost",
        "3commas",
    }
    assert {kind for kind, _ in EXAMPLES} == {"json", "text"}
    assert {finding["kind"] for finding in findings} == {"entry", "exit", "heartbeat"}
    assert len(BROKEN) == PAGE.count("```json broken") > 0


@pytest.mark.parametrize(("body", "words"), BROKEN)
def test_every_broken_example_is_told_what_the_page_says(lint: Lint, body: str, words: str) -> None:
    code, output, errors = lint(body, "--profile", "demo")
    assert (code, output) == (2, "")
    assert errors == f"perpdesk: the webhook would answer {words}\n"


@pytest.mark.parametrize(
    ("alert", "position", "move"),
    [
        # 1000 / 3000 = 0.33333, of which the venue takes four places.
        ({}, "0", {"side": "buy", "quantity": "0.3333", "position": "0.3333", "stop": "2940.0"}),
        ({"quantity": 0.12345}, "0", {"quantity": "0.1234", "position": "0.1234"}),
        ({"percent": 5}, "0", {"quantity": "0.1666", "value": "499.8000"}),
        (
            {"action": "close"},
            "0.5",
            {"side": "sell", "quantity": "0.5", "position": "0", "reduce_only": True, "stop": None},
        ),
        (
            {"action": "sell", "quantity": 1, "stop_price": 3100.077, "take_profit_percent": 1},
            "0.5",
            # Both rounded towards the entry.
            {"position": "-0.5", "reduce_only": False, "stop": "3100.07", "take_profit": "2970.0"},
        ),
        (
            {"action": "target", "position": -0.3},
            "-1",
            {"side": "buy", "quantity": "0.7", "position": "-0.3", "reduce_only": True},
        ),
        (
            {"action": "target", "position": -0.3},
            "1",
            {"side": "sell", "quantity": "1.3", "position": "-0.3", "reduce_only": False},
        ),
    ],
)
def test_an_order_is_sized_and_rounded_by_the_venues_rules(
    lint: Lint, profile: str, alert: dict[str, Any], position: str, move: dict[str, Any]
) -> None:
    options = ("--profile", profile, "--price", "3000", "--equity", "10000")
    outlook = found(lint, ALERT | alert, *options, "--position", position)["outlook"]
    assert outlook["move"]["is_rounded"]
    for name, value in move.items():
        found_value = outlook["move"][name]
        if isinstance(value, str) and name != "side":
            assert float(found_value) == float(value), name
        else:
            assert found_value == value, name


@pytest.mark.parametrize(
    ("alert", "options", "words"),
    [
        ({"quantity": "0.00001"}, ("--price", "3000"), "refuses it (bad_size): Expected a size of"),
        ({"quantity": "0.001"}, ("--price", "3000"), "refuses it (bad_size): Expected an order wo"),
        ({"action": "close"}, (), "Nothing to do (nothing_to_do): the position is 0 already"),
        ({}, (), "Not sized: its value becomes a size by a price, which --price would say"),
        ({"percent": 5}, ("--price", "9"), "Not sized: 5 % of an equity that --equity would say"),
        (
            {"ticker": "BTC"},
            ("--price", "3000"),
            "refuses it (wrong_instrument): it trades ETH-USD-PERP.HYPERLIQUID",
        ),
        ({"action": "heartbeat"}, (), "It is a heartbeat"),
        ({"strategy": "hedge"}, (), "handed on to alert_eth and, turned round, to alert_sol"),
    ],
)
def test_why_no_order_would_leave(
    lint: Lint, profile: str, alert: dict[str, Any], options: tuple[str, ...], words: str
) -> None:
    outlook = found(lint, ALERT | alert, "--profile", profile, *options)["outlook"]
    assert outlook["move"] is None
    assert words in outlook["why_none"]


def test_what_is_not_rounded_says_why(lint: Lint, profile: str, tmp_path: Path) -> None:
    sized = ALERT | {"quantity": 0.12345}
    code, output, _ = lint(sized, "--profile", profile)
    assert code == 0
    assert "buy 0.12345 ETH-USD-PERP at market: position 0 becomes 0.12345" in output
    assert "Not rounded: the venue's smallest value needs a price" in output
    assert "a loopback venue has no address before it runs" in lint(sized, "--profile", "demo")[1]
    nobody = tmp_path / "nobody.toml"
    nobody.write_text(PROFILE.format(http="http://127.0.0.1:9", ws="ws://127.0.0.1:9/ws"))
    code, output, _ = lint(sized, "--profile", str(nobody), "--price", "3000")
    assert code == 0
    assert "Not rounded: the venue does not tell its rules" in output
    assert "worth 370.35" in output


def test_how_long_it_lives(lint: Lint, profile: str) -> None:
    dated = ALERT | {"time": "2025-06-02T10:00:00Z"}
    options = ("--profile", profile, "--received", "2025-06-02T10:00:05Z")
    entry = found(lint, dated, *options)
    assert (entry["kind"], entry["is_expired"]) == ("entry", False)
    assert entry["expires"] == "2025-06-02T10:00:20+00:00"
    exit_ = found(lint, dated | {"action": "close"}, *options)
    assert (exit_["kind"], exit_["expires"]) == ("exit", "2025-06-02T10:10:00+00:00")
    assert found(lint, dated | {"max_age_secs": 5}, *options)["is_expired"]
    words = lint(dated, "--profile", profile)[1]
    assert "it is kept as expired and never traded" in words
    undated = found(lint, ALERT, *options)
    assert undated["expires"] == "2025-06-02T10:00:25+00:00"


def test_the_words(lint: Lint, profile: str) -> None:
    alert = {
        "secret": "canary-8f3a51",
        "strategy": "alert_eth",
        "ticker": "ETH",
        "action": "buy",
        "market_position": "long",
        "market_position_size": "0.5",
        "prev_market_position": "flat",
        "prev_market_position_size": "0",
        "order_id": "canary-8f3a51",
        "time": "2025-06-02T10:00:00Z",
        "sequence": 4,
    }
    options = ("--profile", profile, "--received", "2025-06-02T10:00:02Z", "--price", "3000")
    code, output, _ = lint(alert, *options)
    assert code == 0
    lines = output.splitlines()
    key = lines.pop(1)
    assert re.fullmatch(r"Key        alert_eth:[0-9a-f]{32}", key)
    perp = "ETH-USD-PERP"
    assert lines == [
        "Form       JSON of TradingView's strategy placeholders, with a secret",
        "For        strategy alert_eth, instrument ETH-USD-PERP.HYPERLIQUID",
        "Asks       target 0.5: an entry",
        "Believes   position 0 before, 0.5 after",
        "Number     4",
        "Lives      until 2025-06-02T10:00:20+00:00, 20 s from its own time",
        f"Does       buy 0.5 {perp} at market, worth 1500 at the price: position 0 becomes 0.5",
        "Stop       2 % against the entry, 2940 for an entry at the price",
    ]


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        (
            ALERT | {"strategy": "nobody"},
            (),
            "422 no_listener: strategy: expected one that takes a",
        ),
        (ALERT | {"strategy": "rsi_btc"}, (), "422 no_listener"),
        ("x" * 20_000, (), "413 too_large: Expected at most 16384 bytes"),
        (ALERT | {"secret": "canary", "ticker": "a canary"}, (), "was 'a ***'"),
        (ALERT, ("--price", "0"), "--price: expected a number above 0, found 0"),
        (ALERT, ("--price", "dear"), "--price: expected a number above 0, found dear"),
        (ALERT, ("--price", "Infinity"), "--price: expected a number above 0, found Infinity"),
        (ALERT, ("--position", "NaN"), "--position: expected a number, found NaN"),
        (ALERT, ("--received", "noon"), "--received: expected a time in ISO 8601, found 'noon'"),
    ],
)
def test_what_is_wrong_ends_with_2(
    lint: Lint, profile: str, body: str | dict[str, Any], options: tuple[str, ...], words: str
) -> None:
    code, output, errors = lint(body, "--profile", profile, *options)
    assert (code, output) == (2, "")
    assert words in errors


def test_options_are_read_the_same_once_pydantic_is_imported(lint: Lint, profile: str) -> None:
    # The command line's library checks a Decimal with pydantic from then on, in other words.
    importlib.import_module("pydantic")
    code, _, errors = lint(ALERT, "--profile", profile, "--position", "NaN")
    assert (code, "--position: expected a number, found NaN" in errors) == (2, True)
    code, output, _ = lint(ALERT, "--profile", profile, "--position", "-0.5", "--price", "3000")
    assert (code, "position -0.5 becomes" in output) == (0, True)


def test_a_broken_alert_as_json(lint: Lint) -> None:
    code, output, errors = lint(ALERT | {"action": "hold"}, "--profile", "demo", "--json")
    assert (code, errors) == (2, "")
    refused = json.loads(output)
    assert (refused["status"], refused["code"]) == (422, "invalid_field")
    assert refused["message"].startswith("action: expected one of")


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["alerts", "lint", "nowhere.json"]
    code = exit_code(lambda: app(arguments, exit_on_error=False, result_action="return_value"))
    assert code == 2
    assert "nowhere.json: expected a file with an alert" in capsys.readouterr().err
