"""Calls as bytes: the selectors of the venue and of ERC-20, read back from what is signed."""

import msgspec
import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from custody.calls import argument_types, decoded_arguments
from custody.deployments import USDC, USDT, WETH
from custody.erc20 import approvals, approve, transfer
from custody.fees import Fees, gas_limit
from custody.hyperliquid import BRIDGE
from custody.synthetix import DEPOSIT, DEPOSIT_CONTRACT, DEPOSITED_TOPIC, deposit_call
from custody.transactions import Transaction
from custody.wallet import Wallet

OWNER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
UNITS = st.integers(0, 2**256 - 1)


def test_selector_and_topic_are_the_venues() -> None:
    call = deposit_call(USDT, 1, OWNER, 0)

    assert call.data[:4].hex() == "b5e45738"
    assert (
        DEPOSITED_TOPIC.hex() == "8d9f8eed9603fe0e069574aaf008e644885b52d54ba86f026277ac9db1c2d08a"
    )
    assert call.to == DEPOSIT_CONTRACT
    assert call.value_wei == 0


def test_the_selectors_of_erc20() -> None:
    assert approve(USDT, BRIDGE, 1).data[:4].hex() == "095ea7b3"
    assert transfer(USDC, BRIDGE, 1).data[:4].hex() == "a9059cbb"


@given(UNITS, st.integers(0, 2**64 - 1))
def test_a_deposit_reads_back_from_its_bytes(units: int, sub_account: int) -> None:
    call = deposit_call(WETH, units, OWNER, sub_account)

    nobody = "0x" + "0" * 40
    permit = [[[nobody, 0], 0, 0], "0x"]
    one = [WETH.address.lower(), units, OWNER.lower(), sub_account, permit]
    assert decoded_arguments(call) == {"deposits": [one]}


def test_bytes_of_another_function_are_not_explained() -> None:
    call = msgspec.structs.replace(transfer(USDC, BRIDGE, 1), signature="approve(address,uint256)")

    with pytest.raises(ValueError, match="0xa9059cbb"):
        decoded_arguments(call)


def test_types_stand_between_the_outer_commas() -> None:
    assert argument_types("f(address,(uint256,bytes)[],bool)") == [
        "address",
        "(uint256,bytes)[]",
        "bool",
    ]
    assert argument_types("decimals()") == []
    assert len(argument_types(DEPOSIT)) == 1


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_approvals_end_with_enough_and_usdt_never_changes_what_is_not_zero(
    units: int, allowed: int
) -> None:
    amounts = [decoded_arguments(c)["amount"] for c in approvals(USDT, BRIDGE, units, allowed)]

    held = allowed
    for amount in amounts:
        assert amount == 0 or held == 0
        held = amount  # type: ignore[assignment]
    assert held >= units
    assert len(approvals(WETH, BRIDGE, units, allowed)) == (allowed < units)


def test_a_signed_transaction_holds_what_was_agreed() -> None:
    wallet = Wallet(Account.from_key("0x" + "11" * 32))
    fees = Fees(base_wei=10, tip_wei=3)
    call = transfer(USDC, BRIDGE, 7)

    mark, raw = wallet.sign(Transaction(call, 42_161, 5, 60_000, fees))

    assert mark == "0x" + keccak(raw).hex()
    assert Account.recover_transaction(raw) == OWNER
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    assert (fields["chainId"], fields["nonce"], fields["gas"]) == (42_161, 5, 60_000)
    assert (fields["maxFeePerGas"], fields["maxPriorityFeePerGas"]) == (23, 3)
    assert (fields["data"], fields["value"]) == (call.data, 0)


def test_a_limit_is_rounded_up() -> None:
    assert [gas_limit(estimate) for estimate in (1, 4, 21_000)] == [2, 5, 26_250]
