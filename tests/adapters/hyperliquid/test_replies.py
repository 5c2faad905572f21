"""Every answer that the venue is known to give is read as what it means, and no other is."""

from decimal import Decimal

import msgspec
import pytest

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.hyperliquid.replies import (
    ActionReply,
    PostResponse,
    Refusal,
    Resting,
    Status,
    Success,
    Taken,
    Waiting,
    WsPost,
    is_refusal,
    parse_action_reply,
    parse_post_response,
    spread,
)

ERROR = "Insufficient margin to place order. asset=5"


def ok(kind: str, data: str) -> bytes:
    return f'{{"status":"ok","response":{{"type":"{kind}","data":{data}}}}}'.encode()


def statuses(*items: str) -> bytes:
    return ok("order", f'{{"statuses":[{",".join(items)}]}}')


# The venue's own, from the fact sheet 1.4, 1.5 and 3.1 to 3.4.
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            statuses(
                '{"resting":{"oid":311642020084,"cloid":"0x430882655000030000000001000000b9"}}'
            ),
            [Resting(311642020084, "0x430882655000030000000001000000b9")],
        ),
        (statuses('{"resting":{"oid":1}}'), [Resting(1, None)]),
        (
            statuses(
                '{"filled":{"totalSz":"0.01","avgPx":"2080.2","oid":315445859529,"cloid":"0x0003"}}'
            ),
            [Taken(315445859529, "0x0003", Decimal("0.01"), Decimal("2080.2"))],
        ),
        (
            statuses(
                '{"filled":{"totalSz":"1.0","avgPx":"39.9351","oid":211341310459}}',
                '"waitingForTrigger"',
                '"waitingForFill"',
            ),
            [
                Taken(211341310459, None, Decimal("1.0"), Decimal("39.9351")),
                Waiting(for_trigger=True),
                Waiting(for_trigger=False),
            ],
        ),
        (statuses(f'{{"error":"{ERROR}"}}'), [Refusal(ERROR)]),
        (
            ok("cancel", '{"statuses":["success",{"error":"Order was never placed. asset=5"}]}'),
            [Success(), Refusal("Order was never placed. asset=5")],
        ),
        (b'{"status":"ok","response":{"type":"default"}}', [Success()]),
        (ok("twapCancel", '{"status":"success"}'), [Success()]),
        (
            ok("twapOrder", '{"status":{"error":"Invalid TWAP duration: 1 min(s)"}}'),
            [Refusal("Invalid TWAP duration: 1 min(s)")],
        ),
        (ok("createSubAccount", '"0x1d9470d4b963f552e6f671a81619d395877bf409"'), [Success()]),
    ],
)
def test_what_the_venue_answers_is_read(body: bytes, expected: list[Status]) -> None:
    assert parse_action_reply(body) == ActionReply(tuple(expected))


def test_a_twap_that_runs_names_its_id() -> None:
    body = ok("twapOrder", '{"status":{"running":{"twapId":77738308}}}')

    assert parse_action_reply(body) == ActionReply((Success(),), twap_id=77738308)


def test_a_whole_action_is_refused_in_the_venues_words() -> None:
    with pytest.raises(VenueRefused, match=r"^Action already expired$"):
        parse_action_reply(b'{"status":"err","response":"Action already expired"}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html></html>",
        b"\xff",
        b'{"status":"ok"}',
        b'{"status":"ok","response":"fine"}',
        b'{"status":"err","response":{"type":"default"}}',
        b'{"status":"maybe","response":{"type":"default"}}',
        b'{"status":"ok","response":{"type":"order"}}',
        ok("order", "{}"),
        ok("order", "[]"),
        statuses("{}"),
        statuses('"waitingForGodot"'),
        statuses('{"resting":{}}'),
        statuses('{"filled":{"totalSz":"much","avgPx":"1","oid":1}}'),
        statuses('{"error":7}'),
        statuses('{"resting":{"oid":1}}', "null"),
    ],
)
def test_what_cannot_be_read_is_an_unknown_outcome(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown, match="Expected a reply to an action, was"):
        parse_action_reply(body)


def posted(kind: str, payload: str) -> PostResponse:
    frame = (
        f'{{"channel":"post","data":{{"id":7,"response":{{"type":"{kind}","payload":{payload}}}}}}}'
    )
    return msgspec.json.decode(frame, type=WsPost).data.response


def test_a_posted_action_is_answered_as_by_http() -> None:
    assert parse_post_response(posted("action", statuses('"success"').decode())) == ActionReply(
        (Success(),)
    )
    words = "User or API Wallet 0x4b6c does not exist."
    with pytest.raises(VenueRefused, match=words):
        parse_post_response(posted("action", f'{{"status":"err","response":"{words}"}}'))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("422 Unprocessable Entity: Failed to deserialize the JSON body", VenueRefused),
        ("400 Bad Request: Failed to parse the request body as JSON", VenueRefused),
        ("429 Too Many Requests", OutcomeUnknown),
        ("408 Request Timeout", OutcomeUnknown),
        ("502 Bad Gateway", OutcomeUnknown),
        ("something else", OutcomeUnknown),
        ("", OutcomeUnknown),
    ],
)
def test_a_posted_error_is_judged_by_its_status(words: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{words}$"):
        parse_post_response(posted("error", f'"{words}"'))


def test_a_posted_error_without_words_is_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown, match="Expected an error in words"):
        parse_post_response(posted("error", "{}"))


@pytest.mark.parametrize(
    ("status", "refused"),
    [(200, False), (301, False), (400, True), (404, True), (408, False), (422, True), (429, False)]
    + [(status, False) for status in (500, 502, 503, 504)],
)
def test_only_a_client_error_that_proves_it_is_a_refusal(status: int, refused: bool) -> None:
    assert is_refusal(status) is refused


def test_one_refusal_stands_for_all_that_were_asked_for() -> None:
    first, second = Resting(1), Refusal("Order has zero size.")

    assert spread([first, second], 2) == (first, second)
    assert spread([second], 3) == (second, second, second)
    assert spread([Success()], 2) == (Success(), Success())


@pytest.mark.parametrize("found", [[], [Resting(1)], [Success(), Success()]])
def test_statuses_that_cannot_be_told_apart_are_an_unknown_outcome(found: list[Status]) -> None:
    with pytest.raises(OutcomeUnknown, match="Expected 3 statuses or one for all"):
        spread(found, 3)
