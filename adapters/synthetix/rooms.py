"""The rooms of one sub-account, and which of them gets which; it does no work of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.execution.reports import ExecutionMassStatus, FillReport
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.orders import Order

from adapters.common.account_watch import AccountWatch, Tell
from adapters.common.beginning import Beginning
from adapters.common.foreign import ForeignOrders
from adapters.common.joint_question import JointQuestion
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import OrderLookups
from adapters.common.nonces import NonceSource
from adapters.common.order_amends import Terms
from adapters.common.order_commands import OrderCommands
from adapters.common.order_events import Fill
from adapters.common.reconciliation import Reconciliation
from adapters.common.recovery import Recovery
from adapters.common.venue_clock import VenueClock
from adapters.synthetix.account_http import AccountHttp
from adapters.synthetix.account_news import AccountNews
from adapters.synthetix.account_schemas import AccountTrade
from adapters.synthetix.account_terms import AccountTerms
from adapters.synthetix.accounts import SynthetixAccount
from adapters.synthetix.amendment import OrderAmendment
from adapters.synthetix.config import SynthetixExecClientConfig
from adapters.synthetix.constants import SYNTHETIX_VENUE
from adapters.synthetix.entry import OrderEntry
from adapters.synthetix.exchange import SynthetixExchange
from adapters.synthetix.finding import OrderFinding
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.inquiry import OrderInquiry
from adapters.synthetix.last_resort import LastResort
from adapters.synthetix.loaded import LoadedInstruments
from adapters.synthetix.observations import OrderObserver
from adapters.synthetix.preparation import OrderPreparation, terms_of
from adapters.synthetix.providers import SynthetixInstrumentProvider
from adapters.synthetix.reports import parse_fill_report
from adapters.synthetix.signing import AuthRequest, Signer
from adapters.synthetix.sweep import AccountSweep
from adapters.synthetix.unknown_orders import UnknownOrders
from adapters.synthetix.websocket import SynthetixWebSocketClient


class AccountRooms:
    """
    Everything that trades one sub-account, made once it is known which.

    Parameters
    ----------
    client : LiveExecutionClient
        Who emits order events.
    loop, cache, clock
        Those of the node.
    http : SynthetixHttpClient
        The venue's REST endpoint.
    venue_clock : VenueClock
        How far the venue's clock is from ours.
    signer : Signer
        Signs for the sub-account.
    nonces : NonceSource
        The one source of the signer's key.
    instruments : LoadedInstruments
        What can be traded.
    provider : SynthetixInstrumentProvider
        What is listed.
    config : SynthetixExecClientConfig
        The settings.
    tell : Tell
        Receives the state of the account.
    send_reports : Callable[[ExecutionMassStatus], None]
        Hands reports to Nautilus.
    spawn : Callable[[Coroutine], asyncio.Task]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        client: LiveExecutionClient,
        loop: asyncio.AbstractEventLoop,
        cache: Cache,
        clock: LiveClock,
        http: SynthetixHttpClient,
        venue_clock: VenueClock,
        signer: Signer,
        nonces: NonceSource,
        instruments: LoadedInstruments,
        provider: SynthetixInstrumentProvider,
        config: SynthetixExecClientConfig,
        *,
        tell: Tell,
        send_reports: Callable[[ExecutionMassStatus], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._cache = cache
        self._venue_clock = venue_clock
        self._signer = signer
        self._last_auth_ms = 0
        governor = subaccount_governor()
        account_http = AccountHttp(
            http, signer, governor, venue_clock.now_ms, config.http_max_attempts
        )
        self._account = SynthetixAccount(
            account_http, instruments.of_symbol, client.account_id, clock, venue_clock.records_ms
        )
        self.watch = AccountWatch(self._account.balances, tell=tell, spawn=spawn)
        beginning = Beginning(cache)
        foreign = ForeignOrders(
            self._account.order_with_fills,
            beginning,
            cache,
            clock,
            client.id,
            client.account_id,
            SYNTHETIX_VENUE,
            on_filled=self._on_filled,
            send=send_reports,
            spawn=spawn,
        )
        ask_venue_ms = JointQuestion(http.exchange_time_ms)
        self.finding = OrderFinding(
            self._account,
            foreign,
            cache,
            ask_venue_ms=ask_venue_ms,
            settle_ms=config.earlier_requests_secs * 1_000 + config.absence_grace_ms,
        )
        ledger = OrderLedger(
            client,
            cache,
            clock,
            self._client_order_id_of,
            _parse_fill,
            on_filled=self._on_filled,
            on_unexplained=foreign.on_fill,
            on_updated=lambda _order, _quantity: None,
            on_early=self._on_early,
        )
        observer = OrderObserver(
            ledger.tracker,
            ledger.adoption.recall,
            self._terms_of,
            on_vanished=self._on_vanished,
        )
        self.news = AccountNews(
            ledger, observer, foreign, self.watch, self._account.note, self._on_gap
        )
        inquiry = OrderInquiry(
            self._account,
            ledger,
            grace_ms=config.absence_grace_ms,
            ask_venue_ms=ask_venue_ms,
            use_up=self._use_up,
            on_order=partial(self.news.on_order, is_latest=True),
            on_fills=self.news.on_late_fills,
        )
        self.reconciliation = Reconciliation(
            self._account,
            ledger,
            beginning,
            inquiry.ask,
            clock,
            venue_clock,
            client.id,
            client.account_id,
            SYNTHETIX_VENUE,
            provider.loaded,
        )
        self.lookups = OrderLookups(inquiry.ask, ledger.tracker.doubtful)
        self.sweep = AccountSweep(
            ledger.tracker,
            self._account.resting,
            lambda key: self.lookups.want(key, 0.0),
            config.sweep_secs,
        )
        self.recovery = Recovery(
            ledger,
            self.lookups,
            read_fills=self._read_fills,
            fills_from_ms=lambda: self.news.fills_from_ms,
            refresh=self.watch.refresh,
            on_lost=self._account.forget_noted,
            is_connected=lambda: self.ws.is_connected,
            spawn=spawn,
        )
        self.ws = SynthetixWebSocketClient(
            loop,
            config.ws_url,
            on_message=self.news.on_message,
            on_gap=lambda _subscription: None,
            on_connection=self.recovery.on_connection,
            authenticate=self._authenticate,
            ping_interval_secs=config.ws_ping_interval_secs,
            idle_timeout_secs=config.ws_idle_timeout_secs,
            proxy_url=config.proxy_url,
        )
        self._exchange = SynthetixExchange(
            signer,
            nonces,
            self.ws,
            http,
            governor,
            expires_after_ms=config.expires_after_secs * 1_000,
            timeout_secs=config.post_timeout_secs,
            uses_ws=config.use_ws_order_entry,
            clock_ms=venue_clock.now_ms,
        )
        preparation = OrderPreparation(cache, ledger.tracker, venue_clock.now_ms)
        out = (self._exchange, preparation, ledger, observer, self.lookups)
        entry = OrderEntry(*out)
        amendment = OrderAmendment(*out)
        unknown = UnknownOrders(entry, self._account, cache)
        self.commands = OrderCommands(
            entry, amendment.modify, unknown.cancel, ledger, beginning, cache
        )
        self.terms = AccountTerms(self._exchange, provider.loaded, self.watch.mark_stale)
        self.last_resort: LastResort | None = None
        if config.dead_mans_switch_secs:
            self.last_resort = LastResort(self._exchange, config.dead_mans_switch_secs)

    # What the rooms ask for

    def _authenticate(self) -> AuthRequest:
        # Each time is good once, and must be within a minute of the venue's: nonces may run ahead.
        self._last_auth_ms = max(self._venue_clock.now_ms(), self._last_auth_ms + 1)
        return self._signer.sign_auth(self._last_auth_ms)

    async def _use_up(self, nonce: int) -> None:
        await self._exchange.use_up(nonce)

    def _client_order_id_of(self, name: str) -> ClientOrderId | None:
        # The venue keeps the client order id as it is; of foreign orders the cache holds none.
        client_order_id = ClientOrderId(name)
        return None if self._cache.order(client_order_id) is None else client_order_id

    def _terms_of(self, key: str) -> Terms | None:
        order: Order | None = self._cache.order(ClientOrderId(key))
        return None if order is None else terms_of(order)

    def _on_vanished(self, key: str) -> None:
        self.lookups.want(key)

    async def _read_fills(self, start_ms: int) -> None:
        self.news.on_fills(await self._account.fills(start_ms))

    def _on_filled(self, _fill: Fill) -> None:
        self.watch.mark_stale()

    def _on_early(self, client_order_id: str, fill: Fill) -> None:
        self.recovery.find_earlier(client_order_id, fill)

    def _on_gap(self) -> None:
        self._account.forget_noted()
        self.recovery.on_connection(True)  # noqa: FBT003 - as after a new connection


def _parse_fill(
    fill: Fill,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId,
    ts_init: int,
) -> FillReport:
    trade = cast("AccountTrade", fill.record)
    return parse_fill_report(trade, instrument, account_id, client_order_id, ts_init)
