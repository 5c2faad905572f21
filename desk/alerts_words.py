"""An alert and its outlook in words: lines for people, nothing is worked out here."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nautilus_trader.config import StrategyConfig

from desk.alerts_outlook import Market, Outlook
from strategies.alert_strategy import AlertStrategyConfig
from strategies.protection import (
    AmountDistance,
    AtrDistance,
    Distance,
    PercentDistance,
    PriceLevel,
)
from strategies.sizing import FixedSize, NotionalSize, PercentSize
from webhook.alerts import Alert

_EPOCH = datetime.fromtimestamp(0, UTC)
_DIALECTS = {
    "own": "our own fields",
    "tradingview": "TradingView's strategy placeholders",
    "traderspost": "the fields of TradersPost",
    "3commas": "the fields of 3Commas",
}


def kind_of(alert: Alert) -> str:
    """Return "entry", "exit" or "heartbeat"."""
    if alert.action is None:
        return "heartbeat"
    return "exit" if alert.is_exit else "entry"


def describe_alert(alert: Alert, *, is_text: bool, has_secret: bool) -> list[str]:
    """Return what an alert says, a line for each thing."""
    form = "plain text" if is_text else "JSON"
    carried = "with a secret" if has_secret else "without a secret, so only a path with one will do"
    words = [
        f"Form       {form} of {_DIALECTS[alert.dialect]}, {carried}",
        f"Key        {alert.key}",
        f"For        strategy {alert.strategy}, instrument {alert.instrument_id}",
        f"Asks       {_asked(alert)}",
    ]
    if alert.stated_before is not None or alert.stated is not None:
        words.append(
            f"Believes   position {_size_words(alert.stated_before)} before, "
            f"{_size_words(alert.stated)} after"
        )
    if alert.sequence is not None:
        words.append(f"Number     {alert.sequence}")
    return words


def _asked(alert: Alert) -> str:
    kind = kind_of(alert)
    if alert.action is None:
        return "for nothing: a heartbeat"
    size = ""
    if alert.quantity is not None:
        size = f" {_plain(alert.quantity)}"
    match alert.sizing:
        case FixedSize(fixed):
            size = f" {_plain(fixed)}"
        case NotionalSize(amount):
            size = f" for {_plain(amount)} in quote currency"
        case PercentSize(percent):
            size = f" for {_plain(percent)} % of the equity"
        case None:
            pass
    if not size and alert.action.value in {"buy", "sell"}:
        size = " by the strategy's own size"
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{alert.action.value}{size}: {article} {kind}"


def describe_life(alert: Alert, received_ns: int, expires_ns: int) -> str:
    """Return a line about how long an alert may be traded; times are nanoseconds UTC."""
    begin = "it comes" if alert.ts_event is None else "its own time"
    secs = (expires_ns - min(alert.ts_event or received_ns, received_ns)) / 1e9
    words = f"Lives      until {iso_time(expires_ns)}, {secs:g} s from when {begin}"
    if alert.ts_event is not None:
        words = words.replace("from when its own time", "from its own time")
    if expires_ns <= received_ns:
        words += f"; coming at {iso_time(received_ns)} it is kept as expired and never traded"
    return words


def describe_outlook(
    alert: Alert, config: StrategyConfig, market: Market, outlook: Outlook
) -> list[str]:
    """Return what would come of an alert, a line for each thing."""
    words = []
    move = outlook.move
    if move is None:
        words.append(f"Does       no order. {outlook.why_none}")
    else:
        worth = "" if move.value is None else f", worth {_plain(move.value)} at the price"
        only = ", reduce-only" if move.reduce_only else ""
        words.append(
            f"Does       {move.side} {_plain(move.quantity)} {alert.instrument_id.symbol} at market"
            f"{only}{worth}: position {_plain(market.position)} becomes {_plain(move.position)}"
        )
        if isinstance(config, AlertStrategyConfig) and move.position:
            for label, rule, price in (
                ("Stop       ", alert.stop or config.stop, move.stop),
                ("Profit     ", alert.take_profit or config.take_profit, move.take_profit),
            ):
                if rule is not None:
                    at = "" if price is None else f", {_plain(price)} for an entry at the price"
                    is_stop = label.startswith("Stop")
                    words.append(f"{label}{_distance(rule, is_stop=is_stop)}{at}")
    words.extend(f"Note       {remark}" for remark in outlook.remarks)
    return words


def _size_words(size: Decimal | None) -> str:
    return "unknown" if size is None else f"{_plain(size)}"


def iso_time(ns: int) -> str:
    """Return nanoseconds UTC as text, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=ns // 1_000)).isoformat()


def _distance(rule: Distance, *, is_stop: bool) -> str:
    """Return a rule of protection in words."""
    way = "against" if is_stop else "in favour of"
    match rule:
        case PercentDistance(percent):
            return f"{_plain(percent)} % {way} the entry"
        case AtrDistance(multiple, period):
            return f"{_plain(multiple)} average true ranges of {period} bars {way} the entry"
        case AmountDistance(amount):
            return f"{_plain(amount)} in price {way} the entry"
        case PriceLevel(price):
            return f"the price {_plain(price)}"


def _plain(number: Decimal) -> str:
    """Show a number without an exponent, without zeros at its end, to 8 places at most."""
    return f"{round(number, 8).normalize():f}"
