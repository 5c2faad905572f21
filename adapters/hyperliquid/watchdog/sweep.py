"""Cancel what rests and runs on an account until the venue confirms that nothing does."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import batched

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import VenueError, VenueRefused
from adapters.hyperliquid.actions import (
    CancelAction,
    CancelWire,
    Grouping,
    OrderAction,
    OrderKind,
    OrderWire,
    Tpsl,
    TriggerKind,
    TwapCancelAction,
)
from adapters.hyperliquid.orders import cloid_from_client_order_id, decimal_to_wire
from adapters.hyperliquid.watchdog.account import Markets, OpenOrder, TwapState, WatchedAccount

# An order that was on its way when the parent died rests a moment later (p99 0.9 s, and listings
# lag): only the second look that finds nothing, so much after the first, is a confirmation.
SETTLE_SECS = 2.0
LOOKS_WITHOUT_ORDERS = 2
BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 10.0
# No limit is documented. A hundred keep a request small and, with the venue's limit of 5,000
# orders, the nonces used well below the 100 that it remembers.
CANCELS_PER_ACTION = 100

log = logging.getLogger(__name__)


class Sweep:
    """
    One account, swept once: its orders on every dex and its TWAPs.

    A position keeps its stop: reduce-only orders stay, and where an entry that has filled in part
    is cancelled, which ends its exits, its stop is placed anew for what it has filled.

    Parameters
    ----------
    account : WatchedAccount
        Lists and cancels.
    cancels_all : bool
        Cancel reduce-only orders too, and place no stop.
    parent_is_back : Callable[[], bool]
        If the parent has given a sign of life since the last call; from then on what it may place
        is left alone, and only what was seen before is swept.

    """

    def __init__(
        self, account: WatchedAccount, *, cancels_all: bool, parent_is_back: Callable[[], bool]
    ) -> None:
        self._account = account
        self._cancels_all = cancels_all
        self._parent_is_back = parent_is_back
        self._is_parent_back = False
        # Ids of orders and TWAPs, which the venue numbers apart: a clash only sweeps one more.
        self._seen: set[int] = set()
        self._answered_twaps: set[int] = set()
        self._markets: Markets | None = None

    async def run(self, give_up_secs: float) -> bool:
        """Return True when the venue has confirmed, False after `give_up_secs` without that."""
        try:
            async with asyncio.timeout(give_up_secs):
                await self._sweep()
        except TimeoutError:
            return False
        return True

    async def _sweep(self) -> None:
        failures = looks = 0
        while True:
            try:
                is_clear = await self._look_and_cancel()
            except VenueError as e:
                log.warning("%s; trying again", e)
                is_clear, failures = False, failures + 1
            except Exception:  # whatever is wrong with this try, the orders still rest
                log.exception("Unexpected error; trying again")
                is_clear, failures = False, failures + 1
            else:
                failures = 0
            looks = looks + 1 if is_clear else 0
            if looks == LOOKS_WITHOUT_ORDERS:
                return
            await asyncio.sleep(_pause_secs(failures, is_clear=is_clear))

    async def _look_and_cancel(self) -> bool:
        """Return True if nothing is left to cancel; raise what made a listing fail, at the end."""
        self._is_parent_back = self._is_parent_back or self._parent_is_back()
        if self._markets is None:
            self._markets = await self._account.markets()
        *listings, twaps = await asyncio.gather(
            *map(self._account.open_orders, self._markets.dexes),
            self._account.running_twaps(),
            return_exceptions=True,
        )
        found = [one for listing in listings if isinstance(listing, list) for one in listing]
        orders = [one for one in found if self._is_target(one.oid, one.reduceOnly)]
        await self._keep_stops(orders, {one.cloid for one in found}, self._markets)
        await self._cancel_orders(orders, self._markets)
        is_clear = not orders
        if isinstance(twaps, dict):
            is_clear = await self._cancel_twaps(twaps, self._markets) and is_clear
        for outcome in (*listings, twaps):
            if isinstance(outcome, BaseException):
                raise outcome
        return is_clear

    def _is_target(self, number: int, is_reduce_only: bool) -> bool:
        if (is_reduce_only and not self._cancels_all) or (
            self._is_parent_back and number not in self._seen
        ):
            return False
        self._seen.add(number)
        return True

    async def _keep_stops(
        self, entries: Sequence[OpenOrder], resting: AbstractSet[str | None], markets: Markets
    ) -> None:
        if self._cancels_all:
            return
        stops = [
            stop
            for entry in entries
            if (asset_id := markets.asset_ids.get(entry.coin)) is not None
            for stop in stops_of_filled_part(entry, asset_id)
            if stop.c not in resting
        ]
        for stop in stops:
            log.info("Placing the stop of an entry that has filled in part: %s", stop)
            try:
                answer = await self._account.act(OrderAction((stop,), Grouping.NONE))
            except VenueRefused as e:  # an entry that rests on is worse: it goes all the same
                log.error("A position stays without a stop: %s", e)  # noqa: TRY400 - the venue's no
            else:
                log.info("The venue answered %s", answer)

    async def _cancel_orders(self, orders: Sequence[OpenOrder], markets: Markets) -> None:
        cancels = []
        for order in orders:
            asset_id = self._asset_id(order.coin, markets)
            if asset_id is not None:
                place = f"{order.coin} {order.side} {order.sz} at {order.limitPx}"
                log.info("Canceling %s: %s", order.oid, place)
                cancels.append(CancelWire(asset_id, order.oid))
        for batch in batched(cancels, CANCELS_PER_ACTION):
            log.info("The venue answered %s", await self._account.act(CancelAction(batch)))

    async def _cancel_twaps(self, twaps: Mapping[int, TwapState], markets: Markets) -> bool:
        """Return True if none was left to cancel."""
        is_clear = True
        for twap_id, state in twaps.items():
            # Its history lags, and to one that has ended the venue answers with an error.
            if twap_id in self._answered_twaps or not self._is_target(twap_id, state.reduceOnly):
                continue
            is_clear = False
            asset_id = self._asset_id(state.coin, markets)
            if asset_id is not None:
                log.info("Canceling TWAP %s: %s", twap_id, state.coin)
                answer = await self._account.act(TwapCancelAction(asset_id, twap_id))
                self._answered_twaps.add(twap_id)
                log.info("The venue answered %s", answer)
        return is_clear

    def _asset_id(self, coin: str, markets: Markets) -> int | None:
        asset_id = markets.asset_ids.get(coin)
        if asset_id is None:
            log.error("Expected a known coin, was %s; looking again", coin)
            self._markets = None
        return asset_id


def stops_of_filled_part(entry: OpenOrder, asset_id: int) -> list[OrderWire]:
    """Return the stops that wait for the rest of an entry, each for what has filled already."""
    filled = entry.origSz - entry.sz
    stops = [child for child in entry.children if child.orderType.startswith("Stop")]
    return [
        OrderWire(
            a=asset_id,
            b=stop.side == "B",
            p=decimal_to_wire(stop.limitPx),
            s=decimal_to_wire(filled),
            r=True,
            t=OrderKind(
                trigger=TriggerKind(
                    is_market=stop.orderType == "Stop Market",
                    trigger_px=decimal_to_wire(stop.triggerPx),
                    tpsl=Tpsl.STOP_LOSS,
                )
            ),
            # The same at every try, so that a try whose answer was lost is known by its order.
            c=cloid_from_client_order_id(f"watchdog {entry.oid} {stop.oid} {filled}"),
        )
        for stop in stops
        if filled > 0
    ]


def _pause_secs(failures: int, *, is_clear: bool) -> float:
    if is_clear:
        return SETTLE_SECS
    chance = random.random()  # noqa: S311 - jitter, not a secret
    return backoff_delay_secs(max(0, failures - 1), BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
