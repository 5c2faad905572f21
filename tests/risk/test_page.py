"""docs/risk.md says what the code does."""

import re
from pathlib import Path

from config.risk import LimitSettings, RiskSettings
from risk.controls import CONTROLS
from risk.guard import LOOK_NS, NANOS_PER_SECOND
from risk.limits import Limits
from risk.refusals import Reason

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "risk.md").read_text()


def test_every_code_is_told_and_no_other() -> None:
    assert re.findall(r"^\| `(RISK_\w+)`", PAGE, re.MULTILINE) == [each.value for each in Reason]


def test_codes_are_told_in_the_order_in_which_they_are_asked() -> None:
    asked = [name for control in CONTROLS for name in control.__code__.co_names if name.isupper()]
    told = [reason.name for reason in Reason if reason.name in asked]
    assert told == [name for name in dict.fromkeys(asked) if name in Reason.__members__]


def test_a_profile_has_the_limits_that_the_gate_knows() -> None:
    assert LimitSettings.__struct_fields__ == Limits.__struct_fields__


def test_the_bound_of_a_missing_stop_is_what_the_guard_keeps() -> None:
    bound = int(RiskSettings().naked_secs_max) + LOOK_NS // NANOS_PER_SECOND
    assert f"**{bound} seconds after its stop is\ngone" in PAGE
