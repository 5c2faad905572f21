"""The same script of orders through three clients leaves the same account at the venue behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from eth_account import Account as EthAccount
from eth_utils.crypto import keccak
from nautilus_trader.model import enums, identifiers, objects

from simulator.events import Book, Reference, Trades
from simulator.exchange.accounts import Position
from simulator.exchange.events import Fill
from simulator.exchange.model import Order, Side, Status, Tif, Trigger
from simulator.exchange.rules import Knobs
from simulator.hyperliquid import VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from simulator.wire import Level
from tests.acceptance.children import child_of
from tests.acceptance.node_desk import NodeDesk
from tests.acceptance.order_script import ETH, PLAYED, play
from tests.acceptance.sdk_script import play_by_sdk
from tests.acceptance.sdk_traders import trader
from tests.acceptance.trading_run import CASH, node_on
from tests.acceptance.under_test import ADDRESS, KEY
from tests.simulator.trading_floor import show_books
from tests.simulator.venues import START_MS, Desk, trade
from tests.waiting import eventually

STEP_SECS = 10
USUAL = Knobs()
KNOBS = {
    "partial ack is filled": Knobs(partial_ack_is_filled=True),
    "partial fill reports open": Knobs(partial_fill_reports_open=True),
    "trigger gives new id": Knobs(trigger_gives_new_id=True),
    "partial IOC is filled": Knobs(partial_ioc_status=Status.FILLED),
}
TYPES = SimpleNamespace(**vars(enums) | vars(identifiers) | vars(objects))
BPS = 50
"""What Nautilus lets a triggered market order slip."""


class Row(msgspec.Struct, frozen=True):
    """An order at a moment of its life; its id at the venue is left out."""

    client_id: str
    side: Side
    price: Decimal
    size: Decimal
    filled: Decimal
    tif: Tif
    reduce_only: bool
    trigger: Trigger | None
    status: str


class State(msgspec.Struct, frozen=True):
    """All that an account is and was at the venue; `live` by client id, the rest oldest first.

    `ends` is what became of the two exits of the bracket.
    """

    cash: Decimal
    volume: Decimal
    positions: tuple[Position, ...]
    live: tuple[Row, ...]
    history: tuple[Row, ...]
    fills: tuple[Fill, ...]
    ends: dict[str, list[str]]


def client_id(name: str) -> str:
    """Return the name that an order has at the venue: of both adapters the same."""
    return "0x" + keccak(name.encode())[:16].hex()


EXITS = {client_id(f"bracket-{leg}"): leg for leg in ("target", "stop")}


def state_of(desk: Desk) -> State:
    """Return what the venue's ledger says of the account."""
    account = desk.venue.trading.exchange.account(ADDRESS)
    live = (_row(order, order.status) for order in account.live.values())
    history = [_row(changed.order, changed.status) for changed in account.history]
    return State(
        cash=account.raw,
        volume=account.volume,
        positions=tuple(msgspec.structs.replace(x) for x in account.positions.values()),
        live=tuple(sorted(live, key=lambda row: row.client_id)),
        history=tuple(row for row in history if row.client_id not in EXITS),
        fills=tuple(msgspec.structs.replace(fill, oid=0, tid=0) for fill in account.fills),
        ends={
            name: [row.status for row in history if row.client_id == key]
            for key, name in EXITS.items()
        },
    )


def _row(order: Order, status: str) -> Row:
    asked = order.request
    terms = (asked.tif, asked.reduce_only, asked.trigger, str(status))
    key = asked.client_id or ""
    return Row(key, asked.side, asked.price, asked.size, order.filled, *terms)


@asynccontextmanager
async def still_venue(knobs: Knobs) -> AsyncIterator[Desk]:
    """Run a venue whose time and market stand still until they are moved."""
    trading = TradingOptions(accounts=((ADDRESS, CASH),), knobs=knobs)
    desk = Desk(VenueOptions(weight_per_minute=0, trading=trading))
    show_books(desk)
    async with desk.venue.running():
        yield desk


