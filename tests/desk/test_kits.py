"""What a profile says of Synthetix reaches its clients, or is refused; no network here."""

from pathlib import Path

import pytest

from adapters.synthetix import SynthetixDataClientConfig, SynthetixExecClientConfig
from config.errors import ProfileError
from config.loading import parse_profile
from config.settings import Profile
from desk.node import check_profile, node_config

KEY = "0x" + "4c" * 32
NUMBER = "1867542890123456789"
PROFILE = """\
environment = "{environment}"
trader_id = "DESK-001"
[venues.{venue}]
network = "{network}"
execution = "{execution}"
private_key_env = "TEST_KEY"
{more}
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USDT-PERP.{upper}"
sizing = {{ kind = "notional", amount = "1000" }}
"""
LOOPBACK = 'base_url_http = "http://127.0.0.1:1/v1"\nbase_url_ws = "ws://127.0.0.1:1/v1/ws"\n'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setenv("TEST_NUMBER", NUMBER)
    monkeypatch.setenv("TEST_ADDRESS", "0x" + "ab" * 20)


def profile(
    more: str, venue: str = "synthetix", network: str = "loopback", execution: str = "live"
) -> Profile:
    environment = "testnet" if network == "testnet" else "demo"
    addresses = LOOPBACK if network == "loopback" else ""
    text = PROFILE.format(
        environment=environment,
        venue=venue,
        upper=venue.upper(),
        network=network,
        execution=execution,
        more=addresses + more,
    )
    return parse_profile(text.encode(), "mine.toml")


def test_every_setting_of_live_orders_reaches_the_client() -> None:
    config = node_config(
        profile(
            'subaccount_id_env = "TEST_NUMBER"\n'
            'instruments = ["BTC-USDT-PERP.SYNTHETIX"]\n'
            'leverage = { "BTC-USDT-PERP.SYNTHETIX" = 5 }\n'
            "expires_after_secs = 9\n"
            "dead_mans_switch_secs = 60\n"
            'state_directory = "here"\n'
            "keep_warm = true\n"
        ),
        Path("logs"),
    )
    data, execution = config.data_clients["SYNTHETIX"], config.exec_clients["SYNTHETIX"]
    assert isinstance(data, SynthetixDataClientConfig)
    assert isinstance(execution, SynthetixExecClientConfig)
    assert data.http_url == execution.http_url == "http://127.0.0.1:1/v1"
    assert execution.ws_url == "ws://127.0.0.1:1/v1/ws/trade"
    assert execution.private_key_env == "TEST_KEY"
    assert execution.subaccount_id == NUMBER
    # For the fee rates, which the venue tells to the key alone.
    assert (data.private_key_env, data.subaccount_id) == ("TEST_KEY", NUMBER)
    assert execution.leverages == {"BTC-USDT-PERP.SYNTHETIX": 5}
    assert (execution.expires_after_secs, execution.dead_mans_switch_secs) == (9, 60)
    assert (execution.state_directory, execution.keep_warm) == ("here", True)
    ids = {str(one) for one in execution.instrument_provider.load_ids}
    assert ids == {"BTC-USDT-PERP.SYNTHETIX"}


def test_paper_needs_no_key() -> None:
    config = node_config(profile("", execution="sandbox"), Path("logs"))
    data = config.data_clients["SYNTHETIX"]
    assert isinstance(data, SynthetixDataClientConfig)
    assert (data.private_key_env, data.subaccount_id) == (None, None)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            'leverage = { "BTC-USDT-PERP.SYNTHETIX" = 5 }\nisolated = ["BTC-USDT-PERP.SYNTHETIX"]',
            "isolated: expected none",
        ),
        ("dead_mans_switch_secs = 60\nwatchdog_only = true", "watchdog_only: expected false"),
        ('product_types = ["spot"]', "product_types: expected perp alone"),
        ('vault_address_env = "TEST_ADDRESS"', "vault_address_env: expected subaccount_id_env"),
        ('account_address_env = "TEST_ADDRESS"', "account_address_env: expected subaccount_id_env"),
        ('subaccount_id_env = "TEST_ADDRESS"', "TEST_ADDRESS: expected the number"),
        ('subaccount_id_env = "TEST_NOTHING"', "TEST_NOTHING: expected the number"),
    ],
)
def test_what_the_venue_has_not_is_refused(more: str, says: str) -> None:
    with pytest.raises(ProfileError) as caught:
        check_profile(profile(more))
    assert says in str(caught.value)


def test_a_testnet_that_there_is_not_is_refused() -> None:
    with pytest.raises(ProfileError, match="it has no testnet"):
        check_profile(profile("", network="testnet"))


def test_the_other_venue_knows_no_numbered_sub_accounts() -> None:
    with pytest.raises(ProfileError, match="vault_address_env"):
        check_profile(profile('subaccount_id_env = "TEST_NUMBER"', venue="hyperliquid"))
