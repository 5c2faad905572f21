"""The one way in which a transaction leaves: checked, written down, handed over once, watched."""

from collections.abc import Callable

from custody.amounts import GWEI_DECIMALS, WEI_DECIMALS, format_units
from custody.deployments import Chain
from custody.errors import ChainSilent, NothingSent, OutcomeUnknown, Replaced, Reverted
from custody.fees import Fees, gas_limit
from custody.journal import Journal, Sending
from custody.node import EthereumNode
from custody.transactions import Receipt, Step, Transaction
from custody.waiting import Clock, Patience, wait_for
from custody.wallet import Wallet

# Behind one address there may be several nodes, one of which has the block and another has not.
REPLACED_LOOKS = 3


class Sender:
    """
    Sends the transactions of one wallet on one chain, one after the other.

    Parameters
    ----------
    journal
        Where a transaction stands from before it is sent until its end is known.
    patience
        How long a receipt is waited for.
    tell
        Takes a line for the person who waits.

    """

    def __init__(
        self,
        node: EthereumNode,
        wallet: Wallet,
        chain: Chain,
        journal: Journal,
        patience: Patience,
        tell: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        self._node = node
        self._wallet = wallet
        self._chain = chain
        self._journal = journal
        self._patience = patience
        self._tell = tell
        self._clock = Clock() if clock is None else clock

    def send(self, step: Step, fees: Fees, words: str, *, final: bool) -> tuple[str, Receipt]:
        """
        Send a step's call and wait until it is mined; return its hash and its receipt.

        A final one stays in the journal until the caller ends it.

        Parameters
        ----------
        fees
            The price that was agreed to: it is what is bid, and never more.

        Raises
        ------
        NothingSent
            It would revert, takes more gas or a higher price than agreed, gas money is short,
            another transaction waits, or the node refused it.
        Reverted, Replaced
            It was sent, and moved nothing.
        OutcomeUnknown
            It was sent, or may have been; it stays in the journal.

        """
        transaction = self._prepared(step, fees)
        mark, raw = self._wallet.sign(transaction)
        sending = Sending("transaction", mark, transaction.nonce, words, final)
        self._journal.begin(sending)
        handed = self._node.send(raw)
        if handed.answer == "refused" and not self._may_have_arrived(sending):
            self._journal.end()
            raise NothingSent(f"Expected the node to take {words}, it refused: {handed.words}")
        self._tell(f"Sent {mark}: {words}")
        return mark, self.await_end(sending)

    def await_end(self, sending: Sending, patience: Patience | None = None) -> Receipt:
        """
        Return the receipt of what was sent before; raises as `send` does after the sending.

        Parameters
        ----------
        patience
            How long to wait instead of the sender's own patience.

        """
        patience = self._patience if patience is None else patience
        strikes = 0

        def look() -> Receipt | None:
            nonlocal strikes
            try:
                # In this order: mined between the two questions is not replaced.
                used = self._node.nonce(self._wallet.address, "latest") > sending.nonce
                receipt = self._node.receipt(sending.mark)
            except ChainSilent:
                return None
            strikes = strikes + 1 if used and receipt is None else 0
            if strikes == REPLACED_LOOKS:
                self._journal.end()
                raise Replaced(
                    f"Expected {sending.mark} ({sending.words}) to be mined, found another"
                    f" transaction with its nonce {sending.nonce}: it was replaced, nothing moved"
                )
            return receipt

        receipt = wait_for(look, patience, self._clock)
        if receipt is None:
            raise OutcomeUnknown(
                f"Expected a receipt of {sending.mark} ({sending.words}) on {self._chain} within"
                f" {patience.timeout_secs:g} s, found none; it may still be mined. Nothing else is"
                " sent until its end is known: `perpdesk funds pending` looks again"
            )
        if not receipt.succeeded:
            self._journal.end()
            raise Reverted(
                f"Expected {sending.mark} ({sending.words}) to work, it reverted in block"
                f" {receipt.block_number}: nothing was moved, and its gas cost"
                f" {format_units(receipt.fee_wei, WEI_DECIMALS)} ETH"
            )
        if not sending.final:
            self._journal.end()
        return receipt

    def _prepared(self, step: Step, fees: Fees) -> Transaction:
        """Return the transaction to sign, after asking for everything that would make it fail."""
        address, call = self._wallet.address, step.call
        nonce = require_quiet(self._node, address)
        price = self._node.fees()
        price_wei = price.base_wei + price.tip_wei
        if price_wei > fees.max_wei:
            raise NothingSent(
                f"Expected gas at up to {format_units(fees.max_wei, GWEI_DECIMALS)} gwei,"
                f" as agreed, found {format_units(price_wei, GWEI_DECIMALS)} gwei"
            )
        estimate = self._node.estimate_gas(address, call)
        if estimate > step.gas_limit:
            raise NothingSent(
                f"Expected {call.function} of {call.contract} to take at most {step.gas_limit} gas,"
                f" as agreed, the node estimates {estimate}"
            )
        limit = min(gas_limit(estimate), step.gas_limit)
        require_gas(self._node.balance_wei(address), call.value_wei, limit, fees)
        return Transaction(call, self._chain.chain_id, nonce, limit, fees)

    def _may_have_arrived(self, sending: Sending) -> bool:
        """Tell whether a refused transaction is there all the same, as one sent twice would be."""
        try:
            used = self._node.nonce(self._wallet.address, "latest") > sending.nonce
            return used or self._node.knows(sending.mark)
        except ChainSilent:
            return True


def require_quiet(node: EthereumNode, address: str) -> int:
    """
    Return the wallet's next nonce.

    Raises
    ------
    NothingSent
        A transaction of the wallet, ours or not, waits to be mined.

    """
    mined, waiting = node.nonce(address, "latest"), node.nonce(address, "pending")
    if waiting != mined:
        raise NothingSent(
            f"Expected no transaction of {address} to wait, found {waiting - mined}"
            f" from nonce {mined} on; wait for it, or replace it in your wallet"
        )
    return mined


def require_gas(balance_wei: int, value_wei: int, limit: int, fees: Fees) -> None:
    """
    Refuse to go on without the ether that so much gas may cost.

    Raises
    ------
    NothingSent
        It is not there.

    """
    wanted_wei = value_wei + fees.cost_max_wei(limit)
    if balance_wei < wanted_wei:
        raise NothingSent(
            f"Expected at least {format_units(wanted_wei, WEI_DECIMALS)} ETH for {limit} gas at up"
            f" to {format_units(fees.max_wei, GWEI_DECIMALS)} gwei,"
            f" found {format_units(balance_wei, WEI_DECIMALS)} ETH"
        )
