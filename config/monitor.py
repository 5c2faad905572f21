"""The table of the monitor in a profile: where it listens, and who may look and command."""

from ipaddress import ip_address
from typing import Annotated, Final

from msgspec import Meta

from config.errors import MismatchError
from config.forms import Text, VariableName
from config.venues import Settings

PORT_DEFAULT: Final = 8081
READ_TOKEN_ENV: Final = "PERPDESK_READ_TOKEN"  # noqa: S105  # the name, not the value
CONTROL_TOKEN_ENV: Final = "PERPDESK_CONTROL_TOKEN"  # noqa: S105


class MonitorSettings(Settings, frozen=True, kw_only=True):
    """The API that shows a run and takes commands.

    Attributes
    ----------
    host
        The address it listens on. It speaks plain HTTP: anything but loopback needs `expose`.
    port
        0 takes any free port, which the commands find in a file beside the runs.
    read_token_env, control_token_env
        The names of the environment variables with the token of those who may look, and of those
        who may command.
    expose
        The owner's yes to a host that others can reach; a proxy with TLS belongs before it.

    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = PORT_DEFAULT
    read_token_env: VariableName = READ_TOKEN_ENV
    control_token_env: VariableName = CONTROL_TOKEN_ENV
    expose: bool = False

    def __post_init__(self) -> None:
        """Refuse one token for both, and a host that others reach without the owner's yes."""
        if self.control_token_env == self.read_token_env:
            raise MismatchError("another variable than read_token_env", "control_token_env")
        if not (self.expose or _is_loopback(self.host)):
            wanted = "true, your yes to a host that others can reach (tokens travel in clear)"
            raise MismatchError(wanted, "expose")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
