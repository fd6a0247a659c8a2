"""Users' settings and notifications on the wire."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.config import JsonDict

from api.schemas.base import Wire
from shared.alerts import DEFAULT_INDICATORS, DEFAULT_USER

_NOTIFICATION: JsonDict = {
    "notification_id": 17, "user_id": DEFAULT_USER, "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1",
    "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01", "time_interval": 2.0, "kind": "money",
    "payload": {"percent": 12.5}, "created_at": "2025-07-17T00:48:01Z", "delivered_at": None,
}  # fmt: skip


class Indicator(BaseModel):
    """A range of percentage points, [min, max), and the colour it is shown in; the last has no end."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{**DEFAULT_INDICATORS[0]}]})

    display_order: int | None = None
    indicator_type: str = "percentage_range"
    percentage_range_min: float
    percentage_range_max: float | None = None
    color: str
    enabled: bool = True
    is_default: bool = False


class AlertConfig(Wire):
    """A user's six ranges; the defaults where he set none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": DEFAULT_USER,
                    "indicators": [{**DEFAULT_INDICATORS[0]}],
                    "toggle_all": True,
                    "audible_alerts_enabled": True,
                }
            ]
        }
    )

    user_id: str
    indicators: list[Indicator]
    toggle_all: bool
    audible_alerts_enabled: bool


class Notification(Wire):
    """Something a user was told, once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTIFICATION]})

    notification_id: int
    user_id: str
    race_id: str
    entrant_id: str | None
    time_interval: float | None
    kind: str
    payload: dict[str, Any]
    created_at: AwareDatetime
    delivered_at: AwareDatetime | None
