"""Broken strategies of a profile, refused in words."""

import pytest

from tests.config.broken import ENVIRONMENT, TRADER, VENUE_TABLE, check_refusal

A_STRATEGY_ID = "a name of 1 to 32 letters, digits or '_'"
SOME_STRATEGY = "a list of at least one strategy"
ID = 'id = "one"'
STRATEGY = 'strategy = "rsi"'
STRATEGY_TABLE = '[[strategies]]\nid = "one"\nstrategy = "rsi"\nparameters = { period = 14 }'
SECOND = f'{STRATEGY_TABLE}\n[[strategies]]\nid = "two"\nstrategy = "rsi"'

# What is replaced, by what; then the key, what was expected, and what was found.
BROKEN = [
    (STRATEGY_TABLE, "", "strategies", SOME_STRATEGY, "nothing"),
    (
        f"{ENVIRONMENT}\n{TRADER}\n\n{VENUE_TABLE}\n\n{STRATEGY_TABLE}",
        f"{ENVIRONMENT}\n{TRADER}\nstrategies = []\n{VENUE_TABLE}",
        "strategies",
        SOME_STRATEGY,
        "an empty list",
    ),
    (ID, "", "strategies[0].id", A_STRATEGY_ID, "nothing"),
    (ID, 'id = "my-rsi"', "strategies[0].id", A_STRATEGY_ID, "'my-rsi'"),
    (ID, "id = 7", "strategies[0].id", A_STRATEGY_ID, "7"),
    (
        STRATEGY_TABLE,
        SECOND.replace("two", "one"),
        "strategies[1].id",
        "an id that no other strategy has",
        "'one'",
    ),
    (STRATEGY_TABLE, SECOND.replace('"two"', "nan"), "strategies[1].id", A_STRATEGY_ID, "nan"),
    (
        STRATEGY,
        'strategy = "rsi strategy"',
        "strategies[0].strategy",
        "the name of a strategy or an import path 'module:Class'",
        "'rsi strategy'",
    ),
    (STRATEGY, f'{STRATEGY}\nenabled = "yes"', "strategies[0].enabled", "true or false", "'yes'"),
    (
        STRATEGY,
        f"{STRATEGY}\nenable = true",
        "strategies[0].enable",
        "a known key (did you mean 'enabled'?)",
        "'enable'",
    ),
    ("{ period = 14 }", "14", "strategies[0].parameters", "a table", "14"),
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(old, new, key, expected, found)
