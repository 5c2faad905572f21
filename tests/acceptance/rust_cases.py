"""
Nautilus's execution cases over its own adapter in its own Rust node, as far as its tester goes.

They are for the table of `make matrix` and no tests of ours: some fail, which is what it shows.
What the Rust tester has no setting for is skipped by that setting's name.
"""

from decimal import Decimal

import pytest
from nautilus_trader.core import nautilus_pyo3

from simulator.exchange.model import Tif
from simulator.fault_rules import AckRace, DropReply, Silent
from tests.acceptance.exec_run import BID
from tests.acceptance.exec_words import ACCEPTED, DENIED, FILLED
from tests.acceptance.rust_run import rust_trial
from tests.waiting import eventually

FAR = 5_000
"""How far from the market the orders are, in ticks: 500 dollars."""
CANCELED = [*ACCEPTED, "Canceled"]
BOTH = {"enable_limit_buys": True, "enable_limit_sells": True, "tob_offset_ticks": FAR}
LONG = {"open_position_on_start_qty": "0.01"}
BUY = {"enable_limit_buys": True, "tob_offset_ticks": FAR}
SELL = {"enable_limit_sells": True, "tob_offset_ticks": FAR}
RESOLVED_SECS = 60
SETTINGS = nautilus_pyo3.testkit.ExecTesterConfig.__text_signature__


@pytest.mark.parametrize("tif", ["GTC", "IOC"])
@pytest.mark.parametrize("size", ["0.01", "-0.01"], ids=["buy", "sell"])
async def test_e01_e02_e03_market_orders(size: str, tif: str) -> None:
    async with rust_trial(
        open_position_on_start_qty=size, open_position_time_in_force=tif
    ) as trial:
        await trial.settled(FILLED)
        assert trial.size_there() == Decimal(size)


async def test_e04_fill_or_kill() -> None:
    async with rust_trial(**LONG, open_position_time_in_force="FOK") as trial:
        await trial.settled(DENIED)
        assert trial.actions == []


async def test_e05_quote_quantity() -> None:
    async with rust_trial(open_position_on_start_qty="970", use_quote_quantity=True) as trial:
        await eventually(lambda: trial.actions, 10)
        (asked,) = trial.actions[0]["orders"]
        assert asked["s"] == "0.00999", f"the venue is asked for {asked['s']} BTC"


async def test_e06_stopping_leaves_nothing() -> None:
    async with rust_trial(**LONG, **BOTH) as trial:
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)


@pytest.mark.parametrize(
    ("terms", "prices"),
    [(BUY, [BID - 500]), (SELL, [BID + 501]), (BOTH, [BID - 500, BID + 501])],
    ids=["e10-buy", "e11-sell", "e12-both"],
)
async def test_e10_e11_e12_limits(terms: dict[str, object], prices: list[int]) -> None:
    async with rust_trial(**terms) as trial:
        await trial.settled(*[ACCEPTED] * len(prices))
        live = [order.request for order in trial.ledger.live.values()]
        assert [(x.price, x.tif) for x in live] == [(price, Tif.GTC) for price in prices]


@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
async def test_e13_immediate_limit_that_crosses(side: dict[str, object]) -> None:
    async with rust_trial(**side, limit_aggressive=True, limit_time_in_force="IOC") as trial:
        await trial.settled(FILLED)


@pytest.mark.parametrize("news", ["stream first", "reply first"])
@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
async def test_e14_immediate_limit_that_does_not_match(side: dict[str, object], news: str) -> None:
    rules = [AckRace(ms=50)] if news == "reply first" else []
    async with rust_trial(*rules, **side, limit_time_in_force="IOC") as trial:
        await trial.settled([*ACCEPTED, "Canceled"], timeout_secs=5)


@pytest.mark.parametrize("tif", ["FOK", "DAY"], ids=["e15-e16-fok", "e19-day"])
@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
async def test_e15_to_e19_times_in_force(side: dict[str, object], tif: str) -> None:
    async with rust_trial(**side, limit_time_in_force=tif) as trial:
        await trial.settled(DENIED, timeout_secs=5)
        assert trial.actions == []


