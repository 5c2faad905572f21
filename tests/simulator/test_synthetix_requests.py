"""What the venue's front says to requests: envelopes, refusals, limits and its status."""

import asyncio
import http.client
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from simulator.synthetix import VenueOptions
from simulator.synthetix_answers import CODES, Answer
from simulator.synthetix_limits import TokenBucket, cost
from simulator.synthetix_seam import NoTrading
from tests.simulator.synthetix_venues import Floor, open_floor
from tests.simulator.venues import START_MS


class Echo(NoTrading):
    """A trading half that takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []
        self.times: list[int] = []

    def handle_trade(self, body: bytes, now_ms: int) -> Answer:
        self.bodies.append(body)
        self.times.append(now_ms)
        return Answer(response={"statuses": []})


async def test_an_answer_stands_in_the_envelope_with_both_ids() -> None:
    async with open_floor() as floor:
        envelope = (await floor.ask("getTiers")).json()

    assert envelope["status"] == "ok"
    assert envelope["timestamp"] == START_MS
    assert envelope["requestId"] == envelope["request_id"]
    assert len(bytes.fromhex(envelope["requestId"])) == 8
    assert envelope["ipRateLimit"] == {"requestsCap": 10_000, "remainingTokens": 9_999}
    assert "rateLimit" not in envelope


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "INVALID_FORMAT"),
        (b"[]", 400, "INVALID_FORMAT"),
        (b"\xff", 400, "INVALID_FORMAT"),
        (b'{"params":[]}', 400, "INVALID_FORMAT"),
        (b"{}", 400, "MISSING_REQUIRED_FIELD"),
        (b'{"params":{}}', 400, "MISSING_REQUIRED_FIELD"),
        (b'{"params":{"action":"getNothing"}}', 400, "VALIDATION_ERROR"),
        (b'{"params":{"action":"getTiers"}}' + b" " * 20_480, 413, "VALIDATION_ERROR"),
    ],
)
async def test_a_wrong_body_is_refused(body: bytes, status: int, code: str) -> None:
    async with open_floor() as floor:
        response = await floor.request("/info", body)

    assert response.status_code == status
    envelope = response.json()
    assert envelope["status"] == "error"
    assert envelope["error"]["code"] == code
    assert envelope["error"]["category"] == "REQUEST"
    assert envelope["error"]["retryable"] is False
    assert envelope["error"]["details"] == {}


async def test_a_body_of_just_20_kb_is_taken() -> None:
    body = b'{"params":{"action":"getTiers"}}'
    async with open_floor() as floor:
        response = await floor.request("/info", body.ljust(20_480))

    assert response.status_code == 200


async def test_other_paths_and_methods_are_refused_in_json() -> None:
    async with open_floor() as floor:
        nowhere = await floor.request("/nowhere", {})
        read = await floor.request("/info", method="GET")

    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert (read.status_code, read.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(("required", "status"), [(True, 403), (False, 200)])
async def test_a_nameless_program_may_be_refused(required: bool, status: int) -> None:
    async with open_floor(VenueOptions(require_user_agent=required)) as floor:
        assert (await floor.ask("getTiers")).status_code == 200
        assert await asyncio.to_thread(_post_without_user_agent, floor) == status
        try:
            async with connect(f"{floor.venue.ws_url}/info", user_agent_header=None):
                opened = 200
        except InvalidStatus as e:
            opened = e.response.status_code
        assert opened == status


def _post_without_user_agent(floor: Floor) -> int:
    line = http.client.HTTPConnection("127.0.0.1", floor.venue.port, timeout=5)
    try:
        line.request("POST", "/v1/info", json.dumps({"params": {"action": "getTiers"}}))
        return line.getresponse().status
    finally:
        line.close()


async def test_a_signed_request_goes_to_the_trading_half_as_it_came() -> None:
    trading = Echo()
    body = {"params": {"action": "placeOrders", "orders": [{}, {}]}, "nonce": 1}
    async with open_floor(trading=trading) as floor:
        response = await floor.request("/trade", body)

    assert response.json()["response"] == {"statuses": []}
    assert response.json()["ipRateLimit"]["remainingTokens"] == 9_990
    assert [json.loads(one) for one in trading.bodies] == [body]
    assert trading.times == [START_MS]


async def test_without_a_trading_half_orders_are_refused() -> None:
    async with open_floor() as floor:
        response = await floor.request("/trade", {"params": {"action": "placeOrders"}})

    assert (response.status_code, response.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_an_address_that_asks_too_much_is_refused() -> None:
    async with open_floor(VenueOptions(ip_tokens=2)) as floor:
        answers = [await floor.ask("getTiers") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    error = answers[2].json()
    assert error["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert error["error"]["category"] == "RATE_LIMIT"
    assert error["error"]["retryable"] is True
    assert error["ipRateLimit"] == {"requestsCap": 2, "remainingTokens": 0}


def test_a_bucket_refills_steadily_and_not_above_its_cap() -> None:
    bucket = TokenBucket(10)

    assert bucket.spend(10, now_secs=100.0)
    assert not bucket.spend(1, now_secs=100.9)
    assert bucket.spend(1, now_secs=101.0)
    assert not bucket.spend(11, now_secs=200.0)
    assert bucket.spend(10, now_secs=200.0)


def test_costs_are_those_of_the_table() -> None:
    assert cost("placeOrders", 3) == 15
    assert cost("placeOrders", 0) == 5
    assert cost("cancelOrders") == 2
    assert cost("getOrderHistory") == 50
    assert cost("getMarkets") == 1


async def test_the_status_stands_in_no_envelope() -> None:
    async with open_floor() as floor:
        before = await floor.request("/status", method="GET")
        floor.venue.set_maintenance("upgrade")
        during = await floor.request("/status", method="GET")
        old = await floor.request("/exchange/status", method="GET")
        older = await floor.request("/ws/exchange/status", method="GET")
        asked = await floor.info("getExchangeStatus")
        refused = await floor.ask("getTiers")
        floor.venue.set_maintenance(None)
        after = await floor.ask("getTiers")

    assert before.json() == {"maintenance": False}
    assert during.json() == {"maintenance": True, "message": "upgrade"}
    assert old.json() == older.json() == asked
    assert asked == {
        "accepting_orders": False,
        "exchange_status": "MAINTENANCE",
        "code": "SERVICE_DRAINING",
        "message": "upgrade",
        "timestamp_ms": START_MS,
    }
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert after.status_code == 200


def test_every_code_has_its_category_and_status() -> None:
    assert {code.category for code in CODES.values()} == {
        "REQUEST", "AUTH", "RATE_LIMIT", "SYSTEM", ""
    }  # fmt: skip
    retryable = {name for name, code in CODES.items() if code.retryable}
    assert retryable == {
        "RATE_LIMIT_EXCEEDED", "INTERNAL_ERROR", "DATABASE_ERROR", "CACHE_ERROR",
        "OPERATION_TIMEOUT", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT",
    }  # fmt: skip
    assert CODES["UNAUTHORIZED"].status == 401
    assert CODES["FORBIDDEN"].status == 403


async def test_the_same_seed_gives_the_same_request_ids() -> None:
    ids = []
    for seed in (1, 1, 2):
        async with open_floor(VenueOptions(seed=seed)) as floor:
            ids.append((await floor.ask("getTiers")).json()["requestId"])

    assert ids[0] == ids[1] != ids[2]
