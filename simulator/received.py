"""What clients said to a loopback venue, kept for whoever asks afterwards; nothing is decided."""

import msgspec

RECEIVED_MAX = 10_000
"""A venue keeps no more; older ones are forgotten, so that it does not grow while it runs."""


class Received(msgspec.Struct, frozen=True):
    """What a client said: `kind` is ws or the path's last part; `body` its JSON, or text.

    `connection` is the number of the WebSocket connection, from 1; None for HTTP.
    """

    kind: str
    body: object
    connection: int | None = None
