"""docs/security.md says what the code does, as far as that can be read off it."""

from pathlib import Path

import yaml

from adapters.common.key_state import KeyState
from config.webhook import TRADINGVIEW_ADDRESSES
from monitor.audit import AuditLog
from monitor.auth import FAILURES_MAX, WINDOW_SECS
from tests.docs.pages import ROOT

PAGE = " ".join((ROOT / "docs" / "security.md").read_text().split())
NUMBERS = {4: "four"}


def test_the_figures_are_those_of_the_code() -> None:
    assert WINDOW_SECS == 60
    assert f"After {FAILURES_MAX} wrong tokens in a minute everybody waits" in PAGE
    assert f"only TradingView's {NUMBERS[len(TRADINGVIEW_ADDRESSES)]} may post" in PAGE


def test_what_only_its_owner_can_read_is_so(tmp_path: Path) -> None:
    AuditLog(tmp_path / "A-1.audit.jsonl").close()
    KeyState.acquire(tmp_path, "0x" + "ab" * 20).close()
    paths = list(tmp_path.rglob("*"))
    assert len(paths) > 2
    assert [path.name for path in paths if path.stat().st_mode & 0o077] == []


def test_only_the_node_gets_the_key_and_the_control_token() -> None:
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    holders = {
        name
        for name, service in services.items()
        if {"PERPDESK_PRIVATE_KEY", "PERPDESK_CONTROL_TOKEN"} & set(service.get("environment", ()))
    }
    assert holders == {"node"}
