"""The shapes of the questions of POST /info: what each carries, weighs and is answered by."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from simulator.wire import Interval

ZERO = "0.0"

# Base weights and what is charged for each item of the answer (fact sheet 7).
WEIGHT = 20
WEIGHT_LIGHT = 2
WEIGHT_ROLE = 60
ITEMS_PER_WEIGHT = 20
CANDLES_PER_WEIGHT = 60

type Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]


class BadShapeError(Exception):
    """The body is JSON of a shape that this question does not have; the venue answers 422."""


class Nothing(msgspec.Struct, frozen=True):
    """A question without arguments."""


class OfDex(msgspec.Struct, frozen=True):
    """A question about a dex, the venue's own by default."""

    dex: str | None = None


class OfTable(OfDex, frozen=True, kw_only=True):
    """A question about a margin table."""

    id: int


class OfCoin(msgspec.Struct, frozen=True):
    """A question about a coin."""

    coin: str


class OfBook(OfCoin, frozen=True, rename="camel"):
    """A question about a coin's book, aggregated or not."""

    n_sig_figs: int | None = None
    mantissa: int | None = None


class OfFunding(OfCoin, frozen=True, rename="camel"):
    """A question about a coin's funding from a time on."""

    start_time: int
    end_time: int | None = None


class CandleRange(OfCoin, frozen=True, rename="camel"):
    """Which candles are wanted."""

    interval: Interval
    start_time: int
    end_time: int | None = None


class OfCandles(msgspec.Struct, frozen=True):
    """A question about candles."""

    req: CandleRange


class OfUser(msgspec.Struct, frozen=True):
    """A question about an account."""

    user: Address

    @property
    def address(self) -> str:
        """Return the account's address as the venue writes it."""
        return self.user.lower()


class OfUserDex(OfUser, frozen=True):
    """A question about an account on a dex, the venue's own by default."""

    dex: str | None = None


class OfUserSince(OfUser, frozen=True, rename="camel"):
    """A question about an account in a range of time, both ends included; None is no bound."""

    start_time: int | None = None
    end_time: int | None = None


class OfFills(OfUser, frozen=True, rename="camel"):
    """A question about an account's fills; those of an order and a time may come as one."""

    aggregate_by_time: bool = False


class OfFillsByTime(OfUserSince, frozen=True, rename="camel", kw_only=True):
    """A question about an account's fills in a range of time, whose beginning must be given."""

    start_time: int
    aggregate_by_time: bool = False
    reversed: bool = False


class OfOrder(OfUser, frozen=True):
    """A question about one order, by number or client id."""

    oid: int | Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{32}$")]


class OfUserCoin(OfUser, frozen=True):
    """A question about an account's trading of a coin."""

    coin: str


class OfBuilder(OfUser, frozen=True):
    """A question about an account and a builder."""

    builder: Address


class Question[S](msgspec.Struct, frozen=True):
    """How one info type is asked, answered of `S` and charged; `per` items weigh 1 more."""

    shape: type[msgspec.Struct]
    answer: Callable[[S, int, Any], object]
    weight: int = WEIGHT
    per: int | None = None
