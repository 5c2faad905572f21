"""Who may act and when: signers, agents, vaults and sub-accounts, nonces, expiry and limits."""

from typing import Any

import msgspec
import pytest
from eth_account import Account

from simulator.hyperliquid_actions import act
from simulator.hyperliquid_directory import SubAccount
from simulator.moments import DAY_MS
from tests.simulator.signed_bodies import (
    AGENT,
    OTHER,
    STRANGER,
    USER,
    address,
    encoded,
    signed,
    typed,
)
from tests.simulator.trading_floor import BTC, ETH, START_MS, Floor, statuses, wire

DONE = {"status": "ok", "response": {"type": "default"}}
NOOP = {"type": "noop"}
NOBODY = "0x" + "0" * 40
VAULT, SUB = "0x" + "a" * 40, "0x" + "c" * 40


@pytest.fixture
def floor() -> Floor:
    return Floor()


def refusal(words: str) -> dict[str, str]:
    return {"status": "err", "response": words}


def missing(wallet: Any) -> dict[str, str]:  # noqa: ANN401  (an untyped wallet)
    return refusal(f"User or API Wallet {address(wallet)} does not exist.")


def approve(agent: str, name: str | None = None) -> dict[str, Any]:
    return {"type": "approveAgent", "agentAddress": agent, "agentName": name or ""}


# Signers


def test_a_user_acts_and_a_stranger_does_not_exist(floor: Floor) -> None:
    assert floor.act(NOOP) == DONE
    assert floor.act(NOOP, STRANGER) == missing(STRANGER)


def test_a_stranger_and_an_agent_must_deposit_for_typed_actions(floor: Floor) -> None:
    floor.act(approve(address(AGENT)))
    send = {"type": "usdSend", "destination": VAULT, "amount": "1"}

    for wallet in (STRANGER, AGENT):
        words = f"Must deposit before performing actions. User: {address(wallet)}"
        assert floor.act(send, wallet) == refusal(words)


def test_a_malformed_signature_is_named(floor: Floor) -> None:
    body = signed(USER, NOOP, START_MS) | {"signature": {"r": "0x0", "s": "0x1", "v": 27}}

    assert floor.send(body).answer == refusal("Unable to recover signer.")


@pytest.mark.parametrize(
    ("setting", "sent", "works"),
    [
        (None, False, True),
        (None, True, True),
        (True, True, True),
        (True, False, False),
        (False, False, True),
        (False, True, False),
    ],
)
def test_the_network_of_a_signature_may_be_enforced(
    setting: bool | None, sent: bool, works: bool
) -> None:
    floor = Floor(is_mainnet=setting)
    fee = {"type": "approveBuilderFee", "maxFeeRate": "0.01%", "builder": VAULT}

    bodies = [signed(USER, NOOP, START_MS, is_mainnet=sent),
              typed(USER, fee, START_MS + 1, is_mainnet=sent)]  # fmt: skip

    assert [floor.send(body).answer == DONE for body in bodies] == [works, works]


