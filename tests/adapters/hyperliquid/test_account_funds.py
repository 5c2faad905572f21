"""Fundings, positions and money of all dexes come together as those of one account."""

from decimal import Decimal

from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import PositionSide
from nautilus_trader.model.instruments import Instrument

from adapters.common.currencies import parse_currency
from tests.adapters.hyperliquid.account_rows import perps_of
from tests.adapters.hyperliquid.told_accounts import build_account

D = Decimal


async def test_fundings_are_paged_past_the_venues_limit(btc: Instrument) -> None:
    payments = [
        {
            "time": 3_600_000 * hour + 50,
            "hash": "0x0",
            "delta": {
                "type": "funding",
                "coin": coin,
                "usdc": "-0.01",
                "szi": "1.0",
                "fundingRate": "0.0000125",
                "nSamples": None,
            },
        }
        for hour in range(400)
        for coin in ("BTC", "ETH")
    ]
    account, _ = build_account(
        btc,
        userFunding=lambda request: [
            payment
            for payment in payments
            if request["startTime"] <= payment["time"] <= request.get("endTime", 10**15)
        ][:500],
    )

    fundings = await account.fundings(3_600_000)

    assert [(x.time, x.coin) for x in fundings] == [
        (x["time"], x["delta"]["coin"]) for x in payments[2:]
    ]


async def test_positions_of_all_dexes_and_those_that_are_flat(btc: Instrument) -> None:
    by_dex = {"": perps_of(), "xyz": perps_of(("BTC", "-0.5"))}
    account, _ = build_account(
        btc,
        clearinghouseState=lambda request: by_dex[request.get("dex", "")],
        collaterals={"": USDC, "xyz": USDC},
    )

    (short,) = await account.position_reports(["BTC", "ETH"])
    assert (short.position_side, short.avg_px_open) == (PositionSide.SHORT, 60_000)

    account, _ = build_account(btc, clearinghouseState=perps_of())
    (flat,) = await account.position_reports(["BTC"])
    assert flat.position_side == PositionSide.FLAT
    assert await account.position_reports() == []


async def test_money_of_all_dexes(btc: Instrument) -> None:
    by_dex = {"": perps_of(("BTC", "1.0")), "km": perps_of(value="7.5")}
    account, stub = build_account(
        btc,
        clearinghouseState=lambda request: by_dex[request.get("dex", "")],
        spotClearinghouseState={"balances": []},
        userAbstraction="default",
        collaterals={"": USDC, "km": parse_currency("USDH", 8)},
    )

    balances, margins = await account.balances()
    await account.balances()

    assert {x.currency.code: x.total.as_decimal() for x in balances} == {
        "USDC": 100,
        "USDH": D("7.5"),
    }
    assert [(x.instrument_id, x.initial.as_decimal()) for x in margins] == [(btc.id, 3_000)]
    # The mode is not asked for each time.
    assert stub.kinds.count("userAbstraction") == 1
    assert stub.kinds.count("clearinghouseState") == 4
