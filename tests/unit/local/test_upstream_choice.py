import pytest

from local.upstream_choice import REAL_URL, UpstreamIfAny, choose_upstream
from shared.errors import SettingsError

SIMULATED = "http://127.0.0.1:7"
IDENTIFIED = {"tab_from": "me@example.test", "tab_partner": "p", "tab_partner_id": "1"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TAB_API_URL", "TAB_FROM", "TAB_PARTNER", "TAB_PARTNER_ID"):
        monkeypatch.delenv(name, raising=False)


def _found(**values: str) -> UpstreamIfAny:
    return UpstreamIfAny(_env_file=None, **values)


def test_without_any_setting_the_tab_is_simulated() -> None:
    chosen = choose_upstream(None, _found(), SIMULATED)
    assert (chosen.kind, chosen.url) == ("simulated", SIMULATED)
    assert set(chosen.settings) == {"TAB_API_URL", "TAB_FROM", "TAB_PARTNER", "TAB_PARTNER_ID"}


def test_blank_lines_of_an_env_file_are_no_settings() -> None:
    assert choose_upstream(None, _found(tab_from="", tab_partner=" ", tab_partner_id=""), SIMULATED).kind == "simulated"


def test_an_identification_means_the_real_one() -> None:
    chosen = choose_upstream(None, _found(**IDENTIFIED), SIMULATED)
    assert (chosen.kind, chosen.url) == ("real", REAL_URL)
    assert chosen.settings == {"TAB_API_URL": REAL_URL}


def test_half_an_identification_is_refused_by_name() -> None:
    with pytest.raises(SettingsError) as refused:
        choose_upstream(None, _found(tab_from="me@example.test"), SIMULATED)
    assert [problem.split()[0] for problem in refused.value.problems] == ["TAB_PARTNER", "TAB_PARTNER_ID"]


def test_an_url_alone_wants_an_identification() -> None:
    with pytest.raises(SettingsError):
        choose_upstream(None, _found(tab_api_url="https://api.example.test"), SIMULATED)


def test_the_command_line_wins_and_placeholders_are_said() -> None:
    chosen = choose_upstream("http://127.0.0.1:7700", _found(), SIMULATED)
    assert (chosen.kind, chosen.settings["TAB_API_URL"]) == ("given", "http://127.0.0.1:7700")
    assert chosen.settings["TAB_FROM"] == "local@example.invalid"
    assert "placeholder" in chosen.described


def test_the_command_line_keeps_a_real_identification() -> None:
    chosen = choose_upstream("http://127.0.0.1:7700", _found(**IDENTIFIED), SIMULATED)
    assert chosen.settings == {"TAB_API_URL": "http://127.0.0.1:7700"}
    assert "placeholder" not in chosen.described
