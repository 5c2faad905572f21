"""Ask for orders whose state is in doubt, until the venue's word settles it; it judges nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from nautilus_trader.common.component import Logger

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import VenueError

# The streams usually tell within this time, and the venue indexes a new order about as late.
FIRST_DELAY_SECS = 0.3
# The order stream confirms an answer within moments; if it is silent, the order is asked for.
CONFIRM_SECS = 1.0
RETRY_INITIAL_SECS = 0.3
RETRY_MAX_SECS = 5.0
# After a reconnect all orders are asked for; the rate limit has its own say.
QUESTIONS_MAX = 20
# How often the doubtful orders are counted; one that is doubtful twice in a row is asked for.
SWEEP_SECS = 1.0


class OrderLookups:
    """
    The orders to ask for, and the task that asks for each when it is due.

    Parameters
    ----------
    ask : Callable[[str], Awaitable[bool]]
        Asks the venue for a client order id and records the answer; True when nothing about it is
        in doubt any more. A VenueError means that the venue could not be asked.
    doubtful : Callable[[], list[str]]
        The client order ids whose next event waits for news that may have been lost.

    """

    def __init__(
        self, ask: Callable[[str], Awaitable[bool]], doubtful: Callable[[], list[str]]
    ) -> None:
        self._ask = ask
        self._doubtful = doubtful
        self._due: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._asking: set[str] = set()
        self._seen_doubtful: set[str] = set()
        self._wake = asyncio.Event()
        self._log = Logger(type(self).__name__)

    @property
    def wanted(self) -> list[str]:
        """The client order ids that are still to be settled."""
        return list(self._due)

    def want(self, client_order_id: str, delay_secs: float = FIRST_DELAY_SECS) -> None:
        """Ask for an order after a delay, or sooner if that was wanted before."""
        due = time.monotonic() + delay_secs
        self._due[client_order_id] = min(self._due.get(client_order_id, due), due)
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        next_sweep = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while True:
                now = time.monotonic()
                if now >= next_sweep:
                    self._sweep()
                    next_sweep = now + SWEEP_SECS
                waiting = {key: due for key, due in self._due.items() if key not in self._asking}
                for key in [key for key, due in waiting.items() if due <= now]:
                    if len(self._asking) < QUESTIONS_MAX:
                        del waiting[key]
                        self._asking.add(key)
                        group.create_task(self._try(key), name=f"look-up of {key}")
                full = len(self._asking) >= QUESTIONS_MAX  # then the end of a question wakes us
                wake_at = min([next_sweep, *(() if full else waiting.values())])
                self._wake.clear()
                try:
                    async with asyncio.timeout(max(0.0, wake_at - time.monotonic())):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _try(self, client_order_id: str) -> None:
        try:
            is_settled = await self._ask(client_order_id)
        except VenueError as e:
            self._log.warning(f"Could not look {client_order_id} up: {e}")
            is_settled = False
        except Exception as e:  # noqa: BLE001 - the boundary of this task: the next one is asked for
            self._log.exception(f"Could not use what was found of {client_order_id}", e)
            is_settled = False
        finally:
            self._asking.discard(client_order_id)
            self._wake.set()
        if is_settled:
            self._due.pop(client_order_id, None)
            self._tries.pop(client_order_id, None)
            return
        tries = self._tries.get(client_order_id, 0)
        self._tries[client_order_id] = tries + 1
        delay = backoff_delay_secs(tries, RETRY_INITIAL_SECS, RETRY_MAX_SECS, chance=0.5)
        self._due[client_order_id] = time.monotonic() + delay

    def _sweep(self) -> None:
        doubtful = set(self._doubtful())
        for client_order_id in doubtful & self._seen_doubtful:
            if client_order_id not in self._due:
                self.want(client_order_id, 0.0)
        self._seen_doubtful = doubtful
