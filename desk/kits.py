"""What the desk needs of each venue's adapter: the one place where venues are told apart."""

import os
import re
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from typing import Any, Final, NamedTuple

from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import (
    InstrumentProviderConfig,
    LiveDataClientConfig,
    LiveExecClientConfig,
)
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.books import Books
from adapters.common.checkup import Checkup
from adapters.hyperliquid import (
    HyperliquidDataClientConfig,
    HyperliquidExecClientConfig,
    HyperliquidLiveDataClientFactory,
    HyperliquidLiveExecClientFactory,
    HyperliquidProductType,
)
from adapters.hyperliquid import books as hyperliquid_books
from adapters.hyperliquid import constants as hyperliquid_constants
from adapters.hyperliquid import factories as hyperliquid_factories
from adapters.hyperliquid.checkup import HyperliquidCheckup
from adapters.hyperliquid.signing import Signer
from adapters.synthetix import (
    SynthetixDataClientConfig,
    SynthetixExecClientConfig,
    SynthetixLiveDataClientFactory,
    SynthetixLiveExecClientFactory,
)
from adapters.synthetix import books as synthetix_books
from adapters.synthetix import constants as synthetix_constants
from adapters.synthetix import factories as synthetix_factories
from adapters.synthetix.checkup import SynthetixCheckup
from backtest.instruments import Terms
from config.decoding import convert
from config.errors import ProfileError
from config.secrets import read_secret
from config.venues import VenueSettings

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class VenueKit(NamedTuple):
    """
    How a venue's clients are made.

    The two makers of settings take the profile's file, the venue's key in it and its table; they
    read names of environment variables, and raise ProfileError for what is wrong or missing.
    `load_instrument` asks the venue, without an account, for one that it may not list; it raises
    VenueError for a venue that does not tell. `demo_profile` trades live on a loopback venue, where
    `demo_instrument` is listed and its best price offers less than `demo_notional_max`.
    `read_books` asks such a venue, by its REST address, for the books of the account of a key.
    `checkup` asks a venue, without a node, what `perpdesk doctor` wants to know.
    `terms` are those of a perpetual at the venue's base tier, for history without an account.
    """

    data_config: Callable[[str, str, VenueSettings], LiveDataClientConfig]
    data_factory: type[LiveDataClientFactory]
    exec_config: Callable[[str, str, VenueSettings], LiveExecClientConfig]
    exec_factory: type[LiveExecClientFactory]
    load_instrument: Callable[[VenueSettings, InstrumentId], Awaitable[Instrument | None]]
    demo_profile: str
    demo_instrument: str
    demo_notional_max: Decimal
    read_books: Callable[[str, str], Coroutine[Any, Any, Books]]
    checkup: Callable[[VenueSettings], Checkup]
    terms: Terms


def _hyperliquid_data(file: str, at: str, settings: VenueSettings) -> HyperliquidDataClientConfig:
    return HyperliquidDataClientConfig(
        testnet=settings.network == "testnet",
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        account_address=read_address(settings.account_address_env),
        instrument_provider=_instruments(settings),
        product_types=_product_types(file, at, settings),
    )


def _hyperliquid_exec(file: str, at: str, settings: VenueSettings) -> HyperliquidExecClientConfig:
    variable = settings.private_key_env
    assert variable is not None  # noqa: S101 (live orders need it, says the profile's own rule)
    check_key(variable)
    if settings.subaccount_id_env is not None:
        wanted = "vault_address_env (sub-accounts have addresses here)"
        raise ProfileError(
            file, f"{at}.subaccount_id_env", wanted, repr(settings.subaccount_id_env)
        )
    return HyperliquidExecClientConfig(
        testnet=settings.network == "testnet",
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        instrument_provider=_instruments(settings),
        product_types=_product_types(file, at, settings),
        private_key_env=variable,
        account_address=read_address(settings.account_address_env),
        vault_address=read_address(settings.vault_address_env),
        market_slippage_bps=settings.market_slippage_bps,
        expires_after_secs=settings.expires_after_secs,
        leverages=settings.leverage,
        isolated=frozenset(settings.isolated),
        dead_mans_switch_secs=settings.dead_mans_switch_secs,
        watchdog_only=settings.watchdog_only,
        state_directory=settings.state_directory,
        keep_warm=settings.keep_warm,
    )


def _hyperliquid_questions(settings: VenueSettings) -> HyperliquidDataClientConfig:
    """Return the settings of somebody who asks by hand: he would rather hear no than wait."""
    return HyperliquidDataClientConfig(
        testnet=settings.network == "testnet",
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        http_max_attempts=1,
    )


def _hyperliquid_checkup(settings: VenueSettings) -> HyperliquidCheckup:
    config = _hyperliquid_questions(settings)
    return HyperliquidCheckup(hyperliquid_factories.http_client(config))


async def _load_hyperliquid_instrument(
    settings: VenueSettings, instrument_id: InstrumentId
) -> Instrument | None:
    config = _hyperliquid_questions(settings)
    provider = hyperliquid_factories.build_instrument_provider(config, LiveClock())
    await provider.load_ids_async([instrument_id])
    return provider.find(instrument_id)


def _synthetix_data(file: str, at: str, settings: VenueSettings) -> SynthetixDataClientConfig:
    _check_synthetix(file, at, settings)
    is_live = settings.execution == "live"
    return SynthetixDataClientConfig(
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        # The venue tells an account's fee rates to its key alone.
        private_key_env=settings.private_key_env if is_live else None,
        subaccount_id=read_number(settings.subaccount_id_env) if is_live else None,
        instrument_provider=_instruments(settings),
    )


