"""Which things a rule befalls, what is refused as no rule, and that the seed decides all."""

import math
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.fault_reading import FaultError, load_rules, parse_rule, parse_rules
from simulator.fault_rules import (
    RULES,
    AckRace,
    AnyRule,
    Close,
    Delay,
    DropReply,
    DropRequest,
    HalfOpen,
    PostOnly,
    Rule,
    RuleError,
    Silent,
    Status,
)
from simulator.faults import Faults, Hit, Thing, fate
from simulator.hyperliquid_faults import REACH

ORDER = Thing("post", "order", frozenset({"BTC"}), frozenset({"action", "taking"}))
CANCEL = Thing("exchange", "cancel", frozenset({"ETH"}), frozenset({"action"}))
FILL = Thing("ws", "userFills", frozenset({"BTC"}))
THINGS = st.sampled_from([ORDER, CANCEL, FILL, Thing("ws", "bbo"), Thing("connect")])
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "after": st.integers(0, 3),
    "count": st.none() | st.integers(1, 3),
    "probability": st.sampled_from([0.2, 0.5, 1.0]),
    "for_ms": st.none() | st.integers(1, 5),
}
SOME_RULES: st.SearchStrategy[AnyRule] = st.one_of(
    st.builds(DropReply, on=st.sampled_from(["request", "post"]), **COMMON),
    st.builds(Delay, on=st.just("ws"), median_ms=st.just(200), p99_ms=st.just(900), **COMMON),
    st.builds(Silent, coin=st.sampled_from(["", "BTC"]), **COMMON),
    st.builds(Close, on=st.just("connect"), **COMMON),
    st.builds(PostOnly, **COMMON),
    st.builds(AckRace, type=st.sampled_from(["", "order"]), **COMMON),
)
STEPS = st.lists(st.tuples(THINGS, st.integers(0, 3)), max_size=40)


def befallen(faults: Faults, *things: Thing) -> list[bool]:
    """Tell for each thing, at the same moment, whether anything befalls it."""
    return [bool(faults.meet(thing, 0)) for thing in things]


def run(faults: Faults, steps: list[tuple[Thing, int]]) -> list[tuple[Hit, ...]]:
    now_ms, hits = 0, []
    for thing, elapsed_ms in steps:
        now_ms += elapsed_ms
        hits.append(faults.meet(thing, now_ms))
    return hits


@given(seed=st.integers(), rules=st.lists(SOME_RULES, max_size=4), steps=STEPS)
def test_the_same_seed_and_things_meet_the_same_faults(
    seed: int, rules: list[AnyRule], steps: list[tuple[Thing, int]]
) -> None:
    first, second = Faults(seed, rules), Faults(seed, rules)
    hits = run(first, steps)

    assert run(second, steps) == hits
    assert list(second.log) == list(first.log)
    assert [hit.delay_ms for many in hits for hit in many] == [
        hit.delay_ms for many in run(Faults(seed, rules), steps) for hit in many
    ]


@given(rules=st.lists(SOME_RULES, min_size=1, max_size=3), other=SOME_RULES, steps=STEPS)
def test_a_rule_added_behind_changes_no_other(
    rules: list[AnyRule], other: AnyRule, steps: list[tuple[Thing, int]]
) -> None:
    alone = run(Faults(7, rules), steps)
    together = run(Faults(7, [*rules, other]), steps)

    added = len(rules) + 1
    assert alone == [tuple(hit for hit in hits if hit.number != added) for hits in together]


@given(rule=SOME_RULES, steps=STEPS)
def test_a_rule_spares_the_first_and_happens_no_more_often_than_it_may(
    rule: AnyRule, steps: list[tuple[Thing, int]]
) -> None:
    faults = Faults(3, [rule])
    hit = [bool(hits) for hits in run(faults, steps)]
    (standing,) = faults.rules

    assert standing.fired <= (rule.count or len(steps))
    assert sum(hit) == len(faults.log)
    if rule.for_ms is None:
        assert sum(hit) == standing.fired
    matching = [one for one, (thing, _) in zip(hit, steps, strict=True) if matched(rule, thing)]
    assert not any(matching[: rule.after])
    assert sum(matching) == sum(hit)


def matched(rule: AnyRule, thing: Thing) -> bool:
    return bool(Faults(1, [msgspec.structs.replace(rule, after=0, probability=1)]).meet(thing, 0))


def test_another_seed_decides_otherwise() -> None:
    rule = DropReply(on="request", probability=0.5)
    runs = {tuple(befallen(Faults(seed, [rule]), *[ORDER] * 20)) for seed in range(10)}

    assert len(runs) == 10
    assert 60 < sum(sum(one) for one in runs) < 140


