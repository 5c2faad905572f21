"""One run of strategies over history on Nautilus's backtest engine; it reads and writes no file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.actor import Actor
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.model.data import Bar, BarType, CustomData
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Money
from nautilus_trader.persistence.catalog import ParquetDataCatalog
from nautilus_trader.trading.strategy import Strategy

from backtest.bulk_analyzer import BulkAnalyzer
from backtest.errors import BacktestError
from backtest.funding import FundingModule, Payment
from backtest.margin import Liquidation, MarginRules
from backtest.orders import OrderRecord, records_of
from backtest.recorder import Fill, Recorder, Trade
from backtest.tables import FundingRate
from backtest.times import in_words

AHEAD = (40, 30, 20)
"""Priorities on the bus: funding, margin, equity. Strategies have 0 and so hear of a bar later."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything a run depends on.

    Attributes
    ----------
    trader_id : str
        Nautilus's.
    strategies : sequence
        Classes with their settings.
    instruments : sequence of CryptoPerpetual
        Of one venue and one currency.
    bars : mapping
        History by bar type, oldest first; of the run itself only.
    funding : mapping
        Rates by instrument, oldest first.
    balance : Decimal
        What the account begins with, in the instruments' currency.
    leverages : mapping
        By instrument.
    catalog : ParquetDataCatalog or None
        Where strategies find the history before the run; None for nowhere.
    signals : sequence of CustomData
        Signals to deliver, oldest first.
    signal_client : str
        The data client that strategies expect to deliver them.

    """

    trader_id: str
    strategies: Sequence[tuple[type[Strategy], StrategyConfig]]
    instruments: Sequence[CryptoPerpetual]
    bars: Mapping[BarType, Sequence[Bar]]
    funding: Mapping[InstrumentId, Sequence[FundingRate]]
    balance: Decimal
    leverages: Mapping[InstrumentId, Decimal]
    catalog: ParquetDataCatalog | None = None
    signals: Sequence[CustomData] = ()
    signal_client: str = "WEBHOOK"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What happened in a run, in order of time.

    Attributes
    ----------
    currency : str
        Of all money here.
    fills, trades, payments : list
        See their types.
    refusals : dict of str to int
        Why orders were refused, and how often.
    equity : list of tuple of int and Decimal
        Nanoseconds UTC and equity: at the start, at each close, at the end.
    orders : list of OrderRecord
        All orders, however they ended.
    open_positions : dict of str to Decimal
        What was still held at the end, by instrument, signed.
    unrealized : Decimal
        What those had earned by then.
    liquidation : Liquidation or None
        When and with what the account ended; nothing is recorded after it.
    degraded : dict of str to str
        Strategies that had stopped to trade, and why.

    """

    currency: str
    fills: list[Fill]
    trades: list[Trade]
    payments: list[Payment]
    refusals: dict[str, int]
    equity: list[tuple[int, Decimal]]
    orders: list[OrderRecord]
    open_positions: dict[str, Decimal]
    unrealized: Decimal
    liquidation: Liquidation | None
    degraded: dict[str, str]


def run(plan: Plan) -> Outcome:
    """
    Run a plan; the same plan has the same outcome.

    Raises
    ------
    BacktestError
        Nautilus did not go through all of the history.

    """
    venue, currency = _venue_and_currency(plan.instruments)
    payments: list[Payment] = []
    funding = FundingModule(plan.funding, payments.append)
    engine = _engine(plan, venue, currency, funding)
    try:
        rules = MarginRules(
            venue, plan.leverages, engine.cache, engine.portfolio, engine.kernel.msgbus
        )
        rules.stand_before(engine.kernel.risk_engine)
        recorder = Recorder(venue, currency)
        engine.add_actor(recorder)
        strategies = [strategy_type(config) for strategy_type, config in plan.strategies]
        for strategy in strategies:
            engine.add_strategy(strategy)
        ahead = (funding.settle, rules.observe, recorder.mark)
        for handler, priority in zip(ahead, AHEAD, strict=True):
            engine.kernel.msgbus.subscribe("data.bars.*", handler, priority=priority)
        engine.run()
        _check_end(plan, recorder, rules.liquidation)
        return _outcome(plan, engine, recorder, payments, rules.liquidation, strategies)
    finally:
        engine.dispose()


