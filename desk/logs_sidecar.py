"""The log file of the sidecar, in the schema of Nautilus; a run has that of Nautilus itself."""

import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from config.settings import Profile
from desk.exits import UsageError


def sidecar_log(profile: Profile) -> Path:
    """Return the file, beside the runs of a profile."""
    return Path(profile.runs) / f"{profile.trader_id}.webhook.jsonl"


def write_sidecar_log(profile: Profile) -> None:
    """
    Write what this process logs into `sidecar_log` as well, where the profile wants JSON.

    Raises
    ------
    UsageError
        It cannot be written.

    """
    settings = profile.logging
    if not settings.json or settings.level == "OFF":
        return
    file = sidecar_log(profile)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            file, maxBytes=settings.max_file_bytes, backupCount=settings.backups
        )
    except OSError as e:
        raise UsageError(f"Expected to write the log {file}, could not: {e.strerror}") from e
    handler.setFormatter(_Lines(profile.trader_id))
    logging.getLogger().addHandler(handler)


class _Lines(logging.Formatter):
    """Write a record as Nautilus writes its own."""

    def __init__(self, trader_id: str) -> None:
        super().__init__()
        self._trader_id = trader_id

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON, a traceback within its message."""
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "trader_id": self._trader_id,
            "level": record.levelname,
            "component": "webhook",
            "message": message,
        }
        return msgspec.json.encode(line).decode()
