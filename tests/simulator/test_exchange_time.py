from simulator.exchange.events import Denied, Done, TwapChanged, TwapStatus
from simulator.exchange.model import Fault, Status, TwapRequest
from simulator.exchange.rules import VenueRules
from tests.simulator.exchange_setup import (
    BUY,
    ETH,
    NOW,
    SELL,
    D,
    eth,
    eth_book,
    exchange,
    fills,
    position,
    statuses,
)

DAY_MS = 86_400_000


def test_a_resting_order_expires_at_its_time() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1", expires_ms=NOW + 10_000)], NOW)
    assert made.advance(NOW + 9_999) == []
    (changed,) = made.advance(NOW + 20_000)
    assert (changed.status, changed.time) == (Status.EXPIRED, NOW + 10_000)


def test_what_became_due_before_a_command_happens_before_it() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1", expires_ms=NOW + 10_000)], NOW)
    reply = made.place("bob", [eth(SELL, "1990", "1")], NOW + 10_000)
    assert statuses(reply.events) == [(100, Status.EXPIRED), (101, Status.OPEN)]


def test_a_scheduled_cancel_takes_all_orders_unless_put_off_or_cleared() -> None:
    made = exchange()
    made.place("ann", [eth(BUY, "1990", "1"), eth(BUY, "1991", "1")], NOW)
    made.schedule_cancel("ann", NOW + 5_000, NOW)
    made.schedule_cancel("ann", NOW + 9_000, NOW + 1_000)
    assert made.advance(NOW + 8_999) == []
    made.schedule_cancel("ann", None, NOW + 8_999)
    assert made.advance(NOW + 9_000) == []
    made.schedule_cancel("ann", NOW + 15_000, NOW + 9_000)
    events = made.advance(NOW + 15_000)
    assert statuses(events) == [(100, Status.SCHEDULED_CANCEL), (101, Status.SCHEDULED_CANCEL)]


def test_a_scheduled_cancel_lies_ahead_needs_volume_and_goes_off_ten_times_a_day() -> None:
    made = exchange()
    soon = made.schedule_cancel("ann", NOW + 4_999, NOW)
    assert soon.outcomes == (Denied(Fault.SCHEDULE_TOO_SOON),)
    gated = exchange(VenueRules(schedule_volume=D(1_000_000)))
    denied = gated.schedule_cancel("ann", NOW + 5_000, NOW)
    assert denied.outcomes == (Denied(Fault.SCHEDULE_VOLUME),)
    now = NOW
    for _ in range(10):
        assert made.schedule_cancel("ann", now + 5_000, now).outcomes == (Done(),)
        now += 5_000
        made.advance(now)
    spent = made.schedule_cancel("ann", now + 5_000, now)
    assert spent.outcomes == (Denied(Fault.SCHEDULE_SPENT),)
    tomorrow = now + DAY_MS
    assert made.schedule_cancel("ann", tomorrow + 5_000, tomorrow).outcomes == (Done(),)


def test_a_twap_trades_even_parts_every_thirty_seconds() -> None:
    made = exchange()
    eth_book(made, asks="2001*50")
    reply = made.start_twap("ann", TwapRequest(ETH, BUY, D(1), 5), NOW)
    assert isinstance(reply.outcomes[0], Done)
    (first,) = fills(reply.events)
    assert (first.size, first.twap_id) == (D("0.1"), reply.outcomes[0].id)
    events = made.advance(NOW + 10 * 30_000)
    assert [x.time - NOW for x in fills(events)] == [30_000 * part for part in range(1, 10)]
    assert position(made, "ann") == 1
    assert isinstance(events[-1], TwapChanged)
    assert (events[-1].status, events[-1].executed_size) == (TwapStatus.FINISHED, 1)
    assert made.twaps("ann") == ()


def test_a_twap_catches_up_at_most_three_parts_at_once() -> None:
    made = exchange()
    made.start_twap("ann", TwapRequest(ETH, BUY, D(1), 5), NOW)
    made.advance(NOW + 4 * 30_000)
    made.set_book(ETH, [], [(D(2001), D(50))], NOW + 4 * 30_000)
    (caught,) = fills(made.advance(NOW + 5 * 30_000))
    assert caught.size == D("0.3")


def test_a_twap_pays_at_most_three_percent() -> None:
    made = exchange()
    eth_book(made, asks="2060.1*50")
    reply = made.start_twap("ann", TwapRequest(ETH, BUY, D(1), 5), NOW)
    assert fills(reply.events) == []


def test_a_twap_ends_when_terminated() -> None:
    made = exchange()
    eth_book(made)
    twap = made.start_twap("ann", TwapRequest(ETH, BUY, D(1), 5), NOW).outcomes[0].id
    missing = Denied(Fault.TWAP_MISSING)
    assert made.cancel_twap("bob", ETH, twap, NOW).outcomes == (missing,)
    (told,) = made.cancel_twap("ann", ETH, twap, NOW).events
    assert (told.status, told.executed_size) == (TwapStatus.TERMINATED, D("0.1"))
    assert made.advance(NOW + DAY_MS) == []


def test_a_twap_needs_duration_value_and_a_position_to_reduce() -> None:
    made = exchange()
    asked = {
        Fault.TWAP_DURATION: TwapRequest(ETH, BUY, D(1), 4),
        Fault.TWAP_VALUE: TwapRequest(ETH, BUY, D("0.02"), 5),
        Fault.TWAP_REDUCE_ONLY: TwapRequest(ETH, BUY, D(1), 5, reduce_only=True),
        Fault.INVALID_SIZE: TwapRequest(ETH, BUY, D("0.00001"), 5),
        Fault.UNKNOWN_ASSET: TwapRequest(9, BUY, D(1), 5),
    }
    for fault, request in asked.items():
        assert made.start_twap("ann", request, NOW).outcomes == (Denied(fault),)


def test_a_twap_has_its_own_interval_and_limit() -> None:
    made = exchange(VenueRules(twap_value_min=D(3_000)))
    eth_book(made, asks="2001*50")
    small = made.start_twap("ann", TwapRequest(ETH, BUY, D(1), 5), NOW).outcomes[0]
    assert small == Denied(Fault.TWAP_VALUE)
    asked = TwapRequest(ETH, BUY, D(3), 5, seconds=60, every_secs=120, limit=D(2001))
    made.start_twap("ann", asked, NOW)
    assert position(made, "ann") == 1
    made.set_book(ETH, [(D(1999), D(5))], [(D("2001.1"), D(50))], NOW)
    made.advance(NOW + 120_000)
    assert position(made, "ann") == 1
    made.set_book(ETH, [(D(1999), D(5))], [(D(2001), D(50))], NOW + 120_000)
    made.advance(NOW + 240_000)
    assert position(made, "ann") == 3
    assert made.twaps("ann") == ()
