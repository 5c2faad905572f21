"""All that has befallen an account since a time comes together, an order each, nothing lost."""

from decimal import Decimal

import pytest
from nautilus_trader.common.component import TestClock
from nautilus_trader.execution.reports import FillReport
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.hyperliquid.reporter import Reporter
from tests.adapters.hyperliquid.account_rows import (
    fill_row,
    order_row,
    perps_of,
    stop_row,
    update_row,
)
from tests.adapters.hyperliquid.told_accounts import ADDRESS, OURS, build_account, by_id

D = Decimal


def commissions(fills: list[FillReport]) -> list[tuple[str, Decimal]]:
    return sorted((x.venue_order_id.value, x.commission.as_decimal()) for x in fills)


async def test_b8_every_fill_has_its_order_and_its_commission(btc: Instrument) -> None:
    """Nautilus ignores a fill without its order: of three filled orders the venue forgot two."""
    fills = [
        fill_row(1, 1, sz="1.0", fee="27.0", cloid="0xa1"),
        # Older than all that the venue still tells.
        fill_row(2, 2, sz="0.5", fee="1.25", px="59000.0", side="A", time=500),
        fill_row(2, 3, sz="0.7", fee="1.75", px="59120.0", side="A", time=501),
        fill_row(3, 4, sz="0.2", fee="-0.000123", px="60001.0", crossed=False, cloid="0xa2"),
    ]
    account, _ = build_account(
        btc, history=[update_row("filled", 1, sz="0.0", cloid="0xa1")], fills=fills
    )

    orders, fill_reports = await account.reports_since()

    assert commissions(fill_reports) == [
        ("1", D("27.0")),
        ("2", D("1.25")),
        ("2", D("1.75")),
        ("3", D("-0.000123")),
    ]
    reports = by_id(orders)
    assert {report.order_status for report in orders} == {OrderStatus.FILLED}
    assert all(report.filled_qty == report.quantity for report in orders)
    assert reports["1"].client_order_id == ClientOrderId("O-1")
    taken = reports["2"]
    assert (taken.order_type, taken.time_in_force) == (OrderType.MARKET, TimeInForce.IOC)
    assert (taken.order_side, taken.quantity) == (OrderSide.SELL, Quantity(1.2, 5))
    assert taken.avg_px == D("59070")
    made = reports["3"]
    assert (made.order_type, made.price.as_decimal()) == (OrderType.LIMIT, 60_001)
    assert made.client_order_id == ClientOrderId("O-2")


async def test_the_last_word_on_an_order_counts(btc: Instrument) -> None:
    """One order may stand in the history twice, in any order and at the same millisecond."""
    history = [
        update_row("open", 1),
        update_row("filled", 1, sz="0.0"),
        update_row("canceled", 2, sz="1.0", at_ms=6_000),
        update_row("open", 2),
    ]
    account, _ = build_account(btc, history=history)

    reports = by_id(await account.order_reports(open_only=False))

    assert reports["1"].order_status == OrderStatus.FILLED
    assert reports["2"].order_status == OrderStatus.CANCELED


async def test_an_order_that_ends_between_two_looks_is_asked_for(btc: Instrument) -> None:
    history = [update_row("open", oid) for oid in (1, 2, 3)]
    account, stub = build_account(
        btc, history=history, open_orders=[order_row(1)], statuses=[update_row("canceled", 2)]
    )

    reports = by_id(await account.order_reports(open_only=False))

    # Of the third the venue knows nothing: nothing is said of it.
    assert set(reports) == {"1", "2"}
    assert reports["2"].order_status == OrderStatus.CANCELED
    assert [request["oid"] for request in stub.asked if request["type"] == "orderStatus"] == [2, 3]


