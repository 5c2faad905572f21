"""A live profile becomes a node: clients, engines and strategies, or a refusal; no network here."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import get_ident

import msgspec
import pytest
from nautilus_trader.common import Environment
from nautilus_trader.common.actor import Actor
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import ClientId, InstrumentId

from adapters.common.beginning import LIMIT_SECS
from adapters.hyperliquid import HyperliquidExecClientConfig, HyperliquidExecutionClient
from backtest.bulk_analyzer import BulkAnalyzer
from config.errors import ProfileError
from config.loading import parse_profile
from config.settings import Profile
from desk.exits import UsageError
from desk.node import (
    CONNECT_TIMEOUT_SECS,
    RECONCILE_TIMEOUT_SECS,
    build_node,
    check_profile,
    node_config,
)
from tests.waiting import eventually

KEY = "0x" + "4c" * 32
ADDRESS = "0x" + "Ab" * 20
VAULT = "0x" + "cd" * 20
BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")

PROFILE = """\
environment = "testnet"
trader_id = "DESK-001"
[venues.hyperliquid]
network = "loopback"
execution = "live"
base_url_http = "http://127.0.0.1:1"
base_url_ws = "ws://127.0.0.1:1/ws"
private_key_env = "TEST_KEY"
{venue}
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
sizing = {{ kind = "notional", amount = "1000" }}
{more}
"""
SECOND = """
[[strategies]]
id = "second"
strategy = "alert"
{enabled}
[strategies.parameters]
instrument_id = "{instrument}"
sizing = {{ kind = "notional", amount = "1000" }}
"""

HEDGE = """
[[strategies]]
id = "hedge"
strategy = "hedge"
[strategies.parameters]
same = {{ strategy = "alerts", instrument_id = "BTC-USD-PERP.HYPERLIQUID" }}
opposite = {{ strategy = "{name}", instrument_id = "{coin}-USD-PERP.HYPERLIQUID" }}
"""

type MakeProfile = Callable[..., Profile]


@pytest.fixture
def make_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProfile:
    """Make a live profile whose variables are set and whose state lies in the test's folder."""
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setenv("TEST_ACCOUNT", ADDRESS)
    monkeypatch.setenv("TEST_VAULT", VAULT)

    def make(venue: str = "", more: str = "") -> Profile:
        text = PROFILE.format(venue=f'state_directory = "{tmp_path}/state"\n{venue}', more=more)
        return parse_profile(text.encode(), "mine.toml")

    return make


def exec_config(profile: Profile) -> HyperliquidExecClientConfig:
    config = node_config(profile, Path("logs")).exec_clients["HYPERLIQUID"]
    assert isinstance(config, HyperliquidExecClientConfig)
    return config


def test_every_setting_of_live_orders_reaches_the_client(
    make_profile: MakeProfile, tmp_path: Path
) -> None:
    profile = make_profile(
        'account_address_env = "TEST_ACCOUNT"\n'
        'vault_address_env = "TEST_VAULT"\n'
        'product_types = ["perp"]\n'
        'leverage = { "BTC-USD-PERP.HYPERLIQUID" = 5, "ETH-USD-PERP.HYPERLIQUID" = 3 }\n'
        'isolated = ["ETH-USD-PERP.HYPERLIQUID"]\n'
        "market_slippage_bps = 70\n"
        "expires_after_secs = 9\n"
        "dead_mans_switch_secs = 60\n"
        "watchdog_only = true\n"
        "keep_warm = true\n"
    )

    config = exec_config(profile)

    assert config.http_url == "http://127.0.0.1:1"
    assert config.ws_url == "ws://127.0.0.1:1/ws"
    assert config.private_key_env == "TEST_KEY"
    assert (config.account_address, config.vault_address) == (ADDRESS.lower(), VAULT)
    assert config.product_types == {"perp"}
    assert config.leverages == {"BTC-USD-PERP.HYPERLIQUID": 5, "ETH-USD-PERP.HYPERLIQUID": 3}
    assert config.isolated == {"ETH-USD-PERP.HYPERLIQUID"}
    assert (config.market_slippage_bps, config.expires_after_secs) == (70, 9)
    assert (config.dead_mans_switch_secs, config.watchdog_only) == (60, True)
    assert config.state_directory == f"{tmp_path}/state"
    assert config.keep_warm


