"""Settings are read once, frozen, and refuse what they do not know."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import PREFIX, ROOT, Settings, SettingsError, load_settings


def test_an_unknown_setting_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_MIROR", "http://localhost")
    with pytest.raises(SettingsError, match="did you mean ROTATION_MIRROR"):
        load_settings()


def test_an_unknown_setting_in_the_file_is_refused_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ROTATION_CONTAC=me@example.com\n")
    monkeypatch.setattr("pipelines.settings.ROOT", tmp_path)
    with pytest.raises(SettingsError, match=r"\.env sets ROTATION_CONTAC.*did you mean ROTATION_CONTACT"):
        load_settings()


@pytest.mark.parametrize(("name", "value"), [("SOURCES", "paper"), ("MIRROR", "not a url"), ("UI_PORT", "0"), ("MEMORY_LIMIT", "much")])
def test_an_unusable_value_names_the_setting_and_where_to_look(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError, match=rf"{PREFIX}{name}.*\.env\.example"):
        load_settings()


def test_paths_are_absolute_and_values_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_WAREHOUSE", "elsewhere")
    settings = load_settings()
    assert settings.warehouse == ROOT / "elsewhere"
    with pytest.raises(ValidationError):
        settings.ui_port = 1  # type: ignore[misc]


def test_a_token_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_TIINGO_TOKEN", "canary")
    settings = load_settings()
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings.model_dump())


def test_the_example_lists_every_setting_and_no_other() -> None:
    lines = Path(ROOT / ".env.example").read_text().splitlines()
    named = {line.lstrip("# ").split("=")[0] for line in lines if line.lstrip("# ").startswith(PREFIX)}
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}
