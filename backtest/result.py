"""The document that a backtest leaves behind: the same run is the same bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model.data import Bar, BarType

from backtest.engine import Outcome, Plan
from backtest.funding import Payment
from backtest.margin import Liquidation
from backtest.measures import (
    CurveMeasures,
    Holding,
    Month,
    TradeMeasures,
    hold,
    measure_curve,
    measure_trades,
    months,
)
from backtest.recorder import Fill, Trade


class SeriesUsed(msgspec.Struct, frozen=True, kw_only=True):
    """Bars that a run went over: how many, from which close to which, and a hash of them all."""

    name: str
    count: int
    first_ns: int
    last_ns: int
    sha256: str


class InstrumentUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The terms that a run traded under; `funding_rates` is how many there were."""

    name: str
    maker_fee: Decimal
    taker_fee: Decimal
    margin_init: Decimal
    margin_maint: Decimal
    leverage: Decimal
    funding_rates: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """
    A whole backtest; all times are nanoseconds UTC.

    Attributes
    ----------
    profile : dict
        As it was run, changes included.
    notes : list of str
        What a reader must know, in words.
    series, instruments
        What it was run on.
    currency : str
        Of all money.
    balance : Decimal
        At the start.
    fees, funding : Decimal
        Paid for all fills; received as funding, or paid if negative.
    curve, hold
        The account, and somebody who bought at the start and held.
    trade, months, trades, fills, payments, refusals, open_positions, unrealized, liquidation,
    degraded
        See `Outcome` and the types.
    equity, hold_equity
        Both curves, point by point.

    """

    profile: dict[str, Any]
    notes: list[str]
    series: list[SeriesUsed]
    instruments: list[InstrumentUsed]
    currency: str
    balance: Decimal
    fees: Decimal
    funding: Decimal
    curve: CurveMeasures
    hold: CurveMeasures
    trade: TradeMeasures
    months: list[Month]
    refusals: dict[str, int]
    open_positions: dict[str, Decimal]
    unrealized: Decimal
    liquidation: Liquidation | None
    degraded: dict[str, str]
    trades: list[Trade]
    fills: list[Fill]
    payments: list[Payment]
    equity: list[tuple[int, Decimal]]
    hold_equity: list[tuple[int, Decimal]]


def make_result(
    plan: Plan, outcome: Outcome, profile: dict[str, Any], notes: Sequence[str]
) -> Result:
    """Return the document of a run."""
    start_ns, end_ns = outcome.equity[0][0], outcome.equity[-1][0]
    held = [point for point in hold(plan.balance, _holdings(plan)) if point[0] <= end_ns]
    return Result(
        profile=profile,
        notes=[*notes, *_notes(plan, outcome)],
        series=[_series(bar_type, bars) for bar_type, bars in plan.bars.items()],
        instruments=_instruments(plan),
        currency=outcome.currency,
        balance=plan.balance,
        fees=sum((fill.fee for fill in outcome.fills), Decimal(0)),
        funding=sum((payment.amount for payment in outcome.payments), Decimal(0)),
        curve=measure_curve(outcome.equity),
        hold=measure_curve(held),
        trade=measure_trades(outcome.trades, start_ns, end_ns),
        months=months(outcome.equity, held),
        refusals=outcome.refusals,
        open_positions=outcome.open_positions,
        unrealized=outcome.unrealized,
        liquidation=outcome.liquidation,
        degraded=outcome.degraded,
        trades=outcome.trades,
        fills=outcome.fills,
        payments=outcome.payments,
        equity=outcome.equity,
        hold_equity=held,
    )


def encode(result: Result) -> bytes:
    """Return the document as JSON, money as text with all its digits."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def _holdings(plan: Plan) -> list[Holding]:
    found = []
    for instrument in plan.instruments:
        finest = finest_bars(plan.bars, instrument.id.value)
        closes = [(bar.ts_event, bar.close.as_decimal()) for bar in finest]
        rates = plan.funding.get(instrument.id, ())
        found.append(Holding(closes=closes, fee=Decimal(instrument.taker_fee), rates=rates))
    return found


def finest_bars(bars: Mapping[BarType, Sequence[Bar]], instrument_id: str) -> Sequence[Bar]:
    """Return the shortest bars that there are of an instrument."""
    own = [kind for kind in bars if kind.instrument_id.value == instrument_id]
    return bars[min(own, key=lambda kind: int(kind.spec.get_interval_ns()))]


def _notes(plan: Plan, outcome: Outcome) -> list[str]:
    notes = [
        f"There are no funding rates of {instrument.id}: none are paid"
        for instrument in plan.instruments
        if not plan.funding.get(instrument.id)
    ]
    if outcome.liquidation is not None:
        notes.append("The account was liquidated; the run ends there")
    return notes


def _series(bar_type: BarType, bars: Sequence[Bar]) -> SeriesUsed:
    digest = hashlib.sha256()
    for bar in bars:
        digest.update(str(bar).encode() + b"\n")
    return SeriesUsed(
        name=str(bar_type),
        count=len(bars),
        first_ns=bars[0].ts_event,
        last_ns=bars[-1].ts_event,
        sha256=digest.hexdigest(),
    )


def _instruments(plan: Plan) -> list[InstrumentUsed]:
    return [
        InstrumentUsed(
            name=one.id.value,
            maker_fee=Decimal(one.maker_fee),
            taker_fee=Decimal(one.taker_fee),
            margin_init=Decimal(one.margin_init),
            margin_maint=Decimal(one.margin_maint),
            leverage=plan.leverages[one.id],
            funding_rates=len(plan.funding.get(one.id, ())),
        )
        for one in plan.instruments
    ]