@pytest.mark.parametrize("fires", [False, True], ids=["rests", "fires"])
@pytest.mark.parametrize("side", ["buy", "sell"])
async def test_e20_e21_stop_market(side: str, fires: bool) -> None:
    async with rust_trial(**{f"enable_stop_{side}s": True}) as trial:
        await trial.settled(ACCEPTED)
        (live,) = trial.ledger.live.values()
        trigger = live.request.trigger
        assert trigger is not None
        assert live.request.side.name == side.upper()
        assert (trigger.price > trial.market.bid) == (side == "buy")
        if fires:
            trial.market.show(int(trigger.price))
            await eventually(lambda: trial.stories()[0] == FILLED, 10)
            await trial.judge()


@pytest.mark.parametrize(
    ("terms", "requests"),
    [({}, 1), ({"use_individual_cancels_on_stop": True}, 2)],
    ids=["e40-e41-all", "e42-individually"],
)
async def test_e40_e41_e42_cancels(terms: dict[str, object], requests: int) -> None:
    async with rust_trial(**BOTH, **terms) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        await trial.stop()
        assert [story[-1] for story in trial.stories()] == ["Canceled", "Canceled"]
        cancels = [a["cancels"] for a in trial.actions if a["type"] == "cancelByCloid"]
        assert (len(cancels), sum(map(len, cancels))) == (requests, 2)


async def test_e60_post_only() -> None:
    async with rust_trial(**BOTH, use_post_only=True) as trial:
        await trial.settled(ACCEPTED, ACCEPTED)
        assert [order.request.tif for order in trial.ledger.live.values()] == [Tif.ALO, Tif.ALO]


@pytest.mark.parametrize("size", ["0.01", "-0.01"], ids=["long", "short"])
async def test_e61_reduce_only_close(size: str) -> None:
    async with rust_trial(open_position_on_start_qty=size) as trial:
        await trial.settled(FILLED)
        await trial.stop()
        assert trial.ledger.history[-1].order.request.reduce_only


async def test_e74_lost_answer_to_a_submit() -> None:
    lost = (
        Silent(type="orderUpdates", count=1),
        DropReply(on="post", type="order", count=1),
    )
    async with rust_trial(*lost, **BUY) as trial:
        await eventually(lambda: trial.ledger.live, 10)
        await trial.settled(ACCEPTED, timeout_secs=RESOLVED_SECS)


async def test_e80_to_e83_start_and_stop() -> None:
    async with rust_trial(**LONG, **BOTH) as trial:
        await trial.settled(FILLED, ACCEPTED, ACCEPTED)
        await trial.stop()
        frames = [r.body for r in trial.market.venue.received if r.kind == "ws"]
        gone = [f["subscription"]["type"] for f in frames if f["method"] == "unsubscribe"]
        assert "trades" in gone


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("order_expire_time_delta_mins", id="e17-e18"),
        pytest.param("stop_order_type", id="e22-to-e27-e72"),
        pytest.param("modify_orders_to_maintain_tob_offset", id="e30-e31-e76"),
        pytest.param("cancel_replace_orders_to_maintain_tob_offset", id="e32-e33"),
        pytest.param("modify_stop_orders_to_maintain_offset", id="e34"),
        pytest.param("cancel_replace_stop_orders_to_maintain_offset", id="e35"),
        pytest.param("use_batch_cancel_on_stop", id="e43"),
        pytest.param("enable_brackets", id="e50-e51-e52-e53-e77-e78"),
        pytest.param("order_display_qty", id="e62"),
        pytest.param("order_params", id="e63"),
        pytest.param("test_reject_post_only", id="e70"),
        pytest.param("test_reject_reduce_only", id="e71"),
        pytest.param("stop_time_in_force", id="e73"),
    ],
)
def test_e17_to_e78_what_the_tester_has_no_setting_for(setting: str) -> None:
    if setting not in SETTINGS:
        pytest.skip(f"no `{setting}`")
    pytest.fail(f"`{setting}` is there, and not used")
