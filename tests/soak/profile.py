"""The desk of a soak as a profile: two venues live, RSI and alerts on each, the guard as it comes.

Limits of `[risk]` and times of the adapters are those that a profile has by default.
"""

from pathlib import Path

from tests.acceptance.under_test import KEY_VARIABLE
from tests.soak.sides import SIDES, Place

SECRET = "a-secret-of-the-soak"
SECRET_VARIABLE = "PERPDESK_SOAK_SECRET"
TOKENS = {
    "PERPDESK_READ_TOKEN": "a-read-token-of-the-soak",
    "PERPDESK_CONTROL_TOKEN": "a-control-token-of-the-soak",
}
NAKED_SECS_MAX = 15
EXPIRES_AFTER_SECS = 8
"""Both are the defaults; the first is what `judgement` holds the guard to."""
RSI_SIZE = "0.01"

HEAD = """\
environment = "testnet"
trader_id = "SOAK-001"
runs = "{folder}/runs"

[webhook]
port = {port}
secret_env = "{secret_variable}"
rate_per_minute = 0
tickers = {{ {tickers} }}

[monitor]
port = {monitor_port}

[risk]
naked_secs_max = {naked_secs_max}
directory = "{folder}/halts"

[on_stop]
close_positions = true

[logging]
level = "INFO"
json = true
backups = 1000

[[strategies]]
id = "bookkeeper"
strategy = "tests.soak.bookkeeper:Bookkeeper"

[strategies.parameters]
socket = "{folder}/books.sock"
"""

SIDE = """
[venues.{name}]
network = "loopback"
execution = "live"
base_url_http = "{http}"
base_url_ws = "{ws}"
private_key_env = "{key_variable}"
product_types = {products}
state_directory = "{folder}/state-{name}"
expires_after_secs = {expires_after_secs}

[[strategies]]
id = "rsi_{name}"
strategy = "rsi"

[strategies.parameters]
instrument_id = "{btc}"
bar_type = "{btc}-1-SECOND-LAST-INTERNAL"
period = 3
warmup_bars = 4
sizing = {{ kind = "fixed", size = "{rsi_size}" }}
stop = {{ kind = "percent", percent = "2" }}

[[strategies]]
id = "alert_{name}"
strategy = "alert"

[strategies.parameters]
instrument_id = "{eth}"
sizing = {{ kind = "fixed", size = "0.03" }}
stop = {{ kind = "percent", percent = "1.5" }}
"""


def write_profile(folder: Path, places: dict[str, Place], port: int, monitor_port: int) -> Path:
    """Write the profile on venues that listen, and return its path."""
    text = HEAD.format(
        folder=folder,
        port=port,
        monitor_port=monitor_port,
        secret_variable=SECRET_VARIABLE,
        naked_secs_max=NAKED_SECS_MAX,
        tickers=", ".join(f'alert_{name} = "{SIDES[name].eth}"' for name in places),
    )
    for name, place in places.items():
        text += SIDE.format(
            name=name,
            folder=folder,
            http=place.http,
            ws=place.ws,
            key_variable=KEY_VARIABLE,
            products=SIDES[name].products,
            expires_after_secs=EXPIRES_AFTER_SECS,
            rsi_size=RSI_SIZE,
            btc=SIDES[name].btc,
            eth=SIDES[name].eth,
        )
    path = folder / "soak.toml"
    path.write_text(text)
    return path
