"""A line of the account is opened with a signature, and a post is answered once or is unknown."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from adapters.common.errors import NotSent, OutcomeUnknown
from adapters.common.wallet import Wallet
from adapters.synthetix.actions import ScheduleCancelAction
from adapters.synthetix.constants import USER_AGENT
from adapters.synthetix.frames import WsAccount
from adapters.synthetix.replies import parse_reply
from adapters.synthetix.schemas import Subscription
from adapters.synthetix.signing import Signer
from adapters.synthetix.websocket import SynthetixWebSocketClient
from tests.adapters.common.lines import Listening, listening
from tests.adapters.synthetix.bench import eventually

SIGNER = Signer(Wallet("11" * 32), "1867542890123456789")
NEWS = Subscription(type="subAccountUpdates", subAccountId="1867542890123456789")
REQUEST = SIGNER.sign(ScheduleCancelAction(60), 1_700_000_000_000, 1_700_000_060_000)


class Account:
    """A venue that lets in, acknowledges and answers, as far as it is told to."""

    def __init__(self) -> None:
        self.auth_status = 200
        self.answers = True

    async def script(self, line: ServerConnection, frame: Any) -> None:  # noqa: ANN401 (any JSON)
        status = self.auth_status if frame["method"] == "auth" else 200
        if frame["method"] == "post" and not self.answers:
            return
        result = {"status": "success", "response": {"isActive": True}}
        body = {"result": result} if status == 200 else {"error": {"code": status, "message": "no"}}
        reply = {"id": frame["id"], "requestId": frame["id"], "status": status, **body}
        await line.send(json.dumps(reply))


@asynccontextmanager
async def opened(
    venue: Account, heard: list[Any] | None = None, **settings: float
) -> AsyncIterator[tuple[SynthetixWebSocketClient, Listening, list[bool]]]:
    told: list[bool] = []
    async with listening(venue.script) as server:
        client = SynthetixWebSocketClient(
            asyncio.get_running_loop(),
            server.url,
            on_message=(heard if heard is not None else []).append,
            on_gap=lambda _: None,
            on_connection=told.append,
            authenticate=lambda: SIGNER.sign_auth(1_700_000_000_000),
            **settings,
        )
        connecting = asyncio.create_task(client.connect())
        try:
            yield client, server, told
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await client.disconnect()


async def test_the_account_is_proved_before_anything_is_subscribed() -> None:
    async with opened(Account()) as (client, server, told):
        await client.subscribe(NEWS)
        await eventually(lambda: len(server.said) == 2)
        auth, subscribe = server.said
        assert auth["method"] == "auth"
        assert auth["params"]["signature"].startswith("0x044e6054adeebc27")
        assert json.loads(auth["params"]["message"])["primaryType"] == "AuthMessage"
        assert (subscribe["method"], subscribe["params"]) == (
            "subscribe",
            {"type": "subAccountUpdates", "subAccountId": "1867542890123456789"},
        )
        assert all(isinstance(frame["id"], str) for frame in server.said)
        assert told == [True]
        request = server.lines[0].request
        assert request is not None
        assert request.headers["User-Agent"] == USER_AGENT


async def test_who_is_not_let_in_tries_again_and_posts_nothing() -> None:
    venue = Account()
    venue.auth_status = 401
    async with opened(venue) as (client, server, told):
        await eventually(lambda: len(server.lines) == 2)
        assert not client.is_connected
        with pytest.raises(NotSent, match="Expected a connection"):
            client.post(REQUEST, 1.0)
        assert told == []
        venue.auth_status = 200
        await eventually(lambda: client.is_connected)
        assert told == [True]


async def test_a_post_is_written_at_once_and_answered() -> None:
    async with opened(Account()) as (client, server, _):
        await eventually(lambda: client.can_post)
        reply = await client.post(REQUEST, 5.0)
        assert json.loads(bytes(parse_reply(reply).response)) == {"isActive": True}
        params = server.said[-1]["params"]
        assert (params["action"], params["timeoutSeconds"]) == ("scheduleCancel", 60)
        assert params["signature"]["v"] == 28
        assert (params["nonce"], params["expiresAfter"]) == (1_700_000_000_000, 1_700_000_060_000)


async def test_a_post_that_is_not_answered_is_unknown() -> None:
    venue = Account()
    venue.answers = False
    async with opened(venue) as (client, server, told):
        await eventually(lambda: client.can_post)
        with pytest.raises(OutcomeUnknown, match=r"No answer to post \d+ within 0.1 s"):
            await client.post(REQUEST, 0.1)
        lost = client.post(REQUEST, 60.0)
        await eventually(lambda: len([x for x in server.said if x["method"] == "post"]) == 2)
        server.lines[0].transport.abort()
        with pytest.raises(OutcomeUnknown, match="Lost the connection"):
            await lost
        await eventually(lambda: told == [True, False, True])
        assert len([x for x in server.said if x["method"] == "post"]) == 2


async def test_pings_and_events_go_their_ways() -> None:
    heard: list[Any] = []
    async with opened(Account(), heard, ping_interval_secs=0.05) as (client, server, _):
        await eventually(lambda: client.is_connected)
        await eventually(lambda: [x for x in server.said if x["method"] == "ping"])
        event = {"method": "subAccountEvent", "data": {"eventType": "trade"}, "timestamp": 5}
        await server.lines[0].send(json.dumps(event))
        await server.lines[0].send("no json")
        await server.lines[0].send(json.dumps({"channel": "unheard of", "data": {}}))
        await server.lines[0].send(json.dumps(event))
        await eventually(lambda: len(heard) == 2)
        assert all(isinstance(one, WsAccount) for one in heard)


async def test_a_silent_line_is_renewed() -> None:
    venue = Account()
    async with opened(venue, idle_timeout_secs=0.3, ping_interval_secs=60) as (_, server, told):
        await eventually(lambda: len(server.lines) == 2)
        await eventually(lambda: told[:3] == [True, False, True])
