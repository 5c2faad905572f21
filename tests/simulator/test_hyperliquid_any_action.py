"""Whatever a user signs, the venue answers; no action ends in an error of the venue's own."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from simulator.hyperliquid_action_types import read_action
from tests.simulator.signed_bodies import TYPES, USER, address, encoded
from tests.simulator.trading_floor import BTC, ETH, PURR, TSLA, Floor

HERE, NOBODY = address(USER), "0x" + "0" * 40

assets = st.sampled_from([BTC, ETH, TSLA, PURR, 7, 110_999, 120_000, 99_999, 2**63 - 1])
numbers = st.sampled_from(
    ["0", "-1", "0.00000001", "1", "2", "1999.9", "2000", "2002", "40000", "1" * 20, "0.1"]
)
booleans = st.booleans()
ints = st.sampled_from([0, 1, 2, 5, 30, 311_000_000_001, 311_000_000_002, 2**63 - 1])
cloids = st.sampled_from(["0x" + "1a" * 16, "0x" + "1A" * 16])
addresses = st.sampled_from([HERE, NOBODY, "0x" + "5" * 40])
dexs = st.sampled_from(["", "xyz", "spot", "nope"])
amounts = st.sampled_from(["1", "0", "x", "-1", "0.00000001", "9" * 15, "5 subaccount:" + HERE])
triggers = st.fixed_dictionaries(
    {"isMarket": booleans, "triggerPx": numbers, "tpsl": st.sampled_from(["tp", "sl"])}
).map(lambda trigger: {"trigger": trigger})
tifs = st.sampled_from(["Gtc", "Alo", "Ioc", "FrontendMarket"])
types = tifs.map(lambda tif: {"limit": {"tif": tif}}) | triggers
wires = st.fixed_dictionaries(
    {"a": assets, "b": booleans, "p": numbers, "s": numbers, "r": booleans, "t": types},
    optional={"c": cloids},
)
batches = st.lists(wires, max_size=4)
oids = ints | cloids


def action(type_: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(type_)} | fields)


actions = st.one_of(
    action("order", orders=batches,
           grouping=st.sampled_from(["na", "normalTpsl", "positionTpsl", {"p": 5}])),
    action("cancel", cancels=st.lists(st.fixed_dictionaries({"a": assets, "o": ints}))),
    action("cancelByCloid",
           cancels=st.lists(st.fixed_dictionaries({"asset": assets, "cloid": cloids}))),
    action("modify", oid=oids, order=wires, a=booleans),
    action("batchModify",
           modifies=st.lists(st.fixed_dictionaries({"oid": oids, "order": wires})), a=booleans),
    action("scheduleCancel", time=ints),
    action("updateLeverage", asset=assets, isCross=booleans, leverage=ints),
    action("updateIsolatedMargin", asset=assets, isBuy=booleans, ntli=ints),
    action("topUpIsolatedOnlyMargin", asset=assets, leverage=numbers),
    action("twapOrder", twap=st.fixed_dictionaries(
        {"a": assets, "b": booleans, "s": numbers, "r": booleans, "m": ints, "t": booleans})),
    action("twapCancel", a=assets, t=ints),
    action("vaultTransfer", vaultAddress=addresses, isDeposit=booleans, usd=ints),
    action("subAccountTransfer", subAccountUser=addresses, isDeposit=booleans, usd=ints),
    action("reserveRequestWeight", weight=ints),
    action("usdSend", destination=addresses, amount=amounts),
    action("usdClassTransfer", amount=amounts, toPerp=booleans),
    action("sendAsset", destination=addresses, sourceDex=dexs, destinationDex=dexs,
           token=st.sampled_from(["USDC", "PURR"]), amount=amounts,
           fromSubAccount=st.just("") | addresses),
    action("approveAgent", agentAddress=addresses,
           agentName=st.sampled_from(["", "a", "x" * 17, "a valid_until 1", " valid_until x"])),
)  # fmt: skip


@given(st.lists(actions, max_size=8))
def test_every_action_is_answered(sent: list[dict[str, Any]]) -> None:
    floor = Floor(free_requests=0)

    for one in sent:
        answer = floor.act(in_order(one))

        assert answer["status"] in {"ok", "err"}
        assert "does not exist" not in str(answer), "it was hashed in another order than signed"
        assert isinstance(answer["response"], str if answer["status"] == "err" else dict)


def in_order(one: dict[str, Any]) -> dict[str, Any]:
    """Return an L1 action with its keys in the venue's order; hypothesis has one of its own."""
    if one["type"] in TYPES:
        return one
    ordered: dict[str, Any] = msgspec.to_builtins(read_action(encoded(one)), enc_hook=str)
    return ordered
