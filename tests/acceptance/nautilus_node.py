"""
A child process: Nautilus's own Rust node with its own Hyperliquid adapter and data tester.

Run as ``python -m tests.acceptance.nautilus_node HTTP_URL WS_URL SECONDS``. Its log on standard
output is what the test reads: the node has no other way to tell what it received.
"""

import os
import signal
import sys
import threading

from nautilus_trader.core import nautilus_pyo3

BTC = nautilus_pyo3.InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
BARS = nautilus_pyo3.BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")


def main(http_url: str, ws_url: str, seconds: float) -> None:
    """Run the node for a while; SIGINT is the only way to stop it."""
    hyperliquid = nautilus_pyo3.hyperliquid
    builder = nautilus_pyo3.live.LiveNode.builder(
        "TESTER",
        nautilus_pyo3.TraderId("TESTER-001"),
        nautilus_pyo3.Environment.LIVE,
    )
    config = hyperliquid.HyperliquidDataClientConfig(
        base_url_http=f"{http_url}/info", base_url_ws=ws_url
    )
    builder.with_delay_post_stop_secs(1)  # ten by default
    builder.add_data_client(None, hyperliquid.HyperliquidDataClientFactory(), config)
    node = builder.build()
    node.add_builtin_actor(
        "DataTester",
        nautilus_pyo3.testkit.DataTesterConfig(
            client_id=nautilus_pyo3.ClientId("HYPERLIQUID"),
            instrument_ids=[BTC],
            bar_types=[BARS],
            subscribe_book_deltas=True,
            subscribe_quotes=True,
            subscribe_trades=True,
            subscribe_mark_prices=True,
            subscribe_index_prices=True,
            subscribe_funding_rates=True,
            subscribe_bars=True,
            request_instruments=True,
            request_trades=True,
            request_bars=True,
            request_funding_rates=True,
            request_book_snapshot=True,
            log_data=True,
        ),
    )
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
    node.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
