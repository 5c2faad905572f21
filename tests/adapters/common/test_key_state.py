"""What a signing key owns outlives its process: one user at a time, and rising nonces."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.common import key_state as state_module
from adapters.common.key_state import KeyState, SignerInUse, default_state_directory

KEY = "0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x" + "14" * 20
NOW = time.time_ns() // 1_000_000
# Holds the key's state, tells the nonces that it used, and waits to be killed.
HOLDER = """
import sys, time
from pathlib import Path
from adapters.common.key_state import KeyState
state = KeyState.acquire(Path(sys.argv[1]), sys.argv[2])
print(*[state.nonces().next(time.time_ns() // 1_000_000) for _ in range(5)], flush=True)
sys.stdin.read()
"""


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


def test_a_key_serves_one_process_until_that_dies_and_its_nonces_live_on(
    tmp_path: Path,
) -> None:
    with holder(tmp_path) as (process, nonces):
        with pytest.raises(SignerInUse, match=rf"{ADDRESS} .* in use by pid {process.pid}, start"):
            KeyState.acquire(tmp_path, ADDRESS)
        process.send_signal(signal.SIGKILL)
        process.wait()

    with closing(KeyState.acquire(tmp_path, ADDRESS)) as state:
        # The clock stepped back by an hour while nobody ran.
        assert state.nonces().next(NOW - 3_600_000) > max(nonces)


def test_a_second_user_in_the_same_process_is_refused_until_the_first_closes(
    tmp_path: Path,
) -> None:
    with closing(KeyState.acquire(tmp_path, ADDRESS)):
        for _ in range(2):  # a refusal must not free the lock of the other
            with pytest.raises(SignerInUse, match=f"in use by pid {os.getpid()}"):
                KeyState.acquire(tmp_path, ADDRESS)
    KeyState.acquire(tmp_path, ADDRESS).close()


def test_other_keys_do_not_wait(tmp_path: Path) -> None:
    with (
        closing(KeyState.acquire(tmp_path, ADDRESS)),
        closing(KeyState.acquire(tmp_path, "0x" + "0" * 40)),
    ):
        assert len(list(tmp_path.iterdir())) == 2


def test_a_clean_end_leaves_the_last_nonce_and_no_gap(tmp_path: Path) -> None:
    state = KeyState.acquire(tmp_path, ADDRESS)
    last = [state.nonces().next(NOW + step) for step in (0, 0, 30)][-1]
    state.close()
    state.close()

    with closing(KeyState.acquire(tmp_path, ADDRESS)) as later:
        assert later.nonces().last == last
        assert later.nonces() is later.nonces()


def test_a_closed_state_hands_out_nothing_more(tmp_path: Path) -> None:
    state = KeyState.acquire(tmp_path, ADDRESS)
    nonces = state.nonces()
    nonces.next(NOW)
    state.close()

    with pytest.raises(ValueError, match="was closed"):
        nonces.next(NOW + 1)


@given(st.lists(st.lists(st.integers(-(10**6), 10**6), max_size=30), min_size=2, max_size=6))
def test_nonces_rise_over_crashes_and_any_clock(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[int]]
) -> None:
    directory = tmp_path_factory.mktemp("state")
    used: list[int] = []
    for clock in runs:
        state = KeyState.acquire(directory, ADDRESS)
        used += [state.nonces().next(NOW + step) for step in clock]
        # The process dies: nothing is written at the end.
        mark = (directory / ADDRESS / "nonce").read_bytes() if clock else None
        state.close()
        if mark is not None:
            (directory / ADDRESS / "nonce").write_bytes(mark)
    assert used == sorted(set(used))


def test_nonces_are_written_once_a_minute_and_not_per_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[bytes] = []
    monkeypatch.setattr(state_module.os, "pwrite", lambda *a: writes.append(a[1]))
    with closing(KeyState.acquire(tmp_path, ADDRESS)) as state:
        writes.clear()
        for step in range(0, 120_000, 50):
            state.nonces().next(NOW + step)
    assert [int(text) - NOW for text in writes] == [60_000, 120_050, 119_950]


def test_a_crash_loop_moves_nonces_by_a_second_and_not_by_a_minute(tmp_path: Path) -> None:
    for _ in range(60):
        state = KeyState.acquire(tmp_path, ADDRESS)
        nonce = state.nonces().next(NOW)
        mark = (tmp_path / ADDRESS / "nonce").read_bytes()
        state.close()
        (tmp_path / ADDRESS / "nonce").write_bytes(mark)
    assert nonce - NOW < 60_000 + 60 * 1_100


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{NOW + 90_000_000:020d}\n", "less than a day ahead of the clock"),
        ("soon\n", "Expected a number in .*nonce, was 'soon': remove the file"),
    ],
    ids=["tomorrow", "no-number"],  # the same in each worker that collects it
)
def test_a_mark_that_the_venue_would_never_take_is_refused_with_the_remedy(
    tmp_path: Path, content: str, words: str
) -> None:
    KeyState.acquire(tmp_path, ADDRESS).close()
    (tmp_path / ADDRESS / "nonce").write_text(content)

    for _ in range(2):  # and the refusal frees the lock
        with pytest.raises(ValueError, match=words):
            KeyState.acquire(tmp_path, ADDRESS)


@pytest.mark.parametrize("wrong", [KEY, "0x" + KEY, ADDRESS.upper(), "../" + ADDRESS, ""])
def test_what_is_no_address_is_refused_and_not_repeated(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="40 lower-case hex digits") as raised:
        KeyState.acquire(tmp_path, wrong)
    assert KEY not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_the_default_place_is_the_users_state_directory() -> None:
    assert default_state_directory({"XDG_STATE_HOME": "/x"}, "here") == Path("/x/perpdesk/here")
    assert default_state_directory({}, "here") == Path.home() / ".local/state/perpdesk/here"
