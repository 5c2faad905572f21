"""Credits and withdrawals at Hyperliquid, against the loopback venue."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from custody.deployments import USDC
from custody.hyperliquid import BRIDGE
from simulator.fault_rules import Abort, DropReply, DropRequest, Rule, Status
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from simulator.hyperliquid_trading import TradingOptions
from tests.custody.conftest import Outcome, Perpdesk
from tests.custody.local_chain import USER, LocalChain

NAME = USER.address.lower()
FAST = ("--poll-secs", "0.01")

type Asked = Callable[..., Awaitable[Outcome]]


@pytest.fixture
async def venue() -> AsyncIterator[HyperliquidVenue]:
    """Return the venue, at which the user has 100 USDC."""
    now_ms = time.time_ns() // 1_000_000
    trading = TradingOptions(accounts=((NAME, Decimal(100)),), is_mainnet=True)
    options = VenueOptions(start_ms=now_ms, history_minutes=1, control=True, trading=trading)
    venue = HyperliquidVenue(options)
    async with venue.running():
        yield venue


@pytest.fixture
def asked(perpdesk: Perpdesk, venue: HyperliquidVenue) -> Asked:
    """Return `perpdesk funds` beside the venue, in a thread of its own."""

    async def call(*arguments: str, node: LocalChain | None = None, typed: str = "") -> Outcome:
        words = (*arguments, *FAST, "--venue-url", venue.http_url)
        return await asyncio.to_thread(perpdesk, *words, node=node, typed=typed)

    return call


def withdrawals(venue: HyperliquidVenue) -> list[dict[str, Any]]:
    deltas = (row.delta for row in venue.trading.records(NAME).ledger)
    return [delta for delta in deltas if delta["type"] == "withdraw"]


async def withdraw(asked: Asked, amount: str) -> Outcome:
    return await asked(
        "withdraw", "hyperliquid", amount, "USDC", "--yes", typed=f"{amount} USDC on chain 42161\n"
    )


async def credit_what_arrives(venue: HyperliquidVenue, chain: LocalChain, now_ms: int) -> None:
    """Book what the bridge is paid, as the venue's validators do."""
    while not chain.balance(USDC.address, BRIDGE):
        await asyncio.sleep(0.01)
    venue.trading.note(NAME, {"type": "deposit", "usdc": "50.0"}, now_ms)


async def test_a_deposit_ends_with_its_credit(
    asked: Asked, venue: HyperliquidVenue, arbitrum: LocalChain
) -> None:
    now_ms = time.time_ns() // 1_000_000
    venue.trading.note(NAME, {"type": "deposit", "usdc": "50.0"}, now_ms)  # an earlier one
    crediting = asyncio.create_task(credit_what_arrives(venue, arbitrum, now_ms), name="credit")

    done = await asked(
        *("deposit", "hyperliquid", "50", "USDC", "--yes", "--credit-secs", "5"),
        node=arbitrum,
        typed="50 USDC on chain 42161\n",
    )
    await crediting

    assert done.code == 0, done
    assert "50 USDC credited" in done.output


async def test_an_earlier_credit_is_not_this_ones(
    asked: Asked, venue: HyperliquidVenue, arbitrum: LocalChain
) -> None:
    now_ms = time.time_ns() // 1_000_000
    venue.trading.note(NAME, {"type": "deposit", "usdc": "50.0"}, now_ms)

    done = await asked(
        *("deposit", "hyperliquid", "50", "USDC", "--yes", "--credit-secs", "0.1"),
        node=arbitrum,
        typed="50 USDC on chain 42161\n",
    )

    assert done.code == 5
    assert "The deposit is mined (0x" in done.errors


async def test_a_withdrawal_is_signed_by_the_wallet_and_booked(
    asked: Asked, venue: HyperliquidVenue
) -> None:
    done = await withdraw(asked, "40.5")

    assert done.code == 0, done
    assert "The venue keeps 1 USDC of it as its fee" in done.output
    (delta,) = withdrawals(venue)
    assert (delta["usdc"], delta["fee"]) == ("39.5", "1.0")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("100.000001", "Expected 100.000001 USDC to be withdrawable, found 100 USDC"),
        ("1", "Expected more than the venue's fee of 1 USDC, found 1 USDC"),
    ],
)
async def test_what_is_not_there_is_not_ordered(
    asked: Asked, venue: HyperliquidVenue, amount: str, words: str
) -> None:
    done = await withdraw(asked, amount)

    assert done.code == 1
    assert words in done.errors
    assert not withdrawals(venue)


async def test_a_dry_withdrawal_orders_nothing(asked: Asked, venue: HyperliquidVenue) -> None:
    done = await asked("withdraw", "hyperliquid", "40", "USDC")

    assert done.code == 0
    assert not withdrawals(venue)


@pytest.mark.parametrize(
    "fault",
    [
        DropReply(on="exchange", count=1),
        Abort(on="exchange", executed=True, count=1),
        Status(on="exchange", status=502, executed=True, count=1),
    ],
)
async def test_a_withdrawal_without_an_answer_is_found_by_its_nonce(
    asked: Asked, venue: HyperliquidVenue, fault: Rule
) -> None:
    venue.faults.add(fault)

    done = await withdraw(asked, "40")

    assert done.code == 0, done
    assert "Looking into the venue's books" in done.output
    assert len(withdrawals(venue)) == 1


@pytest.mark.parametrize(
    "fault", [DropRequest(on="exchange", count=1), Status(on="exchange", status=502, count=1)]
)
async def test_a_withdrawal_that_may_be_lost_is_not_ordered_again(
    asked: Asked, venue: HyperliquidVenue, fault: Rule
) -> None:
    venue.faults.add(fault)

    assert (await withdraw(asked, "40")).code == 5
    assert (await withdraw(asked, "40")).code == 5
    assert not withdrawals(venue)

    assert (await asked("pending", "hyperliquid", "--forget")).code == 0
    assert (await withdraw(asked, "40")).code == 0
    assert len(withdrawals(venue)) == 1


async def test_a_withdrawal_that_came_late_is_not_ordered_again(
    asked: Asked, venue: HyperliquidVenue
) -> None:
    """The answer and, for a while, the books are out of reach."""
    venue.faults.add(DropReply(on="exchange", count=1))
    venue.faults.add(Status(on="info", type="userNonFundingLedgerUpdates", status=500, count=3))

    assert (await withdraw(asked, "40")).code == 5
    again = await withdraw(asked, "40")

    assert again.code == 4
    assert "The venue has an earlier call's withdraw 40 USDC" in again.errors
    assert len(withdrawals(venue)) == 1


async def test_the_venues_refusal_is_told(asked: Asked, venue: HyperliquidVenue) -> None:
    venue.faults.add(Status(on="exchange", status=422, body="no such action", count=1))

    done = await withdraw(asked, "40")

    assert done.code == 3
    assert "found HTTP 422: no such action" in done.errors
    assert (await withdraw(asked, "40")).code == 0


async def test_an_account_of_one_pool_withdraws_from_it(
    asked: Asked, venue: HyperliquidVenue
) -> None:
    """Its USDC stands among the spot balances; what its perps say is not asked."""
    venue.trading.directory.abstractions[NAME] = "unifiedAccount"
    venue.faults.add(Status(on="info", type="clearinghouseState", status=500))

    too_much = await withdraw(asked, "100.5")
    done = await withdraw(asked, "40")

    assert too_much.code == 1
    assert "found 100 USDC" in too_much.errors
    assert done.code == 0, done
    assert len(withdrawals(venue)) == 1
