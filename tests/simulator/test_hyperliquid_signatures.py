"""Who signed: the fact sheet's vectors, the SDK's own functions, and every field that matters."""

import copy
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils import signing
from hypothesis import given
from hypothesis import strategies as st

from simulator.hyperliquid_action_types import ACTIONS, read_action
from simulator.hyperliquid_canonical import canonical, pack
from simulator.hyperliquid_signatures import (
    Signature,
    SignedAction,
    connection_id,
    l1_digest,
    recover,
    signers,
    typed_digest,
)
from simulator.hyperliquid_user_actions import UserAction
from tests.simulator.signed_bodies import ADDRESS, KEY, TYPES, encoded, signed, typed

WALLET = Account.from_key(KEY)
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
GTC: dict[str, Any] = {"a": 1, "b": True, "p": "100", "s": "100", "r": False,
                       "t": {"limit": {"tif": "Gtc"}}}  # fmt: skip
STOP = {"trigger": {"isMarket": True, "triggerPx": "103", "tpsl": "sl"}}


def orders(*wires: dict[str, Any]) -> dict[str, Any]:
    return {"type": "order", "orders": list(wires), "grouping": "na"}


V1 = orders(GTC)
V2 = orders(GTC | {"c": "0x00000000000000000000000000000001"})
V4 = orders(GTC | {"t": STOP})
V5 = {"type": "cancel", "cancels": [{"a": 1, "o": 12345}]}
V7 = {"type": "scheduleCancel", "time": 123456789}


def read(body: dict[str, Any]) -> tuple[SignedAction, Any]:
    signed_action = msgspec.json.decode(encoded(body), type=SignedAction, dec_hook=canonical)
    return signed_action, read_action(signed_action.action)


def found(body: dict[str, Any], is_mainnet: bool | None = None) -> list[str]:
    return list(signers(*read(body), is_mainnet))


@pytest.mark.parametrize(
    ("action", "nonce", "expires", "is_mainnet", "hashed", "r", "s", "v"),
    [
        (V1, 0, None, True, "884f2c32bb6dbdd65f6033e32fb28c0cb6f5b345db0f6471fd3366d85c9252c1",
         "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
         "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e", 28),
        (V1, 0, None, False, "884f2c32bb6dbdd65f6033e32fb28c0cb6f5b345db0f6471fd3366d85c9252c1",
         "0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54",
         "0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5", 27),
        (V1, 0, 1_700_000_000_000, False,
         "bfbb24419b62b190625a57b932968f8edc25d4e27ead21954202b8d6a7f6d5a3",
         "0x9a4b8ee55a58c24bde0ca64a8d54743f0c94ea5ba4c11847fb90a06b3a1a3fce",
         "0x300418a1a08b4d4ad8dc2f492ab6f967aa5e31676476174f5112a875e94ec04d", 27),
        (V2, 0, None, True, "0ba500cedd8f4ba6ded620a0b1cd04f124d9ba745e2e2893fcc763bcc1444af5",
         "0x41ae18e8239a56cacbc5dad94d45d0b747e5da11ad564077fcac71277a946e3",
         "0x3c61f667e747404fe7eea8f90ab0e76cc12ce60270438b2058324681a00116da", 27),
        (V4, 0, None, True, "430a86fb9876e901920d931f5bb20c9d011f6389bd179f39a73c09e6219adcad",
         "0x98343f2b5ae8e26bb2587daad3863bc70d8792b09af1841b6fdd530a2065a3f9",
         "0x6b5bb6bb0633b710aa22b721dd9dee6d083646a5f8e581a20b545be6c1feb405", 27),
        (V5, 1_700_000_000_000, None, False,
         "b7bacdee8bba1005a79cb9716f65d565613848a72eae72b3bb5932258e190780",
         "0x90315bb1b2ef5541c852eb38dbc9f0ccc5a6bb504d9e23f86e64193868e05e7b",
         "0x41a64209934f85b46a69da4c06faeeb701114ae1a570b22e242bff510782cc0f", 27),
        (V7, 0, None, True, None,
         "0x609cb20c737945d070716dcc696ba030e9976fcf5edad87afa7d877493109d55",
         "0x16c685d63b5c7a04512d73f183b3d7a00da5406ff1f8aad33f8ae2163bab758b", 28),
    ],
)  # fmt: skip
@pytest.mark.parametrize("v_less", [0, 27])
def test_the_fact_sheets_vectors(
    action: dict[str, Any],
    nonce: int,
    expires: int | None,
    is_mainnet: bool,
    hashed: str | None,
    r: str,
    s: str,
    v: int,
    v_less: int,
) -> None:
    body = {
        "action": action,
        "nonce": nonce,
        "signature": {"r": r, "s": s, "v": v - v_less},
        "expiresAfter": expires,
    }

    assert found(body, is_mainnet) == [ADDRESS]
    assert found(body)[is_mainnet] == ADDRESS  # testnet is tried first
    assert ADDRESS not in found(body, not is_mainnet)
    if hashed is not None:
        packed = pack(read(body)[1])
        assert connection_id(packed, nonce, None, expires).hex() == hashed


