"""A valid profile, its parts to break, and the check that it is refused in the right words."""

import pytest

from config.errors import ProfileError
from config.loading import parse_profile

VALID = """
environment = "paper"
trader_id = "TESTER-001"

[venues.alpha]
network = "mainnet"

[[strategies]]
id = "one"
strategy = "rsi"
parameters = { period = 14 }

[webhook]
port = 8080

[paper]
leverage = 1

[on_stop]
cancel_orders = true

[logging]
level = "INFO"
"""
A_VARIABLE = "the name of an environment variable in capitals, digits and '_'"
ENVIRONMENT = 'environment = "paper"'
TRADER = 'trader_id = "TESTER-001"'
NETWORK = 'network = "mainnet"'
PORT = "port = 8080"
VENUE_TABLE = '[venues.alpha]\nnetwork = "mainnet"'


def check_refusal(old: str, new: str, key: str, expected: str, found: str) -> None:
    """Hold that the valid profile is refused in these words, once a part of it is replaced."""
    assert VALID.count(old) == 1
    with pytest.raises(ProfileError) as caught:
        parse_profile(VALID.replace(old, new).encode(), "mine.toml")
    refusal = caught.value
    assert (refusal.file, refusal.key) == ("mine.toml", key)
    assert (refusal.expected, refusal.found) == (expected, found)
    assert str(refusal) == f"mine.toml: {key}: expected {expected}, found {found}"
