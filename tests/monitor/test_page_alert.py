"""An alert as a person follows it on the page: its trace, its position, flatten and resume.

The run is a process of its own that trades on paper on a loopback venue; the alert comes over HTTP
as TradingView's do, and all else is clicked in a real Chromium.
"""

import json

import aiohttp
import pytest
from playwright.async_api import expect

from config.loading import parse_profile
from desk.loopback import loopback_venue
from desk.monitor_place import read_place
from tests.desk.test_monitoring import Folder, folder, started
from tests.docker.test_promises import free_port
from tests.monitor.browser import PHONE, Opened, browser

__all__ = ["folder"]  # a fixture

SECRET = "canary-webhook-52d0"


def turned(text: str, http: str, ws: str, port: int) -> str:
    """Return the demo's profile for a venue that is there already, and alerts from outside."""
    text = text.replace('environment = "demo"', 'environment = "paper"')
    where = f'network = "loopback"\nbase_url_http = "{http}"\nbase_url_ws = "{ws}"'
    text = text.replace('network = "loopback"', where)
    return text.replace("[webhook]\nport = 0", f"[webhook]\nport = {port}")


async def post(port: int, action: str, name: str) -> str:
    """Send an alert; return the code of the answer."""
    alert = {"secret": SECRET, "strategy": "alert_eth", "ticker": "ETH"}
    url = f"http://127.0.0.1:{port}/webhook/tradingview"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=alert | {"action": action, "id": name}) as answer,
    ):
        return str((await answer.json())["code"])


async def follow(opened: Opened, port: int) -> None:
    """See an alert trade, flatten its position, have the next one refused, and resume."""
    page = opened.page
    card = page.get_by_role("article", name="alert_eth")
    alerts = page.locator("#alerts details")
    await expect(page.get_by_text("No alerts have come")).to_be_visible()

    assert await post(port, "buy", "first") == "accepted"
    await expect(page.locator("#positions")).to_contain_text("alert_eth")
    await expect(alerts).to_have_count(1)
    await alerts.first.locator("summary").click()
    steps = alerts.first.locator("ol.trace li strong")
    await expect(steps.first).to_have_text("received")
    await expect(steps.filter(has_text="order filled")).to_have_count(1)
    told = await steps.all_inner_texts()
    assert told.index("received") < told.index("decided") < told.index("order filled")

    await opened.tell("flatten", "alert_eth", reason="seen enough")
    await expect(page.locator("#positions")).to_have_text("No open positions")
    await expect(page.locator("#trades")).to_contain_text("alert_eth")
    await expect(card).to_contain_text("paused")
    await expect(page.locator("#answer")).to_contain_text("alert_eth")

    assert await post(port, "buy", "second") == "accepted"
    await expect(alerts.first).to_contain_text("paused")  # newest first, with the reason
    await expect(page.locator("#positions")).to_have_text("No open positions")

    await opened.tell("resume", "alert_eth", reason="go on")
    await expect(card).to_contain_text("running")
    assert opened.errors == []


async def test_a_person_follows_an_alert_and_leaves_its_position(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERPDESK_WEBHOOK_SECRET", SECRET)
    port = free_port()
    with loopback_venue("hyperliquid", []) as urls:
        folder.file.write_text(turned(folder.file.read_text(), urls.http, urls.ws, port))
        folder.profile = parse_profile(folder.file.read_bytes(), str(folder.file))
        with folder.run() as process:
            await started(folder, process)
            place = read_place(folder.profile)
            assert place is not None
            async with browser(*PHONE) as opened:
                await opened.enter(place.url, control=True)
                await follow(opened, port)

    lines = (folder.path / "TESTER-001.audit.jsonl").read_text().splitlines()
    audit = [json.loads(line) for line in lines]
    assert [(line["command"], line["reason"], line["status"]) for line in audit] == [
        ("flatten", "seen enough", 200),
        ("resume", "go on", 200),
    ]
