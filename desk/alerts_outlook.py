"""What an alert would do to a position, in numbers and words; pure, it asks no venue."""

from decimal import Decimal

import msgspec
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.instruments import Instrument

from strategies.alert_strategy import AlertStrategyConfig
from strategies.hedge_strategy import HedgeStrategyConfig
from strategies.protection import (
    resting_price,
)
from strategies.signals import Action
from strategies.sizing import FixedSize, PercentSize, Refusal, Sizing, round_size, wanted_size
from webhook.alerts import Alert


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is known of the market and the account.

    Parameters
    ----------
    position : Decimal
        Signed base units.
    price, equity : Decimal or None
        In quote currency.
    instrument : Instrument or None
        The venue's rules.
    missing : str
        Why there is no instrument.
    """

    position: Decimal = Decimal(0)
    price: Decimal | None = None
    equity: Decimal | None = None
    instrument: Instrument | None = None
    missing: str = ""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """
    The market order that an alert would cause.

    `position` is the signed one after it; `value` is in quote currency, None without a price;
    `stop` and `take_profit` are prices, None where none would rest or none can be told.
    """

    side: str
    quantity: Decimal
    position: Decimal
    is_rounded: bool
    reduce_only: bool
    value: Decimal | None = None
    stop: Decimal | None = None
    take_profit: Decimal | None = None


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The move, or None with words that say why; `remarks` say what is not known."""

    move: Move | None = None
    why_none: str = ""
    remarks: tuple[str, ...] = ()


class _Unsized(Exception):  # noqa: N818  it says what is so
    """There is no size; its text says why."""


def outlook_of(alert: Alert, config: StrategyConfig, market: Market) -> Outlook:
    """
    Return what a strategy would do on an alert.

    Parameters
    ----------
    alert : Alert
        What is asked for.
    config : StrategyConfig
        The strategy's settings; only those of an AlertStrategy say how it sizes and protects.
    market : Market
        Where it would do it.
    """
    if alert.action is None:
        return Outlook(why_none="It is a heartbeat: it says that its sender is alive")
    if not isinstance(config, AlertStrategyConfig):
        return Outlook(why_none=_decided_elsewhere(config))
    if alert.instrument_id != config.instrument_id:
        return Outlook(
            why_none=f"The strategy refuses it (wrong_instrument): it trades {config.instrument_id}"
        )
    remarks = []
    try:
        target, is_rounded, remark = _target(alert, config, market)
    except _Unsized as e:
        return Outlook(why_none=str(e))
    if remark:
        remarks.append(remark)
    delta = target - market.position
    if not delta:
        words = f"Nothing to do (nothing_to_do): the position is {market.position:f} already"
        return Outlook(why_none=words, remarks=tuple(remarks))
    stop, take_profit = _protection(alert, config, market, target, remarks)
    return Outlook(
        move=Move(
            side="buy" if delta > 0 else "sell",
            quantity=abs(delta),
            position=target,
            is_rounded=is_rounded,
            reduce_only=abs(target) < abs(market.position) and target * market.position >= 0,
            value=None if market.price is None else abs(delta) * market.price,
            stop=stop,
            take_profit=take_profit,
        ),
        remarks=tuple(remarks),
    )


def _decided_elsewhere(config: StrategyConfig) -> str:
    if isinstance(config, HedgeStrategyConfig):
        legs = f"{config.same.strategy} and, turned round, to {config.opposite.strategy}"
        return f"It is handed on to {legs}, each of which decides by itself"
    return "Its strategy is code of your own, which decides by itself"


def _target(alert: Alert, config: AlertStrategyConfig, market: Market) -> tuple[Decimal, bool, str]:
    """Return where to go, whether that is a size the venue takes, and a remark if not."""
    quantity = alert.quantity
    if alert.action is Action.CLOSE or (alert.action is Action.TARGET and not quantity):
        return Decimal(0), True, ""
    if alert.action is Action.TARGET:
        assert quantity is not None  # noqa: S101  no target comes without one
        size, remark = _size(abs(quantity), market)
        return size.copy_sign(quantity), not remark, remark
    wish = quantity if quantity is not None else (alert.sizing or config.sizing)
    size, remark = _size(wish, market)
    return market.position + (size if alert.action is Action.BUY else -size), not remark, remark


def _size(wish: Sizing | Decimal, market: Market) -> tuple[Decimal, str]:
    price = market.price
    if not isinstance(wish, Decimal):
        if isinstance(wish, PercentSize) and market.equity is None:
            raise _Unsized(f"Not sized: {wish.percent:f} % of an equity that --equity would say")
        if price is None and not isinstance(wish, FixedSize):
            raise _Unsized(
                "Not sized: its value becomes a size by a price, which --price would say"
            )
        wish = wanted_size(wish, price or Decimal(1), market.equity or Decimal(0))
    if market.instrument is None:
        return wish, f"Not rounded: {market.missing}"
    if price is None:
        return (
            wish,
            "Not rounded: the venue's smallest value needs a price, which --price would say",
        )
    rounded = round_size(wish, price, market.instrument)
    if isinstance(rounded, Refusal):
        raise _Unsized(f"The strategy refuses it (bad_size): {rounded.reason}")
    return Decimal(rounded.as_decimal()), ""


def _protection(
    alert: Alert,
    config: AlertStrategyConfig,
    market: Market,
    target: Decimal,
    remarks: list[str],
) -> tuple[Decimal | None, Decimal | None]:
    """Return where stop and take-profit would rest, were the entry at the price."""
    prices: list[Decimal | None] = []
    for rule, is_stop in (
        (alert.stop or config.stop, True),
        (alert.take_profit or config.take_profit, False),
    ):
        if rule is None or not target or market.price is None or market.instrument is None:
            prices.append(None)
            continue
        tick = market.instrument.price_increment.as_decimal()
        prices.append(
            resting_price(rule, market.price, None, tick, is_long=target > 0, is_stop=is_stop)
        )
    if target and (alert.stop or config.stop) is None:
        remarks.append("Nothing limits a loss: neither the alert nor the strategy has a stop")
    return prices[0], prices[1]
