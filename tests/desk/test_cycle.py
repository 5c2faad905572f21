"""The trading cycle as a user runs it: a process of its own, on a loopback venue of its kind."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import config
from desk.cycle import cycle
from desk.exits import AnswerNeeded, Exit
from tests.desk.demo_runs import finish, start

STEPS = [
    *("connect", "fund", "quote", "enter", "protect", "modify", "fill in part", "protect all"),
    *("connect", "restart", "quote", "modify", "leave", "clear"),
    *("connect", "flat", "books"),
]
VENUES = ("hyperliquid",)


@pytest.mark.parametrize("venue", VENUES)
def test_a_cycle_ends_flat_with_books_that_agree(tmp_path: Path, venue: str) -> None:
    code, report = finish(start(tmp_path, "cycle", venue))

    assert (code, report["failure"]) == (0, None)
    assert [step["name"] for step in report["steps"]] == STEPS
    seen = {step["name"]: step["seen"] for step in report["steps"]}
    bought, _, of = seen["fill in part"].partition(" of ")
    assert 0 < Decimal(bought) < Decimal(of.split()[0])
    assert seen["fill in part"].endswith("CANCELED")
    change = Decimal(report["change_venue"])
    assert change != 0
    assert abs(change - Decimal(report["change_ours"])) <= Decimal("0.000001")


@pytest.mark.parametrize("venue", VENUES)
def test_a_step_that_fails_ends_the_cycle_and_leaves_nothing(tmp_path: Path, venue: str) -> None:
    code, report = finish(start(tmp_path, "cycle", venue, "--notional", "1000000"))

    assert code == Exit.FAILED
    assert report["failure"].startswith("enter: ")
    assert [step["name"] for step in report["steps"]] == STEPS[:3]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nowhere"], Exit.USAGE, "Expected hyperliquid"),
        (["hyperliquid", "--instrument", "BTC"], Exit.USAGE, "--instrument"),
        (["hyperliquid", "--instrument", "BTC-USD.BINANCE"], Exit.USAGE, "one of HYPERLIQUID"),
        (["hyperliquid", "--profile", "paper"], Exit.USAGE, "execution 'live', found none"),
        (["hyperliquid", "--profile", "live"], Exit.USAGE, "confirm_live"),
    ],
)
def test_what_cannot_be_cycled_is_refused(
    tmp_path: Path, words: list[str], code: Exit, says: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "desk", "cycle", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1)
    assert says in ended.stderr
    assert not list(tmp_path.iterdir())


def test_real_money_needs_a_yes_of_its_own(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    live = (Path(config.__file__).parent / "profiles" / "live.toml").read_text()
    profile.write_text(live.replace("confirm_live = false", "confirm_live = true"))

    with pytest.raises(AnswerNeeded, match="real money"):
        cycle("hyperliquid", profile=str(profile))


def test_what_the_venue_does_not_list_is_named(tmp_path: Path) -> None:
    instrument = "DOGE-USD-PERP.HYPERLIQUID"
    code, report = finish(start(tmp_path, "cycle", "hyperliquid", "--instrument", instrument))

    assert (code, report["steps"][1:]) == (Exit.FAILED, [])
    assert instrument in report["failure"]
