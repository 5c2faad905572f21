"""Secrets that stand in a profile, refused without being shown."""

import pytest

from tests.config.broken import NETWORK, PORT, check_refusal


def no_secret(variable: str) -> str:
    return (
        f"no secret in a file (export it, for example as {variable}, "
        "and name that variable in a key that ends in '_env')"
    )


# What is replaced, by what; then the key, what was expected, and what was found.
BROKEN = [
    (
        PORT,
        'secret = "open sesame"',
        "webhook.secret",
        no_secret("PERPDESK_WEBHOOK_SECRET"),
        "a value that is not shown",
    ),
    (
        NETWORK,
        f'{NETWORK}\nPrivateKey = "0x1"',
        "venues.alpha.PrivateKey",
        no_secret("PERPDESK_ALPHA_PRIVATEKEY"),
        "a value that is not shown",
    ),
    (
        "{ period = 14 }",
        '{ api-key = ["a", "b"] }',
        "strategies[0].parameters.api-key",
        no_secret("PERPDESK_STRATEGIES_PARAMETERS_API_KEY"),
        "a value that is not shown",
    ),
    (
        NETWORK,
        f'{NETWORK}\nprivate_key_env = "0x{"aB" * 32}"',
        "venues.alpha.private_key_env",
        no_secret("PERPDESK_ALPHA_PRIVATE_KEY_ENV"),
        "a value that is not shown",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_http = "https://user:pass@a.b"',
        "venues.alpha.base_url_http",
        no_secret("PERPDESK_ALPHA_BASE_URL_HTTP"),
        "a value that is not shown",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_ws = "wss://a.b/ws?key=abc"',
        "venues.alpha.base_url_ws",
        no_secret("PERPDESK_ALPHA_BASE_URL_WS"),
        "a value that is not shown",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(old, new, key, expected, found)
