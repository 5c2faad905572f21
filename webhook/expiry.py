"""How long an alert may wait to be traded: pure arithmetic on nanoseconds."""

from decimal import Decimal

import msgspec

from webhook.alerts import Alert

_NS = 1_000_000_000


class Ttl(msgspec.Struct, frozen=True, kw_only=True):
    """How many seconds a strategy's alerts may be old: entries are strict, exits are loose."""

    entry_secs: Decimal = Decimal(30)
    exit_secs: Decimal = Decimal(3_600)


def expiry_ns(alert: Alert, received_ns: int, ttl: Ttl) -> int:
    """
    Return from when on an alert must not be traded, in nanoseconds UTC.

    It counts from the alert's own time, where it gives one that is not ahead of ours: a sender's
    fast clock must not make an alert live longer.
    """
    begin = received_ns if alert.ts_event is None else min(alert.ts_event, received_ns)
    secs = ttl.exit_secs if alert.is_exit else ttl.entry_secs
    if alert.max_age_secs is not None:
        secs = min(secs, alert.max_age_secs)
    return begin + int(secs * _NS)
