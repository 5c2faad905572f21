"""The command that records Synthetix, as a person calls it: a process of its own."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desk.exits import UsageError
from desk.loopback import loopback_venue
from desk.record_synthetix import record_synthetix

COMMAND = [sys.executable, "-m", "desk", "record", "synthetix"]


def test_the_command_records_and_reports_again_from_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with loopback_venue("synthetix", ["--speed", "5", "--trades", "list"]) as urls:
        told = subprocess.run(
            [*COMMAND, "--out", str(out), "--url", urls.http, "--seconds", "3", "--json"],
            check=True,
            capture_output=True,
        )
    first = (out / "report.json").read_bytes()
    for name in ("report.json", "report.md"):
        (out / name).unlink()
    subprocess.run([*COMMAND, "--report", str(out)], check=True, capture_output=True)

    findings = {one["id"]: one["answer"] for one in json.loads(told.stdout)["findings"]}
    assert findings["trades form"] == "list"
    assert findings["pushes that our adapter reads"].startswith("100.00 %")
    assert findings["books that our adapter proves"].startswith("100.00 %")
    assert findings["markets that our adapter reads"].startswith("100.00 %")
    assert (out / "report.json").read_bytes() == first
    assert "| a | trades form | list |" in (out / "report.md").read_text()


def test_a_killed_recording_still_gives_its_report(tmp_path: Path) -> None:
    with loopback_venue("synthetix", ["--speed", "5"]) as urls:
        with subprocess.Popen(
            [*COMMAND, "--out", str(tmp_path), "--url", urls.http],
            stdout=subprocess.PIPE,
            text=True,
        ) as recorder:
            _await_frames(recorder)
            recorder.send_signal(signal.SIGKILL)
        told = subprocess.run(
            [*COMMAND, "--report", str(tmp_path), "--json"], check=True, capture_output=True
        )

    findings = {one["id"]: one for one in json.loads(told.stdout)["findings"]}
    assert findings["push dialect"]["answer"] == "both"
    assert findings["our checksum"]["counts"]["disagree"] == 0


def test_an_interrupted_recording_ends_with_its_report(tmp_path: Path) -> None:
    with (
        loopback_venue("synthetix", ["--speed", "5"]) as urls,
        subprocess.Popen(
            [*COMMAND, "--out", str(tmp_path), "--url", urls.http],
            stdout=subprocess.PIPE,
            text=True,
        ) as recorder,
    ):
        _await_frames(recorder)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(30) == 130

    assert "| a | push dialect | both |" in (tmp_path / "report.md").read_text()


def test_a_venue_that_is_not_there_gives_a_report_and_says_so(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/v1"
    told = subprocess.run(
        [*COMMAND, "--out", str(tmp_path), "--url", url, "--seconds", "1"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert told.returncode == 3
    assert f"Expected an answer from {url}, received none" in told.stderr
    assert "not opened: ConnectionRefusedError" in (tmp_path / "report.md").read_text()


def test_where_to_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="either --out or --report, found none"):
        record_synthetix()
    with pytest.raises(UsageError, match="either --out or --report, found both"):
        record_synthetix(out=tmp_path, report=tmp_path)
    with pytest.raises(UsageError, match="Expected a folder with a recording"):
        record_synthetix(report=tmp_path)


def _await_frames(recorder: subprocess.Popen[str], least: int = 300) -> None:
    """Return once the recorder shows so many frames, which are on disk then."""
    assert recorder.stdout is not None
    shown = ""
    while (found := re.findall(r"([0-9,]+) frames", shown)) == [] or _number(found[-1]) < least:
        letter = recorder.stdout.read(1)
        assert letter, f"Expected {least} frames, the recorder ended with {shown!r}"
        shown += letter


def _number(text: str) -> int:
    return int(text.replace(",", ""))
