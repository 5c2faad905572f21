"""Reads of an account: positions, margin, fees, payments, performance (5.5)."""

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchange.model import ZERO
from simulator.moments import Moment
from simulator.synthetix_account_wire import (
    cash,
    closed_row,
    margin_summary,
    position_row,
    summary_row,
    usdt,
)
from simulator.synthetix_calls import Call
from simulator.synthetix_dialect import short
from simulator.synthetix_directory import SubAccount
from simulator.synthetix_order_reads import Page
from simulator.synthetix_perps import FEE_TIERS
from simulator.synthetix_signed_requests import Params, invalid
from simulator.synthetix_terms import MAX_SUB_ACCOUNTS
from simulator.universe import Json

PERIODS = {"day": 1, "week": 7, "month": 30, "year": 365}
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MAX_BORROW = "0"


def positions(call: Call, page: Page) -> list[Json]:
    """Return the open positions."""
    rows = _position_rows(call, call.account)
    wanted = {"", "open"} & ({page.statuses[0]} if page.statuses else {""})
    return [row for row in rows if page.fits(str(row["symbol"]))] if wanted else []


def position_history(call: Call, page: Page) -> Json:
    """Return the closed positions, newest first."""
    engine = call.trading.exchange.account(call.id)
    found = [
        closed_row(record, symbol, engine.positions[record.asset].leverage, call.dialect)
        for record in reversed(call.records.positions.closed)
        if page.fits(symbol := call.trading.perps[record.asset].symbol)
        and page.covers(record.updated_at)
    ]
    rows, more = page.cut(found)
    return {"positions": rows, "hasMore": more}


def sub_account(call: Call, _: Page) -> Json:
    """Return everything of one subaccount."""
    return _sub_account(call, call.account)


def sub_accounts(call: Call, _: Page) -> Json:
    """Return everything of all subaccounts of the wallet."""
    owned = call.trading.directory.owned_by(call.account.owner)
    return {
        "subAccounts": [
            _sub_account(call, account) | {"delegatedSigners": delegates(call, account)}
            for account in owned
        ]
    }


def delegates(call: Call, account: SubAccount) -> list[Json]:
    """Return the keys that sign for a subaccount, those that no longer do too."""
    return [
        {
            "subAccountId": account.id,
            "walletAddress": delegate.address,
            "permissions": [delegate.permission],
            "expiresAt": delegate.expires_at // 1000 or None,
            "addedBy": delegate.added_by,
        }
        for delegate in call.trading.directory.delegates_of(account.id)
    ]


def funding_payments(call: Call, page: Page) -> Json:
    """Return funding payments, newest first; a negative one was paid."""
    found = [
        (symbol, paid)
        for symbol, paid in reversed(call.records.fundings)
        if page.fits(symbol) and page.covers(paid.time)
    ]
    rows, _ = page.cut(found)
    amounts = [paid.amount for _, paid in rows]
    received = sum((x for x in amounts if x > 0), ZERO)
    lost = sum((-x for x in amounts if x < 0), ZERO)
    average = (received + lost) / len(amounts) if amounts else ZERO
    figures = {
        "totalFundingReceived": received,
        "totalFundingPaid": lost,
        "netFunding": received - lost,
        "averagePaymentSize": average,
    }
    summary: Json = {key: usdt(value, call.dialect) for key, value in figures.items()}
    history = []
    for place, (symbol, paid) in enumerate(rows):
        hour = paid.time // HOUR_MS * HOUR_MS
        history.append(
            {
                "paymentId": str(len(found) - page.offset - place),
                "symbol": symbol,
                "positionSize": short(paid.size),
                "fundingRate": call.dialect.figure(paid.rate),
                "payment": usdt(paid.amount, call.dialect),
                "timestamp": paid.time,
                "paymentTime": paid.time,
                "fundingTimestamp": hour,
                "fundingTime": hour,
            }
        )
    return {
        "summary": summary | {"totalPayments": str(len(amounts))},
        "fundingHistory": history,
    }


def fee_rate(call: Call, _: Page) -> Json:
    """Return the fees of the subaccount and the schedule."""
    taker, maker = call.trading.exchange.fee_rates(call.id)
    volume = call.trading.exchange.account(call.id).fee_volume(call.now_ms)
    tiers = fee_tiers()
    current = next(x for x in reversed(tiers) if volume >= Decimal(str(x["minTradeVolume"])))
    return {
        "volume14d": usdt(volume, call.dialect),
        "currentTier": current,
        "makerFeeRate": short(maker),
        "takerFeeRate": short(taker),
        "tiers": tiers,
        "referralDiscountApplied": False,
        "referralDiscount": "0",
    }


def fee_tiers() -> list[Json]:
    """Return the schedule of fees."""
    return [
        {
            "tierId": str(place + 1),
            "tierLevel": place,
            "tierName": f"Tier {place}",
            "tierType": "regular",
            "minTradeVolume": short(tier.volume),
            "makerFeeRate": short(tier.maker),
            "takerFeeRate": short(tier.taker),
        }
        for place, tier in enumerate(FEE_TIERS)
    ]


def portfolio(call: Call, _: Page) -> list[Json]:
    """Return what the subaccount holds now; the venue's own answer was a mock (5.1)."""
    assets = [
        {"symbol": symbol, "quantity": call.dialect.figure(amount)}
        for symbol, amount in holdings(call, call.account).items()
    ]
    return [{"assets": assets, "timestamp": call.now_ms}]


