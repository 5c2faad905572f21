"""The profile of a whole desk on a loopback venue, with no limit that would be measured instead."""

import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

SECRET_VARIABLE = "PERPDESK_BENCH_SECRET"
KEY_VARIABLE = "PERPDESK_BENCH_KEY"
INBOX_VARIABLE = "PERPDESK_BENCH_INBOX"
SUFFIXES = {"hyperliquid": "-USD-PERP.HYPERLIQUID", "synthetix": "-USDT-PERP.SYNTHETIX"}

_PROFILE = """\
environment = "testnet"
trader_id = "BENCH-001"
runs = "{folder}/runs"

[venues.{venue}]
network = "loopback"
execution = "live"
base_url_http = "{http}"
base_url_ws = "{ws}"
private_key_env = "{key_variable}"
state_directory = "{folder}/state"
market_slippage_bps = 500
expires_after_secs = 3_600

{strategies}
[risk]
directory = "{folder}/halts"
# Every control looks at every order, and none of them objects.
order_notional_max = 1_000_000_000
leverage_max = 1_000
open_orders_max = 1_000_000
orders_per_minute_max = 1_000_000
data_age_secs_max = 100_000
naked_secs_max = 3_600

[logging]
level = "WARNING"
"""
_WEBHOOK = """
[webhook]
port = {port}
secret_env = "{secret_variable}"
inbox_env = "{inbox_variable}"
serve = {serve}
rate_per_minute = 0
entry_ttl_secs = 3_600
"""
_STRATEGY = """\
[[strategies]]
id = "{id}"
strategy = "{strategy}"
parameters = {parameters}

"""


class Place(msgspec.Struct, frozen=True):
    """Where a desk is: its venue's addresses and its own folder."""

    venue: str
    http: str
    ws: str
    folder: Path

    def instrument(self, coin: str) -> str:
        """Return the Nautilus id of a coin there."""
        return f"{coin}{SUFFIXES[self.venue]}"


class Intake(msgspec.Struct, frozen=True):
    """How a desk takes alerts: by itself or by a sidecar, and where they are kept."""

    is_embedded: bool
    inbox: str
    port: int


def alert_strategies(place: Place, coins: Sequence[str]) -> str:
    """Return the tables of one alert strategy for each coin, called as the coin is."""
    return "".join(
        _strategy(coin, "alert", instrument_id=place.instrument(coin), sizing=_FIXED)
        for coin in coins
    )


def listener(place: Place, coins: Sequence[str]) -> str:
    """Return the table of a strategy that hears books and trades, and does nothing."""
    ids = [place.instrument(coin) for coin in coins]
    return _strategy("listener", "tests.bench.desk_strategies:Listener", instruments=ids)


def burst(place: Place, coin: str) -> str:
    """Return the table of a strategy that places orders when it is told."""
    instrument = place.instrument(coin)
    return _strategy("burst", "tests.bench.desk_strategies:Burst", instrument_id=instrument)


def write_profile(place: Place, strategies: str, intake: Intake | None = None) -> Path:
    """Write the profile into the folder of its desk."""
    text = _PROFILE.format(
        folder=place.folder,
        venue=place.venue,
        http=place.http,
        ws=place.ws,
        key_variable=KEY_VARIABLE,
        strategies=strategies,
    )
    if intake is not None:
        text += _WEBHOOK.format(
            port=intake.port,
            secret_variable=SECRET_VARIABLE,
            inbox_variable=INBOX_VARIABLE,
            serve=str(intake.is_embedded).lower(),
        )
    path = place.folder / "bench.toml"
    path.write_text(text)
    return path


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


_FIXED = {"kind": "fixed", "size": "1"}


def _strategy(name: str, strategy: str, **parameters: object) -> str:
    # TOML reads JSON's texts and lists; of its tables only the colon is another.
    return _STRATEGY.format(id=name, strategy=strategy, parameters=_inline(parameters))


def _inline(value: object) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_inline(one)}" for key, one in value.items())
        return f"{{ {pairs} }}"
    return msgspec.json.encode(value).decode()
