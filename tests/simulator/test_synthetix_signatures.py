"""Who signed: the fact sheet's vectors (3.6), and every field that matters."""

import copy
import json
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from sha3 import keccak_256

from simulator.synthetix_signatures import (
    login_signer,
    read_auth_signature,
    read_login,
    read_signature,
    signer,
)
from simulator.synthetix_typed_data import ENCODED_TYPES, fold, kind_of, typed_data

ADDRESS = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"
SUB = "1867542890123456789"
NONCE, EXPIRES = 1_700_000_000_000, 1_700_000_060_000
GTC: dict[str, Any] = {
    "symbol": "BTC-USDT", "side": "buy", "orderType": "limitGtc", "price": "90000",
    "triggerPrice": "", "quantity": "0.01", "reduceOnly": False, "isTriggerMarket": False,
    "clientOrderId": "O-20261122-000000-001-001-1", "closePosition": False, "postOnly": True,
}  # fmt: skip
STOP = {
    "symbol": "BTC-USDT", "side": "sell", "orderType": "triggerSl", "price": "",
    "triggerPrice": "80000", "quantity": "0.01", "reduceOnly": True, "isTriggerMarket": True,
}  # fmt: skip
PROFIT = {
    "symbol": "BTC-USDT", "side": "sell", "orderType": "triggerTp", "price": "120000",
    "triggerPrice": "119000", "quantity": "", "reduceOnly": True, "closePosition": True,
}  # fmt: skip

VECTORS: list[tuple[str, dict[str, Any], int, str, int, str, str]] = [
    ("placeOrders", {"orders": [GTC], "grouping": "na"}, EXPIRES,
     "68c96eee17a4ef8c45257d1fef93cff912286c4bc9219007c0188cbfcacb8bc6", 27,
     "35680f402ee76ed6135330bafcbde0a04fdcb4f0ec8ff688b106e3a14283577b",
     "3e945e5d846c353823687159f3cf9cb228c5ce695980045541c396d4b4a3208d"),
    ("placeOrders", {"orders": [STOP, PROFIT], "grouping": "positionTpsl"}, EXPIRES,
     "ff757a59632dedb8c5cf505e87290cef13ce1ffb19cb5075e6c42966d4529ef7", 27,
     "5ce9e944842f8e148ef1a4c0eecc384c9380371f62c164e4fe79aa96f92f2da5",
     "3338002d807b505fa47e75147cd4112317f05bec7403e6c7565812f8868b4527"),
    ("cancelOrders", {"orderIds": ["1958787130134106112", "1958787130134106113"]}, EXPIRES,
     "97874616b9165ef4ec1891867714f125a806757b14548722eafb3a782ffe9ca6", 28,
     "db3e46bcc8275c95a6dc3e597b270c2d3617c15efec76a4fab16b7557a39c800",
     "4303da5d1c628863f3c583799945e5dce26be6bde7eb3ab34cd1c377f8d11a3a"),
    ("cancelOrders", {"clientOrderIds": ["O-1", "O-2"]}, EXPIRES,
     "a20668480dcb0dbf9522ba22c2941f7df2732ccd06ea78e77cc2525765c1f253", 28,
     "737c5c0eb6d662e6c107a2cc29a81b0edb7f72dc94fbb9d87633f1a39cd77089",
     "479a3222d9d974c19a1ac7eeb193cbf847ade98a79a459df42b71ed1c750e726"),
    ("cancelAllOrders", {"symbols": ["BTC-USDT"]}, EXPIRES,
     "76b84a072784748ae0f32a132e9de0b4dd0d29d40c56520ec60ff1c2ead3b600", 27,
     "b316e9ac15be30e38d29bc0ae6cea090de6317d8b5d3f807e304b1eb2cb9403c",
     "2edc7b10f64a5bc77fb43f19cc4bcb14dbfba29a04af07fe5481512d0c230ffd"),
    ("modifyOrder", {"orderId": "1958787130134106112", "price": "91000"}, EXPIRES,
     "3b07362de31abf631b86c5f1535d420d32ab1d709ee898208e601007e5347a7b", 28,
     "9410da4f6e934e282ce9fca8989443a4f5aca839a34a97862897619529279887",
     "149e80e02ce630c1e78550c1bd3a3f32d001dd3fb9a36b3010ab4f392f2b0fe4"),
    ("scheduleCancel", {"timeoutSeconds": 60}, EXPIRES,
     "91dcd2d56405d93e1704c365c2329bf487899824b811dd92d157b7026d23f5fa", 28,
     "ed573091788cb41f78144b059b452fcdc8972d0cddbe2eaacd6cf9d093c35f5f",
     "047adbaf9aa478fb73001525816e4a8cc2c4f6624b02819582164ba0bcb313cc"),
    ("getOpenOrders", {}, EXPIRES,
     "51532b025defe977270a820df2a8c40f816d8057f528684d8a957b5d335e125c", 28,
     "8f6f1634d1ef101785ee07d6fd091db5e11a1b3f873b41d5a5dd60919d72d5cc",
     "7daf9935539cd4c6acc63a88fe325bcd2bb064225cc144a0534279e8352ed4d9"),
    ("getOpenOrders without a nonce", {}, 1_700_000_060,
     "8322baef728bfa103559a0bf536d621ce147f0e30638078cf3d9f7e048a11c6a", 28,
     "f697ab732d599d161108e8c27067507dd1edced029d0b17edd096dcd288babb5",
     "7f7c20e0ca2bae44ea0cc12c137900bb1e3d25c598a64d8bf632634fc13c4b1a"),
]  # fmt: skip


