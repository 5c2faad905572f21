"""What a doctor finds on a machine that is broken in one place after the other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.loading import parse_profile
from config.settings import Profile
from desk.doctor_check import Check, State
from desk.doctor_environment import check_environment
from desk.doctor_machine import (
    check_files,
    check_folder,
    check_halt,
    check_modes,
    check_package,
    check_python,
    check_space,
)
from risk.events import Cause, Halt

KEY = "0x" + "4c" * 32
SECRET = "correct-horse-battery"
ENVIRONMENT = {
    "MY_KEY": KEY,
    "MY_ACCOUNT": "0x" + "ab" * 20,
    "MY_SECRET": SECRET,
    "MY_INBOX": "redis://:a-long-password@127.0.0.1:6379/0",
    "MY_READ": "read-read-read-read",
    "MY_CONTROL": "control-control-control",
}
PROFILE = """\
environment = "testnet"
trader_id = "DOCTOR-001"
[venues.hyperliquid]
network = "testnet"
execution = "live"
private_key_env = "MY_KEY"
account_address_env = "MY_ACCOUNT"
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
sizing = { kind = "notional", amount = "1000" }
[webhook]
secret_env = "MY_SECRET"
inbox_env = "MY_INBOX"
[monitor]
read_token_env = "MY_READ"
control_token_env = "MY_CONTROL"
"""


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 11), "fail"), ((3, 12), "ok"), ((3, 14), "ok"), ((3, 15), "fail")],
)
def test_only_known_pythons_pass(version: tuple[int, int], state: str) -> None:
    assert check_python(version).state == state


def test_a_package_is_there_in_its_version() -> None:
    assert check_package("engine", "1.2", "1.2").state is State.OK
    assert check_package("engine", "9.9").state is State.OK
    other = check_package("engine", "1.3", "1.2")
    assert (other.state, other.words) == (State.FAIL, "1.3, expected 1.2")
    assert check_package("engine", None, "1.2").remedy == "pip install engine==1.2"


@pytest.mark.parametrize(
    ("free", "state"),
    [(499_999_999, "fail"), (500_000_000, "warn"), (4_999_999_999, "warn"), (5 * 10**9, "ok")],
)
def test_room_on_disk_is_judged(free: int, state: str) -> None:
    assert check_space("runs", Path("runs"), free).state == state


def test_a_folder_may_be_yet_to_make_but_no_file_in_its_way(tmp_path: Path) -> None:
    assert check_folder("runs", tmp_path / "yet" / "to" / "make").state is not State.FAIL
    (tmp_path / "file").write_text("")
    in_the_way = check_folder("runs", tmp_path / "file" / "runs")
    assert in_the_way.state is State.FAIL
    assert "is no folder" in in_the_way.words


def test_what_others_may_do_is_a_warning_with_its_remedy(tmp_path: Path) -> None:
    secret, settings = tmp_path / "state", tmp_path / "mine.toml"
    for path in (secret, settings):
        path.write_text("")
        path.chmod(0o644)

    found = list(check_modes([secret, tmp_path / "nothing"], [settings]))

    assert [(check.state, check.name) for check in found] == [
        (State.WARN, f"mode {secret}"),
        (State.OK, f"mode {settings}"),
    ]
    assert found[0].remedy == f"chmod go-rwx {secret}"
    secret.chmod(0o600)
    settings.chmod(0o666)
    found = list(check_modes([secret], [settings]))
    assert [check.state for check in found] == [State.OK, State.WARN]


def test_a_named_file_that_is_not_there_fails(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("")
    named = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    assert [check.state for check in check_files(named)] == [State.OK, State.FAIL]


def test_a_kill_switch_stops_the_trading() -> None:
    assert check_halt(None).state is State.OK
    halted = check_halt(Halt(cause=Cause.KILL, words="fat finger", ts_event=0))
    assert halted.state is State.FAIL
    assert "fat finger" in halted.words
    assert "perpdesk lift" in halted.remedy


def test_a_whole_environment_passes(environment: Callable[..., list[Check]]) -> None:
    found = environment()
    assert [check.state for check in found] == [State.OK] * len(ENVIRONMENT)
    assert {check.name for check in found} == {f"environment {name}" for name in ENVIRONMENT}


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("value", [None, "  ", "short"])
def test_each_variable_is_missed_and_never_shown(
    environment: Callable[..., list[Check]], name: str, value: str | None
) -> None:
    found = environment(**{name: value})
    failed = [check for check in found if check.state is State.FAIL]
    assert [check.name for check in failed] == [f"environment {name}"]
    assert failed[0].remedy
    shown = "\n".join(map(str, found))
    assert not [secret for secret in ENVIRONMENT.values() if secret in shown]


def test_a_key_that_is_none_is_not_shown(environment: Callable[..., list[Check]]) -> None:
    found = environment(MY_KEY="zz" * 32)
    failed = [check for check in found if check.state is State.FAIL]
    assert [check.name for check in failed] == ["environment MY_KEY"]
    assert "zz" not in str(failed[0])


def test_one_token_for_both_is_refused(environment: Callable[..., list[Check]]) -> None:
    found = environment(MY_CONTROL=ENVIRONMENT["MY_READ"])
    assert [check.name for check in found if check.state is State.FAIL] == ["environment tokens"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Check]]:
    """Return what is found in a whole environment with some variables changed, or left out."""
    profile: Profile = parse_profile(PROFILE.encode(), "mine.toml")

    def look(**changed: str | None) -> list[Check]:
        values = {**ENVIRONMENT, **changed}
        for name, value in values.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        given = {name: value for name, value in values.items() if value is not None}
        return list(check_environment(profile, given))

    return look
