"""Set the leverage, margin mode and isolated margin of an account; it places no order."""

from collections.abc import Callable, Iterable, Mapping

from nautilus_trader.common.component import Logger
from nautilus_trader.common.enums import LogColor
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.errors import NotSent, OutcomeUnknown
from adapters.hyperliquid.actions import UpdateLeverageAction
from adapters.hyperliquid.commands import AddIsolatedMargin, SetLeverage
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.orders import isolated_margin_action
from adapters.hyperliquid.preparation import asset_of

# Setting a leverage twice does what setting it once does, so a lost answer is no reason to stop.
TRIES = 3


class AccountTerms:
    """
    The terms on which an account trades.

    Parameters
    ----------
    exchange : HyperliquidExchange
        Sends the actions.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument; ValueError if it is none.
    on_changed : Callable[[], None]
        Told when margins may have changed.

    """

    def __init__(
        self,
        exchange: HyperliquidExchange,
        find: Callable[[InstrumentId], Instrument],
        on_changed: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._find = find
        self._on_changed = on_changed
        self._log = Logger(type(self).__name__)

    async def apply(self, leverages: Mapping[str, int], isolated: Iterable[str]) -> None:
        """
        Set the leverage of each instrument id, cross but for those that are isolated.

        Raises
        ------
        ValueError
            If an instrument is not loaded, or the venue offers no such leverage.
        VenueError
            If the venue refused, or did not answer three times.

        """
        alone = frozenset(isolated)
        for text, leverage in leverages.items():
            command = SetLeverage(InstrumentId.from_str(text), leverage, text in alone)
            await self._set_leverage(command, TRIES)

    async def carry_out(self, command: object) -> None:
        """Carry out a command of the message bus; raises as `apply` does."""
        match command:
            case SetLeverage():
                await self._set_leverage(command, 1)
            case AddIsolatedMargin():
                await self._add_isolated_margin(command)
            case _:
                raise ValueError(f"Expected SetLeverage or AddIsolatedMargin, was {command!r}")

    async def _set_leverage(self, command: SetLeverage, tries: int) -> None:
        instrument = self._find(command.instrument_id)
        highest = instrument.info.get("max_leverage")
        if highest is None or not 1 <= command.leverage <= highest:
            raise ValueError(
                f"Expected a leverage of 1 to {highest} for {instrument.id}, was {command.leverage}"
            )
        action = UpdateLeverageAction(
            asset_of(instrument).asset_id,
            is_cross=not command.is_isolated,
            leverage=command.leverage,
        )
        await self._send(action, tries)
        mode = "isolated" if command.is_isolated else "cross"
        self._log.info(f"{instrument.id}: leverage {command.leverage}, {mode}", LogColor.BLUE)
        self._on_changed()

    async def _send(self, action: UpdateLeverageAction, tries: int) -> None:
        for left in reversed(range(tries)):
            try:
                await self._exchange.send(action)
            except (NotSent, OutcomeUnknown) as e:
                if not left:
                    raise
                self._log.warning(f"Leverage of asset {action.asset} once more: {e}")
            else:
                return

    async def _add_isolated_margin(self, command: AddIsolatedMargin) -> None:
        instrument = self._find(command.instrument_id)
        await self._exchange.send(
            isolated_margin_action(asset_of(instrument).asset_id, command.amount)
        )
        self._log.info(f"{instrument.id}: {command.amount} of isolated margin", LogColor.BLUE)
        self._on_changed()