def test_the_network_decides_what_is_signed_for(make_profile: MakeProfile) -> None:
    profile = make_profile()
    assert not exec_config(profile).testnet

    venue = msgspec.structs.replace(
        profile.venues["hyperliquid"], network="testnet", base_url_http=None, base_url_ws=None
    )
    assert exec_config(msgspec.structs.replace(profile, venues={"hyperliquid": venue})).testnet


def test_no_setting_holds_the_key(make_profile: MakeProfile) -> None:
    config = node_config(make_profile(), Path("logs"))
    assert KEY.removeprefix("0x") not in f"{config} {config.exec_clients} {config.json()!r}"


def test_a_live_node_reconciles_and_leaves_doubt_to_the_adapter(make_profile: MakeProfile) -> None:
    config = node_config(make_profile(), Path("logs"))

    assert config.environment == Environment.LIVE
    engine = config.exec_engine
    assert engine.reconciliation
    assert engine.reconciliation_lookback_mins == 10_080
    assert engine.graceful_shutdown_on_exception
    # Nautilus rejects what stays in flight through its questions; no number of them is safe.
    assert engine.inflight_check_interval_ms == 0
    assert engine.open_check_interval_secs
    assert engine.position_check_interval_secs
    assert not config.risk_engine.bypass


def test_adapters_wait_with_the_past_as_long_as_a_node_may_ask_for_it() -> None:
    assert LIMIT_SECS > CONNECT_TIMEOUT_SECS + RECONCILE_TIMEOUT_SECS


def test_a_venue_without_execution_has_no_exec_client(make_profile: MakeProfile) -> None:
    profile = make_profile()
    venue = msgspec.structs.replace(profile.venues["hyperliquid"], execution="none")

    config = node_config(
        msgspec.structs.replace(profile, venues={"hyperliquid": venue}), Path("logs")
    )

    assert config.exec_clients == {}
    assert config.environment == Environment.SANDBOX


async def build(profile: Profile, logs: Path) -> TradingNode:
    return build_node(profile, logs, None)


def test_a_built_node_has_the_adapter_and_strategies_that_claim_their_instrument(
    make_profile: MakeProfile, tmp_path: Path
) -> None:
    node = asyncio.run(build(make_profile(), tmp_path / "logs"))

    (client,) = node.kernel.exec_engine._clients.values()
    assert isinstance(client, HyperliquidExecutionClient)
    assert client.id == ClientId("HYPERLIQUID")
    (strategy,) = node.trader.strategies()
    assert node.kernel.exec_engine.get_external_order_claim(BTC) == strategy.id
    assert isinstance(node.portfolio.analyzer, BulkAnalyzer)
    node.dispose()


def test_the_timers_of_all_that_runs_in_a_node_fire_on_its_loop(
    make_profile: MakeProfile, tmp_path: Path
) -> None:
    threads: dict[Actor, int] = {}

    async def run() -> TradingNode:
        node = await build(make_profile(), tmp_path / "logs")
        for each in (*node.trader.strategies(), *node.trader.actors()):
            tell = partial(threads.setdefault, each)
            each.clock.set_timer_ns("test", 1_000_000, 0, 0, lambda _, tell=tell: tell(get_ident()))
        await eventually(lambda: len(threads) == 2)  # the strategy and the guard
        return node

    asyncio.run(run()).dispose()

    assert set(threads.values()) == {get_ident()}


def test_a_second_process_on_the_same_key_is_refused_in_words(
    make_profile: MakeProfile, tmp_path: Path
) -> None:
    first = asyncio.run(build(make_profile(), tmp_path / "logs"))

    with pytest.raises(UsageError, match="sign for one process only, was in use by pid"):
        asyncio.run(build(make_profile(), tmp_path / "logs"))
    first.dispose()


ETH = {"instrument": "ETH-USD-PERP.HYPERLIQUID", "enabled": ""}
SAME = {"instrument": "BTC-USD-PERP.HYPERLIQUID", "enabled": ""}


