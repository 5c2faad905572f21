"""The settings of the Hyperliquid clients; they are read once and hold no secret."""

from enum import StrEnum

from nautilus_trader.config import (
    LiveDataClientConfig,
    LiveExecClientConfig,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from adapters.hyperliquid import constants


class HyperliquidProductType(StrEnum):
    """The kinds of market that Hyperliquid lists and this adapter trades."""

    PERP = "perp"
    """Perpetuals of the venue's own dex: `BTC-USD-PERP`."""
    SPOT = "spot"
    """Spot pairs: `PURR-USDC-SPOT`."""
    HIP3 = "hip3"
    """Perpetuals of builder-deployed dexes: `xyz:TSLA-USD-PERP`."""


ALL_PRODUCT_TYPES = frozenset(HyperliquidProductType)


class HyperliquidDataClientConfig(LiveDataClientConfig, frozen=True):
    """
    Settings of one Hyperliquid data client.

    `handle_revised_bars` of the base is not used: a bar is emitted once, when it is final.

    Parameters
    ----------
    testnet : bool, default False
        Use the addresses of the test network.
    base_url_http : str, optional
        Another REST address, without path: `http://127.0.0.1:9001`.
    base_url_ws : str, optional
        Another WebSocket address, with path: `ws://127.0.0.1:9001/ws`.
    proxy_url : str, optional
        An HTTP proxy for both.
    account_address : str, optional
        The account whose fee rates the instruments carry; without it they carry the base tier.
    product_types : frozenset[HyperliquidProductType], default all
        The kinds of market to load.
    update_instruments_interval_mins : float, default 60
        Minutes between two looks at the venue's markets; None never looks again.
    http_timeout_secs : int, default 10
        Seconds after which a REST request counts as lost.
    http_max_attempts : int, default 4
        How often a read is tried in all when the venue is busy, broken or silent.
    ws_ping_interval_secs : int, default 20
        Seconds between two pings; the venue drops a connection to which it sent nothing for 60.
    ws_idle_timeout_secs : int, default 45
        Seconds without any frame, pongs included, after which the connection is renewed.
    ws_stale_stream_secs : float, default 60
        Seconds of silence of one stream after which it is subscribed again, and of twice that
        after which the connection is renewed.
    bar_close_grace_ms : int, default 2000
        Milliseconds of the venue's time after its close at which a bar of a quiet market is
        final although no later candle has come.

    """

    testnet: bool = False
    base_url_http: str | None = None
    base_url_ws: str | None = None
    proxy_url: str | None = None
    account_address: str | None = None
    product_types: frozenset[HyperliquidProductType] = ALL_PRODUCT_TYPES
    update_instruments_interval_mins: PositiveFloat | None = 60.0
    http_timeout_secs: PositiveInt = 10
    http_max_attempts: PositiveInt = 4
    ws_ping_interval_secs: PositiveInt = 20
    ws_idle_timeout_secs: PositiveInt = 45
    ws_stale_stream_secs: PositiveFloat = 60.0
    bar_close_grace_ms: PositiveInt = 2_000

    @property
    def http_url(self) -> str:
        """The REST address in force, without path."""
        return _http_url(self.base_url_http, testnet=self.testnet)

    @property
    def ws_url(self) -> str:
        """The WebSocket address in force, with path."""
        return _ws_url(self.base_url_ws, testnet=self.testnet)


class HyperliquidExecClientConfig(LiveExecClientConfig, frozen=True):
    """
    Settings of one Hyperliquid execution client; the signing key is named here, never held.

    Parameters
    ----------
    testnet, base_url_http, base_url_ws, proxy_url, product_types
        As for the data client.
    private_key_env : str, default "HYPERLIQUID_PK"
        The environment variable with the key that signs: the account's own, or an agent's.
    account_address : str, optional
        The account to trade; needed with an agent's key.
    vault_address : str, optional
        The vault or sub-account to trade for instead.
    market_slippage_bps : int, default 50
        How far a market order may fill behind the best price, in hundredths of a percent.
    trigger_slippage_bps : int, default 1,000
        The same of a stop-market or market-if-touched order, behind its trigger.
    expires_after_secs : int, default 8
        Seconds after which the venue must refuse an action that it has not seen yet. An order that
        is unknown to the venue after that never arrived, which is how a lost one is told from a
        late one.
    absence_grace_ms : int, default 3,000
        How much longer an order that is past its expiry may stay unknown at the venue, which
        knows a new order a little later than it takes it, before it counts as never arrived.
    post_timeout_secs : int, default 10
        Seconds without an answer after which the outcome of an action is unknown.
    http_timeout_secs, http_max_attempts, ws_ping_interval_secs, ws_idle_timeout_secs
        As for the data client.
    leverages : dict[str, int], default empty
        Leverage by instrument id, set at every connect.
    isolated : frozenset[str], default empty
        The instrument ids of `leverages` that are margined on their own; the others are cross.
    dead_mans_switch_secs : int, default 0
        Seconds after which the resting orders are canceled if this process is gone: by the venue's
        scheduleCancel, which takes the stops as well, or by a watchdog process where the account's
        volume is too small for it, which leaves reduce-only orders alone. 0 for neither.
    watchdog_only : bool, default False
        Always use the watchdog process, so that a position keeps its stop.
    state_directory : str, optional
        Where the lock, the nonces and the order ids of the signing key are kept; a folder of the
        user's by default.
    keep_warm : bool, default False
        Spend a core to keep code and caches warm between two ticks of a quiet market.

    """

    testnet: bool = False
    base_url_http: str | None = None
    base_url_ws: str | None = None
    proxy_url: str | None = None
    product_types: frozenset[HyperliquidProductType] = ALL_PRODUCT_TYPES
    private_key_env: str = "HYPERLIQUID_PK"
    account_address: str | None = None
    vault_address: str | None = None
    market_slippage_bps: PositiveInt = 50
    trigger_slippage_bps: PositiveInt = 1_000
    expires_after_secs: PositiveInt = 8
    absence_grace_ms: PositiveInt = 3_000
    post_timeout_secs: PositiveInt = 10
    http_timeout_secs: PositiveInt = 10
    http_max_attempts: PositiveInt = 4
    ws_ping_interval_secs: PositiveInt = 20
    ws_idle_timeout_secs: PositiveInt = 45
    leverages: dict[str, PositiveInt] = {}  # noqa: RUF012 (msgspec copies it)
    isolated: frozenset[str] = frozenset()
    dead_mans_switch_secs: NonNegativeInt = 0
    watchdog_only: bool = False
    state_directory: str | None = None
    keep_warm: bool = False

    @property
    def http_url(self) -> str:
        """The REST address in force, without path."""
        return _http_url(self.base_url_http, testnet=self.testnet)

    @property
    def ws_url(self) -> str:
        """The WebSocket address in force, with path."""
        return _ws_url(self.base_url_ws, testnet=self.testnet)


def _http_url(override: str | None, *, testnet: bool) -> str:
    default = constants.HTTP_URL_TESTNET if testnet else constants.HTTP_URL_MAINNET
    return (override or default).rstrip("/")


def _ws_url(override: str | None, *, testnet: bool) -> str:
    return override or (constants.WS_URL_TESTNET if testnet else constants.WS_URL_MAINNET)
