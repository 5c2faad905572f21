"""Time-weighted orders: a size traded in even parts at even times, each a bounded market order.

A part that found no liquidity is made up for by later ones, at most three times the even part each
(Hyperliquid fact sheet 5.10). The venue's random spacing is left out: the engine has no chance.
"""

from decimal import Decimal

import msgspec

from simulator.exchange.checks import size_is_valid
from simulator.exchange.events import Denied, Done, Outcome, TwapChanged, TwapStatus
from simulator.exchange.matching import execute
from simulator.exchange.model import ZERO, Fault, OrderRequest, Tif, TwapRequest
from simulator.exchange.settling import settle
from simulator.exchange.state import State
from simulator.numbers import truncate

SLIPPAGE = Decimal("0.03")
CATCH_UP = 3
SECS_MIN, SECS_MAX = 300, 86_400
VALUE_PER_MINUTE = Decimal(10)
"""The least notional of a TWAP for each minute it runs."""


class Twap(msgspec.Struct):
    """A running TWAP: how many parts were sent and what they executed."""

    twap_id: int
    account: str
    request: TwapRequest
    started: int
    sent: int = 0
    executed_size: Decimal = ZERO
    executed_notional: Decimal = ZERO


class Twaps:
    """The TWAPs that run."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._running: dict[int, Twap] = {}

    def start(self, account: str, request: TwapRequest) -> Outcome:
        """Send the first part now and the others as time goes on."""
        if fault := _fault(self._state, account, request):
            return Denied(fault)
        twap = Twap(self._state.new_id(), account, request, self._state.now)
        self._running[twap.twap_id] = twap
        self._tell(twap, TwapStatus.ACTIVATED)
        self._send_part(twap.twap_id)
        return Done(twap.twap_id)

    def cancel(self, account: str, asset: int, twap_id: int) -> Outcome:
        """End a TWAP; the wrong account or asset finds none."""
        twap = self._running.get(twap_id)
        if twap is None or (twap.account, twap.request.asset) != (account, asset):
            return Denied(Fault.TWAP_MISSING)
        self._end(twap, TwapStatus.TERMINATED)
        return Done(twap_id)

    def running(self, account: str) -> tuple[Twap, ...]:
        """Return copies of an account's running TWAPs."""
        mine = (twap for twap in self._running.values() if twap.account == account)
        return tuple(msgspec.structs.replace(twap) for twap in mine)

    def _send_part(self, twap_id: int) -> None:
        twap = self._running.get(twap_id)
        if twap is None:
            return
        twap.sent += 1
        if size := _part(self._state, twap):
            self._trade_part(twap, size)
        asked = twap.request
        if twap.sent < asked.parts and twap.executed_size < asked.size:
            due = twap.started + twap.sent * asked.every_secs * 1000
            self._state.at(due, lambda: self._send_part(twap_id))
        else:
            self._end(twap, TwapStatus.FINISHED)

    def _trade_part(self, twap: Twap, size: Decimal) -> None:
        state, asked = self._state, twap.request
        market = state.markets[asked.asset]
        price = market.mark * (1 + asked.side.value * SLIPPAGE)
        if asked.limit is not None and asked.side.passes(asked.limit, price):
            price = asked.limit
        part = OrderRequest(
            asked.asset, asked.side, price, size, Tif.IOC, reduce_only=asked.reduce_only
        )
        order = state.new_order(twap.account, part)
        order.twap_id = twap.twap_id
        execute(state, order)
        twap.executed_size += order.filled
        twap.executed_notional += order.notional
        settle(state)

    def _end(self, twap: Twap, status: TwapStatus) -> None:
        del self._running[twap.twap_id]
        self._tell(twap, status)

    def _tell(self, twap: Twap, status: TwapStatus) -> None:
        changed = TwapChanged(
            twap_id=twap.twap_id,
            account=twap.account,
            request=twap.request,
            executed_size=twap.executed_size,
            executed_notional=twap.executed_notional,
            status=status,
            started=twap.started,
            time=self._state.now,
        )
        self._state.accounts[twap.account].twaps.append(changed)
        self._state.events.append(changed)


def _part(state: State, twap: Twap) -> Decimal:
    """Return the next part: what should be executed by now, less what is, in whole lots."""
    asked = twap.request
    behind = asked.size * twap.sent / asked.parts - twap.executed_size
    size = min(behind, asked.size / asked.parts * CATCH_UP)
    return truncate(max(size, ZERO), state.markets[asked.asset].rules.size_decimals)


def _fault(state: State, account: str, request: TwapRequest) -> Fault | None:
    market = state.markets.get(request.asset)
    if market is None or market.is_halted:
        return Fault.UNKNOWN_ASSET
    if not size_is_valid(market.rules, request.size):
        return Fault.INVALID_SIZE
    if not SECS_MIN <= request.duration_secs <= SECS_MAX:
        return Fault.TWAP_DURATION
    least = state.venue.twap_value_min
    if request.size * market.mark < (
        VALUE_PER_MINUTE * request.minutes if least is None else least
    ):
        return Fault.TWAP_VALUE
    position = state.position(state.accounts[account], request.asset)
    void = position.size * request.side.value >= 0
    return Fault.TWAP_REDUCE_ONLY if request.reduce_only and void else None