def _synthetix_exec(file: str, at: str, settings: VenueSettings) -> SynthetixExecClientConfig:
    _check_synthetix(file, at, settings)
    variable = settings.private_key_env
    assert variable is not None  # noqa: S101 (live orders need it, says the profile's own rule)
    check_key(variable)
    return SynthetixExecClientConfig(
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        instrument_provider=_instruments(settings),
        private_key_env=variable,
        subaccount_id=read_number(settings.subaccount_id_env),
        expires_after_secs=settings.expires_after_secs,
        leverages=settings.leverage,
        dead_mans_switch_secs=settings.dead_mans_switch_secs,
        state_directory=settings.state_directory,
        keep_warm=settings.keep_warm,
    )


def _check_synthetix(file: str, at: str, settings: VenueSettings) -> None:
    """Refuse what this venue has not, instead of trading otherwise than the profile says."""
    refusals = (
        (settings.network == "testnet", "network", "mainnet or loopback (it has no testnet)"),
        (bool(settings.isolated), "isolated", "none (all margin is cross here)"),
        (settings.watchdog_only, "watchdog_only", "false (the venue itself cancels)"),
        (not set(settings.product_types) <= {"perp"}, "product_types", "perp alone"),
        (settings.vault_address_env is not None, "vault_address_env", "subaccount_id_env"),
        (settings.account_address_env is not None, "account_address_env", "subaccount_id_env"),
    )
    for is_wrong, key, wanted in refusals:
        if is_wrong:
            raise ProfileError(file, f"{at}.{key}", wanted, repr(getattr(settings, key)))


def _synthetix_questions(settings: VenueSettings) -> SynthetixDataClientConfig:
    """Return the settings of somebody who asks by hand: he would rather hear no than wait."""
    return SynthetixDataClientConfig(
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        http_max_attempts=1,
    )


def _synthetix_checkup(settings: VenueSettings) -> SynthetixCheckup:
    return SynthetixCheckup(synthetix_factories.http_client(_synthetix_questions(settings)))


async def _load_synthetix_instrument(
    settings: VenueSettings, instrument_id: InstrumentId
) -> Instrument | None:
    config = _synthetix_questions(settings)
    provider = synthetix_factories.build_instrument_provider(config, LiveClock())
    await provider.load_ids_async([instrument_id])
    return provider.find(instrument_id)


VENUES: Final = {
    "hyperliquid": VenueKit(
        _hyperliquid_data,
        HyperliquidLiveDataClientFactory,
        _hyperliquid_exec,
        HyperliquidLiveExecClientFactory,
        _load_hyperliquid_instrument,
        demo_profile="demo-live",
        demo_instrument="BTC-USD-PERP.HYPERLIQUID",
        demo_notional_max=Decimal(40_000),  # of some 30,000
        read_books=hyperliquid_books.read_books,
        checkup=_hyperliquid_checkup,
        terms=Terms(
            currency="USDC",
            maker_fee=hyperliquid_constants.FEE_PERP_MAKER,
            taker_fee=hyperliquid_constants.FEE_PERP_TAKER,
        ),
    ),
    "synthetix": VenueKit(
        _synthetix_data,
        SynthetixLiveDataClientFactory,
        _synthetix_exec,
        SynthetixLiveExecClientFactory,
        _load_synthetix_instrument,
        demo_profile="demo-live-synthetix",
        demo_instrument="BTC-USDT-PERP.SYNTHETIX",
        demo_notional_max=Decimal(250_000),  # of some 110,000
        read_books=synthetix_books.read_books,
        checkup=_synthetix_checkup,
        terms=Terms(
            currency="USDT",
            maker_fee=synthetix_constants.FEE_MAKER,
            taker_fee=synthetix_constants.FEE_TAKER,
        ),
    ),
}


def _product_types(
    file: str, at: str, settings: VenueSettings
) -> frozenset[HyperliquidProductType]:
    product_types = convert(
        list(settings.product_types),
        frozenset[HyperliquidProductType],
        file=file,
        at=f"{at}.product_types",
    )
    return product_types or frozenset(HyperliquidProductType)


def _instruments(settings: VenueSettings) -> InstrumentProviderConfig:
    if settings.instruments:
        ids = frozenset(InstrumentId.from_str(text) for text in settings.instruments)
        return InstrumentProviderConfig(load_ids=ids)
    return InstrumentProviderConfig(load_all=True)


def read_address(variable: str | None) -> str | None:
    """Return the address in an environment variable; ProfileError if it is none."""
    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if _ADDRESS.fullmatch(value) is None:
        # Not repeated: it may be a key in the wrong place.
        found = f"another text of {len(value)} characters" if value else "nothing"
        raise ProfileError("environment", variable, "an address of 0x and 40 hex digits", found)
    return value.lower()


def read_number(variable: str | None) -> str | None:
    """Return the number of a sub-account in an environment variable; ProfileError if it is none."""
    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if _NUMBER.fullmatch(value) is None:
        found = f"another text of {len(value)} characters" if value else "nothing"
        raise ProfileError("environment", variable, "the number of a sub-account", found)
    return value


def check_key(variable: str) -> None:
    """Raise ProfileError unless an environment variable holds a private key."""
    key = read_secret(variable, os.environ).reveal()
    try:
        Signer(key, is_mainnet=False)
    except ValueError:
        found = f"another text of {len(key)} characters"
        # Without its cause, in whose traceback a debugger would find the key.
        raise ProfileError(
            "environment", variable, "a private key of 64 hex digits", found
        ) from None
