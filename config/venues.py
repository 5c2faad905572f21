"""The table of one venue in a profile: its network, its addresses and how live orders are sent."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from config.errors import MismatchError
from config.forms import HttpUrl, InstrumentId, Text, VariableName, WsUrl

SWITCH_SECS_MIN = (
    10  # a venue wants some seconds of notice, and the switch is moved at half its time
)
SLIPPAGE_BPS_MAX = 1_000  # a tenth of the price: more is a typing error

_LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
_TLS_SCHEMES = ("https", "wss")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a profile: immutable, and with no key but those described."""


class VenueSettings(Settings, frozen=True, kw_only=True):
    """One venue: where its data comes from and who executes its orders.

    Attributes
    ----------
    network
        The venue's real market, its testnet, or a venue on this machine.
    execution
        Nautilus's paper execution, real orders, or none (data only).
    base_url_http, base_url_ws
        Addresses that replace the adapter's own; without encryption only on `loopback`.
    product_types
        Kinds of market to load, in the words of the venue's adapter; empty means all it knows.
    instruments
        Nautilus instrument ids to load; empty means all of `product_types`.
    account_address_env, private_key_env, vault_address_env, subaccount_id_env
        Names of the environment variables with the account, the key that signs for it, and the
        vault or sub-account to trade instead; a venue knows its sub-accounts by address or by
        number.
    leverage
        Whole numbers by instrument id, set at the venue when a run connects; the others stay.
    isolated
        Those of `leverage` that are margined on their own.
    market_slippage_bps
        How far a market order may fill behind the best price, in hundredths of a percent.
    expires_after_secs
        Seconds after which the venue must refuse an order that it has not seen yet.
    dead_mans_switch_secs
        Seconds without a sign of life after which resting orders are canceled; 0 for never.
    watchdog_only
        Whether a process of ours does that even where the venue could.
    state_directory
        Where lock, nonces and order ids of the signing key are kept; None is a folder of the
        user's.
    keep_warm
        Whether to spend a core on a faster first order after a quiet time.

    """

    network: Literal["mainnet", "testnet", "loopback"]
    execution: Literal["sandbox", "live", "none"] = "sandbox"
    base_url_http: HttpUrl | None = None
    base_url_ws: WsUrl | None = None
    product_types: tuple[Text, ...] = ()
    instruments: tuple[InstrumentId, ...] = ()
    account_address_env: VariableName | None = None
    private_key_env: VariableName | None = None
    vault_address_env: VariableName | None = None
    subaccount_id_env: VariableName | None = None
    leverage: dict[InstrumentId, Annotated[int, Meta(ge=1)]] = {}
    isolated: tuple[InstrumentId, ...] = ()
    market_slippage_bps: Annotated[int, Meta(ge=1, le=SLIPPAGE_BPS_MAX)] = 50
    expires_after_secs: Annotated[int, Meta(ge=1, le=86_400)] = 8
    dead_mans_switch_secs: Annotated[int, Meta(ge=0)] = 0
    watchdog_only: bool = False
    state_directory: Text | None = None
    keep_warm: bool = False

    def __post_init__(self) -> None:
        """Refuse an address that does not fit the network, and live orders nobody can sign."""
        for field in ("base_url_http", "base_url_ws"):
            url = getattr(self, field)
            if url is not None:
                self._check_url(field, url)
        if self.execution == "live" and self.private_key_env is None:
            raise MismatchError(
                "the name of an environment variable (live orders need it)", "private_key_env"
            )
        self._check_orders()

    def _check_url(self, field: str, url: str) -> None:
        parts = urlsplit(url)
        if self.network == "loopback":
            if parts.hostname not in _LOOPBACK_HOSTS:
                raise MismatchError("an address on this machine (network is 'loopback')", field)
        elif parts.scheme not in _TLS_SCHEMES:
            raise MismatchError(f"an encrypted address (network is {self.network!r})", field)

    def _check_orders(self) -> None:
        for index, instrument in enumerate(self.isolated):
            if instrument not in self.leverage:
                raise MismatchError("an instrument of `leverage`", "isolated", index)
        if 0 < self.dead_mans_switch_secs < SWITCH_SECS_MIN:
            wanted = f"0 or an integer >= {SWITCH_SECS_MIN}"
            raise MismatchError(wanted, "dead_mans_switch_secs")
        if self.watchdog_only and not self.dead_mans_switch_secs:
            wanted = f"an integer >= {SWITCH_SECS_MIN} (watchdog_only is true)"
            raise MismatchError(wanted, "dead_mans_switch_secs")
