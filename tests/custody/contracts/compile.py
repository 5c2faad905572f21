"""Compile the contracts beside this file into compiled.json: what stands at their addresses.

python -m tests.custody.contracts.compile
"""

import json
from pathlib import Path

from vyper import __version__, compile_code

HERE = Path(__file__).parent


def compiled() -> dict[str, str]:
    """Return the runtime code of each contract as hex, by its name."""
    return {
        source.stem: compile_code(source.read_text(), output_formats=["bytecode_runtime"])[
            "bytecode_runtime"
        ]
        for source in sorted(HERE.glob("*.vy"))
    }


if __name__ == "__main__":
    document = {"vyper": __version__.partition("+")[0], "runtime": compiled()}
    (HERE / "compiled.json").write_text(json.dumps(document, indent=2) + "\n")
