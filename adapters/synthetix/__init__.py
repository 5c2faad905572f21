"""Synthetix V4 for NautilusTrader: market data, orders and accounts of its perpetuals."""
