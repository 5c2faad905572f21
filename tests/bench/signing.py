"""
What one order's signature costs: ours, the venue's own SDK, and the bare curve below both.

A child process too, ``python -m tests.bench.signing``: the SDK on the curve's implementation that
the environment names, which it reads once, when it is imported.
"""

import statistics
import sys
from contextlib import AbstractContextManager

import coincurve
import msgspec
from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action

from adapters.hyperliquid.signing import Signer
from tests.bench.children import Child, child, say
from tests.bench.given import CLOID, KEY, order
from tests.bench.rounds import Comparison, compare, take_turns

NONCE = 1_757_015_249_178
# The SDK as pip installs it, without coincurve, takes 3 ms; with it a quarter of one.
SLOW_CALLS, FAST_CALLS = 50, 500
TURNS = 20


def measure(rounds: int, calls: int) -> list[Comparison]:
    """Compare ours with the SDK as installed, with the SDK on coincurve, and with coincurve."""
    signer, action = Signer(KEY, is_mainnet=False), order()
    sign_digest, digest = coincurve.PrivateKey.from_hex(KEY[2:]).sign_recoverable, bytes(range(32))
    contestants = {
        "ours": lambda: signer.sign(action, NONCE),
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
        compare("beside the SDK with coincurve", ours, fast, ">= 10", speedup=True),
        compare("beside bare libsecp256k1", ours, bare, "<= 1.25"),
    ]


def _sdk(backend: str) -> AbstractContextManager[Child]:
    return child("signing", environment={"ECC_BACKEND_CLASS": f"eth_keys.backends.{backend}"})


def main() -> None:
    """Answer each line, a number of calls, with the microseconds of one."""
    wallet = Account.from_key(KEY)
    common = {"a": 0, "b": True, "p": "60000", "s": "0.001", "r": False}
    wire = common | {"t": {"limit": {"tif": "Gtc"}}, "c": CLOID}
    action = {"type": "order", "orders": [wire], "grouping": "na"}

    def sign() -> object:
        return sign_l1_action(wallet, action, None, NONCE, None, is_mainnet=False)

    sign()
    for line in sys.stdin:
        calls = msgspec.json.decode(line)
        say(take_turns({"": sign}, rounds=1, calls=calls)[""][0])


if __name__ == "__main__":
    main()
