"""What the venue tells of an account by itself, handed to those who record it; it asks nobody."""

from collections.abc import Callable, Iterable

from nautilus_trader.common.component import Logger

from adapters.common.account_watch import AccountWatch
from adapters.common.foreign import ForeignOrders
from adapters.common.ledger import OrderLedger
from adapters.common.recovery import OVERLAP_MS
from adapters.synthetix.account_events import (
    FundingNews,
    OrderNews,
    OtherNews,
    TradeNews,
    parse_event,
)
from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.constants import NANOS_PER_MILLI
from adapters.synthetix.frames import WsAccount
from adapters.synthetix.observations import OrderObserver, neutral_fill

# It comes with each fill, and may come with each price: what moves the money is told by itself.
_MARGIN = "marginUpdate"
# What nobody here has asked for.
_ALARMS = frozenset(
    {
        "liquidation",
        "subAccountTakeover",
        "delegationRevoked",
        "wickInsurancePositionIncreased",
        "wickInsuranceProtectionActivated",
    }
)


class AccountNews:
    """
    The events of one sub-account, and which fills among them are the past.

    Parameters
    ----------
    ledger : OrderLedger
        Tells what they mean for our orders.
    observer : OrderObserver
        Reads them.
    foreign : ForeignOrders
        Takes what is not of our orders.
    watch : AccountWatch
        Takes what moves the balances.
    note : Callable[[AccountOrder], None]
        Keeps what is told of an order that is not ours.
    on_gap : Callable[[], None]
        Told that the venue has skipped events.
    look_up : Callable[[str], None]
        Has the order of a client order id looked up.

    """

    def __init__(
        self,
        ledger: OrderLedger,
        observer: OrderObserver,
        foreign: ForeignOrders,
        watch: AccountWatch,
        note: Callable[[AccountOrder], None],
        on_gap: Callable[[], None],
        look_up: Callable[[str], None],
    ) -> None:
        self._observer = observer
        self._doubts = ledger.doubts
        self._reporter = ledger.reporter
        self._foreign = foreign
        self._watch = watch
        self._note = note
        self._on_gap = on_gap
        self._look_up = look_up
        self._last_fill_ms = 0
        self._log = Logger(type(self).__name__)

    def begin(self, time_ms: int) -> None:
        """Say what the venue's time is now: what it has filled before is told in reports."""
        self._last_fill_ms = time_ms

    @property
    def fills_from_ms(self) -> int:
        """From which of the venue's times on fills are taken."""
        return self._last_fill_ms - OVERLAP_MS

    def on_message(self, message: object) -> None:
        """Take a message of the account's stream."""
        if not isinstance(message, WsAccount):
            return
        if message.needs_resync:
            self._log.warning("The venue has skipped events of the account")
            self._on_gap()
        match parse_event(message):
            case OrderNews(order, code, reason):
                key = self._observer.vanished_trigger(order)
                if key is None or key in self._doubts.cancels:
                    self.on_order(order, code, reason)
                else:
                    # It may go on as another order: the look-up tells whether it does.
                    self._look_up(key)
            case TradeNews(trade):
                self.on_fills([trade])
            case FundingNews() as payment:
                self._on_funding(payment)
            case OtherNews(kind, text):
                self._on_other(kind, text)

    def on_order(self, order: AccountOrder, code: str = "", reason: str = "") -> None:
        """Take what the venue says of one order."""
        events = self._observer.on_order(order, code, reason)
        if events is None:
            self._note(order)
            self._foreign.on_order(order.venue_id)
        else:
            time_ns = order.updatedTime or order.updateTime or order.createdTime
            self._reporter.report(events, int(time_ns) or None)

    def on_fills(self, fills: Iterable[AccountTrade]) -> None:
        """Take fills in any order and any number of times, but for those of the past."""
        since = self.fills_from_ms
        for fill in sorted(fills, key=_time_ms):
            time_ms = _time_ms(fill)
            if time_ms < since:
                continue
            self._last_fill_ms = max(self._last_fill_ms, time_ms)
            events = self._observer.on_trade(fill)
            if events is None:
                self._foreign.on_fill(neutral_fill(fill))
            else:
                self._reporter.report(events)

    def on_late_fills(self, fills: Iterable[AccountTrade]) -> None:
        """Take fills of any age, of tracked orders alone."""
        for fill in sorted(fills, key=_time_ms):
            self._reporter.report(self._observer.on_trade(fill) or [])

    def _on_funding(self, payment: FundingNews) -> None:
        self._log.info(f"Funding of {payment.symbol}: {payment.payment} at {payment.fundingRate}")
        told = {
            "symbol": payment.symbol,
            "usdt": str(payment.payment),
            "rate": str(payment.fundingRate),
            "size": str(payment.positionSize),
            "time_ms": payment.timestamp // NANOS_PER_MILLI,
        }
        self._watch.tell_soon({"funding": told})

    def _on_other(self, kind: str, text: str) -> None:
        if kind == _MARGIN:
            return
        if kind in _ALARMS:
            self._log.error(f"The venue reports a {kind}: {text}")
        else:
            self._log.info(f"The venue reports a {kind}")
        self._watch.mark_stale()


def _time_ms(fill: AccountTrade) -> int:
    return (fill.timestamp or fill.tradedAt) // NANOS_PER_MILLI
