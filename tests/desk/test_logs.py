"""Logs as a user reads them: one schema, by component, through rotation, while they are written."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.loading import load_profile
from config.settings import LoggingSettings
from desk.cli import app, exit_code
from desk.exits import UsageError
from desk.logs import logs
from desk.logs_files import Tail, files_of, find_run
from desk.logs_lines import Component, component_of, read_line
from desk.logs_sidecar import sidecar_log, write_sidecar_log
from desk.node import node_config
from monitor.audit import AuditLine, AuditLog

ROOT = Path(__file__).resolve().parents[2]
PROFILE = """\
environment = "paper"
trader_id = "LOGS-001"
runs = "{folder}"
[venues.hyperliquid]
network = "mainnet"
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "notional", amount = "1000" }}
[logging]
json = true
{more}
"""
AUDIT = AuditLine(
    time="2026-11-26T16:00:02.500000+00:00",
    source="127.0.0.1:4711",
    command="pause",
    strategy="alerts",
    parameters={},
    reason="news",
    status=200,
    code="done",
    message="",
)


def node_line(second: int, component: str, message: str, level: str = "INFO") -> str:
    """Return a line as Nautilus writes it."""
    line = {
        "timestamp": f"2026-11-26T16:00:{second:02}.000000001Z",
        "trader_id": "LOGS-001",
        "level": level,
        "color": "NORMAL",
        "component": component,
        "message": message,
    }
    return json.dumps(line) + "\n"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Return a profile whose latest run has two files of logs, an older run, and an audit."""
    for run in ("20261125T000000Z-mine-aaaa", "20261126T160000Z-mine-bbbb"):
        (tmp_path / run / "logs").mkdir(parents=True)
    (tmp_path / "20261124T000000Z-backtest-cccc").mkdir()
    old = tmp_path / "20261125T000000Z-mine-aaaa" / "logs" / "node_2026-11-25_000000-000.jsonl"
    old.write_text(node_line(0, "Cache", "of old"))
    logs_ = tmp_path / "20261126T160000Z-mine-bbbb" / "logs"
    (logs_ / "node_2026-11-26_160000-000.jsonl").write_text(
        node_line(1, "RiskGate", "first") + node_line(4, "DataClient-VENUE", "fourth", "WARN")
    )
    (logs_ / "node_2026-11-26_160005-000.jsonl").write_text(
        node_line(5, "alerts", "fifth\nin two lines") + '{"timestamp": "2026-11'
    )
    audit = AuditLog(tmp_path / "LOGS-001.audit.jsonl")
    audit.add(AUDIT)
    audit.close()
    file = tmp_path / "mine.toml"
    file.write_text(PROFILE.format(folder=tmp_path, more=""))
    return file


