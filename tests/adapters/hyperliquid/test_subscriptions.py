"""The wire sees each stream once, and a silent one is noticed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.common.subscriptions import Remedy, SubscriptionRegistry
from adapters.hyperliquid.schemas import Subscription
from adapters.hyperliquid.subscriptions import book_subscription

BBO = Subscription(type="bbo", coin="BTC")
BOOK = Subscription(type="l2Book", coin="BTC")


def test_only_the_first_holder_subscribes_and_only_the_last_unsubscribes() -> None:
    registry = SubscriptionRegistry[Subscription](10)

    assert registry.acquire(BBO, 0)
    assert not registry.acquire(BBO, 0)
    assert registry.desired() == [BBO]
    assert registry.release(BBO.stream) is None
    assert registry.release(BBO.stream) == BBO
    assert registry.release(BBO.stream) is None
    assert registry.desired() == []


def test_candles_of_two_intervals_are_two_streams() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    minute, hour = (Subscription(type="candle", coin="BTC", interval=i) for i in ("1m", "1h"))

    assert registry.acquire(minute, 0)
    assert registry.acquire(hour, 0)
    assert registry.desired() == [minute, hour]


def test_a_book_is_held_in_one_aggregation_because_frames_do_not_name_theirs() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    registry.acquire(BOOK, 0)

    with pytest.raises(ValueError, match="nSigFigs=3"):
        registry.acquire(book_subscription("BTC", {"n_sig_figs": 3}), 0)

    assert registry.release(BOOK.stream) == BOOK


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["bbo", "trades", "l2Book"])), max_size=40)
)
def test_the_wire_never_sees_a_duplicate_whatever_the_order(steps: list[tuple[bool, str]]) -> None:
    registry = SubscriptionRegistry[Subscription](10)
    wire: set[Subscription] = set()
    holders: dict[Subscription, int] = {}
    for wants, kind in steps:
        subscription = Subscription(type=kind, coin="BTC")
        count = holders.get(subscription, 0)
        if wants:
            if registry.acquire(subscription, 0):
                assert subscription not in wire
                wire.add(subscription)
            holders[subscription] = count + 1
        elif count:
            if registry.release(subscription.stream):
                wire.remove(subscription)
            holders[subscription] = count - 1
    assert wire == {subscription for subscription, count in holders.items() if count}
    assert wire == set(registry.desired())


def test_remedies_for_a_silent_stream_escalate_and_end() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    registry.acquire(BBO, 0)
    registry.acquire(BOOK, 0)

    checks = [registry.check({BOOK.stream}, now) for now in (5, 10, 15, 20, 30, 40, 50)]

    assert checks == [
        [],
        [(BOOK, Remedy.RESUBSCRIBE)],
        [],
        [(BOOK, Remedy.RECONNECT)],
        [(BOOK, Remedy.GIVE_UP)],
        [],
        [],
    ]


def test_a_stream_that_is_heard_again_starts_anew() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    registry.acquire(BOOK, 0)
    registry.check(registry.streams, 10)

    assert registry.check(set(), 12) == []
    assert registry.check(registry.streams, 22) == [(BOOK, Remedy.RESUBSCRIBE)]


def test_silence_about_an_account_means_nothing() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    registry.acquire(Subscription(type="orderUpdates", user="0xAb"), 0)
    registry.acquire(Subscription(type="userEvents", user="0xAb"), 0)

    assert registry.check(registry.streams, 1_000) == []


def test_the_venues_echo_of_an_account_is_what_we_hold() -> None:
    held = Subscription(type="userFills", user="0xABCDEF")
    echo = b'{"type":"userFills","user":"0xabcdef","aggregateByTime":false,"dex":"","new":null}'

    assert msgspec.json.decode(echo, type=Subscription) == held
    assert msgspec.json.encode(held) == b'{"type":"userFills","user":"0xabcdef"}'
    assert held.stream == ("userFills", "")


def test_a_new_connection_gives_every_stream_its_full_time() -> None:
    registry = SubscriptionRegistry[Subscription](10)
    registry.acquire(BOOK, 0)
    registry.restart_clocks(9)

    assert registry.check(registry.streams, 18) == []
    assert registry.check(registry.streams, 19) == [(BOOK, Remedy.RESUBSCRIBE)]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (None, BOOK),
        ({}, BOOK),
        ({"depth": 3}, BOOK),
        ({"n_sig_figs": 2}, Subscription(type="l2Book", coin="BTC", nSigFigs=2)),
        (
            {"n_sig_figs": 5, "mantissa": 2},
            Subscription(type="l2Book", coin="BTC", nSigFigs=5, mantissa=2),
        ),
    ],
)
def test_book_parameters_become_the_venues(params: dict | None, expected: Subscription) -> None:
    assert book_subscription("BTC", params) == expected


@pytest.mark.parametrize(
    "params",
    [
        {"n_sig_figs": 1},
        {"n_sig_figs": 6},
        {"n_sig_figs": "x"},
        {"mantissa": 2},
        {"n_sig_figs": 4, "mantissa": 2},
        {"n_sig_figs": 5, "mantissa": 3},
    ],
)
def test_book_parameters_that_the_venue_has_not_are_refused(params: dict) -> None:
    with pytest.raises(ValueError, match="Expected"):
        book_subscription("BTC", params)
