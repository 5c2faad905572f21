"""What goes wrong at the venue when rules want it: requests, frames, books and its clock."""

import asyncio
import json
import re
from pathlib import Path

import pytest
import requests

from simulator.fault_reading import FaultError, parse_rules
from simulator.fault_rules import (
    RULES,
    Abort,
    AckRace,
    ClockSkew,
    Delay,
    DropReply,
    DropRequest,
    Maintenance,
    Status,
)
from simulator.synthetix import VenueOptions
from simulator.synthetix_wording import REACH
from tests.simulator.synthetix_halves import ACCOUNT, Half
from tests.simulator.synthetix_venues import BTC, Floor, fail, open_floor
from tests.simulator.test_synthetix_requests import Echo
from tests.simulator.venues import START_MS
from tests.waiting import eventually

ORDER = {"params": {"action": "placeOrders", "orders": [{"symbol": BTC}]}}


# Requests.


@pytest.mark.parametrize(
    ("executed", "status", "code", "retryable"),
    [
        (True, 500, "INTERNAL_ERROR", True),
        (False, 503, "SERVICE_UNAVAILABLE", True),
        (False, 429, "RATE_LIMIT_EXCEEDED", True),
        (False, 401, "UNAUTHORIZED", False),
        (False, 502, "UNKNOWN_ERROR", False),
    ],
)
async def test_an_order_is_answered_an_error_whether_it_was_executed_or_not(
    executed: bool, status: int, code: str, retryable: bool
) -> None:
    trading = Echo()
    async with open_floor(trading=trading) as floor:
        fail(floor, Status(on="trade", type="placeOrders", status=status, executed=executed))
        response = await floor.request("/trade", ORDER)
        other = await floor.request("/trade", {"params": {"action": "cancelOrders"}})

    assert response.status_code == status
    error = response.json()["error"]
    assert (error["code"], error["retryable"]) == (code, retryable)
    assert other.status_code == 200
    assert len(trading.bodies) == (2 if executed else 1)


@pytest.mark.parametrize(("rule", "done"), [(DropReply, 1), (DropRequest, 0), (Abort, 0)])
async def test_an_order_that_is_not_answered_was_executed_or_not(
    rule: type[DropReply | DropRequest | Abort], done: int
) -> None:
    trading = Echo()
    async with open_floor(trading=trading) as floor:
        fail(floor, rule(on="trade", coin=BTC))
        with pytest.raises(requests.ConnectionError):
            await floor.request("/trade", ORDER)

    assert len(trading.bodies) == done


async def test_a_late_answer_is_late_and_its_effects_are_not() -> None:
    trading = Echo()
    async with open_floor(trading=trading) as floor:
        fail(floor, Delay(on="trade", ms=300))
        asking = asyncio.create_task(floor.request("/trade", ORDER))
        await eventually(lambda: trading.bodies)
        assert not asking.done()
        assert (await asking).status_code == 200


async def test_a_skewed_clock_is_seen_by_the_one_request_only() -> None:
    trading = Echo()
    async with open_floor(trading=trading) as floor:
        fail(floor, ClockSkew(on="trade", offset_ms=-90_000, count=1))
        skewed = (await floor.request("/trade", ORDER)).json()
        right = (await floor.request("/trade", ORDER)).json()

    assert trading.times == [START_MS - 90_000, START_MS]
    assert [skewed["timestamp"], right["timestamp"]] == trading.times


