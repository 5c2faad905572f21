"""What a node under a soak says of itself, as structs that both processes know."""

from decimal import Decimal

import msgspec


class Question(msgspec.Struct, frozen=True):
    """What is asked for: closed orders are told if they changed at or after `since_ns`."""

    since_ns: int = 0


class FillPicture(msgspec.Struct, frozen=True):
    """One fill, as the node was told of it."""

    trade: str
    price: Decimal
    size: Decimal
    fee: Decimal


class OrderPicture(msgspec.Struct, frozen=True):
    """One order in the node's cache."""

    name: str
    venue: str
    venue_id: str | None
    strategy: str
    kind: str
    side: str
    status: str
    is_open: bool
    is_under_way: bool
    quantity: Decimal
    leaves: Decimal
    trigger: Decimal | None
    fills: tuple[FillPicture, ...]


class NodePicture(msgspec.Struct, frozen=True):
    """A node at one moment: nothing else ran on its loop while the picture was taken."""

    is_running: bool
    orders: tuple[OrderPicture, ...]
    positions: dict[str, Decimal]
    """By instrument id, signed."""
    cash: dict[str, Decimal]
    """By venue."""
    orders_known: int
    tasks: int
