"""An order that closes and opens at once is an entry; refused, its strategy still gets out."""

from collections.abc import Sequence
from decimal import Decimal

from nautilus_trader.core.message import Event

from risk.limits import LimitBook, Limits
from strategies.trader import Trader
from tests.risk.backtest import BTC, Hand, Step, run

D = Decimal


class Turner(Hand):
    """Move by a Trader, as the strategies of this project do."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(steps)
        self.trader = Trader(self, BTC.id, None, None)

    def on_event(self, event: Event) -> None:
        self.trader.on_event(event)


def to(target: str) -> Step:
    def step(hand: Hand) -> object:
        assert isinstance(hand, Turner)
        return hand.trader.move_to(D(target), "test")

    return step


def test_a_refused_turn_closes_the_position() -> None:
    book = LimitBook(desk=Limits(position_size_max=D(1)))
    ran = run(book, Turner([to("1"), to("-2"), lambda _: None]))
    assert ran.reasons == ["POSITION_SIZE"]
    assert ran.statuses == ["FILLED", "DENIED", "FILLED"]
    assert ran.engine.portfolio.is_flat(BTC.id)


def test_a_refused_addition_leaves_the_position() -> None:
    book = LimitBook(desk=Limits(position_size_max=D(1)))
    ran = run(book, Turner([to("1"), to("2"), lambda _: None]))
    assert ran.statuses == ["FILLED", "DENIED"]
    assert ran.engine.portfolio.net_position(BTC.id) == 1


def test_a_refused_entry_from_flat_stays_flat() -> None:
    book = LimitBook(desk=Limits(position_size_max=D(1)))
    ran = run(book, Turner([to("-2"), lambda _: None]))
    assert ran.statuses == ["DENIED"]
