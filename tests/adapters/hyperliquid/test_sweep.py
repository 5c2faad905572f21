"""A sweep goes on until the venue confirms, whatever stands in its way, and touches no stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.watchdog import WatchdogOptions
from adapters.hyperliquid.watchdog import sweep as sweep_module
from adapters.hyperliquid.watchdog.account import (
    NONCE_LEAD_MS,
    OpenOrder,
    WatchedAccount,
)
from adapters.hyperliquid.watchdog.sweep import Sweep, stops_of_filled_part
from tests.adapters.hyperliquid.watchdog_venue import ADDRESS, KEY, WatchdogVenue
from tests.waiting import eventually

OPTIONS = WatchdogOptions(
    url="", account=ADDRESS, key_variable="UNUSED", is_mainnet=False, silence_secs=1.0
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "SETTLE_SECS", 0.02)
    monkeypatch.setattr(sweep_module, "BACKOFF_INITIAL_SECS", 0.01)


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[WatchdogVenue]:
    async with WatchdogVenue().running() as venue:
        yield venue


def sweep_of(
    venue: WatchdogVenue,
    *,
    cancels_all: bool = False,
    parent_is_back: Callable[[], bool] = lambda: False,
) -> Sweep:
    account = WatchedAccount(
        msgspec.structs.replace(OPTIONS, url=venue.url), Signer(KEY, is_mainnet=False)
    )
    return Sweep(account, cancels_all=cancels_all, parent_is_back=parent_is_back)


async def test_everything_but_reduce_only_orders_goes_on_every_dex(venue: WatchdogVenue) -> None:
    stops = [venue.rest("BTC", reduce_only=True), venue.rest("xyz:GOLD", reduce_only=True)]
    for coin in ("BTC", "ETH", "@107", "xyz:TSLA"):
        venue.rest(coin)

    assert await sweep_of(venue).run(10)

    assert venue.oids == stops
    assert venue.signers == [ADDRESS]


async def test_reduce_only_orders_go_too_when_asked_for(venue: WatchdogVenue) -> None:
    venue.rest("BTC", reduce_only=True)
    venue.rest("xyz:GOLD")

    assert await sweep_of(venue, cancels_all=True).run(10)

    assert venue.oids == []


async def test_an_empty_account_is_looked_at_twice_and_left_alone(venue: WatchdogVenue) -> None:
    assert await sweep_of(venue).run(10)

    assert venue.actions == []
    looks = [request["dex"] for request in venue.requests if "dex" in request]
    assert sorted(looks) == ["", "", "xyz", "xyz"]


async def test_an_order_that_lands_after_the_first_empty_look_goes_too(
    venue: WatchdogVenue,
) -> None:
    sweep = asyncio.create_task(sweep_of(venue).run(10))
    await eventually(lambda: len(venue.requests) >= 5)
    venue.rest("ETH")

    assert await sweep
    assert venue.oids == []


@pytest.mark.parametrize(
    "failure",
    [
        (502, "<html><body>Bad Gateway</body></html>"),
        (429, "null"),
        (422, "Failed to deserialize the JSON body into the target type"),
        (200, "<html>"),
        (200, '{"status":"err","response":"User or API Wallet 0x00 does not exist."}'),
    ],
)
async def test_whatever_the_venue_answers_it_is_asked_again(
    venue: WatchdogVenue, failure: tuple[int, str]
) -> None:
    venue.rest("BTC")
    venue.failures.extend([failure] * 9)

    assert await sweep_of(venue).run(10)

    assert venue.oids == []
    assert not venue.failures


@pytest.mark.parametrize("failure", [(502, ""), (200, '{"status":"err","response":"no"}')])
async def test_a_cancel_that_fails_is_sent_again_with_another_nonce(
    venue: WatchdogVenue, failure: tuple[int, str]
) -> None:
    venue.rest("BTC")
    venue.action_failures.extend([failure] * 2)

    assert await sweep_of(venue).run(10)

    assert venue.oids == []
    assert len({action["nonce"] for action in venue.actions}) == 3


async def test_one_dex_out_of_order_keeps_none_of_the_others_waiting(
    venue: WatchdogVenue,
) -> None:
    venue.rest("BTC")
    venue.rest("xyz:GOLD")
    sweep = sweep_of(venue)
    markets = await sweep._account.markets()
    sweep._markets = msgspec.structs.replace(markets, dexes=("", "gone", "xyz"))

    assert not await sweep.run(0.5)  # since not every dex could confirm
    assert venue.oids == []


async def test_a_parent_that_is_back_keeps_its_new_orders(venue: WatchdogVenue) -> None:
    venue.rest("BTC")
    venue.action_failures.append((502, ""))
    looks, new = 0, []

    def parent_is_back() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:  # after the look whose cancel failed
            new.append(venue.rest("BTC"))
        return looks == 2

    assert await sweep_of(venue, parent_is_back=parent_is_back).run(10)
    assert venue.oids == new


async def test_an_unknown_coin_is_looked_up_again_and_hides_no_other(
    venue: WatchdogVenue,
) -> None:
    venue.rest("BTC")
    sweep = sweep_of(venue)
    sweep._markets = msgspec.structs.replace(await sweep._account.markets(), asset_ids={"ETH": 1})

    assert await sweep.run(10)
    assert venue.oids == []


async def test_many_orders_go_in_batches(venue: WatchdogVenue) -> None:
    for _ in range(250):
        venue.rest("ETH")

    assert await sweep_of(venue).run(10)

    assert [len(one["action"]["cancels"]) for one in venue.actions] == [100, 100, 50]


async def test_twaps_that_run_are_stopped_unless_they_reduce(venue: WatchdogVenue) -> None:
    venue.trade_slowly("BTC", 7)
    venue.trade_slowly("xyz:TSLA", 8)
    venue.trade_slowly("ETH", 9, reduce_only=True)
    venue.trade_slowly("ETH", None)  # an old one
    venue.trade_slowly("ETH", 6)
    venue._cancel_twap(1, 6)

    assert await sweep_of(venue).run(10)

    stopped = [action["action"] for action in venue.actions]
    assert stopped == [
        {"type": "twapCancel", "a": 0, "t": 7},
        {"type": "twapCancel", "a": 120_000, "t": 8},
    ]


async def test_a_twap_whose_history_lags_is_not_stopped_for_ever(venue: WatchdogVenue) -> None:
    venue.trade_slowly("BTC", 7)
    venue._cancel_twap = lambda *_: "success"

    assert await sweep_of(venue).run(10)
    assert len(venue.actions) == 1


@pytest.mark.parametrize("failures", [[], [(502, "")]])
async def test_an_entry_that_filled_in_part_leaves_its_stop_for_that_part(
    venue: WatchdogVenue, failures: list[tuple[int, str]]
) -> None:
    venue.rest("ETH", left="1.25", stop="1.0")
    venue.rest("BTC", stop="1.0")  # nothing has filled: there is no position to protect
    venue.action_failures.extend(failures)

    assert await sweep_of(venue).run(10)

    assert venue.oids == []
    assert [{**stop, "c": len(stop["c"])} for stop in venue.stops] == [
        {
            "a": 1, "b": False, "p": "0.9", "s": "0.75", "r": True, "c": 34,
            "t": {"trigger": {"isMarket": True, "triggerPx": "1", "tpsl": "sl"}},
        }
    ]  # fmt: skip
    kinds = [action["action"]["type"] for action in venue.actions]
    assert kinds == ["order"] * (1 + len(failures)) + ["cancel"]


async def test_a_stop_whose_answer_was_lost_is_not_placed_twice(venue: WatchdogVenue) -> None:
    oid = venue.rest("ETH", left="1.25", stop="1.0")
    entry = msgspec.convert(venue.orders[0], OpenOrder, strict=False)
    venue.rest("ETH", reduce_only=True)
    venue.orders[1]["cloid"] = stops_of_filled_part(entry, 1)[0].c

    assert await sweep_of(venue).run(10)

    assert venue.stops == []
    assert oid not in venue.oids


async def test_a_stop_that_the_venue_refuses_lets_no_entry_rest_on(venue: WatchdogVenue) -> None:
    venue.rest("ETH", left="1.25", stop="1.0")
    venue.action_failures.append((200, '{"status":"err","response":"Too many cumulative"}'))

    assert await sweep_of(venue).run(10)

    assert venue.oids == []
    assert [action["action"]["type"] for action in venue.actions] == ["order", "cancel"]


async def test_no_stop_is_placed_where_everything_is_to_go(venue: WatchdogVenue) -> None:
    venue.rest("ETH", left="1.25", stop="1.0")

    assert await sweep_of(venue, cancels_all=True).run(10)

    assert (venue.oids, venue.stops) == ([], [])


async def test_an_order_with_nothing_but_its_name_is_cancelled(venue: WatchdogVenue) -> None:
    oid = venue.rest("ETH")
    venue.orders[:] = [{"coin": "ETH", "oid": oid}]

    assert await sweep_of(venue).run(10)
    assert venue.oids == []


async def test_nonces_are_ahead_of_what_a_crashed_parent_may_have_used(
    venue: WatchdogVenue,
) -> None:
    venue.rest("BTC")
    before = time.time_ns() // 1_000_000
    assert await sweep_of(venue).run(10)
    assert venue.actions[0]["nonce"] >= before + NONCE_LEAD_MS


async def test_a_sub_account_is_swept_in_its_name(venue: WatchdogVenue) -> None:
    venue.rest("BTC")
    options = msgspec.structs.replace(OPTIONS, url=venue.url, vault_address=ADDRESS)
    account = WatchedAccount(options, Signer(KEY, is_mainnet=False))

    assert await Sweep(account, cancels_all=False, parent_is_back=lambda: False).run(10)

    assert venue.actions[0]["vaultAddress"] == ADDRESS
    assert venue.signers == [ADDRESS]


async def test_a_venue_that_never_answers_is_given_up(venue: WatchdogVenue) -> None:
    venue.failures.extend([(503, "")] * 10_000)
    assert not await sweep_of(venue).run(0.3)
