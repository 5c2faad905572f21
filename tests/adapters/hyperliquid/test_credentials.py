"""A key that may not act on an account is told what to set instead, before it sends anything."""

from typing import Any

import pytest

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.hyperliquid.credentials import check_credentials
from tests.adapters.hyperliquid.recordings import InfoStub

MASTER = "0x" + "a" * 40
AGENT = "0x" + "b" * 40
VAULT = "0x" + "c" * 40
SUB = "0x" + "d" * 40
STRANGER = "0x" + "e" * 40
NOBODY = "0x" + "f" * 40
STRANGE_VAULT = "0x" + "1" * 40
STRANGE_SUB = "0x" + "2" * 40
STRANGE_AGENT = "0x" + "3" * 40

ROLES: dict[str, Any] = {
    MASTER: {"role": "user"},
    STRANGER: {"role": "user"},
    AGENT: {"role": "agent", "data": {"user": MASTER}},
    STRANGE_AGENT: {"role": "agent", "data": {"user": STRANGER}},
    VAULT: {"role": "vault"},
    STRANGE_VAULT: {"role": "vault"},
    SUB: {"role": "subAccount", "data": {"master": MASTER}},
    STRANGE_SUB: {"role": "subAccount", "data": {"master": STRANGER}},
}
LEADERS = {VAULT: MASTER, STRANGE_VAULT: STRANGER}


def venue(**answers: Any) -> InfoStub:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "userRole": lambda request: ROLES.get(request["user"], {"role": "missing"}),
        "vaultDetails": lambda request: {"leader": LEADERS[request["vaultAddress"]]},
    }
    return InfoStub(**(defaults | answers))


@pytest.mark.parametrize(
    ("signer", "account", "vault", "resolved"),
    [
        (MASTER, None, None, MASTER),
        (MASTER, MASTER, None, MASTER),
        (AGENT, MASTER, None, MASTER),
        (MASTER, None, VAULT, VAULT),
        (AGENT, MASTER, VAULT, VAULT),
        (MASTER, None, SUB, SUB),
        (AGENT, MASTER, SUB, SUB),
    ],
)
async def test_who_may_act_for_whom(
    signer: str, account: str | None, vault: str | None, resolved: str
) -> None:
    stub = venue()

    assert await check_credentials(stub, signer, account, vault) == resolved
    # One look weighs 60 of the 1,200 of a minute.
    assert stub.kinds.count("userRole") == (2 if vault else 1)


async def test_addresses_are_compared_without_case() -> None:
    upper = [x[:2] + x[2:].upper() for x in (AGENT, MASTER, SUB)]

    assert await check_credentials(venue(), *upper) == SUB


@pytest.mark.parametrize(
    ("signer", "account", "vault", "message"),
    [
        (AGENT, None, None, f"is an agent of {MASTER}; set account_address"),
        (AGENT, None, SUB, f"is an agent of {MASTER}; set account_address"),
        (AGENT, STRANGER, None, f"is an agent of {MASTER}, not of {STRANGER}: set account_address"),
        (NOBODY, None, None, f"{NOBODY} has no account: deposit first"),
        (NOBODY, NOBODY, None, f"{NOBODY} has no account: deposit first"),
        (NOBODY, MASTER, None, f"{NOBODY} is not approved as an agent of {MASTER}"),
        (MASTER, STRANGER, None, f"{MASTER} is not approved as an agent of {STRANGER}"),
        (MASTER, NOBODY, None, f"{NOBODY} has no account: deposit first, or correct"),
        (MASTER, AGENT, None, f"{AGENT} is only an agent of {MASTER}: no account_address"),
        (MASTER, SUB, None, f"{SUB} is a sub-account and has no key of its own: set vault_address"),
        (MASTER, VAULT, None, f"{VAULT} is a vault and has no key of its own: set vault_address"),
        (VAULT, None, None, "Expected the key of a user or an agent, .* is a vault"),
        (MASTER, None, MASTER, f"Expected a vault or a sub-account, {MASTER} is a user"),
        (MASTER, None, NOBODY, f"Expected a vault or a sub-account, {NOBODY} is no account"),
        (
            MASTER,
            None,
            STRANGE_SUB,
            f"{STRANGE_SUB} is a sub-account of {STRANGER}, not of {MASTER}",
        ),
        (AGENT, MASTER, STRANGE_VAULT, f"is a vault of {STRANGER}, not of {MASTER}"),
    ],
)
async def test_a_wrong_combination_names_its_remedy(
    signer: str, account: str | None, vault: str | None, message: str
) -> None:
    stub = venue()

    with pytest.raises(ValueError, match=message):
        await check_credentials(stub, signer, account, vault)

    assert stub.kinds.count("userRole") <= 2


@pytest.mark.parametrize("details", [VenueRefused("422"), None])
async def test_a_vault_whose_leader_is_not_told_is_left_to_the_venue(details: object) -> None:
    stub = venue(vaultDetails=details)

    assert await check_credentials(stub, MASTER, None, STRANGE_VAULT) == STRANGE_VAULT


async def test_a_venue_that_does_not_answer_is_no_verdict() -> None:
    with pytest.raises(OutcomeUnknown):
        await check_credentials(venue(userRole=OutcomeUnknown("No answer")), MASTER)
