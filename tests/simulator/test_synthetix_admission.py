"""Who may do what: signatures, nonces, expiry, delegates, tokens; the SDK signs all of it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from synthetix.signing import Signer

from simulator.synthetix_limits import cost
from tests.simulator.synthetix_bench import (
    ANN,
    BOB,
    BTC,
    DEE,
    ETH,
    EVE,
    Bench,
    good,
    order,
    outcome,
    refused,
    trigger,
)
from tests.simulator.venues import START_MS


def placing(bench: Bench, signer: Signer = ANN, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    body: dict[str, Any] = signer.sign_place_orders(
        int(bench.ann), [order("buy", "1", "1900", postOnly=True)], **more
    )
    return body


def signed_bodies(bench: Bench) -> dict[str, dict[str, Any]]:
    """Return a signed body of every type of the fact sheet 3.2 that the SDK knows."""
    sub, other = int(bench.ann), "0x" + "5" * 40
    return {
        "placeOrders": placing(bench),
        "positionTpsl": ANN.sign_place_orders(
            sub, [trigger("triggerSl", "sell", "1900", clientOrderId="s-1")], "positionTpsl"
        ),
        "cancelOrders": ANN.sign_cancel_orders(sub, [5]),
        "cancelOrdersByCloid": ANN.sign_cancel_orders_by_cloid(sub, ["a"]),
        "cancelAllOrders": ANN.sign_cancel_all_orders(sub, [ETH]),
        "modifyOrder": ANN.sign_modify_order(sub, 5, price="1"),
        "modifyOrderByCloid": ANN.sign_modify_order_by_cloid(sub, "a", price="1"),
        "updateLeverage": ANN.sign_update_leverage(sub, ETH, "5"),
        "scheduleCancel": ANN.sign_schedule_cancel(sub, 60),
        "withdrawCollateral": ANN.sign_withdraw_collateral(sub, "USDT", "1", ANN.address),
        "transferCollateral": ANN.sign_transfer_collateral(sub, int(bench.bob), "USDT", "1"),
        "createSubaccount": ANN.sign_create_subaccount(sub, "more"),
        "updateSubAccountName": ANN.sign_update_sub_account_name(sub, "other"),
        "addDelegatedSigner": ANN.sign_add_delegated_signer(sub, other, ["session"]),
        "removeDelegatedSigner": ANN.sign_remove_delegated_signer(sub, DEE.address),
        "removeAllDelegatedSigners": ANN.sign_remove_all_delegated_signers(sub),
        "voluntaryCollateralExchange": ANN.sign_voluntary_collateral_exchange(sub, "WETH", "1"),
        "getPositions": ANN.sign_action(sub, "getPositions"),
    }


NAMES = list(signed_bodies(Bench()))


@pytest.mark.parametrize("name", NAMES)
def test_what_the_sdk_signs_is_admitted(name: str) -> None:
    bench = Bench()
    answer = bench.send(signed_bodies(bench)[name])
    assert answer.refusal is None or answer.refusal.code not in {"UNAUTHORIZED", "FORBIDDEN"}


UNSIGNED = {"walletAddress", "action", "postOnly"}
"""What no signature covers; changing an action makes another request of it."""


def changes(value: object, key: str) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case str():
            return [str(int(value) + 1) if value.isdecimal() else value + "x"]
        case _:
            raise TypeError(f"Expected a plain value of {key}, was {value!r}")


def tampered(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the body with each signed value changed by itself."""
    found = []

    def walk(place: Any, path: str, put: Callable[[dict[str, Any]], Any]) -> None:  # noqa: ANN401
        items = place.items() if isinstance(place, dict) else enumerate(place)
        for key, value in items:
            if key in UNSIGNED:
                continue
            if isinstance(value, dict | list):
                walk(value, f"{path}.{key}", lambda b, key=key: put(b)[key])
                continue
            for changed in changes(value, str(key)):
                copied = copy.deepcopy(body)
                put(copied)[key] = changed
                found.append((f"{path}.{key}", copied))

    walk(body["params"], "params", lambda b: b["params"])
    outer = ((key, copy.deepcopy(body) | {key: body[key] + 1}) for key in ("nonce", "expiresAfter"))
    return [*found, *outer]


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_signed_field_is_not_authorized(name: str) -> None:
    bench = Bench()
    for path, body in tampered(signed_bodies(bench)[name]):
        answer = bench.send(body)
        assert answer.refusal is not None, path
        # Some changes are not even well-formed; no other way past the signature is known.
        assert answer.refusal.http_status in {400, 401}, path
        if answer.refusal.http_status == 400:
            assert answer.refusal.code == "VALIDATION_ERROR", path


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "1901"), ("quantity", "2"), ("side", "sell"), ("symbol", BTC), ("reduceOnly", True),
     ("clientOrderId", "x"), ("closePosition", True), ("orderType", "limitIoc")],
)  # fmt: skip
def test_a_well_formed_change_of_an_order_is_401(field: str, value: object) -> None:
    bench = Bench()
    body = placing(bench)
    body["params"]["orders"][0][field] = value
    assert refused(bench.send(body)) == (401, "UNAUTHORIZED", "signature verification failed")


