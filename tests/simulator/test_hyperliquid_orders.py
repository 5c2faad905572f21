"""Orders over the wire: every reply's shape, and every refusal in the venue's words."""

from typing import Any

import pytest

from simulator.exchange.rules import Knobs
from tests.simulator.signed_bodies import OTHER, USER, address, signed
from tests.simulator.trading_floor import (
    BTC,
    ETH,
    PURR,
    START_MS,
    TSLA,
    Floor,
    statuses,
    trigger,
    wire,
)

OID = 311_000_000_001
CLOID = "0x" + "1a" * 16
BUILDER = "0x" + "b" * 40


@pytest.fixture
def floor() -> Floor:
    return Floor()


def error(words: str) -> dict[str, str]:
    return {"error": words}


def test_a_resting_order_is_acknowledged_with_its_id(floor: Floor) -> None:
    plain = floor.order(wire(ETH, "B", "1500", "1"))
    named = floor.order(wire(ETH, "B", "1500", "1", c=CLOID))

    assert plain == [{"resting": {"oid": OID}}]
    assert named == [{"resting": {"oid": OID + 1, "cloid": CLOID}}]
    assert floor.told() == ["open", "open"]


def test_an_order_that_fills_tells_size_and_average(floor: Floor) -> None:
    (entry,) = floor.order(wire(ETH, "B", "2100", "7", "Ioc", c=CLOID))

    # 5 at 2002 and 2 at 2004; 6 - szDecimals = 2 decimals of an average
    assert entry == {"filled": {"totalSz": "7.0", "avgPx": "2002.57", "oid": OID, "cloid": CLOID}}
    assert floor.told() == ["open", "fill 5", "fill 2", "filled"]


@pytest.mark.parametrize(
    ("knob", "entry"),
    [
        (False, {"resting": {"oid": OID}}),
        (True, {"filled": {"totalSz": "5.0", "avgPx": "2002.0", "oid": OID}}),
    ],
)
def test_a_part_filled_order_is_acknowledged_by_the_knob(knob: bool, entry: object) -> None:
    floor = Floor(knobs=Knobs(partial_ack_is_filled=knob))

    assert floor.order(wire(ETH, "B", "2002", "7")) == [entry]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (wire(ETH, "B", "1999.123", "1"), "Price must be divisible by tick size. asset=1"),
        (wire(ETH, "B", "1500", "0.005"), "Order must have minimum value of $10. asset=1"),
        (wire(ETH, "B", "1900", "1000"), "Insufficient margin to place order. asset=1"),
        (wire(ETH, "A", "1900", "1", r=True),
         "Reduce only order would increase position. asset=1"),
        (wire(ETH, "B", "2002", "1", "Alo"),
         "Post only order would have immediately matched, bbo was 1998.0@2002.0. asset=1"),
        (wire(ETH, "B", "1500", "1", "Ioc"),
         "Order could not immediately match against any resting orders. asset=1"),
        (wire(ETH, "B", "1500", "1", "FrontendMarket"),
         "No liquidity available for market order. asset=1"),
        (wire(ETH, "B", "1900", "1", t=trigger("sl", "1900")), "Invalid TP/SL price. asset=1"),
        (wire(ETH, "B", "39900", "1"),
         "Order price cannot be more than 95% away from the reference price"),
        (wire(ETH, "B", "0", "1"), "Order has invalid price."),
        (wire(ETH, "B", "-1", "1"), "Order has invalid price."),
        (wire(ETH, "B", "1900", "0"), "Order has zero size."),
        (wire(ETH, "B", "1900", "0.00001"), "Order has invalid size."),
        (wire(ETH, "B", "2000", "7501", "Ioc"), "Order value too large. Max is $15000000."),
        (wire(ETH, "B", "2000", "75001"), "Order value too large. Max is $150000000."),
        (wire(9, "B", "2000", "1"), "Invalid asset"),
        (wire(PURR, "B", "1", "100"), "Insufficient spot balance asset=10000"),
        (wire(10_777, "B", "1", "100"), "Invalid asset"),
    ],
)  # fmt: skip
def test_an_order_is_refused_in_the_venues_words(
    floor: Floor, order: dict[str, Any], words: str
) -> None:
    assert floor.order(order) == [error(words)]


