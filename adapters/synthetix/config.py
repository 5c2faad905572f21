"""The settings of the Synthetix clients; they are read once and hold no secret."""

from nautilus_trader.config import (
    LiveDataClientConfig,
    LiveExecClientConfig,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from adapters.synthetix import constants


class SynthetixDataClientConfig(LiveDataClientConfig, frozen=True):
    """
    Settings of one Synthetix data client.

    `handle_revised_bars` of the base is not used: a bar is emitted once, when it is final.

    Parameters
    ----------
    base_url_http : str, optional
        Another REST address, with version: `http://127.0.0.1:9001/v1`.
    base_url_ws : str, optional
        Another WebSocket address, without `/info` and `/trade`: `ws://127.0.0.1:9001/v1/ws`.
    proxy_url : str, optional
        An HTTP proxy for both.
    private_key_env : str, optional
        The environment variable with the key whose account's fee rates the instruments carry: the
        venue tells them to a signer alone. Without it they carry the base tier.
    subaccount_id : str, optional
        The sub-account of these rates; needed with a delegate's key, and by an owner of several.
    book_depth : int, default 50
        Levels of each side of a book: 10, 50 or 100.
    book_update_ms : int, default 50
        Milliseconds between two frames of a book: 50, 100, 250, 500 or 1,000; with 100 levels no
        fewer than 250.
    update_instruments_interval_mins : float, default 60
        Minutes between two looks at the venue's markets; None never looks again.
    status_interval_secs : float, default 30
        Seconds between two looks at whether subscribed markets are open: the venue has no stream
        of it.
    funding_interval_secs : float, default 60
        Seconds between two looks at a subscribed funding rate: the venue has no stream of it.
    http_timeout_secs : int, default 10
        Seconds after which a REST request counts as lost.
    http_max_attempts : int, default 4
        How often a read is tried in all when the venue is busy, broken or silent.
    ws_ping_interval_secs : int, default 20
        Seconds between two pings; the venue's own client sends one every 30.
    ws_idle_timeout_secs : int, default 45
        Seconds without any frame, pongs included, after which the connection is renewed.
    ws_stale_stream_secs : float, default 60
        Seconds of silence of one stream after which it is subscribed again, and of twice that
        after which the connection is renewed.
    bar_close_grace_ms : int, default 2000
        Milliseconds of the venue's time after its close at which a bar of a quiet market is
        final although no later candle has come.

    """

    base_url_http: str | None = None
    base_url_ws: str | None = None
    proxy_url: str | None = None
    private_key_env: str | None = None
    subaccount_id: str | None = None
    book_depth: PositiveInt = 50
    book_update_ms: PositiveInt = 50
    update_instruments_interval_mins: PositiveFloat | None = 60.0
    status_interval_secs: PositiveFloat = 30.0
    funding_interval_secs: PositiveFloat = 60.0
    http_timeout_secs: PositiveInt = 10
    http_max_attempts: PositiveInt = 4
    ws_ping_interval_secs: PositiveInt = 20
    ws_idle_timeout_secs: PositiveInt = 45
    ws_stale_stream_secs: PositiveFloat = 60.0
    bar_close_grace_ms: PositiveInt = 2_000

    def __post_init__(self) -> None:
        """Raise ValueError for a book that the venue does not stream."""
        if self.book_depth not in constants.BOOK_DEPTHS:
            raise ValueError(
                f"Expected book_depth among {constants.BOOK_DEPTHS}, was {self.book_depth}"
            )
        if self.book_update_ms not in constants.BOOK_UPDATE_MILLIS:
            raise ValueError(
                f"Expected book_update_ms among {constants.BOOK_UPDATE_MILLIS},"
                f" was {self.book_update_ms}"
            )
        is_deep = self.book_depth >= constants.BOOK_DEPTH_SLOW
        if is_deep and self.book_update_ms < constants.BOOK_UPDATE_MILLIS_SLOW:
            raise ValueError(
                f"Expected book_update_ms of {constants.BOOK_UPDATE_MILLIS_SLOW} at least with"
                f" {self.book_depth} levels, was {self.book_update_ms}"
            )

    @property
    def http_url(self) -> str:
        """The REST address in force, with version."""
        return _http_url(self.base_url_http)

    @property
    def ws_url(self) -> str:
        """The WebSocket address in force of public streams, with path."""
        return f"{_ws_url(self.base_url_ws)}/info"


class SynthetixExecClientConfig(LiveExecClientConfig, frozen=True):
    """
    Settings of one Synthetix execution client; the signing key is named here, never held.

    Parameters
    ----------
    base_url_http, base_url_ws, proxy_url
        As for the data client.
    private_key_env : str, default "SYNTHETIX_PRIVATE_KEY"
        The environment variable with the key that signs: the owner's, or a delegate's.
    subaccount_id : str, optional
        The sub-account to trade; needed with a delegate's key, and by an owner of several.
    expires_after_secs : int, default 8
        Seconds after which the venue is to refuse an action that it has not seen yet. One that is
        in doubt by then has its nonce used up, so that it can have no effect any more.
    absence_grace_ms : int, default 3,000
        How much longer an order whose nonce is used up may stay unknown at the venue, which knows
        a new order a little later than it takes it, before it counts as never arrived.
    earlier_requests_secs : int, default 60
        Seconds after a start in which an order of an earlier process, whose nonce is not known any
        more, may still arrive.
    post_timeout_secs : int, default 10
        Seconds without an answer after which the outcome of an action is unknown.
    use_ws_order_entry : bool, default True
        Send actions by WebSocket, and by REST only while there is no connection.
    http_timeout_secs, http_max_attempts, ws_ping_interval_secs, ws_idle_timeout_secs
        As for the data client.
    leverages : dict[str, int], default empty
        Leverage by instrument id, set at every connect. All margin is cross.
    dead_mans_switch_secs : int, default 0
        Seconds after which the venue cancels all resting orders if this process is gone, its stops
        included (scheduleCancel): 5 to 86,400, or 0 for never.
    sweep_secs : float, default 10
        Seconds between two looks at what rests, for news that the account's stream kept back.
    state_directory : str, optional
        Where the lock and the nonces of the signing key are kept; a folder of the user's by
        default.
    keep_warm : bool, default False
        Spend a core to keep code and caches warm between two ticks of a quiet market.

    """

    base_url_http: str | None = None
    base_url_ws: str | None = None
    proxy_url: str | None = None
    private_key_env: str = "SYNTHETIX_PRIVATE_KEY"
    subaccount_id: str | None = None
    expires_after_secs: PositiveInt = 8
    absence_grace_ms: PositiveInt = 3_000
    earlier_requests_secs: PositiveInt = 60
    post_timeout_secs: PositiveInt = 10
    use_ws_order_entry: bool = True
    http_timeout_secs: PositiveInt = 10
    http_max_attempts: PositiveInt = 4
    ws_ping_interval_secs: PositiveInt = 20
    ws_idle_timeout_secs: PositiveInt = 45
    leverages: dict[str, PositiveInt] = {}  # noqa: RUF012 (msgspec copies it)
    dead_mans_switch_secs: NonNegativeInt = 0
    sweep_secs: PositiveFloat = 10.0
    state_directory: str | None = None
    keep_warm: bool = False

    @property
    def http_url(self) -> str:
        """The REST address in force, with version."""
        return _http_url(self.base_url_http)

    @property
    def ws_url(self) -> str:
        """The WebSocket address in force of the account's stream and orders, with path."""
        return f"{_ws_url(self.base_url_ws)}/trade"


def _http_url(override: str | None) -> str:
    return (override or constants.HTTP_URL).rstrip("/")


def _ws_url(override: str | None) -> str:
    return (override or constants.WS_URL).rstrip("/")
