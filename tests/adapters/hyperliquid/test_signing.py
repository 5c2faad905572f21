"""
Our signatures are those of the venue's own SDK, and the key is nowhere to be seen.

Known answers: section 4.5 of the protocol sheet (SDK tests/signing_test.py). The corpus signs
random actions with both and compares all of {r, s, v}.
"""

import copy
import pickle
import traceback
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action

from adapters.common.wallet import keccak
from adapters.hyperliquid.actions import (
    Action,
    BatchModifyAction,
    Builder,
    CancelAction,
    CancelByCloidAction,
    CancelByCloidWire,
    CancelWire,
    Grouping,
    LimitKind,
    ModifyAction,
    ModifyWire,
    NoopAction,
    OrderAction,
    OrderKind,
    OrderWire,
    ReserveRequestWeightAction,
    ScheduleCancelAction,
    Tif,
    Tpsl,
    TriggerKind,
    TwapCancelAction,
    TwapOrderAction,
    TwapWire,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)
from adapters.hyperliquid.signing import Signer, action_hash

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
WALLET = Account.from_key(KEY)
MAINNET, TESTNET = Signer(KEY, is_mainnet=True), Signer(KEY, is_mainnet=False)
GTC = OrderKind(limit=LimitKind(Tif.GTC))


class Dummy(msgspec.Struct, frozen=True, tag_field="type", tag="dummy"):
    num: int


def order_action(kind: OrderKind = GTC, cloid: str | None = None) -> OrderAction:
    wire = OrderWire(a=1, b=True, p="100", s="100", r=False, t=kind, c=cloid)
    return OrderAction((wire,), Grouping.NONE)


STOP = OrderKind(trigger=TriggerKind(is_market=True, trigger_px="103", tpsl=Tpsl.STOP_LOSS))
V1 = order_action()
V2 = order_action(cloid="0x00000000000000000000000000000001")
V3: Any = Dummy(100_000_000_000)
V3_VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
V4 = order_action(STOP)
V5 = CancelAction((CancelWire(1, 12345),))
IOC = OrderKind(limit=LimitKind(Tif.IOC))
V6 = OrderAction((OrderWire(a=4, b=True, p="1670.1", s="0.0147", r=False, t=IOC),), Grouping.NONE)
V7 = ScheduleCancelAction(123456789)


@pytest.mark.parametrize(
    ("action", "msgpack"),
    [
        (
            V1,
            (
                "83a474797065a56f72646572a66f72646572739186a16101a162c3a170a3313030a173a3313030a172"
                "c2a17481a56c696d697481a3746966a3477463a867726f7570696e67a26e61"
            ),
        ),
        (V3, "82a474797065a564756d6d79a36e756dcf000000174876e800"),
        (V5, "82a474797065a663616e63656ca763616e63656c739182a16101a16fcd3039"),
    ],
)
def test_actions_are_packed_as_the_venue_packs_them(action: Action, msgpack: str) -> None:
    assert msgspec.msgpack.encode(action).hex() == msgpack


@pytest.mark.parametrize(
    ("action", "nonce", "vault", "expires_after", "connection_id"),
    [
        (V1, 0, None, None, "884f2c32bb6dbdd65f6033e32fb28c0cb6f5b345db0f6471fd3366d85c9252c1"),
        (
            V1,
            0,
            None,
            1_700_000_000_000,
            "bfbb24419b62b190625a57b932968f8edc25d4e27ead21954202b8d6a7f6d5a3",
        ),
        (V2, 0, None, None, "0ba500cedd8f4ba6ded620a0b1cd04f124d9ba745e2e2893fcc763bcc1444af5"),
        (V3, 0, V3_VAULT, None, "de9e09a7a3da45cc694096d4bfdcd89bc1b892d05497c5ecc1f56c335945184c"),
        (V4, 0, None, None, "430a86fb9876e901920d931f5bb20c9d011f6389bd179f39a73c09e6219adcad"),
        (
            V5,
            1_700_000_000_000,
            None,
            None,
            "b7bacdee8bba1005a79cb9716f65d565613848a72eae72b3bb5932258e190780",
        ),
        (
            V6,
            1_677_777_606_040,
            None,
            None,
            "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908",
        ),
    ],
)
def test_connection_id_is_the_known_answer(
    action: Action, nonce: int, vault: str | None, expires_after: int | None, connection_id: str
) -> None:
    assert action_hash(action, nonce, vault, expires_after).hex() == connection_id


