"""Collateral that comes and goes: withdrawals, transfers, exchanges, and what is kept of them."""

from decimal import Decimal

import msgspec

from simulator.exchange.events import Denied
from simulator.exchange.model import ZERO
from simulator.moments import Moment
from simulator.synthetix_account_actions import ADDRESS
from simulator.synthetix_account_reads import holdings, index_price, withdrawable
from simulator.synthetix_account_wire import usdt
from simulator.synthetix_calls import Call
from simulator.synthetix_dialect import short
from simulator.synthetix_directory import SubAccount
from simulator.synthetix_order_reads import Page, page_reader
from simulator.synthetix_records import BalanceRow
from simulator.synthetix_signed_requests import Params, RefusedError, invalid
from simulator.universe import Json

SYMBOLS_MAX = 100
ACTIONS = frozenset({"DEPOSIT", "WITHDRAWAL", "TRANSFER"})
_EVENTS = {"DEPOSIT": "depositCredited", "WITHDRAWAL": "withdrawal", "TRANSFER": "depositReceived"}


class Withdraw(msgspec.Struct, frozen=True):
    """Collateral to send to an address."""

    symbol: str
    amount: Decimal
    destination: str


class Transfer(msgspec.Struct, frozen=True):
    """Collateral to move to another subaccount."""

    symbol: str
    amount: Decimal
    to: str


class ExchangeCollateral(msgspec.Struct, frozen=True):
    """Collateral to sell for so much USDT; None is as much as there is."""

    symbol: str
    target: Decimal | None


class BalanceQuery(msgspec.Struct, frozen=True):
    """Which movements of collateral are asked for; empty is all."""

    page: Page
    kinds: frozenset[str]
    transfer_types: frozenset[str]


def read_withdraw(params: Params, _moment: Moment) -> Withdraw:
    """Read the parameters of withdrawCollateral."""
    destination = params.text("destination")
    if not ADDRESS.fullmatch(destination):
        raise invalid("invalid destination address")
    return Withdraw(_symbol(params), _amount(params), destination)


def read_transfer(params: Params, _moment: Moment) -> Transfer:
    """Read the parameters of transferCollateral."""
    return Transfer(_symbol(params), _amount(params), str(params.whole("to")))


def read_exchange(params: Params, _moment: Moment) -> ExchangeCollateral:
    """Read the parameters of voluntaryCollateralExchange."""
    symbol = params.text("sourceAsset")
    if symbol in {"", "USDT"}:
        raise invalid("sourceAsset must be a collateral other than USDT")
    target = None
    if params.text("targetUSDTAmount") != "all":
        target = params.amount("targetUSDTAmount")
        if target is None:
            raise invalid("targetUSDTAmount must be a positive value or 'all'")
    return ExchangeCollateral(symbol, target)


def read_balances(params: Params, moment: Moment) -> BalanceQuery:
    """Read the parameters of getBalanceUpdates and getTransfers."""
    kinds = frozenset(x.strip() for x in params.text("actionFilter").split(",") if x.strip())
    if not kinds <= ACTIONS:
        raise invalid("invalid actionFilter")
    types = frozenset(params.texts("transferTypes"))
    return BalanceQuery(page_reader(50, 1_000, 365)(params, moment), kinds, types)


def read_symbols(params: Params, _moment: Moment) -> tuple[str, ...]:
    """Read the symbols of getWithdrawableAmounts."""
    symbols = tuple(params.texts("symbols"))
    if not symbols:
        raise invalid("symbols must be nonempty")
    if len(symbols) > SYMBOLS_MAX:
        raise invalid(f"symbols must have at most {SYMBOLS_MAX} items")
    return symbols


def withdraw(call: Call, command: Withdraw) -> Json:
    """Send collateral away; a delegate may only send it to the owner (3.4)."""
    if not call.is_owner and command.destination.lower() != call.account.owner:
        raise RefusedError(
            "FORBIDDEN", f"wallet {call.signer} may only withdraw to the owner of this subaccount"
        )
    _take(call, command.symbol, command.amount)
    request_id = call.trading.note_balance(
        call.id, "WITHDRAWAL", command.symbol, -command.amount, destination=command.destination
    )
    _push(call, call.account, "withdrawal", command.symbol, command.amount)
    return {
        "requestId": str(request_id),
        "symbol": command.symbol,
        "amount": short(command.amount),
        "destination": command.destination,
        "usdtNotional": usdt(command.amount * index_price(call, command.symbol), call.dialect),
    }


def transfer(call: Call, command: Transfer) -> Json:
    """Move collateral to another subaccount of the same wallet."""
    target = call.trading.directory.sub_accounts.get(command.to)
    if target is None or target.owner != call.account.owner or target.id == call.id:
        raise invalid("invalid sub account id")
    _take(call, command.symbol, command.amount)
    _give(call, target, command.symbol, command.amount)
    ways = {"source": call.id, "target": target.id}
    number = call.trading.note_balance(call.id, "TRANSFER", command.symbol, -command.amount, **ways)
    call.trading.note_balance(target.id, "TRANSFER", command.symbol, command.amount, **ways)
    _push(call, call.account, "withdrawal", command.symbol, command.amount)
    _push(call, target, "depositReceived", command.symbol, command.amount)
    return {
        "status": "success",
        "symbol": command.symbol,
        "amount": short(command.amount),
        "to": {"subAccountId": target.id},
        "transferId": str(number),
    }


