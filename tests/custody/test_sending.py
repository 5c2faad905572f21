"""What goes wrong with a transaction on its way: unknown is not failed, nothing goes twice."""

import pytest

from custody.calls import encode_call
from custody.deployments import USDC, USDT, WETH
from custody.hyperliquid import BRIDGE
from custody.synthetix import DEPOSIT_CONTRACT
from tests.custody.conftest import Outcome, Perpdesk
from tests.custody.local_chain import USER, LocalChain

FAST = ("--poll-secs", "0.01", "--credit-secs", "0", "--receipt-secs", "0.1")
PENDING = ("pending", "hyperliquid", "--poll-secs", "0.01")


def pay(perpdesk: Perpdesk, chain: LocalChain) -> Outcome:
    """Ask for a deposit of 5 USDC, which is one transaction."""
    return perpdesk(
        *("deposit", "hyperliquid", "5", "USDC", "--yes", *FAST),
        node=chain,
        typed="5 USDC on chain 42161\n",
    )


def test_a_receipt_that_does_not_come_is_unknown_and_nothing_is_sent_again(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.mines = False

    first = pay(perpdesk, arbitrum)
    again = pay(perpdesk, arbitrum)
    look = perpdesk(*PENDING, node=arbitrum)

    assert (first.code, again.code, look.code) == (5, 5, 5)
    assert len(arbitrum.received) == 1
    (mark,) = {word for word in first.errors.split() if word.startswith("0x")}
    assert f"Sent {mark}" in first.output
    for done in (again, look):
        assert f"{mark} (deposit 5 USDC)" in done.errors
    assert "`perpdesk funds pending` looks again" in first.errors


def test_a_late_receipt_is_found_and_the_deposit_not_repeated(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.mines = False
    pay(perpdesk, arbitrum)
    arbitrum.mine()

    found = pay(perpdesk, arbitrum)
    assert found.code == 4
    assert "was mined in block" in found.errors
    assert len(arbitrum.received) == 1
    assert arbitrum.balance(USDC.address, BRIDGE) == 5_000_000

    assert pay(perpdesk, arbitrum).code == 0
    assert arbitrum.balance(USDC.address, BRIDGE) == 10_000_000


def test_looking_again_frees_the_way(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    arbitrum.mines = False
    pay(perpdesk, arbitrum)
    arbitrum.mine()

    look = perpdesk(*PENDING, node=arbitrum)

    assert look.code == 0
    assert "(deposit 5 USDC) was mined in block" in look.output
    assert "Nothing is unfinished" in perpdesk(*PENDING, node=arbitrum).output


def test_a_sending_without_an_answer_is_watched(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    """The node has taken it and its answer was lost: the receipt tells, nothing is repeated."""
    arbitrum.mute.add("eth_sendRawTransaction")

    done = pay(perpdesk, arbitrum)

    assert done.code == 0, done
    assert len(arbitrum.received) == 1
    assert arbitrum.asked.count("eth_sendRawTransaction") == 1


def test_a_node_that_falls_silent_after_the_sending_leaves_it_unknown(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.mute |= {"eth_sendRawTransaction", "eth_getTransactionReceipt"}

    done = pay(perpdesk, arbitrum)

    assert done.code == 5
    assert len(arbitrum.received) == 1


def test_a_sending_without_an_answer_that_the_node_does_not_know_is_unknown(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    """It may be on its way through another node."""
    arbitrum.mute.add("eth_sendRawTransaction")
    arbitrum.loses = True

    assert pay(perpdesk, arbitrum).code == 5
    assert pay(perpdesk, arbitrum).code == 5
    assert len(arbitrum.received) == 1


def test_a_refused_transaction_was_not_sent(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    arbitrum.refusal = "transaction underpriced"

    done = pay(perpdesk, arbitrum)
    arbitrum.refusal = ""

    assert done.code == 1
    assert "it refused: transaction underpriced" in done.errors
    assert pay(perpdesk, arbitrum).code == 0


def test_a_transaction_of_somebody_elses_making_waits_first(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.waiting.append(b"\x02 something of the user's")

    done = pay(perpdesk, arbitrum)

    assert done.code == 1
    assert "Expected no transaction of" in done.errors
    assert not arbitrum.received


def test_a_replaced_transaction_is_told_from_a_waiting_one(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.mines = False
    pay(perpdesk, arbitrum)
    arbitrum.waiting.clear()
    other = encode_call("transfer(address,uint256)", [USER.address, 1])
    arbitrum.send_as(USER, USDC.address, other)

    done = pay(perpdesk, arbitrum)

    assert done.code == 1
    assert "with its nonce 0: it was replaced, nothing moved" in done.errors
    assert len(arbitrum.received) == 1


def test_a_lost_transaction_is_given_up_only_by_hand(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    arbitrum.loses = True
    assert pay(perpdesk, arbitrum).code == 5
    arbitrum.loses = False
    assert pay(perpdesk, arbitrum).code == 5
    assert perpdesk(*PENDING, node=arbitrum).code == 5

    given_up = perpdesk(*PENDING, "--forget", node=arbitrum)
    assert given_up.code == 0
    assert "(deposit 5 USDC), which the node does not know" in given_up.output

    assert pay(perpdesk, arbitrum).code == 0
    first, second = arbitrum.received
    assert first[:12] == second[:12]  # type, chain and nonce: never both of them are mined


def test_a_waiting_transaction_is_not_given_up(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    arbitrum.mines = False
    pay(perpdesk, arbitrum)

    done = perpdesk(*PENDING, "--forget", node=arbitrum)

    assert done.code == 1
    assert "to have lost" in done.errors
    assert perpdesk(*PENDING, node=arbitrum).code == 5


def test_a_transaction_that_reverts_when_mined_says_so(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    """The deposit works when it is estimated, and no more when it is mined."""
    data = encode_call("approve(address,uint256)", [DEPOSIT_CONTRACT, 10**18])
    ethereum.send_as(USER, WETH.address, data)
    ethereum.mines = False
    asked = ("deposit", "synthetix", "1", "WETH", "--yes", *FAST)
    assert perpdesk(*asked, node=ethereum, typed="1 WETH on chain 1\n").code == 5
    ethereum.act(DEPOSIT_CONTRACT, "pause()")
    ethereum.mine()

    done = perpdesk(*asked, node=ethereum, typed="1 WETH on chain 1\n")

    assert done.code == 1
    assert "(deposit 1 WETH) to work, it reverted in block" in done.errors
    assert len(ethereum.received) == 1
    assert ethereum.balance(WETH.address) == 2 * 10**18


def test_an_approval_that_was_mined_late_is_not_made_again(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    ethereum.mines = False
    asked = ("deposit", "synthetix", "100", "USDT", "--yes", *FAST)
    assert perpdesk(*asked, node=ethereum, typed="100 USDT on chain 1\n").code == 5
    ethereum.mine()

    done = perpdesk(*asked, node=ethereum, typed="100 USDT on chain 1\n")

    assert done.code == 0, done
    assert len(ethereum.received) == 2
    assert ethereum.balance(USDT.address, DEPOSIT_CONTRACT) == 100_000_000


@pytest.mark.parametrize(
    "method",
    ["eth_chainId", "eth_call", "eth_getTransactionCount", "eth_estimateGas", "eth_getBalance"],
)
def test_a_silent_node_sends_nothing(perpdesk: Perpdesk, arbitrum: LocalChain, method: str) -> None:
    arbitrum.mute.add(method)

    done = pay(perpdesk, arbitrum)

    assert done.code == 3
    assert "Expected the node to answer with" in done.errors
    assert not arbitrum.received
