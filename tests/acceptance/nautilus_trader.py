"""
A child process: Nautilus's own Rust node trades at a venue, by its own execution tester.

Run as ``python -m tests.acceptance.nautilus_trader HTTP_URL WS_URL KEY PLAN``, and end it with
SIGINT: then it cancels its orders and closes its position. Its log on standard output is what the
test reads.
"""

import sys

from nautilus_trader.core import nautilus_pyo3

from tests.acceptance.nautilus_parts import CLIENT, trading_node

ETH = nautilus_pyo3.InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
PLANS = {
    "post-only": {"enable_limit_buys": True, "enable_limit_sells": True, "use_post_only": True},
    "stops": {
        "enable_limit_buys": False,
        "enable_limit_sells": False,
        "enable_stop_buys": True,
        "enable_stop_sells": True,
    },
    "crossing": {
        "enable_limit_buys": True,
        "enable_limit_sells": True,
        "limit_aggressive": True,
        "limit_time_in_force": nautilus_pyo3.TimeInForce.IOC,
    },
}
"""What it does on both sides of the market once it has bought."""


def main(http_url: str, ws_url: str, key: str, plan: str) -> None:
    """Open a position, do what the plan says, and run until SIGINT."""
    node = trading_node(http_url, ws_url, key)
    node.add_builtin_strategy(
        "ExecTester",
        nautilus_pyo3.testkit.ExecTesterConfig(
            strategy_id=nautilus_pyo3.StrategyId("ExecTester-001"),
            instrument_id=ETH,
            client_id=CLIENT,
            order_qty=nautilus_pyo3.Quantity.from_str("0.1000"),
            open_position_on_start_qty="0.2000",
            open_position_on_first_quote=True,
            tob_offset_ticks=2_000,
            subscribe_quotes=True,
            cancel_orders_on_stop=True,
            close_positions_on_stop=True,
            reduce_only_on_stop=True,
            **PLANS[plan],
        ),
    )
    node.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
