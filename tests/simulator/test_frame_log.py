"""The venue's log holds what clients said and saw, in its order, and what the faults did."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.fault_rules import DropReply, Silent, Status
from simulator.frame_log import FrameLog
from simulator.hyperliquid import VenueOptions
from tests.simulator.faulty import CLOCK, closed, posted
from tests.simulator.venues import START_MS, Desk, book


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_the_log_is_what_clients_said_and_saw(tmp_path: Path) -> None:
    log = tmp_path / "venue.jsonl"
    desk = Desk(VenueOptions(log=log))
    said: list[Any] = [
        {"method": "subscribe", "subscription": {"type": "bbo", "coin": "BTC"}},
        "hello\n",
        posted(1, CLOCK),
    ]
    async with desk.venue.running(), desk.client() as client, desk.client() as other:
        await other.settled()
        for request in said:
            await client.send(request)
        seen = await client.settled()
        desk.at(500, book(500, "99.0", "101.0"))
        seen += await client.settled()

    entries = [entry for entry in lines(log) if entry["connection"] == 1]
    heard = [entry["body"] for entry in entries if entry["direction"] == "in"]
    told = [entry["body"] for entry in entries if entry["direction"] == "out"]
    pings = [{"method": "ping"}, {"method": "ping"}]
    assert [one for one in heard if one not in pings] == [None, *said]
    assert [one for one in told if one != {"channel": "pong"}] == seen
    assert {entry["kind"] for entry in entries} == {"open", "ws"}
    assert {entry["connection"] for entry in lines(log)} == {1, 2}
    assert [entry["ns"] for entry in entries] == sorted(entry["ns"] for entry in entries)
    assert {entry["ms"] for entry in entries} == {START_MS, START_MS + 500}


async def test_a_response_stands_under_the_number_of_its_request(tmp_path: Path) -> None:
    log = tmp_path / "venue.jsonl"
    desk = Desk(VenueOptions(log=log))
    async with desk.venue.running():
        questions: list[Any] = [CLOCK, {"type": "nope"}, b"not JSON", {"type": "meta"}]
        answers = await asyncio.gather(*(desk.post("/info", one) for one in questions))

    entries = lines(log)
    for question, answer in zip(questions, answers, strict=True):
        body = question.decode() if isinstance(question, bytes) else question
        (number,) = {entry["request"] for entry in entries if entry["body"] == body}
        (response,) = [
            entry for entry in entries if entry["request"] == number and entry["direction"] == "out"
        ]
        assert (response["kind"], response["status"]) == ("info", answer.status_code)
        told = response["body"]
        assert told == (answer.json() if answer.ok else answer.text)


async def test_the_log_tells_of_faults_and_not_of_what_they_swallowed(tmp_path: Path) -> None:
    log = tmp_path / "venue.jsonl"
    desk = Desk(VenueOptions(log=log))
    async with desk.venue.running(), desk.client() as client:
        desk.venue.faults.add(Silent(type="bbo"))
        desk.venue.faults.add(Status(on="info", status=502))
        desk.venue.faults.add(DropReply(on="post"))
        await client.subscribe(type="bbo", coin="BTC")
        desk.at(500, book(500, "99.0", "101.0"))
        await desk.post("/info", CLOCK)
        await client.send(posted(1, CLOCK))
        await client.settled()
        desk.venue._reception.close()
        await closed(client)

    entries = lines(log)
    faults = [entry["body"] for entry in entries if entry["kind"] == "fault"]
    assert faults == [
        {"rule": 1, "do": "silent", "on": "ws", "type": "bbo"},
        {"rule": 2, "do": "status", "on": "info", "type": "exchangeStatus"},
        {"rule": 3, "do": "drop_reply", "on": "post", "type": "exchangeStatus"},
    ]
    told = [(entry["kind"], entry["body"]) for entry in entries if entry["direction"] == "out"]
    assert [kind for kind, _ in told] == ["ws", "info", "ws", "close"]
    assert told[1][1].startswith("<html>")
    assert told[3][1] == {"code": 1000, "reason": "Inactive"}


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "venue.jsonl"
    for number in (1, 2):
        log = FrameLog(path, lambda: 7)
        log.note("ws", "in", {"number": number}, connection=number)
        log.close()

    assert [entry["body"] for entry in lines(path)] == [{"number": 1}, {"number": 2}]


async def test_a_log_that_cannot_be_written_stops_the_venue(tmp_path: Path) -> None:
    desk = Desk(VenueOptions(log=tmp_path / "nowhere" / "venue.jsonl"))
    with pytest.raises(FileNotFoundError):
        await desk.venue.running().__aenter__()
