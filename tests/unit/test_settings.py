"""Settings are read once, frozen, and refuse what they do not know."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import PREFIX, ROOT, Settings, SettingsError, bare_environment, load_settings


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


def test_a_teams_dagster_home_without_dagster_yaml_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROTATION_DAGSTER_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match=rf"ROTATION_DAGSTER_HOME.*expected a folder with dagster\.yaml, found none in {tmp_path}"):
        load_settings()
    (tmp_path / "dagster.yaml").touch()
    assert load_settings().dagster_home == tmp_path


def test_programs_that_are_none_of_ours_get_neither_keys_nor_the_teams_database(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"ROTATION_TIINGO_TOKEN": "a", "DAGSTER_POSTGRES_URL": "b", "DAGSTER_POSTGRES_PASSWORD": "c"}
    for name, value in {**secret, "DAGSTER_HOME": "d"}.items():
        monkeypatch.setenv(name, value)
    assert set(bare_environment()) & {*secret, "DAGSTER_HOME"} == {"DAGSTER_HOME"}


def test_a_token_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_TIINGO_TOKEN", "canary")
    settings = load_settings()
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings.model_dump())


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of keys as it should be, named in the environment."""
    file = tmp_path / "keys"
    file.write_text("ROTATION_STOOQ_KEY=canary-in-the-file\n")
    file.chmod(0o600)
    monkeypatch.setenv("ROTATION_KEYS_FILE", str(file))
    return file


def test_keys_are_read_from_a_file_outside(keys: Path) -> None:
    settings = load_settings()
    assert settings.keys_file == keys
    assert settings.tokens == {"stooq": "canary-in-the-file"}
    assert "canary" not in repr(settings)


def test_the_file_of_keys_may_be_named_in_dot_env(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROTATION_KEYS_FILE")
    root = tmp_path / "root"
    root.mkdir()
    (root / ".env").write_text(f"ROTATION_KEYS_FILE={keys}\n")
    monkeypatch.setattr("pipelines.settings.ROOT", root)
    assert load_settings().tokens == {"stooq": "canary-in-the-file"}


@pytest.mark.usefixtures("keys")
def test_the_environment_goes_before_the_file_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROTATION_STOOQ_KEY", "from-the-environment")
    assert load_settings().tokens == {"stooq": "from-the-environment"}


def _open_to_others(file: Path) -> Path:
    file.chmod(0o640)
    return file


def _gone(file: Path) -> Path:
    file.unlink()
    return file


def _with_more(file: Path) -> Path:
    file.write_text("ROTATION_STOOQ_KEY=canary-in-the-file\nROTATION_MIRROR=http://x\n")
    return file


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_open_to_others, r"others on this machine may open .* \(mode 640\).*chmod 600"),
        (_gone, "there is no file .*Make it"),
        (_with_more, "ROTATION_MIRROR is no key.*belong in .env"),
        (lambda _: Path("keys"), "expected a whole path, found keys"),
    ],
)
def test_a_file_of_keys_that_may_not_be_used_is_refused_with_the_cure(
    keys: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], Path], said: str
) -> None:
    monkeypatch.setenv("ROTATION_KEYS_FILE", str(spoil(keys)))
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert "canary" not in str(caught.value)


def test_a_file_of_keys_inside_the_repository_is_refused_whatever_it_is_called(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.settings.ROOT", tmp_path)
    with pytest.raises(SettingsError, match=r"inside the repository.*Move it out"):
        load_settings()
    monkeypatch.setattr("pipelines.settings.ROOT", tmp_path / "elsewhere")
    link = tmp_path / "link"
    link.symlink_to(keys)
    monkeypatch.setenv("ROTATION_KEYS_FILE", str(link))
    assert load_settings().tokens == {"stooq": "canary-in-the-file"}, "a link is followed, and what it leads to is looked at"


def test_the_example_lists_every_setting_and_no_other() -> None:
    lines = Path(ROOT / ".env.example").read_text().splitlines()
    named = {line.lstrip("# ").split("=")[0] for line in lines if line.lstrip("# ").startswith(PREFIX)}
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}
