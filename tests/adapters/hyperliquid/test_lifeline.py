"""A lifeline ends by farewell, by its parent's death or by silence, and tells which."""

import os
import threading
from collections.abc import Iterator

import pytest

from adapters.hyperliquid.watchdog.lifeline import BEAT, FAREWELL, Ending, Lifeline
from adapters.hyperliquid.watchdog.options import (
    WatchdogOptions,
    options_to_arguments,
    parse_arguments,
)

LEAST = WatchdogOptions(url="http://127.0.0.1:1", account="0xa", key_variable="K", is_mainnet=False)
MOST = WatchdogOptions(
    url="https://api", account="0xb", key_variable="K", is_mainnet=True, vault_address="0xb",
    silence_secs=2.5, give_up_secs=60.0, cancels_all=True, proxy_url="http://proxy:1",
)  # fmt: skip


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return the reading and the writing end."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_a_farewell_ends_it_even_behind_beats_and_before_a_close(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], BEAT * 3 + FAREWELL)
    assert Lifeline(pipe[0], 60).wait() is Ending.FAREWELL


def test_a_close_without_farewell_is_a_death() -> None:
    reading, writing = os.pipe()
    os.write(writing, BEAT)
    os.close(writing)
    assert Lifeline(reading, 60).wait() is Ending.CLOSED
    os.close(reading)


def test_silence_is_a_hang(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], BEAT)
    assert Lifeline(pipe[0], 0.05).wait() is Ending.SILENT


def test_beats_keep_it_alive_for_longer_than_the_silence(pipe: tuple[int, int]) -> None:
    stop = threading.Event()

    def beat() -> None:
        for _ in range(26):
            os.write(pipe[1], BEAT)
            stop.wait(0.05)
        os.write(pipe[1], FAREWELL)

    thread = threading.Thread(target=beat)
    thread.start()
    assert Lifeline(pipe[0], 1.0).wait() is Ending.FAREWELL
    thread.join()


def test_a_parent_that_is_back_is_heard_at_once_and_once(pipe: tuple[int, int]) -> None:
    lifeline = Lifeline(pipe[0], 60)
    assert not lifeline.has_beat()
    os.write(pipe[1], BEAT * 2)
    assert lifeline.has_beat()
    assert not lifeline.has_beat()


def test_a_dead_parent_is_never_back() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    assert not Lifeline(reading, 60).has_beat()
    os.close(reading)


@pytest.mark.parametrize("options", [LEAST, MOST])
def test_options_come_through_the_command_line_as_they_are(options: WatchdogOptions) -> None:
    assert parse_arguments(options_to_arguments(options)) == options


@pytest.mark.parametrize(
    "arguments",
    [["--url=u"], [*options_to_arguments(LEAST), "--silence-secs=-1"], ["--key=0x1"], []],
)
def test_a_wrong_command_line_is_wrong_use(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        parse_arguments(arguments)
    assert raised.value.code == 2
    assert capsys.readouterr().err
