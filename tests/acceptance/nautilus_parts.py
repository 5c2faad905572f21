"""Nautilus's own Rust node with its own Hyperliquid adapter, for the child processes."""

from typing import Any

from nautilus_trader.core import nautilus_pyo3

CLIENT = nautilus_pyo3.ClientId("HYPERLIQUID")


def trading_node(http_url: str, ws_url: str, key: str) -> Any:  # noqa: ANN401 (without a stub)
    """Return a node that reads a venue's market and trades an account of it, not yet running."""
    hyperliquid = nautilus_pyo3.hyperliquid
    trader = nautilus_pyo3.TraderId("TESTER-001")
    builder = nautilus_pyo3.live.LiveNode.builder("TESTER", trader, nautilus_pyo3.Environment.LIVE)
    builder.with_delay_post_stop_secs(1)  # ten by default
    data = hyperliquid.HyperliquidDataClientConfig(
        base_url_http=f"{http_url}/info", base_url_ws=ws_url
    )
    execution = hyperliquid.HyperliquidExecClientConfig(
        private_key=key,
        environment=nautilus_pyo3.HyperliquidEnvironment.TESTNET,
        base_url_http=f"{http_url}/info",
        base_url_exchange=f"{http_url}/exchange",
        base_url_ws=ws_url,
    )
    wrapped = hyperliquid.HyperliquidExecFactoryConfig(
        trader, nautilus_pyo3.AccountId("HYPERLIQUID-001"), execution
    )
    builder.add_data_client(None, hyperliquid.HyperliquidDataClientFactory(), data)
    builder.add_exec_client(None, hyperliquid.HyperliquidExecutionClientFactory(), wrapped)
    return builder.build()
