"""From the JSON of an alert to a checked Alert, or an error in words; pure, no HTTP, no secret."""

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from strategies.signals import Action
from strategies.sizing import SIZE_MAX
from webhook.errors import WebhookError

type Number = str | int | float

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
# A placeholder that stood unquoted and gave nothing, or "NaN", breaks the JSON itself.
_BROKEN_VALUE = re.compile(rb'"(\w{1,40})"\s*:\s*(NaN|na|,|\}|\{\{)')
_TRADINGVIEW_FIELDS = frozenset(
    {"contracts", "market_position", "market_position_size", "order_id"}
)
_EPOCH = datetime.fromtimestamp(0, UTC)
# Nautilus keeps times in 64 bits of nanoseconds.
_YEARS = range(2000, 2200)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """
    An alert that says something we can trade.

    `quantity` has the meaning it has in `strategies.signals.Signal`; `key` is the idempotency
    key; `ts_event` is the alert's own time in nanoseconds UTC, or None where it gave an id only.
    """

    source: str
    key: str
    strategy: str
    instrument_id: InstrumentId
    action: Action
    quantity: Decimal | None
    ts_event: int | None
    comment: str


class OwnAlert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Our own message.

    Example: ``{"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "quantity": 0.1,
    "id": "morning-7", "time": "2026-11-23T10:00:00Z", "comment": "", "secret": "..."}``.
    `position` is signed and goes with the action "target" alone. Unknown fields are refused: a
    misspelled "quantity" would otherwise trade the default size.
    """

    strategy: str
    action: str
    ticker: str | None = None
    instrument: str | None = None
    quantity: Number | None = None
    position: Number | None = None
    id: str | None = None
    time: str | None = None
    comment: str = ""


class TradingViewAlert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    A message of TradingView's strategy placeholders.

    Example: ``{"strategy": "alerts", "ticker": "{{ticker}}", "action":
    "{{strategy.order.action}}", "contracts": "{{strategy.order.contracts}}", "market_position":
    "{{strategy.market_position}}", "market_position_size": "{{strategy.market_position_size}}",
    "order_id": "{{strategy.order.id}}", "price": "{{strategy.order.price}}", "time":
    "{{timenow}}", "comment": "{{strategy.order.comment}}", "secret": "..."}``
    (https://www.tradingview.com/support/solutions/43000531021-how-to-use-a-variable-value-in-alert/).
    With a market position the alert is a target position, else an order of so many contracts.
    """

    strategy: str
    action: str
    ticker: str | None = None
    instrument: str | None = None
    contracts: Number | None = None
    market_position: str | None = None
    market_position_size: Number | None = None
    order_id: str | None = None
    price: Number | None = None
    id: str | None = None
    time: str | None = None
    comment: str = ""


def parse_json(body: bytes) -> dict[str, object]:
    """
    Read the body of an alert as a JSON object.

    Raises
    ------
    WebhookError
        400 if it is not JSON, naming the field that broke it where one can be told, or if it is
        no object.
    """
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as e:  # msgspec's own, and text that is not UTF-8
        raise _malformed(body, e) from None  # the cause would carry nothing but the position
    if not isinstance(value, dict):
        raise WebhookError(
            400, "malformed_json", f"Expected a JSON object, was {type(value).__name__}"
        )
    return value


def parse_alert(fields: dict[str, object], tickers: Mapping[str, InstrumentId]) -> Alert:
    """
    Check the fields of an alert and say what they mean.

    Parameters
    ----------
    fields : dict
        The JSON object, its secret already taken out.
    tickers : mapping
        Which instrument each of TradingView's tickers stands for.

    Raises
    ------
    WebhookError
        422 naming the field, what was expected and what was found.
    """
    _check_texts(fields)
    is_tradingview = not _TRADINGVIEW_FIELDS.isdisjoint(fields)
    try:
        if is_tradingview:
            return _from_tradingview(msgspec.convert(fields, TradingViewAlert), tickers)
        return _from_own(msgspec.convert(fields, OwnAlert), tickers)
    except msgspec.ValidationError as e:
        raise WebhookError(422, "invalid_field", str(e)) from None  # its words say it all


def _from_own(alert: OwnAlert, tickers: Mapping[str, InstrumentId]) -> Alert:
    action = _action(alert.action, Action)
    quantity, position = alert.quantity, alert.position
    if action in {Action.TARGET, Action.CLOSE} and quantity is not None:
        raise _invalid("quantity", f'none with action "{action}"', quantity)
    if action is not Action.TARGET and position is not None:
        raise _invalid("position", f'none with action "{action}"', position)
    if action is Action.TARGET:
        if position is None:
            raise _invalid("position", 'a signed size with action "target"', None)
        return _finish(alert, tickers, "webhook", action, _number("position", position))
    size = None if quantity is None else _positive("quantity", quantity)
    return _finish(alert, tickers, "webhook", action, size)


