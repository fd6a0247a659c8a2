"""The exceptions that cross a module's edge.

::

    RaceDayError
    ├── SettingsError         a setting is missing or wrong: the start stops
    ├── UpstreamError         the TAB's answer cannot be used
    │   ├── Unavailable       no answer, 429, 5xx, cut off, not JSON: worth another try
    │   ├── Refused           400, 403, 404: another try gives the same
    │   └── PayloadError      a sound answer lacks what we need: counted, not retried
    ├── StoreError            the database refused or could not be reached
    │   ├── SchemaTooOld      migrations are missing: `raceday migrate`
    │   ├── NotLeader         the lease is another worker's: nothing was written
    │   └── OlderAnswer       a newer answer of this race is stored already: nothing was written
    ├── PollInHand            the race is being polled already: one race is never polled twice at once
    └── NotFound              no such race, meeting or user
"""


class RaceDayError(Exception):
    """The root: whatever RaceDay raises on purpose."""


class SettingsError(RaceDayError):
    """One or more settings are missing or wrong; *problems* has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UpstreamError(RaceDayError):
    """The TAB's answer to *path* cannot be used; *tries* were made, *status* is the last HTTP status if any."""

    outcome = "upstream_error"

    def __init__(self, message: str, *, path: str = "", tries: int = 1, status: int | None = None) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path, self.tries, self.status = path, tries, status


class Unavailable(UpstreamError):
    """No usable answer within the deadline: worth another try later."""

    outcome = "unavailable"


class Refused(UpstreamError):
    """The upstream understood and said no (400, 403, 404)."""

    outcome = "refused"


class PayloadError(UpstreamError):
    """A complete answer lacks what we need; *field* is the path of the culprit in the body."""

    outcome = "payload"

    def __init__(self, message: str, *, field: str = "", path: str = "", status: int | None = 200) -> None:
        super().__init__(f"{field}: {message}" if field else message, path=path, status=status)
        self.field = field


class StoreError(RaceDayError):
    """The database refused, or could not be reached."""


class SchemaTooOld(StoreError):
    """The database lacks migrations that this code needs."""


class NotLeader(StoreError):
    """Another worker holds the lease: nothing was written."""


class OlderAnswer(StoreError):
    """A newer answer of the same race is stored already: nothing was written."""


class PollInHand(RaceDayError):
    """The race is being polled already."""


class NotFound(RaceDayError):
    """No such race, meeting or user."""
