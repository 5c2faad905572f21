"""The sidecar that turns TradingView alerts into Signal events."""