@pytest.mark.parametrize(
    ("signer", "action", "nonce", "vault", "expires_after", "r", "s", "v"),
    [
        pytest.param(
            MAINNET, V1, 0, None, None,
            "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
            "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e", 28, id="V1",
        ),
        pytest.param(
            TESTNET, V1, 0, None, None,
            "0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54",
            "0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5", 27, id="V1test",
        ),
        pytest.param(
            TESTNET, V1, 0, None, 1_700_000_000_000,
            "0x9a4b8ee55a58c24bde0ca64a8d54743f0c94ea5ba4c11847fb90a06b3a1a3fce",
            "0x300418a1a08b4d4ad8dc2f492ab6f967aa5e31676476174f5112a875e94ec04d", 27, id="V1b",
        ),
        pytest.param(
            MAINNET, V2, 0, None, None,
            "0x41ae18e8239a56cacbc5dad94d45d0b747e5da11ad564077fcac71277a946e3",
            "0x3c61f667e747404fe7eea8f90ab0e76cc12ce60270438b2058324681a00116da", 27, id="V2",
        ),
        pytest.param(
            MAINNET, V3, 0, V3_VAULT, None,
            "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
            "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c", 28, id="V3",
        ),
        pytest.param(
            MAINNET, V4, 0, None, None,
            "0x98343f2b5ae8e26bb2587daad3863bc70d8792b09af1841b6fdd530a2065a3f9",
            "0x6b5bb6bb0633b710aa22b721dd9dee6d083646a5f8e581a20b545be6c1feb405", 27, id="V4",
        ),
        pytest.param(
            TESTNET, V5, 1_700_000_000_000, None, None,
            "0x90315bb1b2ef5541c852eb38dbc9f0ccc5a6bb504d9e23f86e64193868e05e7b",
            "0x41a64209934f85b46a69da4c06faeeb701114ae1a570b22e242bff510782cc0f", 27, id="V5",
        ),
        pytest.param(
            MAINNET, V7, 0, None, None,
            "0x609cb20c737945d070716dcc696ba030e9976fcf5edad87afa7d877493109d55",
            "0x16c685d63b5c7a04512d73f183b3d7a00da5406ff1f8aad33f8ae2163bab758b", 28, id="V7",
        ),
    ],
)  # fmt: skip
def test_signature_is_the_known_answer(
    signer: Signer,
    action: Action,
    nonce: int,
    vault: str | None,
    expires_after: int | None,
    r: str,
    s: str,
    v: int,
) -> None:
    signature = signer.sign(action, nonce, vault, expires_after).signature
    assert (signature.r, signature.s, signature.v) == (r, s, v)


# --- The corpus ---


def random_action(random: Random) -> Action:
    return random.choice(MAKERS)(random)


def _number(random: Random) -> str:
    text = f"{random.randint(1, 10**9)}.{random.randint(0, 10**8):08d}"[: random.randint(3, 18)]
    return text.rstrip("0").rstrip(".") or "1"


def _cloid(random: Random) -> str:
    return f"0x{random.getrandbits(128):032x}"


def _address(random: Random) -> str:
    return f"0x{random.getrandbits(160):040x}"


def _asset(random: Random) -> int:
    return random.choice([random.randint(0, 300), random.randint(10_000, 10_500), 110_003])


def _oid(random: Random) -> int:
    return random.getrandbits(random.choice([7, 8, 16, 32, 39]))


def _wire(random: Random) -> OrderWire:
    limit = OrderKind(limit=LimitKind(random.choice(list(Tif))))
    trigger = TriggerKind(random.random() < 0.5, _number(random), random.choice(list(Tpsl)))
    return OrderWire(
        a=_asset(random),
        b=random.random() < 0.5,
        p=_number(random),
        s=_number(random),
        r=random.random() < 0.5,
        t=random.choice([limit, OrderKind(trigger=trigger)]),
        c=_cloid(random) if random.random() < 0.5 else None,
    )


def _some(random: Random) -> range:
    return range(random.choice([1, 1, 1, 2, 3, 20]))


def _orders(random: Random) -> Action:
    builder = Builder(_address(random), random.randint(0, 100)) if random.random() < 0.3 else None
    orders = tuple(_wire(random) for _ in _some(random))
    return OrderAction(orders, random.choice(list(Grouping)), builder)


def _cancels_by_cloid(random: Random) -> Action:
    cancels = tuple(CancelByCloidWire(_asset(random), _cloid(random)) for _ in _some(random))
    return CancelByCloidAction(cancels, True if random.random() < 0.5 else None)


