"""`perpdesk alerts template`: what it prints is taken by the webhook, and holds no secret."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from desk.cli import app, exit_code
from strategies.signals import Action
from webhook.alerts import Alert
from webhook.dialects import parse_alert, read_fields

ETH = InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
NOW = 1_748_858_401_000_000_000  # 2025-06-02T10:00:01Z
SECRET = "canary-8f3a51-canary"
FILLED = {
    "{{ticker}}": "ETH",
    "{{strategy.order.action}}": "sell",
    "{{strategy.order.contracts}}": "1.5",
    "{{strategy.order.id}}": "Close entry(s) order Long",
    "{{strategy.order.price}}": "2511.4",
    "{{strategy.order.comment}}": "",
    "{{strategy.market_position}}": "flat",
    "{{strategy.market_position_size}}": "0",
    "{{strategy.prev_market_position}}": "long",
    "{{strategy.prev_market_position_size}}": "1.5",
    "{{time}}": "2025-06-02T09:45:00Z",
    "{{timenow}}": "2025-06-02T10:00:00Z",
}

type Template = Callable[..., tuple[int, str, str]]


@pytest.fixture
def template(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Template:
    """Return the command, in an environment that holds the secret."""
    monkeypatch.setenv("PERPDESK_WEBHOOK_SECRET", SECRET)

    def call(*arguments: str) -> tuple[int, str, str]:
        words = ["alerts", "template", *arguments]
        code = exit_code(lambda: app(words, exit_on_error=False, result_action="return_value"))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def messages(page: str) -> list[str]:
    return re.findall(r"^\{\n.*?^\}$", page, re.MULTILINE | re.DOTALL)


def filled(message: str) -> Alert:
    for placeholder, value in FILLED.items():
        message = message.replace(placeholder, value)
    fields = read_fields(message.encode())
    assert fields.pop("secret") == "<the value of PERPDESK_WEBHOOK_SECRET>"
    return parse_alert(fields, {"ETH": ETH}, received_ns=NOW)


def test_the_messages_are_taken(template: Template) -> None:
    code, page, _ = template("alert_eth", "--profile", "paper")
    assert code == 0
    strategy, indicator = map(filled, messages(page))
    assert (strategy.dialect, strategy.action) == ("tradingview", Action.TARGET)
    assert (strategy.quantity, strategy.stated_before) == (0, 1.5)
    assert strategy.is_exit
    assert strategy.ts_event == NOW - 1_000_000_000
    assert (indicator.dialect, indicator.action) == ("own", Action.BUY)
    assert {alert.strategy for alert in (strategy, indicator)} == {"alert_eth"}


def test_the_pine_indicator_says_what_is_taken(template: Template) -> None:
    page = template("alert_eth")[1]
    expression = page.split("say(string action) =>\n")[1].split("\nif entry")[0]
    parts = re.findall(r"'([^']*(?:'T'[^']*'Z'[^']*)?)'|([a-z][\w.]*(?:\([^)]*\))?)", expression)
    values = {
        "secret": "x",
        "syminfo.ticker": "ETH",
        "action": "buy",
        "str.tostring(time)": "1748857500000",
    }
    text = "".join(literal or values.get(name, "2025-06-02T10:00:00Z") for literal, name in parts)
    fields = json.loads(text)
    assert fields.pop("secret") == "x"
    alert = parse_alert(fields, {"ETH": ETH}, received_ns=NOW)
    assert (alert.key, alert.action) == ("alert_eth:buy-1748857500000", Action.BUY)
    assert alert.ts_event == NOW - 1_000_000_000


def test_the_url_is_the_profiles_and_the_secret_stays_unseen(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = template("alert_eth", "--profile", "paper")[1]
    assert "\nhttp://127.0.0.1:8080/webhook/tradingview\n" in page
    assert "one that the profile knows: BTC, ETH." in page
    assert "perpdesk alerts lint FILE --profile paper" in page
    assert SECRET not in page
    demo = template("alert_eth", "--profile", "demo")[1]
    assert "http://127.0.0.1:<the port that the run prints>/webhook/tradingview" in demo

    monkeypatch.setenv("MY_TOKEN", "canary-token-0123456789")
    source = Path(__file__).resolve().parents[2] / "config" / "profiles" / "paper.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(source.read_text().replace("[webhook]", '[webhook]\ntoken_env = "MY_TOKEN"'))
    page = template("alert_eth", "--profile", str(mine))[1]
    assert "/webhook/tradingview/<the value of MY_TOKEN>\n" in page
    assert "canary" not in page
    assert f"--profile {mine}" in page


def test_others_are_refused(template: Template, tmp_path: Path) -> None:
    code, page, errors = template("rsi_btc")
    assert (code, page) == (2, "")
    assert "Expected a strategy that takes alerts (alert_eth), found 'rsi_btc'" in errors
    source = Path(__file__).resolve().parents[2] / "config" / "profiles" / "paper.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(source.read_text().replace("[webhook]\nport = 8080\n", ""))
    code, _, errors = template("alert_eth", "--profile", str(mine))
    assert code == 2
    assert "webhook: expected a table, found nothing" in errors
