"""What the venue says of itself: GET /v1/status, the older routes and getExchangeStatus."""


def status(maintenance: str | None) -> dict[str, object]:
    """Answer GET /v1/status, which stands in no envelope (fact sheet 2)."""
    if maintenance is None:
        return {"maintenance": False}
    return {"maintenance": True, "message": maintenance}


def exchange_status(maintenance: str | None, now_ms: int) -> dict[str, object]:
    """Answer the older status routes and getExchangeStatus (fact sheet 2)."""
    running = maintenance is None
    return {
        "accepting_orders": running,
        "exchange_status": "RUNNING" if running else "MAINTENANCE",
        "code": "" if running else "SERVICE_DRAINING",
        "message": maintenance or "",
        "timestamp_ms": now_ms,
    }