@pytest.mark.parametrize("type_", ["perpDeploy", "claimRewards", "setReferrer", "setDisplayName"])
def test_what_changes_nothing_here_is_taken(floor: Floor, type_: str) -> None:
    names = {"setReferrer": {"code": "CCXT1"}, "setDisplayName": {"displayName": "me"}}

    assert floor.act({"type": type_} | names.get(type_, {})) == DONE


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        encoded({"action": {"type": "order"}, "nonce": 1, "signature": {"r": "0x1", "s": "0x1",
                                                                         "v": 27}}),
        encoded(signed(USER, {"type": "nope"}, 1)),
        encoded(signed(USER, NOOP, 1) | {"vaultAddress": "0x12"}),
        encoded(signed(USER, NOOP, 1) | {"nonce": -1}),
        encoded(signed(USER, {"type": "order", "grouping": "na", "orders": [
            wire(ETH, "B", "1500", "1") | {"p": 1500}]}, 1)),
        encoded(signed(USER, {"type": "order", "grouping": "na", "orders": [
            wire(ETH, "B", "1500", "1", "Fok")]}, 1)),
        encoded(signed(USER, {"type": "order", "grouping": "na", "orders": [
            wire(ETH, "B", "1500", "1", t={})]}, 1)),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_no_action(floor: Floor, body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        act(floor.trading, body, START_MS)


# Nonces and expiry


def test_a_nonce_is_used_up_by_an_action_that_fails(floor: Floor) -> None:
    body = signed(USER, {"type": "updateLeverage", "asset": ETH, "isCross": True, "leverage": 99},
                  START_MS)  # fmt: skip

    first, second = floor.send(body), floor.send(body)

    assert first.answer == refusal("Invalid leverage value")
    assert second.answer == refusal(f"Invalid nonce: duplicate nonce {START_MS}")


def test_every_signer_has_nonces_of_its_own(floor: Floor) -> None:
    floor.act(approve(address(AGENT)))

    answers = [floor.send(signed(x, NOOP, START_MS)).answer for x in (USER, OTHER, AGENT)]

    assert answers == [DONE] * 3


def test_a_typed_action_says_its_nonce_twice_and_the_same(floor: Floor) -> None:
    body = typed(USER, approve(VAULT), START_MS)

    refused = floor.send(body | {"nonce": START_MS + 1}).answer

    assert str(refused["response"]).startswith("Invalid nonce")


@pytest.mark.parametrize(
    ("ahead_ms", "answer"),
    [(1, DONE), (0, DONE), (-1, refusal("Action already expired"))],
)
def test_an_expired_action_is_refused(floor: Floor, ahead_ms: int, answer: object) -> None:
    assert floor.act(NOOP, expires=START_MS + ahead_ms) == answer


def test_a_stale_action_counts_five_times(floor: Floor) -> None:
    floor.act(NOOP, expires=START_MS - 1)
    floor.act(NOOP)

    assert floor.trading.directory.requests_used == {address(USER): 6}


def test_wall_time_is_understood_in_compressed_time(floor: Floor) -> None:
    wall_ms = START_MS + 300 * DAY_MS
    actions = [
        (NOOP, wall_ms + 1_000),
        (NOOP, wall_ms - 1_000),
        ({"type": "scheduleCancel", "time": wall_ms + 10_000}, None),
    ]

    said = [
        act(
            floor.trading,
            encoded(signed(USER, action, wall_ms + place, None, expires)),
            START_MS,
            wall_ms=wall_ms,
            speed=60,
        ).answer
        for place, (action, expires) in enumerate(actions)
    ]

    assert said == [DONE, refusal("Action already expired"), DONE]
    assert floor.trading.exchange.account(address(USER)).cancel_at == START_MS + 600_000


# Agents


def test_an_agent_trades_for_its_master(floor: Floor) -> None:
    assert floor.act(approve(address(AGENT), "one")) == DONE

    answer = floor.act({"type": "order", "orders": [wire(ETH, "B", "1500", "1")],
                        "grouping": "na"}, AGENT)  # fmt: skip

    assert "resting" in statuses(answer)[0]
    assert len(floor.trading.exchange.account(address(USER)).live) == 1


@pytest.mark.parametrize("name", [None, "one"])
def test_an_agent_is_replaced_under_its_name(floor: Floor, name: str | None) -> None:
    floor.act(approve(address(AGENT), name))
    floor.act(NOOP, AGENT)

    floor.act(approve(address(STRANGER), name))

    assert floor.act(NOOP, AGENT) == missing(AGENT)
    assert floor.act(NOOP, STRANGER) == DONE
    assert address(AGENT) not in floor.trading.directory.nonces


def test_a_removed_agent_is_gone_and_no_other_comes_for_5_seconds(floor: Floor) -> None:
    floor.act(approve(address(AGENT)))

    assert floor.act(approve(NOBODY)) == DONE
    pending = floor.act(approve(address(STRANGER)))
    floor.now_ms += 5_000

    assert floor.act(NOOP, AGENT) == missing(AGENT)
    assert pending == refusal("User has pending agent removal")
    assert floor.act(approve(address(STRANGER))) == DONE


def test_an_agent_is_valid_until_its_time(floor: Floor) -> None:
    floor.act(approve(address(AGENT), f"one valid_until {START_MS + 1_000}"))

    floor.now_ms += 1_000
    assert floor.act(NOOP, AGENT) == DONE
    floor.now_ms += 1
    assert floor.act(NOOP, AGENT) == missing(AGENT)


def test_an_agent_without_a_time_is_valid_for_90_days(floor: Floor) -> None:
    floor.act(approve(address(AGENT)))

    (agent,) = floor.trading.directory.agents_of(address(USER))

    assert agent.valid_until_ms == START_MS + 90 * DAY_MS


@pytest.mark.parametrize("ahead_ms", [0, -1, 180 * DAY_MS + 1])
def test_a_time_in_the_past_or_beyond_180_days_is_expired(floor: Floor, ahead_ms: int) -> None:
    name = f"one valid_until {START_MS + ahead_ms}"

    words = "Agent valid_until already expired."
    assert floor.act(approve(address(AGENT), name)) == refusal(words)


def test_a_known_address_is_no_new_agent(floor: Floor) -> None:
    floor.act(approve(address(AGENT)), OTHER)

    for known in (address(AGENT), address(OTHER)):
        assert floor.act(approve(known, "one")) == refusal("Extra agent already used.")


def test_a_user_has_three_named_agents_and_two_more_for_each_sub_account(floor: Floor) -> None:
    agents = [address(Account.from_key(f"0x{n:064x}")) for n in range(90, 97)]
    for place, agent in enumerate(agents[:3]):
        assert floor.act(approve(agent, f"agent {place}")) == DONE
    full = floor.act(approve(agents[3], "agent 3"))
    floor.act({"type": "createSubAccount", "name": "sub"})

    words = "Too many extra agents for cumulative volume traded. Current limit is 3"
    assert full == refusal(words)
    assert floor.act(approve(agents[3], "agent 3")) == DONE
    assert floor.act(approve(agents[4])) == DONE  # the unnamed one is beside them


# Vaults and sub-accounts


@pytest.fixture
def owned(floor: Floor) -> Floor:
    floor.trading.directory.vaults[VAULT] = address(USER)
    floor.trading.directory.sub_accounts[SUB] = SubAccount(SUB, address(USER), "sub")
    return floor


@pytest.mark.parametrize("account", [VAULT, SUB])
def test_an_action_is_done_for_the_vault_or_sub_account(owned: Floor, account: str) -> None:
    owned.act(approve(address(AGENT)))
    leverage = {"type": "updateLeverage", "asset": BTC, "isCross": True, "leverage": 7}

    answers = [owned.act(leverage, wallet, vault=account) for wallet in (USER, AGENT)]

    assert answers == [DONE, DONE]
    positions = owned.trading.exchange.account(account).positions
    assert positions[BTC].leverage == 7
    assert owned.trading.directory.requests_used == {address(USER): 1, account: 2}


@pytest.mark.parametrize("account", [VAULT, SUB])
def test_nobody_acts_for_anothers_vault(owned: Floor, account: str) -> None:
    words = f"Vault not registered: {account}"

    assert owned.act(NOOP, OTHER, vault=account) == refusal(words)
    assert owned.act(NOOP, vault=VAULT.replace("a", "b")) == refusal(words.replace(account, (
        VAULT.replace("a", "b"))))  # fmt: skip


def test_a_vault_opens_nothing_of_its_own(owned: Floor) -> None:
    answer = owned.act({"type": "createSubAccount", "name": "x"}, vault=VAULT)

    assert answer == refusal("Vault may not perform this action")


# The limit of an address


def test_an_address_has_requests_by_its_volume(floor: Floor) -> None:
    floor = Floor(free_requests=3)
    floor.order(wire(ETH, "B", "2002", "0.1", "Ioc"))  # 200.2 traded
    floor.trading.directory.requests_used[address(USER)] = 202

    answers = [floor.act(NOOP) for _ in range(3)]

    words = (
        "Too many cumulative requests sent (205 > 203) for cumulative volume traded $200.2. "
        "Place taker orders to free up 1 request per USDC traded."
    )
    assert answers == [DONE, DONE, refusal(words)]  # the second went slowly


def test_beyond_its_limit_an_address_acts_every_10_seconds(floor: Floor) -> None:
    floor = Floor(free_requests=1)
    assert [floor.act(NOOP)["status"] for _ in range(3)] == ["ok", "ok", "err"]

    floor.now_ms += 9_999
    assert floor.act(NOOP)["status"] == "err"
    floor.now_ms += 1
    assert [floor.act(NOOP)["status"] for _ in range(2)] == ["ok", "err"]


def test_orders_and_cancels_count_one_by_one_and_cancels_have_more() -> None:
    floor = Floor(free_requests=4)
    floor.order(*[wire(ETH, "B", "1500", "1")] * 4)
    floor.act(NOOP)  # goes slowly
    cancels = [{"a": ETH, "o": 1}] * 3

    assert floor.act(NOOP)["status"] == "err"
    assert len(statuses(floor.act({"type": "cancel", "cancels": cancels}))) == 3
    assert floor.trading.directory.requests_used == {address(USER): 8}
    floor.now_ms += 1
    assert floor.act({"type": "cancel", "cancels": cancels})["status"] == "err"


def test_requests_can_be_bought(floor: Floor) -> None:
    floor = Floor(free_requests=1)
    assert floor.act({"type": "reserveRequestWeight", "weight": 4}) == DONE

    assert [floor.act(NOOP)["status"] for _ in range(6)] == ["ok"] * 5 + ["err"]
    assert str(floor.cash()) == "9999.9980"


def test_the_limit_can_be_switched_off() -> None:
    floor = Floor(free_requests=0)
    floor.trading.directory.requests_used[address(USER)] = 10**9

    assert [floor.act(NOOP) for _ in range(3)] == [DONE] * 3
