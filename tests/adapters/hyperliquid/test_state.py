"""What a signing key owns outlives its process: one user at a time, rising nonces, order ids."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.common.key_state import SignerInUse
from adapters.hyperliquid import state as state_module
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.state import SignerState

KEY = "0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = Signer(KEY, is_mainnet=False).address
NOW = time.time_ns() // 1_000_000
# Holds the key's state, tells the nonces and ids that it used, and waits to be killed.
HOLDER = """
import sys, time
from pathlib import Path
from adapters.hyperliquid.state import SignerState
state = SignerState.acquire(Path(sys.argv[1]), sys.argv[2])
state.remember_all({"0x" + "a" * 32: "O-1", "0x" + "b" * 32: "O 2"})
print(*[state.nonces().next(time.time_ns() // 1_000_000) for _ in range(5)], flush=True)
sys.stdin.read()
"""


def cloid(number: int) -> str:
    return f"0x{number:032x}"


@contextmanager
def holder(directory: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run another process with the key; yield it and the nonces it has used."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory), ADDRESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, [int(nonce) for nonce in process.stdout.readline().split()]
        process.kill()


def test_a_key_serves_one_process_until_that_dies_and_its_nonces_and_ids_live_on(
    tmp_path: Path,
) -> None:
    with holder(tmp_path) as (process, nonces):
        with pytest.raises(SignerInUse, match=rf"{ADDRESS} .* in use by pid {process.pid}, start"):
            SignerState.acquire(tmp_path, ADDRESS)
        process.send_signal(signal.SIGKILL)
        process.wait()

    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        # The clock stepped back by an hour while nobody ran.
        assert state.nonces().next(NOW - 3_600_000) > max(nonces)
        assert state.client_order_id_of("0x" + "a" * 32) == "O-1"
        assert state.client_order_id_of("0x" + "b" * 32) == "O 2"


def test_an_order_list_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    write = os.write
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        monkeypatch.setattr(
            state_module.os, "write", lambda file, data: writes.append(data) or write(file, data)
        )
        state.remember_all({cloid(number): f"O-{number}" for number in range(20)})
    assert len(writes) == 1
    assert (tmp_path / ADDRESS / "orders").read_bytes() == writes[0]


def test_the_latest_id_of_a_cloid_counts_and_strangers_have_none(tmp_path: Path) -> None:
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        state.remember(cloid(1), "O-1")
        state.remember(cloid(1), "O-2")
        assert state.client_order_id_of(cloid(1)) == "O-2"
        assert state.client_order_id_of(cloid(2)) is None
        assert [state.knows(cloid(1)), state.knows(cloid(2))] == [True, False]
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        assert state.client_order_id_of(cloid(1)) == "O-2"


@given(st.data())
def test_a_file_torn_anywhere_keeps_all_whole_lines_and_takes_more(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("state")
    ids = data.draw(st.lists(st.text("abc -_é:\r", min_size=1), min_size=1, max_size=5))
    with closing(SignerState.acquire(directory, ADDRESS)) as state:
        state.remember_all({cloid(number): value for number, value in enumerate(ids)})
    path = directory / ADDRESS / "orders"
    whole = path.read_bytes()
    torn = whole[: data.draw(st.integers(0, len(whole)))]
    path.write_bytes(torn)

    with closing(SignerState.acquire(directory, ADDRESS)) as state:
        state.remember(cloid(99), "O-99")
    with closing(SignerState.acquire(directory, ADDRESS)) as state:
        kept = [state.client_order_id_of(cloid(number)) for number in range(len(ids))]
        assert state.client_order_id_of(cloid(99)) == "O-99"
    lines = torn.count(b"\n")
    assert kept == [*ids[:lines], *[None] * (len(ids) - lines)]


def test_garbage_between_lines_is_left_out(tmp_path: Path) -> None:
    SignerState.acquire(tmp_path, ADDRESS).close()
    path = tmp_path / ADDRESS / "orders"
    path.write_bytes(f"{cloid(1)} O-1\n0xabc{cloid(2)} O-2\n\xff\n\n{cloid(3)} O-3\n".encode())

    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        assert [state.client_order_id_of(cloid(n)) for n in (1, 2, 3)] == ["O-1", None, "O-3"]
    assert path.read_text() == f"{cloid(1)} O-1\n{cloid(3)} O-3\n"


def test_the_file_is_compacted_to_the_latest_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "ORDER_IDS_MAX", 10)
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        for number in range(25):
            state.remember(cloid(number), f"O-{number}")
        assert state.client_order_id_of(cloid(14)) is None
        assert state.client_order_id_of(cloid(15)) == "O-15"
        state.remember(cloid(15), "O-15")  # which makes it the latest
    path = tmp_path / ADDRESS / "orders"
    assert path.read_text().count("\n") == 26

    SignerState.acquire(tmp_path, ADDRESS).close()
    assert path.read_text() == "".join(f"{cloid(n)} O-{n}\n" for n in [*range(16, 25), 15])


def test_a_full_disk_is_an_error_and_tears_no_line(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        state.remember(cloid(1), "O-1")
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, limits[1]))
        try:
            with pytest.raises(OSError, match="is the disk full"):
                state.remember(cloid(2), "O-2")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert state.client_order_id_of(cloid(2)) is None
        state.remember(cloid(3), "O-3")
    assert (tmp_path / ADDRESS / "orders").read_text() == f"{cloid(1)} O-1\n{cloid(3)} O-3\n"


@pytest.mark.parametrize(
    ("name", "client_order_id"),
    [("0xabc", "O-1"), (cloid(1), ""), (cloid(1), "O\n1"), (cloid(1).upper(), "O-1")],
)
def test_what_would_not_be_read_back_is_refused(
    tmp_path: Path, name: str, client_order_id: str
) -> None:
    with closing(SignerState.acquire(tmp_path, ADDRESS)) as state:
        with pytest.raises(ValueError, match="Expected a cloid and an id"):
            state.remember_all({cloid(7): "O-7", name: client_order_id})
        assert state.client_order_id_of(cloid(7)) is None


def test_no_key_is_ever_written_and_only_the_owner_may_read(tmp_path: Path) -> None:
    signer = Signer(KEY, is_mainnet=False)
    with closing(SignerState.acquire(tmp_path, signer.address)) as state:
        for number in range(10):
            state.remember(cloid(number), f"O-{state.nonces().next(NOW + number)}")
    SignerState.acquire(tmp_path, signer.address).close()

    own = tmp_path / ADDRESS
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert {path.name for path in own.iterdir()} == {"lock", "nonce", "orders"}
    for path in own.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        content = path.read_bytes()
        assert KEY.encode() not in content.lower()
        assert bytes.fromhex(KEY) not in content
