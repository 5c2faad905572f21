"""The top level of broken profiles, and the tables about the run itself, refused in words."""

import pytest

from tests.config.broken import ENVIRONMENT, TRADER, check_refusal

A_TRADER_ID = "an id such as 'PERPDESK-001'"
A_BALANCE = "a positive amount and a currency such as '10000 USDC'"
TOP_KEYS = (
    "one of 'environment', 'trader_id', 'venues', 'strategies', 'webhook', 'monitor', 'risk', "
    "'paper', 'on_stop', 'logging', 'runs', 'confirm_live'"
)
LEVERAGE = "leverage = 1"
CANCEL = "cancel_orders = true"
LEVEL = 'level = "INFO"'

# What is replaced, by what; then the key, what was expected, and what was found.
BROKEN = [
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
]


@pytest.mark.parametrize(("old", "new", "key", "expected", "found"), BROKEN)
def test_it_is_refused_with_key_expectation_and_finding(
    old: str, new: str, key: str, expected: str, found: str
) -> None:
    check_refusal(old, new, key, expected, found)