async def move_market(desk: Desk) -> list[State]:
    """Move the market where the script waits for it; return the account before each move."""
    account = desk.venue.trading.exchange.account(ADDRESS)
    states = []

    async def once(ended: str, *live: str) -> None:
        def is_so() -> bool:
            now = {order.request.client_id for order in account.live.values()}
            known = {changed.order.request.client_id for changed in account.history}
            return client_id(ended) in known - now and {*map(client_id, live)} <= now

        await eventually(is_so, STEP_SECS * 3)
        states.append(state_of(desk))

    await once("ask", "bid", "stop")
    sale = msgspec.structs.replace(trade(1_000, "1909.0", "0.5", "ETH"), side="A")
    desk.at(1_000, Trades("ETH", (sale,)))
    await once("bid")
    desk.at(2_000, *quoted(2_000, "1795.0", "1797.0"))
    await once("bracket", "bracket-target", "bracket-stop")
    desk.at(3_000, *quoted(3_000, "1905.0", "1907.0"))
    await once("out")
    return states


def quoted(elapsed_ms: int, bid: str, ask: str) -> tuple[Book, Reference]:
    """Return a book of one level a side, and then a mark at its bid."""
    time_ms = START_MS + elapsed_ms
    levels = ((Level(bid, "10.0", 1),), (Level(ask, "10.0", 1),))
    mark = Decimal(bid)
    return Book("ETH", time_ms, *levels), Reference("ETH", time_ms, mark, mark, Decimal(1))


async def play_ours(desk: Desk, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our adapter play the script in Nautilus's Python node."""
    eth = TYPES.InstrumentId.from_str(ETH)
    settings = {"instrument_ids": (eth,), "trigger_slippage_bps": BPS}
    async with node_on(desk.venue, directory, monkeypatch, **settings) as run:
        orders = NodeDesk(run.hand, TYPES, lambda order: order, run.cache.quote_tick)
        for condition in play(orders):
            await eventually(condition, STEP_SECS)
        await eventually(lambda: not run.cache.positions_open())
        known = {client_id(order.client_order_id.value) for order in run.cache.orders_open()}
        assert known == {row.client_id for row in state_of(desk).live}


async def play_nautilus(desk: Desk) -> None:
    """Let Nautilus's own adapter play it in its Rust node."""
    module = "tests.acceptance.nautilus_script"
    async with child_of(module, desk.venue.http_url, desk.venue.ws_url, KEY) as child:
        await child.says(PLAYED)
        await child.interrupt()
        assert "[ERROR]" not in child.log, child.log


async def play_sdk(desk: Desk) -> None:
    """Let the venue's own SDK play it, without a node."""

    def trade() -> None:
        with trader(desk, EthAccount.from_key(KEY)) as sdk:
            play_by_sdk(sdk, ADDRESS, STEP_SECS)

    await asyncio.to_thread(trade)


async def states_after(
    play: Callable[[Desk], Awaitable[None]], knobs: Knobs = USUAL
) -> list[State]:
    """Play on a venue of its own and return the account at each move of its market."""
    async with still_venue(knobs) as desk, asyncio.TaskGroup() as group:
        moving = group.create_task(move_market(desk))
        await play(desk)
    return moving.result()


async def test_three_clients_leave_the_same_orders_positions_and_money(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await states_after(lambda desk: play_ours(desk, tmp_path, monkeypatch))
    nautilus = await states_after(play_nautilus)
    sdk = await states_after(play_sdk)

    # Ours is one group at the venue, which cancels the sibling; Nautilus sends the parts one by
    # one once the entry has filled, and cancels the sibling itself.
    ends = [states[-1].ends.pop("stop") for states in (ours, sdk, nautilus)]
    assert ends == [["open", "siblingFilledCanceled"]] * 2 + [["open", "canceled"]]
    assert ours == nautilus
    assert ours == sdk
    assert [len(state.live) for state in ours] == [6, 5, 6, 1]  # reduce-only ends with the position
    assert [state.positions[0].size for state in ours] == [5, Decimal("5.5"), Decimal("3.5"), 0]


@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS)
async def test_our_adapter_gets_as_far_whatever_the_venue_turns_out_to_do(
    knobs: Knobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await states_after(lambda desk: play_ours(desk, tmp_path, monkeypatch), knobs)
    sdk = await states_after(play_sdk, knobs)

    assert ours == sdk
    assert ours[-1].positions[0].size == 0
