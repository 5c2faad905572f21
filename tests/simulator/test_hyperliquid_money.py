"""Leverage, margin, transfers, TWAPs and the scheduled cancel, over the wire."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from simulator.hyperliquid_info import ask
from tests.simulator.signed_bodies import AGENT, OTHER, USER, address, encoded
from tests.simulator.trading_floor import BTC, CASH, ETH, START_MS, TSLA, Floor, trigger, wire

DONE = {"status": "ok", "response": {"type": "default"}}
HERE, THERE = address(USER), address(OTHER)
LEVERAGE = {"type": "updateLeverage", "asset": ETH, "isCross": False, "leverage": 10}


@pytest.fixture
def floor() -> Floor:
    return Floor()


def refusal(words: str) -> dict[str, str]:
    return {"status": "err", "response": words}


# Leverage and margin


@pytest.mark.parametrize(
    ("asset", "leverage", "answer"),
    [
        (ETH, 25, DONE),
        (ETH, 26, refusal("Invalid leverage value")),
        (ETH, 0, refusal("Invalid leverage value")),
        (TSLA, 10, DONE),
        (777, 3, refusal("Invalid asset")),
    ],
)
def test_leverage_is_a_markets_own(floor: Floor, asset: int, leverage: int, answer: object) -> None:
    action = {"type": "updateLeverage", "asset": asset, "isCross": True, "leverage": leverage}

    assert floor.act(action) == answer


def test_isolated_margin_moves_both_ways(floor: Floor) -> None:
    move = {"type": "updateIsolatedMargin", "asset": ETH, "isBuy": True, "ntli": 100_000_000}
    flat = floor.act(move)
    floor.act(LEVERAGE)
    floor.order(wire(ETH, "B", "2100", "1", "Ioc"))

    answers = [floor.act(move | {"ntli": ntli}) for ntli in (100_000_000, -50_000_000)]
    too_much = floor.act(move | {"ntli": -(10**12)})

    (state,) = floor.trading.exchange.account_state(HERE).positions
    assert flat == refusal("Position does not use isolated margin.")
    assert answers == [DONE, DONE]
    assert too_much == refusal("Insufficient margin.")
    assert state.margin_used == Decimal("248.2")  # 200.2 - 2 of loss + 50


def test_an_isolated_position_is_topped_up_to_a_leverage(floor: Floor) -> None:
    floor.act(LEVERAGE)
    floor.order(wire(ETH, "B", "2100", "1", "Ioc"))
    top_up = {"type": "topUpIsolatedOnlyMargin", "asset": ETH}

    answers = [floor.act(top_up | {"leverage": leverage}) for leverage in ("3.5", "5", "0")]

    (state,) = floor.trading.exchange.account_state(HERE).positions
    assert answers == [DONE, DONE, refusal("Invalid leverage value")]
    assert state.margin_used == Decimal("571.428572")
    assert floor.act(top_up | {"asset": BTC, "leverage": "5"}) == refusal(
        "Position does not use isolated margin."
    )


# Later


def test_a_scheduled_cancel_goes_off_on_every_dex(floor: Floor) -> None:
    floor.trading.open(HERE, CASH, START_MS, "xyz")
    floor.order(wire(ETH, "B", "1500", "1"), wire(TSLA, "B", "390", "1"))
    floor.told()

    assert floor.act({"type": "scheduleCancel", "time": START_MS + 5_000}) == DONE
    floor.now_ms += 5_000
    floor.act({"type": "noop"})
    floor.act({"type": "scheduleCancel"})

    assert floor.told() == ["scheduledCancel", "scheduledCancel"]


@pytest.mark.parametrize(
    ("volume", "ahead_ms", "words"),
    [
        (0, 4_999, "Scheduled cancel time must be at least 5 seconds from now."),
        (1_000_000, 5_000,
         ("Cannot set scheduled cancel time until enough volume traded. Required: $1000000. "
          "Traded: $200.2.")),
    ],
)  # fmt: skip
def test_a_scheduled_cancel_is_refused(volume: int, ahead_ms: int, words: str) -> None:
    floor = Floor(schedule_volume=Decimal(volume))
    floor.order(wire(ETH, "B", "2002", "0.1", "Ioc"))

    answer = floor.act({"type": "scheduleCancel", "time": START_MS + ahead_ms})

    assert answer == refusal(words)


def twap(size: str = "1", minutes: int = 30, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    order = {"a": ETH, "b": True, "s": size, "r": False, "m": minutes, "t": False}
    return {"type": "twapOrder", "twap": order | fields}


def status(answer: dict[str, Any], kind: str) -> Any:  # noqa: ANN401  (any JSON)
    assert answer["response"]["type"] == kind
    return answer["response"]["data"]["status"]


def test_a_twap_runs_until_it_is_canceled(floor: Floor) -> None:
    running = status(floor.act(twap()), "twapOrder")
    twap_id = running["running"]["twapId"]
    cancel = {"type": "twapCancel", "a": ETH, "t": twap_id}

    answers = [status(floor.act(cancel), "twapCancel") for _ in range(2)]

    gone = {"error": "TWAP was never placed, already canceled, or filled."}
    assert answers == ["success", gone]
    assert floor.told() == ["TwapChanged", "open", "fill 0.0166", "filled", "TwapChanged"]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (twap(minutes=1), "Invalid TWAP duration: 1 min(s)"),
        (twap("0.1", 120), "TWAP order value too small. Min is $1200, which is $10 per minute."),
        (twap(r=True), "Reduce-only TWAP order would increase position."),
        (twap("0"), "Order has invalid size."),
        (twap(a=9), "Invalid asset"),
        (twap() | {"details": {"t": {"p": "1", "a": True}, "s": None}},
         "TWAP triggers are not supported."),
    ],
)  # fmt: skip
def test_a_twap_is_refused(floor: Floor, action: dict[str, Any], words: str) -> None:
    assert status(floor.act(action), "twapOrder") == {"error": words}


# Transfers


def test_cash_moves_between_spot_and_perps(floor: Floor) -> None:
    move = {"type": "usdClassTransfer", "amount": "4000.5", "toPerp": False}

    answers = [floor.act(move), floor.act(move | {"amount": "1", "toPerp": True})]
    too_much = floor.act(move | {"amount": "6000.51"})

    assert answers == [DONE, DONE]
    assert too_much == refusal("Insufficient balance for withdrawal.")
    assert (floor.cash(), floor.cash(dex="spot")) == (Decimal("6000.5"), Decimal("3999.5"))


def test_a_unified_account_has_no_classes(floor: Floor) -> None:
    mode = {"type": "userSetAbstraction", "user": HERE, "abstraction": "unifiedAccount"}
    assert floor.act(mode) == DONE

    answer = floor.act({"type": "usdClassTransfer", "amount": "1", "toPerp": False})

    assert answer == refusal("Action disabled when unified account is active")


@pytest.mark.parametrize(
    ("action", "mode"),
    [
        ({"type": "agentSetAbstraction", "abstraction": "p"}, "portfolioMargin"),
        ({"type": "agentSetAbstraction", "abstraction": "i"}, "disabled"),
        ({"type": "agentEnableDexAbstraction"}, "dexAbstraction"),
        ({"type": "userDexAbstraction", "user": HERE, "enabled": True}, "dexAbstraction"),
        ({"type": "userDexAbstraction", "user": THERE, "enabled": True}, None),
    ],
)
def test_the_account_mode_is_the_users_to_set(
    floor: Floor, action: dict[str, Any], mode: str | None
) -> None:
    assert (floor.act(action) == DONE) == (mode is not None)
    assert floor.trading.directory.abstractions.get(HERE) == mode


def test_cash_is_sent_to_others_who_become_users(floor: Floor) -> None:
    stranger = "0x" + "9" * 40
    send = {"type": "usdSend", "destination": stranger, "amount": "10"}

    assert floor.act(send) == DONE

    assert floor.trading.exchange.account(stranger).raw == 10
    assert stranger in floor.trading.directory.masters
    assert floor.act(send | {"amount": "10000"}) == refusal("Insufficient balance for withdrawal.")
    for amount in ("0", "-1", "1e3", ""):
        assert floor.act(send | {"amount": amount}) == refusal("Invalid send")


def test_what_is_withdrawn_is_gone(floor: Floor) -> None:
    assert floor.act({"type": "withdraw3", "destination": HERE, "amount": "10000"}) == DONE

    assert floor.cash() == 0


def send_asset(**fields: object) -> dict[str, Any]:
    return {"type": "sendAsset", "destination": HERE, "sourceDex": "", "destinationDex": "xyz",
            "token": "USDC", "amount": "7", "fromSubAccount": ""} | fields  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"destinationDex": "nope"}, "Invalid send"),
        ({"destinationDex": ""}, "Invalid send"),
        ({"amount": "99999"}, "Insufficient balance for token transfer."),
        ({"token": "PURR:0x1"}, "Insufficient balance for token transfer."),
        ({"fromSubAccount": THERE}, "Invalid send"),
    ],
)
def test_an_asset_is_not_sent(floor: Floor, fields: dict[str, object], words: str) -> None:
    assert floor.act(send_asset(**fields)) == refusal(words)


def test_assets_go_between_dexes_by_an_agent_within_one_owner_only(floor: Floor) -> None:
    floor.act({"type": "approveAgent", "agentAddress": address(AGENT)} | {"agentName": ""})
    sent = send_asset() | {"type": "agentSendAsset", "nonce": 1}

    answers = [floor.act(send_asset()), floor.act(sent, AGENT)]
    other = floor.act(sent | {"destination": THERE}, AGENT)

    assert answers == [DONE, DONE]
    assert other == refusal("Agent can only send asset to same user or their sub-accounts.")
    assert floor.cash(dex="xyz") == 14


def test_a_sub_account_is_opened_funded_and_renamed(floor: Floor) -> None:
    made = floor.act({"type": "createSubAccount", "name": "one"})["response"]
    sub = made["data"]
    move = {"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": True,
            "usd": 5_000_000}  # fmt: skip

    answers = [floor.act(move), floor.act(move | {"isDeposit": False, "usd": 1_000_000}),
               floor.act({"type": "subAccountModify", "subAccountUser": sub, "name": "two"}),
               floor.act({"type": "usdClassTransfer", "amount": f"1 subaccount:{sub}",
                          "toPerp": False})]  # fmt: skip

    assert made["type"] == "createSubAccount"
    assert answers == [DONE] * 4
    assert floor.trading.exchange.account(sub).raw == 3
    assert floor.trading.directory.sub_accounts[sub].name == "two"
    assert floor.act(move, OTHER) == refusal(f"Invalid sub-account transfer from {THERE} to {sub}")


def test_a_sub_account_needs_volume_where_the_venue_says_so() -> None:
    floor = Floor(sub_account_volume=Decimal(100_000))

    answer = floor.act({"type": "createSubAccount", "name": "one"})

    words = "Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $0."
    assert answer == refusal(words)


def test_a_vault_is_opened_and_only_its_leader_takes_from_it(floor: Floor) -> None:
    made = floor.act({"type": "createVault", "name": "v", "description": "d",
                      "initialUsd": 100_000_000, "nonce": 1})["response"]  # fmt: skip
    vault = made["data"]
    move = {"type": "vaultTransfer", "vaultAddress": vault, "isDeposit": True, "usd": 1_000_000}

    answers = [floor.act(move), floor.act(move, OTHER), floor.act(move | {"isDeposit": False})]

    assert answers == [DONE] * 3
    assert floor.trading.exchange.account(vault).raw == 101
    assert floor.act(move | {"isDeposit": False}, OTHER)["status"] == "err"
    assert floor.act(move | {"vaultAddress": HERE}) == refusal(f"Vault not registered: {HERE}")


def test_stops_cannot_be_sent_without_a_trigger_price(floor: Floor) -> None:
    entries = floor.order(wire(ETH, "A", "1900", "1", t=trigger("sl", "0")))

    assert entries == [{"error": "Order has invalid price."}]


# The ledger


def ledger(floor: Floor, user: str) -> list[dict[str, Any]]:
    """Return the transfers that an account is shown, oldest first, its first deposit left out."""
    question = {"type": "userNonFundingLedgerUpdates", "user": user, "startTime": 0}
    _, rows, _ = ask(floor.trading, floor.now_ms, encoded(question))
    told: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(rows))
    return [row["delta"] for row in told if row["delta"]["type"] != "deposit"]


def test_transfers_are_in_the_ledgers_of_both_ends(floor: Floor) -> None:
    token = {"token": "USDC", "usdcValue": "2.0", "amount": "2.0", "fee": "0.0",
             "nativeTokenFee": "0.0", "feeToken": ""}  # fmt: skip
    for action in (
        {"type": "usdSend", "destination": THERE, "amount": "1.5"},
        {"type": "usdClassTransfer", "amount": "10", "toPerp": False},
        {"type": "spotSend", "destination": THERE, "token": "USDC:0x1", "amount": "2"},
        send_asset(amount="2"),
        {"type": "withdraw3", "destination": HERE, "amount": "5"},
    ):
        assert floor.act(action) == DONE
    last = floor.nonce

    mine, theirs = ledger(floor, HERE), ledger(floor, THERE)

    paid = {"type": "internalTransfer", "usdc": "1.5", "user": HERE, "destination": THERE,
            "fee": "0.0"}  # fmt: skip
    spot = {"type": "spotTransfer", "user": HERE, "destination": THERE, "nonce": last - 2} | token
    assert mine == [
        paid,
        {"type": "accountClassTransfer", "usdc": "10.0", "toPerp": False},
        spot,
        {"type": "send", "user": HERE, "destination": HERE, "sourceDex": "",
         "destinationDex": "xyz", "nonce": last - 1} | token,
        {"type": "withdraw", "usdc": "4.0", "nonce": last, "fee": "1.0"},
    ]  # fmt: skip
    assert theirs == [paid, spot]


def test_sub_accounts_and_vaults_are_in_the_ledger(floor: Floor) -> None:
    sub = floor.act({"type": "createSubAccount", "name": "one"})["response"]["data"]
    vault = floor.act({"type": "createVault", "name": "v", "description": "d",
                       "initialUsd": 100_000_000, "nonce": 1})["response"]["data"]  # fmt: skip
    for is_deposit in (True, False):
        floor.act({"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": is_deposit,
                   "usd": 5_000_000})  # fmt: skip
        floor.act({"type": "vaultTransfer", "vaultAddress": vault, "isDeposit": is_deposit,
                   "usd": 5_000_000})  # fmt: skip

    assert [delta["type"] for delta in ledger(floor, HERE)] == [
        "vaultCreate", "subAccountTransfer", "vaultDeposit", "subAccountTransfer", "vaultWithdraw",
    ]  # fmt: skip
    assert [(delta["user"], delta["destination"]) for delta in ledger(floor, sub)] == [
        (HERE, sub), (sub, HERE),
    ]  # fmt: skip


def test_transfers_neither_make_nor_lose_cash(floor: Floor) -> None:
    sub = floor.act({"type": "createSubAccount", "name": "one"})["response"]["data"]
    for action in (
        {"type": "usdSend", "destination": sub, "amount": "1.5"},
        {"type": "usdClassTransfer", "amount": "10.25", "toPerp": False},
        send_asset(destination=sub, amount="2"),
        {"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": False, "usd": 1},
    ):
        assert floor.act(action) == DONE

    exchange = floor.trading.exchange
    assert sum(exchange.account(name).raw for name in exchange.accounts()) == 2 * CASH
