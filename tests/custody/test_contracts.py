"""The contracts on the local chain are what their sources say."""

import json
from decimal import localcontext

import pytest

from tests.custody.local_chain import CONTRACTS


def test_the_committed_code_is_what_the_sources_compile_to() -> None:
    """Skipped where vyper cannot be installed; `python -m tests.custody.contracts.compile`."""
    with localcontext():  # vyper sets the process's own to 78 digits
        vyper = pytest.importorskip(
            "vyper", reason="needs vyper, which has no wheels for Python 3.14"
        )
        from tests.custody.contracts.compile import compiled  # noqa: PLC0415  (it needs vyper)

        committed = json.loads((CONTRACTS / "compiled.json").read_text())
        assert committed["vyper"] == vyper.__version__.partition("+")[0]
        assert committed["runtime"] == compiled()
