"""
Our signatures are those of the venue's own SDK, byte for byte, for every type that it signs.

Known answers: section 3.6 of the protocol sheet. The corpus signs random requests with both and
compares all that is sent, in its order.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
from synthetix.signing import Signer as SdkSigner
from synthetix.utils import constants as sdk

from adapters.common.wallet import Wallet, checksum_address, keccak
from adapters.synthetix import actions, digests
from adapters.synthetix.actions import Action, Grouping, OrderKind, OrderWire, Question, Side
from adapters.synthetix.digests import action_digest
from adapters.synthetix.signing import Signature, Signer

KEY = "11" * 32
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
SUBACCOUNT = "1867542890123456789"
NONCE, EXPIRY = 1_700_000_000_000, 1_700_000_060_000
SIGNER = Signer(Wallet(KEY), SUBACCOUNT)
SDK = SdkSigner("0x" + KEY)
ORDER_ID = "1958787130134106112"

LIMIT = OrderWire(
    symbol="BTC-USDT",
    side=Side.BUY,
    order_type=OrderKind.LIMIT_GTC,
    price="90000",
    trigger_price="",
    quantity="0.01",
    reduce_only=False,
    is_trigger_market=False,
    client_order_id="O-20261122-000000-001-001-1",
    close_position=False,
    post_only=True,
)
STOP = msgspec.structs.replace(
    LIMIT,
    side=Side.SELL,
    order_type=OrderKind.STOP_LOSS,
    price="",
    trigger_price="80000",
    reduce_only=True,
    is_trigger_market=True,
    client_order_id="",
    post_only=False,
)
TAKE_PROFIT = msgspec.structs.replace(
    STOP,
    order_type=OrderKind.TAKE_PROFIT,
    price="120000",
    trigger_price="119000",
    quantity="",
    is_trigger_market=False,
    close_position=True,
)
OPEN_ORDERS = Question("getOpenOrders")


@pytest.mark.parametrize(
    ("action", "digest", "v", "r", "s"),
    [
        pytest.param(
            actions.PlaceOrdersAction((LIMIT,), Grouping.NONE),
            "68c96eee17a4ef8c45257d1fef93cff912286c4bc9219007c0188cbfcacb8bc6", 27,
            "35680f402ee76ed6135330bafcbde0a04fdcb4f0ec8ff688b106e3a14283577b",
            "3e945e5d846c353823687159f3cf9cb228c5ce695980045541c396d4b4a3208d", id="V1",
        ),
        pytest.param(
            actions.PlaceOrdersAction((STOP, TAKE_PROFIT), Grouping.POSITION_TPSL),
            "ff757a59632dedb8c5cf505e87290cef13ce1ffb19cb5075e6c42966d4529ef7", 27,
            "5ce9e944842f8e148ef1a4c0eecc384c9380371f62c164e4fe79aa96f92f2da5",
            "3338002d807b505fa47e75147cd4112317f05bec7403e6c7565812f8868b4527", id="V2",
        ),
        pytest.param(
            actions.CancelOrdersAction((ORDER_ID, "1958787130134106113")),
            "97874616b9165ef4ec1891867714f125a806757b14548722eafb3a782ffe9ca6", 28,
            "db3e46bcc8275c95a6dc3e597b270c2d3617c15efec76a4fab16b7557a39c800",
            "4303da5d1c628863f3c583799945e5dce26be6bde7eb3ab34cd1c377f8d11a3a", id="V3",
        ),
        pytest.param(
            actions.CancelByCloidAction(("O-1", "O-2")),
            "a20668480dcb0dbf9522ba22c2941f7df2732ccd06ea78e77cc2525765c1f253", 28,
            "737c5c0eb6d662e6c107a2cc29a81b0edb7f72dc94fbb9d87633f1a39cd77089",
            "479a3222d9d974c19a1ac7eeb193cbf847ade98a79a459df42b71ed1c750e726", id="V4",
        ),
        pytest.param(
            actions.CancelAllAction(("BTC-USDT",)),
            "76b84a072784748ae0f32a132e9de0b4dd0d29d40c56520ec60ff1c2ead3b600", 27,
            "b316e9ac15be30e38d29bc0ae6cea090de6317d8b5d3f807e304b1eb2cb9403c",
            "2edc7b10f64a5bc77fb43f19cc4bcb14dbfba29a04af07fe5481512d0c230ffd", id="V5",
        ),
        pytest.param(
            actions.ModifyOrderAction(ORDER_ID, price="91000"),
            "3b07362de31abf631b86c5f1535d420d32ab1d709ee898208e601007e5347a7b", 28,
            "9410da4f6e934e282ce9fca8989443a4f5aca839a34a97862897619529279887",
            "149e80e02ce630c1e78550c1bd3a3f32d001dd3fb9a36b3010ab4f392f2b0fe4", id="V6",
        ),
        pytest.param(
            actions.ScheduleCancelAction(60),
            "91dcd2d56405d93e1704c365c2329bf487899824b811dd92d157b7026d23f5fa", 28,
            "ed573091788cb41f78144b059b452fcdc8972d0cddbe2eaacd6cf9d093c35f5f",
            "047adbaf9aa478fb73001525816e4a8cc2c4f6624b02819582164ba0bcb313cc", id="V7",
        ),
        pytest.param(
            OPEN_ORDERS,
            "51532b025defe977270a820df2a8c40f816d8057f528684d8a957b5d335e125c", 28,
            "8f6f1634d1ef101785ee07d6fd091db5e11a1b3f873b41d5a5dd60919d72d5cc",
            "7daf9935539cd4c6acc63a88fe325bcd2bb064225cc144a0534279e8352ed4d9", id="V8",
        ),
    ],
)  # fmt: skip
def test_signature_is_the_known_answer(action: Action, digest: str, v: int, r: str, s: str) -> None:
    signature = SIGNER.sign(action, NONCE, EXPIRY).signature
    assert action_digest(action, SUBACCOUNT, NONCE, EXPIRY).hex() == digest
    assert (signature.v, signature.r, signature.s) == (v, f"0x{r}", f"0x{s}")


def test_a_read_without_a_nonce_is_the_known_answer_of_another_type() -> None:
    request = SIGNER.sign(OPEN_ORDERS, None, 1_700_000_060)
    assert request.signature == Signature(
        28,
        "0xf697ab732d599d161108e8c27067507dd1edced029d0b17edd096dcd288babb5",
        "0x7f7c20e0ca2bae44ea0cc12c137900bb1e3d25c598a64d8bf632634fc13c4b1a",
    )
    assert "nonce" not in json.loads(msgspec.json.encode(request))
    assert "nonce" not in request.to_post()


def test_only_a_read_is_signed_without_a_nonce() -> None:
    with pytest.raises(ValueError, match="Expected a nonce with scheduleCancel"):
        SIGNER.sign(actions.ScheduleCancelAction(60), None, EXPIRY)


def test_the_websocket_is_opened_with_the_known_answer() -> None:
    auth = SIGNER.sign_auth(NONCE)
    assert auth.signature == (
        "0x044e6054adeebc27156d031321a0a8c50f56638ebfdf1deb45a0603fdd072db0"
        "77dfd34f679c9500591c7af9fc7905fc94b2b91ca1c7064b034908953aba065c1c"
    )


def test_the_typed_data_of_an_auth_is_the_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthetix.signing.generate_nonce", lambda: NONCE)
    payload, signature = SDK.sign_auth(int(SUBACCOUNT))
    auth = SIGNER.sign_auth(NONCE)
    assert json.dumps(json.loads(auth.message)) == json.dumps(payload)
    assert auth.signature == signature


def test_the_domain_is_the_sheets() -> None:
    assert digests.DOMAIN_SEPARATOR.hex() == (
        "f2c29ce8c9f7da15c7cf3e5dd99e22368ce2ed7e5fbe9d676e8c92789a9014d0"
    )


SDK_TYPES = {
    actions.PlaceOrdersAction: sdk.PLACE_ORDER_TYPES,
    actions.CancelOrdersAction: sdk.CANCEL_ORDERS_TYPES,
    actions.CancelByCloidAction: sdk.CANCEL_ORDERS_BY_CLOID_TYPES,
    actions.CancelAllAction: sdk.CANCEL_ALL_ORDERS_TYPES,
    actions.ModifyOrderAction: sdk.MODIFY_ORDER_TYPES,
    actions.ModifyByCloidAction: sdk.MODIFY_ORDER_BY_CLOID_TYPES,
    actions.UpdateLeverageAction: sdk.UPDATE_LEVERAGE_TYPES,
    actions.ScheduleCancelAction: sdk.SCHEDULE_CANCEL_TYPES,
    actions.WithdrawCollateralAction: sdk.WITHDRAW_COLLATERAL_TYPES,
    actions.TransferCollateralAction: sdk.TRANSFER_COLLATERAL_TYPES,
    actions.CreateSubaccountAction: sdk.CREATE_SUBACCOUNT_TYPES,
    actions.UpdateSubAccountNameAction: sdk.UPDATE_SUB_ACCOUNT_NAME_TYPES,
    actions.AddDelegatedSignerAction: sdk.ADD_DELEGATED_SIGNER_TYPES,
    actions.RemoveDelegatedSignerAction: sdk.REMOVE_DELEGATED_SIGNER_TYPES,
    actions.RemoveAllDelegatedSignersAction: sdk.REMOVE_ALL_DELEGATED_SIGNERS_TYPES,
    actions.VoluntaryCollateralExchangeAction: sdk.VOLUNTARY_COLLATERAL_EXCHANGE_TYPES,
    Question: sdk.SUBACCOUNT_ACTION_TYPES,
}


def test_every_type_is_written_as_the_sdk_has_it() -> None:
    def written(types: dict[str, Any]) -> str:
        names = [name for name in types if name != "EIP712Domain"]
        names.sort(key=lambda name: name == "Order")  # the primary type stands first
        return "".join(
            f"{name}({','.join(f'{m["type"]} {m["name"]}' for m in types[name])})" for name in names
        )

    assert set(SDK_TYPES) == set(digests._TYPES)
    for kind, types in SDK_TYPES.items():
        assert digests._TYPES[kind][0] == written(types)


# --- The corpus ---


def _decimal(random: Random) -> str:
    return f"{random.randint(0, 10**6)}.{random.randint(1, 10**8)}".rstrip("0")


def _symbol(random: Random) -> str:
    return random.choice(["BTC-USDT", "ETH-USDT", "WTI-USDT", "1000PEPE-USDT"])


def _name(random: Random) -> str:
    letters = "abcXYZ0189-.=/+_ äß€漢"
    return "".join(random.choice(letters) for _ in range(random.randint(0, 40)))


def _cloid(random: Random) -> str:
    return random.choice(
        [f"0x{random.getrandbits(128):032x}", f"O-20261122-{random.getrandbits(30)}"]
    )


def _id(random: Random) -> str:
    return str(random.getrandbits(random.choice([8, 32, 62])) + 1)


def _address(random: Random) -> str:
    return checksum_address(f"0x{random.getrandbits(160):040x}")


def _some[T](random: Random, make: Callable[[Random], T]) -> tuple[T, ...]:
    return tuple(make(random) for _ in range(random.choice([1, 1, 1, 2, 3, 20])))


def _order(random: Random) -> OrderWire:
    def coin() -> bool:
        return random.random() < 0.5

    def maybe(low: int, high: int) -> int | None:
        return random.randint(low, high) if coin() else None

    return OrderWire(
        symbol=_symbol(random),
        side=random.choice(list(Side)),
        order_type=random.choice(list(OrderKind)),
        price=_decimal(random) if coin() else "",
        trigger_price=_decimal(random) if coin() else "",
        quantity=_decimal(random) if coin() else "",
        reduce_only=coin(),
        is_trigger_market=coin(),
        client_order_id=_cloid(random) if coin() else "",
        close_position=coin(),
        post_only=coin(),
        expires_at=maybe(1_700_000_000, 1_800_000_000),
        duration_seconds=maybe(300, 86_400),
        interval_seconds=maybe(1, 600),
        interval_variance_bps=maybe(0, 2_000),
        size_variance_bps=maybe(0, 2_000),
    )


def _place(random: Random) -> tuple[Action, Any]:
    orders: tuple[OrderWire, ...] = _some(random, _order)
    grouping = random.choice(list(Grouping))
    plain = [
        {k: v for k, v in msgspec.to_builtins(order).items() if v is not None} for order in orders
    ]
    return actions.PlaceOrdersAction(orders, grouping), lambda **k: SDK.sign_place_orders(
        int(SUBACCOUNT), plain, grouping.value, **k
    )


def _cancel(random: Random) -> tuple[Action, Any]:
    ids: tuple[str, ...] = _some(random, _id)
    return actions.CancelOrdersAction(ids), lambda **k: SDK.sign_cancel_orders(
        int(SUBACCOUNT), [int(one) for one in ids], **k
    )


def _cancel_by_cloid(random: Random) -> tuple[Action, Any]:
    ids: tuple[str, ...] = _some(random, _cloid)
    return actions.CancelByCloidAction(ids), lambda **k: SDK.sign_cancel_orders_by_cloid(
        int(SUBACCOUNT), list(ids), **k
    )


def _cancel_all(random: Random) -> tuple[Action, Any]:
    symbols: tuple[str, ...] = _some(random, _symbol)
    return actions.CancelAllAction(symbols), lambda **k: SDK.sign_cancel_all_orders(
        int(SUBACCOUNT), list(symbols), **k
    )


def _change(random: Random) -> dict[str, str]:
    kinds = random.sample(["price", "quantity", "trigger_price"], random.randint(1, 3))
    return {kind: _decimal(random) for kind in kinds}


def _modify(random: Random) -> tuple[Action, Any]:
    order_id, change = _id(random), _change(random)
    return actions.ModifyOrderAction(order_id, **change), lambda **k: SDK.sign_modify_order(
        int(SUBACCOUNT), int(order_id), **change, **k
    )


def _modify_by_cloid(random: Random) -> tuple[Action, Any]:
    cloid, change = _cloid(random), _change(random)
    return (
        actions.ModifyByCloidAction(cloid, **change),
        lambda **k: SDK.sign_modify_order_by_cloid(int(SUBACCOUNT), cloid, **change, **k),
    )


def _leverage(random: Random) -> tuple[Action, Any]:
    symbol, leverage = _symbol(random), str(random.randint(1, 100))
    return actions.UpdateLeverageAction(symbol, leverage), lambda **k: SDK.sign_update_leverage(
        int(SUBACCOUNT), symbol, leverage, **k
    )


def _schedule(random: Random) -> tuple[Action, Any]:
    secs = random.choice([0, random.randint(5, 86_400)])
    return actions.ScheduleCancelAction(secs), lambda **k: SDK.sign_schedule_cancel(
        int(SUBACCOUNT), secs, **k
    )


def _withdraw(random: Random) -> tuple[Action, Any]:
    amount, address = _decimal(random), _address(random)
    return (
        actions.WithdrawCollateralAction("USDT", amount, address),
        lambda **k: SDK.sign_withdraw_collateral(int(SUBACCOUNT), "USDT", amount, address, **k),
    )


def _transfer(random: Random) -> tuple[Action, Any]:
    amount, to = _decimal(random), _id(random)
    return (
        actions.TransferCollateralAction("WETH", amount, to),
        lambda **k: SDK.sign_transfer_collateral(int(SUBACCOUNT), int(to), "WETH", amount, **k),
    )


def _create(random: Random) -> tuple[Action, Any]:
    name = _name(random)
    return actions.CreateSubaccountAction(name), lambda **k: SDK.sign_create_subaccount(
        int(SUBACCOUNT), name, **k
    )


def _rename(random: Random) -> tuple[Action, Any]:
    name = _name(random)
    return actions.UpdateSubAccountNameAction(name), lambda **k: SDK.sign_update_sub_account_name(
        int(SUBACCOUNT), name, **k
    )


def _add_delegate(random: Random) -> tuple[Action, Any]:
    address, until = _address(random), random.choice([0, 1_800_000_000])
    permissions = random.choice([["session"], ["trading", "delegate"], []])
    return (
        actions.AddDelegatedSignerAction(address, until, tuple(permissions)),
        lambda **k: SDK.sign_add_delegated_signer(
            int(SUBACCOUNT), address, permissions, until, **k
        ),
    )


def _remove_delegate(random: Random) -> tuple[Action, Any]:
    address = _address(random)
    return (
        actions.RemoveDelegatedSignerAction(address),
        lambda **k: SDK.sign_remove_delegated_signer(int(SUBACCOUNT), address, **k),
    )


def _remove_all_delegates(_: Random) -> tuple[Action, Any]:
    return (
        actions.RemoveAllDelegatedSignersAction(),
        lambda **k: SDK.sign_remove_all_delegated_signers(int(SUBACCOUNT), **k),
    )


def _exchange(random: Random) -> tuple[Action, Any]:
    amount = _decimal(random)
    return (
        actions.VoluntaryCollateralExchangeAction("wstETH", amount),
        lambda **k: SDK.sign_voluntary_collateral_exchange(int(SUBACCOUNT), "wstETH", amount, **k),
    )


def _ask(random: Random) -> tuple[Action, Any]:
    name = random.choice(["getOpenOrders", "getTrades", "getSubAccount"])
    filters = random.choice([{}, {"limit": 50, "offset": 100}, {"symbol": _symbol(random)}])

    def sign(expires_after_ms: int, **_: int) -> object:  # it takes its nonce from the clock
        return SDK.sign_action(int(SUBACCOUNT), name, filters, expires_after_ms)

    return Question(name, filters), sign


MAKERS = [
    _place,
    _cancel,
    _cancel_by_cloid,
    _cancel_all,
    _modify,
    _modify_by_cloid,
    _leverage,
    _schedule,
    _withdraw,
    _transfer,
    _create,
    _rename,
    _add_delegate,
    _remove_delegate,
    _remove_all_delegates,
    _exchange,
    _ask,
]


@pytest.mark.parametrize("seed", range(5))
def test_requests_equal_the_sdks_on_a_thousand_random_actions(seed: int) -> None:
    random = Random(seed)
    for _ in range(1_000):
        action, sdk_sign = random.choice(MAKERS)(random)
        nonce = random.randint(1_600_000_000_000, 1_900_000_000_000)
        theirs = sdk_sign(nonce=nonce, expires_after_ms=random.randint(0, 100_000))
        ours = SIGNER.sign(action, theirs["nonce"], theirs["expiresAfter"])
        assert json.dumps(json.loads(msgspec.json.encode(ours))) == json.dumps(theirs)
        posted = json.loads(msgspec.json.encode(ours.to_post()))
        assert posted == theirs["params"] | {k: v for k, v in theirs.items() if k != "params"}


@pytest.mark.parametrize(
    ("written", "signed"), [("10.50", "10.5"), ("10.0", "10"), ("100", "100"), ("1E+2", "100")]
)
def test_a_transferred_amount_is_signed_as_the_server_writes_it(written: str, signed: str) -> None:
    request = SIGNER.sign(actions.TransferCollateralAction("USDT", written, "7"), NONCE, EXPIRY)
    assert request.params["amount"] == signed
    theirs = SDK.sign_transfer_collateral(int(SUBACCOUNT), 7, "USDT", signed, NONCE)
    assert request.signature.r == theirs["signature"]["r"]


def test_keccak_is_ethereums_and_not_sha3() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_the_signer_shows_no_key() -> None:
    assert SIGNER.address == ADDRESS
    assert repr(SIGNER) == f"Signer({ADDRESS} for {SUBACCOUNT})"
