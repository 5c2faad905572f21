"""docs/operations.md says what the doctor, a copy and the containers do."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from desk.cli import app, exit_code
from desk.doctor_venues import ANSWER_SECS_MAX

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text()
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line
]
COMMANDS = [line[line.index("perpdesk ") :] for line in LINES if "perpdesk " in line]


def test_the_doctor_judges_a_start_as_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = "perpdesk doctor paper --startup run"
    assert line in COMMANDS
    for secret, code in (("correct-horse-battery", 0), ("short", 1)):
        monkeypatch.setenv("PERPDESK_WEBHOOK_SECRET", secret)
        arguments = shlex.split(line)[1:]
        done = exit_code(
            lambda a=arguments: app(a, exit_on_error=False, result_action="return_value")
        )
        assert done == code
    assert "environment PERPDESK_WEBHOOK_SECRET: expected a secret" in capsys.readouterr().out


def test_what_is_copied_is_restored(tmp_path: Path) -> None:
    for name in ("home/.local/state/perpdesk/risk/all.halt.json", "desk/runs/A-1.audit.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    desk = tmp_path / "desk"
    (desk / "mine.toml").write_text("mine")
    script = "\n".join(line for line in LINES if line.startswith(("mkdir ", "tar ")))

    environment = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-euc", script], cwd=desk, env=environment, check=True)

    restored = desk / "restored"
    halt = restored / ".local/state/perpdesk/risk/all.halt.json"
    assert halt.read_text() == "home/.local/state/perpdesk/risk/all.halt.json"
    assert (restored / "runs" / "A-1.audit.jsonl").is_file()
    assert (restored / "mine.toml").read_text() == "mine"


def test_the_figures_are_those_of_the_code() -> None:
    assert f"within {ANSWER_SECS_MAX:g} s" in TEXT
    compose = (ROOT / "docker" / "compose.yaml").read_text()
    assert "has 90 seconds" in TEXT
    assert "stop_grace_period: 90s" in compose
    for name in set(re.findall(r"\$\{(\w+)", compose)) - {"PERPDESK_IMAGE", "PERPDESK_PROFILE"}:
        assert f"`{name}`" in TEXT, name
