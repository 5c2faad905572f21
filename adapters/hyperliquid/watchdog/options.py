"""What a watchdog is told on its command line, and what its exit codes tell; never a secret."""

import argparse
from collections.abc import Sequence

import msgspec

EXIT_FAREWELL = 0
"""The parent said farewell: nothing was touched."""
EXIT_USAGE = 2
"""The command line or the key was wrong; argparse ends with it too. 1 is an error of ours."""
EXIT_GAVE_UP = 3
"""The parent died or hung, and the venue never confirmed that no order is left."""
EXIT_CLEARED = 4
"""The parent died or hung, and the venue confirmed that no order is left."""


class WatchdogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whose orders to cancel, where, and when.

    Parameters
    ----------
    url : str
        The venue's REST address without path.
    account : str
        The address whose orders are watched: a master's, a sub-account's or a vault's.
    key_variable : str
        The environment variable that holds the private key of the account, or of its agent.
    is_mainnet : bool
        As for `signing.Signer`.
    vault_address : str, optional
        Set to `account` for a sub-account or a vault, which cannot sign.
    silence_secs : float, default 15
        Without a beat for so long the parent counts as hung; it beats every second.
    give_up_secs : float, default 86,400
        How long to try; a network upgrade of the venue takes minutes.
    cancels_all : bool, default False
        Cancel reduce-only orders too, so that a position loses its stop.
    proxy_url : str, optional
        An HTTP proxy.

    """

    url: str
    account: str
    key_variable: str
    is_mainnet: bool
    vault_address: str | None = None
    silence_secs: float = 15.0
    give_up_secs: float = 86_400.0
    cancels_all: bool = False
    proxy_url: str | None = None

    def __post_init__(self) -> None:
        """Refuse times that are not positive (ValueError)."""
        if min(self.silence_secs, self.give_up_secs) <= 0:
            raise ValueError(
                f"Expected positive times, was {self.silence_secs} and {self.give_up_secs} s"
            )


def options_to_arguments(options: WatchdogOptions) -> list[str]:
    """Return the command line that `parse_arguments` reads as these options."""
    arguments = [f"--url={options.url}", f"--account={options.account}"]
    arguments += [f"--key-variable={options.key_variable}"]
    arguments += [f"--silence-secs={options.silence_secs}"]
    arguments += [f"--give-up-secs={options.give_up_secs}"]
    arguments += ["--mainnet"] if options.is_mainnet else []
    arguments += [f"--vault={options.vault_address}"] if options.vault_address else []
    arguments += ["--all"] if options.cancels_all else []
    return arguments + ([f"--proxy={options.proxy_url}"] if options.proxy_url else [])


def parse_arguments(arguments: Sequence[str]) -> WatchdogOptions:
    """Return the options of a command line; a wrong one ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m adapters.hyperliquid.watchdog",
        description="Cancel an account's resting orders when standard input falls silent or is"
        " closed without a farewell.",
        allow_abbrev=False,
    )
    parser.add_argument("--url", required=True)
    parser.add_argument("--account", required=True)
    parser.add_argument("--key-variable", required=True, help="where the private key is found")
    parser.add_argument("--mainnet", action="store_true", dest="is_mainnet")
    parser.add_argument("--vault", dest="vault_address")
    parser.add_argument("--silence-secs", type=float)
    parser.add_argument("--give-up-secs", type=float)
    parser.add_argument(
        "--all", action="store_true", dest="cancels_all", help="reduce-only orders too"
    )
    parser.add_argument("--proxy", dest="proxy_url")
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value}
    try:
        return WatchdogOptions(**{"is_mainnet": False, **given})
    except ValueError as e:
        parser.error(str(e))
