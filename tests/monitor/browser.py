"""A real Chromium with the page in it, for tests; nothing here knows what runs behind the page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.desk.test_monitoring import TOKENS

SECS_MAX = 30  # for what a loaded machine may take; nothing waits so long where all is well
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PHONE = (360, 780)


class Opened:
    """A page, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))

    async def enter(self, url: str, *, control: bool) -> None:
        await self.page.goto(url)
        await self.page.get_by_label("Read token").fill(TOKENS["PERPDESK_READ_TOKEN"])
        if control:
            await self.page.get_by_label("Control token").fill(TOKENS["PERPDESK_CONTROL_TOKEN"])
        await self.page.get_by_role("button", name="Look at the desk").click()
        await expect(self.page.locator("#line")).to_have_text("Live")

    async def tell(self, action: str, strategy: str, *, reason: str) -> None:
        """Click a strategy's button, say why, and confirm it."""
        await self.page.get_by_role("button", name=f"{action} {strategy}").click()
        await self.page.get_by_label("Why, for the audit").fill(reason)
        await self.page.get_by_role("button", name="Do it").click()


@asynccontextmanager
async def browser(width: int, height: int) -> AsyncIterator[Opened]:
    """Open an empty page of this size; skip the test where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs chromium (Debian: apt-get install chromium)")
    expect.set_options(timeout=SECS_MAX * 1_000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = await chromium.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(SECS_MAX * 1_000)
        yield Opened(page)
        await chromium.close()
