"""
What the signature of one Synthetix order costs: ours, the venue's own SDK, and the bare curve.

A child process too, ``python -m tests.bench.synthetix_signing``: the SDK on the curve's
implementation that the environment names, which it reads once, when it is imported.
"""

import statistics
import sys
from contextlib import AbstractContextManager

import coincurve
import msgspec
from synthetix.signing import Signer as SdkSigner

from adapters.common.wallet import Wallet
from adapters.synthetix.actions import Grouping, OrderKind, OrderWire, PlaceOrdersAction, Side
from adapters.synthetix.signing import Signer
from tests.bench.children import Child, child, say
from tests.bench.given import KEY
from tests.bench.rounds import Comparison, compare, take_turns

NONCE = 1_757_015_249_178
EXPIRES_AFTER_MS = 8_000
SUBACCOUNT = "1867542890123456789"
# The SDK as pip installs it, without coincurve, takes 3 ms; with it half of one.
SLOW_CALLS, FAST_CALLS = 50, 500
TURNS = 20


def order() -> PlaceOrdersAction:
    """Return an ordinary order as an action."""
    wire = OrderWire(
        symbol="BTC-USDT",
        side=Side.BUY,
        order_type=OrderKind.LIMIT_GTC,
        price="60000",
        trigger_price="",
        quantity="0.001",
        reduce_only=False,
        is_trigger_market=False,
        client_order_id="O-20261122-110937-001-000-1",
        close_position=False,
    )
    return PlaceOrdersAction((wire,), Grouping.NONE)


def measure(rounds: int, calls: int) -> list[Comparison]:
    """Compare ours with the SDK as installed, with the SDK on coincurve, and with coincurve."""
    signer, action = Signer(Wallet(KEY), SUBACCOUNT), order()
    sign_digest, digest = coincurve.PrivateKey.from_hex(KEY[2:]).sign_recoverable, bytes(range(32))
    contestants = {
        "ours": lambda: signer.sign(action, NONCE, NONCE + EXPIRES_AFTER_MS),
        "bare": lambda: sign_digest(digest, None),
    }
    ours: list[float] = []
    slow: list[float] = []
    fast: list[float] = []
    bare: list[float] = []
    with _sdk("native.NativeECCBackend") as native, _sdk("coincurve.CoinCurveECCBackend") as curve:
        for _ in range(rounds):
            # So near each other that they must not meet different moods of the machine.
            figures = take_turns(contestants, rounds=TURNS, calls=calls // TURNS)
            ours.append(statistics.fmean(figures["ours"]))
            bare.append(statistics.fmean(figures["bare"]))
            fast.append(curve.ask(FAST_CALLS))
            slow.append(native.ask(SLOW_CALLS))
    return [
        compare("beside the SDK as pip installs it", ours, slow, ">= 100", speedup=True),
        compare("beside the SDK with coincurve", ours, fast, ">= 12", speedup=True),
        # EIP-712 hashes each text of an order on its own: fifteen blocks of Keccak.
        compare("beside bare libsecp256k1", ours, bare, "<= 2"),
    ]


def _sdk(backend: str) -> AbstractContextManager[Child]:
    environment = {"ECC_BACKEND_CLASS": f"eth_keys.backends.{backend}"}
    return child("synthetix_signing", environment=environment)


def main() -> None:
    """Answer each line, a number of calls, with the microseconds of one."""
    signer = SdkSigner(KEY)
    orders = [msgspec.to_builtins(one) for one in order().orders]

    def sign() -> object:
        return signer.sign_place_orders(
            int(SUBACCOUNT), orders, nonce=NONCE, expires_after_ms=EXPIRES_AFTER_MS
        )

    sign()
    for line in sys.stdin:
        calls = msgspec.json.decode(line)
        say(take_turns({"": sign}, rounds=1, calls=calls)[""][0])


if __name__ == "__main__":
    main()
