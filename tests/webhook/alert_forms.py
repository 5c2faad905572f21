"""Alerts in a few words, for tests."""

from decimal import Decimal

from nautilus_trader.model.identifiers import InstrumentId

from strategies.signals import Action
from webhook.alerts import Alert

BTC = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")


def alert(
    key: str = "1",
    action: Action | None = Action.BUY,
    quantity: str | None = None,
    *,
    strategy: str = "alerts",
    instrument_id: InstrumentId = BTC,
    before: str | None = None,
    stated: str | None = None,
    sequence: int | None = None,
    comment: str = "",
) -> Alert:
    """Return an alert; its key is the strategy's name and `key`."""
    return Alert(
        dialect="own",
        key=f"{strategy}:{key}",
        digest=f"digest of {key}",
        strategy=strategy,
        instrument_id=instrument_id,
        action=action,
        quantity=None if quantity is None else Decimal(quantity),
        stated_before=None if before is None else Decimal(before),
        stated=None if stated is None else Decimal(stated),
        sequence=sequence,
        comment=comment,
    )