def test_equal_rules_have_chances_of_their_own() -> None:
    rule = DropReply(on="request", probability=0.5)
    faults = Faults(1, [rule, rule])
    numbers = {tuple(hit.number for hit in faults.meet(ORDER, 0)) for _ in range(50)}

    assert numbers == {(), (1,), (2,), (1, 2)}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (DropReply(on="request"), [True, True, False]),
        (DropReply(on="post"), [True, False, False]),
        (DropReply(on="exchange"), [False, True, False]),
        (DropReply(on="request", type="order"), [True, False, False]),
        (DropReply(on="request", coin="ETH"), [False, True, False]),
        (Silent(), [False, False, True]),
        (Silent(type="userFills", coin="ETH"), [False, False, False]),
        (PostOnly(), [True, False, False]),
        (AckRace(), [True, True, False]),
    ],
)
def test_a_rule_concerns_what_it_names(rule: AnyRule, expected: list[bool]) -> None:
    assert befallen(Faults(1, [rule]), ORDER, CANCEL, FILL) == expected


def test_a_window_opens_at_the_first_fault_and_counts_once() -> None:
    faults = Faults(1, [Silent(after=1, count=2, for_ms=100)])
    hit = [bool(faults.meet(FILL, now)) for now in (0, 10, 50, 109, 110, 150, 210, 300)]

    assert hit == [False, True, True, True, True, True, False, False]
    assert [standing.fired for standing in faults.rules] == [2]
    assert [fired.time_ms for fired in faults.log] == [10, 50, 109, 110, 150]


def test_cleared_rules_befall_nothing_and_numbers_go_on() -> None:
    faults = Faults(1, [Silent()])

    assert faults
    assert faults.clear() == 1
    assert not faults
    assert befallen(faults, FILL) == [False]
    assert faults.add(Silent()) == 2
    assert befallen(faults, FILL) == [True]


def test_a_lognormal_delay_has_the_median_and_the_tail_it_names() -> None:
    rule = Delay(on="ws", median_ms=200, p99_ms=900)

    assert Hit(rule, 1, 0.5).delay_ms == pytest.approx(200)
    assert Hit(rule, 1, 0.99).delay_ms == pytest.approx(900)
    assert 0 < Hit(rule, 1, 0.0).delay_ms < 10
    assert Hit(Delay(on="ws", ms=30), 1, 0.7).delay_ms == 30


def test_waits_add_up_and_the_first_ending_decides() -> None:
    rules: list[AnyRule] = [
        Delay(on="post", ms=10),
        Delay(on="post", ms=5),
        Delay(on="post", ms=7, executed=False),
        HalfOpen(on="post", executed=True),
        DropRequest(on="post"),
    ]
    lot = fate(Faults(1, rules).meet(ORDER, 0))

    assert (lot.early_ms, lot.late_ms) == (7, 15)
    assert lot.ending == rules[3]
    assert lot.executed
    assert fate(()).executed


def test_every_fault_is_read_as_it_is_written() -> None:
    rules = parse_rules(
        b"""
        [[rule]]
        do = "drop_reply"
        on = "post"
        type = "order"
        coin = "BTC"
        after = 2
        count = 1
        [[rule]]
        do = "status"
        on = "request"
        status = 502
        executed = true
        probability = 1
        [[rule]]
        do = "silent"
        type = "userFills"
        for_ms = 500
        """,
        "faults.toml",
    )

    assert rules == [
        DropReply(on="post", type="order", coin="BTC", after=2, count=1),
        Status(on="request", status=502, executed=True),
        Silent(type="userFills", for_ms=500),
    ]
    for rule in rules:
        assert parse_rule(msgspec.to_builtins(rule), "control", 1) == rule


