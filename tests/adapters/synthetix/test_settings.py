"""
The adapter trades the same whatever the real venue turns out to be in what nobody has seen of it.

One short life of an account is played under mixes of settings in which any two levels of any two
settings meet. After each step what Nautilus holds is compared with the venue's own books.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.orders import Order

from adapters.synthetix.governor import subaccount_governor
from simulator.fault_rules import AckRace
from tests.acceptance.exec_run import BID
from tests.acceptance.synthetix_run import synthetix_venue
from tests.adapters.contract_bench import SIZE, Bench, Still, benched, closed, resting, standing
from tests.adapters.contract_terms import SYNTHETIX
from tests.adapters.synthetix.settings import (
    DOCUMENTED,
    SETTINGS,
    Setting,
    mixes,
    named,
    venue_options,
)
from tests.waiting import eventually

WAIT_SECS = 30.0
"""Tokens of an account come back within ten seconds, and a line within a few."""
MIXES = [DOCUMENTED, *(mix for mix in mixes() if mix != DOCUMENTED)]


@asynccontextmanager
async def lived(setting: Setting) -> AsyncIterator[Still]:
    """Run a venue with a setting, whose market stands still."""
    options = venue_options(setting)
    open_venue = partial(synthetix_venue, ip_tokens=0, **options)
    async with standing(msgspec.structs.replace(SYNTHETIX, open_venue=open_venue)) as still:
        if setting["is_reply_first"]:
            still.venue.faults.add(AckRace(ms=20))
        yield still


async def agreed(bench: Bench) -> None:
    """Wait until Nautilus and the venue say the same of money, position and resting orders."""
    await eventually(lambda: bench.held_here == bench.held_there, WAIT_SECS)
    await eventually(lambda: here(bench) == there(bench), WAIT_SECS)
    await eventually(lambda: bench.cash_here == bench.cash_there, WAIT_SECS)


def here(bench: Bench) -> dict[str, tuple[Any, ...]]:
    """Return the open orders as Nautilus has them, by client id."""
    return {
        order.client_order_id.value: (
            order.quantity.as_decimal(),
            order.filled_qty.as_decimal(),
            order.price.as_decimal() if order.has_price else None,
            order.venue_order_id.value,
        )
        for order in bench.run.cache.orders_open()
    }


def there(bench: Bench) -> dict[str, tuple[Any, ...]]:
    """Return them as the venue has them; of a market trigger the price is its own affair."""
    return {
        str(order.request.client_id): (
            order.request.size,
            order.filled,
            None
            if order.request.trigger is not None and order.request.trigger.is_market
            else order.request.price,
            str(order.oid),
        )
        for order in bench.live
    }


async def filled(order: Order) -> None:
    await closed(order, WAIT_SECS)
    assert order.status == OrderStatus.FILLED, order.status_string()


@pytest.mark.parametrize("setting", MIXES, ids=range(len(MIXES)))
async def test_an_account_lives_the_same_whatever_nobody_has_seen(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(named(setting))  # noqa: T201 (shown if it fails)
    # That the venue closes a line so often is not lost in earnest; the pause would grow.
    monkeypatch.setattr("adapters.synthetix.websocket.SHORT_LIFE_SECS", 0.0)
    async with lived(setting) as still:
        node = partial(benched, still, tmp_path, monkeypatch, subaccount_governor)
        async with node() as bench:
            await trade(bench)
            await change(bench)
            await be_stopped(bench)
            await be_done(bench)
            await bench.enter()
            left = await bench.rest(500, size=3 * SIZE)
            await agreed(bench)
        async with node() as again:
            await agreed(again)
            (order,) = again.run.cache.orders_open()
            assert order.client_order_id == left.client_order_id
            again.hand.cancel_order(order)
            await closed(order, WAIT_SECS)
            assert order.status == OrderStatus.CANCELED
            await agreed(again)
            assert again.held_here == SIZE


async def trade(bench: Bench) -> None:
    """Take from the book, more than there is of it, and be refused."""
    await filled(await bench.enter())
    more = bench.submit(bench.new_limit(-1, size=Decimal(6), time_in_force=TimeInForce.IOC))
    await closed(more, WAIT_SECS)
    assert 0 < more.filled_qty < more.quantity
    await agreed(bench)
    refused = bench.submit(bench.new_limit(-100, post_only=True))
    await closed(refused, WAIT_SECS)
    assert (refused.status, refused.last_event.due_post_only) == (OrderStatus.REJECTED, True)
    await leave(bench)


async def change(bench: Bench) -> None:
    """Fill a resting order in part, change what is left of it, and cancel that."""
    order = await bench.rest(500, size=3 * SIZE)
    bench.still.fill(order, SIZE)
    await eventually(lambda: order.filled_qty.as_decimal() == SIZE, WAIT_SECS)
    bench.hand.modify_order(order, quantity=bench.quantity(4 * SIZE), price=bench.price(-510))
    await eventually(lambda: bench.story(order)[-1] == "Updated", WAIT_SECS)
    await agreed(bench)
    bench.hand.cancel_order(order)
    await closed(order, WAIT_SECS)
    assert order.status == OrderStatus.CANCELED
    await leave(bench)


async def be_stopped(bench: Bench) -> None:
    """Rest a stop against a position, move it, and let it fire."""
    await bench.enter()
    stop = bench.orders.stop_market(
        bench.instrument_id, OrderSide.SELL, bench.quantity(), bench.price(-300), reduce_only=True
    )
    await resting(bench.submit(stop), WAIT_SECS)
    bench.hand.modify_order(stop, trigger_price=bench.price(-200))
    await eventually(lambda: bench.story(stop)[-1] == "Updated", WAIT_SECS)
    await agreed(bench)
    bench.still.market.show(BID - 210)
    await filled(stop)
    bench.still.market.show(BID)
    await agreed(bench)
    assert not bench.held_here


async def be_done(bench: Bench) -> None:
    """Enter by a bracket and leave by its target."""
    orders = bench.orders.bracket(
        bench.instrument_id,
        OrderSide.BUY,
        bench.quantity(),
        entry_order_type=OrderType.LIMIT,
        entry_price=bench.price(-100),
        tp_price=bench.price(200),
        sl_trigger_price=bench.price(-300),
    )
    entry, stop, target = orders.orders
    bench.hand.submit_order_list(orders)
    for order in orders.orders:
        await resting(order, WAIT_SECS)
    bench.still.market.show(BID - 110)
    await filled(entry)
    await agreed(bench)
    bench.still.market.show(BID + 210)
    await filled(target)
    await closed(stop, WAIT_SECS)
    assert stop.status == OrderStatus.CANCELED
    bench.still.market.show(BID)
    await agreed(bench)
    assert not bench.held_here


async def leave(bench: Bench) -> None:
    """Close the position."""
    bench.hand.close_all_positions(bench.instrument_id)
    await eventually(lambda: not bench.held_there, WAIT_SECS)
    bench.still.market.show()  # what was taken from the book is there again
    await agreed(bench)


def test_any_two_levels_of_any_two_settings_meet() -> None:
    missing = [
        (one, x, two, y)
        for one, two in combinations(SETTINGS, 2)
        for x, y in product(SETTINGS[one], SETTINGS[two])
        if not any(mix[one] == x and mix[two] == y for mix in MIXES)
    ]
    assert not missing


def test_each_setting_reaches_the_venue() -> None:
    for name, levels in SETTINGS.items():
        made = [str(venue_options({**DOCUMENTED, name: level})) for level in levels]
        is_asked_for = name == "is_reply_first"  # a fault's, of the test itself
        assert is_asked_for or len(set(made)) == len(levels), name
