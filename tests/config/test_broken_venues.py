"""Broken venues of a profile, and going live, refused in words."""

import pytest

from tests.config.broken import A_VARIABLE, ENVIRONMENT, NETWORK, TRADER, VENUE_TABLE, check_refusal

AN_INSTRUMENT = "an instrument id such as 'BTC-USD-PERP.VENUE'"
AN_HTTP_URL = "an http:// or https:// address"
A_WS_URL = "a ws:// or wss:// address"
SOME_VENUE = "a table of at least one venue"
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

# What is replaced, by what; then the key, what was expected, and what was found.
BROKEN = [
    (TRADER, f"{TRADER}\nconfirm_live = 1", "confirm_live", "true or false", "1"),
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
    (
        NETWORK,
        f'{NETWORK}\nbase_url_http = "https://[::1"',
        "venues.alpha.base_url_http",
        AN_HTTP_URL,
        "'https://[::1'",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(old, new, key, expected, found)
