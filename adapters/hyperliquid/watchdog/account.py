"""The venue as a watchdog sees it: what rests and runs, and its cancel; each call is one try."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient, HttpError, HttpTimeoutError

from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.common.nonces import NonceSource
from adapters.hyperliquid.actions import Action
from adapters.hyperliquid.constants import ASSET_ID_SPOT
from adapters.hyperliquid.instruments import perp_asset_id
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.watchdog.options import WatchdogOptions

TIMEOUT_SECS = 10
# The watchdog leaves the lock and the marks of the key to the parent. After a crash the parent's
# nonces may be a minute ahead of the clock (state.RESERVED_MS), and "nonce too low" is what the
# venue says to one below the 100 highest: so ours are ahead of those.
NONCE_LEAD_MS = 120_000

_STATUS_OK = 200
_STATUS_TOO_MANY = 429
_STATUS_SERVER_ERROR = 500
_HEAD_CHARS = 200


# ruff: noqa: N815 - fields are called what the venue calls them


class OpenOrder(msgspec.Struct, frozen=True):
    """
    One resting order of frontendOpenOrders; `children` arm when it has filled entirely.

    A cancel needs no more than coin and oid, so nothing else has to be there.

    `{"coin":"INJ","side":"A","limitPx":"9.2037","sz":"12.5","origSz":"12.5","oid":3184595907,
    "reduceOnly":true,"orderType":"Stop Market","triggerPx":"10.004","children":[],"cloid":null}`
    """

    coin: str
    oid: int
    side: str = ""
    limitPx: Decimal = Decimal(0)
    sz: Decimal = Decimal(0)
    origSz: Decimal = Decimal(0)
    reduceOnly: bool = False
    orderType: str = "Limit"
    triggerPx: Decimal = Decimal(0)
    children: tuple["OpenOrder", ...] = ()
    cloid: str | None = None


class TwapState(msgspec.Struct, frozen=True):
    """`{"coin":"BTC","side":"B","sz":"1.0","reduceOnly":false,"minutes":30, ...}`."""

    coin: str
    reduceOnly: bool


class TwapStatus(msgspec.Struct, frozen=True):
    """`{"status":"activated"}`."""

    status: str


class TwapEntry(msgspec.Struct, frozen=True):
    """One step of a TWAP's life; old ones have no id."""

    state: TwapState
    status: TwapStatus
    twapId: int | None = None


class Markets(msgspec.Struct, frozen=True):
    """The asset id of each coin, and the names of the dexes, of which the venue's own is ""."""

    asset_ids: dict[str, int]
    dexes: tuple[str, ...]


class _ActionReply(msgspec.Struct, frozen=True):
    status: str
    response: msgspec.Raw


_PERP_METAS = msgspec.json.Decoder(list[PerpMeta], strict=False)
_SPOT_META = msgspec.json.Decoder(SpotMeta, strict=False)
_OPEN_ORDERS = msgspec.json.Decoder(list[OpenOrder], strict=False)
_TWAP_HISTORY = msgspec.json.Decoder(list[TwapEntry], strict=False)
_RUNNING = {"activated", "waitingForTrigger"}
_ACTION_REPLY = msgspec.json.Decoder(_ActionReply)


class WatchedAccount:
    """
    The account's orders and TWAPs; every call may raise VenueRefused or OutcomeUnknown.

    Parameters
    ----------
    options : WatchdogOptions
        Where and whose.
    signer : Signer
        Signs the actions.

    """

    def __init__(self, options: WatchdogOptions, signer: Signer) -> None:
        self._options = options
        self._signer = signer
        self._nonces = NonceSource()
        self._client = HttpClient(
            default_headers={"Content-Type": "application/json"},
            timeout_secs=TIMEOUT_SECS,
            proxy_url=options.proxy_url,
        )

    async def markets(self) -> Markets:
        """Return every market of the venue."""
        metas, spot = await asyncio.gather(
            self._info({"type": "allPerpMetas"}, _PERP_METAS),
            self._info({"type": "spotMeta"}, _SPOT_META),
        )
        asset_ids = {pair["name"]: ASSET_ID_SPOT + pair["index"] for pair in spot.universe}
        dexes = [""]
        for dex_index, meta in enumerate(metas):
            names = [record["name"] for record in meta.universe]
            asset_ids |= {name: perp_asset_id(dex_index, i) for i, name in enumerate(names)}
            if dex_index and names:
                dexes.append(names[0].partition(":")[0])  # xyz:TSLA
        return Markets(asset_ids, tuple(dexes))

    async def open_orders(self, dex: str) -> list[OpenOrder]:
        """Return what rests on one dex; spot orders are on ""."""
        request = {"type": "frontendOpenOrders", "user": self._options.account, "dex": dex}
        return await self._info(request, _OPEN_ORDERS)

    async def running_twaps(self) -> dict[int, TwapState]:
        """Return the TWAPs that still trade, by id."""
        request = {"type": "twapHistory", "user": self._options.account}
        entries = await self._info(request, _TWAP_HISTORY)
        # An entry per step, in no order that is promised.
        ended = {entry.twapId for entry in entries if entry.status.status not in _RUNNING}
        return {
            entry.twapId: entry.state
            for entry in entries
            if entry.twapId is not None and entry.twapId not in ended
        }

    async def act(self, action: Action) -> str:
        """Send one action and return what the venue said to its parts, for the log."""
        nonce = self._nonces.next(time.time_ns() // 1_000_000 + NONCE_LEAD_MS)
        signed = self._signer.sign(action, nonce, self._options.vault_address)
        reply = await self._post("action", "/exchange", msgspec.json.encode(signed), _ACTION_REPLY)
        response = _head(bytes(reply.response))
        if reply.status != "ok":
            raise VenueRefused(f"Expected status ok to action, was {reply.status}: {response}")
        return response

    async def _info[T](self, request: dict[str, Any], decoder: msgspec.json.Decoder[T]) -> T:
        return await self._post(request["type"], "/info", msgspec.json.encode(request), decoder)

    async def _post[T](
        self, kind: str, path: str, body: bytes, decoder: msgspec.json.Decoder[T]
    ) -> T:
        try:
            response = await self._client.post(self._options.url + path, body=body)
        except (HttpTimeoutError, HttpError) as e:
            raise OutcomeUnknown(f"No answer to {kind}: {e}") from e
        reply: bytes = response.body
        status: int = response.status
        if status == _STATUS_OK:
            try:
                return decoder.decode(reply)
            except msgspec.MsgspecError as e:
                raise OutcomeUnknown(f"Expected a reply to {kind}, was {_head(reply)}") from e
        message = f"Expected status 200 to {kind}, was {status}: {_head(reply)}"
        if status == _STATUS_TOO_MANY or status >= _STATUS_SERVER_ERROR:
            raise OutcomeUnknown(message)
        raise VenueRefused(message)


def _head(body: bytes) -> str:
    return repr(body[:_HEAD_CHARS].decode(errors="replace"))
