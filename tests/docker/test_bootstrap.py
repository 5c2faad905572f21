"""The container's first step, run as it is: environment to profile, or a refusal in words."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.loading import load_profile

DOCKER = Path(__file__).resolve().parents[2] / "docker"
GOOD = {
    "PERPDESK_ENVIRONMENT": "paper",
    "PERPDESK_VENUE": "hyperliquid",
    "PERPDESK_INSTRUMENT": "BTC-USD-PERP.HYPERLIQUID",
    "PERPDESK_ORDER_NOTIONAL": "1000",
    "PERPDESK_WEBHOOK_SECRET": "correct-horse-battery",
    "PERPDESK_READ_TOKEN": "read-read-read-read",
    "PERPDESK_CONTROL_TOKEN": "control-control-control",
    "PERPDESK_INBOX": "redis://:a-long-password@redis:6379/0",
}
SECRETS = ("correct-horse", "read-read", "control-control", "a-long-password", "4c4c")
TESTNET = {"PERPDESK_ENVIRONMENT": "testnet", "PERPDESK_PRIVATE_KEY": "0x" + "4c" * 32}
LIVE = TESTNET | {"PERPDESK_ENVIRONMENT": "live", "PERPDESK_CONFIRM_LIVE": "true"}


def bootstrap(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder, with nothing else in its environment."""
    there = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(DOCKER.parent),
        "HOME": str(folder),
        "PERPDESK_CONFIG_DIR": str(folder / "config"),
        "PERPDESK_RUNS_DIR": str(folder / "runs"),
    }
    command = [str(DOCKER / "bootstrap.sh"), *(arguments or ("check",))]
    return subprocess.run(
        command, env=there | environment, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, ("paper", "mainnet", "sandbox")),
        (TESTNET, ("testnet", "testnet", "live")),
        (LIVE, ("live", "mainnet", "live")),
    ],
)
def test_a_good_environment_becomes_a_profile_without_secrets(
    tmp_path: Path, more: dict[str, str], wanted: tuple[str, ...]
) -> None:
    done = bootstrap(tmp_path, GOOD | more)

    assert done.returncode == 0, done.stderr
    file = tmp_path / "config" / "profile.toml"
    profile = load_profile(str(file))
    venue = profile.venues["hyperliquid"]
    assert (profile.environment, venue.network, venue.execution) == wanted
    assert profile.webhook is not None
    assert not profile.webhook.serve
    assert profile.monitor is not None
    assert profile.logging.json
    assert profile.paper.starting_balances == ("10000 USDC",)
    assert file.stat().st_mode & 0o077 == 0
    shown = done.stdout + done.stderr + file.read_text()
    assert not [secret for secret in SECRETS if secret in shown]


def test_paper_money_is_of_the_kind_asked_for(tmp_path: Path) -> None:
    assert bootstrap(tmp_path, GOOD | {"PERPDESK_PAPER_CURRENCY": "USDT"}).returncode == 0
    profile = load_profile(str(tmp_path / "config" / "profile.toml"))
    assert profile.paper.starting_balances == ("10000 USDT",)


def test_run_twice_it_leaves_the_same_files(tmp_path: Path) -> None:
    config = tmp_path / "config"
    assert bootstrap(tmp_path, GOOD).returncode == 0
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in config.iterdir()}

    assert bootstrap(tmp_path, GOOD).returncode == 0

    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in config.iterdir()}
    assert list(before) == [config / "profile.toml"]
    assert after == before


