"""What stops a start on one machine."""

from shared.errors import RaceDayError


class StartError(RaceDayError):
    """Something cannot be started here; the message says why and how to mend it."""
