"""The venues that storms are let loose on, by name."""

from tests.acceptance.storm_hyperliquid import Hyperliquid
from tests.acceptance.storm_synthetix import Synthetix
from tests.acceptance.storm_venue import StormVenue

KINDS: dict[str, StormVenue] = {"hyperliquid": Hyperliquid(), "synthetix": Synthetix()}
