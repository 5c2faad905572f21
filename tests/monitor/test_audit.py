"""The audit: one line each, added and never replaced, for the owner's eyes."""

import json
from pathlib import Path

from monitor.audit import AuditLine, AuditLog


def line(message: str) -> AuditLine:
    return AuditLine(
        time="2026-11-23T10:00:00+00:00",
        source="127.0.0.1:5000",
        command="pause",
        strategy="rsi_btc",
        parameters={},
        reason="",
        status=200,
        code="done",
        message=message,
    )


def test_lines_are_added_across_runs(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for message in ("first", "second\nforged"):
        log = AuditLog(path)
        log.add(line(message))
        log.close()

    lines = [json.loads(text) for text in path.read_text().splitlines()]
    assert [entry["message"] for entry in lines] == ["first", "second\nforged"]
    assert path.stat().st_mode & 0o777 == 0o600
