"""In what the execution cases must know one venue from the other; its words, no judgment."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.enums import OrderSide, OrderType

from adapters.common.governor import WeightGovernor
from simulator.fault_rules import Silent, UnknownOid
from simulator.received import Received
from simulator.synthetix_trading import TradingOptions
from tests.acceptance.exec_run import SIZE, Stage, StillMarket, Trial, Venue, staged, still_market
from tests.acceptance.exec_words import ACCEPTED, CANCELED, FILLED, stops
from tests.acceptance.synthetix_run import SYNTHETIX as SYNTHETIX_ADAPTER
from tests.acceptance.synthetix_run import synthetix_venue
from tests.acceptance.trading_run import CASH, venue_of
from tests.acceptance.under_test import ADDRESS, NAUTILUS, OURS, Adapter

type Wire = dict[str, Any]


class Scene(msgspec.Struct, frozen=True):
    """One venue and an adapter of it.

    Attributes
    ----------
    name
        As a test's id and the command line say it.
    venue
        As the marker `only` says it.
    adapter
        What the cases judge.
    open_venue
        Runs a venue with a funded account; takes a `source` of market data.
    governors
        Where the adapter's rate limits are made.
    place, cancel
        What its actions are called; `adapter.modify` is the third.
    action_name, stream
        The fields of an action that names it, and of a subscription that has its stream.
    order_news
        The frames that tell what becomes of an order.
    question_of
        What the venue is asked by what it has received; None if it is no question.
    losing_news
        Keeps from the adapter, on this venue, what else would tell of a lost answer.
    finds_at_once
        Whether its look-ups tell the truth meanwhile.
    rejects_lost_cancel
        Whether it says that a cancel never arrived; else the order is merely open again.
    count_canceled, size_of, is_post_only
        How many orders a cancel names; an order's size as it was sent, and whether it may not take.
    needs_position
        Whether a trigger must have a position that it may close.
    keeps_id
        Whether a changed order keeps the venue's id.
    tells_triggers
        Whether it tells that a limit order has been triggered before it fills.
    late_cancel
        The story of an order that is canceled when it is gone already.
    would_take, would_increase
        Words by which the venue refuses a post-only order, and a reduce-only one.
    """

    name: str
    venue: str
    adapter: Adapter
    open_venue: Callable[..., AbstractAsyncContextManager[Venue]]
    governors: tuple[str, ...]
    place: str
    cancel: str
    action_name: str
    stream: str
    order_news: str
    question_of: Callable[[Received], str | None]
    losing_news: Callable[[Venue], AbstractContextManager[None]]
    finds_at_once: bool
    rejects_lost_cancel: bool
    count_canceled: Callable[[Wire], int]
    size_of: Callable[[Wire], str]
    is_post_only: Callable[[Wire], bool]
    needs_position: bool
    keeps_id: bool
    tells_triggers: bool
    late_cancel: list[str]
    would_take: str
    would_increase: str

    def market(self) -> AbstractAsyncContextManager[StillMarket]:
        """Run a venue whose market stands still."""
        return still_market(self.open_venue)

    @asynccontextmanager
    async def staged(
        self, market: StillMarket, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Stage]:
        """Run a node, with an empty cache, on a market; the cases of an hour take a minute."""
        for governor in self.governors:
            monkeypatch.setattr(governor, lambda: WeightGovernor(1_000_000, 10.0))
        node = staged(market, state, monkeypatch, self.adapter, **self.adapter.settings)
        async with node as stage:
            yield stage

    def stops(self, side: OrderSide, kind: OrderType) -> dict[str, object]:
        """Tell the tester to submit a trigger order, with the position that it needs here."""
        position = SIZE if side == OrderSide.SELL else -SIZE
        opening = {"open_position_on_start_qty": position} if self.needs_position else {}
        return stops(side, kind) | opening

    @property
    def opened(self) -> list[list[str]]:
        """The stories of what `stops` submits before its trigger order."""
        return [FILLED] if self.needs_position else []

    def fired(self, kind: OrderType) -> list[str]:
        """Return the story of a trigger order that has fired."""
        is_told = kind in {OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED}
        return [*ACCEPTED, "Triggered", "Filled"] if is_told and self.tells_triggers else FILLED

    @property
    def changed(self) -> list[str]:
        """What the venue writes down of an order that rests and is changed."""
        return ["open", "open"] if self.keeps_id else ["open", "canceled", "open"]

    def names(self, trial: Trial) -> list[str]:
        """Return what the venue's actions of a trial are called."""
        return [action[self.action_name] for action in trial.actions]

    def placed(self, trial: Trial) -> list[Wire]:
        """Return the orders that a trial has asked the venue for, in order."""
        return [order for action in trial.actions for order in action.get("orders", ())]

    def cancels(self, trial: Trial) -> list[int]:
        """Return how many orders each cancel of a trial names."""
        found = [a for a in trial.actions if a[self.action_name] == self.cancel]
        return [self.count_canceled(action) for action in found]

    def streams(self, venue: Venue, method: str) -> list[str]:
        """Return the streams that were subscribed, or unsubscribed, by name."""
        frames = [received.body for received in venue.received if received.kind == "ws"]
        return [frame[self.stream]["type"] for frame in frames if frame["method"] == method]


