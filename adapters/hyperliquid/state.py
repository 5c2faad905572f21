"""What outlives a process per signing key: its lock, its nonces and its order ids, in files."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from adapters.common.key_state import KeyState
from adapters.common.nonces import NonceSource

# Every order that may still be open, many times over (the venue allows 5,000); about 6 MB.
ORDER_IDS_MAX = 100_000

# A TWAP has no cloid: it goes by the number that the venue gave it.
_ORDER_ID = re.compile(r"(0x[0-9a-f]{32}|twap-\d+) (.+)")


class SignerState:
    """
    The files of one signing address, held exclusively; no secret is ever in them.

    Files: those of `KeyState`, and `orders` (a line `cloid client_order_id` per order, oldest
    first), since a cloid cannot be read back. Only the owner may read them.

    Use `acquire`, and `close` at the end; if the process dies, the kernel frees the lock.
    """

    def __init__(self, key: KeyState) -> None:
        orders = key.directory / "orders"
        self._key = key
        self._client_order_ids = _load_order_ids(orders)
        self._order_file = os.open(orders, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    @classmethod
    def acquire(cls, directory: Path, address: str) -> Self:
        """Take the state of `address` below `directory`; raises what `KeyState.acquire` does."""
        key = KeyState.acquire(directory, address)
        try:
            return cls(key)
        except BaseException:
            key.close()
            raise

    def close(self) -> None:
        """Write down the last nonce used and free the lock; a second call does nothing."""
        if self._order_file >= 0:
            os.close(self._order_file)
            self._order_file = -1
        self._key.close()

    def nonces(self) -> NonceSource:
        """Return the one nonce source of this key; after `close` it raises ValueError."""
        return self._key.nonces()

    def remember(self, cloid: str, client_order_id: str) -> None:
        """Keep one order id; see `remember_all`."""
        self.remember_all({cloid: client_order_id})

    def remember_all(self, client_order_ids: Mapping[str, str]) -> None:
        """
        Keep the client order id of each cloid, with one write; do so before the orders are sent.

        Raises
        ------
        ValueError
            If a cloid is neither `0x` and 32 lower-case hex digits nor `twap-N`, or an id is empty
            or has a line break.
        OSError
            If the disk does not take them; then none was kept.

        """
        for cloid, client_order_id in client_order_ids.items():
            if _ORDER_ID.fullmatch(f"{cloid} {client_order_id}") is None:
                raise ValueError(f"Expected a cloid and an id, was {cloid!r}, {client_order_id!r}")
        _append(self._order_file, _to_lines(client_order_ids))
        _keep(self._client_order_ids, client_order_ids)

    def client_order_id_of(self, cloid: str) -> str | None:
        """Return what `remember` kept, in this run or an earlier one; None for others."""
        return self._client_order_ids.get(cloid)

    def knows(self, cloid: str) -> bool:
        """Return whether `remember` kept this one, in this run or an earlier one."""
        return cloid in self._client_order_ids


def _load_order_ids(path: Path) -> dict[str, str]:
    """Return the latest ids, oldest first, and leave a file that holds just them."""
    found = path.read_bytes() if path.exists() else b""
    order_ids: dict[str, str] = {}
    for line in found.decode(errors="replace").split("\n")[:-1]:
        # The last line may be torn, and what a full disk tore stands before whole ones.
        match = _ORDER_ID.fullmatch(line)
        if match is not None:
            _keep(order_ids, {match[1]: match[2]})
    lines = _to_lines(order_ids)
    if lines != found:
        _replace(path, lines)
    return order_ids


def _keep(order_ids: dict[str, str], new: Mapping[str, str]) -> None:
    for cloid, client_order_id in new.items():
        order_ids.pop(cloid, None)
        order_ids[cloid] = client_order_id
    while len(order_ids) > ORDER_IDS_MAX:
        del order_ids[next(iter(order_ids))]


def _to_lines(order_ids: Mapping[str, str]) -> bytes:
    return "".join(f"{cloid} {value}\n" for cloid, value in order_ids.items()).encode()


def _append(file: int, lines: bytes) -> None:
    before = os.fstat(file).st_size
    written = os.write(file, lines)
    if written < len(lines):
        os.ftruncate(file, before)
        raise OSError(f"Expected {len(lines)} bytes to be written, was {written}: is the disk full")


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())  # or a power cut could leave an empty file under the name
    draft.replace(path)
