"""Nautilus's analyzer of closed trades, without a copy of all of them for each new one."""

from collections import defaultdict
from typing import Any, NamedTuple

import pandas as pd
from nautilus_trader.analysis.analyzer import PortfolioAnalyzer
from nautilus_trader.model.identifiers import PositionId
from nautilus_trader.model.objects import Currency, Money

type SeriesOf = dict[Currency, pd.Series[Any]]


class BulkAnalyzer(PortfolioAnalyzer):
    """
    Put what is recorded into a series once somebody reads it.

    Nautilus 1.231 makes a longer copy of its series in the call in which a position closes, before
    any strategy hears of it: milliseconds after a thousand trades, tens of them after ten thousand.
    """

    _unread: "list[_Record]"

    @classmethod
    def take_over(cls, analyzer: PortfolioAnalyzer) -> None:
        """Make an analyzer one of these; a portfolio has made its own, and lets none be set."""
        vars(analyzer)["_unread"] = []
        analyzer.__class__ = cls

    def realized_pnls(self, currency: Currency | None = None) -> "pd.Series[float] | None":
        """Return the profits in a currency, by position; None where it is unclear in which."""
        groups: dict[tuple[int, Currency], list[_Record]] = defaultdict(list)
        for record in self._unread:
            groups[id(record.pnls), record.realized_pnl.currency].append(record)
        self._unread.clear()
        for (_, its_currency), records in groups.items():
            names = [record.position_id.value for record in records]
            pnls = [record.realized_pnl.as_double() for record in records]
            _extend(records[0].pnls, its_currency, pd.Series(pnls, names, dtype=float))
            times = [record.ts_event for record in records]
            _extend(records[0].timestamps, its_currency, pd.Series(times, names, dtype=object))
        return super().realized_pnls(currency)

    def _append_pnl_record(
        self,
        pnls: SeriesOf,
        timestamps: SeriesOf,
        position_id: PositionId,
        realized_pnl: Money,
        ts_event: int | None,
    ) -> None:
        self._unread.append(_Record(pnls, timestamps, position_id, realized_pnl, ts_event))


class _Record(NamedTuple):
    """A closed trade, and the series that it belongs to."""

    pnls: SeriesOf
    timestamps: SeriesOf
    position_id: PositionId
    realized_pnl: Money
    ts_event: int | None


def _extend(kept: SeriesOf, currency: Currency, added: "pd.Series[Any]") -> None:
    kept[currency] = pd.concat([kept[currency], added]) if currency in kept else added