def test_a_batch_mixes_success_and_refusal_in_place(floor: Floor) -> None:
    entries = floor.order(
        wire(ETH, "B", "1500", "1"),
        wire(ETH, "B", "1500.123", "1"),
        wire(BTC, "B", "90000", "0.001"),
    )

    assert entries == [
        {"resting": {"oid": OID}},
        error("Price must be divisible by tick size. asset=1"),
        {"resting": {"oid": OID + 2}},
    ]


@pytest.mark.parametrize(
    ("orders", "grouping", "words"),
    [
        ([], "na", "Order batch is empty."),
        ([wire(ETH, "B", "1500", "1"), wire(ETH, "B", "1500", "0")], "na", "Order has zero size."),
        ([wire(ETH, "B", "1500", "1")], "normalTpsl", "Unexpected number of trigger orders"),
        ([wire(ETH, "B", "1500", "1"), wire(ETH, "A", "1400", "1", t=trigger("sl", "1400"))],
         "normalTpsl", "TP/SL orders must be reduce-only."),
    ],
)  # fmt: skip
def test_one_entry_stands_for_a_batch_that_was_never_orders(
    floor: Floor, orders: list[dict[str, Any]], grouping: str, words: str
) -> None:
    assert floor.order(*orders, grouping=grouping) == [error(words)]
    assert floor.told() == []


@pytest.mark.parametrize(
    ("price", "entries"),
    [
        ("1500", [{"resting": {"oid": OID}}, "waitingForFill", "waitingForFill"]),
        ("2100", [{"filled": {"totalSz": "1.0", "avgPx": "2002.0", "oid": OID}},
                  "waitingForTrigger", "waitingForTrigger"]),
    ],
)  # fmt: skip
def test_a_bracket_waits_for_fill_or_trigger(
    floor: Floor, price: str, entries: list[object]
) -> None:
    children = (
        wire(ETH, "A", "2500", "1", r=True, t=trigger("tp", "2500")),
        wire(ETH, "A", "1000", "1", r=True, t=trigger("sl", "1200")),
    )

    assert floor.order(wire(ETH, "B", price, "1"), *children, grouping="normalTpsl") == entries


def test_stops_of_a_position_wait_for_the_trigger(floor: Floor) -> None:
    floor.order(wire(ETH, "B", "2100", "1", "Ioc"))

    entries = floor.order(
        wire(ETH, "A", "1000", "0", r=True, t=trigger("sl", "1200")), grouping="positionTpsl"
    )

    assert entries == ["waitingForTrigger"]
    order = floor.trading.exchange.order(address(USER), OID + 1)
    assert order is not None
    assert order.tracks_position


def test_a_lone_trigger_rests(floor: Floor) -> None:
    lone = wire(ETH, "A", "1790", "1", t=trigger("sl", "1800", is_market=False))

    assert floor.order(lone) == [{"resting": {"oid": OID}}]


def test_a_builder_is_paid_what_was_approved(floor: Floor) -> None:
    builder = {"b": BUILDER, "f": 10}
    buy = wire(ETH, "B", "2100", "1", "Ioc")

    before = floor.order(buy, builder=builder)
    floor.act({"type": "approveBuilderFee", "maxFeeRate": "0.01%", "builder": BUILDER})
    over = floor.order(buy, builder=builder | {"f": 11})
    paid = floor.order(buy, builder=builder)

    assert before == over == [error("Builder fee has not been approved.")]
    assert "filled" in paid[0]
    (fill,) = floor.trading.exchange.account(address(USER)).fills
    assert str(fill.builder_fee) == "0.200200"  # 1 basis point of 2002


def test_cancels_are_judged_one_by_one(floor: Floor) -> None:
    for cloid in (CLOID, None):
        floor.order(wire(ETH, "B", "1500", "1", **({"c": cloid} if cloid else {})))
    gone = "Order was never placed, already canceled, or filled. asset="

    answer = floor.act({"type": "cancel", "cancels": [{"a": ETH, "o": OID + 1},
                                                      {"a": ETH, "o": OID + 1},
                                                      {"a": BTC, "o": OID}]})  # fmt: skip
    by_cloid = floor.act({"type": "cancelByCloid",
                          "cancels": [{"asset": ETH, "cloid": CLOID}] * 2, "f": True})  # fmt: skip

    assert answer["response"]["type"] == by_cloid["response"]["type"] == "cancel"
    assert statuses(answer) == ["success", error(gone + "1"), error(gone + "0")]
    assert statuses(by_cloid) == ["success", error(gone + "1")]


