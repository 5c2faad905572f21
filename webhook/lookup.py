"""The question whether a venue has an order, as the webhook asks it and the desk answers it."""

from collections.abc import Awaitable, Callable

from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId


class Unanswered(Exception):  # noqa: N818  it says what is so
    """Whether the order exists cannot be said yet; asking again later may help."""


type FindOrder = Callable[[InstrumentId, ClientOrderId], Awaitable[bool]]
"""
Tells whether an order exists that Nautilus's cache does not hold.

True once it was found and handed to Nautilus; False only where it is proven that it does not exist
and never will. Raises Unanswered.
"""


async def not_found(_instrument_id: InstrumentId, _client_order_id: ClientOrderId) -> bool:
    """Answer for a venue that forgets its orders with the process, as paper execution does."""
    return False
