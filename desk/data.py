"""The commands around history on disk: import, list and check; formats are read in backtest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backtest.candles import Candle, Findings, clean
from backtest.catalog import Added, History, Series
from backtest.errors import BacktestError
from backtest.instruments import (
    LEVERAGE_MAX,
    Terms,
    make_perpetual,
    parse_instrument_id,
    price_decimals,
    size_decimals,
)
from backtest.tables import read_candles, read_funding
from backtest.times import BarLength, in_words, parse_bar_length
from desk.exits import Exit, UsageError
from desk.kits import VENUES
from desk.output import AsJson, print_json

DATA = Path("data")
"""Where history lies, in the current folder."""

DataFolder = Annotated[Path, Parameter(name="--data", help="The folder of the history.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)  # which cyclopts turns into options, as it does no struct
class InstrumentOptions:
    """
    Terms of an instrument that is new to the history.

    Parameters
    ----------
    currency
        What it is quoted and settled in; the venue's own where perpdesk knows the venue.
    maker_fee, taker_fee
        Shares of an order's value, such as 0.00045; else the venue's base tier.
    max_leverage
        Initial margin is 1 / this, maintenance margin half of it.
    price_decimals, size_decimals
        Where the file's own decimals are not the instrument's.

    """

    currency: str | None = None
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None
    max_leverage: Annotated[int, Parameter(validator=Number(gte=1, lte=1_000))] = LEVERAGE_MAX
    price_decimals: Annotated[int | None, Parameter(validator=Number(gte=0, lte=9))] = None
    size_decimals: Annotated[int | None, Parameter(validator=Number(gte=0, lte=9))] = None


NO_TERMS = InstrumentOptions()
"""The venue's own, or those of the file."""


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import has added, and what it found in the file; findings are None for funding."""

    name: str
    new: int
    known: int
    first: str
    last: str
    findings: Findings | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says of one series: the bars that are missing in it."""

    name: str
    gaps: list[str]


@contextmanager
def refused_as_usage() -> Iterator[None]:
    """Turn what the backtest's room refuses into the error that ends a command with 2."""
    try:
        yield
    except BacktestError as e:
        raise UsageError(str(e)) from e
    except (FileExistsError, NotADirectoryError) as e:
        raise UsageError(f"Expected a folder, {e.filename}: {e.strerror}") from e