def test_post_only_is_not_signed() -> None:
    bench = Bench()
    body = placing(bench)
    body["params"]["orders"][0]["postOnly"] = False
    (item,) = good(bench.send(body))["statuses"]
    assert outcome(item) == "resting"
    assert not bench.ask("getOpenOrders")[0]["postOnly"]


def test_a_nonce_is_good_once_for_each_key() -> None:
    bench = Bench()
    body = placing(bench, nonce=START_MS)
    good(bench.send(body))
    assert refused(bench.send(body)) == (401, "UNAUTHORIZED", "nonce already used")
    good(bench.send(placing(bench, nonce=START_MS - 1)))
    bob = BOB.sign_cancel_all_orders(int(bench.bob), [ETH], nonce=START_MS)
    assert good(bench.send(bob)) == []


def test_nonces_may_have_to_rise() -> None:
    bench = Bench(rising_nonces=True)
    good(bench.send(placing(bench, nonce=START_MS)))
    lower = refused(bench.send(placing(bench, nonce=START_MS - 1)))
    assert lower == (401, "UNAUTHORIZED", "nonce already used")


def test_a_read_spends_no_nonce_and_needs_none() -> None:
    bench = Bench()
    body = ANN.sign_action(int(bench.ann), "getPositions")
    assert good(bench.send(body)) == good(bench.send(body)) == []
    del body["nonce"]
    assert refused(bench.send(body))[0] == 401  # it was signed with one
    command = ANN.sign_cancel_all_orders(int(bench.ann), [ETH], nonce=START_MS)
    del command["nonce"]
    assert refused(bench.send(command))[0] == 401