def test_the_vector_with_a_vault() -> None:  # V3
    packed = pack({"type": "dummy", "num": 100_000_000_000})
    connection = connection_id(packed, 0, VAULT)
    signature = Signature(
        "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
        "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
        28,
    )

    assert packed.hex() == "82a474797065a564756d6d79a36e756dcf000000174876e800"
    assert connection.hex() == "de9e09a7a3da45cc694096d4bfdcd89bc1b892d05497c5ecc1f56c335945184c"
    assert recover(l1_digest(connection, is_mainnet=True), signature) == ADDRESS


def test_the_production_vector() -> None:  # V6
    wire = {"a": 4, "b": True, "p": "1670.1", "s": "0.0147", "r": False,
            "t": {"limit": {"tif": "Ioc"}}}  # fmt: skip
    packed = pack(read_action(encoded(orders(wire))))

    hashed = connection_id(packed, 1_677_777_606_040).hex()

    assert hashed == "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908"


def test_the_typed_vector() -> None:  # V8
    body = {
        "action": {
            "type": "usdSend", "signatureChainId": "0x66eee", "hyperliquidChain": "Testnet",
            "destination": "0x5e9ee1089755c3435139848e47e6635505d5a13a", "amount": "1",
            "time": 1_687_816_341_423,
        },
        "nonce": 1_687_816_341_423,
        "signature": {
            "r": "0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073",
            "s": "0x11a6a24900e6e314136d2592e2f8d502cd89b7c15b198e1bee043c9589f9fad7", "v": 27,
        },
    }  # fmt: skip
    action = read(body)[1]

    digest = typed_digest(action, "Testnet").hex()

    assert digest == "cacf7585cc49ca60c6c5fb3001e226c0ca03c46252c893eea574c78907b7cebe"
    assert found(body) == found(body, is_mainnet=False) == [ADDRESS]
    assert found(body, is_mainnet=True) != [ADDRESS]


