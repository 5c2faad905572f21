"""The pictures of the page in docs/images, written anew by `make pictures`; it judges little."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from config.loading import parse_profile
from desk.monitor_place import read_place
from tests.desk.test_monitoring import Folder, folder, started
from tests.docs.pages import ROOT
from tests.monitor.browser import browser

__all__ = ["folder"]  # a fixture

RUN_SECS = 60  # the demo's alerts come after 18 s and after 42 s of it
SIZE = (1280, 985)


async def test_the_demo_is_pictured(
    folder: Folder, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    target: Path | None = request.config.getoption("--pictures")
    if target is None:
        pytest.skip("makes the pictures of docs/: make pictures")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.path / "state"))
    demo = (ROOT / "config" / "profiles" / "demo.toml").read_text()
    folder.file.write_text(f'runs = "{folder.path}"\n{demo}\n[monitor]\nport = 0\n')
    folder.profile = parse_profile(folder.file.read_bytes(), str(folder.file))
    with folder.run(seconds=RUN_SECS) as process:
        await started(folder, process)
        place = read_place(folder.profile)
        assert place is not None
        async with browser(*SIZE) as opened:
            page = opened.page
            await opened.enter(place.url, control=True)
            await page.get_by_label("Strategy").select_option("rsi_btc")
            for name in ("rsi_btc", "alert_eth"):
                await expect(page.locator("#positions")).to_contain_text(name)
            await expect(page.locator("#trades")).to_contain_text("rsi_btc")
            await expect(page.locator("#price canvas").first).to_be_visible()
            await page.screenshot(path=target / "page.png")
            assert opened.errors == []
