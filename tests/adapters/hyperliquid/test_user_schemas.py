"""Every recorded word of the venue on an account parses, each field where it belongs."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.hyperliquid.account_schemas import (
    AssetPosition,
    ClearinghouseState,
    CumFunding,
    ExtraAgent,
    Leverage,
    MarginSummary,
    Position,
    RateLimit,
    RoleData,
    SpotBalance,
    SpotClearinghouseState,
    UserRole,
)
from adapters.hyperliquid.replies import WsPost
from adapters.hyperliquid.schemas import WsError, WsPong, WsSubscriptionResponse
from adapters.hyperliquid.user_frames import (
    USER_WS_DECODER,
    WsClearinghouse,
    WsOrderUpdates,
    WsSpotState,
    WsTwapHistory,
    WsTwapSliceFills,
    WsUser,
    WsUserFills,
    WsUserFundings,
    WsUserMessage,
)
from adapters.hyperliquid.user_schemas import (
    FillLiquidation,
    FrontendOrder,
    FundingPayment,
    FundingRecord,
    OrderStatusReply,
    OrderUpdate,
    TwapStatus,
    UnknownOid,
    UserFill,
)
from tests.adapters.hyperliquid.recordings import agree, cassette, nautilus_fixture

D = Decimal

STOP = """{"coin":"INJ","side":"A","limitPx":"9.2037","sz":"12.5","oid":3184595907,
    "timestamp":1700126022555,"triggerCondition":"Price above 10.004","isTrigger":true,
    "triggerPx":"10.004","children":[],"isPositionTpsl":false,"reduceOnly":true,
    "orderType":"Take Profit Market","origSz":"12.5","tif":null,"cloid":null}"""
FILL = """{"coin":"ETH","px":"2067.2","sz":"0.01","side":"A","time":1770524192528,
    "startPosition":"0.01","dir":"Close Long","closedPnl":"-0.13","hash":"0x5b19",
    "oid":315449302232,"crossed":true,"fee":"0.00893","tid":343484124188045,
    "cloid":"0x000300511afb52d40000010000000073","feeToken":"USDC","twapId":null}"""
TWAP = """{"time":1755863117,"state":{"coin":"BTC","user":"0x31ca","side":"B","sz":"0.1",
    "executedSz":"0.02","executedNtl":"1655.4","minutes":30,"reduceOnly":true,"randomize":true,
    "timestamp":1755863117780,"stopPx":null,"trigger":null},"status":{"status":"activated"},
    "twapId":77738308}"""
STATE = """{"marginSummary":{"accountValue":"179.007426","totalNtlPos":"47.66235",
    "totalRawUsd":"131.345076","totalMarginUsed":"2.383117"},
    "crossMarginSummary":{"accountValue":"179.007426","totalNtlPos":"47.66235",
    "totalRawUsd":"131.345076","totalMarginUsed":"2.383117"},
    "crossMaintenanceMarginUsed":"0.595779","withdrawable":"174.241191",
    "assetPositions":[{"type":"oneWay","position":{"coin":"BTC","szi":"0.00061",
    "leverage":{"type":"cross","value":20},"entryPx":"82771.8","positionValue":"47.66235",
    "unrealizedPnl":"-2.82848","returnOnEquity":"-1.1203935447","liquidationPx":null,
    "marginUsed":"2.383117","maxLeverage":40,"cumFunding":{"allTime":"0.004156",
    "sinceOpen":"0.004156","sinceChange":"-0.000221"}}}],"time":1770118781558}"""


def decode[T](raw: str, kind: type[T]) -> T:
    return msgspec.json.decode(raw, type=kind, strict=False)


def frame(channel: str, data: str) -> WsUserMessage:
    return USER_WS_DECODER.decode(f'{{"channel":"{channel}","data":{data}}}')


def assert_parses(replies: list[Any], kind: Any, *unread: str) -> None:  # noqa: ANN401
    """Assert that all rows parse in full, but for the keys that are left unread on purpose."""
    for reply in replies:
        parsed = decode(json.dumps(reply), kind)
        assert agree(parsed, reply)
        for row in reply if isinstance(reply, list) else [reply]:
            fields = {f.name for f in msgspec.structs.fields(kind.__args__[0])}
            assert set(row) - fields == set(unread)


def test_a_trigger_order() -> None:
    assert decode(STOP, FrontendOrder) == FrontendOrder(
        coin="INJ",
        side="A",
        limitPx=D("9.2037"),
        sz=D("12.5"),
        oid=3184595907,
        timestamp=1700126022555,
        origSz=D("12.5"),
        cloid=None,
        reduceOnly=True,
        orderType="Take Profit Market",
        tif=None,
        isTrigger=True,
        triggerPx=D("10.004"),
        triggerCondition="Price above 10.004",
        isPositionTpsl=False,
        children=[],
    )


def test_an_order_of_few_words() -> None:
    order = decode(
        '{"coin":"ETH","side":"B","limitPx":"1500.0","sz":"0.7","oid":313932628709,'
        '"timestamp":1770385175044,"origSz":"1.0","cloid":"0x73"}',
        FrontendOrder,
    )

    assert (order.size, order.sz, order.cloid) == (1, D("0.7"), "0x73")
    assert (order.orderType, order.isTrigger, order.reduceOnly) == (None, False, False)
    assert msgspec.structs.replace(order, origSz=None).size == D("0.7")


def test_order_status_replies() -> None:
    kind: Any = OrderStatusReply | UnknownOid
    found = f'{{"status":"order","order":{{"order":{STOP},"status":"open","statusTimestamp":7}}}}'

    assert decode(found, kind) == OrderStatusReply(
        OrderUpdate(decode(STOP, FrontendOrder), "open", 7)
    )
    assert decode('{"status":"unknownOid"}', kind) == UnknownOid()


def test_a_fill() -> None:
    assert decode(FILL, UserFill) == UserFill(
        coin="ETH",
        px=D("2067.2"),
        sz=D("0.01"),
        side="A",
        time=1770524192528,
        startPosition=D("0.01"),
        dir="Close Long",
        closedPnl=D("-0.13"),
        oid=315449302232,
        crossed=True,
        fee=D("0.00893"),
        tid=343484124188045,
        hash="0x5b19",
        feeToken="USDC",
        builderFee=None,
        cloid="0x000300511afb52d40000010000000073",
        twapId=None,
        liquidation=None,
    )


def test_a_state() -> None:
    summary = MarginSummary(D("179.007426"), D("47.66235"), D("131.345076"), D("2.383117"))

    state = decode(STATE, ClearinghouseState)

    assert state == ClearinghouseState(
        crossMarginSummary=summary,
        withdrawable=D("174.241191"),
        assetPositions=[
            AssetPosition(
                Position(
                    coin="BTC",
                    szi=D("0.00061"),
                    leverage=Leverage("cross", 20),
                    positionValue=D("47.66235"),
                    unrealizedPnl=D("-2.82848"),
                    marginUsed=D("2.383117"),
                    entryPx=D("82771.8"),
                    liquidationPx=None,
                    returnOnEquity=D("-1.1203935447"),
                    maxLeverage=40,
                    cumFunding=CumFunding(D("0.004156"), D("0.004156"), D("-0.000221")),
                )
            )
        ],
        marginSummary=summary,
        crossMaintenanceMarginUsed=D("0.595779"),
        time=1770118781558,
    )
    assert state.summary == summary


def test_the_identities_of_a_state_hold() -> None:
    state = decode(STATE, ClearinghouseState)
    summary, position = state.summary, state.assetPositions[0].position

    assert position.leverage.value == 20
    assert summary.accountValue == summary.totalRawUsd + position.positionValue
    # Dollars have 6 decimals, the rest is cut off.
    assert position.marginUsed == (position.positionValue / 20).quantize(D("1e-6"), "ROUND_FLOOR")
    assert state.withdrawable == summary.accountValue - summary.totalNtlPos / 10
    entry = position.positionValue - position.unrealizedPnl
    ratio = position.unrealizedPnl / (entry / position.leverage.value)
    assert position.returnOnEquity == ratio.quantize(D("1e-10"))


def test_an_isolated_leverage() -> None:
    raw = '{"type":"isolated","value":20,"rawUsd":"-475.23904"}'
    assert decode(raw, Leverage) == Leverage("isolated", 20, D("-475.23904"))


@pytest.mark.parametrize(
    ("raw", "role"),
    [
        ('{"role":"vault"}', UserRole("vault")),
        ('{"role":"missing"}', UserRole("missing")),
        ('{"role":"agent","data":{"user":"0x1"}}', UserRole("agent", RoleData(user="0x1"))),
        (
            '{"role":"subAccount","data":{"master":"0x2"}}',
            UserRole("subAccount", RoleData(None, "0x2")),
        ),
    ],
)
def test_roles(raw: str, role: UserRole) -> None:
    assert decode(raw, UserRole) == role


def test_order_updates() -> None:
    """An order that fills at once is told twice in one message."""
    order = (
        '{"coin":"ETH","side":"B","limitPx":"2080.0","sz":"%s","oid":315452584853,'
        '"timestamp":1770524603232,"origSz":"0.01","cloid":"0x54"}'
    )
    data = (
        f'[{{"order":{order % "0.01"},"status":"open","statusTimestamp":1770524603232}},'
        f'{{"order":{order % "0.0"},"status":"filled","statusTimestamp":1770524603232}}]'
    )

    message = frame("orderUpdates", data)

    assert isinstance(message, WsOrderUpdates)
    assert message.stream == ("orderUpdates", "")
    assert [(u.status, u.order.sz) for u in message.data] == [("open", D("0.01")), ("filled", 0)]
    assert {u.statusTimestamp for u in message.data} == {1770524603232}


@pytest.mark.parametrize("status", ["internalCancel", "tooManyOpenOrdersRejected", "of tomorrow"])
def test_a_status_that_is_not_known_breaks_no_frame(status: str) -> None:
    message = frame("orderUpdates", f'[{{"order":{STOP},"status":"{status}","statusTimestamp":1}}]')

    assert isinstance(message, WsOrderUpdates)
    assert message.data[0].status == status


def test_b12_the_fields_of_a_trigger_break_no_frame_of_the_order_stream() -> None:
    """The venue leaves them out there so far; nktkas and the SDK know `tpsl` of no response."""
    stop = STOP.replace('"isTrigger"', '"tpsl":"tp","isTrigger"')
    message = frame("orderUpdates", f'[{{"order":{stop},"status":"open","statusTimestamp":1}}]')

    assert isinstance(message, WsOrderUpdates)
    assert message.data[0].order.triggerPx == D("10.004")


def test_user_events() -> None:
    funding = (
        '{"time":1770523200069,"coin":"BTC","usdc":"0.000021","szi":"0.00004",'
        '"fundingRate":"-0.0000079506","nSamples":null}'
    )
    liquidation = (
        '{"lid":1,"liquidator":"0x1","liquidated_user":"0x2","liquidated_ntl_pos":"10.5",'
        '"liquidated_account_value":"-1.0"}'
    )
    events = {
        name: frame("user", f'{{"{name}":{data}}}')
        for name, data in {
            "fills": f"[{FILL}]",
            "funding": funding,
            "liquidation": liquidation,
            "nonUserCancel": '[{"coin":"BTC","oid":123}]',
            "twapHistory": f"[{TWAP}]",
            "twapSliceFills": f'[{{"fill":{FILL},"twapId":7}}]',
            "of tomorrow": "{}",
        }.items()
    }

    for name, message in events.items():
        assert isinstance(message, WsUser)
        assert message.stream == ("userEvents", "")
        filled = [f for f in message.data.__struct_fields__ if getattr(message.data, f)]
        assert filled == [name] * (name != "of tomorrow")
    assert events["fills"].data.fills == [decode(FILL, UserFill)]
    assert events["funding"].data.funding == FundingPayment(
        1770523200069, "BTC", D("0.000021"), D("0.00004"), D("-0.0000079506"), None
    )
    assert events["liquidation"].data.liquidation.liquidated_ntl_pos == D("10.5")
    assert events["nonUserCancel"].data.nonUserCancel[0].oid == 123
    assert events["twapSliceFills"].data.twapSliceFills[0].twapId == 7
    twap = events["twapHistory"].data.twapHistory[0]
    assert (twap.time, twap.status, twap.twapId) == (1755863117, TwapStatus("activated"), 77738308)
    assert (twap.state.sz, twap.state.executedSz, twap.state.minutes) == (D("0.1"), D("0.02"), 30)


def test_snapshots_and_what_follows_them() -> None:
    funding = (
        '{"time":1770069600099,"coin":"BTC","usdc":"0.000502","szi":"0.00061",'
        '"fundingRate":"-0.0000104821","nSamples":null}'
    )
    parts = {
        "userFills": (WsUserFills, f'"fills":[{FILL}]'),
        "userFundings": (WsUserFundings, f'"fundings":[{funding}]'),
        "userTwapHistory": (WsTwapHistory, f'"history":[{TWAP}]'),
        "userTwapSliceFills": (
            WsTwapSliceFills,
            f'"twapSliceFills":[{{"fill":{FILL},"twapId":7}}]',
        ),
    }
    for channel, (kind, rows) in parts.items():
        first = frame(channel, f'{{"isSnapshot":true,"user":"0x61fb",{rows}}}')
        later = frame(channel, f'{{"user":"0x61fb",{rows}}}')

        assert type(first) is type(later) is kind
        assert first.stream == (channel, "")
        assert (first.data.isSnapshot, later.data.isSnapshot) == (True, False)
        assert (first.data.user, len(msgspec.structs.astuple(first.data)[1])) == ("0x61fb", 1)


def test_states_by_stream() -> None:
    perps = frame(
        "clearinghouseState", f'{{"dex":"xyz","user":"0x1","clearinghouseState":{STATE}}}'
    )
    spot = frame("spotState", '{"user":"0x1","spotState":{"balances":[]}}')

    assert isinstance(perps, WsClearinghouse)
    assert (perps.stream, perps.data.dex) == (("clearinghouseState", ""), "xyz")
    assert perps.data.clearinghouseState == decode(STATE, ClearinghouseState)
    assert isinstance(spot, WsSpotState)
    assert (spot.stream, spot.data.spotState.balances) == (("spotState", ""), [])


def test_answers_on_the_same_socket() -> None:
    ack = '{"method":"subscribe","subscription":{"type":"orderUpdates","user":"0x1"}}'
    post = '{"id":3,"response":{"type":"action","payload":{"status":"ok"}}}'

    assert isinstance(USER_WS_DECODER.decode('{"channel":"pong"}'), WsPong)
    assert isinstance(frame("error", '"Already subscribed"'), WsError)
    assert isinstance(frame("subscriptionResponse", ack), WsSubscriptionResponse)
    assert isinstance(frame("post", post), WsPost)


def test_recorded_open_orders(shared_data: Path) -> None:
    front = cassette(shared_data, "test_get_frontend_open_orders.yaml")
    plain = cassette(shared_data, "test_get_open_orders.yaml")

    assert_parses(front, list[FrontendOrder])
    assert_parses(plain, list[FrontendOrder])
    assert (len(front[0]), len(front[0][2]["children"]), len(plain[0])) == (3, 2, 196)


def test_recorded_history(shared_data: Path) -> None:
    replies = cassette(shared_data, "test_historical_orders.yaml")

    assert_parses(replies, list[OrderUpdate])
    assert {row["status"] for row in replies[0]} == {"iocCancelRejected", "canceled"}


def test_recorded_fills(shared_data: Path) -> None:
    old = cassette(shared_data, "test_get_user_fills.yaml")
    ranged = cassette(shared_data, "test_get_user_fills_by_time.yaml")
    dust = nautilus_fixture(shared_data, "http_user_fills_dust_conversion.json")

    assert_parses(old + ranged + [dust], list[UserFill])
    assert (len(old[0]), len(dust), dust[3]["tid"]) == (len(ranged[0]), 5, 0)


def test_recorded_liquidation(shared_data: Path) -> None:
    raw = nautilus_fixture(shared_data, "ws_user_fill_liquidation.json")

    message = USER_WS_DECODER.decode(json.dumps(raw))

    assert isinstance(message, WsUser)
    assert agree(message.data.fills, raw["data"]["fills"])
    assert message.data.fills[0].liquidation == FillLiquidation(
        "0x360878d351f05975e25f1807a27895e1e5e004fb", D("66607.0"), "market"
    )


def test_recorded_states(shared_data: Path) -> None:
    states = cassette(shared_data, "test_get_user_state.yaml")
    negative = nautilus_fixture(shared_data, "http_clearinghouse_state_negative_total_raw_usd.json")
    spot = nautilus_fixture(shared_data, "http_spot_clearinghouse_state.json")

    for raw in [*states, negative]:
        assert agree(decode(json.dumps(raw), ClearinghouseState), raw)
    assert agree(decode(json.dumps(spot), SpotClearinghouseState), spot)
    assert len(states[0]["assetPositions"]) > 5
    assert decode(json.dumps(spot), SpotClearinghouseState).balances[1] == SpotBalance(
        "PURR", 1, D(2000), D(100), D("1234.56")
    )


@pytest.mark.parametrize("end", ["with", "without"])
def test_recorded_fundings(shared_data: Path, end: str) -> None:
    replies = cassette(shared_data, f"test_user_funding_history_{end}_end_time.yaml")

    assert_parses(replies, list[FundingRecord], "hash")
    record = decode(json.dumps(replies[0][0]), FundingRecord)
    assert record.payment == FundingPayment(
        1681948800000, "APE", D("0.145796"), D("40.13333333"), D("-0.00029319"), 3
    )


def test_recorded_standing(shared_data: Path) -> None:
    (limit,) = cassette(shared_data, "test_user_rate_limit.yaml")
    (role,) = cassette(shared_data, "test_user_role.yaml")
    (agents,) = cassette(shared_data, "test_extra_agents.yaml")

    assert decode(json.dumps(limit), RateLimit) == RateLimit(
        D("170043721737.450012207"), 36589831368, 170043731737, 0
    )
    assert decode(json.dumps(role), UserRole) == UserRole("vault")
    assert decode(json.dumps(agents), list[ExtraAgent])[0] == ExtraAgent(
        "ok", "0x286edfa08c04f6899dab3bfdecf2dd133f9733b9", 1767776120478
    )
