"""No key and no node's address is ever shown, whatever goes wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account

from config.secrets import Secret
from custody.errors import ChainSilent, WrongRequest
from custody.node import EthereumNode
from custody.wallet import Wallet
from desk.funds_parts import KEY_VARIABLE
from tests.custody.conftest import Perpdesk
from tests.custody.local_chain import NODE_KEY, USER, LocalChain

KEY = bytes(USER.key).hex()


DEPOSIT = ("deposit", "hyperliquid", "5", "USDC", "--yes", "--credit-secs", "0")
TYPED = "5 USDC on chain 42161\n"
WRONG_KEY = "f" * 64


@pytest.mark.parametrize(
    "trouble", ["none", "no node", "mute", "another chain", "refused", "wrong key"]
)
def test_nothing_that_is_shown_or_stored_holds_a_secret(
    perpdesk: Perpdesk,
    arbitrum: LocalChain,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    match trouble:
        case "no node":
            arbitrum.url = f"http://127.0.0.1:1/v3/{NODE_KEY}"
        case "mute":
            arbitrum.mute.add("eth_call")
        case "another chain":
            arbitrum.told_chain_id = 10
        case "refused":
            arbitrum.refusal = "no"
        case "wrong key":
            monkeypatch.setenv(KEY_VARIABLE, "0x" + WRONG_KEY)

    done = perpdesk(*DEPOSIT, node=arbitrum, typed=TYPED)

    assert (done.code == 0) == (trouble == "none"), done
    files = Path(os.environ["XDG_STATE_HOME"]).rglob("*")
    stored = b"".join(file.read_bytes() for file in files if file.is_file()).decode()
    for secret in (KEY, WRONG_KEY, NODE_KEY):
        assert secret not in done.output + done.errors + stored


def test_a_whole_process_that_fails_shows_no_secret(arbitrum: LocalChain, tmp_path: Path) -> None:
    """With all that Python itself may say, at an end with an unfinished transaction on disk."""
    arbitrum.mines = False
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "desk", "funds", *DEPOSIT, "--receipt-secs", "0.1"],
        input=TYPED,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {
            KEY_VARIABLE: "0x" + KEY,
            "PERPDESK_ARBITRUM_RPC_URL": arbitrum.url,
            "XDG_STATE_HOME": str(tmp_path),
        },
    )

    assert done.returncode == 5, done
    (journal,) = tmp_path.rglob("*.json")
    for secret in (KEY, NODE_KEY):
        assert secret not in done.stdout + done.stderr + journal.read_text()


@pytest.mark.parametrize("text", ["0x" + "0" * 64, "0x" + "f" * 64, "0x" + "g" * 64, "ab" * 31])
def test_a_wrong_key_is_not_repeated(text: str) -> None:
    with pytest.raises(WrongRequest) as caught:
        Wallet.from_secret(Secret(text), "SOME_KEY")

    assert str(caught.value).startswith("SOME_KEY: expected a private key, 32 bytes in hex")
    assert caught.value.__cause__ is None
    assert not re.search("0{20}|f{20}|g{20}|(ab){20}", repr(caught.value))


def test_a_wallet_shows_its_address_alone() -> None:
    wallet = Wallet(Account.from_key(USER.key))

    assert repr(wallet) == str(wallet) == f"Wallet({USER.address})"


def test_a_silent_node_is_named_by_no_address() -> None:
    node = EthereumNode(Secret(f"http://127.0.0.1:1/v3/{NODE_KEY}"))

    with pytest.raises(ChainSilent) as caught:
        node.chain_id()

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert NODE_KEY not in str(caught.value)
