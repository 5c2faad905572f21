"""The command that downloads public history; alone here, since nothing else needs ccxt."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from backtest.candles import Candle, Findings, find_gaps
from backtest.catalog import Added, History
from backtest.errors import SourceError
from backtest.exchange import Exchange
from backtest.instruments import parse_instrument_id
from backtest.paging import candle_pages, first_missing_ns, funding_pages
from backtest.times import BarLength, in_words, parse_bar_length, parse_time
from desk.data import (
    DATA,
    NO_TERMS,
    DataFolder,
    ImportReport,
    InstrumentOptions,
    add_candles,
    print_import,
    refused_as_usage,
)
from desk.exits import VenueError
from desk.output import AsJson, print_json

PAGE = 500
"""Candles asked for at once: what most exchanges give."""

FLUSH = 5_000
"""Candles that are written as one file; what is written is not asked for again."""


def download(
    exchange: str,
    symbol: str,
    *,
    instrument: str,
    bar: str,
    start: str,
    end: str | None = None,
    funding: Annotated[bool, Parameter(negative="")] = False,
    page: Annotated[int, Parameter(validator=Number(gte=1, lte=5_000))] = PAGE,
    url: str | None = None,
    terms: InstrumentOptions = NO_TERMS,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> None:
    """
    Add an exchange's public history; a call that was stopped goes on where it was.

    Needs no account. What is there already is not asked for again.

    Parameters
    ----------
    exchange
        What ccxt calls it: hyperliquid, binanceusdm, coinbase, okx and a hundred more.
    symbol
        What ccxt calls the market: BTC/USDC:USDC is a perpetual, BTC/USD a spot market.
    instrument
        What it is called here, as in a profile: BTC-USD-PERP.HYPERLIQUID.
    bar
        The candles' length: 1m, 15m, 1h, 1d.
    start, end
        The first open and the last close, such as 2026-01-01; UTC where none is named. Until now
        when no end is given.
    funding
        Also the funding rates of that time.
    page
        How many candles to ask for at once.
    url
        Another address of the exchange's API, such as of a loopback venue.

    """
    with refused_as_usage(), _unreachable_as_venue():
        walk = _Walk(
            history=History(data),
            exchange=Exchange(exchange, symbol, url),
            instrument_id=parse_instrument_id(instrument),
            length=parse_bar_length(bar),
            start_ns=parse_time(start, UTC),
            end_ns=None if end is None else parse_time(end, UTC),
        )
        with _progress() as progress:
            reports = [walk.candles(progress, page, terms)]
            if funding:
                reports.append(walk.funding(progress))
    if as_json:
        print_json(reports)
    for report in reports if not as_json else []:
        print_import(report)


class _Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What to download, and where it goes."""

    history: History
    exchange: Exchange
    instrument_id: InstrumentId
    length: BarLength
    start_ns: int
    end_ns: int | None

    @property
    def until_ns(self) -> int:
        """The last close that counts; a candle that is not closed yet is none."""
        now_ns = self.exchange.now_ns()
        return now_ns if self.end_ns is None else min(self.end_ns, now_ns)

    def candles(self, progress: Progress, page: int, options: InstrumentOptions) -> ImportReport:
        """Download candles in pages, writing many of them at once."""
        step_ns, until_ns = self.length.step_ns, self.until_ns
        bar_type = BarType(self.instrument_id, self.length.spec)
        closes = {bar.ts_event for bar in self.history.bars(bar_type)}
        from_ns = first_missing_ns(closes, self.start_ns, step_ns)
        pages = candle_pages(
            lambda a, b: self.exchange.candles(str(self.length), a, b, page),
            from_ns,
            until_ns,
            step_ns,
            page,
        )
        task = progress.add_task("candles", total=max(0, until_ns - from_ns) // step_ns)
        report, waiting = _nothing(str(bar_type), from_ns), list[Candle]()
        try:
            for reached_ns, candles in pages:
                waiting += candles
                progress.update(task, completed=(reached_ns - from_ns) // step_ns)
                if len(waiting) >= FLUSH:
                    report, waiting = self._write(report, waiting, options), []
        finally:
            # A call that is stopped keeps what has come.
            report = self._write(report, waiting, options) if waiting else report
        return msgspec.structs.replace(report, findings=self._missing(bar_type, until_ns))

    def _missing(self, bar_type: BarType, until_ns: int) -> Findings:
        """Name what the exchange did not give of what was asked for."""
        step_ns = self.length.step_ns
        first_ns = first_missing_ns((), self.start_ns, step_ns)
        end_ns = until_ns - until_ns % step_ns
        closes = [bar.ts_event for bar in self.history.bars(bar_type)]
        opens = [close - step_ns for close in closes if first_ns < close <= end_ns]
        return Findings(
            gaps=find_gaps([first_ns - step_ns, *opens, end_ns], step_ns),
            duplicates=[],
            contradictions=[],
            impossible=[],
            off_grid=[],
        )

    def funding(self, progress: Progress) -> ImportReport:
        """Download funding rates in pages."""
        until_ns = self.until_ns
        last_ns = self.history.last_funding_ns(self.instrument_id)
        is_known = last_ns is not None and last_ns >= self.start_ns
        from_ns = last_ns + 1 if last_ns is not None and is_known else self.start_ns
        task = progress.add_task("funding", total=max(1, until_ns - from_ns))
        report = _nothing(f"{self.instrument_id} funding", from_ns)
        for reached_ns, rates in funding_pages(self.exchange.funding, from_ns, until_ns):
            added = self.history.add_funding(self.instrument_id, rates)
            report = _joined(report, added, rates[0].time_ns, rates[-1].time_ns)
            progress.update(task, completed=min(reached_ns, until_ns) - from_ns)
        progress.update(task, completed=max(1, until_ns - from_ns))
        return report

    def _write(
        self, report: ImportReport, candles: list[Candle], options: InstrumentOptions
    ) -> ImportReport:
        asked = self.exchange
        maker_fee, taker_fee, sizes = options.maker_fee, options.taker_fee, options.size_decimals
        wanted = InstrumentOptions(
            currency=options.currency or asked.currency,
            maker_fee=asked.fee("maker") if maker_fee is None else maker_fee,
            taker_fee=asked.fee("taker") if taker_fee is None else taker_fee,
            max_leverage=options.max_leverage,
            price_decimals=options.price_decimals,
            size_decimals=asked.size_decimals if sizes is None else sizes,
        )
        page = add_candles(self.history, self.instrument_id.value, self.length, candles, wanted)
        added = Added(page.new, page.known)
        return _joined(report, added, candles[0].open_ns, candles[-1].open_ns)


def _nothing(name: str, from_ns: int) -> ImportReport:
    when = in_words(from_ns)
    return ImportReport(name=name, new=0, known=0, first=when, last=when, findings=None)


def _joined(report: ImportReport, added: Added, first_ns: int, last_ns: int) -> ImportReport:
    is_first = not (report.new or report.known)
    return ImportReport(
        name=report.name,
        new=report.new + added.new,
        known=report.known + added.known,
        first=in_words(first_ns) if is_first else report.first,
        last=in_words(last_ns),
        findings=None,
    )


def _progress() -> Progress:
    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


@contextmanager
def _unreachable_as_venue() -> Iterator[None]:
    try:
        yield
    except SourceError as e:
        raise VenueError(str(e)) from e
