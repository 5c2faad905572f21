"""What the venue tells of an account by itself, handed to those who record it; it asks nobody."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from nautilus_trader.common.component import Logger
from nautilus_trader.model.orders import Order

from adapters.common.account_watch import AccountWatch
from adapters.common.foreign import ForeignOrders
from adapters.common.latest import Latest
from adapters.common.ledger import OrderLedger
from adapters.common.open_orders import OpenOrders
from adapters.common.recovery import OVERLAP_MS
from adapters.hyperliquid.constants import NANOS_PER_MILLI
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.past_orders import flatten, leaves_of
from adapters.hyperliquid.reports import neutral_fill, twap_id_of, twap_key
from adapters.hyperliquid.user_frames import (
    OPEN_ORDERS_DECODER,
    WsOpenOrders,
    WsOrderUpdates,
    WsTwapHistory,
    WsUser,
    WsUserFills,
)
from adapters.hyperliquid.user_schemas import FundingPayment, OrderUpdate, TwapHistory, UserFill
from adapters.hyperliquid.websocket import Streamed

# The history of TWAPs is told on userEvents as well, but only its own stream repeats what a broken
# connection has missed. That of open orders repeats with every change all that rests on the
# venue's own dex.
USER_STREAMS = ("orderUpdates", "userEvents", "userFills", "userTwapHistory", "openOrders")


class AccountNews:
    """
    The messages of the user streams, and which fills among them are the past.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where they are read.
    ledger : OrderLedger
        Tells what they mean for our orders.
    observer : OrderObserver
        Reads them.
    open_orders : OpenOrders
        Keeps the list of those that rest.
    foreign : ForeignOrders
        Takes what is not of our orders.
    watch : AccountWatch
        Takes what moves the balances.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ledger: OrderLedger,
        observer: OrderObserver,
        open_orders: OpenOrders,
        foreign: ForeignOrders,
        watch: AccountWatch,
    ) -> None:
        self._observer = observer
        self._reporter = ledger.reporter
        self._open_orders = open_orders
        self._lists = Latest(loop, self._read_open_orders)
        self._foreign = foreign
        self._watch = watch
        self._last_fill_ms = 0
        self._is_past_told = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            WsOrderUpdates: self._on_order_updates,
            WsUser: self._on_user,
            WsUserFills: self._on_user_fills,
            WsOpenOrders: lambda message: self._lists.offer(message.data.orders),
            WsTwapHistory: lambda message: self._on_twaps(message.data.history),
        }
        self._log = Logger(type(self).__name__)

    def begin(self, time_ms: int) -> None:
        """Say what the venue's time is now: what it has filled before is told in reports."""
        self._last_fill_ms = time_ms

    @property
    def fills_from_ms(self) -> int:
        """From which of the venue's times on fills are taken: they come on two streams."""
        return self._last_fill_ms - OVERLAP_MS

    def on_message(self, message: Streamed) -> None:
        """Take a message of one of the user streams."""
        handler = self._handlers.get(type(message))
        if handler is not None:
            handler(message)

    def on_lost(self) -> None:
        """Take that the connection is lost: what a stream has told by then is out of date."""
        self._lists.forget()
        self._open_orders.forget()

    def on_update(self, update: OrderUpdate) -> None:
        """Take what the venue says of one order."""
        events = self._observer.on_update(update)
        if events is not None:
            self._reporter.report(events, update.statusTimestamp * NANOS_PER_MILLI)
        elif not self._observer.may_be_part(update):
            self._foreign.on_order(str(update.order.oid))

    def on_adopted(self, order: Order) -> None:
        """Take that an order of an earlier life is tracked: a TWAP goes by the venue's number."""
        venue_order_id = order.venue_order_id
        twap_id = None if venue_order_id is None else twap_id_of(venue_order_id.value)
        if twap_id is not None:
            events = self._observer.bind_twap(twap_id, order.client_order_id.value)
            self._reporter.report(events)

    def on_fills(self, fills: Iterable[UserFill]) -> None:
        """Take fills in any order and any number of times, but for those of the past."""
        since = self.fills_from_ms
        for fill in sorted(fills, key=lambda fill: fill.time):
            if fill.time < since:
                continue
            self._last_fill_ms = max(self._last_fill_ms, fill.time)
            events = self._observer.on_fill(fill)
            if events is None:
                self._foreign.on_fill(neutral_fill(fill))
            else:
                self._reporter.report(events)

    def on_late_fills(self, fills: Iterable[UserFill]) -> None:
        """Take fills of any age, of tracked orders alone."""
        for fill in sorted(fills, key=lambda fill: fill.time):
            self._reporter.report(self._observer.on_fill(fill) or [])

    def _on_order_updates(self, message: WsOrderUpdates) -> None:
        for update in message.data:
            self.on_update(update)

    def _read_open_orders(self, raw: msgspec.Raw) -> None:
        try:
            orders = flatten(OPEN_ORDERS_DECODER.decode(raw))
        except msgspec.MsgspecError as e:
            self._log.exception("Could not read the list of open orders", e)
            return
        self._open_orders.on_list(leaves_of(orders.values()))
        events = [event for one in orders.values() for event in self._observer.on_listed(one)]
        self._reporter.report(events)

    def _on_user(self, message: WsUser) -> None:
        data = message.data
        self.on_fills(data.fills)
        self.on_fills(slice_.fill for slice_ in data.twapSliceFills)
        self._on_twaps(data.twapHistory)
        if data.funding is not None:
            self._on_funding(data.funding)
        if data.liquidation is not None:
            self._log.error(f"The venue reports a liquidation: {data.liquidation}")
            self._watch.mark_stale()

    def _on_funding(self, payment: FundingPayment) -> None:
        self._log.info(f"Funding of {payment.coin}: {payment.usdc} USDC at {payment.fundingRate}")
        told = {
            "coin": payment.coin,
            "usdc": str(payment.usdc),
            "rate": str(payment.fundingRate),
            "size": str(payment.szi),
            "time_ms": payment.time,
        }
        self._watch.tell_soon({"funding": told})

    def _on_twaps(self, history: Iterable[TwapHistory]) -> None:
        for entry in history:
            events = self._observer.on_twap(entry)
            if events is not None:
                self._reporter.report(events)
            elif entry.twapId is not None:
                self._foreign.on_known_order(twap_key(entry.twapId))

    def _on_user_fills(self, message: WsUserFills) -> None:
        # The first snapshot holds the past, which Nautilus reconciles from reports; however late it
        # comes, it must not overtake them fill by fill.
        if message.data.isSnapshot and not self._is_past_told:
            self._is_past_told = True
            return
        self.on_fills(message.data.fills)
