"""The venue's dead-man's switch, armed while this process is well and disarmed at a clean stop."""

import asyncio
import time

from nautilus_trader.common.component import Logger

from adapters.common.errors import VenueError
from adapters.synthetix.actions import ScheduleCancelAction
from adapters.synthetix.exchange import SynthetixExchange

# It is moved at a third of its time, so that one lost answer does no harm.
MOVES_PER_TIME = 3


class LastResort:
    """
    Keep `scheduleCancel` armed: the venue cancels all orders unless it comes again in time.

    Parameters
    ----------
    exchange : SynthetixExchange
        Sends it.
    timeout_secs : int
        After how many seconds of silence the venue cancels, 5 to 86,400.

    """

    def __init__(self, exchange: SynthetixExchange, timeout_secs: int) -> None:
        self._exchange = exchange
        self._timeout_secs = timeout_secs
        self._may_be_armed = False
        self._log = Logger(type(self).__name__)

    async def run(self) -> None:
        """Keep it armed until cancelled."""
        pause_secs = self._timeout_secs / MOVES_PER_TIME
        while True:
            began = time.monotonic()
            await self._schedule(self._timeout_secs)
            await asyncio.sleep(max(0.0, pause_secs - (time.monotonic() - began)))

    async def disarm(self) -> None:
        """Take it back; end the task of `run` first."""
        if self._may_be_armed and await self._schedule(0):
            self._may_be_armed = False

    async def _schedule(self, timeout_secs: int) -> bool:
        self._may_be_armed = True
        try:
            await self._exchange.send(ScheduleCancelAction(timeout_secs), urgent=True)
        except VenueError as e:
            if timeout_secs:
                self._log.warning(f"The scheduled cancel may not have been moved: {e}")
            else:
                self._log.error(f"The scheduled cancel may go off although all is well: {e}")
            return False
        return True
