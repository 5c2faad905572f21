"""What people told strategies, kept in a file: whole or not at all, and for one profile alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from desk.exits import UsageError
from desk.manager_state import Kept, KeptStates, states_place
from tests.desk.managed_node import PROFILE, profile_in


def test_it_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "states.json"
    states = KeptStates(path)
    states.change("one", is_paused=True)
    states.change("two", parameters={"period": 9})

    again = KeptStates(path)

    assert again.of("one") == Kept(is_paused=True)
    assert again.of("two") == Kept(parameters={"period": 9})
    assert again.of("three") == Kept()
    assert [file.name for file in path.parent.iterdir()] == ["states.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"one": {"is_paused": "yes"}}'])
def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "states.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"who is paused; remove the file if nobody is"):
        KeptStates(path)


def test_parameters_hold_while_the_profile_says_what_it_said(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    states = KeptStates(states_place(profile))
    states.set_parameters("alerts", {"sizing": {"kind": "fixed", "size": "0.3"}}, profile)
    states.set_parameters("alerts", {"stop": None}, profile)

    found = KeptStates(states_place(profile)).applied_to(profile).strategies[0].parameters
    assert (found["sizing"], found["stop"]) == ({"kind": "fixed", "size": "0.3"}, None)

    edited = profile_in(tmp_path, PROFILE.replace('size = "0.2"', 'size = "0.1"'))
    assert states.applied_to(edited) == edited


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    # The kernel lets the process write 4,096 bytes of a file and no more, as a full disk would.
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from desk.manager_state import KeptStates\n"
        "states = KeptStates(Path(sys.argv[1])); states.change('one', is_paused=True)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: states.change('one', is_paused=False, parameters={'n': list(range(9999))})\n"
        "except OSError: sys.exit(0 if states.of('one').is_paused else 2)\n"
        "sys.exit(1)"
    )
    path = tmp_path / "states.json"

    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)

    assert done.returncode == 0
    assert KeptStates(path).of("one") == Kept(is_paused=True)
