"""Set the leverage of an account's markets; it places no order."""

from collections.abc import Callable, Mapping

from nautilus_trader.common.component import Logger
from nautilus_trader.common.enums import LogColor
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.errors import NotSent, OutcomeUnknown
from adapters.synthetix.actions import UpdateLeverageAction
from adapters.synthetix.commands import SetLeverage
from adapters.synthetix.exchange import SynthetixExchange

# Setting a leverage twice does what setting it once does, so a lost answer is no reason to stop.
TRIES = 3


class AccountTerms:
    """
    The terms on which an account trades.

    Parameters
    ----------
    exchange : SynthetixExchange
        Sends the actions.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument; ValueError if it is none.
    on_changed : Callable[[], None]
        Told when margins may have changed.

    """

    def __init__(
        self,
        exchange: SynthetixExchange,
        find: Callable[[InstrumentId], Instrument],
        on_changed: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._find = find
        self._on_changed = on_changed
        self._log = Logger(type(self).__name__)

    async def apply(self, leverages: Mapping[str, int]) -> None:
        """
        Set the leverage of each instrument id.

        Raises
        ------
        ValueError
            If an instrument is not loaded, or the venue offers no such leverage.
        VenueError
            If the venue refused, or did not answer three times.

        """
        for text, leverage in leverages.items():
            await self._set_leverage(SetLeverage(InstrumentId.from_str(text), leverage), TRIES)

    async def carry_out(self, command: object) -> None:
        """Carry out a command of the message bus; raises as `apply` does."""
        if not isinstance(command, SetLeverage):
            raise ValueError(f"Expected SetLeverage, was {command!r}")  # noqa: TRY004 - told as the others are
        await self._set_leverage(command, 1)

    async def _set_leverage(self, command: SetLeverage, tries: int) -> None:
        instrument = self._find(command.instrument_id)
        highest = instrument.info.get("max_leverage")
        if highest is None or not 1 <= command.leverage <= highest:
            raise ValueError(
                f"Expected a leverage of 1 to {highest} for {instrument.id}, was {command.leverage}"
            )
        action = UpdateLeverageAction(instrument.raw_symbol.value, str(command.leverage))
        await self._send(action, tries)
        self._log.info(f"{instrument.id}: leverage {command.leverage}", LogColor.BLUE)
        self._on_changed()

    async def _send(self, action: UpdateLeverageAction, tries: int) -> None:
        for left in reversed(range(tries)):
            try:
                await self._exchange.send(action)
            except (NotSent, OutcomeUnknown) as e:
                if not left:
                    raise
                self._log.warning(f"Leverage of {action.symbol} once more: {e}")
            else:
                return