def asked(action: str, params: dict[str, Any], nonce: int, expires: int) -> dict[str, object]:
    values = {"action": action, "subaccountId": SUB, "walletAddress": ADDRESS, **params}
    folded = fold(values | {"nonce": nonce, "expiresAfter": expires})
    assert isinstance(folded, dict)
    return folded


def found(
    action: str, params: dict[str, Any], nonce: int, expires: int, wire: dict[str, Any]
) -> str | None:
    values = asked(action, params, nonce, expires)
    kind, signature = kind_of(action, values, nonce), read_signature(wire)
    assert kind is not None
    assert signature is not None
    return signer(kind, values, signature)


@pytest.mark.parametrize(("name", "params", "expires", "digest", "v", "r", "s"), VECTORS)
def test_vectors_of_the_fact_sheet(
    name: str, params: dict[str, Any], expires: int, digest: str, v: int, r: str, s: str
) -> None:
    action, _, without_nonce = name.partition(" ")
    nonce = 0 if without_nonce else NONCE
    wire = {"v": v, "r": "0x" + r, "s": "0x" + s}
    assert found(action, params, nonce, expires, wire) == ADDRESS
    assert found(action, params, nonce, expires, wire | {"v": v - 27}) == ADDRESS
    values = asked(action, params, nonce, expires)
    kind = kind_of(action, values, nonce)
    assert kind is not None
    message = encode_typed_data(full_message=typed_data(kind, values))
    assert _hash_eip191_message(message).hex() == digest


AUTH_SIGNATURE = (
    "0x044e6054adeebc27156d031321a0a8c50f56638ebfdf1deb45a0603fdd072db0"
    "77dfd34f679c9500591c7af9fc7905fc94b2b91ca1c7064b034908953aba065c1c"
)


def login_message(**changes: object) -> str:
    domain = {
        "name": "Synthetix",
        "version": "1",
        "chainId": 1,
        "verifyingContract": "0x" + "0" * 40,
    }
    message = {"subAccountId": hex(int(SUB)), "timestamp": hex(NONCE), "action": "websocket_auth"}
    return json.dumps({"domain": domain | changes, "message": message})


def test_login_of_the_fact_sheet() -> None:
    signature = read_auth_signature(AUTH_SIGNATURE)
    assert signature is not None
    login = read_login(login_message())
    assert (login.sub_account_id, login.timestamp) == (int(SUB), NONCE)
    assert login_signer(login, signature) == ADDRESS


