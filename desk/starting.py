"""The start of a node and how it ended; Nautilus tells neither that it runs nor that it gave up."""

import asyncio

from nautilus_trader.live.node import TradingNode

from desk.exits import VenueError


class Start:
    """
    A node in a task of its own.

    Parameters
    ----------
    node : TradingNode
        A built one.

    """

    def __init__(self, node: TradingNode) -> None:
        self._node = node
        self._over = asyncio.Event()
        self._start = node.kernel.start_async
        # Where a venue is not ready in time this call just returns, and the engines run on.
        node.kernel.start_async = self._noted  # type: ignore[method-assign]
        self.task = asyncio.create_task(node.run_async(), name="node")

    async def end(self, stop: asyncio.Event) -> None:
        """
        Wait until strategies run, the node has ended by itself, or somebody wants it to stop.

        Raises
        ------
        VenueError
            The venues were not ready in the time that the node gives them.

        """
        waiting = [asyncio.create_task(event.wait()) for event in (self._over, stop)]
        try:
            ends = {self.task, *waiting}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        if self._over.is_set() and not (self._node.trader.is_running or self.task.done()):
            raise VenueError(f"Expected venues to be ready to trade: {self._missing()}")

    async def _noted(self) -> None:
        try:
            await self._start()
        finally:
            self._over.set()

    def _missing(self) -> str:
        kernel = self._node.kernel
        lost = [
            f"{what} of {name.value.lower()}"
            for what, clients in (
                ("market data", kernel.data_engine._clients),  # noqa: SLF001  nothing else has them
                ("orders", kernel.exec_engine._clients),  # noqa: SLF001
            )
            for name, client in clients.items()
            if not client.is_connected
        ]
        if lost:
            return f"no {', no '.join(lost)} within {kernel._config.timeout_connection:g} s"  # noqa: SLF001
        return "their orders and positions could not be reconciled"
