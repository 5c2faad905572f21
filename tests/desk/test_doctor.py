"""The doctor as a user meets it, at loopback venues that know the key in each way there is."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from eth_account import Account as EthAccount

from config.loading import parse_profile
from desk.doctor import doctor
from desk.doctor_check import State
from desk.doctor_venues import check_clock, check_venues
from desk.exits import Exit
from risk.events import Cause, Halt
from risk.halts import HaltFiles
from simulator.hyperliquid_trading import TradingOptions
from simulator.synthetix_trading import TradingOptions as SynthetixTradingOptions
from tests.acceptance.synthetix_run import synthetix_venue
from tests.acceptance.trading_run import venue_of

MASTER_KEY, AGENT_KEY = "0x" + "01" * 32, "0x" + "02" * 32
MASTER, AGENT = (str(EthAccount.from_key(key).address) for key in (MASTER_KEY, AGENT_KEY))
ACCOUNTS = ((MASTER.lower(), Decimal(5_000)),)
PROFILE = """\
environment = "demo"
trader_id = "DOCTOR-001"
runs = "{folder}/runs"
[venues.{venue}]
network = "loopback"
execution = "live"
base_url_http = "{http}"
base_url_ws = "{ws}"
private_key_env = "MY_KEY"
state_directory = "{folder}/state"
{more}
[risk]
directory = "{folder}/risk"
[[strategies]]
id = "alerts"
strategy = "alert"
[strategies.parameters]
instrument_id = "{instrument}"
sizing = {{ kind = "notional", amount = "{amount}" }}
"""

type Ask = Callable[..., tuple[Exit, dict[str, tuple[str, str]]]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return the command with a profile in a file, and what it said by the name of a check."""

    def call(
        key: str,
        *,
        venue: str = "hyperliquid",
        urls: tuple[str, str],
        more: str = "",
        amount: str = "1000",
        startup: Literal["run", "webhook"] | None = None,
    ) -> tuple[Exit, dict[str, tuple[str, str]]]:
        monkeypatch.setenv("MY_KEY", key)
        instrument = {"hyperliquid": "BTC-USD-PERP", "synthetix": "BTC-USDT-PERP"}[venue]
        file = tmp_path / "mine.toml"
        file.write_text(
            PROFILE.format(
                folder=tmp_path,
                venue=venue,
                http=urls[0],
                ws=urls[1],
                more=more,
                instrument=f"{instrument}.{venue.upper()}",
                amount=amount,
            )
        )
        ended = doctor(str(file), startup=startup, as_json=True)
        printed = capsys.readouterr().out
        assert key.removeprefix("0x") not in printed
        said = json.loads(printed)["checks"]
        return ended, {one["name"]: (one["state"], one["words"]) for one in said}

    return call


