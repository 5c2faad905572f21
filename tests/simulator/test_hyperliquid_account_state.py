"""What an account holds and may trade, as /info tells it: captured states, digit by digit."""

from pathlib import Path

import pytest

from simulator.exchange.model import Tif
from simulator.hyperliquid_questions import BadShapeError
from simulator.hyperliquid_trading import TradingOptions
from simulator.universe import spot_token
from tests.simulator.account_setup import ZEROS, captured_state, empty_bench, funded
from tests.simulator.recordings import fixture
from tests.simulator.trading_setup import BUY, ETH, OTHER, USER, D, order, reference
from tests.simulator.venues import START_MS, book


def test_the_captured_clearinghouse_state_comes_out_to_the_digit() -> None:
    summary = {
        "accountValue": "179.007426",
        "totalNtlPos": "47.66235",
        "totalRawUsd": "131.345076",
        "totalMarginUsed": "2.383117",
    }

    assert captured_state().info(type="clearinghouseState", user=USER) == {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": "0.595779",
        "withdrawable": "174.241191",
        "assetPositions": [
            {
                "type": "oneWay",
                "position": {
                    "coin": "BTC",
                    "szi": "0.00061",
                    "leverage": {"type": "cross", "value": 20},
                    "entryPx": "82771.8",
                    "positionValue": "47.66235",
                    "unrealizedPnl": "-2.82848",
                    "returnOnEquity": "-1.1203935447",
                    "liquidationPx": None,
                    "marginUsed": "2.383117",
                    "maxLeverage": 40,
                    "cumFunding": {
                        "allTime": "0.004156",
                        "sinceOpen": "0.004156",
                        "sinceChange": "-0.000221",
                    },
                },
            }
        ],
        "time": START_MS + 3_000,
    }


def test_the_sign_of_cumulative_funding_is_a_knob() -> None:
    bench = captured_state()
    bench.trading.options = TradingOptions(funding_paid_is_positive=False)

    state = bench.info(type="clearinghouseState", user=USER)

    assert state["assetPositions"][0]["position"]["cumFunding"] == {
        "allTime": "-0.004156",
        "sinceOpen": "-0.004156",
        "sinceChange": "0.000221",
    }


def test_an_isolated_position_shows_its_own_cash_as_captured() -> None:
    bench = funded("1000")
    bench.at(0, reference(0, "2500", "ETH"), book(0, "2499.9", "2500.0", "ETH"))
    engine = bench.trading.exchange
    engine.update_leverage(USER, ETH, 25, is_isolated=True, now=bench.now_ms)
    bench.place(order(BUY, "2500", "0.2", asset=ETH, tif=Tif.IOC))
    engine.update_isolated_margin(USER, ETH, D("4.76096"), bench.now_ms)
    bench.at(3_000, reference(3_000, "2500.60005", "ETH"))

    (held,) = bench.info(type="clearinghouseState", user=USER)["assetPositions"]

    # 24.88097 - 500.12001 = -475.23904
    assert held["position"]["leverage"] == {
        "type": "isolated",
        "value": 25,
        "rawUsd": "-475.23904",
    }
    assert held["position"]["positionValue"] == "500.12001"
    assert held["position"]["marginUsed"] == "24.88097"


def test_who_has_nothing_gets_zeros() -> None:
    bench = empty_bench()

    assert bench.info(type="clearinghouseState", user=USER.upper().replace("X", "x")) == {
        "marginSummary": ZEROS,
        "crossMarginSummary": ZEROS,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": "0.0",
        "assetPositions": [],
        "time": START_MS,
    }
    assert bench.info(type="userRole", user=USER) == {"role": "missing"}
    assert bench.info(type="orderStatus", user=USER, oid=1) == {"status": "unknownOid"}
    with pytest.raises(BadShapeError):
        bench.info(type="clearinghouseState", user=USER, dex="nope")


def test_spot_shows_the_wallet_and_a_unified_account_its_collateral(shared_data: Path) -> None:
    recorded = fixture(shared_data, "http_spot_clearinghouse_state.json")
    bench = funded("1000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    bench.place(order(BUY, "101", "1", tif=Tif.IOC))

    assert bench.info(type="spotClearinghouseState", user=USER) == {"balances": []}
    bench.trading.exchange.open_account(f"{USER}:spot")
    bench.trading.exchange.deposit(f"{USER}:spot", D("14.625485"), bench.now_ms)
    assert (
        bench.info(type="spotClearinghouseState", user=USER)["balances"]
        == (recorded["balances"][:1])
    )
    bench.trading.directory.abstractions[USER] = "unifiedAccount"
    (usdc,) = bench.info(type="spotClearinghouseState", user=USER)["balances"]
    # 1,000 less the fee, whatever the position of 100 at 20x would earn, and the wallet.
    assert (usdc["total"], usdc["hold"]) == ("1014.580035", "5.0")
    assert bench.info(type="userAbstraction", user=USER) == "unifiedAccount"


def test_other_collateral_stands_under_its_own_token() -> None:
    bench = empty_bench()
    universe = bench.market.universe
    universe.spot["tokens"].append(spot_token(2, "USDH", 2, 8))
    universe.metas[1]["collateralToken"] = 2
    bench.trading.refresh(START_MS)
    bench.trading.open(USER, D(10), START_MS)
    bench.trading.open(USER, D(500), START_MS, "xyz")
    bench.trading.directory.abstractions[USER] = "unifiedAccount"
    bench.at(0, book(0, "399.0", "401.0", "xyz:TSLA"))
    bench.place(order(BUY, "401", "0.5", asset=110_000, tif=Tif.IOC), user=f"{USER}:xyz")

    balances = bench.info(type="spotClearinghouseState", user=USER)["balances"]

    assert [(row["coin"], row["token"]) for row in balances] == [("USDC", 0), ("USDH", 2)]
    assert bench.info(type="userFills", user=USER)[0]["feeToken"] == "USDH"


def test_what_could_be_traded_by_side() -> None:
    bench = funded("1000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "100.0"))

    untouched = bench.info(type="activeAssetData", user=USER, coin="BTC")
    bench.place(order(BUY, "100", "2", tif=Tif.IOC))
    held = bench.info(type="activeAssetData", user=USER, coin="BTC")

    assert untouched == {
        "user": USER,
        "coin": "BTC",
        "leverage": {"type": "cross", "value": 20},
        "maxTradeSzs": ["200.0", "200.0"],
        "availableToTrade": ["1000.0", "1000.0"],
        "markPx": "100.0",
    }
    assert held["availableToTrade"] == ["989.91", "1009.91"]
    assert bench.info(type="activeAssetData", user=OTHER, coin="BTC")["maxTradeSzs"] == ["0.0"] * 2
    with pytest.raises(BadShapeError):
        bench.info(type="activeAssetData", user=USER, coin="PURR/USDC")
