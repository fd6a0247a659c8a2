"""Who may import whom (DESIGN §2, STYLE §2), and what pure modules keep away from."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {
    "shared": {"shared"},
    "workers": {"shared", "workers"},
    "api": {"shared", "api"},
    "local": {"shared", "workers", "api", "local"},
}
# Inside the workers: fetch → parse → transform → write, then what joins them; each may import what stands in its row.
ARROWS = {
    "workers.cadence": set(),
    "workers.lateness": set(),
    "workers.version": set(),
    "workers.upstream": {"workers.upstream", "workers.version"},
    "workers.transform": {"workers.transform", "workers.cadence"},
    "workers.write": {"workers.write", "workers.transform"},
    "workers.leadership": {"workers.write"},
    "workers.jobs": {"workers.jobs", "workers.write", "workers.transform", "workers.upstream", "workers.cadence"},
    "workers.poller": {"workers.jobs", "workers.write", "workers.cadence", "workers.lateness"},
}
NO_ONE_IMPORTS = {"workers.service": {"workers.__main__"}, "workers.__main__": set(), "api.__main__": set()}
OUTSIDE = {
    "requests", "urllib3", "httpx", "psycopg", "psycopg_pool", "loguru", "sqlalchemy", "alembic", "fastapi",
    "uvicorn", "pydantic_settings", "socket", "ssl", "http", "urllib.request", "subprocess", "os", "time", "logging",
    "schedule", "tempfile", "shutil", "select", "signal",
}  # fmt: skip
IMPURE = {"shared.settings", "shared.db", "shared.queries", "shared.logs", "shared.schema"}
OF_THE_CLOCK = {"racing_day", "racing_day_bounds", "NZ", "DAY_STARTS"}  # arithmetic; the rest of it tells the time
MUST_BE_PURE = {
    "workers.cadence", "workers.upstream.budget", "workers.upstream.backoff", "workers.upstream.parse_card",
    "workers.upstream.parse_race", "workers.upstream.parse_trends", "workers.transform.odds",
    "workers.transform.money_flow", "workers.transform.pools", "workers.write.tables", "local.tab.race_day",
    "local.tab.market",
}  # fmt: skip


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for package in FLOORS for path in sorted((ROOT / package).rglob("*.py"))}


@cache
def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name):
    """Return (module, names) of every import, wherever it stands."""
    found = []
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports by a relative path"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [each for each in inner if each in MODULES]
            found += [(each, ()) for each in modules]
            if len(modules) < len(inner):
                found.append((node.module, tuple(alias.name for alias in node.names)))
    return found


def in_group(module, group):
    return module == group or module.startswith(f"{group}.")


def group_of(name, groups):
    return next((group for group in groups if in_group(name, group)), None)


def is_pure(name):
    return (ast.get_docstring(tree(name)) or "").startswith("PURE")


PURE = [name for name in MODULES if is_pure(name)]


@pytest.mark.parametrize("name", MODULES)
def test_a_floor_stands_on_those_below_it_only(name):
    floor = name.split(".")[0]
    own = {module.split(".")[0] for module, _ in imports(name)} & {*FLOORS, "tests", "bench"}
    assert own <= FLOORS[floor], f"{name} imports {own - FLOORS[floor]}"


@pytest.mark.parametrize("name", [name for name in MODULES if group_of(name, ARROWS)])
def test_imports_inside_the_workers_point_back_along_the_arrows(name):
    allowed = ARROWS[group_of(name, ARROWS)]
    inside = [module for module, _ in imports(name) if in_group(module, "workers") and module != "workers"]
    wrong = [module for module in inside if not any(in_group(module, group) for group in allowed)]
    assert wrong == []


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("local")])
def test_nobody_imports_a_composition_root(name):
    for module, _ in imports(name):
        if module in NO_ONE_IMPORTS:
            assert name in NO_ONE_IMPORTS[module], f"{name} imports {module}"


def test_the_modules_that_must_be_pure_say_so():
    assert MUST_BE_PURE - set(PURE) == set()


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_nothing_that_reaches_outside(name):
    for module, names in imports(name):
        assert module not in IMPURE, f"{name} imports {module}"
        assert not any(in_group(module, outside) for outside in OUTSIDE), f"{name} imports {module}"
        if module == "shared.clock":
            assert set(names) <= OF_THE_CLOCK, f"{name} asks the clock: {names}"


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_stands_on_pure_ones_and_the_shared_words(name):
    shared_words = {"shared.models", "shared.errors", "shared.clock", "shared.events", "shared.silks"}
    for module, _ in imports(name):
        if module.split(".")[0] in FLOORS and module not in shared_words and "." in module:
            assert module in PURE, f"{name} imports {module}, which is not pure"


TIME_TELLERS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
TIME_TELLERS |= {("time", name) for name in ("time", "monotonic", "sleep", "perf_counter", "time_ns", "localtime")}


@pytest.mark.parametrize("name", [name for name in MODULES if name != "shared.clock"])
def test_only_the_clock_tells_the_time_and_nobody_sleeps(name):
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in TIME_TELLERS, f"{MODULES[name]}:{node.lineno}"
    assert not any(module == "time" for module, _ in imports(name)), f"{name} imports time"


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("shared.settings")])
def test_settings_come_from_their_groups_and_not_from_the_environment(name):
    if name.startswith("local"):
        return  # it hands an environment to the processes it starts
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in {"environ", "getenv", "putenv"}, f"{MODULES[name]}:{node.lineno}"
