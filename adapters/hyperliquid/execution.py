"""Nautilus's execution client for Hyperliquid: it routes; other modules do the work."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.enums import LogColor
from nautilus_trader.execution import messages
from nautilus_trader.execution.reports import (
    ExecutionMassStatus,
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientId,
    ClientOrderId,
    InstrumentId,
)
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import AccountBalance, MarginBalance
from nautilus_trader.model.orders import Order

from adapters.common.errors import VenueError
from adapters.common.keep_warm import keep_warm
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.account_http import AccountHttp
from adapters.hyperliquid.account_terms import AccountTerms
from adapters.hyperliquid.account_watch import AccountWatch
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.adoption import OrderAdoption
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.config import HyperliquidExecClientConfig
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE, NANOS_PER_MILLI
from adapters.hyperliquid.credentials import check_credentials
from adapters.hyperliquid.doubts import Doubts
from adapters.hyperliquid.emission import OrderReporter
from adapters.hyperliquid.entry import OrderEntry
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.foreign import ForeignOrders
from adapters.hyperliquid.governor import WeightGovernor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.inquiry import OrderInquiry
from adapters.hyperliquid.last_resort import LastResort
from adapters.hyperliquid.lookups import OrderLookups
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.open_orders import OpenOrders
from adapters.hyperliquid.order_commands import OrderCommands
from adapters.hyperliquid.preparation import OrderPreparation
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.reconciliation import Reconciliation
from adapters.hyperliquid.schemas import Subscription
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.state import SignerState
from adapters.hyperliquid.user_schemas import (
    USER_WS_DECODER,
    OrderUpdate,
    TwapHistory,
    UserFill,
    WsOpenOrders,
    WsOrderUpdates,
    WsTwapHistory,
    WsUser,
    WsUserFills,
)
from adapters.hyperliquid.venue_clock import VenueClock
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient, Streamed

# The history of TWAPs is told on userEvents as well, but only its own stream repeats what a broken
# connection has missed.
USER_STREAMS = ("orderUpdates", "userEvents", "userFills", "userTwapHistory", "openOrders")
# Fills that were missed are asked for from this much before the last one seen.
OVERLAP_MS = 60_000


class HyperliquidExecutionClient(LiveExecutionClient):
    """
    Trade one Hyperliquid account: a user's own, a vault's or a sub-account's.

    An order is rejected only when the venue has said so. A time-out, a lost connection or an
    unreadable answer leaves it in flight, and it is looked up by its client order id until the
    venue's word settles it. Orders, fills and balances missed while disconnected are recovered at
    once after a reconnect.

    Parameters
    ----------
    loop, msgbus, cache, clock
        Those of the node.
    http : HyperliquidHttpClient
        The venue's REST endpoint.
    governor : WeightGovernor
        The rate limit of this IP address.
    signer : Signer
        Signs every action.
    state : SignerState
        What of this signer outlives the process; closed when the client disconnects.
    instrument_provider : HyperliquidInstrumentProvider
        What is listed.
    config : HyperliquidExecClientConfig
        The settings.
    name : str
        The client id.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: HyperliquidHttpClient,
        governor: WeightGovernor,
        signer: Signer,
        state: SignerState,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: HyperliquidInstrumentProvider,
        config: HyperliquidExecClientConfig,
        name: str,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=HYPERLIQUID_VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=None,
            instrument_provider=instrument_provider,
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            config=config,
        )
        self._http = http
        self._signer = signer
        self._state = state
        self._provider = instrument_provider
        self._config = config
        self.address = (config.vault_address or config.account_address or signer.address).lower()
        self._set_account_id(AccountId(f"{name}-{self.address}"))
        self._by_coin: dict[str, Instrument] = {}
        self._dexes = [""]  # the venue's own, and those of the instruments once they are loaded
        self._venue_clock = VenueClock(http, clock)
        reads = AccountHttp(http)
        self._account = HyperliquidAccount(
            http,
            self.address,
            self._by_coin.get,
            self.account_id,
            clock,
            self._client_order_id_of,
            self._dexes,
        )
        self._tracker = OrderTracker()
        self._foreign = ForeignOrders(
            self._account,
            cache,
            clock,
            self.id,
            self.account_id,
            send=self._send_mass_status_report,
            spawn=self.create_task,
        )
        adoption = OrderAdoption(self._tracker, cache, self._client_order_id_of)
        self._observer = OrderObserver(self._tracker, adoption.recall, self._on_foreign_fill)
        self._reporter = OrderReporter(
            self,
            cache,
            clock,
            on_filled=self._on_traded,
            on_unexplained=self._on_foreign_fill,
            on_updated=self._on_changed,
        )
        self._doubts = Doubts()
        self._inquiry = OrderInquiry(
            http,
            self.address,
            self._account,
            self._tracker,
            self._observer,
            self._reporter,
            self._doubts,
            grace_ms=config.absence_grace_ms,
            is_ours=lambda cloid: state.client_order_id_of(cloid) is not None,
            remember=state.remember,
            on_update=self._on_update,
            on_fills=self._on_late_fills,
        )
        self._reconciliation = Reconciliation(
            self._account,
            self._tracker,
            self._inquiry,
            clock,
            self._venue_clock,
            self.id,
            self.account_id,
            self._client_order_id_of,
            self._find,
        )
        self._open_orders = OpenOrders(self._tracker, self._observer, self._is_on_main_dex)
        self._lookups = OrderLookups(
            self._inquiry.ask,
            lambda: self._tracker.doubtful() + self._open_orders.contradicted(),
        )
        self._budget = AddressBudget()
        self._watch = AccountWatch(
            self._account,
            lambda: reads.user_rate_limit(self.address),
            self._budget,
            tell=self._tell_account,
            publish_budget=self._publish_budget,
            spawn=self.create_task,
        )
        self._ws = HyperliquidWebSocketClient(
            loop,
            config.ws_url,
            USER_WS_DECODER,
            on_message=self._on_message,
            on_gap=lambda _subscription: None,
            on_connection=self._on_connection,
            ping_interval_secs=config.ws_ping_interval_secs,
            idle_timeout_secs=config.ws_idle_timeout_secs,
            proxy_url=config.proxy_url,
        )
        self._exchange = HyperliquidExchange(
            signer,
            state.nonces(),
            self._ws,
            http,
            governor,
            vault_address=config.vault_address,
            expires_after_ms=config.expires_after_secs * 1000,
            timeout_secs=config.post_timeout_secs,
            clock_ms=self._venue_clock.now_ms,
        )
        self._entry = OrderEntry(
            self._exchange,
            OrderPreparation(http, cache, clock, self._tracker, self._budget, config),
            self._tracker,
            self._observer,
            self._reporter,
            self._lookups,
            self._doubts,
            self._budget,
            state,
            cache,
            spawn=self.create_task,
        )
        self._commands = OrderCommands(
            self._entry,
            self._account,
            adoption,
            self._tracker,
            self._observer,
            self._reporter,
            cache,
            self._client_order_id_of,
        )
        self._terms = AccountTerms(self._exchange, self._find, self._watch.mark_stale)
        self._last_resort: LastResort | None = None
        if config.dead_mans_switch_secs:
            self._last_resort = LastResort(
                self._exchange, config, self.address, self._venue_clock.now_ms
            )
        self._handlers: dict[type, Callable[[Any], None]] = {
            WsOrderUpdates: self._on_order_updates,
            WsUser: self._on_user,
            WsUserFills: self._on_user_fills,
            WsOpenOrders: self._on_open_orders,
            WsTwapHistory: lambda message: self._on_twaps(message.data.history),
        }
        self._owned: list[asyncio.Task[None]] = []
        self._has_connected = False
        self._is_past_told = False
        self._is_recovering = False
        self._last_fill_ms = 0
        msgbus.register(endpoint=f"{name}.command", handler=self._on_command)

    # Connection

    async def _connect(self) -> None:
        await self._load_instruments()
        await check_credentials(
            self._http,
            self._signer.address,
            self._config.account_address,
            self._config.vault_address,
        )
        await self._venue_clock.compare()
        self._last_fill_ms = self._venue_clock.records_ms()
        await self._watch.refresh()
        await self._await_account_registered()
        await self._ws.connect()
        for stream in USER_STREAMS:
            await self._ws.subscribe(Subscription(type=stream, user=self.address))
        await self._terms.apply(self._config.leverages, self._config.isolated)
        await self._watch.read_budget()
        self._has_connected = True
        self._own(self._lookups.run(), "hyperliquid order look-ups")
        self._own(self._watch.keep(self._venue_clock.compare), "hyperliquid housekeeping")
        if self._config.keep_warm:
            self._own(keep_warm(), "hyperliquid keep-warm")
        if self._last_resort is not None:
            self._own(self._last_resort.run(), "hyperliquid last resort")

    async def _disconnect(self) -> None:
        for task in self._owned:
            task.cancel()
        await asyncio.gather(*self._owned, return_exceptions=True)
        self._owned.clear()
        if self._last_resort is not None:
            await self._last_resort.disarm()
        await self._ws.disconnect()
        self._state.close()

    async def _load_instruments(self) -> None:
        await self._provider.initialize()
        for currency in self._provider.currencies().values():
            self._cache.add_currency(currency)
        for instrument in self._provider.list_all():
            coin = instrument.raw_symbol.value
            self._by_coin[coin] = instrument
            if coin.rpartition(":")[0] not in self._dexes:
                self._dexes.append(coin.rpartition(":")[0])
            if self._cache.instrument(instrument.id) is None:
                self._cache.add_instrument(instrument)

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = self._loop.create_task(work, name=name)
        self._owned.append(task)
        task.add_done_callback(self._report_end)

    def _report_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.exception(f"Task {task.get_name()} has ended", error)

    # Orders out. Each command runs up to its first wait in the caller's stack, so that an order
    # leaves in the same turn of the loop in which the engine hands it over.

    def submit_order(self, command: messages.SubmitOrder) -> None:
        """Place an order."""
        self._begin(self._submit_order(command), "submit_order")

    def submit_order_list(self, command: messages.SubmitOrderList) -> None:
        """Place the orders of a list in one request."""
        self._begin(self._submit_order_list(command), "submit_order_list")

    def modify_order(self, command: messages.ModifyOrder) -> None:
        """Replace an order."""
        self._begin(self._modify_order(command), "modify_order")

    def cancel_order(self, command: messages.CancelOrder) -> None:
        """Cancel an order."""
        self._begin(self._cancel_order(command), "cancel_order")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.Task(work, loop=self._loop, name=name, eager_start=True)
        done = partial(self._on_task_completed, None, None, LogColor.NORMAL)
        task.add_done_callback(done)
        self._tasks.add(task)

    async def _submit_order(self, command: messages.SubmitOrder) -> None:
        await self._commands.submit(command)

    async def _submit_order_list(self, command: messages.SubmitOrderList) -> None:
        await self._commands.submit_list(command)

    async def _modify_order(self, command: messages.ModifyOrder) -> None:
        await self._commands.modify(command)

    async def _cancel_order(self, command: messages.CancelOrder) -> None:
        await self._commands.cancel([command])

    async def _batch_cancel_orders(self, command: messages.BatchCancelOrders) -> None:
        await self._commands.cancel(command.cancels)

    async def _cancel_all_orders(self, command: messages.CancelAllOrders) -> None:
        await self._commands.cancel_all(command)

    # What the account is told besides

    def _on_command(self, command: object) -> None:
        self.create_task(self._guard(self._terms.carry_out(command)))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (VenueError, ValueError) as e:
            self._log.error(f"The command had no effect that is known: {e}")

    def _find(self, instrument_id: InstrumentId) -> Instrument:
        instrument = self._provider.find(instrument_id)
        if instrument is None:
            raise ValueError(f"Expected an instrument that is loaded, was {instrument_id}")
        return instrument

    # Messages in

    def _on_message(self, message: Streamed) -> None:
        handler = self._handlers.get(type(message))
        if handler is not None:
            handler(message)

    def _on_order_updates(self, message: WsOrderUpdates) -> None:
        for update in message.data:
            self._on_update(update)

    def _on_update(self, update: OrderUpdate) -> None:
        events = self._observer.on_update(update)
        if events is not None:
            self._reporter.report(events, update.statusTimestamp * NANOS_PER_MILLI)
        elif not self._observer.may_be_part(update):
            self._foreign.on_update(update)

    def _on_open_orders(self, message: WsOpenOrders) -> None:
        self._reporter.report(self._open_orders.on_list(message.data.orders))

    def _is_on_main_dex(self, key: str) -> bool:
        order = self._cache.order(ClientOrderId(key))
        instrument = None if order is None else self._cache.instrument(order.instrument_id)
        return instrument is not None and ":" not in instrument.raw_symbol.value

    def _on_user(self, message: WsUser) -> None:
        data = message.data
        self._on_fills(data.fills)
        self._on_fills(slice_.fill for slice_ in data.twapSliceFills)
        self._on_twaps(data.twapHistory)
        if data.funding is not None:
            self._watch.on_funding(data.funding)
        if data.liquidation is not None:
            self._log.error(f"The venue reports a liquidation: {data.liquidation}")
            self._watch.mark_stale()

    def _on_twaps(self, history: Iterable[TwapHistory]) -> None:
        for entry in history:
            events = self._observer.on_twap(entry)
            if events is None:
                self._foreign.on_twap(entry)
            else:
                self._reporter.report(events)

    def _on_user_fills(self, message: WsUserFills) -> None:
        # The first snapshot holds the past, which Nautilus reconciles from reports; however late it
        # comes, it must not overtake them fill by fill.
        if message.data.isSnapshot and not self._is_past_told:
            self._is_past_told = True
            return
        self._on_fills(message.data.fills)

    def _on_fills(self, fills: Iterable[UserFill]) -> None:
        since = self._last_fill_ms - OVERLAP_MS
        for fill in sorted(fills, key=lambda fill: fill.time):
            if fill.time < since:
                continue
            self._last_fill_ms = max(self._last_fill_ms, fill.time)
            events = self._observer.on_fill(fill)
            if events is None:
                self._on_foreign_fill(fill)
            else:
                self._reporter.report(events)

    def _on_late_fills(self, fills: Iterable[UserFill]) -> None:
        """Record fills of any age, of tracked orders alone."""
        for fill in sorted(fills, key=lambda fill: fill.time):
            self._reporter.report(self._observer.on_fill(fill) or [])

    def _on_foreign_fill(self, fill: UserFill) -> None:
        if self._foreign.on_fill(fill):
            self._on_traded(fill)

    def _on_traded(self, fill: UserFill) -> None:
        # Told when the fill is: one that waited for a modify's outcome comes by another message.
        self._budget.traded(fill.px * fill.sz)
        self._watch.mark_stale()

    def _client_order_id_of(self, cloid: str) -> ClientOrderId | None:
        text = self._state.client_order_id_of(cloid)
        return None if text is None else ClientOrderId(text)

    def _on_changed(self, order: Order, quantity: Decimal) -> None:
        self._entry.correct(order, quantity)

    # After a broken connection

    def _on_connection(self, is_up: bool) -> None:
        if not is_up:
            self._open_orders.forget()
        if is_up and self._has_connected and not self._is_recovering:
            self._is_recovering = True
            self.create_task(self._recover())

    async def _recover(self) -> None:
        """Find out what the streams did not tell while they were down."""
        try:
            self._on_fills(await self._account.fills(self._last_fill_ms - OVERLAP_MS))
            for key in self._tracker.open_orders():
                self._lookups.want(key, 0.0)
            await self._watch.refresh()
        except VenueError as e:
            self._log.warning(f"Recovery after the reconnect is incomplete, again soon: {e}")
            self._loop.call_later(1.0, self._on_connection, self._ws.is_connected)
        finally:
            self._is_recovering = False

    # The account

    def _tell_account(
        self,
        balances: list[AccountBalance],
        margins: list[MarginBalance],
        info: dict[str, Any] | None,
    ) -> None:
        now = self._clock.timestamp_ns()
        self.generate_account_state(balances, margins, reported=True, ts_event=now, info=info)

    def _publish_budget(self, remaining: int) -> None:
        self._msgbus.publish(f"account.{self.account_id}.budget", remaining)

    async def _query_account(self, command: messages.QueryAccount) -> None:
        del command  # there is one account
        await self._guard(self._watch.read_budget())
        await self._guard(self._watch.refresh())

    # Reports

    async def generate_order_status_report(
        self, command: messages.GenerateOrderStatusReport
    ) -> OrderStatusReport | None:
        """Return what the venue says of an order now."""
        return await self._reconciliation.order_report(command)

    async def generate_order_status_reports(
        self, command: messages.GenerateOrderStatusReports
    ) -> list[OrderStatusReport]:
        """Return the open orders, or also those that have ended."""
        return await self._reconciliation.order_reports(command)

    async def generate_fill_reports(
        self, command: messages.GenerateFillReports
    ) -> list[FillReport]:
        """Return the fills of a time."""
        return await self._reconciliation.fill_reports(command)

    async def generate_position_status_reports(
        self, command: messages.GeneratePositionStatusReports
    ) -> list[PositionStatusReport]:
        """Return the open positions."""
        return await self._reconciliation.position_reports(command)

    async def generate_mass_status(
        self, lookback_mins: int | None = None
    ) -> ExecutionMassStatus | None:
        """Return orders, fills and positions of one look."""
        self.reconciliation_active = True
        try:
            return await self._reconciliation.mass_status(lookback_mins)
        finally:
            self.reconciliation_active = False
