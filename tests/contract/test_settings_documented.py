"""Every setting stands in .env.example and docs/settings.md with the default it has, and nothing else does."""

import itertools
import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from shared import settings

ROOT = Path(__file__).parents[2]
GROUPS = [group for group in vars(settings).values() if isinstance(group, type) and issubclass(group, settings._Group)]
OTHERS_IN_EXAMPLE = {"POSTGRES_PASSWORD"}


def as_text(default):
    if default is None or default is PydanticUndefined:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def defaults():
    return {name.upper(): as_text(field.default) for group in GROUPS for name, field in group.model_fields.items()}


def example():
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def page():
    before_others = (ROOT / "docs" / "settings.md").read_text().partition("## Outside the program")[0]
    return dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^|`]*?)`? \|", before_others, re.MULTILINE))


def test_there_are_settings_to_document():
    assert {"DATABASE_URL", "TAB_FROM", "POLL_PROFILE", "API_KEYS", "LOG_FORMAT", "CLOCK_SPEED"} <= set(defaults())


def test_the_example_has_every_setting_with_its_default():
    assert {name: value for name, value in example().items() if name not in OTHERS_IN_EXAMPLE} == defaults()


def test_the_page_has_every_setting_with_its_default():
    assert page() == defaults()


def test_each_setting_of_the_example_has_a_line_that_says_what_it_is():
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [now for before, now in itertools.pairwise(lines) if "=" in now and not before.startswith("# ")]
    assert [line for line in bare if re.match(r"#?[A-Z_]+=", line)] == []


def test_the_example_sets_nothing():
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_the_defaults_of_the_example_are_values_that_settings_take(group, tmp_path, monkeypatch):
    """What somebody gets who takes every # away that stands before a value."""
    text = "\n".join(f"{name}={value}" for name, value in example().items() if value)
    identified = "\nTAB_FROM=a@b.example\nTAB_PARTNER=p\nTAB_PARTNER_ID=i\n"
    for name in defaults():
        monkeypatch.delenv(name, raising=False)
    env_file = tmp_path / "env"
    env_file.write_text(text + identified)
    read = group(_env_file=env_file)
    wanted = {name: value for name, value in defaults().items() if name.lower() in group.model_fields and value}
    assert {name: as_text(getattr(read, name.lower())) for name in wanted} == wanted
