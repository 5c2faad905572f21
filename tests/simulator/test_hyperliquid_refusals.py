"""What the venue refuses, and in which words: every body and frame that it cannot take."""

import pytest

from tests.simulator.venues import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")

USER = "0x" + "ab" * 20
ECHO = '{"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null,"fast":false}'
UNREADABLE = "Error parsing JSON into valid websocket request: "
BAD_SHAPE = "Failed to deserialize the JSON body into the target type"
NOT_JSON = "Failed to parse the request body as JSON: "
SIGNED = {"nonce": 1, "signature": {"r": "0x1", "s": "0x2", "v": 27}}


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/info", b"", 400, NOT_JSON + "Input data was truncated"),
        ("/info", b'{"type":"meta"', 400, NOT_JSON + "Input data was truncated"),
        ("/info", b"hello", 400, NOT_JSON + "JSON is malformed: invalid character (byte 0)"),
        ("/info", {}, 422, BAD_SHAPE),
        ("/info", [], 422, BAD_SHAPE),
        ("/info", {"type": 3}, 422, BAD_SHAPE),
        ("/info", {"type": "nonsense"}, 422, BAD_SHAPE),
        ("/info", {"type": "l2Book"}, 422, BAD_SHAPE),
        ("/info", {"type": "l2Book", "coin": 5}, 422, BAD_SHAPE),
        ("/info", {"type": "l2Book", "coin": "BTC", "nSigFigs": 6}, 422, BAD_SHAPE),
        ("/info", {"type": "l2Book", "coin": "BTC", "nSigFigs": 4, "mantissa": 2}, 422, BAD_SHAPE),
        ("/info", {"type": "meta", "dex": "nope"}, 422, BAD_SHAPE),
        ("/info", {"type": "recentTrades", "coin": "NOPE"}, 422, BAD_SHAPE),
        ("/info", {"type": "clearinghouseState", "user": "0x12"}, 422, BAD_SHAPE),
        ("/info", {"type": "orderStatus", "user": USER, "oid": "0x1"}, 422, BAD_SHAPE),
        ("/info", {"type": "marginTable", "id": 999}, 422, BAD_SHAPE),
        ("/info", {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "7m",
                                                     "startTime": 0}}, 422, BAD_SHAPE),
        ("/info", {"type": "candleSnapshot", "coin": "BTC"}, 422, BAD_SHAPE),
        ("/info", {"type": "fundingHistory", "coin": "BTC"}, 422, BAD_SHAPE),
        ("/info", {"type": "l2Book", "coin": "NOPE"}, 200, "null"),
        ("/exchange", b"{", 400, NOT_JSON + "Input data was truncated"),
        ("/exchange", {}, 422, BAD_SHAPE),
        ("/exchange", {"action": {"type": "nonsense"}, **SIGNED}, 422, BAD_SHAPE),
        ("/exchange", {"action": {"type": "noop"}, "nonce": "1"}, 422, BAD_SHAPE),
        ("/exchange", {"action": "noop", **SIGNED}, 422, BAD_SHAPE),
        ("/exchange", {"action": {"type": "noop"}, "nonce": 1,
                       "signature": {"r": "zz", "s": "0x2", "v": 27}}, 422, BAD_SHAPE),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_answered_as_the_venue_does(
    shared_desk: Desk, path: str, body: object, status: int, text: str
) -> None:
    response = await shared_desk.post(path, body)

    assert (response.status_code, response.text) == (status, text)
    kind = "application/json" if status == 200 else "text/plain; charset=utf-8"
    assert response.headers["content-type"] == kind


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("hello", UNREADABLE + "hello"),
        ("", UNREADABLE),
        ("[]", UNREADABLE + "[]"),
        ("{}", UNREADABLE + "{}"),
        ('{"method":"shout"}', UNREADABLE + '{"method":"shout"}'),
        ('{"method":"subscribe"}', UNREADABLE + '{"method":"subscribe"}'),
        (
            '{"method":"subscribe","xsubscription":{"type":"bbo"}}',
            UNREADABLE + '{"method":"subscribe","xsubscription":{"type":"bbo"}}',
        ),
        (
            '{"method":"subscribe","subscription":{"type":"bbo"}}',
            UNREADABLE + '{"method":"subscribe","subscription":{"type":"bbo"}}',
        ),
        (
            '{"method":"subscribe","subscription":{"type":"nope","coin":"BTC"}}',
            UNREADABLE + '{"method":"subscribe","subscription":{"type":"nope","coin":"BTC"}}',
        ),
        (
            '{"method":"subscribe","subscription":{"type":"candle","coin":"B","interval":"7m"}}',
            UNREADABLE
            + '{"method":"subscribe","subscription":{"type":"candle","coin":"B","interval":"7m"}}',
        ),
        (
            '{"method":"subscribe","subscription":{"type":"userFills","user":"0x1"}}',
            UNREADABLE + '{"method":"subscribe","subscription":{"type":"userFills","user":"0x1"}}',
        ),
        ('{"method":"post","id":1}', UNREADABLE + '{"method":"post","id":1}'),
        (
            '{"method":"subscribe","subscription":{"type":"bbo","coin":"NOPE"}}',
            'Invalid subscription {"type":"bbo","coin":"NOPE"}',
        ),
        (
            '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","nSigFigs":9}}',
            "Invalid subscription " + ECHO.replace('"nSigFigs":null', '"nSigFigs":9'),
        ),
        (
            '{"method":"subscribe","subscription":{"type":"allMids","dex":"nope"}}',
            'Invalid subscription {"type":"allMids","dex":"nope"}',
        ),
        (
            '{"method":"unsubscribe","subscription":{"type":"l2Book","coin":"BTC"}}',
            f"Already unsubscribed: {ECHO}",
        ),
    ],
)
async def test_what_is_wrong_is_told_on_the_error_channel(
    shared_desk: Desk, said: str, error: str
) -> None:
    async with shared_desk.client() as client:
        await client.send(said)

        assert await client.frame() == {"channel": "error", "data": error}
        assert await client.settled() == []
