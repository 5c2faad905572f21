"""On what terms an account trades, and who acts for it: the answers of /info on that (2.3)."""

from datetime import UTC, datetime
from decimal import Decimal

from simulator.exchange.accounts import DAY_MS, FEE_WINDOW_DAYS, DayVolume
from simulator.exchange.model import ZERO
from simulator.hyperliquid_account_state import clearinghouse_state, spot_state
from simulator.hyperliquid_directory import SPOT_DEX, account_name
from simulator.hyperliquid_perps import FEE_TIERS
from simulator.hyperliquid_questions import OfBuilder, OfUser
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_wire import number, usd
from simulator.universe import Json

REQUESTS_BASE = 10_000
"""What is shown of a venue that does not limit requests; the real one's (fact sheet 7)."""
NEVER_MS = 4_102_444_800_000
"""When an agent without an end is shown to end: 2100."""
PERIODS = ("day", "week", "month", "allTime")

_FEES: Json = {
    "dailyUserVlm": [],
    "feeSchedule": {
        "cross": number(FEE_TIERS[0].taker),
        "add": number(FEE_TIERS[0].maker),
        "spotCross": "0.0007",
        "spotAdd": "0.0004",
        "tiers": {
            "vip": [
                {
                    "ntlCutoff": number(tier.volume),
                    "cross": number(tier.taker),
                    "add": number(tier.maker),
                    "spotCross": "0.0006",
                    "spotAdd": "0.0003",
                }
                for tier in FEE_TIERS[1:]
            ],
            "mm": [{"makerFractionCutoff": "0.005", "add": "-0.00001"}],
        },
        "referralDiscount": "0.04",
        "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    },
    "userCrossRate": "0.00045",
    "userAddRate": "0.00015",
    "userSpotCrossRate": "0.0007",
    "userSpotAddRate": "0.0004",
    "activeReferralDiscount": "0.0",
    "trial": None,
    "feeTrialEscrow": "0.0",
    "nextTrialAvailableTimestamp": None,
    "stakingLink": None,
    "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
}
"""The fees (fact sheet 2.3 userFees, 5.7); spot fees are those of the first two tiers."""


def rate_limit(trading: Trading, _now_ms: int, of: OfUser) -> Json:
    """Give the address's budget of requests: those it began with, one for each USDC traded (7)."""
    volume = trading.volume(of.address)
    return {
        "cumVlm": usd(volume),
        "nRequestsUsed": trading.directory.requests_used.get(of.address, 0),
        "nRequestsCap": (trading.options.free_requests or REQUESTS_BASE) + int(volume),
        "nRequestsSurplus": trading.directory.requests_bought.get(of.address, 0),
    }


def fees(trading: Trading, now_ms: int, of: OfUser) -> Json:
    """Give the account's own rates; every dex of an address has the discounts of the first."""
    base = trading.rules.fee_tiers[0]
    taker, maker = base.taker, base.maker
    accounts = list(trading.accounts_of(of.address).values())
    if accounts:
        taker, maker = trading.exchange.fee_rates(accounts[0].name)
    days = [account.days for account in accounts]
    return _FEES | {
        "dailyUserVlm": _daily(days, now_ms // DAY_MS),
        "userCrossRate": number(taker),
        "userAddRate": number(maker),
    }


def _daily(accounts: list[dict[int, DayVolume]], today: int) -> list[Json]:
    days = sorted({day for days in accounts for day in days if day > today - FEE_WINDOW_DAYS})
    none = DayVolume()
    return [
        {
            "date": datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat(),
            "userCross": usd(sum((days.get(day, none).taker for days in accounts), ZERO)),
            "userAdd": usd(sum((days.get(day, none).maker for days in accounts), ZERO)),
            "exchange": usd(
                sum(
                    (days.get(day, none).taker + days.get(day, none).maker for days in accounts),
                    ZERO,
                )
            ),
        }
        for day in days
    ]


def role(trading: Trading, _now_ms: int, of: OfUser) -> Json:
    """Say what an address is to the venue."""
    directory, address = trading.directory, of.address
    if (agent := directory.agents.get(address)) is not None:
        return {"role": "agent", "data": {"user": agent.master}}
    if (sub := directory.sub_accounts.get(address)) is not None:
        return {"role": "subAccount", "data": {"master": sub.master}}
    if address in directory.vaults:
        return {"role": "vault"}
    return {"role": "user" if address in directory.masters else "missing"}


def agents(trading: Trading, _now_ms: int, of: OfUser) -> list[Json]:
    """Give the named agents; the unnamed one is not listed (fact sheet 2.3)."""
    return [
        {
            "name": agent.name,
            "address": agent.address,
            "validUntil": NEVER_MS if agent.valid_until_ms is None else agent.valid_until_ms,
        }
        for agent in trading.directory.agents.values()
        if agent.master == of.address and agent.name
    ]


def sub_accounts(trading: Trading, now_ms: int, of: OfUser) -> list[Json] | None:
    """Give the sub-accounts of a master; None of somebody who has none."""
    subs = [sub for sub in trading.directory.sub_accounts.values() if sub.master == of.address]
    return [
        {
            "name": sub.name,
            "subAccountUser": sub.address,
            "master": sub.master,
            "clearinghouseState": clearinghouse_state(trading, sub.address, "") | {"time": now_ms},
            "spotState": spot_state(trading, sub.address),
        }
        for sub in subs
    ] or None


def builder_fee(trading: Trading, _now_ms: int, of: OfBuilder) -> int:
    """Give the greatest fee a builder may take, in tenths of a basis point."""
    return trading.directory.builder_fees.get((of.address, of.builder.lower()), 0)


def builders(trading: Trading, _now_ms: int, of: OfUser) -> list[str]:
    """Give the builders that may take a fee."""
    return [builder for user, builder in trading.directory.builder_fees if user == of.address]


def portfolio(trading: Trading, now_ms: int, of: OfUser) -> list[tuple[str, Json]]:
    """Give value and profit as of now: a history of one point, whatever the period."""
    names = [account.name for account in trading.accounts_of(of.address).values()]
    states = [trading.exchange.account_state(name) for name in names]
    wallet = account_name(of.address, SPOT_DEX)
    spot = trading.exchange.account(wallet).raw if trading.exchange.has_account(wallet) else ZERO
    value = sum((state.total.account_value for state in states), ZERO)
    profit = trading.records(of.address).profit + sum(
        (position.unrealized_pnl for state in states for position in state.positions), ZERO
    )
    volume = trading.volume(of.address)

    def period(worth: Decimal) -> Json:
        return {
            "accountValueHistory": [[now_ms, usd(worth)]] if names else [],
            "pnlHistory": [[now_ms, usd(profit)]] if names else [],
            "vlm": usd(volume),
        }

    perp_periods = [f"perp{name[0].upper()}{name[1:]}" for name in PERIODS]
    whole = [(name, period(value + spot)) for name in PERIODS]
    return whole + [(name, period(value)) for name in perp_periods]


def abstraction(trading: Trading, _now_ms: int, of: OfUser) -> str:
    """Give the account mode."""
    return trading.directory.abstractions.get(of.address, "default")
