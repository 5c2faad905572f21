"""Keeps the record of a run up to date while it lives; it only listens, and decides nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
from nautilus_trader.cache.base import CacheFacade
from nautilus_trader.common.component import Logger
from nautilus_trader.core.datetime import unix_nanos_to_dt
from nautilus_trader.model.events import OrderEvent, OrderFilled, PositionClosed, PositionEvent
from nautilus_trader.trading.trader import Trader

from desk.journal import Journal, closed_position
from desk.run_record import TABLES, Rows, RunRecord

INTERVAL_SECS: Final = 5.0
"""What a kill can take with it: so much of the latest, beside the time that a write takes."""


class RunRecorder:
    """
    Collect what happens, and hand it to the record every so often.

    A row is taken when its event comes, on the loop; the file is written on a thread. What cannot
    be written, on a full disk say, is said once, kept, and tried again: trading goes on.

    Parameters
    ----------
    record : RunRecord
        Where it goes.
    cache : CacheFacade
        Has the orders and positions.
    journal : Journal
        Has the trades and the equity.
    now_ns : Callable[[], int]
        The time of the run's clock, unix ns.
    interval_secs : float
        How often to write.

    """

    def __init__(
        self,
        record: RunRecord,
        cache: CacheFacade,
        journal: Journal,
        now_ns: Callable[[], int],
        interval_secs: float = INTERVAL_SECS,
    ) -> None:
        self._record = record
        self._cache = cache
        self._journal = journal
        self._now_ns = now_ns
        self._interval_secs = interval_secs
        self._log = Logger(type(self).__name__)
        self._rows = _no_rows()
        self._trades_taken = self._points_taken = 0
        self._is_failing = False

    def listen(self, trader: Trader) -> None:
        """Hear what happens to orders and positions from now on."""
        trader.subscribe("events.order.*", self._harmless(self._on_order_event))
        trader.subscribe("events.position.*", self._harmless(self._on_position_event))

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Write at once, every so often, and a last time at the end."""
        ended = asyncio.Event()
        task = asyncio.create_task(self._keep(ended), name="record")
        try:
            yield
        finally:
            ended.set()
            await task

    async def _keep(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self._write()
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), self._interval_secs)
        await self._write()

    async def _write(self) -> None:
        self._take_from_journal()
        rows, self._rows = self._rows, _no_rows()
        until = unix_nanos_to_dt(self._now_ns()).isoformat()
        try:
            await asyncio.to_thread(self._record.write, rows, until)
        except sqlite3.Error as e:
            self._rows = {table: rows[table] | self._rows[table] for table in TABLES}
            if not self._is_failing:
                self._log.warning(f"What happens is not on disk, and a kill would lose it: {e}")
            self._is_failing = True
        else:
            self._is_failing = False

    def _take_from_journal(self) -> None:
        trades = self._journal.trades
        self._take("trades", enumerate(trades[self._trades_taken :], self._trades_taken))
        self._trades_taken = len(trades)
        points = list(self._journal.equity.numbered(self._points_taken))
        self._take("equity", points)
        self._points_taken = max([self._points_taken, *(number + 1 for number, _ in points)])

    def _take(self, table: str, found: Iterable[tuple[int, msgspec.Struct]]) -> None:
        for number, one in found:
            self._rows[table][number] = {"number": number, **msgspec.structs.asdict(one)}

    def _harmless[T](self, handler: Callable[[T], None]) -> Callable[[T], None]:
        def guarded(message: T) -> None:
            try:
                handler(message)
            except Exception as e:  # noqa: BLE001  who records must not stop the trading
                self._log.exception(f"The record missed {message!r}", e)

        return guarded

    def _on_order_event(self, event: OrderEvent) -> None:
        order = self._cache.order(event.client_order_id)
        if order is None:
            return  # denied before it was known
        self._rows["orders"][event.client_order_id] = order.to_dict()
        if isinstance(event, OrderFilled):
            self._rows["fills"][event.id] = OrderFilled.to_dict(event)

    def _on_position_event(self, event: PositionEvent) -> None:
        if isinstance(event, PositionClosed):
            position = closed_position(self._cache, event)
        else:
            position = self._cache.position(event.position_id)
        key = event.position_id, position.opening_order_id
        self._rows["positions"][key] = position.to_dict()


def _no_rows() -> Rows:
    return {table: {} for table in TABLES}
