"""Venue adapters for NautilusTrader and the leaf code that they share."""
