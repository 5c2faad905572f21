"""The structs of a profile and the rules between their values; they read no file and no secret.

A value that breaks a rule is a `MismatchError`, which `config.decoding.convert` turns into the
`ProfileError` that people read. Every key is described for users in docs/configuration.md.
"""

from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any, Literal

from msgspec import Meta, field
from msgspec.structs import replace

from config.errors import MismatchError
from config.forms import (
    Balance,
    StrategyId,
    StrategyName,
    Text,
    TraderId,
)
from config.monitor import MonitorSettings
from config.risk import RiskSettings
from config.venues import Settings, VenueSettings
from config.webhook import WebhookSettings


class StrategySettings(Settings, frozen=True, kw_only=True):
    """One strategy; its `parameters` are decoded by the desk into the strategy's own type.

    Attributes
    ----------
    id
        Its name in this profile, unique; alerts and reports call it so.
    strategy
        A strategy the desk knows by name, or an import path `module:Class`.
    enabled
        Whether it is started.
    parameters
        Raw TOML values.

    """

    id: StrategyId
    strategy: StrategyName
    enabled: bool = True
    parameters: dict[str, Any] = field(default_factory=dict)


class PaperSettings(Settings, frozen=True, kw_only=True):
    """The account that paper execution starts with.

    Attributes
    ----------
    starting_balances
        Amounts with their currency, such as `10000 USDC`; one per currency.
    leverage
        The account's leverage, at least 1.

    """

    starting_balances: Annotated[tuple[Balance, ...], Meta(min_length=1)] = ("10000 USDC",)
    leverage: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        """Refuse a leverage below 1 and a second balance in one currency."""
        if not (self.leverage.is_finite() and self.leverage >= 1):
            raise MismatchError("a decimal number >= 1", "leverage")
        currencies = [balance.split()[1] for balance in self.starting_balances]
        for index, currency in enumerate(currencies):
            if currency in currencies[:index]:
                raise MismatchError("one balance per currency", "starting_balances", index)


class StopSettings(Settings, frozen=True, kw_only=True):
    """What happens to orders and positions when a run stops."""

    cancel_orders: bool = True
    close_positions: bool = False


class LoggingSettings(Settings, frozen=True, kw_only=True):
    """How much is logged, and where to.

    Attributes
    ----------
    level
        Nautilus's level.
    directory
        Where log files go; None means the run's own folder.
    json
        Whether log files hold JSON lines instead of text.
    max_file_mb
        At this size a log file is closed and the next begun.
    backups
        How many closed ones are kept beside it; the oldest goes first.

    """

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "OFF"] = "INFO"
    directory: Text | None = None
    json: bool = False
    max_file_mb: Annotated[int, Meta(ge=1, le=1_024)] = 50
    backups: Annotated[int, Meta(ge=0, le=1_000)] = 5

    @property
    def max_file_bytes(self) -> int:
        """The size at which a file is closed, in bytes."""
        return self.max_file_mb * 1024 * 1024