def _modify(random: Random) -> ModifyWire:
    oid = _oid(random) if random.random() < 0.5 else _cloid(random)
    return ModifyWire(oid, _wire(random))


def _modify_one(random: Random) -> Action:
    modify = _modify(random)
    return ModifyAction(modify.oid, modify.order)


def _twap(random: Random) -> Action:
    minutes = random.randint(5, 1_440)
    coins = [random.random() < 0.5 for _ in range(3)]
    twap = TwapWire(_asset(random), coins[0], _number(random), coins[1], minutes, coins[2])
    return TwapOrderAction(twap)


MAKERS = [
    _orders,
    _cancels_by_cloid,
    _modify_one,
    _twap,
    lambda r: CancelAction(tuple(CancelWire(_asset(r), _oid(r)) for _ in _some(r))),
    lambda r: BatchModifyAction(tuple(_modify(r) for _ in _some(r))),
    lambda r: ScheduleCancelAction(random_ms(r) if r.random() < 0.7 else None),
    lambda r: UpdateLeverageAction(_asset(r), r.random() < 0.5, r.randint(1, 50)),
    lambda r: UpdateIsolatedMarginAction(_asset(r), r.random() < 0.5, r.randint(-(10**12), 10**12)),
    lambda r: TwapCancelAction(_asset(r), _oid(r)),
    lambda r: ReserveRequestWeightAction(r.randint(1, 10**6)),
    lambda _: NoopAction(),
]


def random_ms(random: Random) -> int:
    return random.randint(1_600_000_000_000, 1_900_000_000_000)


@pytest.mark.parametrize("seed", range(10))
def test_signatures_equal_the_sdk_on_a_thousand_random_actions(seed: int) -> None:
    random = Random(seed)
    for _ in range(1_000):
        action, nonce = random_action(random), random_ms(random)
        vault = _address(random) if random.random() < 0.3 else None
        expires_after = random_ms(random) if random.random() < 0.3 else None
        is_mainnet = random.random() < 0.5
        ours = (MAINNET if is_mainnet else TESTNET).sign(action, nonce, vault, expires_after)
        sent = msgspec.json.decode(msgspec.json.encode(ours))
        assert sent["signature"] == sign_l1_action(
            WALLET, sent["action"], vault, nonce, expires_after, is_mainnet
        )
        assert (sent.get("vaultAddress"), sent.get("expiresAfter")) == (vault, expires_after)
        assert sent["nonce"] == nonce


# --- The key ---


@pytest.mark.parametrize("text", [KEY, KEY[2:], KEY.upper().replace("0X", "0x")])
def test_address_is_that_of_the_key_in_lower_case(text: str) -> None:
    assert Signer(text, is_mainnet=True).address == ADDRESS


def test_keccak_is_ethereums_and_not_sha3() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_no_view_of_a_signer_shows_the_key() -> None:
    views = [repr(TESTNET), str(TESTNET), f"{TESTNET!r:>9}"]
    views += [repr(getattr(TESTNET, name)) for name in dir(TESTNET) if name != "__slots__"]
    assert not hasattr(TESTNET, "__dict__")
    assert not any(shows_key(view) for view in views)


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_signer_is_neither_pickled_nor_copied(duplicate: Callable[[Signer], object]) -> None:
    with pytest.raises(TypeError, match="Expected the signer of 0x14791697") as raised:
        duplicate(TESTNET)
    assert not shows_key(story_of(raised.value))


SECRET = "ab" * 32  # too long or too short below, and never to be seen


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET[:-1],
        SECRET + "a",
        "0x" + SECRET[:-2],
        SECRET[:-1] + "g",
        " " + SECRET,
        SECRET + "\n",
        "f" * 64,
        "0" * 64,
    ],
)
def test_a_malformed_key_is_refused_without_an_echo(text: str) -> None:
    with pytest.raises(ValueError, match="Expected a private key of 64 hex digits") as raised:
        Signer(text, is_mainnet=True)
    told = story_of(raised.value)
    assert raised.value.__context__ is None
    assert not text.strip() or text.strip()[:16] not in told
    assert f"{len(text)} characters" in str(raised.value)


def story_of(error: BaseException) -> str:
    """Return what a traceback that prints local variables would show, but for this test's own."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in report.stack if "test_signing" not in frame.filename]
    return f"{error!r} {[frame.locals for frame in frames]}"


def shows_key(text: str) -> bool:
    secret = KEY[2:]
    return any(form in text for form in (secret, secret.upper(), repr(bytes.fromhex(secret))))
