"""An account's money adds up, whatever holds it and however far below zero its cash is."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance

from adapters.common.currencies import parse_currency
from adapters.hyperliquid.account_schemas import ClearinghouseState, SpotClearinghouseState
from adapters.hyperliquid.balances import cash_of, maintenance_margin, parse_balances, parse_margins
from tests.adapters.hyperliquid.recordings import nautilus_fixture

D = Decimal
USDH = parse_currency("USDH", 8)
COLLATERALS = {"": USDC, "xyz": USDC, "km": USDH}


def state_of(value: str, withdrawable: str, *profits: str, **position: Any) -> ClearinghouseState:  # noqa: ANN401
    summary = {
        "accountValue": value,
        "totalNtlPos": "0.0",
        "totalRawUsd": value,
        "totalMarginUsed": "0.0",
    }
    base = {
        "coin": "BTC",
        "szi": "1.0",
        "leverage": {"type": "cross", "value": 20},
        "positionValue": "100.0",
        "marginUsed": "5.0",
    }
    raw = {
        "marginSummary": summary,
        "crossMarginSummary": summary | {"accountValue": "0.0"},
        "withdrawable": withdrawable,
        "assetPositions": [{"position": base | {"unrealizedPnl": x} | position} for x in profits],
    }
    return msgspec.convert(raw, ClearinghouseState, strict=False)


def spot_of(*rows: tuple[str, str, str]) -> SpotClearinghouseState:
    balances = [
        {"coin": coin, "token": 0, "total": total, "hold": hold, "entryNtl": "0.0"}
        for coin, total, hold in rows
    ]
    return msgspec.convert({"balances": balances}, SpotClearinghouseState, strict=False)


def amounts(balances: list[AccountBalance]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    return {
        x.currency.code: (x.total.as_decimal(), x.locked.as_decimal(), x.free.as_decimal())
        for x in balances
    }


def test_the_total_is_cash_without_profit_that_is_not_realised() -> None:
    state = state_of("179.007426", "174.241191", "-2.82848")

    balances = parse_balances({"": state}, {"": USDC}, None, "default")

    assert cash_of(state) == D("181.835906")
    assert amounts(balances) == {"USDC": (D("181.835906"), D("7.594715"), D("174.241191"))}


def test_what_can_be_withdrawn_of_profit_is_no_part_of_the_total() -> None:
    balances = parse_balances({"": state_of("150.0", "140.0", "50.0")}, {"": USDC}, None, "default")

    assert amounts(balances) == {"USDC": (100, 0, 100)}


def test_cash_below_zero_survives() -> None:
    balances = parse_balances({"": state_of("10.0", "0.0", "60.0")}, {"": USDC}, None, "default")

    assert amounts(balances) == {"USDC": (-50, 0, -50)}


def test_recorded_negative_raw_usd(shared_data: Path) -> None:
    name = "http_clearinghouse_state_negative_total_raw_usd.json"
    raw = nautilus_fixture(shared_data, name)
    state = msgspec.convert(raw, ClearinghouseState, strict=False)

    balances = parse_balances({"": state}, {"": USDC}, None, "default")

    assert state.summary.totalRawUsd == D("-22358.938225")
    expected = (D("1736.030875"), D("963.798764"), D("772.232111"))
    assert amounts(balances) == {"USDC": expected}


def test_dexes_are_summed_by_their_collateral() -> None:
    states = {
        "": state_of("100.0", "90.0"),
        "xyz": state_of("20.0", "5.0", "1.5"),
        "km": state_of("7.0", "7.0"),
    }

    balances = parse_balances(states, COLLATERALS, spot_of(("USDC", "1000.0", "0.0")), "default")

    assert amounts(balances) == {"USDC": (D("118.5"), D("23.5"), 95), "USDH": (7, 0, 7)}


def test_tokens_that_are_no_collateral_are_balances_of_their_own(shared_data: Path) -> None:
    raw = nautilus_fixture(shared_data, "http_spot_clearinghouse_state.json")
    spot = msgspec.convert(raw, SpotClearinghouseState, strict=False)

    balances = parse_balances({"": state_of("3.0", "3.0")}, {"": USDC}, spot, "disabled")

    # The spot USDC margin nothing before they are transferred; "+10" is a bet.
    assert amounts(balances) == {
        "USDC": (3, 0, 3),
        "PURR": (2000, 100, 1900),
        "HYPE": (D("5.2"), 0, D("5.2")),
    }


@pytest.mark.parametrize("abstraction", ["unifiedAccount", "portfolioMargin"])
def test_a_unified_account_has_its_money_in_tokens(abstraction: str) -> None:
    spot = spot_of(("USDC", "250.5", "50.25"), ("USDH", "3.0", "0.0"), ("HYPE", "0.0", "0.0"))
    states = dict.fromkeys(COLLATERALS, state_of("100.0", "90.0"))

    balances = parse_balances(states, COLLATERALS, spot, abstraction)

    assert amounts(balances) == {"USDC": (D("250.5"), D("50.25"), D("200.25")), "USDH": (3, 0, 3)}


def test_an_account_of_nothing_still_has_its_currency() -> None:
    balances = parse_balances({"": state_of("0.0", "0.0")}, {"": USDC}, spot_of(), "default")

    assert amounts(balances) == {"USDC": (0, 0, 0)}


_MONEY = st.decimals(-(10**9), 10**9, places=6)


@given(_MONEY, _MONEY, _MONEY)
def test_every_balance_adds_up(value: Decimal, withdrawable: Decimal, profit: Decimal) -> None:
    state = state_of(f"{value:f}", f"{withdrawable:f}", f"{profit:f}")

    (total, locked, free) = amounts(parse_balances({"": state}, {"": USDC}, None, "default"))[
        "USDC"
    ]

    assert total == value - profit
    assert total == locked + free
    assert locked >= 0
    assert free <= max(withdrawable, 0)


def test_margins_by_position(btc: Instrument) -> None:
    states = {
        "": state_of("0.0", "0.0", "0.0", positionValue="47.66235", marginUsed="2.383117"),
        "xyz": state_of("0.0", "0.0", "0.0", coin="xyz:TSLA"),
        "km": state_of("0.0", "0.0", "0.0", szi="0.0"),
    }

    margins = parse_margins(states, {"BTC": btc}.get)

    assert [m.instrument_id for m in margins] == [btc.id]
    assert margins[0].initial.as_decimal() == D("2.383117")
    # The venue's own figure of this position, 0.595779, is cut off at 6 decimals.
    assert margins[0].maintenance.as_decimal().quantize(D("1e-6"), "ROUND_FLOOR") == D("0.595779")


@pytest.mark.parametrize("notional", ["0", "9999.5", "10000", "30000", "50000", "750000.25"])
def test_maintenance_by_tiers_is_the_venues_formula(notional: str) -> None:
    """It is the notional by the rate of its tier, less a deduction that makes it continuous."""
    tiers = [("0.0", 40), ("10000.0", 25), ("50000.0", 10)]
    size = D(notional)
    rate, deduction, margin = D(0), D(0), D(0)
    for lower, leverage in tiers:
        next_rate = 1 / D(2 * leverage)
        deduction += D(lower) * (next_rate - rate)
        rate = next_rate
        if size >= D(lower):
            margin = size * rate - deduction

    ours = maintenance_margin(size, [{"lower_bound": x, "max_leverage": m} for x, m in tiers])

    assert ours == margin
