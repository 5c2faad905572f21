"""The venues that storms are let loose on, by name."""

from tests.acceptance.storm_hyperliquid import Hyperliquid
from tests.acceptance.storm_venue import StormVenue

# Synthetix's weather is known (`storm_synthetix`), and its client does not yet find within the five
# seconds what an account stream keeps back: it joins when it does (issue 5).
KINDS: dict[str, StormVenue] = {"hyperliquid": Hyperliquid()}