async def test_a_modified_order_is_one_report_with_all_its_fills(btc: Instrument) -> None:
    """Two reports of one client order id would cost the fills of either: Nautilus drops one."""
    history = [update_row("canceled", 5, cloid="0xa1", sz="0.7")]
    orders = [order_row(6, cloid="0xa1", origSz="0.7", sz="0.5")]
    fills = [
        fill_row(5, 1, sz="0.3", px="60000.0", fee="1.0", cloid="0xa1"),
        fill_row(6, 2, sz="0.2", px="60010.0", fee="2.0", cloid="0xa1"),
    ]
    account, _ = build_account(btc, history=history, open_orders=orders, fills=fills)

    (report,), fill_reports = await account.reports_since()

    assert (report.venue_order_id.value, report.client_order_id) == ("6", ClientOrderId("O-1"))
    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert report.order_status == OrderStatus.PARTIALLY_FILLED
    assert report.avg_px == D("60004")
    assert commissions(fill_reports) == [("6", D("1.0")), ("6", D("2.0"))]


async def test_modified_orders_of_others_stay_what_the_venue_counts(btc: Instrument) -> None:
    history = [update_row("canceled", 5, cloid="0xff")]
    account, _ = build_account(btc, history=history, open_orders=[order_row(6, cloid="0xff")])

    assert set(by_id(await account.order_reports(open_only=False))) == {"5", "6"}


@pytest.mark.parametrize("left", ["1.0", "0.0"])
@pytest.mark.parametrize("child", ["open", "filled"])
async def test_a_trigger_that_fires_under_a_new_id_stays_one_order(
    btc: Instrument, child: str, left: str
) -> None:
    order = stop_row(5, cloid="0xa1", sz=left)
    stop = {"order": order, "status": "triggered", "statusTimestamp": 4_000}
    remains = "1.0" if child == "open" else "0.0"
    fired = order_row(6, cloid="0xa1", side="A", orderType="Market", sz=remains, reduceOnly=True)
    history = [{"order": fired, "status": child, "statusTimestamp": 4_001}, stop]
    account, _ = build_account(
        btc, history=history, statuses=[stop], open_orders=[fired] if child == "open" else []
    )

    (report,), _ = await account.reports_since()

    assert (report.venue_order_id.value, report.order_type) == ("6", OrderType.STOP_MARKET)
    assert report.trigger_price.as_decimal() == 59_994
    assert report.quantity == Quantity(1, 5)
    expected = OrderStatus.ACCEPTED if child == "open" else OrderStatus.FILLED
    assert report.order_status == expected


async def test_a_strangers_trigger_that_has_fired_is_no_open_order(btc: Instrument) -> None:
    stop = {"order": stop_row(5), "status": "triggered", "statusTimestamp": 4_000}
    account, _ = build_account(btc, history=[stop], statuses=[stop])

    assert await account.reports_since() == ([], [])


async def test_what_was_over_before_the_start_is_left_out(btc: Instrument) -> None:
    history = [
        update_row("filled", 1, at_ms=4_000, sz="0.0"),
        update_row("filled", 2, at_ms=5_000, sz="0.0"),
        update_row("canceled", 3, at_ms=4_999),
    ]
    fills = [
        fill_row(1, 1, time=4_000, sz="1.0"),
        # Half of it was filled before the start; the whole commission belongs to the order.
        fill_row(2, 2, time=1_500),
        fill_row(2, 3, time=5_000),
    ]
    account, _ = build_account(btc, history=history, fills=fills, open_orders=[order_row(9)])

    orders, fill_reports = await account.reports_since(5_000)

    assert set(by_id(orders)) == {"2", "9"}
    assert len(fill_reports) == 2


