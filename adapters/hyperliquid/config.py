"""The settings of the Hyperliquid clients; they are read once and hold no secret."""

from enum import StrEnum

from nautilus_trader.config import LiveDataClientConfig, PositiveFloat, PositiveInt

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
        default = constants.HTTP_URL_TESTNET if self.testnet else constants.HTTP_URL_MAINNET
        return (self.base_url_http or default).rstrip("/")

    @property
    def ws_url(self) -> str:
        """The WebSocket address in force, with path."""
        default = constants.WS_URL_TESTNET if self.testnet else constants.WS_URL_MAINNET
        return self.base_url_ws or default
