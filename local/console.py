"""What `raceday up` prints: every line under the name of who said it; colours on a terminal only."""

from rich.console import Console
from rich.text import Text

_COLOURS = {"raceday": "bold", "tab": "magenta", "workers": "cyan", "api": "green", "database": "yellow"}
_WIDTH = 8


class Voices:
    """Prints lines of several speakers; safe from any thread."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, markup=False)

    def say(self, name: str, line: str) -> None:
        """Print *line* as said by *name*."""
        text = Text(f"{name:<{_WIDTH}} ", style=_COLOURS.get(name, ""))
        text.append("│ " if self._console.is_terminal else "| ", style="dim")
        text.append_text(Text.from_ansi(line, style="not bold"))
        self._console.print(text, soft_wrap=True)

    def summary(self, rows: list[tuple[str, str]], closing: str) -> None:
        """Print the calm block that says all is up."""
        self._console.print()
        for label, value in rows:
            self._console.print(Text.assemble((f"  {label:<10} ", "dim"), (value, "bold")), soft_wrap=True)
        self._console.print(Text(f"\n  {closing}\n", style="dim"), soft_wrap=True)
