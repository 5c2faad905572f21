"""Every way an order may take leads through the gate, and exits are never held up there."""

from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.model.enums import OrderSide, TradingState, TriggerType
from nautilus_trader.model.events import OrderDenied, OrderModifyRejected
from nautilus_trader.model.objects import Price, Quantity

from risk.events import Cause, Halt
from risk.gate import Gate
from risk.limits import LimitBook, Limits, Scope
from tests.risk.backtest import BTC, Hand, run

D = Decimal
HALT = Halt(cause=Cause.KILL, words="a test", ts_event=0)


def desk(**limits: Any) -> LimitBook:  # noqa: ANN401 (those of Limits)
    return LimitBook(desk=Limits(**limits))


def test_an_order_within_its_limits_trades() -> None:
    ran = run(desk(order_size_max=D(1)), [lambda hand: hand.market("BUY", "1"), lambda _: None])
    assert ran.statuses == ["FILLED"]
    assert not ran.refused


def test_an_oversized_order_is_denied_with_code_and_numbers_and_told() -> None:
    ran = run(desk(order_size_max=D("0.5")), [lambda hand: hand.market("BUY", "1")])

    (order,) = ran.orders
    event = order.last_event
    assert isinstance(event, OrderDenied)
    assert event.reason == (
        "RISK_ORDER_SIZE: Expected at most 0.5 base units an order (desk), was 1"
    )
    (told,) = ran.refused
    assert told.client_order_id == order.client_order_id.value
    assert (told.refusal.limit, told.refusal.found) == (D("0.5"), D(1))
    assert not order.is_inflight
    assert order.venue_order_id is None


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"order_size_max": D("0.9")}, "ORDER_SIZE"),
        ({"order_notional_max": D(49_000)}, "ORDER_NOTIONAL"),
        ({"position_size_max": D("0.9")}, "POSITION_SIZE"),
        ({"position_notional_max": D(49_000)}, "POSITION_NOTIONAL"),
        ({"leverage_max": D("0.4")}, "LEVERAGE"),
        ({"gross_notional_max": D(49_000)}, "GROSS_NOTIONAL"),
        ({"open_orders_max": 0}, "OPEN_ORDERS"),
        ({"orders_per_minute_max": 0}, "ORDER_RATE"),
        ({"data_age_secs_max": D(-1)}, "STALE_DATA"),
    ],
)
def test_every_limit_reaches_its_control(limits: dict[str, Any], reason: str) -> None:
    ran = run(desk(**limits), [lambda hand: hand.market("BUY", "1")])
    assert ran.reasons == [reason]
    assert ran.statuses == ["DENIED"]


def test_each_of_several_resting_orders_counts() -> None:
    steps = [lambda hand: hand.limit("BUY", "1", "40000")] * 3
    ran = run(desk(open_orders_max=2), steps)
    assert ran.reasons == ["OPEN_ORDERS"]
    assert (ran.refused[0].refusal.limit, ran.refused[0].refusal.found) == (2, 3)


def test_of_several_resting_orders_the_dearest_says_what_the_position_may_be_worth() -> None:
    steps = [
        lambda hand, price=price: hand.limit("SELL", "1", price)
        for price in ("51000", "60000", "51000", "51000")
    ]
    ran = run(desk(gross_notional_max=D(239_000)), steps)
    assert ran.reasons == ["GROSS_NOTIONAL"]
    assert ran.refused[0].refusal.found == D(240_000)


def test_a_limit_far_past_the_mark_is_refused_and_one_that_waits_is_not() -> None:
    steps = [
        lambda hand: hand.limit("BUY", "1", "56000"),
        lambda hand: hand.limit("BUY", "1", "30000"),
    ]
    ran = run(desk(price_collar_percent=D(10)), steps)
    assert ran.reasons == ["PRICE_COLLAR"]
    assert ran.statuses == ["DENIED", "ACCEPTED"]


