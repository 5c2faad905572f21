"""Credits and withdrawals at Synthetix, against a stand-in that checks every signature."""

from collections.abc import Iterator

import pytest
from eth_account import Account

from custody.synthetix_signing import SignedBody, signs_for
from custody.wallet import Wallet
from tests.custody.conftest import Outcome, Perpdesk
from tests.custody.local_chain import USER, LocalChain
from tests.custody.synthetix_stand_in import SUB_ACCOUNT, SynthetixStandIn, serving

FAST = ("--poll-secs", "0.01")


@pytest.fixture
def venue() -> Iterator[SynthetixStandIn]:
    """Return the venue, with no chain behind it."""
    with serving(SynthetixStandIn()) as venue:
        yield venue


def pay(perpdesk: Perpdesk, chain: LocalChain, venue: SynthetixStandIn) -> Outcome:
    venue.chain = chain
    return perpdesk(
        *("deposit", "synthetix", "100", "USDT", "--yes", *FAST),
        *("--credit-secs", "0.1", "--venue-url", venue.url),
        node=chain,
        typed="100 USDT on chain 1\n",
    )


def withdraw(perpdesk: Perpdesk, venue: SynthetixStandIn, amount: str = "100") -> Outcome:
    return perpdesk(
        *("withdraw", "synthetix", amount, "USDT", "--yes", *FAST, "--venue-url", venue.url),
        typed=f"{amount} USDT on chain 1\n",
    )


@pytest.mark.parametrize("tells_hashes", [True, False])
def test_a_deposit_ends_with_its_credit(
    perpdesk: Perpdesk, ethereum: LocalChain, venue: SynthetixStandIn, tells_hashes: bool
) -> None:
    venue.tells_hashes = tells_hashes
    assert pay(perpdesk, ethereum, venue).code == 0

    done = pay(perpdesk, ethereum, venue)  # the first one's credit is not taken for this one's

    assert done.code == 0, done
    assert "100 USDT credited" in done.output
    assert len(venue._deposits()) == 2


def test_a_deposit_that_is_not_credited_in_time_is_unknown_and_not_repeated(
    perpdesk: Perpdesk, ethereum: LocalChain, venue: SynthetixStandIn
) -> None:
    venue.credits_deposits = False

    first = pay(perpdesk, ethereum, venue)
    again = pay(perpdesk, ethereum, venue)

    assert first.code == 5
    assert "The deposit is mined (0x" in first.errors
    assert again.code == 4
    assert len(venue._deposits()) == 1


def test_books_that_cannot_be_read_stop_a_deposit_before_it_is_sent(
    perpdesk: Perpdesk, ethereum: LocalChain, venue: SynthetixStandIn
) -> None:
    venue.url += "/nowhere"

    done = pay(perpdesk, ethereum, venue)

    assert done.code == 3
    assert not ethereum.received


def test_a_wallet_without_an_account_may_still_deposit(
    perpdesk: Perpdesk, ethereum: LocalChain, venue: SynthetixStandIn
) -> None:
    venue.has_account = False

    done = pay(perpdesk, ethereum, venue)

    assert done.code == 0, done
    assert "the venue was not asked" in done.output


def test_a_withdrawal_is_ordered_once(perpdesk: Perpdesk, venue: SynthetixStandIn) -> None:
    done = withdraw(perpdesk, venue)

    assert done.code == 0, done
    assert "The venue keeps 1.25 USDT of it as its fee" in done.output
    (order,) = venue.orders
    assert order["subaccountId"] == SUB_ACCOUNT
    assert (order["symbol"], order["amount"]) == ("USDT", "100")
    assert order["destination"] == USER.address


def test_a_dry_withdrawal_orders_nothing(perpdesk: Perpdesk, venue: SynthetixStandIn) -> None:
    done = perpdesk("withdraw", "synthetix", "100", "USDT", "--venue-url", venue.url)

    assert done.code == 0
    assert "Nothing was ordered: no --yes" in done.output
    assert "withdrawCollateral" not in venue.asked


@pytest.mark.parametrize(
    ("amount", "code", "words"),
    [
        ("500.6", 1, "Expected 500.6 USDT to be withdrawable, found 500.5 USDT"),
        ("1.25", 1, "Expected more than the venue's fee of 1.25 USDT, found 1.25 USDT"),
        ("1.0000001", 2, "Expected at most 6 decimals"),
    ],
)
def test_what_cannot_be_withdrawn_is_not_ordered(
    perpdesk: Perpdesk, venue: SynthetixStandIn, amount: str, code: int, words: str
) -> None:
    done = withdraw(perpdesk, venue, amount)

    assert done.code == code
    assert words in done.errors
    assert not venue.orders


def test_another_line_orders_nothing(perpdesk: Perpdesk, venue: SynthetixStandIn) -> None:
    done = perpdesk(
        *("withdraw", "synthetix", "100", "USDT", "--yes", "--venue-url", venue.url),
        typed="100 USDT on chain 10\n",
    )

    assert done.code == 4
    assert not venue.orders


def test_a_refused_withdrawal_may_be_asked_for_again(
    perpdesk: Perpdesk, venue: SynthetixStandIn
) -> None:
    venue.answers_withdrawals = "refused"
    refused = withdraw(perpdesk, venue)
    venue.answers_withdrawals = "taken"

    assert refused.code == 3
    assert "INSUFFICIENT_MARGIN" in refused.errors
    assert withdraw(perpdesk, venue).code == 0


def test_a_withdrawal_without_an_answer_is_found_in_the_books(
    perpdesk: Perpdesk, venue: SynthetixStandIn
) -> None:
    venue.answers_withdrawals = "taken without an answer"

    done = withdraw(perpdesk, venue)

    assert done.code == 0, done
    assert len(venue.orders) == 1


def test_a_withdrawal_that_may_be_lost_is_not_ordered_again(
    perpdesk: Perpdesk, venue: SynthetixStandIn
) -> None:
    venue.answers_withdrawals = "lost"
    assert withdraw(perpdesk, venue).code == 5
    venue.answers_withdrawals = "taken"

    assert withdraw(perpdesk, venue).code == 5
    assert not venue.orders

    look = ("pending", "synthetix", *FAST, "--venue-url", venue.url)
    assert perpdesk(*look).code == 5
    assert perpdesk(*look, "--forget").code == 0
    assert withdraw(perpdesk, venue).code == 0


def test_a_read_is_signed_as_the_venues_own_sdk_signs_it() -> None:
    """The fact sheet's vector V8, of synthetix-sdk 0.7.0."""
    wallet = Wallet(Account.from_key("0x" + "11" * 32))

    body = signs_for(wallet, int(SUB_ACCOUNT))("getOpenOrders", {}, 1_700_000_000_000)

    assert isinstance(body, SignedBody)
    assert body.expires_after == 1_700_000_060_000
    assert body.signature.v == 28
    assert body.signature.r == "0x8f6f1634d1ef101785ee07d6fd091db5e11a1b3f873b41d5a5dd60919d72d5cc"
    assert body.signature.s == "0x7daf9935539cd4c6acc63a88fe325bcd2bb064225cc144a0534279e8352ed4d9"
