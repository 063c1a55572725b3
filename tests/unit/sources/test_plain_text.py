"""Names and values from outside command no terminal and begin no line of a log."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipelines.sources.interface import SourceError
from pipelines.sources.plain import LIVELY, is_plain, plain, plain_line

NASTY = "a\x1b[2J\x9b2J\u202eb\x07\r\udcff"


def test_what_could_command_is_written_as_an_escape_and_the_rest_stays() -> None:
    assert plain_line(NASTY) == r"a\x1b[2J\x9b2J\u202eb\x07\x0d\xff"
    assert plain("one\ntwo\x1b") == "one\ntwo\\x1b"
    assert plain_line("one\ntwo") == "one\\x0atwo"
    assert plain("Ä – 日経 é 🙂 [bold]") == "Ä – 日経 é 🙂 [bold]"


def test_an_error_of_a_source_is_plain_whatever_it_found() -> None:
    said = str(SourceError(f"drop {NASTY}", "a table", NASTY, "Drop another."))
    assert is_plain(said)


@given(st.text(alphabet=st.characters(codec=None), max_size=30))
def test_a_line_is_plain_and_goes_through_a_terminal_as_it_is(text: str) -> None:
    written = plain_line(text)
    assert is_plain(written)
    written.encode("utf-8")
    console = Console(force_terminal=True, width=10_000)
    with console.capture() as shown:
        console.print(written, markup=False, highlight=False, emoji=False)
    assert "\x1b" not in shown.get()


@given(st.text(max_size=30))
def test_polars_finds_the_same_characters(text: str) -> None:
    assert pl.Series([text]).str.contains(LIVELY)[0] is not is_plain(text)
