"""
A child process: Nautilus's own Rust node runs its own execution tester as it is told.

Run as ``python -m tests.acceptance.nautilus_case HTTP_URL WS_URL KEY SETTINGS``, the settings those
of its `ExecTesterConfig` as JSON, and end it with SIGINT. Its log on standard output is what the
test reads.
"""

import sys
from typing import Any

import msgspec
from nautilus_trader.core import nautilus_pyo3

from tests.acceptance.nautilus_parts import CLIENT, trading_node

BTC = nautilus_pyo3.InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
QUIET = {
    "order_qty": "0.01000",
    "enable_limit_buys": False,
    "enable_limit_sells": False,
    "open_position_on_first_quote": True,
    "subscribe_quotes": True,
    "reduce_only_on_stop": True,
    "log_data": False,
}


def config_of(settings: dict[str, Any]) -> Any:  # noqa: ANN401 (a compiled type without a stub)
    """Return the tester's configuration; a time in force goes by its name."""
    values = QUIET | settings
    for name, value in values.items():
        if name.endswith("_time_in_force"):
            values[name] = getattr(nautilus_pyo3.TimeInForce, value)
    values["order_qty"] = nautilus_pyo3.Quantity.from_str(values["order_qty"])
    strategy = nautilus_pyo3.StrategyId("ExecTester-001")
    return nautilus_pyo3.testkit.ExecTesterConfig(
        strategy_id=strategy, instrument_id=BTC, client_id=CLIENT, **values
    )


if __name__ == "__main__":
    http_url, ws_url, key, settings = sys.argv[1:]
    node = trading_node(http_url, ws_url, key)
    node.add_builtin_strategy("ExecTester", config_of(msgspec.json.decode(settings)))
    node.run()