@pytest.mark.parametrize(
    ("unit", "expires", "is_expired"),
    [
        ("both", START_MS, True),
        ("both", START_MS + 1, False),
        ("both", START_MS // 1000, True),
        ("both", START_MS // 1000 + 1, False),
        ("s", START_MS, False),
        ("ms", START_MS // 1000 + 60, True),
    ],
)
def test_a_request_expires_in_seconds_or_milliseconds(
    unit: str, expires: int, is_expired: bool
) -> None:
    bench = Bench(expires_in=unit)
    nonce = START_MS
    body = ANN.sign_cancel_all_orders(
        int(bench.ann), [ETH], nonce=nonce, expires_after_ms=expires - nonce
    )
    answer = bench.send(body)
    assert (answer.refusal is not None) is is_expired
    if is_expired:
        assert refused(answer) == (401, "UNAUTHORIZED", "request expired")


def test_a_missing_or_malformed_signature_is_401() -> None:
    bench = Bench()
    body = placing(bench)
    del body["signature"]
    assert refused(bench.send(body)) == (401, "UNAUTHORIZED", "signature is required")
    body["signature"] = {"v": 5, "r": "0x1", "s": "0x1"}
    assert refused(bench.send(body)) == (401, "UNAUTHORIZED", "invalid signature")


def test_the_shape_is_asked_before_the_signature() -> None:
    bench = Bench()
    body = placing(bench)
    body["params"]["orders"][0]["price"] = ""
    assert refused(bench.send(body))[:2] == (400, "VALIDATION_ERROR")
    unknown = ANN.sign_action(int(bench.ann), "getNothing")
    assert refused(bench.send(unknown))[:2] == (400, "VALIDATION_ERROR")


def test_strangers_and_other_owners_are_kept_out() -> None:
    bench = Bench()
    assert refused(bench.send(placing(bench, EVE)))[:2] == (401, "UNAUTHORIZED")
    status, code, words = refused(bench.send(placing(bench, BOB)))
    assert (status, code) == (403, "FORBIDDEN")
    assert words == f"wallet {BOB.address.lower()} is not authorized to act on this subaccount"


def test_a_delegate_trades_but_owns_nothing() -> None:
    bench = Bench()
    assert outcome(bench.place(order("buy", "1", "1900"), signer=DEE)[0]) == "resting"
    sub = int(bench.ann)
    for body in (
        DEE.sign_create_subaccount(sub, "more"),
        DEE.sign_remove_all_delegated_signers(sub),
        DEE.sign_transfer_collateral(sub, int(bench.bob), "USDT", "1"),
        DEE.sign_update_sub_account_name(sub, "other"),
    ):
        status, code, words = refused(bench.send(body))
        assert (status, code) == (403, "FORBIDDEN")
        assert words.endswith("is a delegate but not the owner of this subaccount")
    away = DEE.sign_withdraw_collateral(sub, "USDT", "1", DEE.address)
    assert refused(bench.send(away))[:2] == (403, "FORBIDDEN")
    home = DEE.sign_withdraw_collateral(sub, "USDT", "1", ANN.address)
    assert good(bench.send(home))["amount"] == "1"
    adds = DEE.sign_add_delegated_signer(sub, EVE.address, ["session"])
    assert refused(bench.send(adds))[:2] == (403, "FORBIDDEN")


def test_a_delegate_comes_goes_and_expires() -> None:
    bench = Bench()
    sub = int(bench.ann)
    soon = START_MS // 1000 + 60
    adds = ANN.sign_add_delegated_signer(sub, EVE.address, ["session"], expires_at=soon)
    assert good(bench.send(adds))["success"]
    signers = bench.ask("getDelegatedSigners")["delegatedSigners"]
    assert [x["walletAddress"] for x in signers] == [DEE.address.lower(), EVE.address.lower()]
    assert outcome(bench.place(order("buy", "1", "1900"), signer=EVE)[0]) == "resting"
    mine = bench.ask("getDelegationsForDelegate", EVE)["delegatedAccounts"]
    assert [x["subAccountId"] for x in mine] == [bench.ann]
    bench.wait(60_000)
    assert refused(bench.send(placing(bench, EVE)))[:2] == (403, "FORBIDDEN")
    good(bench.send(ANN.sign_remove_delegated_signer(sub, DEE.address)))
    assert refused(bench.send(placing(bench, DEE)))[:2] == (401, "UNAUTHORIZED")
    assert bench.kinds().count("delegationRevoked") == 1


def test_tokens_are_spent_and_come_back() -> None:
    bench = Bench(tokens=40)
    answer = bench.send(placing(bench))
    assert answer.rate_limit is not None
    assert (answer.rate_limit.requests_cap, answer.rate_limit.remaining_tokens) == (40, 35)
    bench.place(*[order("buy", "0.1", "1900")] * 7)
    full = bench.send(placing(bench))
    assert refused(full)[:2] == (429, "RATE_LIMIT_EXCEEDED")
    assert full.rate_limit is not None
    assert full.rate_limit.remaining_tokens == 0
    assert bench.trading.bucket(bench.bob).snapshot.remaining_tokens == 40
    bench.wait(2_500)
    good(bench.send(placing(bench)))
    assert cost("placeOrders", 7) == 35


def test_only_listed_wallets_may_place_orders() -> None:
    bench = Bench(whitelist=(BOB.address,))
    refusal = (403, "FORBIDDEN", "failed whitelist arbitration")
    assert refused(bench.send(placing(bench))) == refusal
    assert bench.ask("getOpenOrders") == []
    assert outcome(bench.place(order("buy", "1", "1900"), signer=BOB)[0]) == "resting"


def test_a_login_is_good_once_and_not_for_others() -> None:
    bench = Bench()
    bench.now_ms = 1_700_000_000_000

    def login(signer: Signer, sub: str, now_ms: int) -> object:
        payload, signature = signer.sign_auth(int(sub))
        stamp = int(payload["message"]["timestamp"], 16)
        found = bench.trading.authenticate(json.dumps(payload), signature, stamp + now_ms)
        again = bench.trading.authenticate(json.dumps(payload), signature, stamp + now_ms)
        return found, getattr(again, "message", again)

    assert login(ANN, bench.ann, 0) == (bench.ann, "timestamp already used")
    assert login(DEE, bench.ann, 0) == (bench.ann, "timestamp already used")
    assert login(ANN, bench.bob, 0)[0].code == "FORBIDDEN"
    assert login(ANN, bench.ann, 61_000)[1] == "request too old"
    assert login(ANN, bench.ann, -61_000)[1] == "timestamp from future"


def test_a_client_of_a_venue_in_compressed_time_signs_with_the_wall() -> None:
    wall_ms = 1_800_000_000_000
    bench = Bench(speed=60.0)
    bench.trading._wall_ms = lambda: wall_ms
    sub, nonce = int(bench.ann), wall_ms
    good(bench.send(ANN.sign_cancel_all_orders(sub, [ETH], nonce=nonce)))
    stale = ANN.sign_cancel_all_orders(sub, [ETH], nonce=nonce - 60_000)
    assert refused(bench.send(stale)) == (401, "UNAUTHORIZED", "request expired")
    ends = wall_ms // 1000 + 10
    gtd = order("buy", "1", "1900", orderType="limitGtd", expiresAt=ends)
    (item,) = good(bench.send(ANN.sign_place_orders(sub, [gtd], nonce=nonce + 1)))["statuses"]
    assert item["resting"]["expiresAt"] == bench.now_ms + 600_000
    armed = good(bench.send(ANN.sign_schedule_cancel(sub, 60, nonce=nonce + 2)))
    assert armed["triggerTime"] == bench.now_ms + 3_600_000
