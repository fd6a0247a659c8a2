"""Health and the workers' schedule on the wire."""

from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from api.schemas.base import Wire


class Health(Wire):
    """Whether readers get what is due, and if not, why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "degraded", "timestamp": "2025-07-17T00:45:29Z", "database": "connected",
                    "workers": "silent", "reasons": ["the workers are silent: last heartbeat 42 s ago"],
                }
            ]
        }
    )  # fmt: skip

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: AwareDatetime
    database: Literal["connected", "unreachable"]
    workers: Literal["alive", "silent", "stopped", "unknown"]
    reasons: list[str] = Field(description="Empty when healthy")


class Live(Wire):
    """The process itself answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Scheduler(Wire):
    """A job of the workers, and how it last went."""

    name: str
    schedule: str
    description: str
    last_run: AwareDatetime | None
    last_success: AwareDatetime | None
    next_run: AwareDatetime | None
    status: str
    error: str | None
    details: dict[str, Any]


class SchedulerStatus(Wire):
    """All jobs of the workers, and the workers themselves."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "success": True,
                    "schedulers": {
                        "daily-meetings": {
                            "name": "daily-meetings", "schedule": "daily at 17:00 UTC",
                            "description": "the racing day's meetings", "last_run": "2025-07-16T17:00:00Z",
                            "last_success": "2025-07-16T17:00:00Z", "next_run": "2025-07-17T17:00:00Z",
                            "status": "success", "error": None, "details": {"records": 14, "errors": 0},
                        }
                    },
                    "system_info": {"workers": [], "timestamp": "2025-07-17T00:45:29Z"},
                }
            ]
        }
    )  # fmt: skip

    success: bool = True
    schedulers: dict[str, Scheduler]
    system_info: dict[str, Any]
