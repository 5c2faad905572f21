"""Questions to one Ethereum node, and the handing over of signed bytes; it decides nothing.

The node's address often carries a key: no message and no cause of an error shows it.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from requests import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import (
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.types import TxParams, TxReceipt, Wei

from config.secrets import Secret
from custody.calls import Call
from custody.errors import ChainSilent, NothingSent
from custody.fees import Fees
from custody.transactions import Receipt

REQUEST_SECS: Final = 20.0


class Handed(msgspec.Struct, frozen=True):
    """
    How a node answered to a signed transaction.

    Attributes
    ----------
    answer
        "refused" when the node said so; "unknown" when its answer is missing or cannot be read,
        after which the transaction may well be on its way.
    words
        The node's own, of a refusal.

    """

    answer: Literal["taken", "refused", "unknown"]
    words: str = ""


class EthereumNode:
    """
    One node. Every question raises ChainSilent when it is not answered.

    Parameters
    ----------
    url
        Its address; nothing is asked before the first question.
    timeout_secs
        How long one answer may take. No request is ever repeated by itself.

    """

    def __init__(self, url: Secret, timeout_secs: float = REQUEST_SECS) -> None:
        provider = HTTPProvider(
            url.reveal(),
            request_kwargs={"timeout": timeout_secs},
            exception_retry_configuration=None,  # what is sent twice by itself may be sent twice
        )
        self._eth = Web3(provider).eth

    def chain_id(self) -> int:
        """Return the number of the chain that the node follows."""
        return self._ask("the chain id", lambda: self._eth.chain_id)

    def balance_wei(self, address: str) -> int:
        """Return an address's ether."""
        return int(self._ask("a balance", lambda: self._eth.get_balance(_checksum(address))))

    def has_code(self, address: str) -> bool:
        """Tell whether a contract stands at an address."""
        return bool(self._ask("a contract", lambda: self._eth.get_code(_checksum(address))))

    def nonce(self, address: str, at: Literal["latest", "pending"]) -> int:
        """Return how many transactions of an address are mined, or mined and waiting."""
        return int(
            self._ask("a nonce", lambda: self._eth.get_transaction_count(_checksum(address), at))
        )

    def read_number(self, contract: str, question: bytes) -> int:
        """
        Return the number that a view of a contract answers.

        Raises
        ------
        ChainSilent
            It answers with something else, or reverts.

        """
        what = f"a number from {contract}"
        params: TxParams = {"to": _checksum(contract), "data": HexBytes(question)}
        answer = bytes(self._ask(what, lambda: self._eth.call(params)))
        if len(answer) != 32:  # noqa: PLR2004 - one word of the EVM
            raise ChainSilent(f"Expected {what} in 32 bytes, found {len(answer)}")
        return int.from_bytes(answer)

    def fees(self) -> Fees:
        """Return the price of gas now."""
        block = self._ask("the latest block", lambda: self._eth.get_block("latest"))
        base = block.get("baseFeePerGas")
        if base is None:
            raise ChainSilent("Expected a base fee in the latest block (EIP-1559), found none")
        tip = self._ask("a priority fee", lambda: self._eth.max_priority_fee)
        return Fees(base_wei=int(base), tip_wei=int(tip))

    def estimate_gas(self, sender: str, call: Call) -> int:
        """
        Return the gas that a call takes if it is made now.

        Raises
        ------
        NothingSent
            It would revert.

        """
        params: TxParams = {
            "from": _checksum(sender),
            "to": _checksum(call.to),
            "data": HexBytes(call.data),
            "value": Wei(call.value_wei),
        }
        try:
            return int(self._ask("an estimate of gas", lambda: self._eth.estimate_gas(params)))
        except ContractLogicError as e:
            reason = e.message or "without a reason"
            raise NothingSent(
                f"Expected {call.function} of {call.contract} to work, it would revert: {reason}"
            ) from None

    def send(self, raw: bytes) -> Handed:
        """Hand a signed transaction to the node, once."""
        try:
            self._eth.send_raw_transaction(HexBytes(raw))
        except Web3RPCError as e:
            error = e.rpc_response.get("error") if e.rpc_response else None
            words = error.get("message") if isinstance(error, dict) else error
            return Handed("refused", str(words))
        except (RequestException, Web3Exception, ValueError):
            return Handed("unknown")
        return Handed("taken")

    def knows(self, transaction_hash: str) -> bool:
        """Tell whether the node has a transaction, waiting or mined."""

        def look() -> bool:
            try:
                self._eth.get_transaction(HexStr(transaction_hash))
            except TransactionNotFound:
                return False
            return True

        return self._ask("a transaction", look)

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """Return what became of a transaction, or None while it is not mined."""

        def look() -> TxReceipt | None:
            try:
                return self._eth.get_transaction_receipt(HexStr(transaction_hash))
            except TransactionNotFound:
                return None

        found = self._ask("a receipt", look)
        return None if found is None else _receipt(found)

    def _ask[T](self, what: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except ContractLogicError:
            raise
        except (RequestException, Web3Exception, ValueError) as e:
            # Without its cause and its words: both may hold the node's address.
            raise ChainSilent(
                f"Expected the node to answer with {what}, found {type(e).__name__}"
            ) from None


def _receipt(found: TxReceipt) -> Receipt:
    events = tuple(
        (str(log["address"]).lower(), bytes(log["topics"][0]))
        for log in found["logs"]
        if log["topics"]
    )
    gas_used = int(found["gasUsed"])
    return Receipt(
        succeeded=found["status"] == 1,
        block_number=int(found["blockNumber"]),
        gas_used=gas_used,
        fee_wei=gas_used * int(found["effectiveGasPrice"]),
        events=events,
    )


def _checksum(address: str) -> ChecksumAddress:
    return to_checksum_address(address)
