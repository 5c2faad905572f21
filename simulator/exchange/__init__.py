"""A pure exchange engine that both loopback venues put their wire on; it knows neither wire."""

from simulator.exchange.engine import Exchange

__all__ = ["Exchange"]