def test_nobody_cancels_anothers_order(floor: Floor) -> None:
    floor.order(wire(ETH, "B", "1500", "1"))

    answer = floor.act({"type": "cancel", "cancels": [{"a": ETH, "o": OID}]}, OTHER)

    assert "error" in statuses(answer)[0]
    assert floor.told() == ["open"]


def modified(floor: Floor, oid: object, order: dict[str, Any], **rest: object) -> Any:  # noqa: ANN401
    return floor.act({"type": "modify", "oid": oid, "order": order} | rest)


def test_a_modified_order_has_a_new_id_and_says_only_that_it_was_done(floor: Floor) -> None:
    floor.order(wire(ETH, "B", "1500", "1", c=CLOID))
    floor.told()

    answer = modified(floor, CLOID, wire(ETH, "B", "1501", "1", c=CLOID))

    assert answer == {"status": "ok", "response": {"type": "default"}}
    assert floor.told() == ["canceled", "open"]
    order = floor.trading.exchange.order(address(USER), CLOID)
    assert order is not None
    assert order.oid == OID + 1


def test_a_batch_of_modifies_says_what_became_of_each(floor: Floor) -> None:
    floor.order(*[wire(ETH, "B", "1500", "1")] * 3)
    moves = [
        {"oid": OID, "order": wire(ETH, "B", "1501", "1")},
        {"oid": OID, "order": wire(ETH, "B", "1501", "1")},
        {"oid": OID + 1, "order": wire(ETH, "B", "1501", "0")},
        {"oid": OID + 2, "order": wire(ETH, "B", "2002", "1", "Alo")},
    ]

    answer = floor.act({"type": "batchModify", "modifies": moves})

    assert answer["response"]["type"] == "order"
    assert statuses(answer) == [
        {"resting": {"oid": OID + 3}},
        error("Cannot modify canceled or filled order"),
        error("Attempted to modify to invalid new order"),
        error("Error placing new order during modify: Post only order would have immediately "
              "matched, bbo was 1998.0@2002.0. asset=1"),
    ]  # fmt: skip


def test_a_lone_modify_fails_as_a_whole_when_the_order_is_gone(floor: Floor) -> None:
    order = wire(ETH, "B", "1501", "1")

    gone = modified(floor, OID, order)
    always = modified(floor, OID, order, a=True)
    refused = modified(floor, OID, order | {"p": "0"})

    assert gone == {"status": "err", "response": "Cannot modify canceled or filled order"}
    assert always == {"status": "ok", "response": {"type": "default"}}
    assert statuses(refused) == [error("Attempted to modify to invalid new order")]


def test_a_builder_dex_trades_in_an_account_of_its_own(floor: Floor) -> None:
    buy = wire(TSLA, "B", "400", "1")
    poor = floor.order(buy, wire(ETH, "B", "1500", "1"))
    floor.act({"type": "sendAsset", "destination": address(USER), "sourceDex": "",
               "destinationDex": "xyz", "token": "USDC", "amount": "500",
               "fromSubAccount": ""})  # fmt: skip
    floor.told()

    rich = floor.order(buy, wire(ETH, "B", "1500", "1"))
    canceled = floor.act({"type": "cancel", "cancels": [
        {"a": ETH, "o": rich[1]["resting"]["oid"]}, {"a": TSLA, "o": rich[0]["resting"]["oid"]},
    ]})  # fmt: skip

    assert poor[0] == error("Insufficient margin to place order. asset=110000")
    assert "resting" in poor[1]
    assert statuses(canceled) == ["success", "success"]


@pytest.mark.parametrize(("count", "weight"), [(1, 1), (39, 1), (40, 2), (80, 3)])
def test_a_batch_weighs_by_its_length(floor: Floor, count: int, weight: int) -> None:
    cancels = [{"a": ETH, "o": oid} for oid in range(count)]

    answer = floor.send(signed(USER, {"type": "cancel", "cancels": cancels}, START_MS))

    assert answer.weight == weight
