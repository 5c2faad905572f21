"""
An alert from its POST to the venue's ledger, and across the end of processes: traded exactly once.

Each test drops a process at another place, which is to say that nothing it does from there on is
kept in the inbox, and lets another node go on with the same inbox and the same venue.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.model.enums import OrderStatus

from adapters.hyperliquid.orders import cloid_from_client_order_id
from simulator.exchange.model import OrderRequest, Side, Tif
from simulator.fault_rules import Status
from simulator.hyperliquid import HyperliquidVenue
from strategies.signals import order_id_of
from tests.acceptance.alert_desk import SIZE, Heard, heard, posting
from tests.acceptance.trading_run import ADDRESS, BTC, node_on, venue_of
from tests.waiting import eventually
from webhook.alerts import Alert
from webhook.dialects import parse_alert
from webhook.inbox import Entry, Inbox, State, Step
from webhook.sqlite_inbox import SqliteInbox

KEY = "alerts:1"
ID = order_id_of(KEY)
SEC_NS = 1_000_000_000
# An order of an earlier process can arrive for so long.
SOON = {"expires_after_secs": 1, "absence_grace_ms": 500}
FORGETFUL = LiveExecEngineConfig(reconciliation=False)

type At = tuple[Path, pytest.MonkeyPatch]
"""Where the state of the signer lies, and the environment that holds its key."""


class Dying:
    """The inbox of a process that dies: of the steps after some kind, nothing is kept."""

    def __init__(self, inbox: Inbox, last: str) -> None:
        self._inbox = inbox
        self._last = last
        self._is_dead = False
        self.open, self.take = inbox.open, inbox.take
        self.last_of, self.close = inbox.last_of, inbox.close

    async def record(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if not self._is_dead:
                self._is_dead = step.kind == self._last
                if self._last != "received":
                    await self._inbox.record([step])


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[SqliteInbox]:
    inbox = SqliteInbox(tmp_path / "alerts.sqlite")
    yield inbox
    await inbox.close()


@pytest.fixture
async def venue() -> AsyncIterator[HyperliquidVenue]:
    async with venue_of() as venue:
        yield venue


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    return tmp_path / "state", monkeypatch


def buy() -> Alert:
    now = time.time_ns()
    fields = {"strategy": "alerts", "ticker": "BTC", "action": "buy", "id": "1"}
    return parse_alert(fields, {"BTC": BTC}, received_ns=now)


async def put(inbox: Inbox, *, ttl_secs: int = 30) -> None:
    now = time.time_ns()
    await inbox.put(buy(), now, now + ttl_secs * SEC_NS)


async def entry(inbox: Inbox) -> Entry:
    trace = await inbox.trace(KEY)
    assert trace is not None
    return trace.entry


async def reached(inbox: Inbox, state: State, timeout_secs: float = 10.0) -> None:
    async with asyncio.timeout(timeout_secs):
        while (await entry(inbox)).outcome.state is not state:
            await asyncio.sleep(0.02)


def is_traded_once(venue: HyperliquidVenue) -> bool:
    account = venue.trading.exchange.account(ADDRESS)
    cloid = cloid_from_client_order_id(ID.value)
    placed = [change.order for change in account.history if change.order.request.client_id == cloid]
    return len({order.oid for order in placed}) == 1 and [
        position.size for position in account.positions.values()
    ] == [SIZE]


async def test_an_alert_that_is_posted_is_traded_once(
    inbox: SqliteInbox, venue: HyperliquidVenue, at: At
) -> None:
    async with node_on(venue, *at, strategy=Heard(), inbox=inbox) as run, posting(inbox) as post:
        assert (await post(action="buy", id="1"))[1]["code"] == "accepted"
        await reached(inbox, State.DONE)
        again, answer = await post(action="buy", id="1")
        assert (again, answer["code"]) == (200, "duplicate")
        assert answer["outcome"]["state"] == "done"
        assert answer["outcome"]["orders"] == [ID.value]
        assert (await post(action="sell", id="1"))[0] == 409
        assert len(heard(run)) == 1
        assert run.cache.order(ID).status == OrderStatus.FILLED
    assert is_traded_once(venue)
    trace = await inbox.trace(KEY)
    assert trace is not None
    kinds = [step.kind for step in trace.steps]
    wanted = ["received", "delivered", "decided", "order_submitted", "order_filled", "done"]
    assert [kind for kind in kinds if kind in wanted] == wanted


async def test_a_process_that_ends_before_it_delivers(
    inbox: SqliteInbox, venue: HyperliquidVenue, at: At
) -> None:
    await put(inbox)
    async with node_on(venue, *at, strategy=Heard(), inbox=inbox, **SOON) as run:
        await reached(inbox, State.DONE)
        assert len(heard(run)) == 1
    assert is_traded_once(venue)


@pytest.mark.parametrize("last", ["received", "delivered", "decided", "order_filled"])
@pytest.mark.parametrize("engine", [None, FORGETFUL], ids=["reconciled", "asked for"])
async def test_a_process_that_ends_after_its_order_has_left(
    inbox: SqliteInbox,
    venue: HyperliquidVenue,
    at: At,
    last: str,
    engine: LiveExecEngineConfig | None,
) -> None:
    dying = Dying(inbox, last)
    async with node_on(venue, *at, strategy=Heard(), inbox=dying) as run:
        await put(inbox)
        await eventually(lambda: run.cache.order(ID) and run.cache.order(ID).is_closed)
    before = (await entry(inbox)).outcome.state
    assert (
        before
        is {
            "received": State.RECEIVED,
            "delivered": State.DELIVERED,
            "decided": State.DECIDED,
            "order_filled": State.DECIDED,
        }[last]
    )

    async with node_on(venue, *at, strategy=Heard(), inbox=inbox, engine=engine, **SOON) as again:
        await reached(inbox, State.DONE)
        assert heard(again) == []
        assert (await entry(inbox)).outcome.orders == (ID.value,)
        async with posting(inbox) as post:
            assert (await post(action="buy", id="1"))[1]["outcome"]["state"] == "done"
    assert is_traded_once(venue)


async def test_an_order_that_is_still_on_its_way_when_the_next_process_begins(
    inbox: SqliteInbox, venue: HyperliquidVenue, at: At
) -> None:
    await put(inbox)
    terms = {"expires_after_secs": 6, "absence_grace_ms": 500}
    async with node_on(venue, *at, strategy=Heard(), inbox=inbox, **terms) as run:
        price = Decimal(round(run.cache.quote_tick(BTC).ask_price.as_decimal() * Decimal("1.05")))
        cloid = cloid_from_client_order_id(ID.value)
        request = OrderRequest(0, Side.BUY, price, SIZE, Tif.IOC, client_id=cloid)
        reply = venue.trading.exchange.place(ADDRESS, [request], venue.clock.now_ms())
        assert heard(run) == []
        venue.trading.tell(reply.events)
        await reached(inbox, State.DONE)
        assert heard(run) == []
    assert is_traded_once(venue)


async def test_a_venue_that_does_not_answer_holds_the_alert_up(
    inbox: SqliteInbox, venue: HyperliquidVenue, at: At
) -> None:
    await put(inbox, ttl_secs=60)
    async with node_on(venue, *at, strategy=Heard(), inbox=inbox, **SOON) as run:
        venue.faults.add(Status(on="info", type="orderStatus", status=503))
        await eventually(lambda: len(venue.faults.log) > 5, timeout_secs=20)
        assert heard(run) == []
        venue.faults.clear()
        await reached(inbox, State.DONE)
        assert len(heard(run)) == 1
    assert is_traded_once(venue)


async def test_an_expired_alert_is_never_traded(
    inbox: SqliteInbox, venue: HyperliquidVenue, at: At
) -> None:
    await put(inbox, ttl_secs=0)
    async with node_on(venue, *at, strategy=Heard(), inbox=inbox, **SOON) as run:
        async with posting(inbox) as post:
            answer = (await post(action="buy", id="1"))[1]
            assert answer["outcome"]["state"] == "expired"
            old = await post(action="buy", id="2", time="2026-01-01T00:00:00Z")
            assert (old[0], old[1]["code"]) == (200, "expired")
            assert (await post(action="buy", id="3"))[1]["code"] == "accepted"
        await eventually(lambda: run.ledger.positions)
        assert [signal.key for signal in heard(run)] == ["alerts:3"]
        assert run.ledger.positions[0].size == SIZE
