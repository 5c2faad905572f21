"""A broken webhook of a profile, refused in words."""

import pytest

from tests.config.broken import A_VARIABLE, PORT, check_refusal

NOT_EMPTY = "a string that is not empty"

# What is replaced, by what; then the key, what was expected, and what was found.
BROKEN = [
    (PORT, "port = -1", "webhook.port", "an integer >= 0 and <= 65535", "-1"),
    (PORT, "port = 65536", "webhook.port", "an integer >= 0 and <= 65535", "65536"),
    (PORT, 'port = "80"', "webhook.port", "an integer >= 0 and <= 65535", "'80'"),
    (PORT, "port = 80.0", "webhook.port", "an integer >= 0 and <= 65535", "80.0"),
    (PORT, "port = [80]", "webhook.port", "an integer >= 0 and <= 65535", "a list"),
    (PORT, "prot = 80", "webhook.prot", "a known key (did you mean 'port'?)", "'prot'"),
    (
        PORT,
        'tickers = { "" = "BTC.ALPHA" }',
        'webhook.tickers.""',
        "a string that is not empty",
        "''",
    ),
    (PORT, 'credentials = "none"', "webhook.credentials", "one of 'both', 'either'", "'none'"),
    (
        PORT,
        'credentials = "both"',
        "webhook.token_env",
        "the name of an environment variable (credentials is 'both')",
        "nothing",
    ),
    (
        PORT,
        'token_env = "PERPDESK_WEBHOOK_SECRET"',
        "webhook.token_env",
        "another variable than secret_env",
        "a value that is not shown",
    ),
    (
        PORT,
        'inbox = "a.sqlite"\ninbox_env = "INBOX"',
        "webhook.inbox_env",
        "no such key (inbox says it already)",
        "'INBOX'",
    ),
    (
        PORT,
        'inbox = "postgres://host/db"',
        "webhook.inbox",
        "the path of a file, or redis://HOST:PORT/DB",
        "'postgres://host/db'",
    ),
    (
        PORT,
        'allow = ["10.0.0.1/8"]',
        "webhook.allow[0]",
        "an address or a network such as '192.0.2.0/24'",
        "'10.0.0.1/8'",
    ),
    (
        PORT,
        'trusted_proxies = ["::1", "localhost"]',
        "webhook.trusted_proxies[1]",
        "an address or a network such as '192.0.2.0/24'",
        "'localhost'",
    ),
    (
        PORT,
        'allow = ["192.0.2.0/24"]',
        "webhook.trusted_proxies",
        "a proxy on this machine (nobody else reaches host '127.0.0.1')",
        "nothing",
    ),
    (
        PORT,
        "entry_ttl_secs = 0",
        "webhook.entry_ttl_secs",
        "a number of seconds > 0 and <= 604800",
        "0",
    ),
    (
        PORT,
        "[webhook.ttl.one]\nexit_secs = nan",
        "webhook.ttl.one.exit_secs",
        "a number of seconds > 0 and <= 604800",
        "nan",
    ),
    (PORT, "[webhook.ttl.two]", "webhook.ttl.two", "the id of a strategy", "an empty table"),
    (PORT, '[webhook.tls]\nkey_file = "k"', "webhook.tls.certificate_file", NOT_EMPTY, "nothing"),
    (PORT, 'host = ""', "webhook.host", "a string that is not empty", "''"),
    (
        PORT,
        "max_body_bytes = 2_000_000",
        "webhook.max_body_bytes",
        "an integer >= 256 and <= 1048576",
        "2000000",
    ),
    (
        PORT,
        'secret_env = "open sesame"',
        "webhook.secret_env",
        A_VARIABLE,
        "a value that is not shown",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(old, new, key, expected, found)