L1_ACTIONS: list[dict[str, Any]] = [
    V1, V2, V4, V5, V7,
    V1 | {"grouping": {"p": 7}},
    V1 | {"builder": {"b": VAULT, "f": 10}},
    {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": "0x" + "1a" * 16}], "f": True},
    {"type": "modify", "oid": 5, "order": GTC},
    {"type": "batchModify", "modifies": [{"oid": "0x" + "ab" * 16, "order": GTC}], "a": True},
    {"type": "scheduleCancel"},
    {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5},
    {"type": "updateIsolatedMargin", "asset": 0, "isBuy": True, "ntli": -1_000_000},
    {"type": "topUpIsolatedOnlyMargin", "asset": 0, "leverage": "3.5"},
    {"type": "twapOrder", "twap": {"a": 0, "b": True, "s": "1", "r": False, "m": 30, "t": True}},
    {"type": "twapOrder", "twap": {"a": 0, "b": True, "s": "1", "r": False, "m": 30, "t": True},
     "details": {"t": {"p": "10", "a": True}, "s": None}},
    {"type": "twapCancel", "a": 0, "t": 77738308},
    {"type": "vaultTransfer", "vaultAddress": VAULT, "isDeposit": True, "usd": 10_000_000},
    {"type": "createVault", "name": "v", "description": "d", "initialUsd": 1, "nonce": 3},
    {"type": "subAccountTransfer", "subAccountUser": VAULT, "isDeposit": True, "usd": 10},
    {"type": "subAccountSpotTransfer", "subAccountUser": VAULT, "isDeposit": True,
     "token": "PURR:0x1", "amount": "1.5"},
    {"type": "createSubAccount", "name": "example"},
    {"type": "subAccountModify", "subAccountUser": VAULT, "name": "example"},
    {"type": "setReferrer", "code": "CCXT1"},
    {"type": "registerReferrer", "code": "CCXT1"},
    {"type": "setDisplayName", "displayName": "me"},
    {"type": "reserveRequestWeight", "weight": 100},
    {"type": "noop"},
    {"type": "evmUserModify", "usingBigBlocks": True},
    {"type": "agentEnableDexAbstraction"},
    {"type": "agentSetAbstraction", "abstraction": "u"},
    {"type": "agentSendAsset", "destination": VAULT, "sourceDex": "", "destinationDex": "spot",
     "token": "USDC", "amount": "1", "fromSubAccount": "", "nonce": 3},
    {"type": "perpDeploy", "b": 1, "a": {"z": [1, -1, "x", None]}},
]  # fmt: skip
USER_ACTIONS: list[dict[str, Any]] = [
    {"type": "usdSend", "destination": VAULT, "amount": "1.0"},
    {"type": "spotSend", "destination": VAULT, "token": "PURR:0xc4bf", "amount": "2"},
    {"type": "withdraw3", "destination": VAULT, "amount": "1"},
    {"type": "usdClassTransfer", "amount": "1.0 subaccount:" + VAULT, "toPerp": True},
    {"type": "sendAsset", "destination": VAULT, "sourceDex": "", "destinationDex": "xyz",
     "token": "USDC", "amount": "1", "fromSubAccount": ""},
    {"type": "approveAgent", "agentAddress": VAULT, "agentName": "one"},
    {"type": "approveBuilderFee", "maxFeeRate": "0.01%", "builder": VAULT},
    {"type": "userDexAbstraction", "user": VAULT, "enabled": False},
    {"type": "userSetAbstraction", "user": VAULT, "abstraction": "unifiedAccount"},
    {"type": "tokenDelegate", "validator": VAULT, "wei": 5, "isUndelegate": False},
    {"type": "convertToMultiSigUser", "signers": "[]"},
]  # fmt: skip


def test_every_typed_action_is_in_these_tests() -> None:
    others = {"spotUser", "claimRewards", "userOutcome", "spotDeploy", "CValidator", "CSigner",
              "multiSig"}  # fmt: skip
    assert {action["type"] for action in (*L1_ACTIONS, *USER_ACTIONS)} | others == ACTIONS
    assert {action["type"] for action in USER_ACTIONS} == set(TYPES)


@pytest.mark.parametrize("action", L1_ACTIONS, ids=lambda action: action["type"])
@pytest.mark.parametrize("vault", [None, VAULT])
@pytest.mark.parametrize("is_mainnet", [False, True])
def test_what_the_sdk_signs_is_recovered(
    action: dict[str, Any], vault: str | None, is_mainnet: bool
) -> None:
    body = signed(WALLET, action, 1_700_000_000_000, vault, 1_800_000_000_000,
                  is_mainnet=is_mainnet)  # fmt: skip
    plain = body | {"vaultAddress": vault and vault.removeprefix("0x").upper()}

    assert found(body, is_mainnet) == [ADDRESS]
    assert found(plain, is_mainnet) == [ADDRESS]


@pytest.mark.parametrize("action", USER_ACTIONS, ids=lambda action: action["type"])
def test_what_the_sdk_signs_as_typed_data_is_recovered(action: dict[str, Any]) -> None:
    body = typed(WALLET, action, 1_700_000_000_000)

    assert isinstance(read(body)[1], UserAction)
    assert found(body) == [ADDRESS]
    assert found(typed(WALLET, action, 7, is_mainnet=True), is_mainnet=True) == [ADDRESS]


def test_an_unnamed_agent_is_signed_with_an_empty_name() -> None:
    body = typed(WALLET, {"type": "approveAgent", "agentAddress": VAULT, "agentName": ""}, 7)
    del body["action"]["agentName"]

    assert found(body) == [ADDRESS]


def changes(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Give the path of every value in some JSON."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(child, dict | list):
            yield from changes(child, (*path, key))
        else:
            yield (*path, key)


OTHER_WORDS = {
    "Gtc": "Alo", "sl": "tp", "na": "normalTpsl", "u": "i", "unifiedAccount": "disabled",
    "Testnet": "Mainnet", "0x66eee": "0xa4b1", "0.01%": "0.02%", VAULT: "0x" + "1" * 40,
}  # fmt: skip


def other(value: object) -> object:
    """Return another value that the same field may have."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "1"
    words = str(value)
    return OTHER_WORDS.get(words, words[:-1] + ("2" if words[-1:] != "2" else "3"))


@pytest.mark.parametrize(
    "body",
    [signed(WALLET, action, 1_700_000_000_000, VAULT, 1_800_000_000_000) for action in L1_ACTIONS]
    + [typed(WALLET, action, 1_700_000_000_000) for action in USER_ACTIONS],
    ids=lambda body: body["action"]["type"],
)
def test_a_field_changed_after_signing_recovers_another_address(body: dict[str, Any]) -> None:
    fields = [path for path in changes(body) if path[0] != "signature" and path[-1] != "type"]
    if body["action"]["type"] in TYPES:  # its nonce stands twice; the body's is compared with it
        fields.remove(("nonce",))
    assert fields

    for path in fields:
        changed = copy.deepcopy(body)
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = other(parent[path[-1]])

        assert ADDRESS not in found(changed), path


@pytest.mark.parametrize("key", ["vaultAddress", "expiresAfter"])
def test_what_goes_with_an_action_cannot_be_left_out(key: str) -> None:
    body = signed(WALLET, V1, 5, VAULT, 1_800_000_000_000)

    assert ADDRESS not in found(body | {key: None})


@pytest.mark.parametrize(
    "wire",
    [
        GTC | {"p": "100.0"},
        GTC | {"s": "0100"},
        GTC | {"c": "0x" + "AB" * 16},
        GTC | {"c": None},
        GTC | {"t": {"trigger": {"triggerPx": "103", "isMarket": True, "tpsl": "sl"}}},
        {"b": True, "a": 1} | GTC,
        GTC | {"unknown": 1},
    ],
)
def test_what_is_not_canonical_recovers_another_address(wire: dict[str, Any]) -> None:
    assert ADDRESS not in found(signed(WALLET, orders(wire), 5))


def test_keys_in_another_order_recover_another_address() -> None:
    turned = dict(reversed(V1.items()))

    assert ADDRESS not in found(signed(WALLET, turned, 5))


@pytest.mark.parametrize(
    "signature",
    [
        {"r": "0x0", "s": "0x1", "v": 27},
        {"r": "0x1", "s": "0x0", "v": 27},
        {"r": "0x" + "f" * 64, "s": "0x1", "v": 27},
        {"r": "0x1", "s": "0x1", "v": 29},
        {"r": "0x1", "s": "0x1", "v": -1},
    ],
)
def test_a_malformed_signature_recovers_nobody(signature: dict[str, Any]) -> None:
    assert found(signed(WALLET, V1, 5) | {"signature": signature}) == []


@given(
    wires=st.lists(
        st.fixed_dictionaries(
            {
                "a": st.integers(0, 2**32),
                "b": st.booleans(),
                "p": st.decimals(0, 10**9, places=6),
                "s": st.decimals(0, 10**9, places=8),
                "r": st.booleans(),
                "t": st.sampled_from([GTC["t"], STOP, {"limit": {"tif": "Alo"}}]),
            },
            optional={"c": st.binary(min_size=16, max_size=16).map(lambda x: "0x" + x.hex())},
        ),
        min_size=1,
        max_size=20,
    ),
    nonce=st.integers(0, 2**63 - 1),
    vault=st.none() | st.binary(min_size=20, max_size=20).map(lambda x: "0x" + x.hex()),
    expires=st.none() | st.integers(0, 2**63 - 1),
)
def test_hashes_equal_the_sdks(
    wires: list[dict[str, Any]], nonce: int, vault: str | None, expires: int | None
) -> None:
    for wire in wires:
        wire["p"], wire["s"] = (f"{wire[key].normalize():f}" for key in "ps")
    action = orders(*({key: wire[key] for key in "abpsrtc" if key in wire} for wire in wires))

    ours = connection_id(pack(read_action(encoded(action))), nonce, vault, expires)

    assert ours == signing.action_hash(action, vault, nonce, expires)
