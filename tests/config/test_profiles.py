"""The built-in profiles, reading by name or path, and what may be done with a profile."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from config.decoding import convert
from config.errors import MismatchError, ProfileError
from config.loading import BUILT_IN, FILE_BYTES_MAX, describe, load_profile, parse_profile
from config.settings import Profile
from config.webhook import TRADINGVIEW_ADDRESSES

PROFILES = Path(__file__).resolve().parents[2] / "config" / "profiles"


def any_profile(name: str) -> Profile:
    """Return a built-in profile; the live one with the yes that only its owner can give."""
    content = (PROFILES / f"{name}.toml").read_bytes()
    content = content.replace(b"confirm_live = false", b"confirm_live = true")
    return parse_profile(content, f"profiles/{name}.toml")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_profile_survives_a_round_trip_through_json(name: str) -> None:
    profile = any_profile(name)
    plain = json.loads(json.dumps(describe(profile)))
    assert convert(plain, Profile, file="config.json") == profile
    assert plain["file"] == f"profiles/{name}.toml"


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_profile_is_named_for_its_environment(name: str) -> None:
    profile = any_profile(name)
    assert (profile.name, profile.environment) == (name, name.partition("-")[0])
    assert [strategy.strategy for strategy in profile.strategies] == ["rsi", "alert"]


def test_every_file_in_the_folder_is_built_in() -> None:
    assert {path.name for path in PROFILES.iterdir()} == {f"{name}.toml" for name in BUILT_IN}


def test_demo_needs_no_network_and_no_free_port() -> None:
    profile = load_profile("demo")
    assert {venue.network for venue in profile.venues.values()} == {"loopback"}
    assert profile.webhook is not None
    assert profile.webhook.port == 0
    assert profile.paper.starting_balances == ("10000 USDC",)


@pytest.mark.parametrize(
    ("name", "orders"),
    [
        ("demo", ("loopback", "sandbox")),
        ("demo-live", ("loopback", "live")),
        ("demo-live-synthetix", ("loopback", "live")),
        ("paper", ("mainnet", "sandbox")),
        ("testnet", ("testnet", "live")),
    ],
)
def test_no_built_in_profile_but_live_risks_money(name: str, orders: tuple[str, str]) -> None:
    venues = load_profile(name).venues.values()
    assert [(venue.network, venue.execution) for venue in venues] == [orders]


def test_demo_live_trades_what_the_demo_trades() -> None:
    assert load_profile("demo-live").strategies == load_profile("demo").strategies


@pytest.mark.parametrize(
    ("environment", "network"),
    [("demo", "loopback"), ("testnet", "loopback"), ("testnet", "testnet"), ("live", "mainnet")],
)
def test_live_orders_are_allowed_where_they_belong(environment: str, network: str) -> None:
    urls = 'base_url_http = "http://[::1]:1"\nbase_url_ws = "ws://[::1]:1/ws"\n'
    profile = parse_profile(
        f'environment = "{environment}"\ntrader_id = "A-1"\nconfirm_live = true\n'
        f'[venues.alpha]\nnetwork = "{network}"\nexecution = "live"\nprivate_key_env = "KEY"\n'
        f"{urls if network == 'loopback' else ''}"
        '[[strategies]]\nid = "one"\nstrategy = "rsi"\n'.encode(),
        "mine.toml",
    )
    assert profile.venues["alpha"].account_address_env is None


def test_built_in_live_profile_waits_for_its_owners_yes() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("live")
    assert str(caught.value) == (
        "profiles/live.toml: confirm_live: "
        "expected true, your yes to orders with real money, found false"
    )


def test_a_file_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes((PROFILES / "paper.toml").read_bytes())
    profile = load_profile(str(path))
    assert (profile.name, profile.file) == ("mine", str(path))
    assert profile == msgspec.structs.replace(load_profile("paper"), file=str(path))


def test_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("papre")
    assert str(caught.value) == (
        "papre: expected one of 'demo', 'demo-live', 'demo-live-synthetix', 'paper', 'testnet', "
        "'live' "
        "or the path of a TOML file, "
        "found no such file or directory"
    )


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(str(tmp_path))
    assert caught.value.found == "is a directory"


def test_a_file_past_the_size_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * (FILE_BYTES_MAX + 1))
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    assert caught.value.expected == f"a file of at most {FILE_BYTES_MAX} bytes"


def test_defaults_are_the_safe_ones() -> None:
    profile = parse_profile(
        b'environment = "paper"\ntrader_id = "A-1"\n'
        b'venues.alpha.network = "mainnet"\n'
        b'[[strategies]]\nid = "one"\nstrategy = "mine.rsi:MyRsi"\n[webhook]\n',
        "mine.toml",
    )
    assert profile.venues["alpha"].execution == "sandbox"
    assert profile.webhook is not None
    assert profile.webhook.host == "127.0.0.1"
    assert profile.webhook.allowed("paper") == ()
    assert profile.webhook.allowed("live") == TRADINGVIEW_ADDRESSES
    assert profile.on_stop.cancel_orders
    assert not profile.on_stop.close_positions
    assert not profile.confirm_live
    assert profile.paper.leverage == Decimal(1)


def test_leverage_keeps_the_digits_of_the_file() -> None:
    content = (PROFILES / "demo.toml").read_text() + "\n"
    profile = parse_profile(content.replace("[paper]", "[paper]\nleverage = 2.1").encode(), "x")
    assert profile.paper.leverage == Decimal("2.1")


def test_venue_urls_are_filled_in_on_a_copy() -> None:
    profile = load_profile("demo")
    filled = profile.with_venue_urls(
        "hyperliquid", "http://127.0.0.1:9001", "ws://127.0.0.1:9001/ws"
    )
    venue = filled.venues["hyperliquid"]
    assert (venue.base_url_http, venue.base_url_ws) == (
        "http://127.0.0.1:9001",
        "ws://127.0.0.1:9001/ws",
    )
    assert profile.venues["hyperliquid"].base_url_http is None
    assert filled.strategies == profile.strategies


def test_the_state_directory_is_filled_in_on_a_copy() -> None:
    profile = load_profile("demo-live")
    filled = profile.with_state_directory("hyperliquid", "state")
    assert filled.venues["hyperliquid"].state_directory == "state"
    assert profile.venues["hyperliquid"].state_directory is None
    assert filled.strategies == profile.strategies


def test_venue_urls_must_fit_the_network() -> None:
    with pytest.raises(MismatchError, match="an address on this machine"):
        load_profile("demo").with_venue_urls("hyperliquid", "https://a.b", "wss://a.b")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_every_loopback_address_is_accepted(host: str) -> None:
    profile = load_profile("demo").with_venue_urls(
        "hyperliquid", f"http://{host}:1", f"ws://{host}:1/ws"
    )
    assert convert(describe(profile), Profile, file="x") == profile
