"""Modules ≤ 250 lines, functions ≤ 40, a docstring each (DESIGN §2, STYLE §3)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "workers", "api", "local")
MOST_LINES, MOST_OF_A_FUNCTION = 250, 40
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def shown(path):
    return str(path.relative_to(ROOT))


def functions(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node):
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.end_lineno - first + 1


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_module_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_its_functions_are_shorter(path):
    assert {node.name: length(node) for node in functions(path) if length(node) > MOST_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_a_module_says_what_it_is_for_and_is_split_by_job(path):
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
    assert first and first[0].strip()
    assert path.stem not in VAGUE


def test_the_rules_look_at_all_of_it():
    assert len(MODULES) > 50
