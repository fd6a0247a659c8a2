"""The `raceday` command."""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from local.check import Finding, check_database, check_settings, check_upstream
from local.console import Voices
from local.database import database
from local.running import adopt, noted_settings
from local.status import print_status
from local.up import UpOptions, run_up
from shared.clock import racing_day_bounds
from shared.errors import RaceDayError
from shared.schema import migrate as migrate_schema
from shared.settings import ApiSettings, DatabaseSettings, load

app = typer.Typer(
    help="Watches New Zealand and Australian horse racing and shows money moving while it still matters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_errors = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where the embedded database lives (DATA_DIR, else .raceday).")
]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Where to listen, on loopback.")]
Speed = Annotated[
    float, typer.Option("--speed", min=0.01, max=10_000, envvar="CLOCK_SPEED", help="Times as fast as real time.")
]

TabPort = Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen, on loopback.")]
TabSpeed = Annotated[float | None, typer.Option("--speed", min=0.01, help="Times as fast as real time.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same simulated day.")]
Meetings = Annotated[int, typer.Option("--meetings", min=1, help="How many meetings are simulated.")]
Day = Annotated[
    datetime | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="Begin at 05:00 of this NZ racing day, instead of now."),
]


@app.command()
def up(
    *,
    port: Port = None,
    data_dir: DataDir = None,
    tab_url: Annotated[str | None, typer.Option("--tab-url", help="Ask this TAB instead.")] = None,
    speed: Speed = 1.0,
    day: Day = None,
    seed: Seed = 1,
    meetings: Meetings = 12,
    replay: Annotated[Path | None, typer.Option("--replay", help="Serve this recording instead of a TAB.")] = None,
    no_jobs: Annotated[bool, typer.Option("--no-jobs", help="Run no daily jobs: only poll.")] = False,
) -> None:
    """Run the whole on this machine: database, TAB (simulated unless named), workers, page."""
    starts_at = racing_day_bounds(day.date())[0] if day else None
    command = ["tab", "--seed", str(seed), "--meetings", str(meetings)]
    if day:
        command += ["--day", day.date().isoformat()]
    if replay:
        from local.tab.replay import Replay  # noqa: PLC0415 - only this option needs it

        starts_at, command = Replay(replay).begins, ["replay", str(replay.resolve())]
    options = UpOptions(
        port or load(ApiSettings).port, _place(data_dir), tab_url, speed, not no_jobs, starts_at, tuple(command)
    )
    raise typer.Exit(run_up(options, Voices()))


@app.command()
def workers(data_dir: DataDir = None) -> None:
    """Run the workers alone."""
    with _beside_the_services(data_dir):
        runpy.run_module("workers", run_name="__main__", alter_sys=True)


@app.command()
def api(port: Port = None, data_dir: DataDir = None) -> None:
    """Run the read-only API and its page alone."""
    with _beside_the_services(data_dir):
        if port is not None:
            adopt({"PORT": str(port)})
        runpy.run_module("api", run_name="__main__", alter_sys=True)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the newest schema; running it twice is fine."""
    with database(_place(data_dir), _say) as url:
        typer.echo(f"the database is at schema {migrate_schema(url)}")


@app.command()
def job(
    name: Annotated[
        str, typer.Argument(help="daily-meetings, daily-races, daily-entrants, backfill, coverage, upkeep")
    ],
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The NZ racing day.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run a job now."""
    from local.by_hand import run_job  # noqa: PLC0415 - brings the whole of the workers

    with _beside_the_services(data_dir):
        report = run_job(name, day.date() if day else None, Console(stderr=True))
    typer.echo(f"{name}: {report.records} records, {report.api_calls} calls, {report.errors} errors")
    for message in report.messages:
        typer.echo(f"  {message}", err=True)
    raise typer.Exit(1 if report.errors else 0)


@app.command()
def poll(race_id: str, data_dir: DataDir = None) -> None:
    """Fetch and store one race now."""
    from local.by_hand import poll_once  # noqa: PLC0415 - brings the whole of the workers

    with _beside_the_services(data_dir):
        polled = poll_once(race_id)
    typer.echo(f"{race_id}: {polled.status}, {polled.entrants} entrants, {polled.tries} tries")


@app.command()
def tab(
    *,
    port: TabPort = 7700,
    speed: TabSpeed = None,
    faults: Annotated[str, typer.Option("--faults", help="What goes wrong how often: 500=0.1,drip=0.02.")] = "",
    seed: Seed = 1,
    meetings: Meetings = 12,
    day: Day = None,
    keep_served: Annotated[bool, typer.Option("--keep-served", help="Keep every body served, to compare.")] = False,
) -> None:
    """Run the simulated TAB alone."""
    from local.tab.server import main as serve  # noqa: PLC0415 - only this command needs it

    serve(port, seed, meetings, day.date() if day else None, speed, faults, keep_served=keep_served)


@app.command()
def replay(
    *,
    place: Annotated[Path, typer.Argument(help="A folder of RECORD_DIR, or one recorded answer.", exists=True)],
    port: TabPort = 7700,
    speed: TabSpeed = None,
    into: Annotated[
        str | None, typer.Option("--into", help="Serve nothing: rebuild its rows in this database (a URL).")
    ] = None,
) -> None:
    """Serve a recording in the TAB's place, or rebuild its rows in a database."""
    if into:
        from local.tab.rebuild import rebuild  # noqa: PLC0415 - brings the whole of the workers

        fed = rebuild(place, into, _say)
        typer.echo(f"rebuilt: {fed.answers} answers, {fed.failures} failed polls, {fed.meetings} meetings of the card")
        return
    from local.tab.replay import main as serve  # noqa: PLC0415 - only this command needs it

    serve(place, port, speed)


@app.command()
def status(data_dir: DataDir = None) -> None:
    """Show workers, jobs and races as the database knows them."""
    with database(_place(data_dir), _say) as url, psycopg.connect(url) as connection:
        print_status(connection, Console(width=None if sys.stdout.isatty() else 160))


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Look at settings, database and upstream; say what is wrong and how to mend it."""
    findings = [*check_settings(), check_upstream()]
    try:
        with database(_place(data_dir), _say) as url:
            findings.append(check_database(url))
    except RaceDayError as error:
        findings.append(Finding("database", problem=str(error)))
    for finding in findings:
        typer.echo(f"{'WRONG' if finding.problem else 'ok':<6}{finding.subject}: {finding.problem or finding.good}")
    raise typer.Exit(1 if any(finding.problem for finding in findings) else 0)


def main() -> None:
    """Run the command; what RaceDay raises on purpose is a message, not a trace."""
    try:
        app()
    except (RaceDayError, psycopg.OperationalError) as error:
        for line in str(error).splitlines():
            _errors.print(f"raceday: {line}", style="red")
        sys.exit(1)


@contextmanager
def _beside_the_services(data_dir: Path | None) -> Iterator[None]:
    """Give this process the database, and the TAB and clock of a `raceday up` that runs on the same data dir."""
    place = _place(data_dir)
    with database(place, _say) as url:
        adopt({**noted_settings(place), "DATABASE_URL": url})
        yield


def _place(data_dir: Path | None) -> Path:
    return data_dir or load(DatabaseSettings).data_dir


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    main()