def import_file(
    file: Path,
    *,
    instrument: str,
    bar: str | None = None,
    funding: Annotated[bool, Parameter(negative="")] = False,
    timezone: str | None = None,
    terms: InstrumentOptions = NO_TERMS,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> None:
    """
    Add a file of candles, or of funding rates, to the history.

    CSV (TradingView's chart export is such a file) or Feather, with columns time, open, high, low,
    close, volume; times are the candles' opens. Gaps and duplicates are named; a file that
    contradicts itself or the history is refused whole.

    Parameters
    ----------
    file
        The file; its ending `.feather` tells the format, all else is CSV.
    instrument
        Whose history it is, as in a profile: BTC-USD-PERP.HYPERLIQUID.
    bar
        The candles' length: 1s, 1m, 15m, 4h, 1d.
    funding
        The file holds funding rates: columns time and funding_rate.
    timezone
        The time zone of times that name none, such as UTC or Europe/Berlin.

    """
    if funding == (bar is not None):
        raise UsageError("Expected either --bar with the candles' length, or --funding")
    with refused_as_usage():
        history, zone = History(data), parse_zone(timezone)
        if bar is None:
            report = _import_funding(history, file, instrument, zone)
        else:
            candles = read_candles(file, zone)
            report = add_candles(history, instrument, parse_bar_length(bar), candles, terms)
    if as_json:
        print_json(report)
    else:
        print_import(report)


def add_candles(
    history: History,
    instrument_id: str,
    length: BarLength,
    candles: list[Candle],
    terms: InstrumentOptions,
) -> ImportReport:
    """
    Look at candles and add them, with an instrument where there is none yet.

    Raises
    ------
    UsageError, BacktestError
        They cannot be used; nothing is added then.

    """
    ordered, findings = clean(candles, length.step_ns)
    if not ordered:
        raise UsageError(f"Expected candles of {instrument_id}, found none")
    if not findings.is_usable:
        raise UsageError(f"Expected candles to trade on, found {'; '.join(findings.lines())}")
    bar_type = BarType(parse_instrument_id(instrument_id), length.spec)
    perpetual = history.instrument(instrument_id)
    if perpetual is None:
        perpetual = new_perpetual(instrument_id, terms, ordered)
    added = history.add_candles(perpetual, bar_type, ordered)
    history.add_instrument(perpetual)
    return _report(str(bar_type), added, [candle.open_ns for candle in ordered], findings)


def new_perpetual(
    instrument_id: str, options: InstrumentOptions, candles: list[Candle]
) -> CryptoPerpetual:
    """
    Return an instrument of the given terms, of its venue's own where none are given.

    Raises
    ------
    UsageError, BacktestError
        Its venue is not known and a term is missing; or a term is impossible.

    """
    given_price, given_size = options.price_decimals, options.size_decimals
    return make_perpetual(
        instrument_id,
        _terms(instrument_id, options),
        price_precision=price_decimals(candles) if given_price is None else given_price,
        size_precision=size_decimals(candles) if given_size is None else given_size,
    )


def _terms(instrument_id: str, options: InstrumentOptions) -> Terms:
    kit = VENUES.get(parse_instrument_id(instrument_id).venue.value.lower())
    given = {
        "currency": options.currency,
        "maker_fee": options.maker_fee,
        "taker_fee": options.taker_fee,
    }
    stated = {key: value for key, value in given.items() if value is not None}
    if kit is not None:
        terms = msgspec.structs.replace(kit.terms, **stated)
    elif len(stated) == len(given):
        terms = msgspec.convert(stated, Terms)
    else:
        wanted = "--currency, --maker-fee and --taker-fee"
        raise UsageError(f"Expected {wanted} for the first history of {instrument_id}")
    return msgspec.structs.replace(terms, max_leverage=options.max_leverage)


def list_history(*, data: DataFolder = DATA, as_json: AsJson = False) -> None:
    """List what the history holds, with its length and its gaps."""
    series = History(data).series()
    if as_json:
        print_json(series)
        return
    table = Table(title=f"History in {data}", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("series", overflow="fold")
    for heading in ("from", "to"):
        table.add_column(heading, no_wrap=True)
    for heading in ("records", "gaps"):
        table.add_column(heading, justify="right")
    for one in series:
        times = (in_words(one.first_ns), in_words(one.last_ns))
        table.add_row(one.name, *times, f"{one.count:,}", str(len(one.gaps) or ""))
    Console().print(table)


def check_history(*, data: DataFolder = DATA, as_json: AsJson = False) -> Exit:
    """
    Name the bars that are missing in the history; ends with 1 where there are some.

    What a file must not hold (contradictions, impossible candles) is refused when it is imported.
    """
    series = History(data).series()
    if not series:
        raise UsageError(f"Expected history in {data}, found none")
    findings = [Finding(name=one.name, gaps=_gaps(one)) for one in series if one.gaps]
    if as_json:
        print_json(findings)
    for finding in findings if not as_json else []:
        print_lines([f"{finding.name}: {gap}" for gap in finding.gaps])
    if not as_json and not findings:
        print_lines([f"{len(series)} series, no bar is missing"])
    return Exit.FAILED if findings else Exit.DONE


def print_lines(lines: list[str]) -> None:
    """Print plain lines, not wrapped."""
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)


def _import_funding(
    history: History, file: Path, instrument: str, zone: ZoneInfo | None
) -> ImportReport:
    rates = read_funding(file, zone)
    if not rates:
        raise UsageError(f"Expected funding rates in {file}, found none")
    id_: InstrumentId = parse_instrument_id(instrument)
    added = history.add_funding(id_, rates)
    return _report(f"{id_} funding", added, sorted(rate.time_ns for rate in rates), None)


def _report(name: str, added: Added, times: list[int], findings: Findings | None) -> ImportReport:
    first, last = in_words(times[0]), in_words(times[-1])
    return ImportReport(
        name=name, new=added.new, known=added.known, first=first, last=last, findings=findings
    )


def print_import(report: ImportReport) -> None:
    """Print what was added and what was found."""
    known = f", {report.known} were there" if report.known else ""
    lines = [f"{report.name}: {report.new} new{known}, {report.first} to {report.last}"]
    print_lines(lines + (report.findings.lines() if report.findings else []))


def _gaps(series: Series) -> list[str]:
    return [f"{gap.missing} missing from {in_words(gap.from_ns)}" for gap in series.gaps]


def parse_zone(name: str | None) -> ZoneInfo | None:
    """
    Return the time zone of a name.

    Raises
    ------
    UsageError
        There is none of that name.

    """
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise UsageError(
            f"--timezone: expected a name such as Europe/Berlin, found {name!r}"
        ) from e
