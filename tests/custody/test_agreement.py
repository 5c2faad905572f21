"""What has changed since a person agreed to it is not sent; nor is money called credited unseen."""

from collections.abc import Callable

import pytest

from custody.calls import encode_call
from custody.deployments import WETH
from custody.synthetix import DEPOSIT_CONTRACT
from tests.custody.conftest import Outcome, Perpdesk, Typing
from tests.custody.local_chain import USER, LocalChain


def allow(chain: LocalChain, units: int) -> None:
    """Set what the venue's contract may take, as the user's other wallet would."""
    data = encode_call("approve(address,uint256)", [DEPOSIT_CONTRACT, units])
    chain.send_as(USER, WETH.address, data)


def pay(perpdesk: Perpdesk, chain: LocalChain, meanwhile: Callable[[], object]) -> Outcome:
    """Ask for a deposit of 1 WETH, which is allowed already."""
    allow(chain, 10**18)
    return perpdesk(
        *("deposit", "synthetix", "1", "WETH", "--yes", "--poll-secs", "0.01"),
        *("--credit-secs", "0"),
        node=chain,
        typed=Typing("1 WETH on chain 1\n", meanwhile),
    )


def test_an_allowance_that_was_taken_back_is_missed_before_the_deposit(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    done = pay(perpdesk, ethereum, lambda: allow(ethereum, 10**17))

    assert done.code == 1
    assert "Expected an allowance of 1 WETH" in done.errors
    assert "found 0.1 WETH" in done.errors
    assert not ethereum.received


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("tip_wei", 10**11, "as agreed, found 10"),
        ("told_gas", 400_000, "as agreed, the node estimates 400000"),
        ("told_balance_wei", 10**13, "found 0.00001 ETH"),
        ("told_chain_id", 10, "Expected a node of Ethereum (chain id 1), found one of chain id 10"),
    ],
)
def test_what_has_become_dearer_or_another_chain_is_not_signed(
    perpdesk: Perpdesk, ethereum: LocalChain, attribute: str, value: int, words: str
) -> None:
    done = pay(perpdesk, ethereum, lambda: setattr(ethereum, attribute, value))

    assert done.code == 1
    assert words in done.errors
    assert not ethereum.received


def test_a_mined_deposit_without_its_event_is_not_called_done(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    done = pay(perpdesk, ethereum, lambda: setattr(ethereum, "hides_events", True))

    assert done.code == 5
    assert f"found none from {DEPOSIT_CONTRACT}" in done.errors
    assert len(ethereum.received) == 1
