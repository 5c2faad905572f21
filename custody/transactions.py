"""A transaction before it is signed, and what the chain says of it afterwards; pure."""

import msgspec
from eth_account.types import TransactionDictType
from eth_typing import HexStr

from custody.calls import Call
from custody.fees import Fees, gas_limit


class Step(msgspec.Struct, frozen=True):
    """
    One call of a plan, with the gas that a person has agreed to.

    Attributes
    ----------
    gas
        What it takes.
    estimated
        Whether the node estimated that; else it is a reserve, as it needs an earlier call mined.

    """

    call: Call
    gas: int
    estimated: bool

    @property
    def gas_limit(self) -> int:
        """Return the most gas it may take."""
        return gas_limit(self.gas) if self.estimated else self.gas


class Transaction(msgspec.Struct, frozen=True):
    """One call with everything that a signature covers."""

    call: Call
    chain_id: int
    nonce: int
    gas_limit: int
    fees: Fees

    def fields(self) -> TransactionDictType:
        """Return the fields of a transaction of type 2, as eth-account takes them."""
        return {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": self.nonce,
            "to": HexStr(self.call.to),
            "data": self.call.data,
            "value": self.call.value_wei,
            "gas": self.gas_limit,
            "maxFeePerGas": self.fees.max_wei,
            "maxPriorityFeePerGas": self.fees.tip_wei,
        }


class Receipt(msgspec.Struct, frozen=True):
    """
    What became of a mined transaction.

    Attributes
    ----------
    events
        Contract, in lower case, and first topic of each log.
    fee_wei
        What was paid for its gas.

    """

    succeeded: bool
    block_number: int
    gas_used: int
    fee_wei: int
    events: tuple[tuple[str, bytes], ...]

    def has_event(self, contract: str, topic: bytes) -> bool:
        """Tell whether `contract` told of `topic`."""
        return (contract.lower(), topic) in self.events
