"""The run command: a profile from its file to the session it asks for."""

import os

from config.loading import load_profile
from desk.demo import needs_a_venue, run_demo
from desk.exits import Exit
from desk.monitoring import read_tokens
from desk.node import check_profile
from desk.options import Seconds
from desk.output import AsJson
from desk.running import run_and_report
from desk.webhook import inbox_place, read_webhook_secrets


def run(profile: str, *, seconds: Seconds = None, as_json: AsJson = False) -> Exit:
    """
    Run a profile until Ctrl-C, or for a time.

    Parameters
    ----------
    profile
        A built-in profile (demo, demo-live, demo-live-synthetix, paper, testnet, live) or the path
        of a TOML file.
    seconds
        Stop after this many seconds of wall time; a demo stops after 30 by itself.

    """
    loaded = load_profile(profile)
    monitor = loaded.monitor
    tokens = None if monitor is None else read_tokens(monitor, os.environ)
    if needs_a_venue(loaded):
        return run_demo(loaded, seconds=seconds, tokens=tokens, as_json=as_json)
    check_profile(loaded)
    settings = loaded.webhook
    secrets = read_webhook_secrets(settings, os.environ) if settings and settings.serve else None
    inbox = inbox_place(loaded, os.environ)
    return run_and_report(
        loaded, secrets, seconds=seconds, inbox=inbox, tokens=tokens, as_json=as_json
    )
