"""A real redis-server for tests, on a free port of 127.0.0.1, with its files in a test folder."""

import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from tests.certificates import certificates

PASSWORD = "canary-5d81c0"

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class RedisServer:
    """
    A server that can be killed, frozen and started again with the same data.

    With `is_tls` it speaks nothing but TLS, as localhost, by the authority of `authority`.
    """

    is_tls = False

    def __init__(self, folder: Path, *arguments: str, is_tls: bool = False) -> None:
        self.folder = folder
        self.is_tls = is_tls
        if is_tls:
            _, self.authority = certificates(folder, ["localhost"])
        self.arguments = arguments or DURABLE
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        if self.is_tls:
            return f"rediss://:{PASSWORD}@localhost:{self.port}/0"
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self, *arguments: str) -> None:
        """Start it, and return when it answers."""
        basic = [*self._ports(), "--bind", "127.0.0.1", "--save", ""]
        private = ["--requirepass", PASSWORD, "--dir", str(self.folder), "--logfile", "redis.log"]
        command = ["redis-server", *basic, *private, *(arguments or self.arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while self.ask("PING") != "+PONG":
            assert time.monotonic() < deadline, (self.folder / "redis.log").read_text()
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Make it hold its breath: connections stay, answers do not come."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> str:
        """Send one command in plain; return the first line of the answer, "" when there is none."""
        try:
            with self._connect() as connection:
                connection.sendall(_encode("AUTH", PASSWORD) + _encode(*words))
                lines = connection.makefile("rb")
                if lines.readline() != b"+OK\r\n":
                    return ""
                return lines.readline().decode().strip()
        except OSError:
            return ""

    def _ports(self) -> list[str]:
        if not self.is_tls:
            return ["--port", str(self.port)]
        pem = str(self.folder / "server.pem")
        files = ["--tls-cert-file", pem, "--tls-key-file", pem]
        authority = ["--tls-ca-cert-file", str(self.authority), "--tls-auth-clients", "no"]
        return ["--port", "0", "--tls-port", str(self.port), *files, *authority]

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        if not self.is_tls:
            return plain
        context = ssl.create_default_context(cafile=str(self.authority))
        try:
            return context.wrap_socket(plain, server_hostname="localhost")
        except OSError:
            plain.close()
            raise


def _encode(*words: str) -> bytes:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()
