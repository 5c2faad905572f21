"""What the funds commands show: a plan before anything is signed, and its end; nothing is asked."""

from collections.abc import Mapping

import msgspec

from custody.amounts import GWEI_DECIMALS, WEI_DECIMALS, format_units
from custody.calls import decoded_arguments
from custody.deposit import Done
from custody.fees import Fees
from custody.preparation import Quote
from custody.transactions import Step


class CallShown(msgspec.Struct, frozen=True):
    """
    One call of a plan; fees in ETH.

    Attributes
    ----------
    arguments
        By name, read from the bytes that are signed; amounts in the token's smallest unit.
    gas_is_estimate
        Whether the node estimated the gas; otherwise it is a reserve.

    """

    to: str
    contract: str
    function: str
    arguments: Mapping[str, object]
    value_wei: int
    gas: int
    gas_is_estimate: bool
    fee_eth: str
    fee_eth_max: str


class DepositShown(msgspec.Struct, frozen=True):
    """A deposit, planned or done; fees in ETH, `credited` is None when nobody was asked."""

    deposit: str
    owner: str
    chain_id: int
    calls: tuple[CallShown, ...]
    fee_eth_max: str
    sent: bool
    transactions: tuple[str, ...] = ()
    block_number: int | None = None
    fee_eth: str | None = None
    credited: bool | None = None


class WithdrawalShown(msgspec.Struct, frozen=True):
    """A withdrawal, planned or taken by the venue; its fee is part of the amount."""

    venue: str
    amount: str
    destination: str
    chain_id: int
    fee: str
    sent: bool
    nonce: int | None = None


def show_quote(quote: Quote, done: Done | None = None) -> DepositShown:
    """Return a quote, and how it ended, for machines."""
    fee_wei = quote.fees.cost_max_wei(quote.gas_limit)
    shown = DepositShown(
        deposit=quote.deposit.amount,
        owner=quote.deposit.owner,
        chain_id=quote.deposit.venue.place.chain.chain_id,
        calls=tuple(_call(step, quote.fees) for step in quote.steps),
        fee_eth_max=format_units(fee_wei, WEI_DECIMALS),
        sent=done is not None,
    )
    if done is None:
        return shown
    return msgspec.structs.replace(
        shown,
        transactions=done.transactions,
        block_number=done.block_number,
        fee_eth=format_units(done.fee_wei, WEI_DECIMALS),
        credited=done.credited,
    )


def quote_lines(quote: Quote) -> list[str]:
    """Return a quote for people, every call with what is signed."""
    shown, place = show_quote(quote), quote.deposit.venue.place
    price = format_units(quote.fees.base_wei + quote.fees.tip_wei, GWEI_DECIMALS)
    lines = [
        f"Deposit {shown.deposit} of {shown.owner}",
        f"at {quote.deposit.venue.name}, on {place.chain}; gas at {price} gwei",
    ]
    for number, call in enumerate(shown.calls, 1):
        kind = "estimated" if call.gas_is_estimate else "reserved until the call before is mined"
        lines += [
            f"{number}. {call.contract} {call.to}",
            f"   {call.function}",
            *(f"     {name} = {_text(value)}" for name, value in call.arguments.items()),
            f"   value {format_units(call.value_wei, WEI_DECIMALS)} ETH",
            f"   gas {call.gas} ({kind}), fee {call.fee_eth} ETH, at most {call.fee_eth_max} ETH",
        ]
    return [*lines, f"Fees of all at most {shown.fee_eth_max} ETH"]


def withdrawal_lines(shown: WithdrawalShown, chain: str) -> list[str]:
    """Return a withdrawal for people."""
    return [
        f"Withdraw {shown.amount} from {shown.venue}",
        f"to {shown.destination}, on {chain}",
        f"The venue keeps {shown.fee} of it as its fee; no transaction of yours is needed",
    ]


def _call(step: Step, fees: Fees) -> CallShown:
    return CallShown(
        to=step.call.to,
        contract=step.call.contract,
        function=step.call.signature,
        arguments=decoded_arguments(step.call),
        value_wei=step.call.value_wei,
        gas=step.gas,
        gas_is_estimate=step.estimated,
        fee_eth=format_units(fees.expected_cost_wei(step.gas), WEI_DECIMALS),
        fee_eth_max=format_units(fees.cost_max_wei(step.gas_limit), WEI_DECIMALS),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
