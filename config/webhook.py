"""The table of the webhook in a profile: where it listens, who may post, how long alerts live."""

from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Annotated, Final, Literal

from msgspec import Meta, field

from config.errors import MismatchError
from config.forms import InboxPlace, InstrumentId, Text, VariableName
from config.venues import Settings

TRADINGVIEW_ADDRESSES: Final = (
    "52.89.214.238",
    "34.212.75.30",
    "54.218.53.128",
    "52.32.178.7",
)
"""From where TradingView posts
(https://www.tradingview.com/support/solutions/43000529348-about-webhooks/)."""

TTL_SECS_MAX: Final = 604_800  # a week: an exit that waited longer meets another position

_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class TtlSettings(Settings, frozen=True, kw_only=True):
    """How long the alerts for one strategy live; what is not said is as in `[webhook]`."""

    entry_secs: Decimal | None = None
    exit_secs: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        for key in ("entry_secs", "exit_secs"):
            value = getattr(self, key)
            if value is not None:
                _check_secs(value, key)


class TlsSettings(Settings, frozen=True, kw_only=True):
    """Encrypted connections that end here, instead of at a proxy.

    Attributes
    ----------
    certificate_file, key_file
        Our certificate (with those between it and its root) and its key, in PEM.
    client_ca_file
        Who signs the certificates that clients must show; None asks for none.
    client_name
        The common name that such a certificate must have.

    """

    certificate_file: Text
    key_file: Text
    client_ca_file: Text | None = None
    client_name: Text = "webhook-server@tradingview.com"


class WebhookSettings(Settings, frozen=True, kw_only=True):
    """The listener for TradingView's alerts.

    Attributes
    ----------
    serve
        Whether the run listens itself; else `perpdesk webhook` does, in a process of its own.
    host
        The address it listens on; anything but loopback should stand behind TLS.
    port
        0 takes any free port.
    inbox
        Where alerts are stored: the path of an SQLite file, or redis://HOST:PORT/DB; None for a
        file beside the runs.
    inbox_env
        The name of the environment variable with that instead, where it holds a password.
    retention_days
        How long an alert is kept after its end.
    secret_env
        The name of the environment variable with the secret an alert must carry.
    token_env
        The name of the one with the last part of the path; None for no such part.
    credentials
        Whether one of the two is enough.
    allow
        From where alerts may come; None is TradingView in live, and anywhere elsewhere.
    trusted_proxies
        Whose X-Forwarded-For is believed.
    rate_per_minute
        How many alerts a source may send and a strategy may get in a minute, exits aside; 0 is
        any number.
    max_body_bytes
        A larger request is refused.
    entry_ttl_secs, exit_ttl_secs
        How old an alert may be when it is traded.
    ttl
        The same for single strategies, by id.
    silence_secs
        How long a strategy, by id, may go without an alert or a heartbeat before a warning.
    tickers
        What an alert's ticker stands for; the coin of a strategy's instrument needs no entry.
    tls
        See its type; None for plain HTTP.

    """

    serve: bool = True
    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    inbox: InboxPlace | None = None
    inbox_env: VariableName | None = None
    retention_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    secret_env: VariableName = "PERPDESK_WEBHOOK_SECRET"  # noqa: S105  # the name, not the value
    token_env: VariableName | None = None
    credentials: Literal["either", "both"] = "either"
    allow: tuple[Text, ...] | None = None
    trusted_proxies: tuple[Text, ...] = ()
    rate_per_minute: Annotated[int, Meta(ge=0, le=1_000_000)] = 60
    max_body_bytes: Annotated[int, Meta(ge=256, le=1_048_576)] = 16_384
    entry_ttl_secs: Decimal = Decimal(30)
    exit_ttl_secs: Decimal = Decimal(3_600)
    ttl: dict[Text, TtlSettings] = field(default_factory=dict)
    silence_secs: dict[Text, Annotated[int, Meta(ge=1, le=31_536_000)]] = field(
        default_factory=dict
    )
    tickers: dict[Text, InstrumentId] = field(default_factory=dict)
    tls: TlsSettings | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, and what is no address."""
        if self.inbox is not None and self.inbox_env is not None:
            raise MismatchError("no such key (inbox says it already)", "inbox_env")
        if self.credentials == "both" and self.token_env is None:
            wanted = "the name of an environment variable (credentials is 'both')"
            raise MismatchError(wanted, "token_env")
        if self.token_env == self.secret_env:
            raise MismatchError("another variable than secret_env", "token_env")
        for key in ("entry_ttl_secs", "exit_ttl_secs"):
            _check_secs(getattr(self, key), key)
        for key in ("allow", "trusted_proxies"):
            for index, text in enumerate(getattr(self, key) or ()):
                _check_network(text, key, index)

    def allowed(self, environment: str) -> tuple[str, ...]:
        """Return from where alerts may come in an environment; empty for anywhere."""
        if self.allow is None:
            return TRADINGVIEW_ADDRESSES if environment == "live" else ()
        return self.allow

    def check_reach(self, environment: str) -> None:
        """Refuse a listener on this machine alone that lets nobody on this machine post.

        Raises
        ------
        MismatchError
            There is no proxy that could tell of others.

        """
        allowed = self.allowed(environment)
        if self.host not in _LOOPBACK_NAMES or not allowed:
            return
        if not any(map(_holds_loopback, (*allowed, *self.trusted_proxies))):
            wanted = f"a proxy on this machine (nobody else reaches host {self.host!r})"
            raise MismatchError(wanted, "trusted_proxies")


def _check_secs(value: Decimal, key: str) -> None:
    if not (value.is_finite() and 0 < value <= TTL_SECS_MAX):
        raise MismatchError(f"a number of seconds > 0 and <= {TTL_SECS_MAX}", key)


def _check_network(text: str, key: str, index: int) -> None:
    try:
        ip_network(text)
    except ValueError as e:
        wanted = "an address or a network such as '192.0.2.0/24'"
        raise MismatchError(wanted, key, index) from e


def _holds_loopback(text: str) -> bool:
    network = ip_network(text)
    return any(ip_address(name) in network for name in _LOOPBACK_NAMES[1:])
