"""Cancels the resting orders of one instrument that only the venue knows; it cancels no other."""

from collections.abc import Sequence

from nautilus_trader.cache.cache import Cache
from nautilus_trader.execution import messages
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from adapters.synthetix.account_schemas import AccountOrder
from adapters.synthetix.accounts import SynthetixAccount
from adapters.synthetix.actions import Side
from adapters.synthetix.entry import OrderEntry

_SIDES = {OrderSide.BUY: Side.BUY, OrderSide.SELL: Side.SELL}


class UnknownOrders:
    """
    The orders that rest beside those that Nautilus knows: placed elsewhere, or forgotten.

    `cancelAllOrders` is not used: it would take away what was submitted in the meantime.

    Parameters
    ----------
    entry : OrderEntry
        Cancels them.
    account : SynthetixAccount
        Where to ask for them.
    cache : Cache
        Orders and instruments.

    """

    def __init__(self, entry: OrderEntry, account: SynthetixAccount, cache: Cache) -> None:
        self._entry = entry
        self._account = account
        self._cache = cache

    async def cancel(self, command: messages.CancelAllOrders, known: Sequence[Order]) -> None:
        """
        Cancel what the command means beside the known orders, which are canceled already.

        Raises
        ------
        VenueError
            If the venue does not say what rests, or it is not known that it has taken the cancel.

        """
        instrument = self._cache.instrument(command.instrument_id)
        if instrument is None:
            return
        symbol = instrument.raw_symbol.value
        ours = {order.client_order_id.value for order in known}
        numbers = {order.venue_order_id.value for order in known if order.venue_order_id}
        side = _SIDES.get(command.order_side)
        others = [
            order.venue_id
            for order in await self._account.resting()
            if order.symbol == symbol
            and side in {None, order.side.lower()}
            and order.client_id not in ours
            and order.venue_id not in numbers
            and not self._is_submitted_after(order, command.ts_init)
        ]
        await self._entry.cancel_unknown(others)

    def _is_submitted_after(self, resting: AccountOrder, time_ns: int) -> bool:
        """Return whether we have sent the order after a time: it came while the venue was asked."""
        order = self._cache.order(ClientOrderId(resting.client_id)) if resting.client_id else None
        return order is not None and order.ts_submitted > time_ns
