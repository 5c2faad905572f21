"""Deposits over a real chain: what is shown, what is sent, and what is refused before."""

import json

import pytest

from custody.calls import encode_call
from custody.deployments import USDC, USDT, WETH
from custody.hyperliquid import BRIDGE
from custody.synthetix import DEPOSIT_CONTRACT, DEPOSITED_TOPIC
from tests.custody.conftest import Perpdesk
from tests.custody.local_chain import USER, LocalChain

QUICK = ("--poll-secs", "0.01", "--credit-secs", "0")
NO_PERMIT = '[[["0x0000000000000000000000000000000000000000",0],0,0],"0x"]'
ALLOWANCE = "allowance(address,address)"


def test_a_dry_run_shows_every_call_and_signs_nothing(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    done = perpdesk("deposit", "synthetix", "100", "USDT", node=ethereum)

    assert done.code == 0
    assert not ethereum.received
    for words in (
        "Deposit 100 USDT",
        "on Ethereum (chain id 1)",
        "1. USDT 0xdAC17F958D2ee523a2206206994597C13D831ec7",
        "approve(address,uint256)",
        "spender = 0xd62595c3c23b690baee0935e107a209cb1dbd37b",
        "amount = 100000000",
        "2. SynthetixDepositContract 0xD62595c3c23B690BAEE0935e107A209Cb1Dbd37B",
        f'deposits = [["{USDT.address.lower()}",100000000,"{USER.address.lower()}",0,{NO_PERMIT}]]',
        "value 0 ETH",
        "gas 400000 (reserved until the call before is mined)",
        "Fees of all at most 0.00",
        "Nothing was sent: no --yes",
    ):
        assert words in done.output


@pytest.mark.parametrize(
    ("amount", "token", "units"), [("100", "USDT", 100_000_000), ("0.5", "weth", 5 * 10**17)]
)
def test_a_deposit_is_approved_exactly_and_pulled(
    perpdesk: Perpdesk, ethereum: LocalChain, amount: str, token: str, units: int
) -> None:
    of = {"USDT": USDT, "WETH": WETH}[token.upper()]
    before = ethereum.balance(of.address)

    done = perpdesk(
        *("deposit", "synthetix", amount, token, "--yes", "--sub-account", "77", *QUICK),
        node=ethereum,
        typed=f"{amount} {of.symbol} on chain 1\n",
    )

    assert done.code == 0, done
    assert len(ethereum.received) == 2
    assert ethereum.balance(of.address) == before - units
    assert ethereum.balance(of.address, DEPOSIT_CONTRACT) == units
    assert ethereum.number(of.address, ALLOWANCE, USER.address, DEPOSIT_CONTRACT) == 0
    (log,) = ethereum.eth.get_logs({"address": DEPOSIT_CONTRACT})
    assert bytes(log["topics"][0]) == DEPOSITED_TOPIC
    assert log["data"] == units.to_bytes(32) + (77).to_bytes(32)


def test_usdt_is_reset_before_another_allowance(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    _allow(ethereum, USDT.address, 5)

    done = perpdesk(
        *("deposit", "synthetix", "100", "USDT", "--yes", *QUICK, "--json"),
        node=ethereum,
        typed="100 USDT on chain 1\n",
    )

    assert done.code == 0, done
    shown = json.loads(done.output)
    assert [call["function"][:7] for call in shown["calls"]] == ["approve", "approve", "deposit"]
    assert [call["arguments"].get("amount") for call in shown["calls"]] == [0, 100_000_000, None]
    assert shown["sent"] is True
    assert len(shown["transactions"]) == 3
    assert shown["credited"] is None
    assert ethereum.balance(USDT.address, DEPOSIT_CONTRACT) == 100_000_000


def test_weth_needs_no_reset_and_enough_allowance_no_approval(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    _allow(ethereum, WETH.address, 5)
    some = json.loads(perpdesk("deposit", "synthetix", "1", "WETH", "--json", node=ethereum).output)
    _allow(ethereum, WETH.address, 10**18)
    enough = json.loads(
        perpdesk("deposit", "synthetix", "1", "WETH", "--json", node=ethereum).output
    )

    assert [call["function"][:7] for call in some["calls"]] == ["approve", "deposit"]
    assert [call["function"][:7] for call in enough["calls"]] == ["deposit"]
    assert enough["calls"][0]["gas_is_estimate"] is True
    assert enough["sent"] is False


def test_the_bridge_is_paid_in_usdc(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    done = perpdesk(
        *("deposit", "hyperliquid", "5", "USDC", "--yes", *QUICK),
        node=arbitrum,
        typed="5 USDC on chain 42161\n",
    )

    assert done.code == 0, done
    assert len(arbitrum.received) == 1
    assert arbitrum.balance(USDC.address, BRIDGE) == 5_000_000


@pytest.mark.parametrize(
    "typed", ["", "\n", "y\n", "100 USDT\n", "100 USDT on chain 10\n", "1000 USDT on chain 1\n"]
)
def test_anything_else_typed_sends_nothing(
    perpdesk: Perpdesk, ethereum: LocalChain, typed: str
) -> None:
    done = perpdesk(
        *("deposit", "synthetix", "100", "USDT", "--yes", *QUICK), node=ethereum, typed=typed
    )

    assert done.code == 4
    assert "nothing was sent" in done.errors
    assert not ethereum.received


def test_typing_alone_sends_nothing(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    done = perpdesk(
        *("deposit", "synthetix", "100", "USDT", *QUICK),
        node=ethereum,
        typed="100 USDT on chain 1\n",
    )

    assert done.code == 0
    assert not ethereum.received


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("kraken", "1", "USDT"), 2, "Expected a venue (hyperliquid, synthetix), found 'kraken'"),
        (("synthetix", "1", "DAI"), 2, "takes (USDT or WETH), found 'DAI'"),
        (("synthetix", "1.0000001", "USDT"), 2, "Expected at most 6 decimals of USDT, found 7"),
        (("synthetix", "1e3", "USDT"), 2, "found '1e3'"),
        (("synthetix", "-1", "USDT"), 2, ""),
        (("synthetix", "0.0", "USDT"), 2, "Expected a positive amount of USDT"),
        (("synthetix", "1000.000001", "USDT"), 1, "found 1000 USDT"),
        (("hyperliquid", "4.999999", "USDC"), 2, "Expected at least 5 USDC, found 4.999999 USDC"),
        (("hyperliquid", "5", "USDC"), 1, "Arbitrum One (chain id 42161), found one of chain id 1"),
        (("hyperliquid", "5", "USDC", "--sub-account", "3"), 2, "Expected no --sub-account"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_what_was_found(
    perpdesk: Perpdesk,
    ethereum: LocalChain,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    done = perpdesk("deposit", *arguments, "--yes", *QUICK, node=ethereum, typed="yes\n")

    assert done.code == code, done
    assert words in done.errors
    assert not ethereum.received


def test_without_gas_money_nothing_is_sent(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    ethereum.told_balance_wei = 10**15

    done = perpdesk("deposit", "synthetix", "100", "USDT", "--yes", *QUICK, node=ethereum)

    assert done.code == 1
    assert "found 0.001 ETH" in done.errors
    assert not ethereum.received


def test_a_call_that_would_revert_is_not_signed(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    _allow(ethereum, WETH.address, 10**18)
    ethereum.act(DEPOSIT_CONTRACT, "pause()")

    done = perpdesk("deposit", "synthetix", "1", "WETH", "--yes", *QUICK, node=ethereum)

    assert done.code == 1
    assert "it would revert: execution reverted: deposits are paused" in done.errors
    assert not ethereum.received


def test_what_was_mined_before_a_refusal_is_not_sent_again(
    perpdesk: Perpdesk, ethereum: LocalChain
) -> None:
    """The approval is mined, the deposit would revert: the next call goes on from there."""
    ethereum.act(DEPOSIT_CONTRACT, "pause()")
    asked = ("deposit", "synthetix", "1", "WETH", "--yes", *QUICK)

    first = perpdesk(*asked, node=ethereum, typed="1 WETH on chain 1\n")
    assert first.code == 1
    assert len(ethereum.received) == 1
    assert ethereum.number(WETH.address, ALLOWANCE, USER.address, DEPOSIT_CONTRACT) == 10**18

    ethereum.act(DEPOSIT_CONTRACT, "unpause()")
    second = perpdesk(*asked, node=ethereum, typed="1 WETH on chain 1\n")
    assert second.code == 0, second
    assert len(ethereum.received) == 2


def _allow(chain: LocalChain, token: str, units: int) -> None:
    data = encode_call("approve(address,uint256)", [DEPOSIT_CONTRACT, units])
    chain.send_as(USER, token, data)
