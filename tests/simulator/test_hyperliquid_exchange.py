"""Actions over HTTP and WebSocket: one function, one budget, one clock that is not the wall's."""

import time
from typing import Any

import pytest

from simulator.clock import ManualClock
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.moments import DAY_MS
from tests.simulator.signed_bodies import USER, address, signed
from tests.simulator.trading_floor import ETH, funded, open_trading_desk, show_books, statuses, wire
from tests.simulator.venues import START_MS, Desk

ORDER = {"type": "order", "orders": [wire(ETH, "B", "1500", "1")], "grouping": "na"}


async def posted(desk: Desk, body: dict[str, Any]) -> dict[str, Any]:
    async with desk.client() as client:
        request = {"type": "action", "payload": body}
        await client.send({"method": "post", "id": 7, "request": request})
        frame = await client.frame()
    assert frame["data"]["id"] == 7
    response: dict[str, Any] = frame["data"]["response"]
    return response


async def test_http_and_websocket_answer_alike_and_share_nonces() -> None:
    async with open_trading_desk() as desk:
        body = signed(USER, ORDER, START_MS)

        over_http = (await desk.post("/exchange", body)).json()
        over_socket = await posted(desk, signed(USER, ORDER, START_MS + 1))
        again = await posted(desk, body)

        assert "resting" in statuses(over_http)[0]
        assert over_socket["type"] == "action"
        assert "resting" in statuses(over_socket["payload"])[0]
        words = f"Invalid nonce: duplicate nonce {START_MS}"
        refused = {"status": "err", "response": words}
        assert again == {"type": "action", "payload": refused}
        assert len(desk.venue.trading.exchange.account(address(USER)).live) == 2


async def test_actions_spend_the_budget_of_their_ip_by_length() -> None:
    async with open_trading_desk(weight_per_minute=5) as desk:
        batch = {"type": "cancel", "cancels": [{"a": ETH, "o": oid} for oid in range(160)]}

        first = await desk.post("/exchange", signed(USER, batch, START_MS))
        over_http = await desk.post("/exchange", signed(USER, ORDER, START_MS + 1))
        over_socket = await posted(desk, signed(USER, ORDER, START_MS + 1))

        assert first.status_code == 200
        assert (over_http.status_code, over_http.text) == (429, "null")
        assert over_socket == {"type": "error", "payload": "429 Too Many Requests"}
        assert not desk.venue.trading.exchange.account(address(USER)).live


@pytest.mark.parametrize("ahead", [0, 30 * DAY_MS, -400 * DAY_MS])
async def test_clients_sign_with_wall_time_whatever_time_it_is_at_the_venue(ahead: int) -> None:
    wall_ms = time.time_ns() // 1_000_000
    desk = Desk()
    desk.clock = ManualClock(wall_ms + ahead)
    desk.venue = HyperliquidVenue(
        VenueOptions(speed=60, start_ms=wall_ms + ahead, trading=funded()), desk.market, desk.clock
    )
    show_books(desk)
    async with desk.venue.running():
        fresh = signed(USER, ORDER, wall_ms, None, wall_ms + 60_000)
        stale = signed(USER, ORDER, wall_ms + 1, None, wall_ms - 60_000)

        answers = [(await desk.post("/exchange", body)).json() for body in (fresh, stale)]

    assert "resting" in statuses(answers[0])[0]
    assert answers[1] == {"status": "err", "response": "Action already expired"}


async def test_what_happened_is_told_before_the_answer_is_sent() -> None:
    async with open_trading_desk() as desk, desk.client() as client:
        await client.subscribe(type="orderUpdates", user=address(USER))
        request = {"type": "action", "payload": signed(USER, ORDER, START_MS)}
        await client.send({"method": "post", "id": 7, "request": request})

        channels = [(await client.frame())["channel"] for _ in range(2)]

    assert channels == ["orderUpdates", "post"]
