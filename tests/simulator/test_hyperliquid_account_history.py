"""What has befallen an account: fills, TWAPs, fundings and transfers, by page and by time."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from simulator.exchange.model import Tif, TwapRequest
from simulator.market import HOUR_MS
from simulator.wire import Level
from tests.simulator.account_setup import CLOID, captured_state, funded
from tests.simulator.recordings import cassette
from tests.simulator.trading_setup import BTC, BUY, ETH, SELL, USER, Bench, D, order, reference
from tests.simulator.venues import START_MS, Book, book


def test_the_captured_fill_comes_out_key_by_key() -> None:
    bench = funded("1000", "0.96")
    bench.at(0, reference(0, "2080.2", "ETH"), book(0, "2067.2", "2080.2", "ETH"))
    bench.place(order(BUY, "2080.2", "0.01", asset=ETH, tif=Tif.IOC))
    bench.place(order(SELL, "2067.2", "0.01", asset=ETH, tif=Tif.IOC, client_id=CLOID))

    closing, opening = bench.info(type="userFills", user=USER)

    assert closing == {
        "coin": "ETH",
        "px": "2067.2",
        "sz": "0.01",
        "side": "A",
        "time": START_MS,
        "startPosition": "0.01",
        "dir": "Close Long",
        "closedPnl": "-0.13",
        "hash": closing["hash"],
        "oid": opening["oid"] + 1,
        "crossed": True,
        "fee": "0.00893",
        "tid": closing["tid"],
        "cloid": CLOID,
        "feeToken": "USDC",
        "twapId": None,
    }
    assert set(opening) == set(closing) - {"cloid"}
    assert len(closing["hash"]) == 66
    assert closing["hash"] != opening["hash"]
    assert closing["tid"] != opening["tid"]


def test_a_builders_fee_is_shown_and_part_of_the_fee() -> None:
    bench = funded("1000", "0.96")
    bench.market.universe.add_perp("NEW", 2, 20)
    bench.market.refresh()
    bench.trading.refresh(bench.now_ms)
    bench.at(0, reference(0, "33.209", "NEW"), book(0, "33.208", "33.209", "NEW"))
    bench.place(order(BUY, "33.209", "0.73", asset=2, tif=Tif.IOC, builder_rate=D("0.0001")))

    (fill,) = bench.info(type="userFills", user=USER)

    assert (fill["fee"], fill["builderFee"]) == ("0.012896", "0.002424")


def paged(**options: Any) -> Bench:  # noqa: ANN401
    """Give a bench whose user has 2,005 fills, one each ms from the start on."""
    bench = funded("1000000", **options)
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0", size="100000.0"))
    for elapsed in range(2_005):
        bench.now_ms = START_MS + elapsed
        bench.place(
            order(BUY if elapsed % 2 else SELL, "101" if elapsed % 2 else "99", "1", tif=Tif.IOC)
        )
    return bench


def test_fills_come_2000_at_a_time() -> None:
    bench = paged()

    newest = bench.info(type="userFills", user=USER)
    page = bench.info(type="userFillsByTime", user=USER, startTime=START_MS)
    rest = bench.info(type="userFillsByTime", user=USER, startTime=page[-1]["time"])
    back = bench.info(type="userFillsByTime", user=USER, startTime=START_MS, reversed=True)
    one = bench.info(
        type="userFillsByTime", user=USER, startTime=START_MS + 7, endTime=START_MS + 7
    )

    assert [fill["time"] - START_MS for fill in newest] == list(range(2_004, 4, -1))
    assert [fill["time"] - START_MS for fill in page] == list(range(2_000))
    assert [fill["time"] - START_MS for fill in rest] == list(range(1_999, 2_005))
    assert back == newest
    assert [fill["time"] - START_MS for fill in one] == [7]
    assert len(bench.info(type="historicalOrders", user=USER)) == 2_000


def test_fills_by_time_can_come_descending() -> None:
    bench = funded("1000", fills_by_time_descending=True)
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    bench.place(order(BUY, "101", "0.5", tif=Tif.IOC))
    bench.place(order(SELL, "99", "0.5", tif=Tif.IOC))

    fills = bench.info(type="userFillsByTime", user=USER, startTime=0)

    assert [fill["side"] for fill in fills] == ["A", "B"]


def test_fills_of_one_order_and_time_can_come_as_one() -> None:
    bench = funded("1000")
    asks = (Level("100.0", "1.0", 1), Level("101.0", "3.0", 1))
    bench.at(0, reference(0, "100"), Book("BTC", START_MS, (), asks))
    bench.place(order(BUY, "101", "4", tif=Tif.IOC))

    apart = bench.info(type="userFills", user=USER)
    (merged,) = bench.info(type="userFills", user=USER, aggregateByTime=True)

    assert [(fill["px"], fill["startPosition"]) for fill in apart] == [
        ("101.0", "1.0"),
        ("100.0", "0.0"),
    ]
    assert apart[0]["hash"] == apart[1]["hash"]
    assert (merged["px"], merged["sz"], merged["startPosition"]) == ("100.75", "4.0", "0.0")
    assert D(merged["fee"]) == sum(D(fill["fee"]) for fill in apart)


def test_funding_has_the_recorded_keys(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_user_funding_history_with_end_time.yaml", "userFunding")[
        0
    ]
    bench = captured_state()

    paid, received = bench.info(type="userFunding", user=USER, startTime=START_MS)

    assert set(paid) == set(recorded)
    assert paid["delta"] == {
        "type": "funding",
        "coin": "BTC",
        "usdc": "-0.004377",
        "szi": "0.00009",
        "fundingRate": "0.001",
        "nSamples": None,
    }
    assert set(paid["delta"]) == set(recorded["delta"])
    assert received["delta"]["usdc"] == "0.000221"
    assert bench.info(type="userFunding", user=USER, startTime=START_MS + 1) == []


def test_deposits_and_noted_transfers_are_in_the_ledger(shared_data: Path) -> None:
    recorded = cassette(
        shared_data,
        "test_user_non_funding_ledger_updates_without_end_time.yaml",
        "userNonFundingLedgerUpdates",
    )
    bench = Bench()
    transfer = {"type": "accountClassTransfer", "usdc": "12.0", "toPerp": False}
    bench.trading.note(USER, transfer, START_MS + 5)

    deposit, moved = bench.info(type="userNonFundingLedgerUpdates", user=USER, startTime=0,
                                endTime=START_MS + 5)  # fmt: skip

    assert deposit["delta"] == {"type": "deposit", "usdc": "10000.0"}
    assert set(deposit) == set(recorded[0])
    assert (moved["time"], moved["delta"]) == (START_MS + 5, transfer)
    assert {"deposit", "accountClassTransfer"} <= {row["delta"]["type"] for row in recorded}


def test_ledger_and_funding_need_no_beginning_but_fills_do() -> None:
    bench = Bench()

    (deposit,) = bench.info(type="userNonFundingLedgerUpdates", user=USER)

    assert deposit["delta"]["type"] == "deposit"
    assert bench.info(type="userNonFundingLedgerUpdates", user=USER, startTime=None) == [deposit]
    assert bench.info(type="userFunding", user=USER) == []
    with pytest.raises(msgspec.ValidationError):
        bench.info(type="userFillsByTime", user=USER)


def test_twaps_are_told_in_seconds_and_their_fills_have_no_hash() -> None:
    bench = funded("100000")
    bench.at(0, reference(0, "100"), book(0, "99.0", "101.0"))
    engine = bench.trading.exchange
    bench.trading.tell(
        engine.start_twap(USER, TwapRequest(BTC, BUY, D(10), 5), bench.now_ms).events
    )
    bench.at(HOUR_MS // 2, book(HOUR_MS // 2, "99.0", "101.0"))

    finished, activated = bench.info(type="twapHistory", user=USER)
    slices = bench.info(type="userTwapSliceFills", user=USER)

    assert activated == {
        "time": START_MS // 1000,
        "state": {
            "coin": "BTC",
            "user": USER,
            "side": "B",
            "sz": "10.0",
            "executedSz": "0.0",
            "executedNtl": "0.0",
            "minutes": 5,
            "reduceOnly": False,
            "randomize": False,
            "timestamp": START_MS,
            "stopPx": None,
            "trigger": None,
        },
        "status": {"status": "activated"},
        "twapId": activated["twapId"],
    }
    assert finished["status"] == {"status": "finished"}
    assert {row["twapId"] for row in slices} == {activated["twapId"]}
    assert {row["fill"]["hash"] for row in slices} == {"0x" + "0" * 64}
    assert {row["fill"]["twapId"] for row in slices} == {activated["twapId"]}
    assert bench.info(type="historicalOrders", user=USER)[0]["order"]["orderType"] == "Twap Slice"
