"""The guard in a backtest whose clock is its own: a look each second, no real time passes."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.execution.messages import CancelOrder
from nautilus_trader.model.enums import OrderSide, TradingState
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price
from nautilus_trader.model.orders import Order

from risk.events import HALTS, STOPS, Cause, Halt, Lift, StopAction, StopNews
from risk.gate import Gate
from risk.guard import Guard, GuardConfig, StopKeeper
from risk.halting import Halting
from risk.halts import ALL, HaltFiles
from risk.hand import Hand as RiskHand
from risk.limits import LimitBook, Limits
from risk.losses import LossLimits
from tests.risk.backtest import BTC, Hand, Ran, Step, run

D = Decimal
DESK = "DESK-001"


class Protected(Hand):
    """A hand that keeps a stop only when it is asked to, or never where it cannot."""

    def __init__(self, steps: Sequence[Step], *, is_able: bool = True) -> None:
        super().__init__(steps)
        self._is_able = is_able
        self.asked = 0

    def wants_stop(self) -> bool:
        return True

    def rest_stop(self) -> None:
        self.asked += 1
        if self._is_able:
            self.protect_long()

    def protect_long(self) -> Order:
        position = self.cache.positions_open()[0]
        order = self.order_factory.stop_market(
            BTC.id, OrderSide.SELL, position.quantity, Price(45_000, 1), reduce_only=True
        )
        self.submit_order(order)
        return order


class Guarded:
    """What a run with a guard has told, and its parts."""

    def __init__(self, folder: Path, **settings: Any) -> None:  # noqa: ANN401 (those of GuardConfig)
        self.files = HaltFiles(folder)
        self.settings = {"losses": LossLimits()} | settings
        self.stops: list[StopNews] = []
        self.halts: list[Halt | Lift] = []

    def run(self, hand: Hand, *, quotes: int | None = None, latency_secs: int = 0) -> Ran:
        def install(engine: BacktestEngine, gate: Gate) -> None:
            kernel = engine.kernel
            self.kernel, self.gate = kernel, gate
            parts = (kernel.msgbus, kernel.cache, kernel.clock)
            risk_hand = RiskHand(*parts)
            halting = Halting(gate, kernel.risk_engine, risk_hand, *parts)
            config = GuardConfig(
                desk=DESK,
                venues=frozenset({"BINANCE"}),
                instruments=frozenset[InstrumentId](),
                **self.settings,
            )
            keepers: dict[Any, StopKeeper] = {}
            if isinstance(hand, Protected):
                keepers[hand.id, BTC.id] = hand
            observer = gate._observer
            self.guard = Guard(config, self.files, observer, halting, risk_hand, lambda: keepers)
            engine.add_actor(self.guard)
            kernel.msgbus.subscribe(STOPS, self.stops.append)
            kernel.msgbus.subscribe(HALTS, self.halts.append)

        book = LimitBook(desk=Limits())
        return run(book, hand, before=install, quotes=quotes, latency_secs=latency_secs)


def nothing(_hand: Hand) -> None:
    pass


def buy(hand: Hand) -> None:
    hand.market("BUY", "1")


def test_a_position_whose_stop_is_gone_gets_it_again(tmp_path: Path) -> None:
    def lose_the_stop(hand: Hand) -> None:
        hand.cancel_order(hand.cache.orders_open()[0])

    hand = Protected([buy, lambda hand: hand.protect_long(), nothing, lose_the_stop])
    guarded = Guarded(tmp_path)
    ran = guarded.run(hand, quotes=10)

    assert hand.asked == 1
    assert [(news.action, news.strategy_id) for news in guarded.stops] == [
        (StopAction.REATTACH, "hand-001")
    ]
    assert ran.statuses == ["FILLED", "CANCELED", "ACCEPTED"]


def test_a_position_that_cannot_get_its_stop_is_closed_in_time(tmp_path: Path) -> None:
    hand = Protected([buy], is_able=False)
    guarded = Guarded(tmp_path, naked_secs_max=D(5))
    ran = guarded.run(hand, quotes=20)

    assert guarded.stops[0].action is StopAction.REATTACH
    flattened = guarded.stops[-1]
    assert flattened.action is StopAction.FLATTEN
    opened, closing = ran.orders
    assert closing.tags == ["RISK"]
    assert closing.is_reduce_only
    assert ran.engine.portfolio.is_flat(BTC.id)
    assert closing.ts_init - opened.ts_init <= 6_000_000_000
    assert "found none for 5.0 s" in flattened.words or "6.0 s" in flattened.words


def test_a_stop_of_the_wrong_side_or_size_is_none(tmp_path: Path) -> None:
    def halve(hand: Hand) -> None:
        order = hand.order_factory.stop_market(
            BTC.id, OrderSide.SELL, BTC.make_qty(0.5), Price(45_000, 1), reduce_only=True
        )
        hand.submit_order(order)

    hand = Protected([buy, halve], is_able=False)
    guarded = Guarded(tmp_path)
    guarded.run(hand, quotes=6)
    assert hand.asked


def test_a_position_that_wants_no_stop_is_left_alone(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, naked_secs_max=D(5))
    ran = guarded.run(Hand([buy]), quotes=20)
    assert ran.statuses == ["FILLED"]
    assert not guarded.stops


def test_a_kill_cancels_entries_and_leaves_what_protects(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    kill = Halt(cause=Cause.KILL, words="enough", ts_event=1)
    hand = Protected(
        [
            buy,
            lambda hand: hand.protect_long(),
            lambda hand: hand.limit("BUY", "1", "30000"),
            lambda _: guarded.files.write(ALL, kill),
            nothing,
            nothing,
            buy,
        ]
    )
    ran = guarded.run(hand, quotes=9)

    assert ran.statuses == ["FILLED", "ACCEPTED", "CANCELED", "DENIED"]
    assert ran.reasons == ["HALTED"]
    assert guarded.halts == [kill]
    assert guarded.kernel.risk_engine.trading_state == TradingState.HALTED


def test_a_kill_with_flatten_closes_and_then_nothing_rests(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    kill = Halt(cause=Cause.KILL, words="enough", flatten=True, ts_event=1)
    hand = Protected(
        [buy, lambda hand: hand.protect_long(), lambda _: guarded.files.write(ALL, kill)]
    )
    ran = guarded.run(hand, quotes=8)

    assert ran.engine.portfolio.is_flat(BTC.id)
    assert not ran.engine.cache.orders_open()
    assert [order.tags for order in ran.orders if order.tags] == [["RISK"]]


def test_a_halt_holds_at_the_next_start_until_it_is_lifted(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    guarded.files.write(DESK, Halt(cause=Cause.KILL, words="enough", ts_event=1))
    hand = Hand([buy, nothing, lambda _: guarded.files.lift(), nothing, nothing, buy])
    ran = guarded.run(hand)

    assert ran.statuses == ["DENIED", "FILLED"]
    assert [type(news) for news in guarded.halts] == [Halt, Lift]
    assert guarded.kernel.risk_engine.trading_state == TradingState.ACTIVE


def test_a_loss_halts_outlives_the_run_and_is_forgiven_by_a_lift(tmp_path: Path) -> None:
    limits = LossLimits(daily_loss_percent_max=D("0.01"))
    guarded = Guarded(tmp_path, losses=limits)
    # The spread alone loses 2 of 100,000 a unit.
    ran = guarded.run(Hand([nothing, lambda hand: hand.market("BUY", "20"), nothing, nothing, buy]))
    assert ran.statuses == ["FILLED", "DENIED"]
    halt = guarded.files.read(DESK)
    assert halt is not None
    assert halt.cause is Cause.DAILY_LOSS
    assert "Expected to lose at most 0.01 % on 1970-01-01" in halt.words

    again = Guarded(tmp_path, losses=limits).run(Hand([buy]))
    assert again.statuses == ["DENIED"]
    guarded.files.lift()
    forgiven = Guarded(tmp_path, losses=LossLimits()).run(Hand([buy, nothing]))
    assert forgiven.statuses == ["FILLED"]


@pytest.mark.parametrize("flatten", [True, False])
def test_a_loss_closes_positions_where_that_is_wanted(tmp_path: Path, flatten: bool) -> None:
    limits = LossLimits(drawdown_percent_max=D("0.01"))
    guarded = Guarded(tmp_path, losses=limits, flatten_on_loss=flatten)
    ran = guarded.run(Hand([nothing, lambda hand: hand.market("BUY", "20")]), quotes=6)
    assert ran.engine.portfolio.is_flat(BTC.id) is flatten


def test_marks_are_kept_only_where_the_account_is(tmp_path: Path) -> None:
    for is_kept in (True, False):
        guarded = Guarded(tmp_path / str(is_kept), are_marks_kept=is_kept)
        guarded.run(Hand([nothing] * 3))
        assert (guarded.files.read_marks(DESK) is not None) is is_kept


def test_one_look_that_fails_keeps_the_others_going(tmp_path: Path) -> None:
    class Broken(Protected):
        def wants_stop(self) -> bool:
            raise RuntimeError("a test")

    guarded = Guarded(tmp_path)
    kill = Halt(cause=Cause.KILL, words="enough", ts_event=1)
    ran = guarded.run(
        Broken([buy, lambda _: guarded.files.write(ALL, kill), nothing, nothing, buy])
    )
    assert ran.statuses == ["FILLED", "DENIED"]


def test_a_lift_while_running_measures_losses_anew(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, losses=LossLimits(daily_loss_percent_max=D("0.01")))
    lose = [nothing, lambda hand: hand.market("BUY", "20"), nothing, nothing]
    again = [nothing, nothing, lambda hand: hand.market("BUY", "0.01"), nothing]
    ran = guarded.run(Hand([*lose, lambda _: guarded.files.lift(), *again]))
    assert ran.statuses == ["FILLED", "FILLED"]
    assert [type(news) for news in guarded.halts] == [Halt, Lift]


def test_what_takes_its_time_is_asked_for_once(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    kill = Halt(cause=Cause.KILL, words="enough", flatten=True, ts_event=1)
    cancels: list[object] = []

    def listen(hand: Hand) -> None:
        # What Nautilus's engine is asked to do, as it comes out of the gate.
        bus, engine = hand.msgbus, guarded.kernel.exec_engine

        def hear(command: object) -> None:
            cancels.append(command)
            engine.execute(command)

        gate = guarded.gate
        bus.deregister("ExecEngine.execute", gate.execute_released)
        bus.register("ExecEngine.execute", hear)

    steps = [listen, buy, nothing, nothing, nothing, lambda hand: hand.limit("BUY", "1", "30000")]
    hand = Hand([*steps, nothing, nothing, nothing, lambda _: guarded.files.write(ALL, kill)])
    ran = guarded.run(hand, quotes=18, latency_secs=3)

    assert ran.statuses == ["FILLED", "CANCELED", "FILLED"]
    assert ran.engine.portfolio.is_flat(BTC.id)
    assert [type(each).__name__ for each in cancels if isinstance(each, CancelOrder)] == [
        "CancelOrder"
    ]
