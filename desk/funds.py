"""The commands that move money between a wallet on chain and a venue: by hand, never by a run."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec
from cyclopts import Parameter

from custody.amounts import WEI_DECIMALS, format_units, parse_amount
from custody.book import require_api
from custody.deposit import Done
from custody.deposit import carry_out as carry_out_deposit
from custody.erc20 import allowance_question, balance_question
from custody.preparation import Deposit, quote_deposit, require_chain, require_minimum
from custody.resuming import brief, settle_transaction, settle_withdrawal
from custody.venues import Withdrawal
from custody.waiting import Patience
from custody.withdrawal import carry_out as carry_out_withdrawal
from custody.withdrawal import check
from desk.exits import Exit
from desk.funds_parts import (
    CREDIT_SECS,
    KEY_VARIABLE,
    POLL_SECS,
    RECEIPT_SECS,
    Opened,
    PollSecs,
    Yes,
    exit_codes,
    open_parts,
    require_typed,
    write_line,
    write_out,
)
from desk.funds_pending import look_at_transaction, look_at_withdrawal
from desk.funds_view import (
    DepositShown,
    WithdrawalShown,
    quote_lines,
    show_quote,
    withdrawal_lines,
)
from desk.output import AsJson, print_json


def balances(
    venue: str, *, key_env: str = KEY_VARIABLE, node_env: str | None = None, as_json: AsJson = False
) -> Exit:
    """
    Show what the wallet holds on the venue's chain.

    Parameters
    ----------
    venue
        synthetix or hyperliquid.
    key_env
        The environment variable with the wallet's private key.
    node_env
        The one with the address of a node; PERPDESK_ETHEREUM_RPC_URL or PERPDESK_ARBITRUM_RPC_URL.

    """
    with exit_codes():
        parts = open_parts(venue, key_env, node_env=node_env)
        node = parts.node()
        require_chain(node, parts.chain)
        held = {"ETH": format_units(node.balance_wei(parts.address), WEI_DECIMALS)}
        for token in parts.listing.venue.place.tokens:
            units = node.read_number(token.address, balance_question(parts.address))
            held[token.symbol] = format_units(units, token.decimals)
    _show_amounts(parts, held, "holds", as_json=as_json)
    return Exit.DONE


def allowance(
    venue: str, *, key_env: str = KEY_VARIABLE, node_env: str | None = None, as_json: AsJson = False
) -> Exit:
    """
    Show how much of the wallet's tokens the venue's contract may take.

    Parameters
    ----------
    venue, key_env, node_env
        As for `balances`.

    """
    allowed: dict[str, str] = {}
    with exit_codes():
        parts = open_parts(venue, key_env, node_env=node_env)
        place, node = parts.listing.venue.place, parts.node()
        require_chain(node, place.chain)
        for token in place.tokens if place.pulls else ():
            question = allowance_question(parts.address, place.address)
            units = node.read_number(token.address, question)
            allowed[token.symbol] = format_units(units, token.decimals)
    words = f"lets {place.contract} take" if place.pulls else "pays by transfer: no allowance"
    _show_amounts(parts, allowed, words, as_json=as_json)
    return Exit.DONE


def deposit(
    venue: str,
    amount: str,
    token: str,
    *,
    sub_account: int = 0,
    yes: Yes = False,
    key_env: str = KEY_VARIABLE,
    node_env: str | None = None,
    venue_url: str | None = None,
    receipt_secs: float = RECEIPT_SECS,
    credit_secs: float = CREDIT_SECS,
    poll_secs: PollSecs = POLL_SECS,
    as_json: AsJson = False,
) -> Exit:
    """
    Pay into the wallet's own account at a venue; without --yes only show what would be sent.

    Parameters
    ----------
    venue, key_env, node_env
        As for `balances`.
    amount
        How much, such as 100 or 0.5.
    token
        USDT or WETH at synthetix, USDC at hyperliquid.
    sub_account
        The sub-account to credit at synthetix; 0 is the first one, or a new one.
    yes
        Send it, after amount and chain were typed as well.
    venue_url
        Another address of the venue's API, which is asked whether the deposit has come.
    receipt_secs
        How long each transaction may take to be mined.
    credit_secs
        How long the venue may take to credit it; 0 does not wait.

    """
    tell = write_line if as_json else write_out
    with exit_codes():
        parts = open_parts(
            venue,
            key_env,
            node_env=node_env,
            venue_url=venue_url,
            sub_account=sub_account,
            tell=tell,
            poll_secs=poll_secs,
        )
        known, journal, node = parts.listing.venue, parts.chain_journal(), parts.node()
        of = known.token(token)
        units = parse_amount(amount, of.decimals, of.symbol)
        wanted = Deposit(known, of, units, parts.address, sub_account)
        require_minimum(wanted)
        done: Done | None = None
        with journal.locked():
            require_chain(node, parts.chain)
            sender = parts.sender(node, receipt_secs)
            settle_transaction(journal, sender, brief(poll_secs))
            quote = quote_deposit(node, wanted)
            _tell_all(tell, quote_lines(quote))
            if yes:
                require_typed(f"{wanted.amount} on chain {parts.chain.chain_id}")
                api = parts.listing.open_api(parts.account) if credit_secs else None
                patience = Patience(credit_secs, poll_secs)
                done = carry_out_deposit(quote, node, sender, journal, api, patience, tell)
    shown = show_quote(quote, done)
    if as_json:
        print_json(shown)
    else:
        write_out(_deposit_end(shown))
    return Exit.DONE


def withdraw(
    venue: str,
    amount: str,
    token: str,
    *,
    sub_account: int = 0,
    yes: Yes = False,
    key_env: str = KEY_VARIABLE,
    venue_url: str | None = None,
    poll_secs: PollSecs = POLL_SECS,
    as_json: AsJson = False,
) -> Exit:
    """
    Order a venue to pay out to the wallet itself; without --yes only show what would be ordered.

    Parameters
    ----------
    venue, key_env
        As for `balances`; the key is the account owner's, no agent's or delegate's.
    amount, token, venue_url
        As for `deposit`.
    sub_account
        The sub-account to take it from at synthetix; 0 is the first one.
    yes
        Order it, after amount and chain were typed as well.

    """
    tell = write_line if as_json else write_out
    with exit_codes():
        parts = open_parts(
            venue,
            key_env,
            venue_url=venue_url,
            sub_account=sub_account,
            tell=tell,
            poll_secs=poll_secs,
        )
        journal, of = parts.venue_journal(), parts.listing.venue.token(token)
        units = parse_amount(amount, of.decimals, of.symbol)
        order = Withdrawal(of, units, parts.address, nonce=0)
        with journal.locked():
            api = require_api(parts.listing, parts.account)
            settle_withdrawal(journal, api, brief(poll_secs))
            shown = _withdrawal_shown(parts, order, check(api, order))
            _tell_all(tell, withdrawal_lines(shown, str(parts.chain)))
            if yes:
                require_typed(f"{shown.amount} on chain {shown.chain_id}")
                # Only now: at some venues what is signed lives for a minute from its nonce on.
                order = msgspec.structs.replace(order, nonce=time.time_ns() // 1_000_000)
                carry_out_withdrawal(order, api, journal, brief(poll_secs), tell)
                shown = msgspec.structs.replace(shown, sent=True, nonce=order.nonce)
    if as_json:
        print_json(shown)
    else:
        write_out("The venue has taken it" if shown.sent else "Nothing was ordered: no --yes")
    return Exit.DONE


def pending(
    venue: str,
    *,
    forget: Annotated[bool, Parameter(negative="")] = False,
    sub_account: int = 0,
    key_env: str = KEY_VARIABLE,
    node_env: str | None = None,
    venue_url: str | None = None,
    poll_secs: PollSecs = POLL_SECS,
) -> Exit:
    """
    Look again at what an earlier call has sent without learning how it ended.

    Parameters
    ----------
    venue, key_env, node_env, sub_account, venue_url
        As for `deposit` and `withdraw`.
    forget
        Give up what the node, or the venue's books, do not know; the way is free again then.

    """
    with exit_codes():
        parts = open_parts(
            venue,
            key_env,
            node_env=node_env,
            venue_url=venue_url,
            sub_account=sub_account,
            tell=write_out,
            poll_secs=poll_secs,
        )
        with parts.chain_journal().locked(), parts.venue_journal().locked():
            look_at_transaction(parts, forget=forget)
            look_at_withdrawal(parts, forget=forget)
    write_out("Nothing is unfinished")
    return Exit.DONE


def _show_amounts(parts: Opened, amounts: Mapping[str, str], words: str, *, as_json: bool) -> None:
    if as_json:
        chain_id = parts.chain.chain_id
        print_json({"address": parts.address, "chain_id": chain_id, "amounts": amounts})
        return
    write_out(f"{parts.address} on {parts.chain} {words}")
    for symbol, amount in amounts.items():
        write_out(f"  {symbol} {amount}")


def _withdrawal_shown(parts: Opened, order: Withdrawal, fee: int) -> WithdrawalShown:
    token = order.token
    return WithdrawalShown(
        venue=parts.listing.venue.name,
        amount=f"{format_units(order.units, token.decimals)} {token.symbol}",
        destination=order.destination,
        chain_id=parts.chain.chain_id,
        fee=f"{format_units(fee, token.decimals)} {token.symbol}",
        sent=False,
    )


def _deposit_end(shown: DepositShown) -> str:
    if not shown.sent:
        return "Nothing was sent: no --yes"
    state = "credited" if shown.credited else "mined; the venue was not asked for the credit"
    return f"{shown.deposit} {state}; fees {shown.fee_eth} ETH"


def _tell_all(tell: Callable[[str], None], lines: Iterable[str]) -> None:
    for line in lines:
        tell(line)