def read_period(params: Params, _moment: Moment) -> str:
    """Read the period of getPerformanceHistory."""
    period = params.text("period") or "day"
    if period not in PERIODS:
        raise invalid(f"invalid period '{period}'")
    return period


def performance(call: Call, period: str) -> Json:
    """Return what the subaccount was worth over a period, oldest first."""
    begin = call.now_ms - PERIODS[period] * DAY_MS
    samples = [x for x in call.records.samples if x.time >= begin]
    volume = samples[-1].volume - samples[0].volume if samples else ZERO
    history = [
        {
            "sampledAt": sample.time,
            "accountValue": usdt(sample.value, call.dialect),
            "pnl": usdt(sample.pnl, call.dialect),
        }
        for sample in samples
    ]
    return {
        "subAccountId": call.id,
        "period": period,
        "performanceHistory": {"history": history, "volume": usdt(volume, call.dialect)},
    }


def rate_limits(call: Call, _: Page) -> Json:
    """Return how many tokens are spent, and of how many."""
    bucket = call.trading.bucket(call.id).snapshot
    if bucket is None:
        return {"requestsUsed": 0, "requestsCap": 0}
    used = bucket.requests_cap - bucket.remaining_tokens
    return {"requestsUsed": used, "requestsCap": bucket.requests_cap}


def holdings(call: Call, account: SubAccount) -> Mapping[str, Decimal]:
    """Return what a subaccount holds by symbol, USDT first."""
    others = {
        symbol: amount
        for (owner, symbol), amount in call.trading.collateral.items()
        if owner == account.id and amount
    }
    return {"USDT": cash(call.trading.exchange, account.id)} | others


def withdrawable(call: Call, account: SubAccount, symbol: str) -> Decimal:
    """Return what of a collateral may leave a subaccount."""
    if symbol != "USDT":
        return call.trading.collateral.get((account.id, symbol), ZERO)
    return call.trading.exchange.account_state(account.id).withdrawable


def index_price(call: Call, symbol: str) -> Decimal:
    """Return what one of a collateral is worth in USDT, without interest in liquidity."""
    if symbol == "USDT":
        return Decimal(1)
    perp = call.trading.perp(f"{symbol.removeprefix('W')}-USDT")
    return call.trading.exchange.market(perp.rules.asset).oracle if perp else ZERO


def _sub_account(call: Call, account: SubAccount) -> Json:
    taker, maker = call.trading.exchange.fee_rates(account.id)
    options, engine = call.trading.options, call.trading.exchange.account(account.id)
    leverages = {
        call.trading.perps[asset].symbol: position.leverage
        for asset, position in engine.positions.items()
    }
    limits = {
        "maxBorrowCapacity": MAX_BORROW,
        "maxOrdersPerMarket": options.orders_per_market,
        "maxSubAccounts": MAX_SUB_ACCOUNTS,
        "maxTotalOrders": options.orders_in_all,
    }
    return {
        "subAccountId": account.id,
        "masterAccountId": account.master,
        "subAccountName": account.name,
        "collaterals": [_collateral(call, account, x) for x in holdings(call, account).items()],
        "crossMarginSummary": margin_summary(call.trading.exchange, account.id, call.dialect),
        "positions": [summary_row(row) for row in _position_rows(call, account)],
        "marketPreferences": {"leverages": leverages},
        "feeRates": {
            "makerFeeRate": short(maker),
            "takerFeeRate": short(taker),
            "tierName": "Tier 0",
        },
        "accountLimits": limits,
    }


def _collateral(call: Call, account: SubAccount, held: tuple[str, Decimal]) -> Json:
    symbol, amount = held
    worth = amount * index_price(call, symbol)
    return {
        "symbol": symbol,
        "quantity": call.dialect.figure(amount),
        "withdrawable": call.dialect.figure(withdrawable(call, account, symbol)),
        "pendingWithdraw": call.dialect.figure(ZERO),
        "adjustedCollateralValue": usdt(worth, call.dialect),
        "collateralValue": usdt(worth, call.dialect),
        "haircutRate": call.dialect.figure(ZERO),
        "haircutAdjustment": call.dialect.figure(ZERO),
        "price": call.dialect.figure(index_price(call, symbol)),
        "calculatedAt": call.now_ms,
    }


def _position_rows(call: Call, account: SubAccount) -> list[Json]:
    trading = call.trading
    records = trading.records(account.id).positions.open
    rows = []
    for state in trading.exchange.account_state(account.id).positions:
        asset = state.position.asset
        row = position_row(
            trading.exchange,
            account.id,
            state,
            trading.perps[asset],
            records[asset],
            call.dialect,
        )
        rows.append(row | _protection(call, account, asset))
    return rows


def _protection(call: Call, account: SubAccount, asset: int) -> Json:
    """Return the take-profits and stops that wait for the position's price."""
    found: dict[str, list[Json]] = {}
    for order in call.trading.exchange.account(account.id).live.values():
        trigger = order.request.trigger
        if order.asset == asset and trigger is not None:
            key = "stopLossOrders" if trigger.kind.name == "STOP" else "takeProfitOrders"
            found.setdefault(key, []).append({"venueId": str(order.oid)})
    return dict(found)
