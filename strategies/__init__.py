"""Strategies as Nautilus classes, and the pure decisions inside them."""
