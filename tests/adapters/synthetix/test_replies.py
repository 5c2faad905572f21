"""Answers are read item by item, and what is not known to be refused is unknown."""

import json
from typing import Any

import msgspec
import pytest

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.synthetix.frames import parse_frame
from adapters.synthetix.replies import (
    Canceled,
    Modified,
    OrderRef,
    Refusal,
    Resting,
    Taken,
    parse_answer,
    parse_canceled_all,
    parse_modified,
    parse_reply,
    parse_statuses,
)
from adapters.synthetix.schemas import RateLimit
from adapters.synthetix.wire import Amount, Id

REF = OrderRef(Id("1958787130134106112"), Id("c-1"))
ORDER = {"venueId": "1958787130134106112", "clientId": "c-1"}

BUCKET = {"requestsCap": 9, "remainingTokens": 8}


def raw(value: Any) -> msgspec.Raw:  # noqa: ANN401 (any JSON)
    return msgspec.Raw(json.dumps(value).encode())


def body(value: Any) -> bytes:  # noqa: ANN401 (any JSON)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("item", "status"),
    [
        (
            {"resting": {"order": ORDER, "id": ORDER["venueId"], "expiresAt": 1704067260000}},
            Resting(REF, 1_704_067_260_000_000_000),
        ),
        ({"resting": {"order": ORDER, "expiresAt": "2024-01-01T00:01:00Z"}},
         Resting(REF, 1_704_067_260_000_000_000)),
        ({"resting": {"id": 1958787130134106112}}, Resting(OrderRef(REF.venueId), 0)),
        (
            {"filled": {"order": ORDER, "totalSize": "0.004", "avgPrice": "100001"}},
            Taken(REF, Amount("0.004"), Amount(100_001)),
        ),
        ({"canceled": {"order": ORDER, "id": "1"}}, Canceled(REF)),
        ({"cancelled": {"order": ORDER}}, Canceled(REF)),
        (
            {"error": "insufficient margin", "errorCode": "INSUFFICIENT_MARGIN",
             "order": {"venueId": None, "clientId": "c-3"}},
            Refusal(OrderRef(None, Id("c-3")), "INSUFFICIENT_MARGIN", "insufficient margin"),
        ),
        ({"error": "Order REJECTED"}, Refusal(OrderRef(), "", "Order REJECTED")),
    ],
)  # fmt: skip
def test_each_item_is_read(item: dict[str, Any], status: object) -> None:
    assert parse_statuses(raw({"statuses": [item, item]}), 2) == (status, status)


@pytest.mark.parametrize(
    "response", [{"statuses": [{}]}, {"statuses": []}, {}, [], {"statuses": [{"new": {}}]}]
)
def test_items_that_cannot_be_told_apart_are_unknown(response: Any) -> None:  # noqa: ANN401
    with pytest.raises(OutcomeUnknown):
        parse_statuses(raw(response), 1)


def test_all_that_was_canceled_is_told() -> None:
    rows = [{"order": ORDER, "orderId": "1", "message": "Order canceled", "symbol": "BTC-USDT"}]
    assert parse_canceled_all(raw(rows)) == [REF]
    assert parse_canceled_all(raw([])) == []


def test_a_modified_order_is_told_or_refused_in_band() -> None:
    row = {"order": ORDER, "status": "modified", "price": "91000", "quantity": "0.01",
           "triggerPrice": "", "cumQty": "0.004", "avgPrice": "0"}  # fmt: skip
    assert parse_modified(raw(row)) == Modified(
        REF, Amount(91_000), Amount("0.01"), Amount(0), Amount("0.004"), Amount(0)
    )
    refused = {
        "order": ORDER,
        "error": "below filled",
        "errorCode": "QUANTITY_BELOW_FILLED",
    }
    assert parse_modified(raw(refused)) == Refusal(REF, "QUANTITY_BELOW_FILLED", "below filled")


def error(code: str, category: str) -> dict[str, Any]:
    words = {"code": code, "category": category, "message": "so it is", "retryable": False}
    return {"status": "error", "error": words, "timestamp": 1, "requestId": "x"}


def test_an_answer_holds_its_buckets() -> None:
    answer = parse_answer(
        200,
        body({"status": "ok", "response": [1], "rateLimit": BUCKET, "ipRateLimit": BUCKET}),
    )
    assert bytes(answer.response) == b"[1]"
    assert (answer.rate_limit, answer.ip_rate_limit) == (RateLimit(9, 8),) * 2
    assert bytes(parse_answer(200, body({"status": "ok", "response": None})).response) == b"null"


@pytest.mark.parametrize(
    ("status", "code", "category"),
    [
        (400, "VALIDATION_ERROR", "REQUEST"),
        (401, "UNAUTHORIZED", "AUTH"),
        (403, "FORBIDDEN", "AUTH"),
        (413, "VALIDATION_ERROR", "REQUEST"),
        (200, "ORDER_NOT_FOUND", "TRADING"),
    ],
)
def test_what_was_not_carried_out_is_refused(status: int, code: str, category: str) -> None:
    with pytest.raises(VenueRefused, match=f"{status} {code} so it is"):
        parse_answer(status, body(error(code, category)))


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (429, body(error("RATE_LIMIT_EXCEEDED", "RATE_LIMIT"))),
        (500, body(error("INTERNAL_ERROR", "SYSTEM"))),
        (503, body(error("REQUEST_TIMEOUT", "SYSTEM"))),
        (200, body(error("UNKNOWN_ERROR", "OTHER"))),
        (200, b"<html>"),
        (200, body({"status": "ok"})),
        (502, b"Bad Gateway"),
    ],
)
def test_everything_else_is_unknown(status: int, text: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        parse_answer(status, text)


def reply(**frame: Any) -> Any:  # noqa: ANN401
    return parse_frame(body({"id": "1", "requestId": "1", **frame}))


def test_a_posted_answer_is_read_like_one_by_http() -> None:
    answer = parse_reply(
        reply(status=200, rateLimit={"requestsCap": 9, "remainingTokens": 8},
              result={"status": "success", "response": {"statuses": []}})
    )  # fmt: skip
    assert bytes(answer.response) == b'{"statuses": []}'
    assert answer.rate_limit == RateLimit(9, 8)
    with pytest.raises(VenueRefused, match="400 400 no"):
        parse_reply(reply(status=400, error={"code": 400, "message": "no"}))
    for status in (429, 500, 503):
        with pytest.raises(OutcomeUnknown, match=f"{status} {status} no"):
            parse_reply(reply(status=status, error={"code": status, "message": "no"}))
    with pytest.raises(OutcomeUnknown, match="Expected a response in a result"):
        parse_reply(reply(status=200, result={"status": "success"}))