@pytest.mark.parametrize("name", GOOD)
def test_each_variable_is_asked_for(tmp_path: Path, name: str) -> None:
    done = bootstrap(tmp_path, {key: value for key, value in GOOD.items() if key != name})
    assert done.returncode == 2
    assert done.stderr.startswith(f"bootstrap: {name}: expected ")
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"PERPDESK_ENVIRONMENT": "production"}, "PERPDESK_ENVIRONMENT: expected paper, testnet"),
        ({"PERPDESK_ORDER_NOTIONAL": "lots"}, "PERPDESK_ORDER_NOTIONAL: expected a number"),
        ({"PERPDESK_ORDER_NOTIONAL": "0.00"}, "expected a number above 0"),
        ({"PERPDESK_ORDER_NOTIONAL": "-1000"}, "PERPDESK_ORDER_NOTIONAL: expected a number"),
        ({"PERPDESK_ORDER_NOTIONAL": "1,000"}, "PERPDESK_ORDER_NOTIONAL: expected letters"),
        ({"PERPDESK_ORDER_NOTIONAL": "1e3"}, "PERPDESK_ORDER_NOTIONAL: expected a number"),
        ({"PERPDESK_ENVIRONMENT": "LIVE"}, "PERPDESK_ENVIRONMENT: expected paper, testnet"),
        ({"PERPDESK_VENUE": "no where"}, "PERPDESK_VENUE: expected letters"),
        ({"PERPDESK_VENUE": "nowhere"}, "fail  profile: "),
        ({"PERPDESK_INSTRUMENT": "$(id)"}, "PERPDESK_INSTRUMENT: expected letters"),
        ({"PERPDESK_STOP_PERCENT": "0"}, "PERPDESK_STOP_PERCENT: expected a number above 0"),
        ({"PERPDESK_STOP_PERCENT": "150"}, "fail  profile: "),
        ({"PERPDESK_PAPER_CURRENCY": "US DC"}, "PERPDESK_PAPER_CURRENCY: expected letters"),
        ({"PERPDESK_TRUSTED_PROXY": "the proxy"}, "PERPDESK_TRUSTED_PROXY: expected letters"),
        ({"PERPDESK_CONTROL_TOKEN": GOOD["PERPDESK_READ_TOKEN"]}, "fail  environment tokens: "),
        (TESTNET | {"PERPDESK_PRIVATE_KEY": "0x12"}, "fail  environment PERPDESK_PRIVATE_KEY: "),
        (TESTNET | {"PERPDESK_NETWORK": "mainnet"}, "fail  profile: "),
        ({"PERPDESK_STOP_PERCENT": "1.2.3"}, "PERPDESK_STOP_PERCENT: expected a number"),
        ({"PERPDESK_INSTRUMENT": 'A"\nconfirm_live = true'}, "PERPDESK_INSTRUMENT: expected"),
        ({"PERPDESK_TRADER_ID": 'A-1"'}, "PERPDESK_TRADER_ID: expected letters"),
        ({"PERPDESK_NETWORK": 'main"net'}, "PERPDESK_NETWORK: expected letters"),
        (TESTNET | {"PERPDESK_PRIVATE_KEY": ""}, "PERPDESK_PRIVATE_KEY: expected the key"),
        (LIVE | {"PERPDESK_CONFIRM_LIVE": "yes"}, "PERPDESK_CONFIRM_LIVE: expected true"),
        ({"PERPDESK_PROFILE": "/nowhere.toml"}, "PERPDESK_PROFILE: expected a file"),
    ],
)
def test_what_is_wrong_is_refused_in_words(
    tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    done = bootstrap(tmp_path, GOOD | wrong)
    assert done.returncode == 2
    assert says in done.stderr


def test_both_make_the_same_profile(tmp_path: Path) -> None:
    own = {"PERPDESK_PRIVATE_KEY", "PERPDESK_READ_TOKEN", "PERPDESK_CONTROL_TOKEN"}
    there = GOOD | TESTNET | {"PERPDESK_ACCOUNT_ADDRESS": "0x" + "ab" * 20}
    sidecar = {name: value for name, value in there.items() if name not in own}
    file = tmp_path / "config" / "profile.toml"
    assert bootstrap(tmp_path, there).returncode == 0
    made = file.read_text()
    file.unlink()

    # The last step takes an occupied place for its end: a folder where the log should be.
    (tmp_path / "runs" / "PERPDESK-001.webhook.jsonl").mkdir(parents=True)
    done = bootstrap(tmp_path, sidecar, "webhook")

    assert "perpdesk: Expected to write the log" in done.stderr
    assert file.read_text() == made


def test_what_the_doctor_refuses_does_not_start(tmp_path: Path) -> None:
    done = bootstrap(tmp_path, GOOD | {"PERPDESK_READ_TOKEN": "short"}, "run")
    assert done.returncode == 2
    assert "fail  environment PERPDESK_READ_TOKEN: expected a secret" in done.stderr


def test_an_own_profile_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("environment = 'nowhere'")
    done = bootstrap(tmp_path, {"PERPDESK_PROFILE": str(mine)})
    assert done.returncode == 2
    assert "fail  profile: " in done.stderr
    assert not (tmp_path / "config").exists()


def test_other_commands_go_through(tmp_path: Path) -> None:
    done = bootstrap(tmp_path, {}, "version", "--json")
    assert done.returncode == 0, done.stderr
    assert "nautilus_trader" in done.stdout
    assert bootstrap(tmp_path, {}, "").returncode != 0


def test_shellcheck_has_nothing_to_say() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("needs shellcheck (Debian: apt-get install shellcheck)")
    scripts = [str(path) for path in DOCKER.glob("*.sh")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Return where /health answers 200, and all else 503."""
    server = http.server.HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def health(url: str) -> int:
    # A proxy of the environment must not answer for the container.
    environment = os.environ | {"PERPDESK_HEALTH_URL": url, "http_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-I", str(DOCKER / "health.py")]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def test_health_is_what_the_process_says(address: str) -> None:
    assert health(f"{address}/health") == 0
    assert health(f"{address}/ready") == 1
    assert health("http://127.0.0.1:9/health") == 1
    assert health("file:///etc/hostname") == 1
