"""What nobody has seen of the real venue, as settings of the loopback one, and mixes of them.

The letters are those of the fact sheet's ranked unknowns (12.1). The first level of each setting is
what the venue's documents say, or its SDK reads.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations, product
from random import Random
from typing import Any

import msgspec

from simulator.exchange.model import Status
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_perps import ENGINE_KNOBS
from simulator.synthetix_trading import TradingOptions
from simulator.synthetix_ws import Limits
from tests.acceptance.trading_run import CASH
from tests.acceptance.under_test import ADDRESS

LIFETIME_SECS = 3.0
"""Of a connection, instead of a day: some are closed by the venue while the script runs (l)."""

SETTINGS: Mapping[str, Sequence[object]] = {
    # a: how pushes name their stream, and what some of them hold
    "push": ("both", "method", "channel"),
    "prices": ("update", "ticker"),
    "trades": ("object", "list"),
    # b: how numbers are written, and so what a checksum is over
    "decimals": ("short", "padded"),
    "blank_zeros": (False, True),
    "expires_at": ("ms", "iso"),
    # c, d, e
    "rising_nonces": (False, True),
    "expires_in": ("both", "s", "ms"),
    "client_id_scope": ("live", "ever"),
    # f: a trigger that fires
    "trigger_gives_new_id": (False, True),
    "fired": ("", "orderPlaced", "orderModified"),
    # g
    "bracket_is_oco": (True, False),
    # h
    "modify_keeps_priority": (False, True),
    "modify_quantity": ("total", "remaining"),
    # i, j, k, l
    "are_lines_scarce": (False, True),
    "is_whitelist_in_force": (False, True),
    "tokens": (1_000, 2_500, 0),
    "lifetime_secs": (86_400.0, LIFETIME_SECS),
    # what the sheet has besides: its 2, 5.3, 12.5 and 12.6
    "require_user_agent": (False, True),
    "partial_ack_is_filled": (True, False),
    "partial_fill_reports_open": (False, True),
    "partial_ioc_status": (Status.CANCELED, Status.FILLED),
    "is_reply_first": (False, True),
}

type Setting = Mapping[str, Any]
"""A level of each setting."""
type Pair = frozenset[tuple[str, object]]
"""Two settings and a level of each."""

DOCUMENTED: Setting = {name: levels[0] for name, levels in SETTINGS.items()}

TRIES = 4
_LINES = {"connections": 2, "subscriptions": 4}
"""As many as one node needs: a connection for data and one for orders."""


def mixes(settings: Mapping[str, Sequence[object]] = SETTINGS) -> list[Setting]:
    """Return mixes in which any two levels of any two settings meet; the same ones every time.

    Each is the best of some that are made by chance: setting by setting, the level that meets most
    of the levels so far for the first time.
    """
    chance = Random(1)
    missing = {
        frozenset({(one, x), (two, y)})
        for one, two in combinations(settings, 2)
        for x, y in product(settings[one], settings[two])
    }
    found: list[Setting] = []
    while missing:
        start = min(missing, key=lambda pair: sorted(map(str, pair)))
        tries = (_mix(settings, dict(start), missing, chance) for _ in range(TRIES))
        best = max(tries, key=lambda mix: len(_pairs(mix) & missing))
        missing -= _pairs(best)
        found.append({name: best[name] for name in settings})
    return found


def _mix(
    settings: Mapping[str, Sequence[object]],
    mix: dict[str, object],
    missing: AbstractSet[Pair],
    chance: Random,
) -> dict[str, object]:
    """Return a mix that begins with some levels and brings many of the missing pairs."""
    for name in chance.sample(list(settings), len(settings)):
        if name not in mix:
            held = list(mix.items())
            news = {
                level: sum(frozenset({(name, level), other}) in missing for other in held)
                for level in chance.sample(list(settings[name]), len(settings[name]))
            }
            mix[name] = max(news, key=news.__getitem__)
    return mix


def _pairs(mix: Mapping[str, object]) -> set[Pair]:
    return {frozenset(pair) for pair in combinations(mix.items(), 2)}


def named(setting: Setting) -> str:
    """Say what a setting has that is not documented."""
    others = [f"{name}={level}" for name, level in setting.items() if level != DOCUMENTED[name]]
    return ", ".join(others) or "as documented"


def venue_options(setting: Setting) -> dict[str, Any]:
    """Return what `synthetix_venue` takes for a setting, with one funded account."""
    dialect = Dialect(**_of(Dialect, setting))
    trading = TradingOptions(
        accounts=((ADDRESS, CASH),),
        knobs=msgspec.structs.replace(ENGINE_KNOBS, **_of(type(ENGINE_KNOBS), setting)),
        dialect=dialect,
        whitelist=(ADDRESS,) if setting["is_whitelist_in_force"] else None,
        **_of(TradingOptions, setting),
    )
    lines = _LINES if setting["are_lines_scarce"] else {}
    return {
        "trading": trading,
        "dialect": dialect,
        "limits": Limits(lifetime_secs=setting["lifetime_secs"], **lines),
        "require_user_agent": setting["require_user_agent"],
    }


def _of(struct: type[msgspec.Struct], setting: Setting) -> dict[str, Any]:
    fields = set(struct.__struct_fields__)
    return {name: level for name, level in setting.items() if name in fields}
