"""Takes the picture of a running node: from Nautilus's objects to values; it changes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from nautilus_trader.cache.base import CacheFacade
from nautilus_trader.model.enums import OrderSide, OrderType, PriceType, order_type_to_str
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy

from config.settings import Profile
from desk.journal import Trade
from desk.manager import error_of, name_of, state_of, status_of
from desk.manager_parameters import Descriptions
from desk.tally import Tally
from monitor.desk import Action
from monitor.picture import (
    OrderPicture,
    PositionPicture,
    SignalPicture,
    StrategyPicture,
    TradePicture,
)
from strategies.signals import Signal

_PRICES = (PriceType.MID, PriceType.LAST, PriceType.MARK)
MODES = {"sandbox": "paper", "live": "live", "none": "none"}


class Sources(NamedTuple):
    """From what the picture of a strategy is taken."""

    profile: Profile
    cache: CacheFacade
    tally: Tally
    trades: Sequence[Trade]
    descriptions: Descriptions


def strategy_picture(strategy: Strategy, sources: Sources) -> StrategyPicture:
    """Return the picture of one strategy."""
    name = name_of(strategy)
    settings = next(s for s in sources.profile.strategies if s.id == name)
    positions = sources.cache.positions_open(strategy_id=strategy.id)
    instruments = _instruments(strategy)
    venue = instruments[0].venue.value.lower() if instruments else None
    venue_settings = sources.profile.venues.get(venue or "")
    status = status_of(strategy)
    realized, unrealized = _pnl(name, positions, sources)
    return StrategyPicture(
        id=name,
        kind=settings.strategy,
        state=state_of(strategy),
        instruments=tuple(map(str, instruments)),
        venue=venue,
        network=venue_settings.network if venue_settings else None,
        mode=MODES[venue_settings.execution] if venue_settings else "none",
        position=sum((p.signed_decimal_qty() for p in positions), Decimal(0)),
        realized_pnl=realized,
        unrealized_pnl=unrealized,
        open_orders=len(working_orders(sources.cache, strategy)),
        signals=sources.tally.signals[name],
        fills=sources.tally.fills[name],
        refusals=sources.tally.refusals[name],
        last_signal=_signal(status.last_signal) if status else None,
        last_refusal=status.last_refusal if status else None,
        last_error=error_of(strategy),
        is_warm=status.is_warm if status else True,
        bars_seen=status.bars_seen if status else 0,
        indicator=status.indicator if status else None,
        parameters=sources.descriptions.of(strategy),
        commands=_commands(strategy),
    )


def position_picture(position: Position, cache: CacheFacade) -> PositionPicture:
    """Return the picture of an open position."""
    price = market_price(cache, position.instrument_id)
    return PositionPicture(
        strategy=position.strategy_id.value.partition("-")[0],
        instrument=str(position.instrument_id),
        side="long" if position.is_long else "short",
        quantity=position.quantity.as_decimal(),
        entry_price=Decimal(str(position.avg_px_open)),
        price=price,
        stop=_stop(position, cache),
        realized_pnl=_amount(position.realized_pnl),
        unrealized_pnl=_unrealized(position, cache),
        currency=position.settlement_currency.code,
        opened=position.ts_opened,
    )


def order_picture(order: Order) -> OrderPicture:
    """Return the picture of an order."""
    return OrderPicture(
        id=order.client_order_id.value,
        venue_order_id=order.venue_order_id.value if order.venue_order_id else None,
        strategy=order.strategy_id.value.partition("-")[0],
        instrument=str(order.instrument_id),
        side="buy" if order.side == OrderSide.BUY else "sell",
        type=order_type_to_str(order.order_type).lower(),
        quantity=order.quantity.as_decimal(),
        filled=order.filled_qty.as_decimal(),
        price=order.price.as_decimal() if order.has_price else None,
        trigger_price=order.trigger_price.as_decimal() if order.has_trigger_price else None,
        is_reduce_only=order.is_reduce_only,
        status=order.status_string().lower(),
        created=order.ts_init,
    )


def trade_picture(trade: Trade) -> TradePicture:
    """Return the picture of a round trip."""
    return TradePicture(
        strategy=trade.strategy,
        instrument=trade.instrument,
        side=trade.side,
        quantity=trade.quantity,
        entry_price=Decimal(str(trade.entry_price)),
        exit_price=Decimal(str(trade.exit_price)),
        fees=trade.fees,
        pnl=trade.pnl,
        currency=trade.currency,
        opened=trade.opened,
        closed=trade.closed,
    )


def working_orders(cache: CacheFacade, strategy: Strategy | None = None) -> list[Order]:
    """Return the orders that have not ended, of one strategy or of all, oldest first."""
    ids = {} if strategy is None else {"strategy_id": strategy.id}
    found = {o.client_order_id: o for o in cache.orders_open(**ids)}
    found |= {o.client_order_id: o for o in cache.orders_inflight(**ids)}
    return sorted(found.values(), key=lambda order: int(order.ts_init))


def market_price(cache: CacheFacade, instrument_id: InstrumentId) -> Decimal | None:
    """Return the market's price: mid, else last, else mark; None before any is known."""
    prices = (cache.price(instrument_id, kind) for kind in _PRICES)
    return next((price.as_decimal() for price in prices if price is not None), None)


def _instruments(strategy: Strategy) -> list[InstrumentId]:
    own = getattr(strategy.config, "instrument_id", None)
    several = getattr(strategy.config, "instrument_ids", None) or ()
    return [own] if isinstance(own, InstrumentId) else list(several)


def _pnl(
    name: str, positions: Iterable[Position], sources: Sources
) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    realized: defaultdict[str, Decimal] = defaultdict(Decimal)
    unrealized: defaultdict[str, Decimal] = defaultdict(Decimal)
    for trade in sources.trades:
        if trade.strategy == name:
            realized[trade.currency] += trade.pnl
    for position in positions:
        currency = position.settlement_currency.code
        realized[currency] += _amount(position.realized_pnl)
        unrealized[currency] += _unrealized(position, sources.cache) or Decimal(0)
    return dict(realized), dict(unrealized)


def _unrealized(position: Position, cache: CacheFacade) -> Decimal | None:
    price = market_price(cache, position.instrument_id)
    instrument: Instrument | None = cache.instrument(position.instrument_id)
    if price is None or instrument is None:
        return None
    return _amount(position.unrealized_pnl(instrument.make_price(price)))


def _amount(money: Any) -> Decimal:  # noqa: ANN401  Nautilus's Money, or None before any fill
    return Decimal(0) if money is None else Decimal(money.as_decimal())


def _stop(position: Position, cache: CacheFacade) -> Decimal | None:
    orders = cache.orders_open(
        instrument_id=position.instrument_id, strategy_id=position.strategy_id
    )
    stops = [o for o in orders if o.order_type == OrderType.STOP_MARKET and o.is_reduce_only]
    return stops[-1].trigger_price.as_decimal() if stops else None


def _signal(signal: Signal | None) -> SignalPicture | None:
    if signal is None:
        return None
    return SignalPicture(
        source=signal.source,
        action=signal.action.value,
        instrument=str(signal.instrument_id),
        quantity=signal.quantity,
        reason=signal.reason,
        ts=signal.ts_event,
    )


def _commands(strategy: Strategy) -> tuple[str, ...]:
    can_change = hasattr(strategy, "reconfigure")
    return tuple(action.value for action in Action if can_change or action is not Action.PARAMETERS)
