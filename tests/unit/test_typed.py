"""A command named in a message is typed as it stands there. Not for which commands there are (test_cli.py)."""

import pytest
import typer

from pipelines import cli
from pipelines.typed import COMMANDS, as_typed


def test_every_command_is_known_to_be_one() -> None:
    assert set(COMMANDS) == set(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("Make one with `rotation run`.", "Make one with `.venv/bin/rotation run`."),
        ("then: rotation postgres", "then: .venv/bin/rotation postgres"),
        ("(rotation rebuild)", "(.venv/bin/rotation rebuild)"),
        ("rotation run, then rotation status", ".venv/bin/rotation run, then .venv/bin/rotation status"),
        ("already `.venv/bin/rotation run`", "already `.venv/bin/rotation run`"),
        ("the folder /srv/rotation run by us", "the folder /srv/rotation run by us"),
        ("the rotation score; fct_rotation sources", "the rotation score; fct_rotation sources"),
    ],
)
def test_commands_get_their_folder_and_nothing_else_does(said: str, typed: str) -> None:
    assert as_typed(said) == typed


def test_what_stopped_a_run_is_told_with_commands_as_they_are_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(typer.Exit):
        cli._stopped(('accept it once: rotation run --accept past_values_stay="why".',), "sample", as_json=False, run_id="r")
    said = capsys.readouterr().err
    assert ".venv/bin/rotation run --accept" in said
    assert "`.venv/bin/rotation explain --sources sample`" in said
