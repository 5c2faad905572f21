"""A key signs and is nowhere to be seen; an address carries its checksum."""

import copy
import pickle
import traceback
from collections.abc import Callable

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from adapters.common.wallet import Wallet, checksum_address, read_wallet

KEY = "0123456789" * 6 + "0123"
ADDRESS = "0x14791697260E4c9A71f18484C9f997B308e59325"
WALLET = Wallet(KEY)


@pytest.mark.parametrize("text", [KEY, "0x" + KEY])
def test_address_is_that_of_the_key(text: str) -> None:
    assert Wallet(text).address == ADDRESS == Account.from_key("0x" + KEY).address


def test_a_signature_is_ethereums() -> None:
    digest = bytes(range(32))
    theirs = Account.unsafe_sign_hash(digest, "0x" + KEY)
    raw = WALLET.sign(digest)
    assert raw == theirs.r.to_bytes(32, "big") + theirs.s.to_bytes(32, "big") + bytes(
        [theirs.v - 27]
    )


@pytest.mark.parametrize("number", range(1, 40))
def test_checksums_are_those_of_eip_55(number: int) -> None:
    address = f"0x{number**31 % 2**160:040x}"
    assert checksum_address(address) == to_checksum_address(address)
    assert checksum_address(to_checksum_address(address)) == to_checksum_address(address)


@pytest.mark.parametrize("text", ["", "0x12", "0x" + "g" * 40, ADDRESS + "0"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected an address of 0x and 40 hex digits"):
        checksum_address(text)


def test_no_view_of_a_wallet_shows_the_key() -> None:
    views = [repr(WALLET), str(WALLET), *(repr(getattr(WALLET, name)) for name in dir(WALLET))]
    assert not hasattr(WALLET, "__dict__")
    assert repr(WALLET) == f"Wallet({ADDRESS})"
    assert not any(KEY in view or repr(bytes.fromhex(KEY)) in view for view in views)


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_wallet_is_neither_pickled_nor_copied(duplicate: Callable[[Wallet], object]) -> None:
    with pytest.raises(TypeError, match=f"Expected the wallet of {ADDRESS}"):
        duplicate(WALLET)


SECRET = "ab" * 32  # too long or too short below, and never to be seen
BAD_KEYS = [SECRET[:-1], SECRET + "a", SECRET[:-1] + "g", " " + SECRET, "f" * 64, "0" * 64]


@pytest.mark.parametrize("text", BAD_KEYS)
def test_a_malformed_key_is_refused_without_an_echo(text: str) -> None:
    with pytest.raises(ValueError, match="Expected a private key of 64 hex digits") as raised:
        Wallet(text)
    assert text.strip()[:16] not in story_of(raised.value)


@pytest.mark.parametrize("text", BAD_KEYS)
def test_a_malformed_key_of_the_environment_is_refused_without_an_echo(text: str) -> None:
    with pytest.raises(ValueError, match="MY_KEY: Expected a private key") as raised:
        read_wallet({"MY_KEY": text}, "MY_KEY")
    assert text.strip()[:16] not in f"{raised.value!r}"


@pytest.mark.parametrize("environment", [{}, {"MY_KEY": ""}, {"OTHER": KEY}])
def test_a_missing_key_is_told_by_the_name_of_its_variable(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="variable MY_KEY, found none"):
        read_wallet(environment, "MY_KEY")
    assert read_wallet({"MY_KEY": KEY}, "MY_KEY").address == ADDRESS


def story_of(error: BaseException) -> str:
    """Return what a traceback that prints local variables would show, but for this test's own."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in report.stack if "test_wallet" not in frame.filename]
    return f"{error!r} {[frame.locals for frame in frames]}"
