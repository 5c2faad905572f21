"""Leaf code that both venues share word for word; no base client and no venue name."""
