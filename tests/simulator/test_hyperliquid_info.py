"""POST /info and /exchange: the recorded shapes, the numbers, the refusals, the weights."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from simulator.candles import MINUTE_MS
from simulator.events import Reference
from simulator.generator import COINS, Generator
from simulator.hyperliquid_info import QUESTIONS, ask
from simulator.hyperliquid_trading import Trading, TradingOptions
from simulator.market import HOUR_MS, Market
from simulator.wire import Level
from tests.simulator.recordings import cassette, fixture
from tests.simulator.venues import START_MS as DESK_START_MS
from tests.simulator.venues import Desk, book, open_desk, trade, trades

START_MS = 1_757_016_000_000
USER = "0x" + "ab" * 20


@pytest.fixture(scope="module")
def market() -> Market:
    """A market of a few minutes after five hours of past."""
    source = Generator(1, START_MS, 1, 300)
    made = Market(source)
    for event in source.due(START_MS + 2 * MINUTE_MS):
        for _ in made.apply(event):
            pass
    return made


def answer(market: Market, **question: object) -> Any:  # noqa: ANN401  (any JSON)
    """Ask as HTTP does, and read the answer as a client does."""
    asked = json.dumps(question).encode()
    trading = Trading(market, TradingOptions(), START_MS + 2 * MINUTE_MS)
    _, told, _ = ask(trading, START_MS + 2 * MINUTE_MS, asked)
    return msgspec.json.decode(msgspec.json.encode(told))


def has_shape(ours: object, recorded: object) -> bool:
    """Tell whether ours has every key of a recorded value, of the same JSON type, all the way down.

    A recorded list is judged by its first element, a recorded null by nothing.
    """
    if recorded is None:
        return True
    if type(ours) is not type(recorded):
        return False
    if isinstance(recorded, dict):
        return all(key in ours and has_shape(ours[key], value) for key, value in recorded.items())
    if isinstance(recorded, list) and recorded:
        return bool(ours) and has_shape(ours[0], recorded[0])
    return not isinstance(recorded, str) or bool(_NUMBER.match(ours)) == bool(
        _NUMBER.match(recorded)
    )


_NUMBER = re.compile(r"^-?\d+\.\d+$")


@pytest.mark.parametrize(
    ("name", "recorded_type", "question"),
    [
        ("test_get_info.yaml", "meta", {"type": "meta"}),
        ("test_get_l2_snapshot.yaml", "l2Book", {"type": "l2Book", "coin": "BTC"}),
        (
            "test_get_candles_snapshot.yaml",
            "candleSnapshot",
            {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1h", "startTime": 0}},
        ),
        (
            "test_get_funding_history[None].yaml",
            "fundingHistory",
            {"type": "fundingHistory", "coin": "BTC", "startTime": 0},
        ),
        ("test_user_rate_limit.yaml", "userRateLimit", {"type": "userRateLimit", "user": USER}),
        ("test_user_role.yaml", "userRole", {"type": "userRole", "user": USER}),
    ],
)
def test_answers_have_the_shape_of_the_sdk_recordings(
    shared_data: Path, market: Market, name: str, recorded_type: str, question: dict[str, Any]
) -> None:
    recorded = cassette(shared_data, name, recorded_type)

    ours = answer(market, **question)
    if (
        recorded_type == "userRateLimit"
    ):  # an account with nothing has fewer digits, not other types
        recorded["nRequestsUsed"] = 0

    assert has_shape(ours, recorded)


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("http_all_perp_metas_non_usdc_collateral.json", {"type": "allPerpMetas"}),
        ("http_clearinghouse_state_negative_total_raw_usd.json",
         {"type": "clearinghouseState", "user": USER}),
        ("http_funding_history.json", {"type": "fundingHistory", "coin": "BTC", "startTime": 0}),
        ("http_l2_book_btc.json", {"type": "l2Book", "coin": "BTC"}),
        ("http_meta_perp_sample.json", {"type": "meta"}),
        ("http_recent_trades_btc.json", {"type": "recentTrades", "coin": "BTC"}),
        ("http_spot_meta_non_usdc_collateral.json", {"type": "spotMeta"}),
    ],
)  # fmt: skip
def test_answers_have_the_shape_of_the_nautilus_fixtures(
    shared_data: Path, market: Market, name: str, question: dict[str, Any]
) -> None:
    recorded = fixture(shared_data, name)
    if name == "http_meta_perp_sample.json":  # made by hand: the venue omits flags that are not set
        recorded["universe"] = [{k: v for k, v in recorded["universe"][0].items() if v is not None}]
    if name == "http_spot_meta_non_usdc_collateral.json":
        recorded["tokens"][0]["tokenId"] = "0x" + "0" * 31 + "1"

    assert has_shape(answer(market, **question), recorded)


def test_mids_are_a_number_for_every_coin_with_a_market(shared_data: Path, market: Market) -> None:
    recorded = cassette(shared_data, "test_get_all_mids.yaml", "allMids")

    mids = answer(market, type="allMids")

    assert set(mids) == {"BTC", "ETH", "SOL", "HYPE", "PURR/USDC", "@1"}
    assert set(answer(market, type="allMids", dex="xyz")) == {"xyz:TSLA"}
    assert all(_NUMBER.match(mid) for mid in (*mids.values(), *recorded.values()))


def test_contexts_have_the_recorded_shape_and_stand_beside_their_universe(
    shared_data: Path, market: Market
) -> None:
    recorded = fixture(shared_data, "ws_all_dexs_asset_ctxs.json")["data"]["ctxs"][0][1][0]

    for dex in ("", "xyz"):
        meta, contexts = answer(market, type="metaAndAssetCtxs", dex=dex)
        assert len(meta["universe"]) == len(contexts)
        for entry, context in zip(meta["universe"], contexts, strict=True):
            if entry.get("isDelisted"):
                assert context["midPx"] is context["impactPxs"] is context["premium"] is None
            else:
                assert has_shape(context, recorded)


def test_spot_lists_are_dense_and_parallel(market: Market) -> None:
    spot, contexts = answer(market, type="spotMetaAndAssetCtxs")

    assert [token["index"] for token in spot["tokens"]] == list(range(len(spot["tokens"])))
    assert [pair["index"] for pair in spot["universe"]] == list(range(len(spot["universe"])))
    assert [pair["name"] for pair in spot["universe"]] == [c["coin"] for c in contexts]
    assert set(contexts[0]) == {
        "prevDayPx", "dayNtlVlm", "markPx", "midPx", "circulatingSupply", "coin", "totalSupply",
        "dayBaseVlm",
    }  # fmt: skip


def test_assets_are_numbered_as_the_venue_does(market: Market) -> None:
    listings = market.universe.listings

    assert {name: listing.asset for name, listing in listings.items()} == {
        "BTC": 0, "ETH": 1, "MATIC": 2, "SOL": 3, "HYPE": 4,
        "xyz:TSLA": 110_000, "PURR/USDC": 10_000, "@1": 10_001,
    }  # fmt: skip
    assert listings["MATIC"].delisted
    assert {coin.name: coin.sz_decimals for coin in COINS} == {
        name: listing.sz_decimals for name, listing in listings.items() if not listing.delisted
    }


def test_every_account_question_finds_an_empty_account(market: Market) -> None:
    rest = {"startTime": 0, "oid": 1, "coin": "BTC", "builder": USER}
    answers = {
        tag: answer(market, type=tag, user=USER, **rest)
        for tag, question in QUESTIONS.items()
        if "user" in question.shape.__struct_fields__
    }

    assert len(answers) >= 20
    assert answers["orderStatus"] == {"status": "unknownOid"}
    assert answers["userAbstraction"] == "default"
    assert answers["subAccounts"] is None
    assert answers["spotClearinghouseState"] == {"balances": []}
    assert answers["clearinghouseState"]["marginSummary"]["accountValue"] == "0.0"
    assert answers["userFees"]["userCrossRate"] == "0.00045"
    assert answers["historicalOrders"] == answers["userFills"] == answers["openOrders"] == []


def test_the_other_lists(market: Market) -> None:
    tiers = answer(market, type="marginTable", id=54)["marginTiers"]
    ours, delisted = answer(market, type="predictedFundings")[0], "MATIC"

    assert tiers[1] == {"lowerBound": "150000000.0", "maxLeverage": 20}
    assert answer(market, type="marginTable", id=10)["marginTiers"][0]["maxLeverage"] == 10
    assert answer(market, type="outcomeMeta") == {"outcomes": [], "questions": []}
    assert answer(market, type="exchangeStatus") == {
        "time": START_MS + 2 * MINUTE_MS,
        "specialStatuses": None,
    }
    assert answer(market, type="perpDexs")[0] is None
    assert ours[0] == "BTC"
    assert ours[1][0][1]["nextFundingTime"] == START_MS + HOUR_MS
    assert delisted not in dict(answer(market, type="predictedFundings"))


def test_candles_begin_with_the_one_that_contains_the_start(market: Market) -> None:
    req = {"coin": "BTC", "interval": "5m", "startTime": START_MS - 12 * MINUTE_MS,
           "endTime": START_MS - 1}  # fmt: skip

    candles = answer(market, type="candleSnapshot", req=req)

    assert [c["t"] for c in candles] == [START_MS - minute * MINUTE_MS for minute in (15, 10, 5)]


def test_the_book_is_aggregated_by_figures_and_mantissa(desk: Desk) -> None:
    bids = tuple(Level(px, "1.5", 2) for px in ("111065.0", "111061.0", "111055.0"))
    asks = tuple(Level(px, "1.0", 1) for px in ("111066.0", "111070.0", "111071.0"))
    event = book(0, "1.0", "2.0")
    desk.at(0, type(event)("BTC", event.time, bids, asks))

    def levels(**how: int) -> object:
        return answer(desk.venue.market, type="l2Book", coin="BTC", **how)["levels"]

    assert levels(nSigFigs=5) == [
        [{"px": "111060.0", "sz": "3.0", "n": 4}, {"px": "111050.0", "sz": "1.5", "n": 2}],
        [{"px": "111070.0", "sz": "2.0", "n": 2}, {"px": "111080.0", "sz": "1.0", "n": 1}],
    ]
    assert levels(nSigFigs=5, mantissa=5)[1] == [{"px": "111100.0", "sz": "3.0", "n": 3}]
    assert levels(nSigFigs=2)[0] == [{"px": "110000.0", "sz": "4.5", "n": 6}]


async def test_funding_is_settled_every_hour_at_any_step(desk: Desk) -> None:
    desk.at(0, book(0, "99.0", "101.0"))
    desk.at(1_000, Reference("BTC", DESK_START_MS + 1_000, Decimal(100), Decimal(100), Decimal(1)))
    desk.at(3 * HOUR_MS)

    rows = await desk.info(type="fundingHistory", coin="BTC", startTime=0)

    assert len(rows) == 3
    assert [row["time"] // HOUR_MS for row in rows] == [
        DESK_START_MS // HOUR_MS + hour for hour in (1, 2, 3)
    ]
    assert all(20 <= row["time"] % HOUR_MS <= 400 for row in rows)
    assert rows[0]["fundingRate"] == "0.0000125"


SIGNED = {"nonce": 1, "signature": {"r": "0x1", "s": "0x2", "v": 27}}


async def test_a_well_formed_action_meets_an_unknown_signer(desk: Desk) -> None:
    body = {"action": {"type": "order", "orders": [], "grouping": "na"}, **SIGNED,
            "vaultAddress": None, "expiresAfter": None}  # fmt: skip

    response = await desk.post("/exchange", body)

    assert response.status_code == 200
    assert response.json()["status"] == "err"
    assert re.fullmatch(
        r"User or API Wallet 0x[0-9a-f]{40} does not exist\.", response.json()["response"]
    )


async def test_more_weight_than_a_minute_has_is_429_with_null() -> None:
    async with open_desk(weight_per_minute=45) as desk:
        statuses = [
            (await desk.post("/info", {"type": kind})).status_code
            for kind in ("meta", "spotMeta", "meta", "allMids", "allMids", "allMids")
        ]
        refused = await desk.post("/info", {"type": "meta"})

    assert statuses == [200, 200, 429, 200, 200, 429]
    assert refused.text == "null"


async def test_the_items_of_an_answer_weigh_too() -> None:
    async with open_desk(weight_per_minute=43) as desk:
        desk.at(0, trades(*(trade(0, "1.0", tid=tid) for tid in range(1, 31))))
        statuses = [
            (await desk.post("/info", {"type": "recentTrades", "coin": "BTC"})).status_code
            for _ in range(2)
        ]
        light = [(await desk.post("/info", {"type": "allMids"})).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert light == [429, 429]


async def test_information_can_be_made_to_fail_for_a_while(desk: Desk) -> None:
    desk.venue.fail_next_info(502, "<html>Bad Gateway</html>", 2)

    answers = [await desk.post("/info", {"type": "meta"}) for _ in range(3)]

    assert [a.status_code for a in answers] == [502, 502, 200]
    assert answers[0].text == "<html>Bad Gateway</html>"
    assert [r.body for r in desk.venue.received] == [{"type": "meta"}] * 3


async def test_a_coin_can_be_added_and_delisted(desk: Desk) -> None:
    desk.at(0, book(0, "99.0", "101.0"))
    desk.venue.set_status("BTC", delisted=True)
    desk.venue.add_coin("NEW", 2, 5)
    desk.at(1_000, book(1_000, "99.0", "101.0"), book(1_000, "1.0", "1.1", "NEW"))

    meta, contexts = await desk.info(type="metaAndAssetCtxs")

    assert [entry["name"] for entry in meta["universe"]] == ["BTC", "ETH", "NEW"]
    assert meta["universe"][0]["isDelisted"] is True
    assert [context["midPx"] for context in contexts] == [None, None, "1.05"]
    assert (await desk.info(type="l2Book", coin="BTC"))["levels"] == [[], []]
    desk.venue.set_status("BTC", delisted=False)
    assert "isDelisted" not in (await desk.info(type="meta"))["universe"][0]
