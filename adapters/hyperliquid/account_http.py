"""Ask the venue's info endpoint about one account; as typed calls, it concludes nothing."""

from typing import Any

import msgspec

from adapters.hyperliquid.account_schemas import (
    ClearinghouseState,
    ExtraAgent,
    RateLimit,
    SpotClearinghouseState,
    SubAccount,
    UserRole,
    VaultDetails,
)
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.user_schemas import (
    FrontendOrder,
    FundingPayment,
    FundingRecord,
    OrderStatusReply,
    OrderUpdate,
    TwapHistory,
    UnknownOid,
    UserFill,
)

_CLEARINGHOUSE = msgspec.json.Decoder(ClearinghouseState, strict=False)
_SPOT = msgspec.json.Decoder(SpotClearinghouseState, strict=False)
_ORDERS = msgspec.json.Decoder(list[FrontendOrder], strict=False)
_UPDATES = msgspec.json.Decoder(list[OrderUpdate], strict=False)
_ORDER_STATUS: msgspec.json.Decoder[OrderStatusReply | UnknownOid] = msgspec.json.Decoder(
    OrderStatusReply | UnknownOid, strict=False
)
_FILLS = msgspec.json.Decoder(list[UserFill], strict=False)
_FUNDINGS = msgspec.json.Decoder(list[FundingRecord], strict=False)
_RATE_LIMIT = msgspec.json.Decoder(RateLimit, strict=False)
_ROLE = msgspec.json.Decoder(UserRole)
_SUB_ACCOUNTS: msgspec.json.Decoder[list[SubAccount] | None] = msgspec.json.Decoder(
    list[SubAccount] | None, strict=False
)
_AGENTS = msgspec.json.Decoder(list[ExtraAgent])
_VAULT: msgspec.json.Decoder[VaultDetails | None] = msgspec.json.Decoder(VaultDetails | None)
_ABSTRACTION = msgspec.json.Decoder(str)
_TWAPS = msgspec.json.Decoder(list[TwapHistory], strict=False)


class AccountHttp:
    """
    What the info endpoint tells of accounts; every call may raise VenueRefused or OutcomeUnknown.

    `user` is the address of a master account, a sub-account or a vault. Of an agent's address the
    venue tells an empty account.

    Parameters
    ----------
    http : HyperliquidHttpClient
        The way there, with its rate limit.

    """

    def __init__(self, http: HyperliquidHttpClient) -> None:
        self._http = http

    async def clearinghouse_state(self, user: str, dex: str = "") -> ClearinghouseState:
        """Return the perpetuals of one dex; of an unknown address all zeros."""
        return await self._http.info(_on_dex("clearinghouseState", user, dex), _CLEARINGHOUSE)

    async def spot_clearinghouse_state(self, user: str) -> SpotClearinghouseState:
        """Return the tokens."""
        return await self._http.info(_of("spotClearinghouseState", user), _SPOT)

    async def frontend_open_orders(self, user: str, dex: str = "") -> list[FrontendOrder]:
        """Return the open orders of one dex, newest first, children within and beside parents."""
        return await self._http.info(_on_dex("frontendOpenOrders", user, dex), _ORDERS)

    async def historical_orders(self, user: str) -> list[OrderUpdate]:
        """Return the latest 2,000 statuses, newest first; one order may have several."""
        return await self._http.info(_of("historicalOrders", user), _UPDATES)

    async def order_status(self, user: str, oid: int | str) -> OrderStatusReply | None:
        """
        Return one order by its oid or cloid, or None if the venue does not know it.

        It may not yet know an order that was placed a moment ago. Of the orders under one cloid it
        tells the latest.
        """
        reply = await self._http.info(_of("orderStatus", user, oid=oid), _ORDER_STATUS)
        return reply if isinstance(reply, OrderStatusReply) else None

    async def user_fills(self, user: str) -> list[UserFill]:
        """Return the latest 2,000 fills, newest first."""
        return await self._http.info(_of("userFills", user), _FILLS)

    async def user_fills_by_time(
        self, user: str, start_ms: int, end_ms: int | None = None
    ) -> list[UserFill]:
        """Return 2,000 fills at most of a range, both ends included, in no order to rely on."""
        return await self._http.info(_between("userFillsByTime", user, start_ms, end_ms), _FILLS)

    async def user_funding(
        self, user: str, start_ms: int, end_ms: int | None = None
    ) -> list[FundingPayment]:
        """Return the first 500 payments at most of a range, both ends included."""
        request = _between("userFunding", user, start_ms, end_ms)
        return [record.payment for record in await self._http.info(request, _FUNDINGS)]

    async def user_rate_limit(self, user: str) -> RateLimit:
        """Return what the address may still send."""
        return await self._http.info(_of("userRateLimit", user), _RATE_LIMIT)

    async def user_role(self, address: str) -> UserRole:
        """Return what an address is; this weighs 60."""
        return await self._http.info(_of("userRole", address), _ROLE)

    async def sub_accounts(self, user: str) -> list[SubAccount]:
        """Return the sub-accounts of a master account."""
        return await self._http.info(_of("subAccounts", user), _SUB_ACCOUNTS) or []

    async def extra_agents(self, user: str) -> list[ExtraAgent]:
        """Return the named agents; the unnamed one is not told."""
        return await self._http.info(_of("extraAgents", user), _AGENTS)

    async def vault_details(self, vault: str) -> VaultDetails | None:
        """Return who leads a vault, or None if there is no such vault."""
        return await self._http.info({"type": "vaultDetails", "vaultAddress": vault}, _VAULT)

    async def user_abstraction(self, user: str) -> str:
        """Return how the account holds its collateral: "default", "unifiedAccount", ..."""
        return await self._http.info(_of("userAbstraction", user), _ABSTRACTION)

    async def twap_history(self, user: str) -> list[TwapHistory]:
        """Return the statuses of TWAPs; one TWAP may have several."""
        return await self._http.info(_of("twapHistory", user), _TWAPS)


def _of(kind: str, user: str, **more: object) -> dict[str, Any]:
    return {"type": kind, "user": user, **more}


def _on_dex(kind: str, user: str, dex: str) -> dict[str, Any]:
    return _of(kind, user, dex=dex) if dex else _of(kind, user)


def _between(kind: str, user: str, start_ms: int, end_ms: int | None) -> dict[str, Any]:
    span = {"startTime": start_ms} if end_ms is None else {"startTime": start_ms, "endTime": end_ms}
    return _of(kind, user, **span)
