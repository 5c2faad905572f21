"""A broken table of limits, refused in words."""

import pytest

from config.errors import ProfileError
from config.loading import parse_profile
from config.risk import LimitSettings
from tests.config.broken import VALID, check_refusal

TABLE = "[paper]\nleverage = 1"
AMOUNT = "a decimal number >= 0"

# What the table says; then the key, what was expected, and what was found.
BROKEN = [
    ("leverage_max = -1", "risk.leverage_max", AMOUNT, "-1"),
    ('order_size_max = "nan"', "risk.order_size_max", AMOUNT, "'nan'"),
    ('order_size_max = "much"', "risk.order_size_max", "a decimal number", "'much'"),
    ("open_orders_max = -1", "risk.open_orders_max", "an integer >= 0", "-1"),
    (
        "daily_loss_percent_max = 101",
        "risk.daily_loss_percent_max",
        "a decimal number <= 100",
        "101",
    ),
    ("naked_secs_max = 1", "risk.naked_secs_max", "a decimal number >= 3", "1"),
    (
        "strategies.two.leverage_max = 1",
        "risk.strategies.two",
        "the id of a strategy",
        "a table",
    ),
    ("venues.beta.leverage_max = 1", "risk.venues.beta", "a venue of this file", "a table"),
    (
        'instruments."BTC.BETA".leverage_max = 1',
        'risk.instruments."BTC.BETA"',
        "an instrument of a venue of this file",
        "a table",
    ),
    (
        "venues.alpha.leverage_max = -1",
        "risk.venues.alpha.leverage_max",
        AMOUNT,
        "-1",
    ),
]


@pytest.mark.parametrize(("table", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    table: str, key: str, expected: str, found: str
) -> None:
    check_refusal(TABLE, f"[risk]\n{table}\n{TABLE}", key, expected, found)


@pytest.mark.parametrize("key", ["order_max", "venues.alpha.naked_secs_max"])
def test_what_is_no_limit_of_the_scope_is_no_key(key: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(VALID.replace(TABLE, f"[risk]\n{key} = 9\n{TABLE}").encode(), "mine.toml")
    assert caught.value.key == f"risk.{key}"


def test_the_limits_of_every_scope_are_read() -> None:
    table = (
        "[risk]\nleverage_max = 3\n"
        "venues.alpha.open_orders_max = 4\n"
        'strategies.one.order_size_max = "0.5"\n'
        'instruments."BTC.ALPHA".position_notional_max = 1000\n'
    )
    risk = parse_profile(VALID.replace(TABLE, table + TABLE).encode(), "mine.toml").risk

    assert risk.leverage_max == 3
    assert risk.venues["alpha"].open_orders_max == 4
    assert str(risk.strategies["one"].order_size_max) == "0.5"
    assert risk.instruments["BTC.ALPHA"].position_notional_max == 1000
    assert risk.venues["alpha"].leverage_max == 0


@pytest.mark.parametrize("value", ["-1", '"-0.01"', '"inf"', "nan", "true", "[]", '"1,000"', '""'])
@pytest.mark.parametrize("name", LimitSettings.__struct_fields__)
@pytest.mark.parametrize("scope", ["", "venues.alpha.", "strategies.one."])
def test_no_limit_of_any_scope_takes_what_is_no_amount(scope: str, name: str, value: str) -> None:
    table = f"[risk]\n{scope}{name} = {value}\n{TABLE}"
    with pytest.raises(ProfileError) as caught:
        parse_profile(VALID.replace(TABLE, table).encode(), "mine.toml")
    assert caught.value.key == f"risk.{scope}{name}"
    assert caught.value.found is not None