@pytest.mark.parametrize("scope", [Scope.VENUE, Scope.STRATEGY, Scope.INSTRUMENT])
def test_a_limit_of_any_scope_holds(scope: Scope) -> None:
    names = {Scope.VENUE: "BINANCE", Scope.STRATEGY: "hand", Scope.INSTRUMENT: BTC.id.value}
    tables = {Scope.VENUE: "venues", Scope.STRATEGY: "strategies", Scope.INSTRUMENT: "instruments"}
    narrow = {names[scope]: Limits(order_size_max=D("0.5"))}
    book = LimitBook(desk=Limits(order_size_max=D(9)), **{tables[scope]: narrow})
    elsewhere = LimitBook(**{tables[scope]: {"other": Limits(order_size_max=D("0.5"))}})

    assert run(book, [lambda hand: hand.market("BUY", "1")]).reasons == ["ORDER_SIZE"]
    assert run(elsewhere, [lambda hand: hand.market("BUY", "1")]).reasons == []


def test_what_is_under_way_counts_for_the_position() -> None:
    steps = [lambda hand: [hand.limit("BUY", "1", "40000") for _ in range(3)]]
    ran = run(desk(position_size_max=D(2)), steps)
    assert ran.reasons == ["POSITION_SIZE"]
    assert ran.statuses == ["ACCEPTED", "ACCEPTED", "DENIED"]


def test_orders_on_both_sides_are_counted_apart() -> None:
    steps = [
        lambda hand: hand.limit("BUY", "2", "40000"),
        lambda hand: hand.limit("SELL", "2", "60000"),
        lambda hand: hand.limit("SELL", "1", "60000"),
    ]
    ran = run(desk(position_size_max=D(2)), steps)
    assert ran.statuses == ["ACCEPTED", "ACCEPTED", "DENIED"]


def test_no_limit_holds_up_an_exit() -> None:
    def tighten(hand: Hand) -> None:
        hand.market("SELL", "1", reduce_only=True)

    strict = {"order_size_max": D(2), "order_notional_max": D(200_000), "orders_per_minute_max": 1}
    steps = [lambda hand: hand.market("BUY", "2"), tighten, lambda hand: hand.market("SELL", "1")]
    ran = run(desk(**strict), steps)
    assert ran.statuses == ["FILLED", "FILLED", "FILLED"]
    assert ran.engine.portfolio.is_flat(BTC.id)


def test_what_is_marked_reduce_only_passes_whatever_the_position() -> None:
    steps = [
        lambda hand: hand.market("BUY", "1"),
        lambda hand: hand.market("SELL", "5", reduce_only=True),
        lambda hand: hand.market("SELL", "5", reduce_only=True),
    ]
    ran = run(desk(order_size_max=D(2)), steps)
    assert ran.reasons == []
    assert ran.engine.portfolio.is_flat(BTC.id)


def test_an_order_that_turns_the_position_is_no_exit() -> None:
    steps = [lambda hand: hand.market("BUY", "1"), lambda hand: hand.market("SELL", "2")]
    ran = run(desk(orders_per_minute_max=1), steps)
    assert ran.reasons == ["ORDER_RATE"]


def test_two_exits_in_a_row_cannot_open() -> None:
    steps = [
        lambda hand: hand.market("BUY", "1"),
        lambda hand: [hand.limit("SELL", "1", "60000"), hand.limit("SELL", "1", "60000")],
    ]
    ran = run(desk(orders_per_minute_max=1), steps)
    assert ran.statuses == ["FILLED", "ACCEPTED", "DENIED"]


def test_halted_entries_are_refused_and_exits_and_stops_go_on() -> None:
    def halt(engine: BacktestEngine, gate: Gate) -> None:
        gate.halt = HALT
        engine.kernel.risk_engine.set_trading_state(TradingState.HALTED)

    def enter_then_halt(hand: Hand) -> None:
        hand.market("BUY", "2")

    gates: list[tuple[BacktestEngine, Gate]] = []
    steps = [
        enter_then_halt,
        lambda _: halt(*gates[0]),
        lambda hand: hand.market("BUY", "1"),
        lambda hand: hand.market("SELL", "1", reduce_only=True),
        lambda hand: hand.market("SELL", "0.5"),
        lambda hand: hand.submit_order(
            hand.order_factory.stop_market(
                BTC.id, OrderSide.SELL, Quantity(0.5, 3), Price(40_000, 1), reduce_only=True
            )
        ),
    ]
    ran = run(desk(), steps, before=lambda *both: gates.append(both))

    assert ran.reasons == ["HALTED"]
    assert ran.statuses == ["FILLED", "DENIED", "FILLED", "FILLED", "ACCEPTED"]
    assert "halted (kill): a test" in ran.refused[0].refusal.words


