"""Rules of faults from the control endpoint and from a file, on a running venue."""

from pathlib import Path
from typing import Any

from simulator.hyperliquid import VenueOptions
from tests.simulator.faulty import CLOCK, closed
from tests.simulator.venues import START_MS, Desk, open_desk


async def test_rules_are_changed_while_the_venue_runs() -> None:
    async with open_desk(control=True) as desk:

        async def told(command: object) -> Any:  # noqa: ANN401  (any JSON)
            response = await desk.post("/control", command)
            return response.json() if response.status_code == 200 else response.text

        rule = {"do": "status", "on": "info", "status": 500, "count": 1}
        assert await told({"add": rule}) == {"number": 1}
        assert (await desk.post("/info", CLOCK)).status_code == 500
        assert await told({"list": True}) == {
            "rules": [{"number": 1, "fired": 1, "rule": rule}],
            "log": [{"time_ms": START_MS, "number": 1, "do": "status", "on": "info",
                     "type": "exchangeStatus"}],
        }  # fmt: skip
        assert await told({"clear": True}) == {"cleared": 1}
        assert (await told({"list": True}))["rules"] == []
        async with desk.client() as one, desk.client() as other:
            await one.settled(), await other.settled()
            assert await told({"close": "all"}) == {"closed": 2}
            assert [(await closed(client)).rcvd is not None for client in (one, other)] == [
                True
            ] * 2
        assert await told({"add": {"do": "silent", "after": -1}}) == (
            "control: rule 1: after: expected a whole number of at least 0, found -1"
        )
        for wrong in (b"{", {}, [], {"clear": False}, {"clear": True, "list": True}, {"add": 3}):
            response = await desk.post("/control", wrong)
            assert response.status_code == 400
            assert response.text


async def test_a_plain_venue_has_no_control(desk: Desk) -> None:
    assert (await desk.post("/control", {"list": True})).status_code == 404


async def test_a_venue_begins_with_the_rules_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('[[rule]]\ndo = "status"\non = "info"\nstatus = 503\ncount = 1\n')
    desk = Desk(VenueOptions(faults=file))
    async with desk.venue.running():
        assert (await desk.post("/info", CLOCK)).status_code == 503
        assert (await desk.post("/info", CLOCK)).status_code == 200
        assert (await desk.post("/control", {"list": True})).status_code == 200
