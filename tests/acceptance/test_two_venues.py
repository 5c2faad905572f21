"""
One process trades both venues at once, and what befalls one leaves the other alone.

Goal: an RSI strategy on each and one alert that hedges across both; while a venue is away the
other's quotes, bars and orders go on, positions keep their stops, no leg is traded late, and once
it is back both books of both venues are the same. Method: a real node on two loopback venues in
real time, whose ledgers are the judge, and the profile that docs/configuration.md shows. The market
is a wave, so that each RSI trades every four seconds. That nothing waited for the venue that is
away is told by what was done before an order to it could have been given up.
"""

import asyncio
import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from nautilus_trader.model.currencies import USDC, USDT
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.orders import Order

from tests.acceptance.trading_run import CASH
from tests.acceptance.two_venues import HEDGE, TTL_SECS, TwoVenues, two_venues
from tests.acceptance.two_venues_sides import Side
from tests.waiting import eventually
from webhook.inbox import Outcome

# Nautilus makes bars of a second with a spelling that pandas is about to forget.
pytestmark = pytest.mark.filterwarnings("ignore:'d' is deprecated")

LEG = Decimal("0.5")
"""What the hedge trades on each venue."""
BTC_ASSET = 0
"""Both venues list it first."""
RSI_SIZE = Decimal("0.01")
"""What RSI holds on each venue, long or short."""
TRADES = 2
"""So often RSI must trade while the other venue is away: a wave of the market."""
WAYS = (("hyperliquid", "cut"), ("synthetix", "maintain"), ("synthetix", "hang"))
MORE_WAYS = (("hyperliquid", "hang"), ("synthetix", "cut"))
"""In the long proof alone (`make soak`)."""
EXACT = Decimal("0.000001")
PROMPT_SECS = 6.0
"""An answer that does not come is waited for 10 s: whoever waited behind it would be later."""
QUOTES = 20
"""The market has ten in a second."""
SECOND_NS = 1_000_000_000
TWO_MINUTES_SECS = 125
"""In so long two bars of a minute close."""
OTHER = {"hyperliquid": "synthetix", "synthetix": "hyperliquid"}


async def hedged(run: TwoVenues) -> Outcome:
    """Buy on the first venue and sell on the second with one alert, and let RSI trade on both."""
    await run.alert(HEDGE, "buy", "1")
    outcome = await run.outcome(HEDGE, "1")
    assert LEG in run.sides["hyperliquid"].sizes
    assert -LEG in run.sides["synthetix"].sizes
    await eventually(lambda: all(run.filled(f"rsi_{name}") >= 1 for name in run.sides), 30)
    await run.are_protected(*run.sides.values())
    return outcome