def _engine(plan: Plan, venue: Venue, currency: Currency, funding: FundingModule) -> BacktestEngine:
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=plan.trader_id,
            logging=LoggingConfig(bypass_logging=True),
            # A live engine's throttle counts wall time; here hours pass in a blink.
            risk_engine=RiskEngineConfig(max_order_submit_rate="1000000/00:00:01"),
            run_analysis=False,
        )
    )
    BulkAnalyzer.take_over(engine.portfolio.analyzer)
    engine.add_venue(
        venue=venue,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money(plan.balance, currency)],
        default_leverage=Decimal(1),
        leverages=dict(plan.leverages),
        modules=[funding],
    )
    for instrument in plan.instruments:
        engine.add_instrument(instrument)
    for bars in plan.bars.values():
        engine.add_data(list(bars), sort=False)
    if plan.signals:
        engine.add_data(list(plan.signals), client_id=ClientId(plan.signal_client), sort=False)
    engine.sort_data()
    if plan.catalog is not None:
        engine.kernel.data_engine.register_catalog(plan.catalog)
    return engine


def _venue_and_currency(instruments: Sequence[CryptoPerpetual]) -> tuple[Venue, Currency]:
    kinds = {(one.id.venue, one.get_settlement_currency()) for one in instruments}
    if len(kinds) != 1:
        found = ", ".join(sorted(f"{venue} in {currency}" for venue, currency in kinds))
        raise BacktestError(
            f"Expected instruments of one venue and currency, found {found or 'none'}"
        )
    return kinds.pop()


def _check_end(plan: Plan, recorder: Recorder, liquidation: Liquidation | None) -> None:
    last_ns = max(bars[-1].ts_event for bars in plan.bars.values())
    reached_ns = max(recorder.equity, default=0)
    if reached_ns != last_ns and liquidation is None:
        raise BacktestError(
            f"Expected a run until {in_words(last_ns)}, Nautilus stopped at {in_words(reached_ns)}"
        )


def _outcome(
    plan: Plan,
    engine: BacktestEngine,
    recorder: Recorder,
    payments: list[Payment],
    liquidation: Liquidation | None,
    strategies: Sequence[Actor],
) -> Outcome:
    start_ns = min(bars[0].ts_event for bars in plan.bars.values())
    end_ns = max(recorder.equity) if liquidation is None else liquidation.time_ns
    final = recorder.worth() if liquidation is None else liquidation.equity
    curve = {start_ns: plan.balance} | {
        time_ns: worth for time_ns, worth in recorder.equity.items() if start_ns < time_ns < end_ns
    }
    curve[end_ns] = final
    return Outcome(
        currency=plan.instruments[0].get_settlement_currency().code,
        fills=[fill for fill in recorder.fills if fill.time_ns <= end_ns],
        trades=[trade for trade in recorder.trades if trade.closed_ns <= end_ns],
        payments=[payment for payment in payments if payment.time_ns <= end_ns],
        refusals=dict(recorder.refusals),
        equity=list(curve.items()),
        orders=records_of(engine.cache.orders()),
        open_positions=_open_positions(engine),
        unrealized=_unrealized(engine, plan) if liquidation is None else Decimal(0),
        liquidation=liquidation,
        degraded=_degraded(strategies),
    )


def _open_positions(engine: BacktestEngine) -> dict[str, Decimal]:
    held: dict[str, Decimal] = {}
    for position in engine.cache.positions_open():
        name = position.instrument_id.value
        held[name] = held.get(name, Decimal(0)) + position.signed_decimal_qty()
    return held


def _unrealized(engine: BacktestEngine, plan: Plan) -> Decimal:
    earned = Decimal(0)
    for instrument in plan.instruments:
        money = engine.portfolio.unrealized_pnl(instrument.id)
        earned += Decimal(0) if money is None else money.as_decimal()
    return earned


def _degraded(strategies: Sequence[Actor]) -> dict[str, str]:
    found = {}
    for strategy in strategies:
        status = strategy.status() if hasattr(strategy, "status") else None
        if status is not None and status.degraded:
            found[strategy.id.value] = status.degraded
    return found
