"""History on disk: Nautilus's Parquet catalog, written so that no call ever rewrites a file."""

import secrets
import shutil
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from nautilus_trader.model.data import Bar, BarType, FundingRateUpdate
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.persistence.catalog import ParquetDataCatalog

from backtest.candles import Candle, Gap, find_gaps
from backtest.errors import BacktestError
from backtest.tables import FundingRate
from backtest.times import SECOND_NS, in_words

FUNDING_GRID_NS = 60 * SECOND_NS
"""A venue pays at the full hour and notes it some milliseconds later: times go down to a minute."""


class Added(msgspec.Struct, frozen=True):
    """How many records were new, and how many were there already with the same values."""

    new: int
    known: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a catalog holds of one kind.

    Attributes
    ----------
    name : str
        A bar type, or an instrument's id followed by `funding`.
    count : int
        How many bars or rates.
    first_ns, last_ns : int
        Closing time of the first and last bar, or time of the first and last payment.
    gaps : list of Gap
        What is missing between, at opening times; of bars only.

    """

    name: str
    count: int
    first_ns: int
    last_ns: int
    gaps: list[Gap]


class History:
    """
    A catalog in a folder.

    Each file of bars holds bars without a gap between them. So what is new never lies inside of an
    older file, and is added in files of its own: a call that is killed leaves all that was there
    whole.

    Parameters
    ----------
    root : Path
        The folder; it is made when something is added.

    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._catalog = ParquetDataCatalog(root.resolve())

    @property
    def catalog(self) -> ParquetDataCatalog:
        """Return Nautilus's own object, to read."""
        return self._catalog

    def instrument(self, instrument_id: str) -> CryptoPerpetual | None:
        """Return an instrument, or None when none of this id was added."""
        if not (self.root / "data").is_dir():
            return None
        found = self._catalog.instruments(instrument_ids=[instrument_id])
        return found[0] if found else None

    def add_instrument(self, instrument: CryptoPerpetual) -> None:
        """Add an instrument; one that is there already stays as it is."""
        if self.instrument(instrument.id.value) is None:
            self._write([instrument])

    def bar_types(self) -> list[BarType]:
        """Return the types of bars there are, in order."""
        folder = self.root / "data" / "bar"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [BarType.from_str(name) for name in names]

    def bars(self, bar_type: BarType) -> list[Bar]:
        """Return all bars of a type, oldest first."""
        if not (self.root / "data" / "bar").is_dir():
            return []
        bars: list[Bar] = self._catalog.bars(bar_types=[str(bar_type)])
        return bars

    def funding(self, instrument_id: InstrumentId) -> list[FundingRate]:
        """Return all funding rates of an instrument, oldest first."""
        if not (self.root / "data" / "funding_rate_update").is_dir():
            return []
        found = self._catalog.funding_rates(instrument_ids=[instrument_id.value])
        rates = [FundingRate(update.ts_event, Decimal(update.rate)) for update in found]
        return sorted(rates, key=lambda rate: rate.time_ns)  # rates may fill a hole of a file

    def last_funding_ns(self, instrument_id: InstrumentId) -> int | None:
        """Return when the last rate was paid, without reading any; None where there is none."""
        intervals = self._catalog.get_intervals(FundingRateUpdate, identifier=instrument_id.value)
        return max((end for _, end in intervals), default=None)

    def add_candles(
        self, instrument: CryptoPerpetual, bar_type: BarType, candles: Sequence[Candle]
    ) -> Added:
        """
        Add clean, ordered candles as bars, each stamped at its close.

        Raises
        ------
        BacktestError
            A price has more decimals than the instrument's, or differs from what is there.

        """
        step_ns = _step_ns(bar_type)
        bars = [_bar(candle, instrument, bar_type, step_ns) for candle in candles]
        known = {bar.ts_event: bar for bar in self.bars(bar_type)}
        fresh = _fresh(bars, known, str(bar_type))
        for run in _runs(fresh, step_ns):
            self._write(run)
        return Added(len(fresh), len(bars) - len(fresh))

    def add_funding(self, instrument_id: InstrumentId, rates: Sequence[FundingRate]) -> Added:
        """
        Add funding rates, in any order; their times are taken down to the minute.

        Raises
        ------
        BacktestError
            Two rates of a time differ, here or from what is there.

        """
        known = {rate.time_ns: rate.rate for rate in self.funding(instrument_id)}
        floored = [(r.time_ns - r.time_ns % FUNDING_GRID_NS, r.rate) for r in rates]
        fresh: dict[int, Decimal] = {}
        for time_ns, rate in floored:
            if known.get(time_ns, fresh.setdefault(time_ns, rate)) != rate:
                words = f"Expected one funding rate at {in_words(time_ns)}"
                raise BacktestError(f"{words}, found {rate} beside another ({instrument_id})")
        new = sorted(time_ns for time_ns in fresh if time_ns not in known)
        if new:
            self._write([FundingRateUpdate(instrument_id, fresh[t], t, t) for t in new])
        return Added(len(new), len({time_ns for time_ns, _ in floored}) - len(new))

    def series(self) -> list[Series]:
        """Return what there is, bars first; reads all of it."""
        found = []
        for bar_type in self.bar_types():
            step_ns = _step_ns(bar_type)
            times = [bar.ts_event for bar in self.bars(bar_type)]
            gaps = find_gaps([time - step_ns for time in times], step_ns)
            found.append(_series(str(bar_type), times, gaps))
        folder = self.root / "data" / "funding_rate_update"
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            times = [rate.time_ns for rate in self.funding(InstrumentId.from_str(path.name))]
            found.append(_series(f"{path.name} funding", times, []))
        return found

    # Nautilus writes a file in place; a kill in the middle would leave half of one under its name.
    def _write(self, records: list[Any]) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        aside = self.root / f".adding-{secrets.token_hex(4)}"
        try:
            ParquetDataCatalog(aside.resolve()).write_data(records)
            for file in sorted(aside.rglob("*.parquet")):
                place = self.root / file.relative_to(aside)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _series(name: str, times: list[int], gaps: list[Gap]) -> Series:
    return Series(name=name, count=len(times), first_ns=times[0], last_ns=times[-1], gaps=gaps)


