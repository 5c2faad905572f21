"""A TradingNode made of a profile: the one place where the names in a profile meet code."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.common import Environment
from nautilus_trader.common.config import (
    msgspec_decoding_hook,
    resolve_path,
)
from nautilus_trader.config import (
    InstrumentProviderConfig,
    LiveDataClientConfig,
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    StrategyConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.factories import LiveDataClientFactory
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

from adapters.hyperliquid import (
    HyperliquidDataClientConfig,
    HyperliquidLiveDataClientFactory,
    HyperliquidProductType,
)
from adapters.paper import paper_exec_client_factory
from config.decoding import convert
from config.errors import ProfileError
from config.secrets import read_secret
from config.settings import LoggingSettings, PaperSettings, Profile, StrategySettings, VenueSettings
from strategies.alert_strategy import AlertStrategy
from strategies.rsi_strategy import RsiStrategy
from webhook.client import SignalDataClientConfig, signal_client_factory
from webhook.inbox import Inbox

CONNECT_TIMEOUT_SECS = 30.0  # a venue that has not answered by then ends the run
WEBHOOK = "WEBHOOK"  # the data client that alert strategies listen to by default
POST_STOP_SECS = 1.0  # for the orders that a strategy sends while it stops


class VenueKit(NamedTuple):
    """What the desk needs of a venue's adapter."""

    data_config: Callable[[str, str, VenueSettings], LiveDataClientConfig]  # file, key, settings
    data_factory: type[LiveDataClientFactory]


def _hyperliquid_data(file: str, at: str, settings: VenueSettings) -> HyperliquidDataClientConfig:
    product_types = convert(
        list(settings.product_types),
        frozenset[HyperliquidProductType],
        file=file,
        at=f"{at}.product_types",
    )
    return HyperliquidDataClientConfig(
        testnet=settings.network == "testnet",
        base_url_http=settings.base_url_http,
        base_url_ws=settings.base_url_ws,
        account_address=_account_address(settings),
        instrument_provider=_instruments(settings),
        product_types=product_types or frozenset(HyperliquidProductType),
    )


VENUES = {"hyperliquid": VenueKit(_hyperliquid_data, HyperliquidLiveDataClientFactory)}

STRATEGIES: dict[str, type[Strategy]] = {"rsi": RsiStrategy, "alert": AlertStrategy}


def check_profile(profile: Profile) -> None:
    """
    Refuse what the profile's own structs cannot know: names and parameters that code gives.

    Raises
    ------
    ProfileError
        For an unknown venue or strategy, a wrong strategy parameter, or live order entry, which is
        not there yet.

    """
    for name, venue in profile.venues.items():
        if name not in VENUES:
            known = " or ".join(map(repr, VENUES))
            raise ProfileError(profile.file, f"venues.{name}", f"{known} as a venue", repr(name))
        if venue.execution == "live":
            raise ProfileError(
                profile.file,
                f"venues.{name}.execution",
                "'sandbox' or 'none' (live order entry is not in this release)",
                "'live'",
            )
        _data_config(profile, name)
    for index, strategy in enumerate(profile.strategies):
        _strategy_config(profile, index, strategy)


def build_node(profile: Profile, log_directory: Path, inbox: Inbox) -> TradingNode:
    """
    Return a built node with its clients and strategies; nothing is started yet.

    Call it inside the running event loop.

    Raises
    ------
    ProfileError
        As `check_profile`.

    """
    check_profile(profile)
    node = TradingNode(config=_node_config(profile, log_directory))
    for name in profile.venues:
        node.add_data_client_factory(name.upper(), VENUES[name].data_factory)
        node.add_exec_client_factory(
            name.upper(), paper_exec_client_factory(node.kernel.exec_engine)
        )
    node.add_data_client_factory(WEBHOOK, signal_client_factory(inbox))
    node.build()
    for index, settings in enumerate(profile.strategies):
        if settings.enabled:
            strategy_type, config = _strategy_config(profile, index, settings)
            node.trader.add_strategy(strategy_type(config))
    return node


def tickers(profile: Profile) -> dict[str, InstrumentId]:
    """
    Return what the tickers of alerts stand for.

    The profile's own entries, and the coin of each strategy's instrument: ETH of ETH-USD-PERP.
    """
    found = {}
    for settings in profile.strategies:
        instrument = settings.parameters.get("instrument_id")
        if isinstance(instrument, str):
            found[instrument.partition("-")[0]] = InstrumentId.from_str(instrument)
    stated = profile.webhook.tickers if profile.webhook else {}
    return found | {ticker: InstrumentId.from_str(text) for ticker, text in stated.items()}


