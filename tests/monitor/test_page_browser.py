"""The page in a real Chromium, over a node that trades and over the demo as people run it."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from playwright.async_api import expect

from config.monitor import MonitorSettings
from desk.monitor_place import read_place
from desk.monitoring import monitoring, read_tokens
from monitor.feed import Feed
from monitor.picture import State
from strategies.signals import Action as Wish
from tests.desk.managed_node import Managed, managed_node, profile_in
from tests.desk.test_monitoring import TOKENS, Folder, folder, started
from tests.monitor.browser import PHONE, Opened, browser

__all__ = ["folder"]  # a fixture


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    async with browser(*PHONE) as page:
        yield page


def state_of(desk: Managed, name: str) -> State:
    return next(s.state for s in desk.shown.picture().strategies if s.id == name)


async def test_a_person_sees_the_desk_and_pauses_a_strategy(tmp_path: Path, opened: Opened) -> None:
    settings = MonitorSettings(port=0)
    profile = msgspec.structs.replace(profile_in(tmp_path), monitor=settings)
    page = opened.page
    async with managed_node(tmp_path) as desk:
        tokens = read_tokens(settings, TOKENS)
        async with monitoring(profile, tokens, desk.shown, Feed(), desk.metrics):
            place = read_place(profile)
            assert place is not None
            await opened.enter(place.url, control=False)
            card = page.get_by_role("article", name="alerts")
            await expect(card).to_contain_text("running")
            for words in ("No open positions", "No open orders", "Nothing has been traded yet"):
                await expect(page.get_by_text(words).last).to_be_visible()
            await expect(page.get_by_text("No alerts have come")).to_be_visible()
            await expect(page.locator("#price-words")).to_contain_text("reads no bars")
            await expect(card.get_by_role("button", name="pause alerts")).to_be_disabled()

            desk.signal(Wish.BUY)
            await expect(page.locator("#positions")).to_contain_text("0.2")
            await expect(page.locator("#positions")).to_contain_text("49001")  # its stop
            await expect(page.locator("#orders")).to_contain_text("stop market")
            (account,) = desk.shown.picture().equity
            await expect(page.locator("#equity .big")).to_have_text(f"{account.now:,.2f} USDT")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width == 360

            await page.get_by_role("button", name="Forget the tokens").click()
            await opened.enter(place.url, control=True)
            await card.get_by_role("button", name="pause alerts").click()
            await page.get_by_label("Why, for the audit").fill("lunch")
            assert state_of(desk, "alerts") is State.RUNNING  # nobody has confirmed it
            await page.get_by_role("button", name="Do it").click()
            await expect(card).to_contain_text("paused")
            assert state_of(desk, "alerts") is State.PAUSED

            await opened.tell("resume", "alerts", reason="back")
            await expect(card.get_by_role("button", name="resume alerts")).to_be_disabled()
            assert state_of(desk, "alerts") is State.RUNNING
            assert opened.errors == []

            desk.halted = "a fat finger (kill)"
            await expect(page.get_by_role("alert")).to_have_text(
                "Trading is halted: a fat finger (kill)"
            )
        await expect(page.locator("#line")).to_contain_text("Connection lost")
    lines = (tmp_path / "TESTER-001.audit.jsonl").read_text().splitlines()
    audit = [json.loads(line) for line in lines]
    assert [(line["command"], line["reason"]) for line in audit] == [
        ("pause", "lunch"),
        ("resume", "back"),
    ]


async def test_a_wrong_token_is_said(tmp_path: Path, opened: Opened) -> None:
    settings = MonitorSettings(port=0)
    profile = msgspec.structs.replace(profile_in(tmp_path), monitor=settings)
    async with managed_node(tmp_path) as desk:
        others = {"PERPDESK_READ_TOKEN": "x" * 20, "PERPDESK_CONTROL_TOKEN": "y" * 20}
        tokens = read_tokens(settings, others)
        async with monitoring(profile, tokens, desk.shown, Feed(), desk.metrics):
            place = read_place(profile)
            assert place is not None
            await opened.page.goto(place.url)
            await opened.page.get_by_label("Read token").fill(TOKENS["PERPDESK_READ_TOKEN"])
            await opened.page.get_by_role("button", name="Look at the desk").click()
            await expect(opened.page.locator("#refused")).to_contain_text("does not match")
            kept = await opened.page.evaluate("sessionStorage.length")
            assert kept == 0


async def test_the_demo_shows_its_chart_and_a_halt(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.path / "state"))  # a halt outlives the run
    with folder.run() as process:
        await started(folder, process)
        place = read_place(folder.profile)
        assert place is not None
        await opened.enter(place.url, control=False)
        page = opened.page
        await page.get_by_label("Strategy").select_option("rsi_btc")
        await expect(page.locator("#price canvas").first).to_be_visible()
        await expect(page.locator("#price-words")).to_have_text("")
        await expect(page.locator("#curve canvas").first).to_be_visible()
        for chart in ("#curve", "#price"):  # its axis is in it: no style of ours moves its cells
            await expect(page.locator(f"{chart} tr").first).to_have_css("display", "table-row")
        assert opened.errors == []

        process.send_signal(signal.SIGUSR1)
        await expect(page.get_by_role("alert")).to_have_text(
            "Trading is halted: by the signal SIGUSR1 (kill)"
        )
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{place.url}/ready") as answer:
                troubles = (await answer.json())["troubles"]
                assert answer.status == 503
            assert "trading is halted: by the signal SIGUSR1 (kill)" in troubles
            header = {"authorization": f"Bearer {TOKENS['PERPDESK_READ_TOKEN']}"}
            async with session.get(f"{place.url}/metrics", headers=header) as answer:
                assert "perpdesk_halted 1.0" in (await answer.text()).splitlines()
