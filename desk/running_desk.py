"""The desk of one run, as the API sees it: pictures are taken and commands passed on, no more."""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Final

from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import ClientId, InstrumentId

from config.settings import Profile
from desk.charting import Charts
from desk.journal import Journal
from desk.manager import StrategyManager
from desk.manager_parameters import Descriptions
from desk.manager_picture import (
    Sources,
    order_picture,
    position_picture,
    strategy_picture,
    trade_picture,
    working_orders,
)
from desk.tally import Tally
from monitor.desk import Command, Done
from monitor.errors import MonitorError
from monitor.picture import (
    AlertPicture,
    ChartPicture,
    DeskPicture,
    EquityPicture,
    EquityPoint,
    StepPicture,
    StrategyPicture,
    TradePicture,
    VenuePicture,
)
from webhook.inbox import Archive, Entry, InboxError

BACKLOG_MAX: Final = 10_000
"""Messages that wait in one of Nautilus's queues: seconds of work, and strategies see the past."""

LAG_SECS_MAX: Final = 5.0
"""A loop that stood still for so long sends no orders in time, nor signs of life."""

type Halted = Callable[[], str | None]


class RunningDesk:
    """
    Fulfill `monitor.desk.Desk` for a node.

    Parameters
    ----------
    profile : Profile
        What runs.
    node : TradingNode
        The node, started or not.
    manager : StrategyManager
        Carries out commands.
    journal : Journal
        Knows the trades and the equity of this run.
    tally : Tally
        Counts.
    archive : Archive or None
        Where alerts are; None where the profile takes none.
    halted : callable
        Says why nobody may open anything, or None: the seam for a kill switch.

    """

    def __init__(
        self,
        profile: Profile,
        node: TradingNode,
        manager: StrategyManager,
        journal: Journal,
        tally: Tally,
        archive: Archive | None,
        halted: Halted = lambda: None,
    ) -> None:
        self._charts = Charts(node.cache, manager.strategies)
        self._charts.listen(node.trader)
        self._profile = profile
        self._node = node
        self._manager = manager
        self._journal = journal
        self._archive = archive
        self._halted = halted
        self._sources = Sources(profile, node.cache, tally, journal.trades, Descriptions())
        self._started_ns = time.time_ns()
        self._version = version("perpdesk")
        self._has_run = False
        self.lag_secs = 0.0  # of the last look at the loop; who looks writes it here

    def picture(self) -> DeskPicture:
        """Return what is so now."""
        node, profile = self._node, self._profile
        strategies = self._manager.strategies
        return DeskPicture(
            taken=time.time_ns(),
            started=self._started_ns,
            version=self._version,
            profile=profile.name,
            environment=profile.environment,
            trader_id=profile.trader_id,
            is_trading=node.trader.is_running,
            halted=self._halted(),
            venues=tuple(map(self._venue, profile.venues)),
            strategies=tuple(strategy_picture(s, self._sources) for s in strategies),
            equity=self._accounts(),
            positions=tuple(position_picture(p, node.cache) for p in node.cache.positions_open()),
            orders=tuple(map(order_picture, working_orders(node.cache))),
        )

    def trades(self, limit: int) -> Sequence[TradePicture]:
        """Return the latest round trips of this run, newest first."""
        return [trade_picture(trade) for trade in self._journal.trades[: -limit - 1 : -1]]

    def equity(self, limit: int) -> Sequence[EquityPoint]:
        """Return the accounts' worth over this run, oldest first, thinned out to a number."""
        marks = self._journal.equity.marks()
        # A mark has a point of each account and stays whole; the last is there.
        step = max(1, -(-sum(map(len, marks)) // limit))
        return [
            EquityPoint(time=p.time, venue=p.venue.lower(), currency=p.currency, equity=p.equity)
            for mark in marks[::-step][::-1]
            for p in mark
        ]

    async def alerts(self, limit: int) -> Sequence[AlertPicture]:
        """Return the latest alerts, newest first (MonitorError 503)."""
        if self._archive is None:
            return []
        try:
            return [_alert(entry) for entry in await self._archive.entries(limit=limit)]
        except InboxError as e:
            raise MonitorError(503, "no_inbox", str(e)) from e

    async def trace(self, key: str) -> Sequence[StepPicture]:
        """Return what happened to an alert, oldest first (MonitorError 404 or 503)."""
        try:
            found = None if self._archive is None else await self._archive.trace(key)
        except InboxError as e:
            raise MonitorError(503, "no_inbox", str(e)) from e
        if found is None:
            raise MonitorError(404, "no_alert", "There is no alert of this key")
        return [
            StepPicture(ts=step.ts_ns, kind=step.kind, detail=_words(step.detail))
            for step in found.steps
        ]

    def chart(self, strategy: str, limit: int) -> ChartPicture:
        """Return the latest bars of a strategy and what it did on them (MonitorError 404)."""
        found = self._charts.chart(strategy, limit)
        if found is None:
            raise MonitorError(404, "no_strategy", "There is no strategy of this id")
        return found

    def troubles(self) -> Sequence[str]:
        """Return in words why the process should be replaced."""
        kernel = self._node.kernel
        self._has_run = self._has_run or self._node.trader.is_running
        found = []
        if self._has_run and not self._node.trader.is_running:
            found.append("the node has stopped trading")
        if self.lag_secs > LAG_SECS_MAX:
            found.append(f"the event loop stood still for {self.lag_secs:.1f} s")
        waiting = {
            "market data": kernel.data_engine.data_qsize(),
            "order events": kernel.exec_engine.evt_qsize(),
        }
        found += [
            f"{count} messages of {what} wait to be handled"
            for what, count in waiting.items()
            if count > BACKLOG_MAX
        ]
        return found

    def carry_out(self, command: Command) -> Done:
        """Do what a person asks (MonitorError, as the manager)."""
        message = self._manager.carry_out(command)
        return Done(message=message, strategy=self._strategy(command.strategy))

    def _accounts(self) -> tuple[EquityPicture, ...]:
        """Return each account's first and last worth."""
        curve = self._journal.equity
        return tuple(
            EquityPicture(
                venue=last.venue.lower(),
                currency=last.currency,
                start=curve.first[account].equity,
                now=last.equity,
            )
            for account, last in curve.last.items()
        )

    def _strategy(self, name: str) -> StrategyPicture:
        return strategy_picture(self._manager.find(name), self._sources)

    def _venue(self, name: str) -> VenuePicture:
        settings = self._profile.venues[name]
        kernel = self._node.kernel
        client = ClientId(name.upper())
        data = kernel.data_engine._clients.get(client)  # noqa: SLF001  nothing else has them
        execution = kernel.exec_engine._clients.get(client)  # noqa: SLF001
        return VenuePicture(
            name=name,
            network=settings.network,
            execution=settings.execution,
            is_data_connected=_is_connected(data),
            is_execution_connected=None if execution is None else _is_connected(execution),
            last_quote=self._last_quote(name),
        )

    def _last_quote(self, venue: str) -> int | None:
        ids = [getattr(s.config, "instrument_id", None) for s in self._manager.strategies]
        ours = [i for i in ids if isinstance(i, InstrumentId) and i.venue.value.lower() == venue]
        quotes = [quote for i in ours if (quote := self._node.cache.quote_tick(i)) is not None]
        return max((quote.ts_init for quote in quotes), default=None)


# Nautilus's flag says that a client has connected; an adapter may say more of its own line.
def _is_connected(client: object) -> bool:
    return bool(getattr(client, "is_connected", False)) and bool(
        getattr(client, "is_streaming", True)
    )


def _words(detail: Mapping[str, object]) -> str:
    return "  ".join(f"{name} {value}" for name, value in detail.items())


def _alert(entry: Entry) -> AlertPicture:
    alert, outcome = entry.alert, entry.outcome
    return AlertPicture(
        key=alert.key,
        strategy=alert.strategy,
        instrument=str(alert.instrument_id),
        action="" if alert.action is None else alert.action.value,
        state=outcome.state.value,
        orders=outcome.orders,
        reason=outcome.reason,
        message=outcome.message,
        received=entry.received_ns,
    )
