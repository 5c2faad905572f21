"""What cancels the resting orders when this process dies: the venue's schedule, or a watchdog."""

import asyncio
import os
from collections.abc import Callable

from nautilus_trader.common.component import Logger

from adapters.common.errors import VenueError, VenueRefused
from adapters.hyperliquid.actions import ScheduleCancelAction
from adapters.hyperliquid.config import HyperliquidExecClientConfig
from adapters.hyperliquid.deadman import DeadMansSwitch
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.watchdog import Watchdog, WatchdogOptions

CHECK_SECS = 1.0


class LastResort:
    """
    Keep one of the two armed while this process is well, and disarm both at a clean stop.

    The venue's `scheduleCancel` is used where the account's volume allows it, else (or if the
    settings say so) a watchdog process, which leaves reduce-only orders alone.

    Parameters
    ----------
    exchange : HyperliquidExchange
        Sends the schedule.
    config : HyperliquidExecClientConfig
        Its `dead_mans_switch_secs` is not 0.
    account : str
        The address whose orders are watched.
    venue_ms : Callable[[], int]
        The venue's time.

    """

    def __init__(
        self,
        exchange: HyperliquidExchange,
        config: HyperliquidExecClientConfig,
        account: str,
        venue_ms: Callable[[], int],
    ) -> None:
        self._exchange = exchange
        self._venue_ms = venue_ms
        self._switch = DeadMansSwitch(config.dead_mans_switch_secs)
        self._wants_watchdog = config.watchdog_only
        self._log = Logger(type(self).__name__)
        self._keeping: asyncio.Task[None] | None = None
        self._watchdog = Watchdog(
            WatchdogOptions(
                url=config.http_url,
                account=account,
                key_variable=config.private_key_env,
                is_mainnet=not config.testnet,
                vault_address=config.vault_address,
                silence_secs=float(config.dead_mans_switch_secs),
                proxy_url=config.proxy_url,
            ),
            os.environ,
            self._log.warning,
        )

    async def run(self) -> None:
        """Keep it armed until cancelled."""
        while True:
            await self._arm()
            await asyncio.sleep(CHECK_SECS)

    async def disarm(self) -> None:
        """Take both back; end the task of `run` first."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            await self._watchdog.farewell()
        if self._switch.is_armed:
            try:
                await self._exchange.send(ScheduleCancelAction(), urgent=True)
                self._switch.cleared()
            except VenueError as e:
                self._log.error(f"The scheduled cancel may go off although all is well: {e}")

    async def _arm(self) -> None:
        now_ms = self._venue_ms()
        if not self._wants_watchdog and self._switch.protects(now_ms):
            await self._schedule(self._switch.due(now_ms))
        if self._wants_watchdog or not self._switch.protects(now_ms):
            await self._start_watchdog()

    async def _schedule(self, time_ms: int | None) -> None:
        if time_ms is None:
            return
        try:
            await self._exchange.send(ScheduleCancelAction(time_ms), urgent=True)
        except VenueRefused as e:
            if self._switch.refused(str(e)):
                self._log.warning(f"No scheduled cancel, so a watchdog process instead: {e}")
            else:
                self._log.error(f"The venue refused to schedule a cancel: {e}")
        except VenueError as e:
            self._log.warning(f"The scheduled cancel may not have been moved: {e}")
        else:
            self._switch.armed(time_ms)

    async def _start_watchdog(self) -> None:
        if self._keeping is not None:
            return
        try:
            await self._watchdog.start()
        except OSError as e:
            self._log.error(f"No watchdog yet, next try soon: {e}")
            return
        self._keeping = asyncio.create_task(self._watchdog.keep(), name="hyperliquid watchdog")
