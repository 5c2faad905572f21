"""A broken monitor of a profile, refused in words."""

import pytest

from config.loading import parse_profile
from config.monitor import MonitorSettings
from tests.config.broken import PORT, VALID, check_refusal

HIDDEN = "a value that is not shown"
YES = "true, your yes to a host that others can reach (tokens travel in clear)"


@pytest.mark.parametrize(
    ("new", "key", "expected", "found"),
    [
        ("port = 65536", "monitor.port", "an integer >= 0 and <= 65535", "65536"),
        ("prot = 80", "monitor.prot", "a known key (did you mean 'port'?)", "'prot'"),
        (
            'control_token_env = "PERPDESK_READ_TOKEN"',
            "monitor.control_token_env",
            "another variable than read_token_env",
            HIDDEN,
        ),
        ('host = "0.0.0.0"', "monitor.expose", YES, "nothing"),
        ('host = "monitor.example"', "monitor.expose", YES, "nothing"),
    ],
)
def test_it_is_refused_with_key_expectation_and_finding(
    new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(PORT, f"{PORT}\n[monitor]\n{new}", key, expected, found)


@pytest.mark.parametrize(
    "settings",
    ['host = "localhost"', 'host = "::1"', 'host = "127.0.0.2"', 'host = "0.0.0.0"\nexpose = true'],
)
def test_loopback_and_an_owners_yes_are_taken(settings: str) -> None:
    profile = parse_profile(f"{VALID}\n[monitor]\n{settings}".encode(), "mine.toml")
    assert profile.monitor is not None


def test_there_is_none_by_default_and_its_own_defaults_are_safe() -> None:
    assert parse_profile(VALID.encode(), "mine.toml").monitor is None
    assert (MonitorSettings().host, MonitorSettings().expose) == ("127.0.0.1", False)
