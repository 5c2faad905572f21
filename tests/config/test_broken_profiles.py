"""Broken profiles, each refused with its key, what was expected and what was found."""

import pytest

from config.errors import ProfileError
from config.loading import FILE_BYTES_MAX, parse_profile

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

A_TRADER_ID = "an id such as 'PERPDESK-001'"
A_STRATEGY_ID = "a name of 1 to 32 letters, digits or '_'"
AN_INSTRUMENT = "an instrument id such as 'BTC-USD-PERP.VENUE'"
AN_HTTP_URL = "an http:// or https:// address"
A_WS_URL = "a ws:// or wss:// address"
A_VARIABLE = "the name of an environment variable in capitals, digits and '_'"
A_BALANCE = "a positive amount and a currency such as '10000 USDC'"
NOT_EMPTY = "a string that is not empty"
TOP_KEYS = (
    "one of 'environment', 'trader_id', 'venues', 'strategies', 'webhook', 'paper', 'on_stop', "
    "'logging', 'runs', 'confirm_live'"
)
SOME_VENUE = "a table of at least one venue"
SOME_STRATEGY = "a list of at least one strategy"
LIVE_AND_PAPER = """
environment = "live"
confirm_live = true
trader_id = "TESTER-001"
venues.beta.network = "mainnet"
[venues.alpha]
network = "mainnet"
execution = "live"
private_key_env = "KEY"
"""
LIVE_VENUE = """
network = "mainnet"
execution = "live"
account_address_env = "ACCOUNT"
private_key_env = "KEY"
"""

ENVIRONMENT = 'environment = "paper"'
TRADER = 'trader_id = "TESTER-001"'
NETWORK = 'network = "mainnet"'
ID = 'id = "one"'
STRATEGY = 'strategy = "rsi"'
PORT = "port = 8080"
LEVERAGE = "leverage = 1"
CANCEL = "cancel_orders = true"
LEVEL = 'level = "INFO"'
VENUE_TABLE = '[venues.alpha]\nnetwork = "mainnet"'
STRATEGY_TABLE = '[[strategies]]\nid = "one"\nstrategy = "rsi"\nparameters = { period = 14 }'
SECOND = f'{STRATEGY_TABLE}\n[[strategies]]\nid = "two"\nstrategy = "rsi"'


def no_secret(variable: str) -> str:
    return (
        f"no secret in a file (export it, for example as {variable}, "
        "and name that variable in a key that ends in '_env')"
    )