def _from_tradingview(alert: TradingViewAlert, tickers: Mapping[str, InstrumentId]) -> Alert:
    action = _action(alert.action, (Action.BUY, Action.SELL))
    if alert.market_position is None:
        if alert.market_position_size is not None:
            raise _invalid("market_position", "it along with market_position_size", None)
        size = None if alert.contracts is None else _positive("contracts", alert.contracts)
        return _finish(alert, tickers, "tradingview", action, size)
    target = _market_position(alert.market_position, alert.market_position_size)
    return _finish(alert, tickers, "tradingview", Action.TARGET, target)


def _market_position(side: str, size: Number | None) -> Decimal:
    if side not in {"long", "short", "flat"}:
        raise _invalid("market_position", '"long", "short" or "flat"', side)
    if side == "flat":
        return Decimal(0)
    if size is None:
        raise _invalid("market_position_size", "a size with a market_position", None)
    # TradingView gives the size of a position without its sign.
    magnitude = _positive("market_position_size", size)
    return magnitude if side == "long" else -magnitude


def _finish(
    alert: OwnAlert | TradingViewAlert,
    tickers: Mapping[str, InstrumentId],
    source: str,
    action: Action,
    quantity: Decimal | None,
) -> Alert:
    if not _KEY.fullmatch(alert.strategy):
        raise _invalid("strategy", "1 to 64 letters, digits or _.:-", alert.strategy)
    return Alert(
        source=source,
        key=_key(alert),
        strategy=alert.strategy,
        instrument_id=_instrument(alert.instrument, alert.ticker, tickers),
        action=action,
        quantity=quantity,
        ts_event=None if alert.time is None else _time(alert.time),
        comment=alert.comment,
    )


def _key(alert: OwnAlert | TradingViewAlert) -> str:
    """Return what tells this alert from others, and is the same when it is sent again."""
    if alert.id is not None:
        if not _KEY.fullmatch(alert.id):
            raise _invalid("id", "1 to 64 letters, digits or _.:-", alert.id)
        return f"{alert.strategy}:{alert.id}"
    if alert.time is None:
        raise _invalid("time", "an id or a time, to tell the alert from a resend of it", None)
    return hashlib.sha256(msgspec.json.encode(alert)).hexdigest()[:32]


def _instrument(
    instrument: str | None, ticker: str | None, tickers: Mapping[str, InstrumentId]
) -> InstrumentId:
    if (instrument is None) == (ticker is None):
        found = "none" if ticker is None else "both"
        raise _invalid("ticker", "either a ticker or an instrument", found)
    if ticker is not None:
        known = tickers.get(ticker)
        if known is None:
            names = ", ".join(sorted(tickers)) or "none configured"
            raise _invalid("ticker", f"one of the known tickers ({names})", ticker)
        return known
    try:
        return InstrumentId.from_str(instrument)
    except ValueError:
        expected = "an instrument such as BTC-USD-PERP.VENUE"
        raise _invalid("instrument", expected, instrument) from None


def _action(text: str, allowed: type[Action] | tuple[Action, ...]) -> Action:
    for action in allowed:
        if action.value == text:
            return action
    names = ", ".join(f'"{action.value}"' for action in allowed)
    raise _invalid("action", f"one of {names}", text)


def _positive(name: str, value: Number) -> Decimal:
    number = _number(name, value)
    if number <= 0:
        raise _invalid(name, "a number above 0", value)
    return number


def _number(name: str, value: Number) -> Decimal:
    # By way of the shortest text that gives the float back: 0.1 stays 0.1.
    text = str(value)
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise _invalid(name, "a number", value) from None
    if not math.isfinite(number) or abs(number) > SIZE_MAX:
        raise _invalid(name, f"a finite number of at most {SIZE_MAX}", value)
    return number


def _time(text: str) -> int:
    expected = "a time with its zone such as 2026-11-23T10:00:00Z, as {{timenow}} gives"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("time", expected, text) from None
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise _invalid("time", expected, text)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _check_texts(fields: dict[str, object]) -> None:
    """Refuse what TradingView leaves where a placeholder had nothing to say."""
    for name, value in fields.items():
        if not isinstance(value, str) or name == "comment":
            continue
        placeholder = _PLACEHOLDER.search(value)
        if placeholder is not None:
            message = f"{name}: TradingView did not fill in the placeholder {placeholder.group()}"
            raise WebhookError(422, "placeholder", message)
        if not value.strip() or value.strip().lower() in {"nan", "na"}:
            message = f"{name}: its placeholder gave no value, was {_quote(value)}"
            raise WebhookError(422, "placeholder", message)


def _malformed(body: bytes, e: Exception) -> WebhookError:
    broken = _BROKEN_VALUE.search(body)
    if broken is not None:
        name, found = broken.group(1).decode(), broken.group(2).decode()
        was = "nothing" if found in {",", "}"} else found
        return WebhookError(
            400, "malformed_json", f"{name}: expected a JSON value, was {was}; quote placeholders"
        )
    return WebhookError(400, "malformed_json", f"Expected JSON: {e}")


def _invalid(name: str, expected: str, found: object) -> WebhookError:
    was = "missing" if found is None else _quote(found)
    return WebhookError(422, "invalid_field", f"{name}: expected {expected}, was {was}")


def _quote(value: object) -> str:
    """Show a value from outside, short."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  a line's worth
