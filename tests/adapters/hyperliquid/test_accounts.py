"""What the venue tells of an account in pieces comes together as one account, nothing lost."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from nautilus_trader.common.component import TestClock
from nautilus_trader.execution.reports import FillReport, OrderStatusReport
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, PositionSide, TimeInForce
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.constants import FILLS_PER_REQUEST
from adapters.hyperliquid.reporter import Reporter
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta
from tests.adapters.hyperliquid.account_rows import fill_row, order_row, stop_row, update_row
from tests.adapters.hyperliquid.recordings import InfoStub

D = Decimal
ADDRESS = "0x31ca8395cf837de08b24da3f660e77761dfb974b"
# Two orders of this node; other cloids are of somebody else.
OURS = {"0xa1": ClientOrderId("O-1"), "0xa2": ClientOrderId("O-2"), "twap-7": ClientOrderId("O-7")}

type Rows = list[dict[str, Any]]
type Build = Callable[..., tuple[HyperliquidAccount, InfoStub]]


def fills_between(fills: Rows) -> Callable[[dict[str, Any]], Rows]:
    """Answer userFillsByTime as the venue does: both ends included, a page at most."""

    def answer(request: dict[str, Any]) -> Rows:
        end = request.get("endTime", 10**15)
        wanted = [fill for fill in fills if request["startTime"] <= fill["time"] <= end]
        return sorted(wanted, key=lambda fill: fill["time"])[:FILLS_PER_REQUEST]

    return answer


def find_order(statuses: Rows) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answer orderStatus: the latest of the orders with this oid or cloid."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        for row in statuses:
            if request["oid"] in {row["order"]["oid"], row["order"]["cloid"]}:
                return {"status": "order", "order": row}
        return {"status": "unknownOid"}

    return answer


@pytest.fixture
def build(btc: Instrument) -> Build:
    def build(
        *,
        open_orders: Rows | dict[str, Rows] = (),
        history: Rows | Exception = (),
        fills: Rows = (),
        statuses: Rows = (),
        twaps: Rows | Exception = (),
        dexes: tuple[str, ...] = ("",),
        **answers: Any,  # noqa: ANN401
    ) -> tuple[HyperliquidAccount, InfoStub]:
        by_dex = open_orders if isinstance(open_orders, dict) else {"": list(open_orders)}
        stub = InfoStub(
            frontendOpenOrders=lambda request: by_dex.get(request.get("dex", ""), []),
            historicalOrders=history if isinstance(history, Exception) else list(history),
            userFills=lambda _: sorted(fills, key=lambda fill: -fill["time"]),
            userFillsByTime=fills_between(list(fills)),
            orderStatus=find_order(list(statuses)),
            twapHistory=twaps if isinstance(twaps, Exception) else list(twaps),
            **answers,
        )
        account = HyperliquidAccount(
            stub,
            ADDRESS,
            {"BTC": btc}.get,
            AccountId("HYPERLIQUID-001"),
            TestClock(),
            OURS.get,
            dexes,
        )
        return account, stub

    return build


def by_id(reports: list[OrderStatusReport]) -> dict[str, OrderStatusReport]:
    found = {report.venue_order_id.value: report for report in reports}
    assert len(found) == len(reports)
    return found


def commissions(fills: list[FillReport]) -> list[tuple[str, Decimal]]:
    return sorted((x.venue_order_id.value, x.commission.as_decimal()) for x in fills)


# One order


async def test_an_order_is_looked_up_by_its_cloid(build: Build) -> None:
    account, stub = build(statuses=[update_row("open", 5, cloid="0xa1")])

    report = await account.order_report(cloid="0xa1")

    assert report is not None
    assert (report.client_order_id, report.venue_order_id.value) == (ClientOrderId("O-1"), "5")
    assert report.order_status == OrderStatus.ACCEPTED
    # An order that rests untouched costs one light question.
    assert stub.asked == [{"type": "orderStatus", "user": ADDRESS, "oid": "0xa1"}]


async def test_an_order_is_looked_up_by_its_oid(build: Build) -> None:
    account, stub = build(statuses=[update_row("canceled", 5)])

    report = await account.order_report(oid=5)

    assert report is not None
    assert (report.client_order_id, report.order_status) == (None, OrderStatus.CANCELED)
    assert stub.asked[0]["oid"] == 5


async def test_an_order_that_the_venue_does_not_know_is_none(build: Build) -> None:
    account, _ = build()

    assert await account.order_report(cloid="0xa1") is None
    with pytest.raises(ValueError, match="Expected a cloid or an oid"):
        await account.order_report()


async def test_an_order_comes_with_the_price_of_its_fills(build: Build) -> None:
    fills = [
        fill_row(5, 1, px="60000.0", sz="0.25"),
        fill_row(6, 2, px="1.0"),
        fill_row(5, 3, px="60010.0", sz="0.75"),
    ]
    account, _ = build(statuses=[update_row("filled", 5, sz="0.0")], fills=fills)

    report = await account.order_report(oid=5)

    assert report is not None
    assert (report.order_status, report.avg_px) == (OrderStatus.FILLED, D("60007.5"))


async def test_an_order_of_a_coin_that_is_not_loaded_is_none(build: Build) -> None:
    account, _ = build(statuses=[update_row("open", 5, coin="ETH")])

    assert await account.order_report(oid=5) is None


async def test_a_status_that_is_not_known_is_no_report(build: Build) -> None:
    account, _ = build(statuses=[update_row("of tomorrow", 5)])

    with pytest.raises(ValueError, match="'of tomorrow'"):
        await account.order_report(oid=5)


async def test_a_modified_order_counts_what_it_filled_before(build: Build) -> None:
    """Of 1.0, 0.3 were filled when the venue replaced the rest by a new order of 0.7."""
    now = update_row("open", 6, cloid="0xa1", origSz="0.7", sz="0.5")
    fills = [
        fill_row(5, 1, sz="0.3", cloid="0xa1", time=900),
        fill_row(6, 2, sz="0.2", cloid="0xa1"),
    ]
    account, _ = build(statuses=[now], fills=fills)

    report = await account.order_report(cloid="0xa1", since_ms=800)

    assert report is not None
    assert report.venue_order_id.value == "6"
    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert report.order_status == OrderStatus.PARTIALLY_FILLED


async def test_a_modify_whose_new_order_was_refused_leaves_a_canceled_order(build: Build) -> None:
    refused = update_row("perpMarginRejected", 6, cloid="0xa1", origSz="0.7", sz="0.7")
    account, _ = build(statuses=[refused], fills=[fill_row(5, 1, sz="0.3", cloid="0xa1")])

    report = await account.order_report(cloid="0xa1", since_ms=800)

    assert report is not None
    assert (report.order_status, report.filled_qty) == (OrderStatus.CANCELED, Quantity(0.3, 5))


async def test_a_part_of_a_twap_is_no_order_of_its_own(build: Build) -> None:
    part = update_row("filled", 11, sz="0.0", orderType="Twap Slice")
    account, _ = build(statuses=[part], fills=[fill_row(11, 1, twapId=7)])

    assert await account.order_report(oid=11) is None


# Open orders


async def test_b4_children_that_wait_in_their_parent_are_open_orders(build: Build) -> None:
    """Some stand beside their parent too; each is told once."""
    inner, beside = stop_row(2), stop_row(3)
    parent = order_row(1, children=[inner, beside])
    account, stub = build(open_orders=[beside, parent])

    reports = by_id(await account.order_reports(open_only=True))

    assert set(reports) == {"1", "2", "3"}
    assert reports["2"].order_type == reports["3"].order_type == OrderType.STOP_MARKET
    assert {r.order_status for r in reports.values()} == {OrderStatus.ACCEPTED}
    assert stub.kinds == ["frontendOpenOrders"]


async def test_b7_our_orders_keep_their_client_order_ids(build: Build) -> None:
    account, _ = build(open_orders=[order_row(1, cloid="0xa1"), order_row(2, cloid="0xff")])

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].client_order_id == ClientOrderId("O-1")
    assert reports["2"].client_order_id is None


async def test_every_dex_is_asked(build: Build) -> None:
    account, stub = build(
        open_orders={"": [order_row(1)], "xyz": [order_row(2)]}, dexes=("", "xyz")
    )

    assert set(by_id(await account.order_reports(open_only=True))) == {"1", "2"}
    assert [request.get("dex") for request in stub.asked] == [None, "xyz"]


async def test_open_orders_that_are_filled_in_part_have_a_price(build: Build) -> None:
    fills = [fill_row(1, 1, px="59999.0", sz="0.25"), fill_row(8, 2)]
    account, _ = build(open_orders=[order_row(1, sz="0.75"), order_row(2)], fills=fills)

    reports = by_id(await account.order_reports(open_only=True))

    # An order that is over, which only a fill tells of, is not among the open ones.
    assert set(reports) == {"1", "2"}
    assert (reports["1"].avg_px, reports["1"].filled_qty) == (59_999, Quantity(0.25, 5))
    assert reports["2"].avg_px is None


async def test_an_open_limit_trigger_tells_whether_it_has_fired(build: Build) -> None:
    orders = [stop_row(oid, orderType="Stop Limit") for oid in (1, 2)]
    statuses = [
        {"order": orders[0], "status": "triggered", "statusTimestamp": 3},
        {"order": orders[1], "status": "open", "statusTimestamp": 3},
    ]
    account, _ = build(open_orders=orders, statuses=statuses)

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].order_status == OrderStatus.TRIGGERED
    assert reports["2"].order_status == OrderStatus.ACCEPTED


async def test_a_trigger_of_its_positions_size_has_the_positions_size(build: Build) -> None:
    stop = stop_row(1, sz="0.0", origSz="0.0", isPositionTpsl=True)
    account, _ = build(open_orders=[stop], clearinghouseState=perps_of(("BTC", "-2.5")))

    reports = by_id(await account.order_reports(open_only=True))

    assert reports["1"].quantity == Quantity(2.5, 5)


# Everything since


async def test_b8_every_fill_has_its_order_and_its_commission(build: Build) -> None:
    """Nautilus ignores a fill without its order: of three filled orders the venue forgot two."""
    fills = [
        fill_row(1, 1, sz="1.0", fee="27.0", cloid="0xa1"),
        # Older than all that the venue still tells.
        fill_row(2, 2, sz="0.5", fee="1.25", px="59000.0", side="A", time=500),
        fill_row(2, 3, sz="0.7", fee="1.75", px="59120.0", side="A", time=501),
        fill_row(3, 4, sz="0.2", fee="-0.000123", px="60001.0", crossed=False, cloid="0xa2"),
    ]
    account, _ = build(history=[update_row("filled", 1, sz="0.0", cloid="0xa1")], fills=fills)

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


async def test_the_last_word_on_an_order_counts(build: Build) -> None:
    """One order may stand in the history twice, in any order and at the same millisecond."""
    history = [
        update_row("open", 1),
        update_row("filled", 1, sz="0.0"),
        update_row("canceled", 2, sz="1.0", at_ms=6_000),
        update_row("open", 2),
    ]
    account, _ = build(history=history)

    reports = by_id(await account.order_reports(open_only=False))

    assert reports["1"].order_status == OrderStatus.FILLED
    assert reports["2"].order_status == OrderStatus.CANCELED


async def test_an_order_that_ends_between_two_looks_is_asked_for(build: Build) -> None:
    history = [update_row("open", oid) for oid in (1, 2, 3)]
    account, stub = build(
        history=history, open_orders=[order_row(1)], statuses=[update_row("canceled", 2)]
    )

    reports = by_id(await account.order_reports(open_only=False))

    # Of the third the venue knows nothing: nothing is said of it.
    assert set(reports) == {"1", "2"}
    assert reports["2"].order_status == OrderStatus.CANCELED
    assert [request["oid"] for request in stub.asked if request["type"] == "orderStatus"] == [2, 3]


async def test_a_modified_order_is_one_report_with_all_its_fills(build: Build) -> None:
    """Two reports of one client order id would cost the fills of either: Nautilus drops one."""
    history = [update_row("canceled", 5, cloid="0xa1", sz="0.7")]
    orders = [order_row(6, cloid="0xa1", origSz="0.7", sz="0.5")]
    fills = [
        fill_row(5, 1, sz="0.3", px="60000.0", fee="1.0", cloid="0xa1"),
        fill_row(6, 2, sz="0.2", px="60010.0", fee="2.0", cloid="0xa1"),
    ]
    account, _ = build(history=history, open_orders=orders, fills=fills)

    (report,), fill_reports = await account.reports_since()

    assert (report.venue_order_id.value, report.client_order_id) == ("6", ClientOrderId("O-1"))
    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert report.order_status == OrderStatus.PARTIALLY_FILLED
    assert report.avg_px == D("60004")
    assert commissions(fill_reports) == [("6", D("1.0")), ("6", D("2.0"))]


async def test_modified_orders_of_others_stay_what_the_venue_counts(build: Build) -> None:
    history = [update_row("canceled", 5, cloid="0xff")]
    account, _ = build(history=history, open_orders=[order_row(6, cloid="0xff")])

    assert set(by_id(await account.order_reports(open_only=False))) == {"5", "6"}


@pytest.mark.parametrize("left", ["1.0", "0.0"])
@pytest.mark.parametrize("child", ["open", "filled"])
async def test_a_trigger_that_fires_under_a_new_id_stays_one_order(
    build: Build, child: str, left: str
) -> None:
    order = stop_row(5, cloid="0xa1", sz=left)
    stop = {"order": order, "status": "triggered", "statusTimestamp": 4_000}
    remains = "1.0" if child == "open" else "0.0"
    fired = order_row(6, cloid="0xa1", side="A", orderType="Market", sz=remains, reduceOnly=True)
    history = [{"order": fired, "status": child, "statusTimestamp": 4_001}, stop]
    account, _ = build(
        history=history, statuses=[stop], open_orders=[fired] if child == "open" else []
    )

    (report,), _ = await account.reports_since()

    assert (report.venue_order_id.value, report.order_type) == ("6", OrderType.STOP_MARKET)
    assert report.trigger_price.as_decimal() == 59_994
    assert report.quantity == Quantity(1, 5)
    expected = OrderStatus.ACCEPTED if child == "open" else OrderStatus.FILLED
    assert report.order_status == expected


async def test_a_strangers_trigger_that_has_fired_is_no_open_order(build: Build) -> None:
    stop = {"order": stop_row(5), "status": "triggered", "statusTimestamp": 4_000}
    account, _ = build(history=[stop], statuses=[stop])

    assert await account.reports_since() == ([], [])


async def test_what_was_over_before_the_start_is_left_out(build: Build) -> None:
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
    account, _ = build(history=history, fills=fills, open_orders=[order_row(9)])

    orders, fill_reports = await account.reports_since(5_000)

    assert set(by_id(orders)) == {"2", "9"}
    assert len(fill_reports) == 2


async def test_a_twap_is_one_order(build: Build) -> None:
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
    account, _ = build(history=slices, fills=fills, twaps=twaps)

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


async def test_b13_a_read_that_the_venue_refuses_does_not_stop_the_start(build: Build) -> None:
    refused = VenueRefused("Expected status 200 to historicalOrders, was 422")
    account, _ = build(
        history=refused, twaps=refused, open_orders=[order_row(1)], fills=[fill_row(2)]
    )

    assert set(by_id(await account.order_reports(open_only=False))) == {"1", "2"}


async def test_a_read_that_is_lost_is_no_answer(build: Build) -> None:
    """Half an account would be reconciled as if the rest had never been."""
    account, _ = build(history=OutcomeUnknown("No answer"), open_orders=[order_row(1)])

    with pytest.raises(OutcomeUnknown):
        await account.order_reports(open_only=False)


async def test_one_bad_row_is_no_bad_answer(build: Build) -> None:
    history = [
        update_row("of tomorrow", 1),
        update_row("canceled", 2, orderType="Iceberg"),
        update_row("canceled", 3),
    ]
    account, _ = build(history=history, fills=[fill_row(1), fill_row(4, 0, sz="0.0000001")])

    orders, fill_reports = await account.reports_since()

    # What the first one filled is not lost with its status.
    assert set(by_id(orders)) == {"1", "3"}
    assert [fill.venue_order_id.value for fill in fill_reports] == ["1"]


async def test_what_has_no_instrument_is_left_out(build: Build) -> None:
    account, _ = build(
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


# Fills, fundings, positions, money


async def test_fills_are_paged_past_the_venues_limit(build: Build) -> None:
    fills = [fill_row(tid // 3, tid, time=tid // 2) for tid in range(1, 4_500)]
    account, _ = build(fills=fills)

    reports = await account.fill_reports(1, 2_200)

    wanted = [str(fill["tid"]) for fill in fills if 1 <= fill["time"] <= 2_200]
    assert sorted(x.trade_id.value for x in reports) == sorted(wanted)
    assert [x.ts_event for x in reports] == sorted(x.ts_event for x in reports)
    assert len(await account.fills(0)) == len(fills)


async def test_fundings_are_paged_past_the_venues_limit(build: Build) -> None:
    payments = [
        {
            "time": 3_600_000 * hour + 50,
            "hash": "0x0",
            "delta": {
                "type": "funding",
                "coin": coin,
                "usdc": "-0.01",
                "szi": "1.0",
                "fundingRate": "0.0000125",
                "nSamples": None,
            },
        }
        for hour in range(400)
        for coin in ("BTC", "ETH")
    ]
    account, _ = build(
        userFunding=lambda request: [
            payment
            for payment in payments
            if request["startTime"] <= payment["time"] <= request.get("endTime", 10**15)
        ][:500]
    )

    fundings = await account.fundings(3_600_000)

    assert [(x.time, x.coin) for x in fundings] == [
        (x["time"], x["delta"]["coin"]) for x in payments[2:]
    ]


def perps_of(*positions: tuple[str, str], value: str = "100.0") -> dict[str, Any]:
    summary = {
        "accountValue": value,
        "totalNtlPos": "0.0",
        "totalRawUsd": value,
        "totalMarginUsed": "0.0",
    }
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "withdrawable": value,
        "time": 1,
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": coin,
                    "szi": size,
                    "leverage": {"type": "cross", "value": 20},
                    "entryPx": "60000.0",
                    "positionValue": str(abs(D(size)) * 60_000),
                    "unrealizedPnl": "0.0",
                    "marginUsed": "3000.0",
                },
            }
            for coin, size in positions
        ],
    }


async def test_positions_of_all_dexes_and_those_that_are_flat(build: Build) -> None:
    by_dex = {"": perps_of(), "xyz": perps_of(("BTC", "-0.5"))}
    account, _ = build(
        clearinghouseState=lambda request: by_dex[request.get("dex", "")], dexes=("", "xyz")
    )

    (short,) = await account.position_reports(["BTC", "ETH"])
    assert (short.position_side, short.avg_px_open) == (PositionSide.SHORT, 60_000)

    account, _ = build(clearinghouseState=perps_of())
    (flat,) = await account.position_reports(["BTC"])
    assert flat.position_side == PositionSide.FLAT
    assert await account.position_reports() == []


async def test_money_of_all_dexes(build: Build, btc: Instrument) -> None:
    by_dex = {"": perps_of(("BTC", "1.0")), "km": perps_of(value="7.5")}
    account, stub = build(
        clearinghouseState=lambda request: by_dex[request.get("dex", "")],
        spotClearinghouseState={"balances": []},
        userAbstraction="default",
        perpDexs=[None, {"name": "xyz"}, {"name": "km"}],
        dexes=("", "km"),
    )
    metas = [{"universe": [], "collateralToken": token} for token in (0, 0, 360)]
    tokens = [
        {"name": name, "szDecimals": 2, "weiDecimals": 8, "index": index}
        for name, index in (("USDC", 0), ("USDH", 360))
    ]
    use_metas(stub, metas, {"universe": [], "tokens": tokens})

    balances, margins = await account.balances()
    await account.balances()

    assert {x.currency.code: x.total.as_decimal() for x in balances} == {
        "USDC": 100,
        "USDH": D("7.5"),
    }
    assert [(x.instrument_id, x.initial.as_decimal()) for x in margins] == [(btc.id, 3_000)]
    # The mode and the collaterals are not asked for each time.
    assert [stub.kinds.count(kind) for kind in ("userAbstraction", "perpDexs")] == [1, 1]
    assert stub.kinds.count("clearinghouseState") == 4


def use_metas(stub: InfoStub, metas: list[Any], spot: Any) -> None:  # noqa: ANN401
    """Let the stub answer what the market half of the client asks."""

    async def all_perp_metas() -> list[PerpMeta]:
        return msgspec.convert(metas, list[PerpMeta])

    async def spot_meta() -> SpotMeta:
        return msgspec.convert(spot, SpotMeta)

    stub.all_perp_metas = all_perp_metas
    stub.spot_meta = spot_meta