async def test_a_twap_is_one_order(btc: Instrument) -> None:
    state = {
        "coin": "BTC",
        "user": ADDRESS,
        "side": "B",
        "sz": "1.0",
        "executedSz": "0.0",
        "executedNtl": "0.0",
        "minutes": 30,
        "reduceOnly": False,
        "randomize": False,
        "timestamp": 1_000,
    }
    status = {"status": "activated"}
    done = {"state": state | {"executedSz": "1.0"}, "status": {"status": "finished"}, "twapId": 8}
    twaps = [
        {"time": 9, "state": state, "status": status, "twapId": 8},
        {"time": 9, **done},
        {"time": 5, "state": state, "status": status, "twapId": 7},
    ]
    slices = [update_row("filled", oid, sz="0.0", orderType="Twap Slice") for oid in (11, 12)]
    fills = [fill_row(11, 1, sz="0.1", twapId=7), fill_row(12, 2, sz="0.2", twapId=7)]
    account, _ = build_account(btc, history=slices, fills=fills, twaps=twaps)

    orders, fill_reports = await account.reports_since()

    reports = by_id(orders)
    assert set(reports) == {"twap-7", "twap-8"}
    running = reports["twap-7"]
    assert running.client_order_id == ClientOrderId("O-7")
    assert (running.order_type, running.order_status) == (
        OrderType.MARKET,
        OrderStatus.PARTIALLY_FILLED,
    )
    assert (running.quantity, running.filled_qty) == (Quantity(1, 5), Quantity(0.3, 5))
    assert reports["twap-8"].order_status == OrderStatus.FILLED
    assert {fill.venue_order_id.value for fill in fill_reports} == {"twap-7"}
    assert {fill.client_order_id for fill in fill_reports} == {ClientOrderId("O-7")}


async def test_b13_a_read_that_the_venue_refuses_does_not_stop_the_start(btc: Instrument) -> None:
    refused = VenueRefused("Expected status 200 to historicalOrders, was 422")
    account, _ = build_account(
        btc, history=refused, twaps=refused, open_orders=[order_row(1)], fills=[fill_row(2)]
    )

    assert set(by_id(await account.order_reports(open_only=False))) == {"1", "2"}


async def test_a_read_that_is_lost_is_no_answer(btc: Instrument) -> None:
    """Half an account would be reconciled as if the rest had never been."""
    account, _ = build_account(btc, history=OutcomeUnknown("No answer"), open_orders=[order_row(1)])

    with pytest.raises(OutcomeUnknown):
        await account.order_reports(open_only=False)


async def test_one_bad_row_is_no_bad_answer(btc: Instrument) -> None:
    history = [
        update_row("of tomorrow", 1),
        update_row("canceled", 2, orderType="Iceberg"),
        update_row("canceled", 3),
    ]
    account, _ = build_account(
        btc, history=history, fills=[fill_row(1), fill_row(4, 0, sz="0.0000001")]
    )

    orders, fill_reports = await account.reports_since()

    # What the first one filled is not lost with its status.
    assert set(by_id(orders)) == {"1", "3"}
    assert [fill.venue_order_id.value for fill in fill_reports] == ["1"]


async def test_what_has_no_instrument_is_left_out(btc: Instrument) -> None:
    account, _ = build_account(
        btc,
        open_orders=[order_row(1, coin="ETH"), order_row(2)],
        fills=[fill_row(1, coin="ETH"), fill_row(2, 2)],
        clearinghouseState=perps_of(("ETH", "1.0"), ("BTC", "1.0")),
    )

    orders, fill_reports = await account.reports_since()

    assert set(by_id(orders)) == {"2"}
    assert [fill.venue_order_id.value for fill in fill_reports] == ["2"]
    assert len(await account.fill_reports(0)) == 1
    assert len(await account.position_reports()) == 1


def test_what_has_no_instrument_is_named_once() -> None:
    lines: list[str] = []

    class Log:
        def warning(self, line: str) -> None:
            lines.append(line)

    account_id = AccountId("HYPERLIQUID-001")
    reporter = Reporter(lambda _: None, account_id, TestClock(), OURS.get, Log())

    assert [reporter.instrument(coin) for coin in ("ETH", "ETH", "SOL", "ETH")] == [None] * 4
    assert len(lines) == 2


async def test_fills_are_paged_past_the_venues_limit(btc: Instrument) -> None:
    fills = [fill_row(tid // 3, tid, time=tid // 2) for tid in range(1, 4_500)]
    account, _ = build_account(btc, fills=fills)

    reports = await account.fill_reports(1, 2_200)

    wanted = [str(fill["tid"]) for fill in fills if 1 <= fill["time"] <= 2_200]
    assert sorted(x.trade_id.value for x in reports) == sorted(wanted)
    assert [x.ts_event for x in reports] == sorted(x.ts_event for x in reports)
    assert len(await account.fills(0)) == len(fills)