@contextmanager
def _losing_hyperliquids(venue: Venue) -> Iterator[None]:
    venue.faults.add(Silent(type="orderUpdates", count=1))
    venue.faults.add(Silent(type="openOrders", count=1, for_ms=3_000))
    venue.faults.add(UnknownOid(ms=1_500))
    yield


@contextmanager
def _losing_synthetixs(venue: Venue) -> Iterator[None]:
    venue.mute(SYNTHETIX_ADAPTER.last_stream)
    try:
        yield
    finally:
        venue.unmute(SYNTHETIX_ADAPTER.last_stream)


HYPERLIQUID = Scene(
    name="hyperliquid",
    venue="hyperliquid",
    adapter=OURS,
    open_venue=venue_of,
    governors=("adapters.hyperliquid.factories.address_governor",),
    place="order",
    cancel="cancelByCloid",
    action_name="type",
    stream="subscription",
    order_news="orderUpdates",
    question_of=lambda received: received.body["type"] if received.kind == "info" else None,
    losing_news=_losing_hyperliquids,
    finds_at_once=False,
    rejects_lost_cancel=False,
    count_canceled=lambda action: len(action["cancels"]),
    size_of=lambda order: order["s"],
    is_post_only=lambda order: order["t"] == {"limit": {"tif": "Alo"}},
    needs_position=False,
    keeps_id=False,
    tells_triggers=True,
    late_cancel=[*ACCEPTED, "PendingCancel", "CancelRejected", "Canceled"],
    would_take="immediately matched",
    would_increase="would increase position",
)
NAUTILUSS = msgspec.structs.replace(HYPERLIQUID, name="nautilus", adapter=NAUTILUS)
SYNTHETIX = Scene(
    name="synthetix",
    venue="synthetix",
    adapter=SYNTHETIX_ADAPTER,
    # Neither the venue nor the adapter counts tokens.
    open_venue=partial(
        synthetix_venue,
        trading=TradingOptions(accounts=((ADDRESS, CASH),), tokens=0),
        ip_tokens=0,
    ),
    governors=(
        "adapters.synthetix.rooms.subaccount_governor",
        "adapters.synthetix.factories.address_governor",
    ),
    place="placeOrders",
    cancel="cancelOrders",
    action_name="action",
    stream="params",
    order_news="subAccountUpdate",
    question_of=lambda received: received.body.get("params", {}).get("action"),
    losing_news=_losing_synthetixs,
    finds_at_once=True,
    rejects_lost_cancel=True,
    count_canceled=lambda action: len(action["orderIds"]),
    size_of=lambda order: order["quantity"],
    is_post_only=lambda order: order.get("postOnly", False),
    needs_position=True,
    keeps_id=True,
    tells_triggers=False,
    late_cancel=CANCELED,
    would_take="would trade",
    would_increase="reduce",
)

VENUES = (HYPERLIQUID, SYNTHETIX)
SCENES = {scene.name: scene for scene in (*VENUES, NAUTILUSS)}
