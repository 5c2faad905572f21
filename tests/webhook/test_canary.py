"""A secret is planted wherever one can stand, and every byte that leaves is searched for it."""

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.inbox import Answer
from webhook.server import serving
from webhook.stores import open_inbox

SECRET = 'canary-"8f3a51"-\u00e4-\\-cafe'
"""With what JSON and URLs write otherwise."""
TOKEN = "canary-path-77b0c4"
PLAIN = "canary-plain-1d93e7"
CANARY = re.compile(rb"canary", re.IGNORECASE)

PATH = "/webhook/tradingview"


def alert(**changes: object) -> dict[str, object]:
    base = {"strategy": "alert_eth", "action": "buy", "ticker": "ETH", "id": "1"}
    return base | changes


def requests(secret: str) -> list[tuple[str, str, dict[str, str], bytes]]:
    """Return method, path, headers and body of requests with the secrets in every place."""
    json_type = {"content-type": "application/json"}
    said: list[dict[str, object]] = [
        alert(secret=secret),
        alert(secret=secret, id="2", comment=f"my secret is {secret} and {TOKEN}"),
        alert(secret=secret, id=secret),
        alert(secret=secret, id="3", ticker=secret),
        alert(secret=secret, id="4", strategy=TOKEN),
        alert(secret=secret, id="5", quantity=secret),
        alert(secret=secret, id="6", time=TOKEN),
        alert(secret=secret, id="7", instrument=TOKEN),
        alert(secret=secret, id="8") | {secret: 1, TOKEN: secret},
        alert(secret=secret, id="9", order={"amount": secret, "x": [TOKEN]}),
        alert(secret=f"{secret}x", id="10"),
        alert(token=TOKEN, id="11"),
        alert(secret=[secret], id="12"),
    ]
    bodies = [
        json.dumps(one, ensure_ascii=ascii_).encode() for ascii_ in (True, False) for one in said
    ]
    whole = json.dumps(alert(secret=secret)).encode()
    bodies += [
        whole[:-1],
        whole.replace(b'"buy"', secret.encode()),
        secret.encode(),
        TOKEN.encode(),
        f"strategy=alert_eth action=buy ticker=ETH id=20 secret={secret}".encode(),
        f"strategy=alert_eth action={secret} ticker={TOKEN} id=21 secret={secret}".encode(),
        f"{secret}=1 {TOKEN}=2 secret={secret}".encode(),
        b'{"secret": ' + secret.encode() + b"}",
        b'{"' + TOKEN.encode() + b'": NaN}',
    ]
    paths = [PATH, f"{PATH}/{TOKEN}"]
    found = [("POST", path, json_type, body) for path in paths for body in bodies]
    found += [
        ("POST", f"{PATH}/{TOKEN}x", json_type, whole),
        ("POST", f"{PATH}/{TOKEN}/", json_type, whole),
        ("POST", f"/{TOKEN}", json_type, whole),
        ("GET", f"{PATH}/{TOKEN}?secret={TOKEN}", {}, b""),
        ("GET", f"/health?token={TOKEN}", {}, b""),
        ("GET", "/openapi.json", {"authorization": f"Bearer {TOKEN}"}, b""),
        ("POST", PATH, {"content-type": TOKEN}, whole),
        ("POST", PATH, json_type | {"content-encoding": TOKEN}, whole),
        ("POST", PATH, json_type | {"x-forwarded-for": TOKEN}, whole),
        ("CANARY", PATH, {}, b""),
    ]
    return found


async def everything_answered(url: str, secret: str) -> AsyncIterator[bytes]:
    """Yield every answer, head and body, with what the client itself sent left out."""
    async with aiohttp.ClientSession() as session:
        for method, path, headers, body in requests(secret):
            async with session.request(method, url + path, headers=headers, data=body) as response:
                yield f"{response.status} {response.headers!r}".encode() + await response.read()


def leaks(secret: str, *texts: bytes) -> list[bytes]:
    forms = {
        secret.encode(),
        TOKEN.encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
    }
    return [text for text in texts for form in forms if form in text]


@pytest.mark.parametrize("secret", [PLAIN, SECRET])
@pytest.mark.parametrize("breaks", [False, True], ids=["stored", "failing"])
async def test_no_secret_is_written_or_answered(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    secret: str,
    *,
    breaks: bool,
) -> None:
    from nautilus_trader.model.identifiers import InstrumentId  # noqa: PLC0415

    inbox = open_inbox(str(tmp_path / "alerts.sqlite"))

    class Failing:
        status = inbox.status

        async def put(self, *_: object) -> Answer:
            raise ValueError(f"a bug that shows {secret} and {TOKEN}")

    app = create_app(
        Failing() if breaks else inbox,
        Credentials(secret, TOKEN),
        strategies={"alert_eth": Ttl()},
        tickers={"ETH": InstrumentId.from_str("ETH-USD-PERP.VENUE")},
    )
    with caplog.at_level(logging.DEBUG):
        asyncio.get_running_loop().set_debug(True)
        async with serving(app, "127.0.0.1", 0) as url:
            answers = [answer async for answer in everything_answered(url, secret)]
    await inbox.close()
    assert any(b'"internal"' if breaks else b'"accepted"' in answer for answer in answers)
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert breaks or files
    shown = capfd.readouterr()
    logs = [
        record.getMessage().encode() for record in caplog.records if "aiohttp" not in record.name
    ]
    written = [*answers, *files, *logs, shown.out.encode(), shown.err.encode()]
    assert leaks(secret, *written) == []


async def test_the_process_of_its_own_writes_no_secret(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(
        'environment = "paper"\ntrader_id = "DESK-001"\n'
        f'runs = "{tmp_path}/runs"\n'
        '[venues.hyperliquid]\nnetwork = "mainnet"\n'
        '[[strategies]]\nid = "alert_eth"\nstrategy = "alert"\n'
        "[strategies.parameters]\n"
        'instrument_id = "ETH-USD-PERP.HYPERLIQUID"\n'
        'sizing = { kind = "notional", amount = "100" }\n'
        'stop = { kind = "percent", percent = "2" }\n'
        '[webhook]\nport = 0\nserve = false\ntoken_env = "A_TOKEN"\nrate_per_minute = 0\n'
    )
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-m", "desk", "webhook", str(profile), "--json"],
        env=os.environ | {"PERPDESK_WEBHOOK_SECRET": PLAIN, "A_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        answers = [one async for one in everything_answered(json.loads(line)["url"], PLAIN)]
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert any(b'"accepted"' in answer for answer in answers)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"alert_eth:1" in file for file in files)
    assert not any(CANARY.search(text) for text in (line, output, errors, *files))
    assert leaks(PLAIN, *answers) == []
