"""The bell of an inbox's file: a node hears of an alert at once, or within a second."""

import asyncio
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.webhook.sqlite_setup import Make, put
from webhook.bell import POLL_SECS, bell_path


@pytest.mark.parametrize("is_beside", [True, False])
async def test_a_put_rings_at_once_from_beside_and_from_within(
    make: Make, *, is_beside: bool
) -> None:
    node = make()
    source = make() if is_beside else node
    await put(source, "warm")
    await node.open()
    await node.take()
    waiting = asyncio.create_task(node.take())
    await eventually(lambda: node._bell is not None and node._bell._rung._waiters)
    async with asyncio.timeout(POLL_SECS / 2):
        await put(source, 1)
        assert [entry.alert.key for entry in await waiting] == ["alerts:1"]


async def test_a_node_without_a_bell_looks_each_second(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.bell._bound", lambda _: None)
    node, sidecar = make(), make()
    await node.open()
    waiting = asyncio.create_task(node.take())
    await eventually(lambda: node._bell is not None and node._bell._rung._waiters)
    await put(sidecar, 1)
    async with asyncio.timeout(POLL_SECS + 1):
        assert len(await waiting) == 1


async def test_a_long_path_has_a_short_bell(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    inbox = make(folder / "inbox.db")
    await inbox.open()
    assert bell_path(folder / "inbox.db").is_socket()
    assert len(str(bell_path(folder / "inbox.db"))) < 104
    await inbox.close()
    assert not bell_path(folder / "inbox.db").exists()