def test_all_is_told_in_the_order_of_time(
    profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs(profile=str(profile))
    assert capsys.readouterr().out.splitlines() == [
        "2026-11-26T16:00:01.000000001Z INFO  risk     RiskGate: first",
        f"{AUDIT.time} INFO  audit    audit 127.0.0.1:4711: pause alerts: 200 done (news)",
        "2026-11-26T16:00:04.000000001Z WARN  adapters DataClient-VENUE: fourth",
        "2026-11-26T16:00:05.000000001Z INFO  node     alerts: fifth\\nin two lines",
    ]


@pytest.mark.parametrize(
    ("component", "messages"),
    [
        ("risk", ["first"]),
        ("adapters", ["fourth"]),
        ("node", ["fifth\nin two lines"]),
        ("audit", ["pause alerts: 200 done (news)"]),
        ("webhook", []),
    ],
)
def test_one_component_is_told_by_itself(
    profile: Path, capsys: pytest.CaptureFixture[str], component: str, messages: list[str]
) -> None:
    command = ("logs", "--profile", str(profile), "--component", component, "--json")
    assert exit_code(lambda: app(command, exit_on_error=False, result_action="return_value")) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == messages
    assert {line["component"] for line in lines} <= {component}


def test_an_older_run_is_named(profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs(profile=str(profile), run="20261125T000000Z-mine-aaaa", component=Component.NODE)
    assert "of old" in capsys.readouterr().out
    loaded = load_profile(str(profile))
    assert find_run(loaded, None).name == "20261126T160000Z-mine-bbbb"
    for wrong in ("nothing", "..", "../runs"):
        with pytest.raises(UsageError, match="Expected the name of a folder"):
            find_run(loaded, wrong)


def test_text_and_no_logs_at_all_are_refused_in_words(profile: Path, tmp_path: Path) -> None:
    loaded = load_profile(str(profile))
    for file in tmp_path.glob("*/logs/*.jsonl"):
        file.rename(file.with_suffix(".log"))
    with pytest.raises(UsageError, match="found text: set `json = true`"):
        files_of(loaded, None)
    for file in tmp_path.glob("*/logs"):
        file.rename(file.with_name("elsewhere"))
    with pytest.raises(UsageError, match="found none"):
        files_of(loaded, None)


def test_one_folder_for_all_runs_has_no_runs(profile: Path, tmp_path: Path) -> None:
    place = tmp_path / "20261125T000000Z-mine-aaaa" / "logs"
    profile.write_text(PROFILE.format(folder=tmp_path, more=f'directory = "{place}"'))
    loaded = load_profile(str(profile))
    assert next(iter(files_of(loaded, None)())).parent == place
    with pytest.raises(UsageError, match="Expected no --run"):
        files_of(loaded, "20261125T000000Z-mine-aaaa")


def test_following_finds_what_is_new_through_rotation(tmp_path: Path) -> None:
    first, second = tmp_path / "node_1.jsonl", tmp_path / "node_2.jsonl"
    first.write_text("one\ntw")
    tail = Tail(lambda: sorted(tmp_path.iterdir()))
    assert tail.new_lines() == [b"one"]
    with first.open("a") as file:
        file.write("o\n")
    second.write_text("three\n")
    assert tail.new_lines() == [b"two", b"three"]
    second.rename(tmp_path / "node_2.jsonl.1")  # as the sidecar's handler does
    first.unlink()
    assert tail.new_lines() == []


def test_the_command_follows_until_it_is_interrupted(profile: Path) -> None:
    command = [sys.executable, "-m", "desk", "logs", "--profile", str(profile), "--follow"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "fifth" in line)
        newest = max(profile.parent.glob("*/logs/*.jsonl"))
        with newest.open("a") as file:
            file.write('"}\n' + node_line(6, "Guard", "sixth"))
        next(line for line in process.stdout if "risk     Guard: sixth" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_what_is_no_line_is_left_out() -> None:
    for text in (b"", b"{", b"[1]", b'{"message": 1}', b'{"command": "pause"}', b"\xff\xfe"):
        assert read_line(text) is None


def test_every_part_that_logs_is_known() -> None:
    rooms = {"adapters": Component.ADAPTERS, "webhook": Component.WEBHOOK}
    wrong = [
        (name, room)
        for room, wanted in rooms.items()
        for name in logging_classes(ROOT / room)
        if component_of(name) is not wanted
    ]
    assert not wrong
    assert component_of("RsiStrategy") is component_of("TradingNode") is Component.NODE
    assert component_of("Throttler-ORDER_SUBMIT_THROTTLER") is Component.RISK
    assert component_of("DataClient-WEBHOOK") is Component.WEBHOOK


def logging_classes(room: Path) -> Iterator[str]:
    """Return the classes whose bodies make a logger of their own name."""
    for path in room.rglob("*.py"):
        for body in path.read_text().split("\nclass ")[1:]:
            if "Logger(type(self).__name__)" in body:
                yield body.partition(":")[0].partition("(")[0].partition("[")[0]


def test_the_sidecar_writes_the_same_schema(profile: Path) -> None:
    loaded = load_profile(str(profile))
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        write_sidecar_log(loaded)
        logging.getLogger("perpdesk.webhook").warning("%s was refused", "an alert")
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
            handler.close()
    line = read_line(sidecar_log(loaded).read_bytes())
    assert line is not None
    assert (line.level, line.component) == ("WARN", Component.WEBHOOK)
    assert line.message == "an alert was refused"


def test_rotation_reaches_nautilus(profile: Path) -> None:
    more = "max_file_mb = 3\nbackups = 7"
    profile.write_text(PROFILE.format(folder=profile.parent, more=more))
    config = node_config(load_profile(str(profile)), Path("logs")).logging
    assert config is not None
    assert config.log_file_max_size == 3 * 1024 * 1024
    assert config.log_file_max_backup_count == 7
    assert LoggingSettings().backups == 5


def test_nautilus_rotates_by_size(tmp_path: Path) -> None:
    code = f"""
import time
from nautilus_trader.common.component import Logger, flush_logger, init_logging
from nautilus_trader.common.enums import LogLevel
guard = init_logging(
    level_stdout=LogLevel.OFF, level_file=LogLevel.INFO, directory={str(tmp_path)!r},
    file_name="node", file_format="json", max_file_size=3000, max_backup_count=2,
)
for number in range(90):
    Logger("Guard").info(f"{{number}} " + "x" * 100)
    if number % 10 == 0:  # a file is called by its millisecond
        flush_logger()
        time.sleep(0.01)
flush_logger()
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    files = sorted(tmp_path.glob("node_*.jsonl"))
    assert len(files) == 3
    assert all(file.stat().st_size <= 3000 for file in files)
    lines = [read_line(text) for text in Tail(lambda: files).new_lines()]
    assert None not in lines
    assert lines[-1] is not None
    assert lines[-1].message.startswith("89 ")
