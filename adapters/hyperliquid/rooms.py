"""The rooms of one account, and which of them gets which; it does no work of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.execution.reports import ExecutionMassStatus
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from adapters.common.account_watch import AccountWatch, Tell
from adapters.common.beginning import Beginning
from adapters.common.foreign import ForeignOrders
from adapters.common.governor import WeightGovernor
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import OrderLookups
from adapters.common.open_orders import OpenOrders
from adapters.common.order_commands import OrderCommands
from adapters.common.order_events import Fill
from adapters.common.reconciliation import Reconciliation
from adapters.common.recovery import Recovery
from adapters.common.venue_clock import VenueClock
from adapters.hyperliquid.account_news import AccountNews
from adapters.hyperliquid.account_terms import AccountTerms
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.amendment import OrderAmendment
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.budget_watch import BudgetWatch
from adapters.hyperliquid.config import HyperliquidExecClientConfig
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE
from adapters.hyperliquid.entry import OrderEntry
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.finding import OrderFinding
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.inquiry import OrderInquiry
from adapters.hyperliquid.last_resort import LastResort
from adapters.hyperliquid.loaded import LoadedInstruments
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.preparation import OrderPreparation
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.reports import parse_neutral_fill
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.state import SignerState
from adapters.hyperliquid.unknown_orders import UnknownOrders
from adapters.hyperliquid.user_frames import USER_WS_DECODER
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient


class AccountRooms:
    """
    Everything that trades one account.

    Parameters
    ----------
    client : LiveExecutionClient
        Who emits order events.
    address : str
        The account: of a master, a sub-account or a vault.
    loop, cache, clock
        Those of the node.
    http : HyperliquidHttpClient
        The venue's REST endpoint.
    governor : WeightGovernor
        The rate limit of this IP address.
    venue_clock : VenueClock
        How far the venue's clock is from ours.
    signer : Signer
        Signs every action.
    state : SignerState
        What of this signer outlives the process.
    instruments : LoadedInstruments
        What can be traded.
    provider : HyperliquidInstrumentProvider
        What is listed.
    config : HyperliquidExecClientConfig
        The settings.
    tell : Tell
        Receives the state of the account.
    publish_budget : Callable[[int], None]
        Receives how many requests the address has left.
    send_reports : Callable[[ExecutionMassStatus], None]
        Hands reports to Nautilus.
    spawn : Callable[[Coroutine], asyncio.Task]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        client: LiveExecutionClient,
        address: str,
        loop: asyncio.AbstractEventLoop,
        cache: Cache,
        clock: LiveClock,
        http: HyperliquidHttpClient,
        governor: WeightGovernor,
        venue_clock: VenueClock,
        signer: Signer,
        state: SignerState,
        instruments: LoadedInstruments,
        provider: HyperliquidInstrumentProvider,
        config: HyperliquidExecClientConfig,
        *,
        tell: Tell,
        publish_budget: Callable[[int], None],
        send_reports: Callable[[ExecutionMassStatus], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._state = state
        self._account = HyperliquidAccount(
            http,
            address,
            instruments.of_coin,
            client.account_id,
            clock,
            self._client_order_id_of,
            instruments.collaterals,
        )
        self.budget = AddressBudget()
        self.budget_watch = BudgetWatch(self.budget, self._account.rate_limit, publish_budget)
        self.watch = AccountWatch(self._account.balances, tell=tell, spawn=spawn)
        beginning = Beginning(cache)
        foreign = ForeignOrders(
            self._account.order_with_fills,
            beginning,
            cache,
            clock,
            client.id,
            client.account_id,
            HYPERLIQUID_VENUE,
            on_filled=self._on_filled,
            send=send_reports,
            spawn=spawn,
        )
        self.finding = OrderFinding(
            http,
            address,
            self._account,
            foreign,
            state,
            cache,
            settle_ms=config.expires_after_secs * 1000 + config.absence_grace_ms,
        )
        ledger = OrderLedger(
            client,
            cache,
            clock,
            self._client_order_id_of,
            parse_neutral_fill,
            on_filled=self._on_filled,
            on_unexplained=foreign.on_fill,
            on_updated=self._on_updated,
            on_early=self._on_early,
        )
        tracker = ledger.tracker
        observer = OrderObserver(tracker, ledger.adoption.recall, foreign.on_fill)
        open_orders = OpenOrders(
            tracker,
            lambda key: observer.twap_of(key) is None and instruments.is_on_main_dex(key),
        )
        self.news = AccountNews(loop, ledger, observer, open_orders, foreign, self.watch)
        inquiry = OrderInquiry(
            http,
            address,
            self._account,
            ledger,
            observer,
            grace_ms=config.absence_grace_ms,
            is_ours=state.knows,
            remember=state.remember,
            on_update=self.news.on_update,
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
            HYPERLIQUID_VENUE,
            provider.loaded,
        )
        self.lookups = OrderLookups(
            inquiry.ask, lambda: tracker.doubtful() + open_orders.contradicted()
        )
        self.recovery = Recovery(
            ledger,
            self.lookups,
            read_fills=self._read_fills,
            fills_from_ms=lambda: self.news.fills_from_ms,
            refresh=self.watch.refresh,
            on_lost=self.news.on_lost,
            is_connected=lambda: self.ws.is_connected,
            spawn=spawn,
        )
        self.ws = HyperliquidWebSocketClient(
            loop,
            config.ws_url,
            USER_WS_DECODER,
            on_message=self.news.on_message,
            on_gap=lambda _subscription: None,
            on_connection=self.recovery.on_connection,
            ping_interval_secs=config.ws_ping_interval_secs,
            idle_timeout_secs=config.ws_idle_timeout_secs,
            proxy_url=config.proxy_url,
        )
        exchange = HyperliquidExchange(
            signer,
            state.nonces(),
            self.ws,
            http,
            governor,
            vault_address=config.vault_address,
            expires_after_ms=config.expires_after_secs * 1000,
            timeout_secs=config.post_timeout_secs,
            clock_ms=venue_clock.now_ms,
        )
        preparation = OrderPreparation(http, cache, clock, tracker, self.budget, config)
        out = (exchange, preparation, ledger, observer, self.lookups, self.budget, state)
        entry = OrderEntry(*out, cache)
        self._amendment = OrderAmendment(*out, cancel=entry.cancel, spawn=spawn)
        unknown = UnknownOrders(entry, self._account, cache, self._client_order_id_of)
        self.commands = OrderCommands(
            entry,
            self._amendment.modify,
            unknown.cancel,
            ledger,
            beginning,
            cache,
            self.news.on_adopted,
        )
        self.terms = AccountTerms(exchange, provider.loaded, self.watch.mark_stale)
        self.last_resort: LastResort | None = None
        if config.dead_mans_switch_secs:
            self.last_resort = LastResort(exchange, config, address, venue_clock.now_ms)

    # What the rooms ask for

    def _client_order_id_of(self, cloid: str) -> ClientOrderId | None:
        text = self._state.client_order_id_of(cloid)
        return None if text is None else ClientOrderId(text)

    async def _read_fills(self, start_ms: int) -> None:
        self.news.on_fills(await self._account.fills(start_ms))

    def _on_filled(self, fill: Fill) -> None:
        self.budget_watch.on_fill(fill)
        self.watch.mark_stale()

    def _on_updated(self, order: Order, quantity: Decimal) -> None:
        self._amendment.correct(order, quantity)

    def _on_early(self, client_order_id: str, fill: Fill) -> None:
        self.recovery.find_earlier(client_order_id, fill)