# What is replaced in VALID, by what; then the key, what was expected, and what was found.
BROKEN = [
    # the top level
    (ENVIRONMENT, "", "environment", "one of 'demo', 'live', 'paper', 'testnet'", "nothing"),
    (
        ENVIRONMENT,
        'environment = "prod"',
        "environment",
        "one of 'demo', 'live', 'paper', 'testnet'",
        "'prod'",
    ),
    (
        ENVIRONMENT,
        "environment = 1",
        "environment",
        "one of 'demo', 'live', 'paper', 'testnet'",
        "1",
    ),
    (
        ENVIRONMENT,
        f'{ENVIRONMENT}\ntrader = "X"',
        "trader",
        "a known key (did you mean 'trader_id'?)",
        "'trader'",
    ),
    (
        ENVIRONMENT,
        f"{ENVIRONMENT}\nzzzzz = 1",
        "zzzzz",
        TOP_KEYS,
        "'zzzzz'",
    ),
    (ENVIRONMENT, f'{ENVIRONMENT}\nfile = "x"', "file", TOP_KEYS, "'file'"),
    (TRADER, "", "trader_id", A_TRADER_ID, "nothing"),
    (TRADER, 'trader_id = "TESTER"', "trader_id", A_TRADER_ID, "'TESTER'"),
    (TRADER, 'trader_id = "TÉSTER-001"', "trader_id", A_TRADER_ID, "'TÉSTER-001'"),
    (TRADER, 'trader_id = "T-001\\n"', "trader_id", A_TRADER_ID, "'T-001\\n'"),
    (TRADER, f"trader_id = '{'T' * 70}-1'", "trader_id", A_TRADER_ID, f"'{'T' * 59}..."),
    (TRADER, "trader_id = 2026-11-23", "trader_id", A_TRADER_ID, "2026-11-23"),
    (TRADER, f'{TRADER}\nruns = ""', "runs", "a string that is not empty", "''"),
    (TRADER, f"{TRADER}\nconfirm_live = 1", "confirm_live", "true or false", "1"),
    # venues
    (VENUE_TABLE, "", "venues", SOME_VENUE, "nothing"),
    (VENUE_TABLE, "[venues]", "venues", SOME_VENUE, "an empty table"),
    (VENUE_TABLE, "[[venues]]", "venues", SOME_VENUE, "a list"),
    (NETWORK, "", "venues.alpha.network", "one of 'loopback', 'mainnet', 'testnet'", "nothing"),
    (
        NETWORK,
        'network = "moon"',
        "venues.alpha.network",
        "one of 'loopback', 'mainnet', 'testnet'",
        "'moon'",
    ),
    (
        NETWORK,
        f'{NETWORK}\n[venues."b.c"]\nnetwork = true',
        'venues."b.c".network',
        "one of 'loopback', 'mainnet', 'testnet'",
        "true",
    ),
    (VENUE_TABLE, "[venues]\nalpha = 3", "venues.alpha", "a table", "3"),
    (
        NETWORK,
        f'{NETWORK}\nbase_url = "https://a.b"',
        "venues.alpha.base_url",
        "a known key (did you mean 'base_url_ws'?)",
        "'base_url'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_http = "ftp://a.b"',
        "venues.alpha.base_url_http",
        AN_HTTP_URL,
        "'ftp://a.b'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_http = "http://a.b"',
        "venues.alpha.base_url_http",
        "an encrypted address (network is 'mainnet')",
        "'http://a.b'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_ws = "ws://a.b/ws"',
        "venues.alpha.base_url_ws",
        "an encrypted address (network is 'mainnet')",
        "'ws://a.b/ws'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nbase_url_ws = "https://a.b"',
        "venues.alpha.base_url_ws",
        A_WS_URL,
        "'https://a.b'",
    ),
    (
        NETWORK,
        f"{NETWORK}\nbase_url_ws = 9001",
        "venues.alpha.base_url_ws",
        A_WS_URL,
        "9001",
    ),
    (
        NETWORK,
        'network = "loopback"',
        "venues.alpha.base_url_http",
        "the loopback venue's address",
        "nothing",
    ),
    (
        NETWORK,
        'network = "loopback"\nbase_url_http = "https://a.b"',
        "venues.alpha.base_url_http",
        "an address on this machine (network is 'loopback')",
        "'https://a.b'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nexecution = "paper"',
        "venues.alpha.execution",
        "one of 'live', 'none', 'sandbox'",
        "'paper'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nproduct_types = "perp"',
        "venues.alpha.product_types",
        "a list",
        "'perp'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nproduct_types = ["perp", ""]',
        "venues.alpha.product_types[1]",
        "a string that is not empty",
        "''",
    ),
    (
        NETWORK,
        f'{NETWORK}\ninstruments = ["BTC"]',
        "venues.alpha.instruments[0]",
        AN_INSTRUMENT,
        "'BTC'",
    ),
    (
        NETWORK,
        f'{NETWORK}\naccount_address_env = "my account"',
        "venues.alpha.account_address_env",
        A_VARIABLE,
        "'my account'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nvault_address_env = "0xabc"',
        "venues.alpha.vault_address_env",
        A_VARIABLE,
        "'0xabc'",
    ),
    (NETWORK, f"{NETWORK}\nleverage = 5", "venues.alpha.leverage", "a table", "5"),
    (
        NETWORK,
        f"{NETWORK}\nleverage = {{ BTC = 5 }}",
        "venues.alpha.leverage.BTC",
        AN_INSTRUMENT,
        "'BTC'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nleverage = {{ "BTC.ALPHA" = 0 }}',
        'venues.alpha.leverage."BTC.ALPHA"',
        "an integer >= 1",
        "0",
    ),
    (
        NETWORK,
        f'{NETWORK}\nleverage = {{ "BTC.ALPHA" = 2.5 }}',
        'venues.alpha.leverage."BTC.ALPHA"',
        "an integer >= 1",
        "2.5",
    ),
    (
        NETWORK,
        f'{NETWORK}\nisolated = "BTC.ALPHA"',
        "venues.alpha.isolated",
        "a list",
        "'BTC.ALPHA'",
    ),
    (
        NETWORK,
        f"{NETWORK}\nmarket_slippage_bps = 0",
        "venues.alpha.market_slippage_bps",
        "an integer >= 1 and <= 1000",
        "0",
    ),
    (
        NETWORK,
        f"{NETWORK}\nmarket_slippage_bps = 5_000",
        "venues.alpha.market_slippage_bps",
        "an integer >= 1 and <= 1000",
        "5000",
    ),
    (
        NETWORK,
        f"{NETWORK}\nexpires_after_secs = 0",
        "venues.alpha.expires_after_secs",
        "an integer >= 1 and <= 86400",
        "0",
    ),
    (
        NETWORK,
        f"{NETWORK}\ndead_mans_switch_secs = -1",
        "venues.alpha.dead_mans_switch_secs",
        "an integer >= 0",
        "-1",
    ),
    (
        NETWORK,
        f"{NETWORK}\nwatchdog_only = 1",
        "venues.alpha.watchdog_only",
        "true or false",
        "1",
    ),
    (
        NETWORK,
        f'{NETWORK}\nstate_directory = ""',
        "venues.alpha.state_directory",
        "a string that is not empty",
        "''",
    ),
    (NETWORK, f'{NETWORK}\nkeep_warm = "no"', "venues.alpha.keep_warm", "true or false", "'no'"),
    # rules between values
    (
        NETWORK,
        f'{NETWORK}\nleverage = {{ "BTC.ALPHA" = 5 }}\nisolated = ["BTC.ALPHA", "ETH.ALPHA"]',
        "venues.alpha.isolated[1]",
        "an instrument of `leverage`",
        "'ETH.ALPHA'",
    ),
    (
        NETWORK,
        f"{NETWORK}\ndead_mans_switch_secs = 9",
        "venues.alpha.dead_mans_switch_secs",
        "0 or an integer >= 10",
        "9",
    ),
    (
        NETWORK,
        f"{NETWORK}\nwatchdog_only = true",
        "venues.alpha.dead_mans_switch_secs",
        "an integer >= 10 (watchdog_only is true)",
        "nothing",
    ),
    (
        NETWORK,
        LIVE_VENUE,
        "venues.alpha.execution",
        "'sandbox' or 'none' (environment is 'paper')",
        "'live'",
    ),
    (
        NETWORK,
        f'{NETWORK}\nexecution = "live"',
        "venues.alpha.private_key_env",
        "the name of an environment variable (live orders need it)",
        "nothing",
    ),
    (
        f"{ENVIRONMENT}\n{TRADER}\n\n{VENUE_TABLE}",
        f'environment = "demo"\n{TRADER}\n[venues.alpha]{LIVE_VENUE}',
        "venues.alpha.network",
        "'loopback' (environment is 'demo', execution is 'live')",
        "'mainnet'",
    ),
    (
        f"{ENVIRONMENT}\n{TRADER}\n\n{VENUE_TABLE}",
        LIVE_AND_PAPER,
        "venues.beta.execution",
        "'live' or 'none' (another venue's is 'live')",
        "nothing",
    ),
    (
        f"{ENVIRONMENT}\n{TRADER}\n\n{VENUE_TABLE}",
        f'environment = "testnet"\n{TRADER}\n[venues.alpha]{LIVE_VENUE}',
        "venues.alpha.network",
        "'testnet' or 'loopback' (environment is 'testnet', execution is 'live')",
        "'mainnet'",
    ),
    (
        ENVIRONMENT,
        'environment = "live"',
        "confirm_live",
        "true, your yes to orders with real money",
        "nothing",
    ),
    (
        ENVIRONMENT,
        'environment = "live"\nconfirm_live = false',
        "confirm_live",
        "true, your yes to orders with real money",
        "false",
    ),
    # strategies
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
    # webhook, paper, on_stop, logging
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
    (LEVERAGE, "leverage = 0", "paper.leverage", "a decimal number >= 1", "0"),
    (LEVERAGE, "leverage = nan", "paper.leverage", "a decimal number >= 1", "nan"),
    (LEVERAGE, "leverage = inf", "paper.leverage", "a decimal number >= 1", "inf"),
    (LEVERAGE, 'leverage = "high"', "paper.leverage", "a decimal number", "'high'"),
    (
        LEVERAGE,
        "starting_balances = []",
        "paper.starting_balances",
        "a list of length >= 1",
        "an empty list",
    ),
    (
        LEVERAGE,
        'starting_balances = ["-1 USDC"]',
        "paper.starting_balances[0]",
        A_BALANCE,
        "'-1 USDC'",
    ),
    (
        LEVERAGE,
        'starting_balances = ["0.00 USDC"]',
        "paper.starting_balances[0]",
        A_BALANCE,
        "'0.00 USDC'",
    ),
    (
        LEVERAGE,
        "starting_balances = [10000]",
        "paper.starting_balances[0]",
        A_BALANCE,
        "10000",
    ),
    (
        LEVERAGE,
        'starting_balances = ["1 USDC", "2 USDC"]',
        "paper.starting_balances[1]",
        "one balance per currency",
        "'2 USDC'",
    ),
    (CANCEL, 'cancel_orders = "no"', "on_stop.cancel_orders", "true or false", "'no'"),
    (
        LEVEL,
        'level = "info"',
        "logging.level",
        "one of 'DEBUG', 'ERROR', 'INFO', 'OFF', 'WARNING'",
        "'info'",
    ),
    (
        LEVEL,
        "max_file_mb = 0",
        "logging.max_file_mb",
        "an integer >= 1 and <= 1024",
        "0",
    ),
    (LEVEL, "directory = {}", "logging.directory", "a string that is not empty", "an empty table"),
    # secrets
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
    (
        NETWORK,
        f'{NETWORK}\nbase_url_http = "https://[::1"',
        "venues.alpha.base_url_http",
        AN_HTTP_URL,
        "'https://[::1'",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_broken_profile_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    assert VALID.count(old) == 1
    with pytest.raises(ProfileError) as caught:
        parse_profile(VALID.replace(old, new).encode(), "mine.toml")
    refusal = caught.value
    assert (refusal.file, refusal.key) == ("mine.toml", key)
    assert (refusal.expected, refusal.found) == (expected, found)
    assert str(refusal) == f"mine.toml: {key}: expected {expected}, found {found}"


def test_the_unbroken_profile_is_accepted() -> None:
    assert parse_profile(VALID.encode(), "mine.toml").name == "mine"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"port = ", "Invalid value (at end of document)"),
        (b"a = 1\n[b\n", "Expected ']' at the end of a table declaration (at line 2, column 3)"),
        (b"a = 1\na = 2", "Cannot overwrite a value (at end of document)"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(content: bytes, found: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(content, "mine.toml")
    assert str(caught.value) == f"mine.toml: expected TOML in UTF-8, found {found}"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"\x00",
        b"a = " + b"9" * 5_000,
        b"a = " + b"[" * 5_000 + b"]" * 5_000,
        b"[" + b".".join([b"a"] * 5_000) + b"]",
        VALID.replace("period", ".".join(["a"] * 5_000)).encode(),
    ],
)
def test_extreme_content_is_refused(content: bytes) -> None:
    with pytest.raises(ProfileError):
        parse_profile(content, "mine.toml")


def test_size_limit_is_far_above_a_real_profile() -> None:
    assert len(VALID) * 100 < FILE_BYTES_MAX
