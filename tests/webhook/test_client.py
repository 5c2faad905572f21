"""From the inbox to the paper venue and back: each alert is traded once, and its trace is whole."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TradingState
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.model.objects import Quantity
from nautilus_trader.model.orders import Order

from strategies.alert_warning import AlertTrouble
from strategies.signals import Action, Reason, order_id_of
from tests.waiting import eventually
from tests.webhook.alert_forms import alert
from tests.webhook.memory_inbox import MemoryInbox
from tests.webhook.node_setup import PERP, Setup, Trading, running_node
from webhook import watch
from webhook.client import Desk
from webhook.follower import NO_ORDER
from webhook.inbox import InboxError, Outcome, State, Step
from webhook.lookup import Unanswered

SEC_NS = 1_000_000_000
FOREVER_NS = 4_000_000_000 * SEC_NS


@pytest.fixture
async def inbox() -> MemoryInbox:
    return MemoryInbox()


async def left_over(
    inbox: MemoryInbox, key: str, *, deliveries: int = 1, action: Action = Action.BUY
) -> None:
    """Leave an alert behind that an earlier process has delivered so often."""
    await inbox.put(alert(key, action), SEC_NS, FOREVER_NS)
    full = f"alerts:{key}"
    delivered = Step(
        key=full, kind="delivered", ts_ns=SEC_NS, outcome=Outcome(state=State.DELIVERED)
    )
    await inbox.record([delivered] * deliveries)


async def done(inbox: MemoryInbox, *keys: str, state: State = State.DONE) -> None:
    await eventually(lambda: all(inbox.state(f"alerts:{key}") is state for key in keys))


class Venue:
    """Answers for a venue: does not know yet, until it is told what it has."""

    def __init__(self) -> None:
        self.asked: list[ClientOrderId] = []
        self.where: dict[ClientOrderId, InstrumentId] = {}
        self.answers: dict[ClientOrderId, bool] = {}
        self.error: Exception = Unanswered("not yet")

    async def find(self, instrument_id: InstrumentId, order_id: ClientOrderId) -> bool:
        self.asked.append(order_id)
        self.where[order_id] = instrument_id
        if order_id not in self.answers:
            raise self.error
        return self.answers[order_id]


async def test_an_alert_is_traded_and_its_trace_tells_all(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1"))
        await done(inbox, "1")
        (order,) = setup.orders()
        assert order.client_order_id == order_id_of("alerts:1")
        assert setup.strategy.status().position == Decimal("0.2")
    assert inbox.kinds("alerts:1") == [
        "received",
        "delivered",
        "order_initialized",
        "decided",
        "order_submitted",
        "order_filled",
        "done",
    ]
    steps = {step.kind: step for step in inbox.steps["alerts:1"]}
    assert steps["decided"].outcome == Outcome(
        state=State.DECIDED, orders=(order_id_of("alerts:1").value,)
    )
    fill = steps["order_filled"].detail
    assert (fill["side"], fill["size"], fill["price"]) == ("buy", "0.200", "50000.1")
    assert fill["commission"].endswith("USDT")
    assert steps["done"].detail["status"] == "filled"
    times = [step.ts_ns for step in inbox.steps["alerts:1"]]
    assert times == sorted(times)
    assert not inbox.is_open


async def test_what_is_refused_is_done_with_its_reason(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1", quantity="0.0001"))
        await setup.put(alert("2", comment="boom"))
        await setup.put(alert("3"))
        await done(inbox, "1", "2", "3")
        assert setup.orders() == []
    reasons = [inbox.rows[f"alerts:{key}"].outcome.reason for key in "123"]
    assert reasons == [Reason.BAD_SIZE, Reason.FAILED, Reason.DEGRADED]
    assert "Expected a size of at least" in inbox.rows["alerts:1"].outcome.message
    assert inbox.kinds("alerts:1") == ["received", "delivered", "decided", "done"]


async def test_an_order_that_is_denied_ends_its_alert(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        setup.node.kernel.risk_engine.set_trading_state(TradingState.HALTED)
        await setup.put(alert("1"))
        await done(inbox, "1")
        assert [o.status for o in setup.orders()] == [OrderStatus.DENIED]
    steps = {step.kind: step for step in inbox.steps["alerts:1"]}
    assert "reason" in steps["order_denied"].detail
    assert steps["done"].detail["status"] == "denied"


async def test_a_heartbeat_is_done_and_never_delivered(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1", None))
        await done(inbox, "1")
        assert setup.strategy.signals == []
    assert inbox.kinds("alerts:1") == ["received", "done"]


async def test_an_alert_waits_for_its_strategy_and_expires_while_it_waits(
    inbox: MemoryInbox,
) -> None:
    async with running_node(inbox, close_positions_on_stop=False) as setup:
        setup.strategy.stop()
        await setup.put(alert("old"), ttl_ns=SEC_NS // 5)
        await setup.put(alert("new"))
        await setup.put(alert("other", strategy="nobody"), ttl_ns=0)
        await done(inbox, "old", state=State.EXPIRED)
        assert inbox.state("alerts:new") is State.RECEIVED
        setup.strategy.resume()
        await done(inbox, "new")
        assert [signal.key for signal in setup.strategy.signals] == ["alerts:new"]
        assert inbox.kinds("alerts:old") == ["received", "expired"]
        assert inbox.kinds("nobody:other") == ["received"]


async def test_alerts_stay_in_order(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        for number in range(20):
            await setup.put(alert(str(number), quantity="0.01"))
        await done(inbox, *map(str, range(20)))
        assert [s.key for s in setup.strategy.signals] == [f"alerts:{n}" for n in range(20)]
        assert setup.strategy.status().position == Decimal("0.2")


# After a restart


async def test_what_was_never_traded_is_traded_once_the_venue_says_so(inbox: MemoryInbox) -> None:
    await left_over(inbox, "1")
    venue = Venue()
    async with running_node(inbox, desk=Desk(find_order=venue.find)) as setup:
        await setup.put(alert("2"))
        await eventually(lambda: len(venue.asked) > 1)
        assert setup.strategy.signals == []  # nor what came later
        venue.error = RuntimeError("a bug is no answer either")
        before = len(venue.asked)
        await eventually(lambda: len(venue.asked) > before)
        assert setup.strategy.signals == []
        venue.answers[order_id_of("alerts:1")] = False
        await done(inbox, "1", "2")
        assert [signal.key for signal in setup.strategy.signals] == ["alerts:1", "alerts:2"]
        assert set(venue.asked) == {order_id_of("alerts:1")}
    assert inbox.rows["alerts:1"].deliveries == 2


async def test_what_was_traded_is_not_traded_again(inbox: MemoryInbox) -> None:
    await left_over(inbox, "1")
    venue = Venue()
    async with running_node(inbox, desk=Desk(find_order=venue.find)) as setup:
        venue.answers[order_id_of("alerts:1")] = True
        await done(inbox, "1")
        assert setup.strategy.signals == []
    assert inbox.rows["alerts:1"].outcome.orders == (order_id_of("alerts:1").value,)


async def test_an_order_in_the_cache_is_followed_to_its_end(inbox: MemoryInbox) -> None:
    await left_over(inbox, "1")
    venue = Venue()

    class Restarted(Trading):
        """Has the order of the earlier process, as reconciliation leaves it."""

        resting: Order

        def on_start(self) -> None:
            self.resting = self.order_factory.stop_market(
                PERP.id,
                OrderSide.BUY,
                Quantity(Decimal("0.2"), 3),
                PERP.make_price(90_000),
                client_order_id=order_id_of("alerts:1"),
            )
            self.submit_order(self.resting)
            super().on_start()
            self.trader.protector._stop.adopt(self.resting)

    desk = Desk(find_order=venue.find)
    async with running_node(inbox, desk=desk, make=Restarted) as setup:
        await done(inbox, "1", state=State.DECIDED)
        assert (venue.asked, setup.strategy.signals) == ([], [])
        assert isinstance(setup.strategy, Restarted)
        setup.strategy.cancel_order(setup.strategy.resting)
        await done(inbox, "1")
    assert inbox.kinds("alerts:1")[-2:] == ["order_canceled", "done"]


async def test_what_has_expired_meanwhile_is_looked_up_and_not_traded(inbox: MemoryInbox) -> None:
    for key in ("1", "2"):
        await inbox.put(alert(key), SEC_NS, 2 * SEC_NS)
    venue = Venue()
    venue.answers = {order_id_of("alerts:1"): False, order_id_of("alerts:2"): True}
    async with running_node(inbox, desk=Desk(find_order=venue.find)) as setup:
        await done(inbox, "1", state=State.EXPIRED)
        await done(inbox, "2")  # it had been traded in time
        assert setup.strategy.signals == []


LEGS = {"long": PERP.id, "short": InstrumentId.from_str("ETHUSDT-PERP.BINANCE")}
LONG, SHORT = (order_id_of(f"alerts:1/{leg}") for leg in LEGS)


@pytest.mark.parametrize("found", [True, False])
async def test_a_hedge_comes_again_once_each_leg_is_known_at_its_venue(
    inbox: MemoryInbox, found: bool
) -> None:
    await left_over(inbox, "1")
    venue = Venue()
    venue.answers[LONG] = found
    async with running_node(
        inbox, desk=Desk(find_order=venue.find, legs={"alerts": LEGS})
    ) as setup:
        await eventually(lambda: venue.asked.count(SHORT) > 1)
        assert setup.strategy.signals == []
        venue.answers[SHORT] = found
        await done(inbox, "1")
        assert [signal.key for signal in setup.strategy.signals] == ["alerts:1"]
    assert venue.where == {LONG: LEGS["long"], SHORT: LEGS["short"]}


@pytest.mark.parametrize(("found", "state"), [(True, State.DONE), (False, State.EXPIRED)])
async def test_an_expired_hedge_is_told_to_its_legs_if_one_has_traded(
    inbox: MemoryInbox, found: bool, state: State
) -> None:
    await inbox.put(alert("1"), SEC_NS, 2 * SEC_NS)
    venue = Venue()
    venue.answers = {LONG: False, SHORT: found}
    async with running_node(
        inbox, desk=Desk(find_order=venue.find, legs={"alerts": LEGS})
    ) as setup:
        await done(inbox, "1", state=state)
        assert len(setup.strategy.signals) == found
        assert setup.orders() == []  # expired: the legs say so themselves


@pytest.mark.parametrize(("deliveries", "state"), [(4, State.DONE), (5, State.DEAD)])
async def test_an_alert_that_is_never_answered_is_given_up(
    inbox: MemoryInbox, deliveries: int, state: State
) -> None:
    await left_over(inbox, "1", deliveries=deliveries)
    async with running_node(inbox) as setup:
        await setup.put(alert("2"))
        await done(inbox, "1", state=state)
        await done(inbox, "2")
        told = [warning.trouble for warning in setup.strategy.warnings]
        assert told == ([AlertTrouble.DEAD] if state is State.DEAD else [])


async def test_decided_alerts_whose_orders_are_gone_are_done(inbox: MemoryInbox) -> None:
    await left_over(inbox, "1")
    decided = Outcome(state=State.DECIDED, orders=(order_id_of("alerts:1").value,))
    await inbox.record([Step(key="alerts:1", kind="decided", ts_ns=SEC_NS, outcome=decided)])
    venue = Venue()
    async with running_node(inbox, desk=Desk(find_order=venue.find)) as setup:
        await setup.put(alert("2"))
        await done(inbox, "2")  # it need not wait
        assert inbox.state("alerts:1") is State.DECIDED
        venue.answers[order_id_of("alerts:1")] = False
        await done(inbox, "1")
        assert [signal.key for signal in setup.strategy.signals] == ["alerts:2"]
    outcome = inbox.rows["alerts:1"].outcome
    assert outcome.orders == decided.orders
    assert outcome.message == NO_ORDER


async def test_what_a_strategy_has_not_answered_comes_again_when_it_listens_again(
    inbox: MemoryInbox,
) -> None:
    async with running_node(inbox, close_positions_on_stop=False) as setup:
        setup.strategy.is_deaf = True
        await setup.put(alert("1"))
        await setup.put(alert("2"))
        await done(inbox, "1", "2", state=State.DELIVERED)
        await eventually(lambda: len(setup.strategy.signals) == 2)
        setup.strategy.stop()
        setup.strategy.is_deaf = False
        setup.strategy.resume()
        await done(inbox, "1", "2")
        keys = [signal.key for signal in setup.strategy.signals]
        assert keys == ["alerts:1", "alerts:2"] * 2
        assert len(setup.orders()) == 2
    assert inbox.rows["alerts:1"].deliveries == 2


async def test_an_answer_that_comes_late_is_taken(inbox: MemoryInbox) -> None:
    venue = Venue()
    async with running_node(
        inbox, desk=Desk(find_order=venue.find), close_positions_on_stop=False
    ) as setup:
        setup.strategy.is_deaf = True
        await setup.put(alert("1"))
        await eventually(lambda: setup.strategy.signals)
        setup.strategy.stop()
        setup.strategy.resume()
        await eventually(lambda: venue.asked)
        setup.strategy.is_deaf = False
        setup.strategy.on_data(setup.strategy.signals[0])
        await done(inbox, "1")
        assert len(setup.orders()) == 1
    assert inbox.rows["alerts:1"].outcome.reason is None


# What goes wrong around it


async def test_trading_goes_on_while_nothing_can_be_written(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1"))
        await done(inbox, "1")
        inbox.failing = InboxError("the disk is full")
        await setup.put(alert("2"))
        await eventually(lambda: len(setup.orders()) == 2)
        await eventually(lambda: setup.strategy.warnings)
        assert inbox.kinds("alerts:2") == ["received"]
        inbox.failing = None
        await done(inbox, "2")
        assert [w.trouble for w in setup.strategy.warnings] == [AlertTrouble.NOT_RECORDED]
    assert inbox.kinds("alerts:2") == inbox.kinds("alerts:1")


async def test_only_one_node_consumes_an_inbox(inbox: MemoryInbox) -> None:
    await inbox.open()
    failures: list[InboxError] = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), running_node(inbox, desk=Desk(on_failure=failures.append)):
            pass
    assert str(failures[0]) == "Expected nobody to take alerts, another node does"


async def test_gaps_are_told_to_the_strategy_and_stand_in_the_trace(inbox: MemoryInbox) -> None:
    await inbox.put(alert("1", stated="0.2", sequence=1), SEC_NS, FOREVER_NS)
    done_before = Outcome(state=State.DONE)
    await inbox.record([Step(key="alerts:1", kind="done", ts_ns=SEC_NS, outcome=done_before)])
    async with running_node(inbox) as setup:
        await setup.put(alert("2", before="0.2", stated="0.4", sequence=2))
        await setup.put(alert("3", before="0.1", stated="0.3", sequence=4))
        await eventually(lambda: len(setup.strategy.warnings) == 2)
        await done(inbox, "2", "3")
        found = [(w.key, w.trouble) for w in setup.strategy.warnings]
        assert found == [
            ("alerts:3", AlertTrouble.POSITION_GAP),
            ("alerts:3", AlertTrouble.SEQUENCE_GAP),
        ]
    assert inbox.kinds("alerts:3").count("warning") == 2
    assert "warning" not in inbox.kinds("alerts:2")


async def test_silence_and_drift_are_told(
    inbox: MemoryInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "DRIFT_SECS", 0.1)
    positions: dict[str, Decimal] = {"alerts": Decimal("0.2")}
    desk = Desk(position_of=positions.get, silences_secs={"alerts": 0.7})
    async with running_node(inbox, desk=desk) as setup:
        await setup.put(alert("1", stated="0.2"))
        await setup.put(alert("2", stated="0.5"))
        await eventually(lambda: len(setup.strategy.warnings) == 2)
        found = [(w.key, w.trouble) for w in setup.strategy.warnings]
        assert found == [("alerts:2", AlertTrouble.DRIFT), (None, AlertTrouble.SILENCE)]
        assert setup.strategy.warnings[0].message == "Expected the stated position 0.5, held 0.2"
    assert "warning" in inbox.kinds("alerts:2")


def kinds(setup: Setup) -> Sequence[str]:
    return [order.status_string() for order in setup.orders(OrderType.STOP_MARKET)]


async def test_an_alert_becomes_a_protected_position_and_ends_again(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1"))
        await eventually(lambda: len(setup.node.cache.orders_open()) == 2)
        (stop,) = setup.orders(OrderType.STOP_MARKET)
        assert (stop.side, stop.trigger_price) == (OrderSide.SELL, Decimal("49000.1"))
        await setup.put(alert("2", Action.TARGET, "-0.1"))
        await eventually(lambda: kinds(setup) == ["CANCELED", "ACCEPTED"])
        await setup.put(alert("3", Action.CLOSE))
        await eventually(lambda: not setup.node.cache.orders_open())
        assert setup.strategy.status().position == 0
        assert len(setup.orders()) == 3


async def test_the_stop_fills_in_the_sandbox(inbox: MemoryInbox) -> None:
    async with running_node(inbox) as setup:
        await setup.put(alert("1"))
        await eventually(lambda: len(setup.node.cache.orders_open()) == 2)
        setup.strategy.quote(48_900)
        await eventually(lambda: setup.strategy.status().position == 0)
        await eventually(lambda: not setup.node.cache.orders_open())