async def test_an_agent_with_its_account_passes(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_ACCOUNT", MASTER)
    trading = TradingOptions(accounts=ACCOUNTS, agents=((AGENT.lower(), MASTER.lower()),))
    async with venue_of(trading=trading) as venue:
        urls = (venue.http_url, venue.ws_url)
        more = 'account_address_env = "MY_ACCOUNT"'
        ended, said = await asyncio.to_thread(ask, AGENT_KEY, urls=urls, more=more)

        assert ended is Exit.DONE
        words = f"{AGENT.lower()} (agent) trades for {MASTER.lower()}, 5,000.00 USDC"
        assert said["account hyperliquid"] == ("ok", words)
        assert said["clock"][0] == "ok"
        assert said["size alerts"][0] == "ok"

        # Without its account it would show an empty one.
        ended, said = await asyncio.to_thread(ask, AGENT_KEY, urls=urls)
        assert ended is Exit.FAILED
        state, told = said["account hyperliquid"]
        assert state == "fail"
        assert f"is an agent of {MASTER.lower()}; set account_address" in told


async def test_a_masters_key_is_a_warning_and_a_strangers_a_failure(ask: Ask) -> None:
    async with venue_of(trading=TradingOptions(accounts=ACCOUNTS)) as venue:
        urls = (venue.http_url, venue.ws_url)
        ended, said = await asyncio.to_thread(ask, MASTER_KEY, urls=urls)
        assert ended is Exit.DONE
        state, told = said["account hyperliquid"]
        assert (state, "(master)" in told) == ("warn", True)

        ended, said = await asyncio.to_thread(ask, AGENT_KEY, urls=urls)
        assert ended is Exit.FAILED
        assert "of kind unknown" in said["account hyperliquid"][1]


async def test_a_delegate_needs_the_number_of_its_sub_account(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    trading = SynthetixTradingOptions(accounts=ACCOUNTS, delegates=((AGENT, MASTER.lower()),))
    async with synthetix_venue(trading=trading) as venue:
        urls = (venue.http_url, venue.ws_url)
        ended, said = await asyncio.to_thread(ask, AGENT_KEY, venue="synthetix", urls=urls)
        assert ended is Exit.FAILED
        state, told = said["account synthetix"]
        assert state == "fail"
        assert "of kind delegate" in told

        number = told.rpartition(" ")[2]
        monkeypatch.setenv("MY_NUMBER", number)
        more = 'subaccount_id_env = "MY_NUMBER"'
        ended, said = await asyncio.to_thread(
            ask, AGENT_KEY, venue="synthetix", urls=urls, more=more
        )
        assert ended is Exit.DONE
        words = f"{AGENT} (delegate) trades for {number}, 5,000.00 USDT"
        assert said["account synthetix"] == ("ok", words)
        assert said["size alerts"][0] == "ok"


async def test_a_size_below_the_venues_smallest_fails(ask: Ask) -> None:
    async with venue_of(trading=TradingOptions(accounts=ACCOUNTS)) as venue:
        urls = (venue.http_url, venue.ws_url)
        ended, said = await asyncio.to_thread(ask, MASTER_KEY, urls=urls, amount="5")
        assert ended is Exit.FAILED
        state, told = said["size alerts"]
        assert state == "fail"
        assert "at least" in told


async def test_paper_money_of_another_kind_fails(tmp_path: Path) -> None:
    async with synthetix_venue() as venue:
        text = PROFILE.format(
            folder=tmp_path,
            venue="synthetix",
            http=venue.http_url,
            ws=venue.ws_url,
            more="",
            instrument="BTC-USDT-PERP.SYNTHETIX",
            amount="1000",
        ).replace('execution = "live"', 'execution = "sandbox"')
        found = {
            check.name: check for check in await check_venues(parse_profile(text.encode(), "x"))
        }
        assert found["paper alerts"].state is State.FAIL
        assert "settles in USDT" in found["paper alerts"].words

        text += '[paper]\nstarting_balances = ["10000 USDT"]\n'
        found = {
            check.name: check for check in await check_venues(parse_profile(text.encode(), "x"))
        }
        assert found["paper alerts"].state is State.OK


def test_a_venue_that_is_not_there_fails_in_words(ask: Ask) -> None:
    nowhere = ("http://127.0.0.1:9", "ws://127.0.0.1:9")
    ended, said = ask(MASTER_KEY, urls=nowhere)
    assert ended is Exit.FAILED
    assert said["venue hyperliquid"][0] == "fail"
    assert "size alerts" not in said

    ended, said = ask(MASTER_KEY, urls=nowhere, startup="run")
    assert ended is Exit.DONE
    assert "venue hyperliquid" not in said


def test_a_halt_and_a_missing_key_fail(ask: Ask, tmp_path: Path) -> None:
    nowhere = ("http://127.0.0.1:9", "ws://127.0.0.1:9")
    halt = Halt(cause=Cause.KILL, words="fat finger", ts_event=0)
    HaltFiles(tmp_path / "risk").write("DOCTOR-001", halt)
    ended, said = ask(MASTER_KEY, urls=nowhere)
    assert ended is Exit.FAILED
    assert said["kill switch"][0] == "fail"
    # A halted run starts, and looks after its positions.
    ended, said = ask(MASTER_KEY, urls=nowhere, startup="run")
    assert ended is Exit.DONE
    assert said["kill switch"][0] == "fail"

    ended, said = ask("no key at all, this is", urls=nowhere, startup="run")
    assert ended is Exit.FAILED
    assert said["environment MY_KEY"][0] == "fail"
    assert said["profile"] == ("fail", "not looked at")


def test_a_sidecar_needs_no_keys(ask: Ask) -> None:
    nowhere = ("http://127.0.0.1:9", "ws://127.0.0.1:9")
    ended, said = ask("no key at all, this is", urls=nowhere, startup="webhook")
    assert ended is Exit.DONE
    assert "environment MY_KEY" not in said
    assert "disk state" not in said


def test_a_broken_profile_is_a_line_among_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("environment = 'nowhere'")
    assert doctor(str(file)) is Exit.FAILED
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("fail  profile: ") for line in lines)
    assert any(line.startswith("ok    python: ") for line in lines)


def test_a_demo_asks_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor("demo") is Exit.DONE
    assert "makes up its secrets" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("venue_ms", "state", "words"),
    [
        (10_000, "ok", "as venue's"),
        (10_000 + 1_050, "ok", "1000 ms behind venue's"),
        (10_000 + 1_051, "warn", "1001 ms behind venue's"),
        (10_000 - 8_050, "fail", "8000 ms ahead of venue's"),
    ],
)
def test_clocks_are_compared_within_the_answers_time(venue_ms: int, state: str, words: str) -> None:
    check = check_clock("venue", 9_950, venue_ms, 10_050, expires_after_secs=8)
    assert (check.state, check.words) == (State(state), words)
