"""A TradingNode made of a profile: the one place where the names in a profile meet code."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.common import Environment
from nautilus_trader.config import (
    LiveDataClientConfig,
    LiveDataEngineConfig,
    LiveExecClientConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId

from adapters.paper import paper_exec_client_factory
from backtest.bulk_analyzer import BulkAnalyzer
from config.errors import ProfileError
from config.settings import LoggingSettings, PaperSettings, Profile
from config.venues import VenueSettings
from config.words import dotted
from desk.ending import SETTLE_SECS
from desk.exits import UsageError
from desk.guarding import guard_node
from desk.kits import VENUES
from desk.lookup import OrderLookup
from desk.loop_clock import make_node
from desk.managed import managed
from desk.strategies import hedge_legs, strategy_configs
from webhook.client import Desk, SignalDataClientConfig, signal_client_factory
from webhook.inbox import InboxError, Queue

CONNECT_TIMEOUT_SECS = 30.0  # a venue that has not answered by then ends the run
# The 10,000 fills that Hyperliquid remembers cost more than it lets be asked in a minute. For so
# long an adapter tells nothing of the past by itself (`adapters.common.beginning`).
RECONCILE_TIMEOUT_SECS = 120.0
PORTFOLIO_TIMEOUT_SECS = 10.0
WEBHOOK = "WEBHOOK"  # the data client that alert strategies listen to by default
# Of a node that stops by itself, after an exception; else `end_trading` has waited before.
PAPER_POST_STOP_SECS = 1.0

PAPER_EXEC_ENGINE = LiveExecEngineConfig(
    graceful_shutdown_on_exception=True,
    reconciliation=False,  # the simulated account starts empty, there is nothing to find
)
LIVE_EXEC_ENGINE = LiveExecEngineConfig(
    graceful_shutdown_on_exception=True,
    reconciliation=True,
    # A week holds how nearly every open position came about, with its fees. What is older, Nautilus
    # bridges with one order at the venue's average price; all of it would only slow the start.
    reconciliation_lookback_mins=7 * 24 * 60,
    # Off. After some questions without an answer it calls an order rejected ("UNKNOWN"), or one
    # that is being canceled or modified canceled, though the venue may only be out of reach. An
    # adapter here asks for each order in doubt itself, sooner and until the venue's word or the
    # order's expiry settles it.
    inflight_check_interval_ms=0,
    # What no stream told: orders placed elsewhere, and fills that an adapter's own recovery missed.
    # Once a minute, since a fill that is told during the check could be inferred beside itself.
    open_check_interval_secs=60.0,
    # The last net: the positions themselves. A difference is explained by the missing fills.
    position_check_interval_secs=60.0,
)


def check_profile(profile: Profile) -> None:
    """
    Refuse what the profile's own structs cannot know: names and parameters that code gives.

    Raises
    ------
    ProfileError
        For an unknown venue or strategy, a wrong strategy parameter, an environment variable that
        is missing or wrong, or what cannot be traded live.

    """
    for name, venue in profile.venues.items():
        if name not in VENUES:
            known = " or ".join(map(repr, VENUES))
            raise ProfileError(profile.file, f"venues.{name}", f"{known} as a venue", repr(name))
        _check_address_is_known(profile.file, name, venue)
        _data_config(profile, name)
        if venue.execution == "live":
            _check_leverage(profile.file, name, venue)
            _exec_config(profile, name)
    strategy_configs(profile)


def build_node(
    profile: Profile,
    log_directory: Path,
    inbox: Queue | None,
    on_inbox_failure: Callable[[InboxError], None] = lambda _error: None,
) -> TradingNode:
    """
    Return a built node with its clients and strategies; nothing is started yet.

    Call it inside the running event loop. It takes the alerts of `inbox` once it runs, and calls
    `on_inbox_failure` if it cannot.

    Raises
    ------
    ProfileError
        As `check_profile`.
    UsageError
        A client cannot be made: another process signs with its key, say.

    """
    check_profile(profile)
    node = make_node(asyncio.get_running_loop(), node_config(profile, log_directory))
    BulkAnalyzer.take_over(node.portfolio.analyzer)
    lookup = OrderLookup()
    for name, venue in profile.venues.items():
        node.add_data_client_factory(name.upper(), VENUES[name].data_factory)
        if venue.execution == "live":
            node.add_exec_client_factory(name.upper(), lookup.watching(VENUES[name].exec_factory))
        elif venue.execution == "sandbox":
            paper = paper_exec_client_factory(node.kernel.exec_engine)
            node.add_exec_client_factory(name.upper(), paper)
    silences = {} if profile.webhook is None else profile.webhook.silence_secs
    desk = Desk(
        find_order=lookup.find_order,
        legs=hedge_legs(profile),
        position_of=lambda strategy: _position_of(node, strategy),
        silences_secs=silences,
        on_failure=on_inbox_failure,
    )
    node.add_data_client_factory(WEBHOOK, signal_client_factory(inbox, desk))
    try:
        node.build()
    except (ValueError, OSError) as e:
        raise UsageError(str(e)) from e
    for strategy_type, config in strategy_configs(profile):
        node.trader.add_strategy(managed(strategy_type)(config))
    guard_node(node, profile)
    return node


def _position_of(node: TradingNode, name: str) -> Decimal | None:
    for strategy in node.trader.strategies():
        if getattr(strategy.config, "name", None) == name and hasattr(strategy, "status"):
            position: Decimal = strategy.status().position
            return position
    return None


def _data_config(profile: Profile, name: str) -> LiveDataClientConfig:
    return VENUES[name].data_config(profile.file, f"venues.{name}", profile.venues[name])


def _exec_config(profile: Profile, name: str) -> LiveExecClientConfig:
    return VENUES[name].exec_config(profile.file, f"venues.{name}", profile.venues[name])


# Without an address a client would use the venue's own: the real market.
def _check_address_is_known(file: str, name: str, venue: VenueSettings) -> None:
    for key in ("base_url_http", "base_url_ws"):
        if venue.network == "loopback" and getattr(venue, key) is None:
            wanted = "the loopback venue's address (a demo starts one)"
            raise ProfileError(file, f"venues.{name}.{key}", wanted, "nothing")


def _check_leverage(file: str, name: str, venue: VenueSettings) -> None:
    for text in venue.leverage:
        if InstrumentId.from_str(text).venue.value != name.upper():
            key = dotted(("venues", name, "leverage", text))
            raise ProfileError(file, key, f"an instrument of {name.upper()}", repr(text))


def node_config(profile: Profile, log_directory: Path) -> TradingNodeConfig:
    """Return the settings of a node for a profile that `check_profile` has passed."""
    return TradingNodeConfig(
        environment=Environment.LIVE if profile.is_live else Environment.SANDBOX,
        trader_id=profile.trader_id,
        logging=_logging(profile.logging, log_directory),
        # Without these a handler that raises ends the process at once, orders left as they are.
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        risk_engine=LiveRiskEngineConfig(graceful_shutdown_on_exception=True),
        exec_engine=LIVE_EXEC_ENGINE if profile.is_live else PAPER_EXEC_ENGINE,
        data_clients={
            WEBHOOK: SignalDataClientConfig(),
            **{name.upper(): _data_config(profile, name) for name in profile.venues},
        },
        exec_clients={
            name.upper(): _exec_config(profile, name)
            if venue.execution == "live"
            else _paper(name.upper(), profile.paper)
            for name, venue in profile.venues.items()
            if venue.execution != "none"
        },
        timeout_connection=CONNECT_TIMEOUT_SECS,
        timeout_reconciliation=RECONCILE_TIMEOUT_SECS,
        timeout_portfolio=PORTFOLIO_TIMEOUT_SECS,
        timeout_post_stop=SETTLE_SECS if profile.is_live else PAPER_POST_STOP_SECS,
    )


def _logging(settings: LoggingSettings, log_directory: Path) -> LoggingConfig:
    return LoggingConfig(
        log_level="OFF",  # the terminal belongs to the view
        log_level_file=settings.level,
        log_directory=settings.directory or str(log_directory),
        log_file_name="node",
        log_file_format="json" if settings.json else None,
        log_file_max_size=settings.max_file_bytes,
        log_file_max_backup_count=settings.backups,
    )


def _paper(venue: str, settings: PaperSettings) -> SandboxExecutionClientConfig:
    return SandboxExecutionClientConfig(
        venue=venue,
        starting_balances=list(settings.starting_balances),
        default_leverage=settings.leverage,
    )
