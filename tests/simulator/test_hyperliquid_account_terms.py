"""On what terms an account trades: its role, agents, rates and limits, and what asking weighs."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.exchange.model import Tif
from simulator.hyperliquid_directory import Agent, SubAccount
from simulator.hyperliquid_info import weight_of
from tests.simulator.account_setup import ZEROS, captured_state, empty_bench, funded
from tests.simulator.recordings import cassette
from tests.simulator.trading_setup import BUY, OTHER, USER, D, order, reference
from tests.simulator.venues import book

AGENT = "0x" + "ee" * 20


def test_rates_and_requests_follow_the_volume(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_user_rate_limit.yaml", "userRateLimit")
    bench = funded("100000000", "0.96")
    bench.at(0, reference(0, "100000"), book(0, "99999.0", "100000.0", size="1000.0"))
    bench.place(order(BUY, "100000", "60", tif=Tif.IOC))
    bench.trading.directory.requests_used[USER] = 3

    limit = bench.info(type="userRateLimit", user=USER)
    fees = bench.info(type="userFees", user=USER)

    assert set(recorded) <= set(limit)
    assert limit == {
        "cumVlm": "6000000.0",
        "nRequestsUsed": 3,
        "nRequestsCap": 6_010_000,
        "nRequestsSurplus": 0,
    }
    assert (fees["userCrossRate"], fees["userAddRate"]) == ("0.000384", "0.0001152")
    assert fees["feeSchedule"]["cross"] == "0.00045"
    assert fees["feeSchedule"]["tiers"]["vip"][0]["ntlCutoff"] == "5000000.0"
    assert fees["dailyUserVlm"] == [
        {
            "date": "2025-09-04",
            "userCross": "6000000.0",
            "userAdd": "0.0",
            "exchange": "6000000.0",
        }
    ]


def test_roles_agents_and_sub_accounts(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_extra_agents.yaml", "extraAgents")
    bench = empty_bench(accounts=((USER, D(1)),), agents=((AGENT, USER),))
    directory = bench.trading.directory
    named = Agent("0x" + "a1" * 20, USER, "bot", 1_767_776_120_478)
    directory.agents[named.address] = named
    directory.sub_accounts[OTHER] = SubAccount(OTHER, USER, "second")
    directory.vaults["0x" + "f0" * 20] = USER
    directory.builder_fees[USER, AGENT] = 10

    def role(address: str) -> Any:  # noqa: ANN401
        return bench.info(type="userRole", user=address)

    assert role(USER) == {"role": "user"}
    assert role(AGENT) == {"role": "agent", "data": {"user": USER}}
    assert role(OTHER) == {"role": "subAccount", "data": {"master": USER}}
    assert role("0x" + "f0" * 20) == {"role": "vault"}
    (agent,) = bench.info(type="extraAgents", user=USER)
    assert agent == {"name": "bot", "address": named.address, "validUntil": 1_767_776_120_478}
    assert set(agent) == set(recorded[0])
    (sub,) = bench.info(type="subAccounts", user=USER)
    assert sub == {
        "name": "second",
        "subAccountUser": OTHER,
        "master": USER,
        "clearinghouseState": bench.info(type="clearinghouseState", user=OTHER),
        "spotState": {"balances": []},
    }
    assert bench.info(type="subAccounts", user=OTHER) is None
    assert bench.info(type="maxBuilderFee", user=USER, builder=AGENT) == 10
    assert bench.info(type="approvedBuilders", user=USER) == [AGENT]
    assert bench.info(type="clearinghouseState", user=AGENT)["marginSummary"] == ZEROS


def test_a_portfolio_has_the_recorded_shape(shared_data: Path) -> None:
    recorded = cassette(shared_data, "test_portfolio.yaml", "portfolio")
    bench = captured_state()

    ours = bench.info(type="portfolio", user=USER)

    assert [name for name, _ in ours] == [name for name, _ in recorded]
    assert all(set(ours[0][1]) == set(period) for _, period in recorded)
    assert ours[0][1]["accountValueHistory"] == [[bench.now_ms, "179.007426"]]
    # The deposit was 181.862782.
    assert ours[0][1]["pnlHistory"] == [[bench.now_ms, "-2.855356"]]


@pytest.mark.parametrize(
    ("question", "weight"),
    [
        ({"type": "clearinghouseState"}, 2),
        ({"type": "spotClearinghouseState"}, 2),
        ({"type": "orderStatus"}, 2),
        ({"type": "userRole"}, 60),
        ({"type": "frontendOpenOrders"}, 20),
    ],
)
def test_account_questions_weigh_as_the_sheet_says(question: dict[str, str], weight: int) -> None:
    assert weight_of(json.dumps(question).encode()) == weight
