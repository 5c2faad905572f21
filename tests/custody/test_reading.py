"""What is read from the chain, and how two processes with one wallet keep apart."""

import json
import os

from custody.calls import encode_call
from custody.deployments import USDT, WETH
from custody.journal import open_journal
from custody.synthetix import DEPOSIT_CONTRACT
from tests.custody.conftest import Perpdesk
from tests.custody.local_chain import USER, LocalChain


def test_balances_of_the_wallet(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    shown = perpdesk("balances", "synthetix", node=ethereum)
    done = perpdesk("balances", "synthetix", "--json", node=ethereum)

    assert (shown.code, done.code) == (0, 0)
    assert f"{USER.address} on Ethereum (chain id 1) holds" in shown.output
    assert json.loads(done.output) == {
        "address": USER.address,
        "chain_id": 1,
        "amounts": {"ETH": "1", "USDT": "1000", "WETH": "2"},
    }


def test_balances_on_arbitrum(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    done = perpdesk("balances", "hyperliquid", "--json", node=arbitrum)

    assert json.loads(done.output)["amounts"] == {"ETH": "1", "USDC": "1000"}


def test_allowances_of_the_deposit_contract(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    data = encode_call("approve(address,uint256)", [DEPOSIT_CONTRACT, 5])
    ethereum.send_as(USER, USDT.address, data)
    ethereum.send_as(USER, WETH.address, data)

    done = perpdesk("allowance", "synthetix", "--json", node=ethereum)

    amounts = json.loads(done.output)["amounts"]
    assert amounts == {"USDT": "0.000005", "WETH": "0.000000000000000005"}


def test_the_bridge_needs_no_allowance(perpdesk: Perpdesk, arbitrum: LocalChain) -> None:
    done = perpdesk("allowance", "hyperliquid", node=arbitrum)

    assert done.code == 0
    assert "no allowance" in done.output


def test_a_node_of_another_chain_tells_no_balance(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    done = perpdesk("balances", "hyperliquid", node=ethereum)

    assert done.code == 1
    assert (
        "Expected a node of Arbitrum One (chain id 42161), found one of chain id 1" in done.errors
    )
    assert not done.output


def test_contracts_that_are_not_there_stop_a_deposit(
    perpdesk: Perpdesk, arbitrum: LocalChain
) -> None:
    """A chain that claims to be Ethereum and is not: a fork without the venue, say."""
    arbitrum.told_chain_id = 1

    done = perpdesk("deposit", "synthetix", "1", "USDT", "--yes", node=arbitrum)

    assert done.code == 1
    assert f"Expected the contract of USDT at {USDT.address}, found no code" in done.errors


def test_only_one_process_sends_with_a_wallet(perpdesk: Perpdesk, ethereum: LocalChain) -> None:
    with open_journal(os.environ, 1, USER.address, "chain").locked():
        done = perpdesk("deposit", "synthetix", "1", "USDT", "--yes", node=ethereum)

    assert done.code == 1
    assert "is locked" in done.errors
    assert not ethereum.received
