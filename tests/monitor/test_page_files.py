"""The files of the page: served without a token, under a policy that allows nothing inline."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from config.secrets import Secret
from monitor.app import create_app
from monitor.auth import Tokens
from monitor.feed import Feed
from monitor.metrics import Metrics
from monitor.page import FILES, FOLDER, pages
from monitor.server import serving
from tests.monitor.fake_desk import FakeDesk


@pytest.fixture
async def address(desk: FakeDesk, feed: Feed, metrics: Metrics) -> AsyncIterator[str]:
    tokens = Tokens(Secret("a-read-token-here"), Secret("a-control-token-here"))
    app = create_app(
        desk, tokens, feed=feed, metrics=metrics, audit=lambda _line: None, pages=pages()
    )
    async with serving(app, "127.0.0.1", 0) as base:
        yield base


async def test_every_file_is_served_under_the_policy(
    address: str, session: aiohttp.ClientSession
) -> None:
    for path, (name, kind) in FILES.items():
        async with session.get(f"{address}{path}") as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert await answer.read() == (FOLDER / name).read_bytes()
            policy = answer.headers["content-security-policy"].split("; ")
            assert policy[:3] == ["default-src 'none'", "script-src 'self'", "style-src 'self'"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
    async with session.get(f"{address}/static/../page.py") as answer:
        assert answer.status == 404
    async with session.get(f"{address}/api/status") as answer:
        assert answer.status == 401  # the page opens nothing


def test_every_file_has_a_path_and_none_is_from_elsewhere() -> None:
    found = {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()}
    assert found == {name for name, _ in FILES.values()}
    page = (FOLDER / "index.html").read_text()
    loaded = re.findall(r'(?:src|link rel="stylesheet" href)="([^"]+)"', page)
    assert set(loaded) < set(FILES)
    assert len(loaded) == 3
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_the_charts_keep_their_notice_and_licence() -> None:
    vendor = Path(FOLDER) / "vendor"
    assert "Licensed under Apache License 2.0" in (vendor / "lightweight-charts.js").read_text()
    assert "TradingView, Inc. https://www.tradingview.com/" in (vendor / "NOTICE").read_text()
    assert 'href="https://www.tradingview.com/"' in (FOLDER / "index.html").read_text()