def _data_config(profile: Profile, name: str) -> LiveDataClientConfig:
    return VENUES[name].data_config(profile.file, f"venues.{name}", profile.venues[name])


def _strategy_config(
    profile: Profile, index: int, settings: StrategySettings
) -> tuple[type[Strategy], StrategyConfig]:
    at = f"strategies[{index}]"
    strategy_type = _strategy_type(profile.file, f"{at}.strategy", settings.strategy)
    config_type = strategy_type.__init__.__annotations__["config"]
    elsewhere = {
        "name": (settings.id, f"{at}.id"),
        "cancel_orders_on_stop": (profile.on_stop.cancel_orders, "on_stop.cancel_orders"),
        "close_positions_on_stop": (profile.on_stop.close_positions, "on_stop.close_positions"),
    }
    for key in elsewhere.keys() & settings.parameters:
        wanted = f"no such key here: it is said by {elsewhere[key][1]}"
        raise ProfileError(profile.file, f"{at}.parameters.{key}", wanted, repr(key))
    fields = config_type.__struct_fields__
    config = convert(
        settings.parameters | {k: value for k, (value, _) in elsewhere.items() if k in fields},
        config_type,
        file=profile.file,
        at=f"{at}.parameters",
        dec_hook=msgspec_decoding_hook,
    )
    # A string, although the field says StrategyId: Nautilus takes it as a logger's name as well.
    named = msgspec.structs.replace(config, strategy_id=settings.id, order_id_tag=f"{index:03}")
    return strategy_type, named


def _strategy_type(file: str, key: str, name: str) -> type[Strategy]:
    if ":" not in name:
        if name not in STRATEGIES:
            known = ", ".join(map(repr, STRATEGIES))
            raise ProfileError(file, key, f"one of {known}, or 'module:Class'", repr(name))
        return STRATEGIES[name]
    try:
        found = resolve_path(name)
    except (ImportError, AttributeError) as e:
        raise ProfileError(file, key, "an importable 'module:Class'", str(e)) from e
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ProfileError(file, key, "a subclass of Nautilus's Strategy", repr(name))
    return found


def _node_config(profile: Profile, log_directory: Path) -> TradingNodeConfig:
    return TradingNodeConfig(
        environment=Environment.SANDBOX,
        trader_id=profile.trader_id,
        logging=_logging(profile.logging, log_directory),
        # Without these a handler that raises ends the process at once, orders left as they are.
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        risk_engine=LiveRiskEngineConfig(graceful_shutdown_on_exception=True),
        exec_engine=LiveExecEngineConfig(
            graceful_shutdown_on_exception=True,
            reconciliation=False,  # the simulated account starts empty, there is nothing to find
        ),
        data_clients={
            WEBHOOK: SignalDataClientConfig(),
            **{name.upper(): _data_config(profile, name) for name in profile.venues},
        },
        exec_clients={
            name.upper(): _paper(name.upper(), profile.paper)
            for name, venue in profile.venues.items()
            if venue.execution == "sandbox"
        },
        timeout_connection=CONNECT_TIMEOUT_SECS,
        timeout_post_stop=POST_STOP_SECS,
    )


def _logging(settings: LoggingSettings, log_directory: Path) -> LoggingConfig:
    return LoggingConfig(
        log_level="OFF",  # the terminal belongs to the view
        log_level_file=settings.level,
        log_directory=settings.directory or str(log_directory),
        log_file_name="node",
        log_file_format="json" if settings.json else None,
        log_file_max_size=settings.max_file_mb * 1024 * 1024,
    )


def _paper(venue: str, settings: PaperSettings) -> SandboxExecutionClientConfig:
    return SandboxExecutionClientConfig(
        venue=venue,
        starting_balances=list(settings.starting_balances),
        default_leverage=settings.leverage,
    )


def _account_address(settings: VenueSettings) -> str | None:
    variable = settings.account_address_env
    return None if variable is None else read_secret(variable, os.environ).reveal()


def _instruments(settings: VenueSettings) -> InstrumentProviderConfig:
    if settings.instruments:
        ids = frozenset(InstrumentId.from_str(text) for text in settings.instruments)
        return InstrumentProviderConfig(load_ids=ids)
    return InstrumentProviderConfig(load_all=True)