def test_a_halt_of_nautiluss_own_denies_entries_and_lets_exits_by() -> None:
    engines: list[BacktestEngine] = []
    steps = [
        lambda hand: hand.market("BUY", "2"),
        lambda _: engines[0].kernel.risk_engine.set_trading_state(TradingState.HALTED),
        lambda hand: hand.market("BUY", "1"),
        lambda hand: hand.market("SELL", "2", reduce_only=True),
    ]
    ran = run(desk(), steps, before=lambda engine, _gate: engines.append(engine))
    assert ran.statuses == ["FILLED", "DENIED", "FILLED"]
    assert ran.orders[1].last_event.reason == "TradingState.HALTED"


def test_nautiluss_own_limits_stay_on() -> None:
    ran = run(desk(), [lambda hand: hand.submit_order(_too_precise(hand))])
    assert ran.statuses == ["DENIED"]
    assert not ran.refused


def _too_precise(hand: Hand) -> Any:  # noqa: ANN401
    price = Price(50_000.123, 3)
    return hand.order_factory.limit(BTC.id, OrderSide.BUY, Quantity(1, 3), price)


def test_a_list_goes_as_a_whole_or_not_at_all() -> None:
    def bracket(size: float) -> Any:  # noqa: ANN401
        return lambda hand: hand.submit_order_list(
            hand.order_factory.bracket(
                BTC.id,
                OrderSide.BUY,
                Quantity(size, 3),
                tp_price=Price(60_000, 1),
                sl_trigger_price=Price(40_000, 1),
            )
        )

    passed = run(desk(order_size_max=D(1)), [bracket(1), lambda _: None])
    refused = run(desk(order_size_max=D(1)), [bracket(2)])

    assert "DENIED" not in passed.statuses
    assert refused.statuses == ["DENIED"] * 3
    assert refused.reasons == ["ORDER_SIZE", "SIBLING", "SIBLING"]


def test_a_refused_change_leaves_the_order_as_it_is() -> None:
    steps = [
        lambda hand: hand.limit("BUY", "1", "40000"),
        lambda hand: hand.modify_order(hand.cache.orders_open()[0], quantity=Quantity(3, 3)),
        lambda hand: hand.modify_order(hand.cache.orders_open()[0], quantity=Quantity(2, 3)),
    ]
    ran = run(desk(order_size_max=D(2), orders_per_minute_max=1, open_orders_max=1), steps)
    (order,) = ran.orders
    assert [type(e) for e in order.events if isinstance(e, OrderModifyRejected)]
    assert ran.reasons == ["ORDER_SIZE"]
    assert order.quantity == 2


@pytest.mark.filterwarnings("ignore:'d' is deprecated")  # pandas, of Nautilus's emulator
def test_an_emulated_order_is_judged_when_it_is_released() -> None:
    steps = [
        lambda hand: hand.submit_order(
            hand.order_factory.stop_market(
                BTC.id,
                OrderSide.BUY,
                Quantity(2, 3),
                Price(49_000, 1),
                emulation_trigger=TriggerType.BID_ASK,
            )
        ),
        lambda _: None,
        lambda _: None,
    ]
    ran = run(desk(order_size_max=D(1)), steps)
    assert ran.reasons == ["ORDER_SIZE"]
    assert ran.statuses == ["DENIED"]


class Hasty(Hand):
    """Buy before there is a price."""

    def on_start(self) -> None:
        self.market("BUY", "1")


def test_without_a_price_nothing_that_needs_one_is_sent() -> None:
    assert run(desk(order_notional_max=D(1)), Hasty([]), quotes=1).reasons == ["NO_PRICE"]
    assert run(desk(order_size_max=D(1)), Hasty([]), quotes=1).reasons == []