async def test_rsi_trades_on_each_and_one_alert_hedges_across_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_venues(tmp_path, monkeypatch) as run:
        outcome = await hedged(run)
        await eventually(lambda: all(run.filled(f"rsi_{name}") >= 2 for name in run.sides), 30)
        await run.agree()

    assert outcome.reason is None
    assert outcome.orders == tuple(
        order.client_order_id.value
        for name in ("hyperliquid", "synthetix")
        for order in run.orders(f"eth_{name}")[:1]
    )
    for name, dollar in (("hyperliquid", USDC), ("synthetix", USDT)):
        side = run.sides[name]
        assert is_cleared(run, side)
        assert side.largest_position(BTC_ASSET) == RSI_SIZE
        account = run.node.cache.account_for_venue(side.here)
        assert abs(account.balance_total(dollar).as_decimal() - side.ledger.raw) <= EXACT
        assert side.ledger.raw != CASH


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a venue go away in more ways where it stays away for longer."""
    if "how" in metafunc.fixturenames:
        is_long = metafunc.config.getoption("--away-secs") > 0
        metafunc.parametrize(("name", "how"), (*WAYS, *MORE_WAYS) if is_long else WAYS)


async def test_a_venue_that_is_away_leaves_the_other_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
    name: str,
    how: str,
) -> None:
    away_secs = max(TTL_SECS + 1, pytestconfig.getoption("--away-secs"))
    async with two_venues(tmp_path, monkeypatch) as run:
        away, here = run.sides[name], run.sides[OTHER[name]]
        await hedged(run)
        await run.lose(away, how)
        since = time.monotonic()
        held, stops, fills = away.sizes, set(away.ledger.live), len(away.ledger.fills)
        quotes, bars, minutes = (
            len(heard[here.name]) for heard in (run.ear.quotes, run.ear.bars, run.ear.minutes)
        )
        trades = run.filled(f"rsi_{here.name}")

        # One leg of the hedge can be closed, the other cannot.
        await run.alert(HEDGE, "close", "2")
        await eventually(lambda: len(run.orders(f"eth_{name}")) == 2, 10)
        lost = run.orders(f"eth_{name}")[-1]
        await eventually(lambda: LEG not in map(abs, here.sizes), PROMPT_SECS)
        for id_, action in (("3", "buy"), ("4", "close")):
            await run.alert(f"eth_{here.name}", action, id_)
            outcome = await run.outcome(f"eth_{here.name}", id_, PROMPT_SECS)
            assert outcome.reason is None
        # Nor can it be opened again: the alert waits for the order that is under way, and expires.
        await run.alert(HEDGE, "buy", "5")
        await eventually(lambda: LEG in map(abs, here.sizes), PROMPT_SECS)
        asked = time.monotonic()
        await eventually(lambda: run.filled(f"rsi_{here.name}") >= trades + TRADES, 60)
        while time.monotonic() < max(since + away_secs, asked + TTL_SECS + 1):
            await run.are_protected(here)
            await asyncio.sleep(0.1)

        assert lost.is_inflight, lost
        assert sum(order.is_inflight for order in run.orders(f"rsi_{name}")) <= 1
        assert len(run.ear.quotes[here.name]) > quotes + QUOTES
        assert_in_a_row(run.ear.bars[here.name][bars:], SECOND_NS)
        if away_secs >= TWO_MINUTES_SECS:
            assert_in_a_row(run.ear.minutes[here.name][minutes:], 60 * SECOND_NS)
        await run.are_protected(here)
        assert (away.sizes, set(away.ledger.live)) == (held, stops)
        assert away.has_stops
        assert len(away.ledger.fills) == fills

        away.come_back()
        if how == "hang":
            await away.drop()
        await assert_settled(run, away, lost)
        assert all(LEG not in map(abs, side.sizes) for side in (away, here))
        await run.agree()

    for side in (away, here):
        assert is_cleared(run, side)
        assert side.largest_position(BTC_ASSET) == RSI_SIZE


async def assert_settled(run: TwoVenues, away: Side, lost: Order) -> None:
    """What was asked of a venue while it was away has ended untraded, and it trades again."""
    closed, opened = [await run.outcome(HEDGE, id_, 60) for id_ in ("2", "5")]
    await run.agree()
    assert lost.status is OrderStatus.REJECTED
    assert lost.client_order_id.value in closed.orders
    assert opened.reason == "expired"
    assert len(opened.orders) == 1
    assert len(run.orders(f"eth_{away.name}")) == 2, "a leg was traded late"

    trades = run.filled(f"rsi_{away.name}")
    await eventually(lambda: run.filled(f"rsi_{away.name}") > trades, 30)
    await run.alert(HEDGE, "close", "6")
    assert (await run.outcome(HEDGE, "6")).reason is None


def assert_in_a_row(bars: list[Bar], span_ns: int) -> None:
    """Bars came, and none between them is missing."""
    closes = [bar.ts_event for bar in bars]
    assert len(closes) > 1
    assert {after - before for before, after in pairwise(closes)} == {span_ns}


def is_cleared(run: TwoVenues, side: Side) -> bool:
    """Tell whether nothing is left at a venue, and both books say so."""
    return not (side.sizes or side.ledger.live or run.disagreements(side))