def _step_ns(bar_type: BarType) -> int:
    return int(bar_type.spec.get_interval_ns())


def _bar(candle: Candle, instrument: CryptoPerpetual, bar_type: BarType, step_ns: int) -> Bar:
    close_ns = candle.open_ns + step_ns
    prices = (candle.open, candle.high, candle.low, candle.close)
    exact = [Price(price, instrument.price_precision) for price in prices]
    for price, wanted in zip(exact, prices, strict=True):
        if price.as_decimal() != wanted:
            words = f"Expected prices of {instrument.price_precision} decimals ({instrument.id})"
            raise BacktestError(f"{words}, found {wanted} at {in_words(candle.open_ns)}")
    return Bar(
        bar_type, *exact, Quantity(candle.volume, instrument.size_precision), close_ns, close_ns
    )


def _fresh(bars: Sequence[Bar], known: dict[int, Bar], name: str) -> list[Bar]:
    fresh = []
    for bar in bars:
        before = known.get(bar.ts_event)
        if before is None:
            fresh.append(bar)
        elif before != bar:
            words = f"Expected the bar that the catalog has, {before!r}"
            raise BacktestError(f"{words}, found {bar!r} ({name})")
    return fresh


def _runs(bars: Iterable[Bar], step_ns: int) -> list[list[Bar]]:
    """Split ordered bars wherever one is missing."""
    runs: list[list[Bar]] = []
    for bar in bars:
        if runs and bar.ts_event - runs[-1][-1].ts_event == step_ns:
            runs[-1].append(bar)
        else:
            runs.append([bar])
    return runs