def exchange_collateral(call: Call, command: ExchangeCollateral) -> Json:
    """Sell other collateral for USDT at its index price, without a haircut."""
    rate, held = index_price(call, command.symbol), holdings(call, call.account)
    available = held.get(command.symbol, ZERO)
    if not rate or not available:
        raise invalid("insufficient collateral")
    target = available * rate if command.target is None else command.target
    taken = target / rate
    _take(call, command.symbol, taken)
    _give(call, call.account, "USDT", target)
    for symbol, amount in ((command.symbol, -taken), ("USDT", target)):
        call.trading.note_balance(
            call.id, "TRANSFER", symbol, amount, transfer_type="collateral_exchange"
        )
    answer: Json = {
        "sourceAsset": command.symbol,
        "sourceAmountTaken": short(taken),
        "targetAsset": "USDT",
        "targetAmount": usdt(target, call.dialect),
        "indexPrice": short(rate),
        "effectiveHaircut": "0",
        "collateral": [
            {"symbol": symbol, "quantity": call.dialect.figure(amount)}
            for symbol, amount in holdings(call, call.account).items()
        ],
    }
    call.trading.push(call.id, {"eventType": "collateralExchange", **answer})
    call.trading.push(call.id, call.trading.scribe.margin_update(call.id))
    return answer


def balance_updates(call: Call, query: BalanceQuery) -> Json:
    """Return movements of collateral, newest first."""
    rows, _ = query.page.cut(_wanted(call, query))
    return {"balanceUpdates": [_balance_row(call, row) for row in rows]}


def transfers(call: Call, query: BalanceQuery) -> Json:
    """Return transfers between subaccounts, newest first."""
    wanted = [row for row in _wanted(call, query) if row.kind == "TRANSFER"]
    rows, _ = query.page.cut(wanted)
    return {
        "transfers": [
            {
                "transferId": str(row.id),
                "from": row.source,
                "to": row.target,
                "symbol": row.symbol,
                "amount": short(abs(row.amount)),
                "usdtNotional": usdt(abs(row.amount) * index_price(call, row.symbol), call.dialect),
                "transferType": row.transfer_type,
                "status": "success",
                "timestamp": row.time,
            }
            for row in rows
        ],
        "total": len(wanted),
    }


def withdrawable_amounts(call: Call, symbols: tuple[str, ...]) -> Json:
    """Return what of some collaterals may be withdrawn."""
    held, items, total = holdings(call, call.account), [], ZERO
    for symbol in symbols:
        amount = withdrawable(call, call.account, symbol)
        total += amount * index_price(call, symbol)
        items.append(
            {
                "symbol": symbol,
                "withdrawableAmount": call.dialect.figure(amount),
                "quantity": call.dialect.figure(held.get(symbol, ZERO)),
                "pendingWithdraw": call.dialect.figure(ZERO),
                "withdrawFee": call.dialect.figure(ZERO),
            }
        )
    return {"items": items, "totalWithdrawableUsdt": usdt(total, call.dialect)}


def _symbol(params: Params) -> str:
    symbol = params.text("symbol")
    if not symbol:
        raise invalid("symbol is required")
    return symbol


def _amount(params: Params) -> Decimal:
    amount = params.amount("amount")
    if amount is None:
        raise invalid("amount must be a positive value")
    return amount


def _take(call: Call, symbol: str, amount: Decimal) -> None:
    """Take collateral out of the subaccount, or refuse to."""
    if symbol == "USDT":
        (outcome,) = call.tell(call.trading.exchange.withdraw(call.id, amount, call.now_ms))
        lacks = isinstance(outcome, Denied)
    else:
        held = call.trading.collateral.get((call.id, symbol), ZERO)
        lacks = amount > held
        if not lacks:
            call.trading.collateral[call.id, symbol] = held - amount
    if lacks:
        raise invalid("insufficient withdrawable amount")


def _give(call: Call, account: SubAccount, symbol: str, amount: Decimal) -> None:
    if symbol == "USDT":
        call.tell(call.trading.exchange.deposit(account.id, amount, call.now_ms))
        return
    held = call.trading.collateral.get((account.id, symbol), ZERO)
    call.trading.collateral[account.id, symbol] = held + amount


def _push(call: Call, account: SubAccount, kind: str, symbol: str, amount: Decimal) -> None:
    call.trading.push(
        account.id, {"eventType": kind, "collateral": symbol, "amount": short(amount)}
    )
    call.trading.push(account.id, call.trading.scribe.margin_update(account.id))


def _wanted(call: Call, query: BalanceQuery) -> list[BalanceRow]:
    return [
        row
        for row in reversed(call.records.balances)
        if (not query.kinds or row.kind in query.kinds)
        and query.page.covers(row.time)
        and (
            row.kind != "TRANSFER"
            or not query.transfer_types
            or row.transfer_type in query.transfer_types
        )
    ]


def _balance_row(call: Call, row: BalanceRow) -> Json:
    more = {
        "fromSubAccountId": row.source,
        "toSubAccountId": row.target,
        "destinationAddress": row.destination,
    }
    return {
        "id": str(row.id),
        "subAccountId": call.id,
        "action": row.kind,
        "status": "success" if row.kind == "TRANSFER" else "completed",
        "amount": short(row.amount),
        "grossAmount": short(row.amount),
        "fee": call.dialect.figure(ZERO),
        "usdtNotional": usdt(abs(row.amount) * index_price(call, row.symbol), call.dialect),
        "collateral": row.symbol,
        "timestamp": row.time,
        **{key: value for key, value in more.items() if value is not None},
    }
