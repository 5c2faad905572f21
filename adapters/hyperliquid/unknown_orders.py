"""Cancels the resting orders of one instrument that only the venue knows; it cancels no other."""

from collections.abc import Callable, Sequence

from nautilus_trader.cache.cache import Cache
from nautilus_trader.execution import messages
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.entry import OrderEntry
from adapters.hyperliquid.orders import cloid_from_client_order_id
from adapters.hyperliquid.preparation import asset_of
from adapters.hyperliquid.user_schemas import FrontendOrder


class UnknownOrders:
    """
    The orders that rest beside those that Nautilus knows: placed elsewhere, or forgotten.

    Parameters
    ----------
    entry : OrderEntry
        Cancels them.
    account : HyperliquidAccount
        Where to ask for them.
    cache : Cache
        Orders and instruments.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind a cloid, None of foreign orders.

    """

    def __init__(
        self,
        entry: OrderEntry,
        account: HyperliquidAccount,
        cache: Cache,
        client_order_id_of: Callable[[str], ClientOrderId | None],
    ) -> None:
        self._entry = entry
        self._account = account
        self._cache = cache
        self._client_order_id_of = client_order_id_of

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
        resting = await self._account.resting(instrument.raw_symbol.value)
        ours = {cloid_from_client_order_id(order.client_order_id.value) for order in known}
        oids = {order.venue_order_id.value for order in known if order.venue_order_id}
        side = {OrderSide.BUY: "B", OrderSide.SELL: "A"}.get(command.order_side)
        others = [
            order.oid
            for order in resting
            if side in {None, order.side}
            and order.cloid not in ours
            and str(order.oid) not in oids
            and not self._is_submitted_after(order, command.ts_init)
        ]
        await self._entry.cancel_unknown(asset_of(instrument).asset_id, others)

    def _is_submitted_after(self, resting: FrontendOrder, time_ns: int) -> bool:
        """Return whether we have sent the order after a time: it came while the venue was asked."""
        client_order_id = None if resting.cloid is None else self._client_order_id_of(resting.cloid)
        order = None if client_order_id is None else self._cache.order(client_order_id)
        return order is not None and order.ts_submitted > time_ns
