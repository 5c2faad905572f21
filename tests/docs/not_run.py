"""The commands of the pages that no test of this folder runs, each with the reason why."""

from tests.docs.pages import ROOT, Command

# Whole pages whose blocks another test runs, or shows to hold.
PAGES = {
    "docs/backtest.md": "tests/backtest/test_backtest_page.py",
    "docs/funds.md": "tests/custody/test_deposit.py",
    "docs/venues/synthetix-recording.md": "tests/desk/test_record_synthetix.py",
}

DEMOS = "half a minute each: tests/desk/test_demo.py, tests/desk/test_demo_live.py"
MAINNET = "asks the real market; docs/quickstart.md has the same command on a copy, which is run"
ENGINE = "needs an engine for containers; tests/docker/test_promises.py reads the files"
COMPOSE = "docker compose --env-file desk.env -f docker/compose.yaml"

COMMANDS = {
    "make demo": DEMOS,
    "make test": "is running now",
    "make image": ENGINE,
    "perpdesk demo --seed 7": DEMOS,
    "perpdesk demo --replay PATH": DEMOS,
    "perpdesk run demo-live": DEMOS,
    "perpdesk run demo-live-synthetix": DEMOS,
    "perpdesk cycle synthetix": "a quarter of a minute: tests/desk/test_cycle.py",
    "perpdesk cycle hyperliquid --profile mine-testnet.toml": "the same: tests/desk/test_cycle.py",
    "perpdesk run testnet": MAINNET,
    "perpdesk doctor paper": MAINNET,
    "perpdesk doctor paper --json": MAINNET,
    "perpdesk alerts lint alert.json --price 3000": (
        "asks the real market for the rules of size: tests/desk/test_alerts_lint.py"
    ),
    f"{COMPOSE} up -d": ENGINE,
    f"{COMPOSE} exec node perpdesk doctor /config/profile.toml": ENGINE,
    f"{COMPOSE} exec node perpdesk logs --profile /config/profile.toml --follow": ENGINE,
    f"{COMPOSE} down": ENGINE,
}


def reason_of(command: Command) -> str | None:
    """Return why a command of a block is not run here; None for one that is."""
    return PAGES.get(command.page) or COMMANDS.get(plain(command))


def plain(command: Command) -> str:
    """Return a command as it is written when the program is found by its name."""
    return command.text.removeprefix(".venv/bin/")


def files_named() -> set[str]:
    """Return the files that the reasons name, relative to the repository."""
    words = " ".join((*PAGES.values(), *COMMANDS.values())).replace(",", " ").split()
    return {word for word in words if word.endswith(".py") and not (ROOT / word).is_file()}
