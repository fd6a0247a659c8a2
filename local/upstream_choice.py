"""Which TAB is asked: one given by hand, the real one that the settings name, or the simulated one."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsError

REAL_URL = "https://api.tab.co.nz"
_NAMES = ("TAB_FROM", "TAB_PARTNER", "TAB_PARTNER_ID")
_PLACEHOLDERS = {
    "TAB_FROM": "local@example.invalid",
    "TAB_PARTNER": "raceday-local",
    "TAB_PARTNER_ID": "raceday-local",
}


class UpstreamIfAny(BaseSettings):
    """What the environment and `.env` say of the TAB; all of it may be missing here."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    tab_api_url: str = ""
    tab_from: str = ""
    tab_partner: str = ""
    tab_partner_id: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The TAB that is asked; *settings* are those that differ from what the environment has."""

    kind: Literal["simulated", "given", "real"]
    url: str
    described: str
    settings: dict[str, str] = field(default_factory=dict, repr=False)


def choose_upstream(tab_url: str | None, found: UpstreamIfAny, simulated_url: str) -> Upstream:
    """Decide by *tab_url* of the command line, then by the settings *found*; SettingsError for half a setting."""
    values = dict(zip(_NAMES, (found.tab_from, found.tab_partner, found.tab_partner_id), strict=True))
    missing = [name for name, value in values.items() if not value.strip()]
    if tab_url:
        settings = {"TAB_API_URL": tab_url}
        if not missing:
            return Upstream("given", tab_url, f"{tab_url} (given by --tab-url)", settings)
        described = f"{tab_url} (given by --tab-url; calls carry a placeholder for an identification)"
        return Upstream("given", tab_url, described, {**settings, **_PLACEHOLDERS})
    if not found.tab_api_url.strip() and len(missing) == len(_NAMES):
        settings = {"TAB_API_URL": simulated_url, **_PLACEHOLDERS}
        described = "a simulated TAB on this machine; .env can name the real one"
        return Upstream("simulated", simulated_url, described, settings)
    if missing:
        raise SettingsError(
            [f"{name} is not set, while other TAB_ settings are: set all three, or none" for name in missing]
        )
    url = found.tab_api_url.strip() or REAL_URL
    return Upstream("real", url, f"{url} (named by the settings)", {"TAB_API_URL": url})