def test_live_strategies_may_trade_different_instruments(make_profile: MakeProfile) -> None:
    check_profile(make_profile(more=SECOND.format(**ETH)))
    check_profile(make_profile(more=SECOND.format(**SAME | {"enabled": "enabled = false"})))


@pytest.mark.parametrize(
    ("second", "opposite", "refusal"),
    [
        ({}, ("second", "ETH"), None),
        (
            {},
            ("third", "ETH"),
            "strategy: expected the id of an enabled strategy of the kind 'alert', found 'third'",
        ),
        (
            {"enabled": "enabled = false"},
            ("second", "ETH"),
            "strategy: expected the id of an enabled strategy of the kind 'alert', found 'second'",
        ),
        (
            {},
            ("second", "SOL"),
            (
                "instrument_id: expected what 'second' trades, 'ETH-USD-PERP.HYPERLIQUID', "
                "found 'SOL-USD-PERP.HYPERLIQUID'"
            ),
        ),
    ],
)
def test_a_hedge_names_two_strategies_and_what_they_trade(
    make_profile: MakeProfile,
    second: dict[str, str],
    opposite: tuple[str, str],
    refusal: str | None,
) -> None:
    name, coin = opposite
    more = SECOND.format(**ETH | second) + HEDGE.format(name=name, coin=coin)
    profile = make_profile(more=more)

    if refusal is None:
        check_profile(profile)
        return
    with pytest.raises(ProfileError) as caught:
        check_profile(profile)

    assert str(caught.value) == f"mine.toml: strategies[2].parameters.opposite.{refusal}"


@pytest.mark.parametrize(
    ("variables", "venue", "more", "refusal"),
    [
        (
            {"TEST_KEY": ""},
            "",
            "",
            "environment: TEST_KEY: expected a secret of at least 16 characters, found nothing",
        ),
        (
            {"TEST_KEY": "4c" * 31},
            "",
            "",
            (
                "environment: TEST_KEY: expected a private key of 64 hex digits, "
                "found another text of 62 characters"
            ),
        ),
        (
            {"TEST_KEY": "00" * 32},
            "",
            "",
            (
                "environment: TEST_KEY: expected a private key of 64 hex digits, "
                "found another text of 64 characters"
            ),
        ),
        (
            {"TEST_ACCOUNT": KEY},
            'account_address_env = "TEST_ACCOUNT"',
            "",
            (
                "environment: TEST_ACCOUNT: expected an address of 0x and 40 hex digits, "
                "found another text of 66 characters"
            ),
        ),
        (
            {"TEST_VAULT": ""},
            'vault_address_env = "TEST_VAULT"',
            "",
            "environment: TEST_VAULT: expected an address of 0x and 40 hex digits, found nothing",
        ),
        (
            {},
            'leverage = { "BTC-USD-PERP.ELSEWHERE" = 5 }',
            "",
            (
                'mine.toml: venues.hyperliquid.leverage."BTC-USD-PERP.ELSEWHERE": '
                "expected an instrument of HYPERLIQUID, found 'BTC-USD-PERP.ELSEWHERE'"
            ),
        ),
        (
            {},
            "",
            SECOND.format(**SAME),
            (
                "mine.toml: strategies[1].parameters.instrument_id: expected another one than "
                "'alerts' trades (a venue nets the two), found 'BTC-USD-PERP.HYPERLIQUID'"
            ),
        ),
    ],
)
def test_what_cannot_trade_is_refused_without_a_secret_in_the_words(
    make_profile: MakeProfile,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    venue: str,
    more: str,
    refusal: str,
) -> None:
    profile = make_profile(venue, more)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ProfileError) as caught:
        check_profile(profile)

    assert str(caught.value) == refusal


def test_a_loopback_venue_without_an_address_never_means_the_real_one(
    make_profile: MakeProfile,
) -> None:
    profile = make_profile()
    venue = msgspec.structs.replace(profile.venues["hyperliquid"], base_url_ws=None)

    with pytest.raises(ProfileError) as caught:
        check_profile(
            msgspec.structs.replace(profile, environment="demo", venues={"hyperliquid": venue})
        )

    assert caught.value.key == "venues.hyperliquid.base_url_ws"
