"""The webhook of a profile: its settings become the app, and a process of its own serves it."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest

from config.loading import parse_profile
from config.secrets import Secret, SecretMissing
from config.settings import Profile
from config.webhook import WebhookSettings
from desk.exits import UsageError
from desk.webhook import inbox_place, read_webhook_secrets, ttl_of, webhook_app
from webhook.expiry import Ttl
from webhook.stores import open_inbox

SECRET = "a-secret-for-this-test"
PROFILE = """
environment = "paper"
trader_id = "DESK-001"
[venues.hyperliquid]
network = "mainnet"
[[strategies]]
id = "alert_eth"
strategy = "alert"
[strategies.parameters]
instrument_id = "ETH-USD-PERP.HYPERLIQUID"
sizing = { kind = "notional", amount = "100" }
stop = { kind = "percent", percent = "2" }
[[strategies]]
id = "rsi_btc"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"
sizing = { kind = "notional", amount = "100" }
[webhook]
port = 0
serve = false
"""


def profile(webhook: str = "") -> Profile:
    return parse_profile((PROFILE + webhook).encode(), "mine.toml")


def settings(webhook: str = "") -> WebhookSettings:
    found = profile(webhook).webhook
    assert found is not None
    return found


def test_alerts_are_stored_beside_the_runs_by_default() -> None:
    assert inbox_place(profile(), {}) == "runs/DESK-001.alerts.sqlite"
    assert inbox_place(profile('inbox = "mine.sqlite"'), {}) == "mine.sqlite"
    named = profile('inbox_env = "INBOX"')
    url = "redis://me:a-password@redis.example:6379/0"
    assert inbox_place(named, {"INBOX": url}) == url
    with pytest.raises(SecretMissing):
        inbox_place(named, {})


def test_a_strategys_own_times_come_before_the_webhooks() -> None:
    found = settings("entry_ttl_secs = 10\n[webhook.ttl.alert_eth]\nexit_secs = 0.5")
    own = Ttl(entry_secs=Decimal(10), exit_secs=Decimal("0.5"))
    assert ttl_of(found, "alert_eth") == own
    assert ttl_of(found, "another") == Ttl(entry_secs=Decimal(10), exit_secs=Decimal(3_600))


def test_the_token_is_read_where_the_profile_names_one() -> None:
    environ = {"PERPDESK_WEBHOOK_SECRET": SECRET, "TOKEN": "a-token-for-this-test"}
    assert read_webhook_secrets(settings(), environ) == (Secret(SECRET), None)
    both = read_webhook_secrets(settings('token_env = "TOKEN"'), environ)
    assert both == (Secret(SECRET), Secret("a-token-for-this-test"))


@pytest.mark.parametrize(
    ("webhook", "token", "words"),
    [
        ('token_env = "TOKEN"', SECRET, "token that differs from the secret"),
        ('token_env = "TOKEN"', "a/token/with/slashes", "token without a slash"),
        ('token_env = "TOKEN"\ncredentials = "both"', None, "token beside the secret, was none"),
    ],
)
async def test_secrets_that_do_not_go_together_are_refused(
    tmp_path: Path, webhook: str, token: str | None, words: str
) -> None:
    inbox = open_inbox(str(tmp_path / "alerts.sqlite"))
    with pytest.raises(UsageError, match=words):
        webhook_app(profile(webhook), inbox, Secret(SECRET), token and Secret(token))


def post(url: str, **changes: object) -> tuple[int, dict[str, object]]:
    alert = {"strategy": "alert_eth", "action": "buy", "ticker": "ETH", "id": "1"}
    body = json.dumps(alert | {"secret": SECRET} | changes).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/webhook/tradingview", body, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


class Serving:
    """`perpdesk webhook` as a child, until it is stopped."""

    def __init__(self, folder: Path) -> None:
        file = folder / "mine.toml"
        file.write_text(f'runs = "{folder}/runs"\n{PROFILE}')
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desk", "webhook", str(file), "--json"],
            env=os.environ | {"PERPDESK_WEBHOOK_SECRET": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.line = json.loads(self._process.stdout.readline())
        self.url: str = self.line["url"]

    def stop(self, number: int) -> tuple[int, bytes, bytes]:
        self._process.send_signal(number)
        output, errors = self._process.communicate(timeout=10)
        return self._process.returncode, output, errors


def test_alerts_outlive_the_process_that_took_them(tmp_path: Path) -> None:
    first = Serving(tmp_path)
    assert first.line["inbox"] == f"{tmp_path}/runs/DESK-001.alerts.sqlite"
    status, answer = post(first.url)
    assert (status, answer["code"], answer["key"]) == (200, "accepted", "alert_eth:1")
    first.stop(signal.SIGKILL)

    second = Serving(tmp_path)
    assert post(second.url)[1]["code"] == "duplicate"
    assert post(second.url, strategy="rsi_btc")[1]["code"] == "no_listener"
    assert second.stop(signal.SIGTERM) == (130, b"", b"")


def test_ctrl_c_ends_it_as_it_ends_a_run(tmp_path: Path) -> None:
    assert Serving(tmp_path).stop(signal.SIGINT) == (130, b"", b"")
