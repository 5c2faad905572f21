"""What is loaded tells of each dex what it is margined in."""

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import InstrumentProviderConfig

from adapters.hyperliquid.loaded import LoadedInstruments
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta


class Listing:
    """A venue with a dex of its own and one of a builder, margined otherwise."""

    async def all_perp_metas(self) -> list[PerpMeta]:
        rows = (("BTC", 0), ("km:US500", 360))
        return [
            PerpMeta(
                [{"name": name, "szDecimals": 2, "maxLeverage": 10}], collateralToken=collateral
            )
            for name, collateral in rows
        ]

    async def spot_meta(self) -> SpotMeta:
        rows = (("USDC", 0), ("USDH", 360), ("PURR", 1))
        tokens = [
            {"name": name, "szDecimals": 2, "weiDecimals": 8, "index": index}
            for name, index in rows
        ]
        pair = {"name": "PURR/USDH", "tokens": [1, 360], "index": 0}
        return msgspec.convert({"universe": [pair], "tokens": tokens}, SpotMeta)


async def test_every_dex_with_an_instrument_has_its_collateral() -> None:
    config = InstrumentProviderConfig(load_all=True)
    provider = HyperliquidInstrumentProvider(Listing(), LiveClock(), config)
    loaded = LoadedInstruments(provider, Cache())
    dexes = loaded.collaterals.keys()
    assert list(dexes) == [""]

    await loaded.load()

    assert {dex: one.code for dex, one in loaded.collaterals.items()} == {"": "USDC", "km": "USDH"}
    assert list(dexes) == ["", "km"]
