"""Loopback venues that speak the real wire; written from the protocol, never from an adapter."""
