"""One order, and the orders that are open, as an account is told of them in pieces."""

from decimal import Decimal

import pytest
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import OrderStatus, OrderType
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity

from tests.adapters.hyperliquid.account_rows import (
    fill_row,
    order_row,
    perps_of,
    stop_row,
    update_row,
)
from tests.adapters.hyperliquid.told_accounts import ADDRESS, build_account, by_id

D = Decimal


async def test_an_order_is_looked_up_by_its_cloid(btc: Instrument) -> None:
    account, stub = build_account(btc, statuses=[update_row("open", 5, cloid="0xa1")])

    report = await account.order_report(cloid="0xa1")

    assert report is not None
    assert (report.client_order_id, report.venue_order_id.value) == (ClientOrderId("O-1"), "5")
    assert report.order_status == OrderStatus.ACCEPTED
    # An order that rests untouched costs one light question.
    assert stub.asked == [{"type": "orderStatus", "user": ADDRESS, "oid": "0xa1"}]


async def test_an_order_is_looked_up_by_its_oid(btc: Instrument) -> None:
    account, stub = build_account(btc, statuses=[update_row("canceled", 5)])

    report = await account.order_report(oid=5)

    assert report is not None
    assert (report.client_order_id, report.order_status) == (None, OrderStatus.CANCELED)
    assert stub.asked[0]["oid"] == 5


async def test_an_order_that_the_venue_does_not_know_is_none(btc: Instrument) -> None:
    account, _ = build_account(btc)

    assert await account.order_report(cloid="0xa1") is None
    with pytest.raises(ValueError, match="Expected a cloid or an oid"):
        await account.order_report()


async def test_an_order_comes_with_the_price_of_its_fills(btc: Instrument) -> None:
    fills = [
        fill_row(5, 1, px="60000.0", sz="0.25"),
        fill_row(6, 2, px="1.0"),
        fill_row(5, 3, px="60010.0", sz="0.75"),
    ]
    account, _ = build_account(btc, statuses=[update_row("filled", 5, sz="0.0")], fills=fills)

    report = await account.order_report(oid=5)

    assert report is not None
    assert (report.order_status, report.avg_px) == (OrderStatus.FILLED, D("60007.5"))


async def test_an_order_of_a_coin_that_is_not_loaded_is_none(btc: Instrument) -> None:
    account, _ = build_account(btc, statuses=[update_row("open", 5, coin="ETH")])

    assert await account.order_report(oid=5) is None


async def test_a_status_that_is_not_known_is_no_report(btc: Instrument) -> None:
    account, _ = build_account(btc, statuses=[update_row("of tomorrow", 5)])

    with pytest.raises(ValueError, match="'of tomorrow'"):
        await account.order_report(oid=5)


async def test_a_modified_order_counts_what_it_filled_before(btc: Instrument) -> None:
    """Of 1.0, 0.3 were filled when the venue replaced the rest by a new order of 0.7."""
    now = update_row("open", 6, cloid="0xa1", origSz="0.7", sz="0.5")
    fills = [
        fill_row(5, 1, sz="0.3", cloid="0xa1", time=900),
        fill_row(6, 2, sz="0.2", cloid="0xa1"),
    ]
    account, _ = build_account(btc, statuses=[now], fills=fills)

    report = await account.order_report(cloid="0xa1", since_ms=800)

    assert report is not None
    assert report.venue_order_id.value == "6"
    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert report.order_status == OrderStatus.PARTIALLY_FILLED


async def test_a_modify_whose_new_order_was_refused_leaves_a_canceled_order(
    btc: Instrument,
) -> None:
    refused = update_row("perpMarginRejected", 6, cloid="0xa1", origSz="0.7", sz="0.7")
    account, _ = build_account(
        btc, statuses=[refused], fills=[fill_row(5, 1, sz="0.3", cloid="0xa1")]
    )

    report = await account.order_report(cloid="0xa1", since_ms=800)

    assert report is not None
    assert (report.order_status, report.filled_qty) == (OrderStatus.CANCELED, Quantity(0.3, 5))


async def test_a_part_of_a_twap_is_no_order_of_its_own(btc: Instrument) -> None:
    part = update_row("filled", 11, sz="0.0", orderType="Twap Slice")
    account, _ = build_account(btc, statuses=[part], fills=[fill_row(11, 1, twapId=7)])

    assert await account.order_report(oid=11) is None


async def test_b4_children_that_wait_in_their_parent_are_open_orders(btc: Instrument) -> None:
    """Some stand beside their parent too; each is told once."""
    inner, beside = stop_row(2), stop_row(3)
    parent = order_row(1, children=[inner, beside])
    account, stub = build_account(btc, open_orders=[beside, parent])

    reports = by_id(await account.order_reports(open_only=True))

    assert set(reports) == {"1", "2", "3"}
    assert reports["2"].order_type == reports["3"].order_type == OrderType.STOP_MARKET
    assert {r.order_status for r in reports.values()} == {OrderStatus.ACCEPTED}
    assert stub.kinds == ["frontendOpenOrders"]


async def test_b7_our_orders_keep_their_client_order_ids(btc: Instrument) -> None:
    account, _ = build_account(
        btc, open_orders=[order_row(1, cloid="0xa1"), order_row(2, cloid="0xff")]
    )

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].client_order_id == ClientOrderId("O-1")
    assert reports["2"].client_order_id is None


async def test_every_dex_is_asked(btc: Instrument) -> None:
    account, stub = build_account(
        btc,
        open_orders={"": [order_row(1)], "xyz": [order_row(2)]},
        collaterals={"": USDC, "xyz": USDC},
    )

    assert set(by_id(await account.order_reports(open_only=True))) == {"1", "2"}
    assert [request.get("dex") for request in stub.asked] == [None, "xyz"]


async def test_open_orders_that_are_filled_in_part_have_a_price(btc: Instrument) -> None:
    fills = [fill_row(1, 1, px="59999.0", sz="0.25"), fill_row(8, 2)]
    account, _ = build_account(
        btc, open_orders=[order_row(1, sz="0.75"), order_row(2)], fills=fills
    )

    reports = by_id(await account.order_reports(open_only=True))

    # An order that is over, which only a fill tells of, is not among the open ones.
    assert set(reports) == {"1", "2"}
    assert (reports["1"].avg_px, reports["1"].filled_qty) == (59_999, Quantity(0.25, 5))
    assert reports["2"].avg_px is None


async def test_an_open_limit_trigger_tells_whether_it_has_fired(btc: Instrument) -> None:
    orders = [stop_row(oid, orderType="Stop Limit") for oid in (1, 2)]
    statuses = [
        {"order": orders[0], "status": "triggered", "statusTimestamp": 3},
        {"order": orders[1], "status": "open", "statusTimestamp": 3},
    ]
    account, _ = build_account(btc, open_orders=orders, statuses=statuses)

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].order_status == OrderStatus.TRIGGERED
    assert reports["2"].order_status == OrderStatus.ACCEPTED


async def test_a_trigger_of_its_positions_size_has_the_positions_size(btc: Instrument) -> None:
    stop = stop_row(1, sz="0.0", origSz="0.0", isPositionTpsl=True)
    account, _ = build_account(
        btc, open_orders=[stop], clearinghouseState=perps_of(("BTC", "-2.5"))
    )

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].quantity == Quantity(2.5, 5)