async def test_maintenance_is_told_where_the_status_is_asked() -> None:
    trading = Echo()
    async with open_floor(trading=trading) as floor:
        fail(floor, Maintenance(message="upgrade", for_ms=1_000))
        order = await floor.request("/trade", ORDER)
        status = (await floor.request("/status", method="GET")).json()
        told = await floor.info("getExchangeStatus")
        floor.at(1_000)
        floor.venue.faults.clear()
        after = (await floor.request("/status", method="GET")).json()

    assert (order.status_code, order.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert status == {"maintenance": True, "message": "upgrade"}
    assert told["exchange_status"] == "MAINTENANCE"
    assert after == {"maintenance": False}
    assert trading.bodies == []


async def test_the_status_itself_may_fail() -> None:
    async with open_floor() as floor:
        fail(floor, Status(on="info", type="status", status=503))
        statuses = [
            (await floor.request(path, method="GET")).status_code
            for path in ("/status", "/exchange/status")
        ]
        question = await floor.ask("getTiers")

    assert statuses == [503, 503]
    assert question.status_code == 200


async def test_an_account_may_hear_of_an_order_after_its_answer() -> None:
    async with open_floor(trading=Half()) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
        fail(floor, AckRace(on="trade", ms=200))
        response = await floor.request("/trade", ORDER)
        early = await client.settled()
        late = await client.frame()

    assert response.status_code == 200
    assert early == []
    assert late["data"]["eventType"] == "orderPlaced"


# Posts.


async def test_a_posted_order_is_answered_an_error_in_a_frame() -> None:
    trading = Half()
    async with open_floor(trading=trading) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        fail(floor, Status(on="post", status=503, count=1, executed=True))
        reply = await client.call("post", action="placeOrders")

    assert (reply["id"], reply["requestId"], reply["status"]) == ("2", "2", 503)
    assert reply["error"] == {"code": 503, "message": "Service Unavailable"}
    assert len(trading.bodies) == 1


async def test_the_words_of_a_rule_stand_in_the_frame() -> None:
    async with open_floor() as floor, floor.client() as client:
        fail(floor, Status(on="post", status=500, body="Failed to place orders", count=1))
        words = await client.call("post", action="getTiers")
        fail(floor, Maintenance(on="post", message="upgrade"))
        notice = await client.call("post", action="getTiers")

    assert words["error"] == {"code": 500, "message": "Failed to place orders"}
    assert notice["error"] == {"code": 503, "message": "upgrade"}


async def test_a_posted_order_may_be_heard_of_before_or_after_its_reply() -> None:
    orders = []
    for rules in ([], [AckRace(on="post")]):
        async with open_floor(trading=Half()) as floor, floor.client("trade") as client:
            await client.call("auth", message="{}", signature="0x1")
            await client.subscribe("subAccountUpdates", subAccountId=ACCOUNT)
            fail(floor, *rules)
            frames = [await client.call("post", action="placeOrders"), await client.frame()]
            orders.append(["push" if "data" in frame else "reply" for frame in frames])

    assert orders == [["push", "reply"], ["reply", "push"]]


async def test_an_auth_may_fail_or_be_checked_by_another_clock() -> None:
    async with open_floor(trading=Half()) as floor, floor.client("trade") as client:
        fail(floor, Status(on="post", type="auth", status=500, count=1))
        fail(floor, ClockSkew(on="post", type="auth", offset_ms=70_000, after=1, count=1))
        replies = [await client.call("auth", message="{}", signature="0x1") for _ in range(3)]

    assert [one["status"] for one in replies] == [500, 401, 200]


async def test_a_post_that_is_dropped_is_silence() -> None:
    trading = Half()
    async with open_floor(trading=trading) as floor, floor.client("trade") as client:
        await client.call("auth", message="{}", signature="0x1")
        fail(floor, DropReply(on="post"))
        reply = await client.call("ping")
        await client.send({"id": "9", "method": "post", "params": {"action": "placeOrders"}})
        rest = await client.settled()

    assert reply["status"] == 200
    assert rest == []
    assert len(trading.bodies) == 1


# Rules and the log.


def test_a_rule_of_another_venue_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    for text, key in (
        ('do = "unknown_oid"\nms = 1', "do"),
        ('do = "drop_reply"\non = "exchange"', "on"),
    ):
        file.write_text(f"[[rule]]\n{text}\n")
        with pytest.raises(FaultError) as refused:
            Floor(VenueOptions(faults=file))
        assert refused.value.key == key


async def test_rules_are_changed_while_the_venue_runs() -> None:
    async with open_floor(VenueOptions(control=True)) as floor:
        url = f"http://127.0.0.1:{floor.venue.port}/control"
        rule = {"do": "status", "on": "info", "type": "getTiers", "status": 500}
        added = await asyncio.to_thread(requests.post, url, json={"add": rule}, timeout=5)
        failed = await floor.ask("getTiers")
        wrong = await asyncio.to_thread(
            requests.post, url, json={"add": {"do": "post_only"}}, timeout=5
        )

    assert added.json() == {"number": 1}
    assert failed.status_code == 500
    assert wrong.status_code == 400


async def test_the_same_seed_gives_the_same_misfortune() -> None:
    def lucky(statuses: list[int]) -> list[bool]:
        return [status == 200 for status in statuses]

    runs = []
    for seed in (1, 1, 2):
        async with open_floor(VenueOptions(fault_seed=seed)) as floor:
            fail(floor, Status(on="info", status=503, probability=0.5))
            runs.append(lucky([(await floor.ask("getTiers")).status_code for _ in range(20)]))

    assert runs[0] == runs[1] != runs[2]


async def test_all_that_passes_is_logged(tmp_path: Path) -> None:
    log = tmp_path / "frames.jsonl"
    options = VenueOptions(log=log)
    async with open_floor(options, Echo()) as floor:
        await floor.ask("getTiers")
        await floor.request("/trade", ORDER)
        fail(floor, Status(on="trade", status=500))
        await floor.request("/trade", ORDER)
        async with floor.client() as client:
            await client.call("ping")

    rows = [json.loads(line) for line in log.read_text().splitlines()]
    told = [(row["kind"], row["direction"], row["status"]) for row in rows]
    assert told[:7] == [
        ("info", "in", None),
        ("info", "out", 200),
        ("trade", "in", None),
        ("trade", "out", 200),
        ("trade", "in", None),
        ("fault", None, None),
        ("trade", "out", 500),
    ]
    frames = [row["body"] for row in rows if row["kind"] == "ws"]
    assert [frame.get("method", frame.get("status")) for frame in frames] == ["ping", 200]
    assert rows[2]["body"] == ORDER


def test_the_documented_rules_are_those_that_the_venue_suffers() -> None:
    docs = Path(__file__).parents[2] / "docs" / "venues" / "synthetix-loopback.md"
    table, _, example = docs.read_text().partition("| `do` |")[2].partition("```toml\n")
    documented = {do for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
                  for do in re.findall(r"`(\w+)`", row)}  # fmt: skip
    suffered = {do for do, rule in RULES.items() if not rule.needs or rule.needs in REACH.traits}

    assert documented == suffered
    assert len(parse_rules(example.partition("```")[0].encode(), "docs", REACH)) == 3
