"""A frozen picture of the desk, as the API shows it; it knows no node and takes no picture itself.

Money, prices and sizes are decimals, which JSON writes as strings; times are nanoseconds UTC.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A struct of this page: immutable, and no more than values."""


class State(StrEnum):
    """What a strategy does at the moment."""

    READY = "ready"
    """Made, and not started yet."""
    RUNNING = "running"
    PAUSED = "paused"
    """Takes no entries, because a person said so; its exits and its protection go on."""
    DEGRADED = "degraded"
    """Takes no entries, because something went wrong; `last_error` says what."""
    STOPPED = "stopped"
    """Hears nothing and does nothing."""
    FAULTED = "faulted"
    """Cannot be started again in this run."""


class SignalPicture(Picture, frozen=True, kw_only=True):
    """The last wish that a strategy had or heard; `quantity` None where it has yet to be sized."""

    source: str
    action: str
    instrument: str
    quantity: Decimal | None
    reason: str
    ts: int


class ParameterPicture(Picture, frozen=True, kw_only=True):
    """
    One parameter of a strategy.

    `expected` says in words what it accepts, with its range; `minimum` and `maximum` are None
    where the type has none. `can_change` tells whether it may be set while the desk runs.
    """

    name: str
    value: Any
    expected: str
    minimum: float | None = None
    maximum: float | None = None
    can_change: bool = False


class StrategyPicture(Picture, frozen=True, kw_only=True):
    """
    One strategy.

    Attributes
    ----------
    id, kind
        Its name in the profile, and the name or path of what it is.
    venue, network, mode
        Where its instrument trades, which of that venue's markets, and who executes: `paper`,
        `live` or `none`.
    position
        Signed, in base units, over its instruments.
    realized_pnl, unrealized_pnl
        By currency, after fees, of this run.
    signals, fills, refusals
        How many in this run; refusals are orders that were denied or rejected.
    last_refusal, last_error
        In words: why it did not do something it wanted, and what went wrong in it.
    is_warm, bars_seen, indicator
        Whether its indicators may be acted on, from how many bars, and their value.
    commands
        What it can be told.

    """

    id: str
    kind: str
    state: State
    instruments: tuple[str, ...]
    venue: str | None
    network: str | None
    mode: str
    position: Decimal
    realized_pnl: dict[str, Decimal]
    unrealized_pnl: dict[str, Decimal]
    open_orders: int
    signals: int
    fills: int
    refusals: int
    last_signal: SignalPicture | None
    last_refusal: str | None
    last_error: str | None
    is_warm: bool
    bars_seen: int
    indicator: float | None
    parameters: tuple[ParameterPicture, ...]
    commands: tuple[str, ...]


class PositionPicture(Picture, frozen=True, kw_only=True):
    """An open position; `stop` is where its stop rests, None where none does."""

    strategy: str
    instrument: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    price: Decimal | None
    stop: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    currency: str
    opened: int


class OrderPicture(Picture, frozen=True, kw_only=True):
    """An order that has not ended."""

    id: str
    venue_order_id: str | None
    strategy: str
    instrument: str
    side: str
    type: str
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    is_reduce_only: bool
    status: str
    created: int


class TradePicture(Picture, frozen=True, kw_only=True):
    """A round trip of this run; `pnl` is after fees, `opened` and `closed` are ISO 8601 in UTC."""

    strategy: str
    instrument: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    fees: Decimal
    pnl: Decimal
    currency: str
    opened: str
    closed: str


class EquityPicture(Picture, frozen=True, kw_only=True):
    """What an account is worth with its positions at the market, at the start and now."""

    venue: str
    currency: str
    start: Decimal
    now: Decimal


class EquityPoint(Picture, frozen=True, kw_only=True):
    """The same at one time, ISO 8601 in UTC."""

    time: str
    venue: str
    currency: str
    equity: Decimal


class VenuePicture(Picture, frozen=True, kw_only=True):
    """
    A venue and our connections to it.

    `is_execution_connected` is None where nothing is traded; `last_quote` is when the market of one
    of our instruments last moved, None before it has.
    """

    name: str
    network: str
    execution: str
    is_data_connected: bool
    is_execution_connected: bool | None
    last_quote: int | None


class AlertPicture(Picture, frozen=True, kw_only=True):
    """An alert and what has become of it; `reason` and `message` say why nothing was traded."""

    key: str
    strategy: str
    instrument: str
    action: str
    state: str
    orders: tuple[str, ...]
    reason: str | None
    message: str
    received: int


class StepPicture(Picture, frozen=True, kw_only=True):
    """Something that happened to an alert; `detail` is in words."""

    ts: int
    kind: str
    detail: str


class BarPicture(Picture, frozen=True, kw_only=True):
    """A bar by the time of its close; `indicator` is the RSI after it, None while that seeds."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    indicator: float | None


class MarkPicture(Picture, frozen=True, kw_only=True):
    """
    A signal or a fill on a chart.

    `time` is that of the last bar that had closed, None where no bars are read; `kind` is `signal`
    or `fill`; a signal has no price.
    """

    time: int | None
    kind: str
    action: str
    quantity: Decimal | None
    price: Decimal | None


class ChartPicture(Picture, frozen=True, kw_only=True):
    """The latest bars of a strategy, oldest first; `bar_type` is None where it reads none."""

    strategy: str
    bar_type: str | None
    bars: tuple[BarPicture, ...]
    marks: tuple[MarkPicture, ...]


class DeskPicture(Picture, frozen=True, kw_only=True):
    """
    The whole desk at one time.

    `is_trading` tells whether the strategies are started; `halted` says why nobody may open
    anything, or None.
    """

    taken: int
    started: int
    version: str
    profile: str
    environment: str
    trader_id: str
    is_trading: bool
    halted: str | None
    venues: tuple[VenuePicture, ...]
    strategies: tuple[StrategyPicture, ...]
    equity: tuple[EquityPicture, ...]
    positions: tuple[PositionPicture, ...]
    orders: tuple[OrderPicture, ...]
