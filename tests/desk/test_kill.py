"""The kill switch as a user meets it: commands, signals, and desks that run or start later."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from desk.exits import Exit
from desk.kill import kill, lift
from risk.events import Cause
from risk.halts import HaltFiles
from tests.desk.demo_runs import finish, rows_open, start_demo


def perpdesk(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "desk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_kill_writes_a_halt_and_a_lift_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kill("fat", "finger", flatten=True, directory=tmp_path) is Exit.DONE
    halt = HaltFiles(tmp_path).read("ANY-001")
    assert halt is not None
    assert (halt.cause, halt.words, halt.flatten) == (Cause.KILL, "fat finger", True)
    assert "halted (kill): fat finger, positions are closed" in capsys.readouterr().out

    lift(directory=tmp_path)
    assert capsys.readouterr().out == "Lifted for all: fat finger (kill)\n"
    assert HaltFiles(tmp_path).read("ANY-001") is None
    lift(directory=tmp_path)
    assert "Nothing is halted" in capsys.readouterr().out


def test_the_users_own_folder_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    killed = perpdesk("kill", "--json", "why", "not")

    assert killed.returncode == 0
    said: dict[str, Any] = json.loads(killed.stdout)
    assert said["halted"]["words"] == "why not"
    assert said["directory"] == str(tmp_path / "perpdesk" / "risk")
    lifted = json.loads(perpdesk("lift", "--json").stdout)
    assert lifted["lifted"]["all"]["words"] == "why not"


def test_a_kill_does_not_wait_for_nautilus_to_load() -> None:
    code = "import sys, desk.kill; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "nautilus_trader" not in done.stdout.split()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = perpdesk("kill", "--directory", str(tmp_path / "file" / "halts"))
    assert done.returncode == Exit.FAILED
    assert done.stderr.startswith("perpdesk: Expected to write a halt into ")


def test_a_signal_halts_a_demo_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    process = start_demo(tmp_path, "--seconds", "20")
    wait_for(process, " fill ")

    process.send_signal(signal.SIGUSR2)
    told = wait_for(process, "risk: halted")
    process.send_signal(signal.SIGINT)
    code, result = finish(process)

    assert code == 130
    assert "by the signal SIGUSR2" in told
    assert not rows_open(tmp_path / result["directory"])
    halt = HaltFiles(tmp_path / "perpdesk" / "risk").read("DEMO-001")
    assert halt is not None
    assert halt.flatten


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """Read what a run shows until a line has these words."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)
