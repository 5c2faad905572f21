"""A fresh chain behind its node, a home for state, and the command line beside them."""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from custody.deployments import USDC, USDT, WETH
from desk.cli import app, exit_code
from desk.funds_parts import KEY_VARIABLE
from tests.custody.local_chain import USER, LocalChain, running


class Outcome(NamedTuple):
    code: int
    output: str
    errors: str


class Typing(io.StringIO):
    """A person's line, and what happens in the world while it is typed."""

    def __init__(self, line: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(line)
        self._meanwhile = meanwhile

    def readline(self, size: int | None = -1) -> str:
        self._meanwhile()
        return super().readline(size)


type Perpdesk = Callable[..., Outcome]


@pytest.fixture
def ethereum() -> Iterator[LocalChain]:
    """Return a chain of id 1 on which the user has 1 ETH, 1,000 USDT and 2 WETH."""
    with running(LocalChain(1)) as chain:
        chain.act(USDT.address, "mint(address,uint256)", USER.address, 1_000_000_000)
        chain.act(WETH.address, "mint(address,uint256)", USER.address, 2 * 10**18)
        yield chain


@pytest.fixture
def arbitrum() -> Iterator[LocalChain]:
    """Return a chain of id 42161 on which the user has 1 ETH and 1,000 USDC."""
    with running(LocalChain(42_161)) as chain:
        chain.act(USDC.address, "mint(address,uint256)", USER.address, 1_000_000_000)
        yield chain


@pytest.fixture
def perpdesk(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Perpdesk:
    """Return `perpdesk funds`, run in this process; `node` is the chain's, `typed` its input."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv(KEY_VARIABLE, "0x" + bytes(USER.key).hex())

    def typing(typed: str | Typing) -> io.StringIO:
        return io.StringIO(typed) if isinstance(typed, str) else typed

    def call(*arguments: str, node: LocalChain | None = None, typed: str | Typing = "") -> Outcome:
        if node is not None:
            monkeypatch.setenv("PERPDESK_ETHEREUM_RPC_URL", node.url)
            monkeypatch.setenv("PERPDESK_ARBITRUM_RPC_URL", node.url)
        monkeypatch.setattr("sys.stdin", typing(typed))
        words = ("funds", *arguments)
        code = exit_code(lambda: app(words, exit_on_error=False, result_action="return_value"))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