class Document(Settings, frozen=True, kw_only=True):
    """What the file of a profile may say, and the rules between its tables.

    Attributes
    ----------
    environment
        What kind of run this is; the rules depend on it.
    trader_id
        Nautilus's trader id.
    venues
        Settings by venue name, in lower case.
    strategies
        What trades, at least one.
    webhook
        The listener for alerts; None means there is none.
    monitor
        The API that shows the run and takes commands; None means there is none.
    risk, paper, on_stop, logging
        See their types.
    runs
        The folder that gets one folder per run.
    confirm_live
        The owner's yes to orders with real money.

    """

    environment: Literal["demo", "paper", "testnet", "live"]
    trader_id: TraderId
    venues: Annotated[
        dict[str, VenueSettings], Meta(min_length=1, description="a table of at least one venue")
    ]
    strategies: Annotated[
        tuple[StrategySettings, ...],
        Meta(min_length=1, description="a list of at least one strategy"),
    ]
    webhook: WebhookSettings | None = None
    monitor: MonitorSettings | None = None
    risk: RiskSettings = RiskSettings()
    paper: PaperSettings = PaperSettings()
    on_stop: StopSettings = StopSettings()
    logging: LoggingSettings = LoggingSettings()
    runs: Text = "runs"
    confirm_live: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts the environment, and strategies that share an id."""
        if self.environment == "live" and not self.confirm_live:
            raise MismatchError("true, your yes to orders with real money", "confirm_live")
        for name, venue in self.venues.items():
            self._check_execution(name, venue)
            self._check_loopback(name, venue)
        self._check_one_kind()
        ids = [strategy.id for strategy in self.strategies]
        for index, id_ in enumerate(ids):
            if id_ in ids[:index]:
                raise MismatchError("an id that no other strategy has", "strategies", index, "id")
        if self.webhook is not None:
            self._check_webhook(self.webhook, ids)
        self._check_risk(ids)

    def _check_risk(self, ids: list[str]) -> None:
        for name in self.risk.venues:
            if name not in self.venues:
                raise MismatchError("a venue of this file", "risk", "venues", name)
        for name in self.risk.strategies:
            if name not in ids:
                raise MismatchError("the id of a strategy", "risk", "strategies", name)
        for name in self.risk.instruments:
            if name.rpartition(".")[2].lower() not in self.venues:
                raise MismatchError(
                    "an instrument of a venue of this file", "risk", "instruments", name
                )

    def _check_webhook(self, webhook: WebhookSettings, ids: list[str]) -> None:
        for key in ("ttl", "silence_secs"):
            for name in getattr(webhook, key):
                if name not in ids:
                    raise MismatchError("the id of a strategy", "webhook", key, name)
        try:
            webhook.check_reach(self.environment)
        except MismatchError as e:
            raise MismatchError(e.expected, "webhook", *e.path) from e

    def _check_execution(self, name: str, venue: VenueSettings) -> None:
        if venue.execution != "live":
            return
        if self.environment == "paper":
            wanted = "'sandbox' or 'none' (environment is 'paper')"
            raise MismatchError(wanted, "venues", name, "execution")
        if self.environment == "demo" and venue.network != "loopback":
            wanted = "'loopback' (environment is 'demo', execution is 'live')"
            raise MismatchError(wanted, "venues", name, "network")
        if self.environment == "testnet" and venue.network == "mainnet":
            wanted = "'testnet' or 'loopback' (environment is 'testnet', execution is 'live')"
            raise MismatchError(wanted, "venues", name, "network")

    # What is compared with a venue while it trades must not be asked of a simulated account, which
    # answers with nothing, as if its orders and positions were gone.
    def _check_one_kind(self) -> None:
        executions = [venue.execution for venue in self.venues.values()]
        if "live" not in executions:
            return
        for name, venue in self.venues.items():
            if venue.execution == "sandbox":
                wanted = "'live' or 'none' (another venue's is 'live')"
                raise MismatchError(wanted, "venues", name, "execution")

    # The demo starts its venue itself and fills the addresses in with `Profile.with_venue_urls`.
    def _check_loopback(self, name: str, venue: VenueSettings) -> None:
        if venue.network != "loopback" or self.environment == "demo":
            return
        for key in ("base_url_http", "base_url_ws"):
            if getattr(venue, key) is None:
                raise MismatchError("the loopback venue's address", "venues", name, key)


class Profile(Document, frozen=True, kw_only=True):
    """Everything a run needs to know, but its secrets: a document and the file that held it.

    Attributes
    ----------
    file
        Where it was read: a path as the user gave it, or `profiles/<name>.toml` for a built-in one.

    """

    file: str

    @property
    def name(self) -> str:
        """The file's name without its ending, such as `paper`."""
        return PurePath(self.file).stem

    @property
    def is_live(self) -> bool:
        """Whether any venue gets real orders, be it one on this machine."""
        return any(venue.execution == "live" for venue in self.venues.values())

    def with_venue_urls(self, name: str, http: str, ws: str) -> "Profile":
        """Return this profile with the addresses of one venue filled in.

        Parameters
        ----------
        name
            The venue, a key of `venues`.
        http, ws
            Its addresses, known only once a loopback venue listens.

        Raises
        ------
        KeyError
            The profile has no such venue.
        MismatchError
            An address does not fit the venue's network.

        """
        venue = replace(self.venues[name], base_url_http=http, base_url_ws=ws)
        return replace(self, venues=self.venues | {name: venue})

    def with_state_directory(self, name: str, directory: str) -> "Profile":
        """Return this profile with the folder for what outlives a run at one venue.

        Raises
        ------
        KeyError
            The profile has no such venue.

        """
        venue = replace(self.venues[name], state_directory=directory)
        return replace(self, venues=self.venues | {name: venue})
