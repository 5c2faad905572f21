"""What one client of a process was told another need not ask, for a minute and no longer."""

import asyncio

import pytest
from nautilus_trader.common.component import LiveClock
from nautilus_trader.config import InstrumentProviderConfig

from adapters.common.errors import OutcomeUnknown
from adapters.hyperliquid.answers import KEPT_SECS, SharedAnswers
from adapters.hyperliquid.config import ALL_PRODUCT_TYPES, HyperliquidProductType
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from simulator.hyperliquid import HyperliquidVenue, VenueOptions

USER = "0x" + "1" * 40


class Venue:
    """Counts how often it is asked, answers once it may, and fails as often as it must."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self._failures = failures

    async def ask(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        if number <= self._failures:
            raise OutcomeUnknown("busy")
        return number


async def test_those_who_ask_at_once_are_told_together() -> None:
    answers, venue = SharedAnswers(), Venue()
    venue.may_answer.set()

    assert await asyncio.gather(*(answers.get(b"a", venue.ask) for _ in range(3))) == [1, 1, 1]
    assert await answers.get(b"b", venue.ask) == 2


async def test_an_answer_holds_for_a_minute_from_its_question_on() -> None:
    now = [100.0]
    answers, venue = SharedAnswers(lambda: now[0]), Venue()
    asking = asyncio.create_task(answers.get(b"a", venue.ask))
    await asyncio.sleep(0)
    now[0] += 10
    venue.may_answer.set()
    assert await asking == 1

    now[0] = 100 + KEPT_SECS - 0.01
    assert await answers.get(b"a", venue.ask) == 1
    now[0] = 100 + KEPT_SECS
    assert await answers.get(b"a", venue.ask) == 2


async def test_a_failure_is_not_shared() -> None:
    answers, venue = SharedAnswers(), Venue(failures=1)
    venue.may_answer.set()

    first, second = await asyncio.gather(
        *(answers.get(b"a", venue.ask) for _ in range(2)), return_exceptions=True
    )

    assert isinstance(first, OutcomeUnknown)
    assert second == 2


async def test_who_gives_up_leaves_the_question_to_the_next() -> None:
    answers, venue = SharedAnswers(), Venue()
    gone = asyncio.create_task(answers.get(b"a", venue.ask))
    next_ = asyncio.create_task(answers.get(b"a", venue.ask))
    await asyncio.sleep(0)
    gone.cancel()
    venue.may_answer.set()

    assert await next_ == 2


def test_answers_serve_the_next_event_loop() -> None:
    answers, venue = SharedAnswers(), Venue()

    async def cut_off() -> None:
        asking = [asyncio.create_task(answers.get(b"a", venue.ask)) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in asking)

    async def ask() -> list[int]:
        venue.may_answer.set()
        return await asyncio.gather(*(answers.get(b"a", venue.ask) for _ in range(2)))

    asyncio.run(cut_off())  # cancels both when it ends
    told = asyncio.run(ask())

    assert told == [venue.asked] * 2
    assert asyncio.run(ask()) == told


def client_of(
    venue: HyperliquidVenue, answers: SharedAnswers | None = None
) -> HyperliquidHttpClient:
    return HyperliquidHttpClient(
        venue.http_url, address_governor(), max_attempts=1, answers=answers
    )


def provider_of(
    http: HyperliquidHttpClient,
    product_types: frozenset[HyperliquidProductType] = ALL_PRODUCT_TYPES,
) -> HyperliquidInstrumentProvider:
    everything = InstrumentProviderConfig(load_all=True)
    return HyperliquidInstrumentProvider(http, LiveClock(), everything, product_types, USER)


def asked(venue: HyperliquidVenue) -> list[str]:
    bodies = [r.body for r in venue.received if r.kind == "info" and isinstance(r.body, dict)]
    venue.received.clear()
    return sorted(body["type"] for body in bodies)


async def test_clients_of_one_address_load_the_instruments_once() -> None:
    async with HyperliquidVenue(VenueOptions()).running() as venue:
        answers = SharedAnswers()
        providers = [provider_of(client_of(venue, answers)) for _ in range(2)]
        await asyncio.gather(*(provider.initialize() for provider in providers))

        assert asked(venue) == ["allPerpMetas", "spotMeta", "userFees"]
        assert [i.id for i in providers[0].list_all()] == [i.id for i in providers[1].list_all()]
        assert providers[0].list_all()

        await providers[0].refresh()
        assert asked(venue) == ["allPerpMetas", "spotMeta", "userFees"]


async def test_perpetuals_of_the_venue_alone_need_no_spot_tokens() -> None:
    async with HyperliquidVenue(VenueOptions()).running() as venue:
        everything, perps = (
            provider_of(client_of(venue)),
            provider_of(client_of(venue), frozenset({HyperliquidProductType.PERP})),
        )
        await everything.initialize()
        asked(venue)
        await perps.initialize()

        assert asked(venue) == ["allPerpMetas", "userFees"]
        wanted = [i for i in everything.list_all() if i.info["product_type"] == "perp"]
        assert [(i.id, i.settlement_currency) for i in perps.list_all()] == [
            (i.id, i.settlement_currency) for i in wanted
        ]


async def test_what_cannot_be_read_or_may_have_changed_is_asked_again() -> None:
    async with HyperliquidVenue(VenueOptions()).running() as venue:
        answers = SharedAnswers()
        venue.fail_next_info(200, "[1,2")
        with pytest.raises(OutcomeUnknown):
            await client_of(venue, answers).all_perp_metas()
        assert await client_of(venue, answers).all_perp_metas()
        for _ in range(2):
            await client_of(venue, answers).exchange_time_ms()

        assert asked(venue) == ["allPerpMetas"] * 2 + ["exchangeStatus"] * 2