def test_a_file_without_rules_has_none(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.touch()

    assert load_rules(path) == []


ONE_OF_ALL = "one of " + ", ".join(map(repr, RULES))


@pytest.mark.parametrize(
    ("text", "number", "key", "expected", "found"),
    [
        ("rule = 3", None, "rule", "tables [[rule]]", "3"),
        ("[[rules]]", None, "rules", "tables [[rule]] only", "another key"),
        ("rule = [3]", 1, "", "a table", "3"),
        ('[[rule]]\non = "ws"', 1, "do", ONE_OF_ALL, "nothing"),
        ('[[rule]]\ndo = "explode"', 1, "do", ONE_OF_ALL, "'explode'"),
        ('[[rule]]\ndo = "silent"\n[[rule]]\ndo = 4', 2, "do", ONE_OF_ALL, "4"),
    ],
)
def test_what_is_no_rule_is_refused_by_its_place(
    text: str, number: int | None, key: str, expected: str, found: str
) -> None:
    with pytest.raises(FaultError) as refused:
        parse_rules(text.encode(), "faults.toml")

    e = refused.value
    assert (e.file, e.number, e.key) == ("faults.toml", number, key)
    assert (e.expected, e.found) == (expected, found)
    place = ": ".join(filter(None, ["faults.toml", number and f"rule {number}", key]))
    assert str(e) == f"{place}: expected {expected}, found {found}"


NATURAL, POSITIVE = "a whole number of at least 0", "a whole number of at least 1"
ERROR = "a known HTTP status of at least 400"
ACTION = "one of 'request', 'exchange', 'trade', 'post'"
REQUEST = "one of 'request', 'exchange', 'trade', 'info', 'post'"


@pytest.mark.parametrize(
    ("do", "keys", "key", "expected", "found"),
    [
        ("silent", {"after": -1}, "after", NATURAL, "-1"),
        ("silent", {"after": 1.5}, "after", NATURAL, "1.5"),
        ("silent", {"after": True}, "after", NATURAL, "True"),
        ("silent", {"count": 0}, "count", POSITIVE, "0"),
        ("silent", {"for_ms": "1s"}, "for_ms", POSITIVE, "'1s'"),
        ("silent", {"probability": 2}, "probability", "a number from 0 to 1", "2"),
        ("silent", {"probability": math.nan}, "probability", "a number from 0 to 1", "nan"),
        ("silent", {"type": 1}, "type", "text", "1"),
        ("silent", {"on": "post"}, "on", "one of 'ws'", "'post'"),
        ("drop_reply", {}, "on", REQUEST, "nothing"),
        ("drop_reply", {"on": "ws"}, "on", REQUEST, "'ws'"),
        ("post_only", {"on": "info"}, "on", ACTION, "'info'"),
        ("status", {"on": "info"}, "status", "a whole number", "nothing"),
        ("status", {"on": "info", "status": 200}, "status", ERROR, "200"),
        ("status", {"on": "info", "status": 599}, "status", ERROR, "599"),
        ("abort", {"on": "ws", "executed": 1}, "executed", "true or false", "1"),
        ("delay", {"on": "ws"}, "ms", "either ms or median_ms and p99_ms", "neither"),
        ("delay", {"on": "ws", "ms": 1, "median_ms": 1}, "ms",
         "either ms or median_ms and p99_ms", "both"),
        ("delay", {"on": "ws", "median_ms": 9, "p99_ms": 8}, "p99_ms", "at least median_ms 9", "8"),
        ("delay", {"on": "ws", "ms": 9, "p99_ms": 8}, "p99_ms", "none beside ms", "8"),
        ("close", {"on": "ws", "code": 99}, "code", "a close code from 1000 to 4999", "99"),
        ("ack_race", {"events": "never"}, "events", "one of 'after', 'random'", "'never'"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_its_key(
    do: str, keys: dict[str, object], key: str, expected: str, found: str
) -> None:
    with pytest.raises(FaultError) as refused:
        parse_rule({"do": do, **keys}, "control", 3)

    e = refused.value
    assert (e.file, e.number, e.key, e.expected, e.found) == ("control", 3, key, expected, found)


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FaultError, match=r"rule 1: often: expected a key of silent \(.*for_ms.*\)"):
        parse_rule({"do": "silent", "often": True}, "control", 1)


@pytest.mark.parametrize("content", [b"\xff", b"[[rule]", b"x" * 2_000_000])
def test_what_is_no_toml_is_refused(content: bytes) -> None:
    with pytest.raises(FaultError, match=r"^faults.toml: expected (TOML|a file)"):
        parse_rules(content, "faults.toml")


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({"do": "corrupt_checksum"}, "do"),
        ({"do": "maintenance"}, "do"),
        ({"do": "drop_reply", "on": "trade"}, "on"),
    ],
)
def test_a_rule_out_of_a_venues_reach_is_refused(rule: dict[str, object], key: str) -> None:
    assert parse_rule(rule, "control", 1)
    with pytest.raises(FaultError) as refused:
        parse_rule(rule, "control", 1, REACH)

    assert refused.value.key == key


def test_a_rule_made_by_hand_is_checked_too() -> None:
    with pytest.raises(RuleError, match="status"):
        Status(on="info", status=302)


def test_the_documented_rules_are_rules_and_none_is_missing() -> None:
    page = (Path(__file__).parents[2] / "docs" / "venues" / "hyperliquid.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", page, re.MULTILINE)
    documented = {do: set(re.findall(r"`(\w+)`", keys)) for do, keys in rows}

    assert [len(parse_rules(example.encode(), "docs")) for example in examples] == [2, 3, 3]
    here = {do for do, rule in RULES.items() if not rule.needs or rule.needs in REACH.traits}
    assert here == set(RULES) - {"corrupt_checksum", "maintenance"}
    assert set(documented) >= here
    common = {"on", *(field.name for field in msgspec.structs.fields(Rule))}
    for do in here:
        rule = RULES[do]
        own = {field.name for field in msgspec.structs.fields(rule)} - common
        assert documented[do] >= own - {"executed"}, do
