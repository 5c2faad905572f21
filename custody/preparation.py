"""What a deposit will take, found out without signing: its calls, their gas, what is missing."""

import msgspec

from custody.amounts import format_units
from custody.calls import Call
from custody.deployments import Chain, Place, Token
from custody.erc20 import (
    allowance_question,
    approvals,
    balance_question,
    decimals_question,
)
from custody.errors import NothingSent, WrongRequest
from custody.fees import Fees
from custody.node import EthereumNode
from custody.sending import require_gas, require_quiet
from custody.transactions import Step
from custody.venues import Venue


class Deposit(msgspec.Struct, frozen=True):
    """So much of a token, from a wallet to its own account at a venue."""

    venue: Venue
    token: Token
    units: int
    owner: str
    sub_account: int = 0

    def __str__(self) -> str:
        """Return it in words, such as `deposit 100 USDT`."""
        return f"deposit {self.amount}"

    @property
    def amount(self) -> str:
        """Return the amount with its unit, such as `100 USDT`."""
        return f"{format_units(self.units, self.token.decimals)} {self.token.symbol}"


class Quote(msgspec.Struct, frozen=True):
    """The calls of a deposit in their order, at the price of now."""

    deposit: Deposit
    steps: tuple[Step, ...]
    fees: Fees

    @property
    def gas_limit(self) -> int:
        """Return the most gas that all of them may take."""
        return sum(step.gas_limit for step in self.steps)


def quote_deposit(node: EthereumNode, deposit: Deposit) -> Quote:
    """
    Return what a deposit takes now.

    Raises
    ------
    NothingSent
        It could not be carried out: below the minimum, wrong chain, short of tokens or gas money, a
        transaction waits, or the next call would revert.
    ChainSilent
        The node does not answer.

    """
    require_minimum(deposit)
    place, token = deposit.venue.place, deposit.token
    require_chain(node, place.chain)
    require_contracts(node, place, token)
    require_quiet(node, deposit.owner)
    require_balance(node, deposit)
    steps = tuple(_steps(node, deposit, calls_of(node, deposit)))
    quote = Quote(deposit, steps, node.fees())
    value_wei = sum(step.call.value_wei for step in steps)
    require_gas(node.balance_wei(deposit.owner), value_wei, quote.gas_limit, quote.fees)
    return quote


def calls_of(node: EthereumNode, deposit: Deposit) -> list[Call]:
    """Return the calls that are left to make, which depend on the allowance of now."""
    place, token, units = deposit.venue.place, deposit.token, deposit.units
    last = deposit.venue.deposit_call(token, units, deposit.owner, deposit.sub_account)
    if not place.pulls:
        return [last]
    return [*approvals(token, place.address, units, allowed_units(node, deposit)), last]


def allowed_units(node: EthereumNode, deposit: Deposit) -> int:
    """Return what the venue's contract may take from the wallet."""
    question = allowance_question(deposit.owner, deposit.venue.place.address)
    return node.read_number(deposit.token.address, question)


def require_allowance(node: EthereumNode, deposit: Deposit) -> None:
    """Refuse to deposit what the venue's contract may not take."""
    allowed = allowed_units(node, deposit)
    if deposit.venue.place.pulls and allowed < deposit.units:
        found = format_units(allowed, deposit.token.decimals)
        raise NothingSent(
            f"Expected an allowance of {deposit.amount} for {deposit.venue.place.contract},"
            f" found {found} {deposit.token.symbol}"
        )


def require_minimum(deposit: Deposit) -> None:
    """Refuse an amount that the venue would keep without crediting it."""
    minimum = deposit.venue.place.minimum_units.get(deposit.token.symbol, 0)
    if deposit.units < minimum:
        raise WrongRequest(
            f"Expected at least {format_units(minimum, deposit.token.decimals)}"
            f" {deposit.token.symbol}, found {deposit.amount}:"
            f" {deposit.venue.name} never credits less, and does not give it back"
        )


def require_chain(node: EthereumNode, chain: Chain) -> None:
    """Refuse a node of another chain."""
    found = node.chain_id()
    if found != chain.chain_id:
        raise NothingSent(f"Expected a node of {chain}, found one of chain id {found}")


def require_contracts(node: EthereumNode, place: Place, token: Token) -> None:
    """Refuse a chain on which the contracts do not stand where they should."""
    for what, address in ((token.symbol, token.address), (place.contract, place.address)):
        if not node.has_code(address):
            raise NothingSent(f"Expected the contract of {what} at {address}, found no code")
    decimals = node.read_number(token.address, decimals_question())
    if decimals != token.decimals:
        raise NothingSent(f"Expected {token.decimals} decimals of {token.symbol}, found {decimals}")


def require_balance(node: EthereumNode, deposit: Deposit) -> None:
    """Refuse to deposit what the wallet does not hold."""
    token = deposit.token
    held = node.read_number(token.address, balance_question(deposit.owner))
    if held < deposit.units:
        raise NothingSent(
            f"Expected {deposit.amount} in {deposit.owner},"
            f" found {format_units(held, token.decimals)} {token.symbol}"
        )


def _steps(node: EthereumNode, deposit: Deposit, calls: list[Call]) -> list[Step]:
    """Estimate the first call; the others fail until it is mined, and get their reserve."""
    first = Step(calls[0], node.estimate_gas(deposit.owner, calls[0]), estimated=True)
    return [first, *(Step(call, call.gas_reserve, estimated=False) for call in calls[1:])]
