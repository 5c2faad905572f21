"""Random trading: what must hold after every step, whatever the traders and the market do."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.exchange import Exchange
from simulator.exchange.events import (
    Done,
    Event,
    Fill,
    FundingPaid,
    Liquidated,
    OrderChanged,
    Reply,
)
from simulator.exchange.liquidation import LIQUIDATOR
from simulator.exchange.model import (
    Grouping,
    OrderRequest,
    Phase,
    Side,
    Status,
    Tif,
    Trigger,
    TriggerKind,
    TwapRequest,
)
from simulator.exchange.rules import Knobs, VenueRules
from tests.simulator.exchange_setup import BUY, ETH, NOW, SELL, D, exchange

NAMES = st.sampled_from(["ann", "bob", "cat"])
SIDES = st.sampled_from([BUY, SELL])
PRICES = st.integers(1_900, 2_100).map(D)
SIZES = st.integers(1, 400).map(lambda tenths: D(tenths) / 10)
KEYS = st.one_of(st.integers(95, 160), st.sampled_from(["x", "y"]))
REQUESTS = st.builds(
    OrderRequest,
    asset=st.just(ETH),
    side=SIDES,
    price=PRICES,
    size=SIZES,
    tif=st.sampled_from(Tif).filter(lambda tif: tif is not Tif.LIQUIDATION),
    reduce_only=st.booleans(),
    trigger=st.one_of(
        st.none(), st.builds(Trigger, st.sampled_from(TriggerKind), PRICES, st.booleans())
    ),
    client_id=st.sampled_from([None, "x", "y"]),
    expires_ms=st.one_of(st.none(), st.integers(NOW, NOW + 100_000)),
)

type Command = Callable[[Exchange], Reply | list[Event]]


class Trading(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.cash: dict[str, Decimal] = defaultdict(Decimal)
        self.sizes: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        self.filled: dict[int, Decimal] = defaultdict(Decimal)
        self.ended: dict[int, Status] = {}
        self.log: list[tuple[Command, object]] = []

    @initialize(
        knobs=st.builds(
            Knobs,
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.sampled_from([Status.CANCELED, Status.IOC_REJECTED, Status.FILLED]),
            st.booleans(),
            st.booleans(),
        ),
        rejects_taker=st.booleans(),
        keeps_id=st.booleans(),
        binds_triggers=st.booleans(),
        sizes_reductions=st.booleans(),
    )
    def open(
        self,
        knobs: Knobs,
        *,
        rejects_taker: bool,
        keeps_id: bool,
        binds_triggers: bool,
        sizes_reductions: bool,
    ) -> None:
        self.knobs = knobs
        self.venue = VenueRules(
            self_trade_rejects_taker=rejects_taker,
            modify_keeps_id=keeps_id,
            triggers_need_position=binds_triggers,
            position_tpsl_is_sized=binds_triggers,
            reduce_only_within_position=sizes_reductions,
            open_orders_base=20,
            open_orders_max=22,
        )
        self.made = exchange(self.venue, knobs)
        self.cash |= dict.fromkeys(("ann", "bob", "cat"), D(10_000))

    def do[T](self, command: Callable[[Exchange], T]) -> T:
        """Carry a command out, take its events in and keep it for the replay."""
        result = command(self.made)
        self.log.append((command, result))
        for event in result.events if isinstance(result, Reply) else result:
            self.take(event)
        return result

    def take(self, event: object) -> None:
        match event:
            case OrderChanged(order=order, status=status):
                assert order.oid not in self.ended, "an order ends once"
                if status.is_final or self.goes_on_elsewhere(status):
                    self.ended[order.oid] = status
                assert order.filled == self.filled[order.oid]
                assert order.filled <= order.size
            case Fill():
                assert event.oid not in self.ended, "nothing fills after its end"
                assert self.sizes[event.account, event.asset] == event.start_position
                self.sizes[event.account, event.asset] += event.change
                self.cash[event.account] -= event.change * event.price + event.fee
                self.filled[event.oid] += event.size
            case FundingPaid():
                self.cash[event.account] += event.amount
            case Liquidated():
                self.cash[event.account] -= event.seized
                self.cash[LIQUIDATOR] += event.seized
            case _:
                pass

    def goes_on_elsewhere(self, status: Status) -> bool:
        return status is Status.TRIGGERED and self.knobs.trigger_gives_new_id

    @rule(name=NAMES, requests=st.lists(REQUESTS, min_size=1, max_size=3))
    def place(self, name: str, requests: list[OrderRequest]) -> None:
        now = self.now
        self.do(lambda made: made.place(name, requests, now))

    @rule(name=NAMES, side=SIDES, price=PRICES, size=SIZES, tif=st.sampled_from([Tif.GTC, Tif.IOC]))
    def bracket(self, name: str, side: Side, price: Decimal, size: Decimal, tif: Tif) -> None:
        now, sign = self.now, side.value
        parent = OrderRequest(ETH, side, price, size, tif)
        children = [
            OrderRequest(
                ETH,
                side.opposite,
                price - sign * 100,
                size,
                reduce_only=True,
                trigger=Trigger(kind, price + sign * distance, is_market=True),
            )
            for kind, distance in ((TriggerKind.TAKE_PROFIT, 30), (TriggerKind.STOP, -30))
        ]
        self.do(lambda made: made.place(name, [parent, *children], now, Grouping.NORMAL_TPSL))
        self.do(lambda made: made.place(name, children, now, Grouping.POSITION_TPSL))

    @rule(name=NAMES, key=KEYS, request=REQUESTS, always=st.booleans())
    def modify(self, name: str, key: int | str, request: OrderRequest, *, always: bool) -> None:
        now = self.now
        self.do(lambda made: made.modify(name, [(key, request)], now, always=always))

    @rule(name=NAMES, key=KEYS)
    def cancel(self, name: str, key: int | str) -> None:
        now = self.now
        self.do(lambda made: made.cancel(name, [(ETH, key)], now))

    @rule(name=NAMES, side=st.one_of(st.none(), SIDES))
    def cancel_all(self, name: str, side: Side | None) -> None:
        now = self.now
        self.do(lambda made: made.cancel_all(name, now, side=side))

    @rule(name=NAMES, after=st.one_of(st.none(), st.integers(5_000, 20_000)))
    def schedule(self, name: str, after: int | None) -> None:
        now = self.now
        self.do(lambda made: made.schedule_cancel(name, after and now + after, now))

    @rule(middle=PRICES, gap=st.integers(1, 5), size=SIZES)
    def book(self, middle: Decimal, gap: int, size: Decimal) -> None:
        now = self.now
        bids = [(middle - gap - step, size) for step in range(5)]
        asks = [(middle + gap + step, size) for step in range(5)]
        self.do(lambda made: made.set_book(ETH, bids, asks, now))

    @rule(price=PRICES, size=SIZES, side=SIDES)
    def outside_trade(self, price: Decimal, size: Decimal, side: Side) -> None:
        now = self.now
        self.do(lambda made: made.on_trade(ETH, price, size, side, now))

    @rule(mark=st.integers(1_700, 2_300).map(D))
    def mark(self, mark: Decimal) -> None:
        now = self.now
        self.do(lambda made: made.set_mark(ETH, mark, mark, now))

    @rule(rate=st.integers(-400, 400))
    def funding(self, rate: int) -> None:
        now = self.now
        self.do(lambda made: made.apply_funding(ETH, D(rate) / 10_000, D(2_000), now))

    @rule(name=NAMES, leverage=st.integers(1, 25), is_isolated=st.booleans())
    def leverage(self, name: str, leverage: int, *, is_isolated: bool) -> None:
        now = self.now
        self.do(
            lambda made: made.update_leverage(name, ETH, leverage, is_isolated=is_isolated, now=now)
        )

    @rule(name=NAMES, amount=st.integers(-3_000, 3_000).map(D))
    def isolated_margin(self, name: str, amount: Decimal) -> None:
        now = self.now
        self.do(lambda made: made.update_isolated_margin(name, ETH, amount, now))

    @rule(name=NAMES, amount=st.integers(1, 3_000).map(D))
    def withdraw(self, name: str, amount: Decimal) -> None:
        now = self.now
        reply = self.do(lambda made: made.withdraw(name, amount, now))
        if reply.outcomes == (Done(),):
            self.cash[name] -= amount

    @rule(name=NAMES, side=SIDES, size=SIZES)
    def twap(self, name: str, side: Side, size: Decimal) -> None:
        now = self.now
        self.do(lambda made: made.start_twap(name, TwapRequest(ETH, side, size, 5), now))

    @rule(elapsed=st.integers(1, 60_000))
    def wait(self, elapsed: int) -> None:
        self.now = now = self.now + elapsed
        self.do(lambda made: made.advance(now))

    @invariant()
    def cash_is_neither_made_nor_lost(self) -> None:
        for name in self.made.accounts():
            account = self.made.account(name)
            held = sum((x.raw for x in account.positions.values()), account.raw)
            assert held == self.cash[name], name

    @invariant()
    def positions_are_the_sum_of_their_fills(self) -> None:
        for (name, asset), size in self.sizes.items():
            assert self.made.account(name).positions[asset].size == size

    @invariant()
    def the_book_is_not_crossed_and_queues_are_real(self) -> None:
        book = self.made.market(ETH).book
        bid, ask = book.best(BUY), book.best(SELL)
        assert bid is None or ask is None or bid < ask
        for side in Side:
            sizes = dict(book.levels(side))
            for entry in book.entries(side):
                assert entry.order.remaining > 0
                assert entry.ahead + entry.order.remaining <= sizes[entry.price]

    @invariant()
    def live_orders_wait_in_exactly_one_place(self) -> None:
        market = self.made.market(ETH)
        resting = [e.order.oid for side in Side for e in market.book.entries(side)]
        working, armed = [], []
        for name in self.made.accounts():
            account = self.made.account(name)
            for order in account.live.values():
                assert not order.status.is_final
                assert order.oid not in self.ended
                if order.phase is Phase.WORKING:
                    working.append(order.oid)
                if order.phase is Phase.WAITING_FOR_TRIGGER:
                    armed.append(order.oid)
                size = account.positions[order.asset].size
                waits = order.phase is Phase.WAITING_FOR_FILL
                assert not order.request.reduce_only or waits or size * order.side.value < 0
        assert sorted(resting) == sorted(working)
        assert sorted(market.armed) == sorted(armed)

    @invariant()
    def margin_is_never_negative(self) -> None:
        for name in self.made.accounts():
            state = self.made.account_state(name)
            assert state.total.account_value == state.total.raw + sum(
                (x.position.size * self.made.market(ETH).mark for x in state.positions), D(0)
            )
            if name != LIQUIDATOR:
                assert state.total.margin_used >= 0

    def teardown(self) -> None:
        if not hasattr(self, "made"):
            return
        again = exchange(self.venue, self.knobs)
        for command, result in self.log:
            assert command(again) == result, "the same commands give the same events"


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=60, stateful_step_count=40, derandomize=True)
