"""Funding payments of a simulated venue, at given rates; Nautilus's own venue has none."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec
from nautilus_trader.backtest.config import SimulationModuleConfig
from nautilus_trader.backtest.modules import SimulationModule
from nautilus_trader.common.component import Logger
from nautilus_trader.core.data import Data
from nautilus_trader.model.data import Bar
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money

from backtest.tables import FundingRate


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """
    One funding payment of the account.

    Attributes
    ----------
    time_ns : int
        When it was due, nanoseconds UTC.
    instrument : str
        Its instrument's id.
    position : Decimal
        Signed, in base units.
    price : Decimal
        The close that it was valued at.
    rate : Decimal
        What longs paid, as a share of the value.
    amount : Decimal
        Received, or paid if negative, rounded to the currency's decimals.

    """

    time_ns: int
    instrument: str
    position: Decimal
    price: Decimal
    rate: Decimal
    amount: Decimal


class FundingModule(SimulationModule):
    """
    Pay funding at a simulated venue.

    At the close of a bar the position is what it is after the bar's own fills and before the orders
    that the close causes: those reach a real venue after the payment. What was due inside of a bar
    is paid on the position with which the bar began, at the close before it. The price is the last
    trade's, since history seldom has the venue's oracle or mark price.

    Parameters
    ----------
    rates : mapping
        Rates by instrument, each in order of time.
    listener : callable
        Called with each payment, once the account has it.

    """

    def __init__(
        self,
        rates: Mapping[InstrumentId, Sequence[FundingRate]],
        listener: Callable[[Payment], None],
    ) -> None:
        super().__init__(SimulationModuleConfig())
        self._due = {instrument_id: deque(some) for instrument_id, some in rates.items()}
        self._closes: dict[InstrumentId, Decimal] = {}
        self._listener = listener

    def pre_process(self, data: Data) -> None:
        """Pay what was due before a bar's close; the venue calls it ahead of the bar's fills."""
        if isinstance(data, Bar):
            self._pay(data.bar_type.instrument_id, data.ts_init - 1)

    def settle(self, bar: Bar) -> None:
        """Pay what is due at a bar's close; to be called after its fills, ahead of strategies."""
        self._closes[bar.bar_type.instrument_id] = bar.close.as_decimal()
        self._pay(bar.bar_type.instrument_id, bar.ts_init)

    def process(self, ts_now: int) -> None:
        """Do nothing: bars tell the time here."""

    def log_diagnostics(self, logger: Logger) -> None:
        """Say nothing: the listener has heard of each payment."""

    def _pay(self, instrument_id: InstrumentId, until_ns: int) -> None:
        due = self._due.get(instrument_id)
        while due and due[0].time_ns <= until_ns:
            rate = due.popleft()
            position = net_position(self.cache.positions_open(instrument_id=instrument_id))
            if position and rate.rate:
                self._pay_one(self.cache.instrument(instrument_id), position, rate)

    def _pay_one(self, instrument: Instrument, position: Decimal, rate: FundingRate) -> None:
        price = self._closes[instrument.id]  # there is a position, so there was a bar
        owed = position * instrument.multiplier.as_decimal() * price * rate.rate
        amount = Money(-owed, instrument.get_settlement_currency())
        self.exchange.adjust_account(amount)
        self._listener(
            Payment(
                time_ns=rate.time_ns,
                instrument=instrument.id.value,
                position=position,
                price=price,
                rate=rate.rate,
                amount=amount.as_decimal(),
            )
        )


def net_position(positions: Sequence[object]) -> Decimal:
    """Return the sum of open positions, signed, in base units."""
    return sum((p.signed_decimal_qty() for p in positions), Decimal(0))  # type: ignore[attr-defined]