def test_login_of_another_domain_is_none() -> None:
    with pytest.raises(ValueError, match="invalid domain name: expected Synthetix, got 'Other'"):
        read_login(login_message(name="Other"))
    assert read_auth_signature(AUTH_SIGNATURE[:-2]) is None


SIGNED = {
    "symbol": "ETH-USDT", "side": "sell", "orderType": "limitIoc", "price": "90001",
    "triggerPrice": "1", "quantity": "0.02", "reduceOnly": True, "isTriggerMarket": True,
    "clientOrderId": "other", "closePosition": True,
}  # fmt: skip


@pytest.mark.parametrize("field", SIGNED)
def test_every_signed_field_of_an_order_matters(field: str) -> None:
    _, params, expires, _, v, r, s = copy.deepcopy(VECTORS[0])
    params["orders"][0][field] = SIGNED[field]
    wire = {"v": v, "r": "0x" + r, "s": "0x" + s}
    assert found("placeOrders", params, NONCE, expires, wire) != ADDRESS


def test_what_is_not_signed_does_not_matter() -> None:
    _, params, expires, _, v, r, s = copy.deepcopy(VECTORS[0])
    params["orders"][0] |= {"postOnly": False, "expiresAt": 5, "triggerPriceType": "last"}
    params["source"] = "somebody"
    wire = {"v": v, "r": "0x" + r, "s": "0x" + s}
    assert found("placeOrders", params, NONCE, expires, wire) == ADDRESS


def test_empty_grouping_is_another_than_na() -> None:
    _, params, expires, _, v, r, s = VECTORS[0]
    wire = {"v": v, "r": "0x" + r, "s": "0x" + s}
    assert found("placeOrders", params | {"grouping": ""}, NONCE, expires, wire) != ADDRESS


@pytest.mark.parametrize(
    "change",
    [{"v": 29}, {"v": "27"}, {"v": True}, {"r": "0x1"}, {"r": "0x" + "0" * 64}, {"s": None}],
)
def test_malformed_signature_is_none(change: dict[str, Any]) -> None:
    word = "0x" + "1" * 64
    assert read_signature({"v": 27, "r": word, "s": word}) is not None
    assert read_signature({"v": 27, "r": word, "s": word} | change) is None


def test_value_of_another_type_recovers_nobody() -> None:
    word = "0x" + "1" * 64
    wire = {"v": 27, "r": word, "s": word}
    assert found("scheduleCancel", {"timeoutSeconds": [1]}, NONCE, EXPIRES, wire) is None
    assert found("cancelOrders", {"orderIds": "5"}, NONCE, EXPIRES, wire) is None


@pytest.mark.parametrize(
    ("kind", "type_hash"),
    [
        ("auth", "11b9a689da1b9eccb03fb0b1a13b1b85abf337b353255dc56c9f050423c23bc3"),
        ("updateLeverage", "2f74f58b8eea6c4d66c7a3fdc2ba0e1d809c1340e1d5b10fbd8b274b92ef9a11"),
        ("withdrawCollateral", "6bf1bee1680ac3a337229d39660475538264378944263ed86645f8b4a065f304"),
        ("transferCollateral", "670f8f01a52b2839d68ab8637acc90efc32ade024baaa036f71be9341b9be2ae"),
        ("addDelegatedSigner", "e586c0354a8500228989cb9194ba9b6dbd2df25539fcba90964d23474fec8f2d"),
        ("modifyOrderByCloid", "aaf44947e0b62ec61ff6307df50c8c2374895bd2b8f4693d4baf38e190475329"),
        ("placeOrders", "5cb4a6efc5c34afc43c14da17cdb1b1fbd832bb418d1352c66aae699dc6094b6"),
    ],
)
def test_types_have_the_hashes_of_the_fact_sheet(kind: str, type_hash: str) -> None:
    assert keccak_256(ENCODED_TYPES[kind].encode()).hexdigest() == type_hash
