"""
A process that cancels an account's resting orders when the process that trades dies or hangs.

For accounts whose volume forbids `scheduleCancel`. `parent.Watchdog` is the side of the process
that trades; `python -m adapters.hyperliquid.watchdog` is the other.
"""

from adapters.hyperliquid.watchdog.options import WatchdogOptions
from adapters.hyperliquid.watchdog.parent import Watchdog, WatchdogNotStarted

__all__ = ["Watchdog", "WatchdogNotStarted", "WatchdogOptions"]
