"""From where a request comes: never from where its sender says, unless a trusted proxy says so."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from config.webhook import TRADINGVIEW_ADDRESSES
from tests.webhook.intake import MemoryIntake
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.sources import Source, Sources

TRADINGVIEW = TRADINGVIEW_ADDRESSES[0]


def asked(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", text.encode("latin-1")) for text in forwarded]
    return {"client": None if peer is None else (peer, 5000), "headers": headers}


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "name"),
    [
        ([], "192.0.2.7", [], "192.0.2.7"),
        ([], "192.0.2.7", [TRADINGVIEW], "192.0.2.7"),
        (["10.0.0.0/8"], "192.0.2.7", [TRADINGVIEW], "192.0.2.7"),
        (["10.0.0.0/8"], "10.1.2.3", [TRADINGVIEW], TRADINGVIEW),
        # What its sender wrote stands to the left of what the proxy added.
        (["10.0.0.0/8"], "10.1.2.3", [f"{TRADINGVIEW}, 192.0.2.7"], "192.0.2.7"),
        (["10.0.0.0/8"], "10.1.2.3", [TRADINGVIEW, "192.0.2.7"], "192.0.2.7"),
        (["10.0.0.0/8"], "10.1.2.3", ["192.0.2.7,10.9.9.9 , 10.8.8.8"], "192.0.2.7"),
        (["10.0.0.0/8"], "10.1.2.3", ["10.9.9.9"], "10.9.9.9"),
        (["10.0.0.0/8"], "10.1.2.3", [], "10.1.2.3"),
        (["10.0.0.0/8"], "10.1.2.3", [""], "unknown"),
        (["10.0.0.0/8"], "10.1.2.3", [f"{TRADINGVIEW}, unknown"], "unknown"),
        (["10.0.0.0/8"], "10.1.2.3", ["192.0.2.7:51234"], "192.0.2.7"),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", ["::ffff:192.0.2.7"], "192.0.2.7"),
        (["::1"], "::1", ["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::/64"),
        (["10.0.0.0/8"], "10.1.2.3", [", ".join(["10.0.0.1"] * 10_000)], "10.0.0.1"),
        (["10.0.0.0/8"], "10.1.2.3", ["\xff"], "unknown"),
        ([], "2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
        ([], None, [], "unknown"),
        ([], "", ["192.0.2.7"], "unknown"),
    ],
)
def test_source_of_a_request(
    proxies: Sequence[str], peer: str | None, forwarded: Sequence[str], name: str
) -> None:
    sources = Sources(trusted_proxies=proxies)
    for _ in range(2):  # the second from memory
        assert sources.of(**asked(peer, *forwarded)) == Source(name, is_allowed=True)


@pytest.mark.parametrize(
    ("peer", "is_allowed"),
    [
        (TRADINGVIEW, True),
        (f"::ffff:{TRADINGVIEW}", True),
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("2001:db8::2", False),
        ("127.0.0.1", False),
        (None, False),
    ],
)
def test_who_is_allowed(peer: str | None, is_allowed: bool) -> None:
    sources = Sources([*TRADINGVIEW_ADDRESSES, "192.0.2.0/24", "2001:db8::1"])
    assert sources.of(**asked(peer)).is_allowed is is_allowed


def test_neighbours_are_one_source_and_may_differ_in_leave() -> None:
    sources = Sources(["2001:db8::1"])
    one, two = (sources.of(**asked(peer)) for peer in ("2001:db8::1", "2001:db8::2"))
    assert one.name == two.name
    assert (one.is_allowed, two.is_allowed) == (True, False)


def test_addresses_are_remembered_up_to_a_limit() -> None:
    sources = Sources()
    for number in range(5_000):
        sources.of(**asked(f"10.0.{number // 256}.{number % 256}"))
    assert len(sources._direct) <= 1_024


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8 has host bits set"):
        Sources(["10.0.0.1/8"])


async def test_others_are_refused_whatever_they_bring(
    send: Callable[..., Any], intake: MemoryIntake
) -> None:
    app = create_app(
        intake,
        Credentials("canary-8f3a51"),
        strategies={"alerts": Ttl()},
        sources=Sources(TRADINGVIEW_ADDRESSES, ["127.0.0.1"]),
    )
    body = {
        "strategy": "alerts",
        "action": "buy",
        "instrument": "BTC-USD-PERP.VENUE",
        "id": "1",
        "secret": "canary-8f3a51",
    }
    forged = [(b"x-forwarded-for", TRADINGVIEW.encode())]
    for client in (("192.0.2.7", 1), ("127.0.0.1", 1)):
        headers = forged if client[0] == "192.0.2.7" else ()
        status, _, answer = await send(body, to=app, client=client, headers=headers)
        assert (status, answer["code"]) == (403, "not_allowed")
        assert answer["message"] == (
            f"source: expected an address that is allowed, was {client[0]}"
        )
    assert intake.alerts == []
    assert (await send(body, to=app, client=("127.0.0.1", 1), headers=forged))[0] == 200
