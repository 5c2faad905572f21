"""What the tests of faults share: bodies, what stands for the trading half, and plain reading."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from simulator.hyperliquid_feeds import message
from simulator.replies import Reply
from tests.simulator.venues import START_MS, Client, Desk

SIGNATURE = {"r": "0x1", "s": "0x2", "v": 27}
SILENCE_SECS = 0.1
LATE_MS = 400
"""Long enough for everything else to come first on a busy machine."""
CLOCK = {"type": "exchangeStatus"}


def order(tif: str = "Gtc", asset: int = 0, **more: object) -> dict[str, Any]:
    wire = {"a": asset, "b": True, "p": "1", "s": "1", "r": False, "t": {"limit": {"tif": tif}}}
    action = {"type": "order", "orders": [wire], "grouping": "na"}
    return {"action": action, "nonce": START_MS, "signature": SIGNATURE, **more}


def cancel() -> dict[str, Any]:
    action = {"type": "cancel", "cancels": [{"a": 0, "o": 1}]}
    return {"action": action, "nonce": START_MS, "signature": SIGNATURE}


def posted(number: int, payload: object, kind: str = "info") -> dict[str, Any]:
    return {"method": "post", "id": number, "request": {"type": kind, "payload": payload}}


class Exchange:
    """Stands for the venue's trading half: counts actions, and tells accounts before it answers."""

    def __init__(self, desk: Desk, *channels: str) -> None:
        self.actions: list[bytes] = []
        self._desk = desk
        self._channels = channels

    def __call__(self, body: bytes) -> Reply:
        self.actions.append(body)
        for connection in self._desk.venue._reception.connections:
            for channel in self._channels:
                connection.send(message(channel, []))
        return Reply(HTTPStatus.OK, b'{"status":"ok","response":{"type":"default"}}')


def trading(desk: Desk, monkeypatch: pytest.MonkeyPatch, *channels: str) -> Exchange:
    stub = Exchange(desk, *channels)
    monkeypatch.setattr(desk.venue._front, "exchange", stub)
    monkeypatch.setitem(desk.venue._hub._execute, "action", stub)  # type: ignore[arg-type]
    return stub


async def channels(client: Client) -> list[str]:
    """Return the channels of all frames on their way."""
    return [frame["channel"] for frame in await client.settled()]


async def is_silent(client: Client) -> bool:
    try:
        async with asyncio.timeout(SILENCE_SECS):
            await client.line.recv()
    except TimeoutError:
        return True
    return False


async def closed(client: Client) -> ConnectionClosed:
    """Read up to the end of a connection, and return what was its end."""
    with pytest.raises(ConnectionClosed) as ended:
        await client.until(lambda _frame: False)
    return ended.value
