"""What `raceday up` runs with, noted in the data dir for the commands given by hand beside it."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from local.data_dir import make_data_dir, open_owned

NOTED = ("TAB_API_URL", "TAB_FROM", "TAB_PARTNER", "TAB_PARTNER_ID", "CLOCK_SPEED", "CLOCK_ORIGIN", "CLOCK_START")
_NAME = "up.json"


class RunningNote:
    """Valid while its writer lives: it holds a lock on it, which no death leaves behind."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _NAME
        self._file: IO[str] | None = None

    def write(self, settings: dict[str, str]) -> None:
        """Note *settings*, for its owner's eyes; a second `raceday up` beside it leaves the first one's note."""
        make_data_dir(self._path.parent)
        file = open_owned(self._path, "r+", permissions=0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return
        file.truncate()
        json.dump({name: value for name, value in settings.items() if name in NOTED}, file)
        file.flush()
        self._file = file

    def remove(self) -> None:
        """Take the note back."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def noted_settings(data_dir: Path) -> dict[str, str]:
    """Return what a living `raceday up` on *data_dir* runs with; nothing where none lives."""
    try:
        with (data_dir / _NAME).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return {str(name): str(value) for name, value in json.load(file).items()}
    except (OSError, ValueError):
        return {}
    return {}


def adopt(settings: dict[str, str]) -> None:
    """Give *settings* to this process, as if it had been started with them."""
    os.environ.update(settings)
