"""A result on the terminal: nothing wider than it, numbers to the right, what is left out named. Not for other forms."""

import io
from decimal import Decimal

import polars as pl
from rich.console import Console

from pipelines.report.drawing import draw

FRAME = pl.DataFrame(
    {
        "name": ["R2000", None, "x" * 100],
        "excess_pp": [Decimal("-1.2500"), None, Decimal("12.0000")],
        "n": [1, 20, 300],
        "is_up": [True, None, False],
    }
)


def drawn(frame: pl.DataFrame, width: int | None, rows: int | None = None) -> list[str]:
    out = Console(width=width or 80, highlight=False, record=True, file=io.StringIO())
    draw(frame, frame.height if rows is None else rows, out, width)
    return out.export_text().splitlines()


def test_numbers_stand_to_the_right_with_all_their_places_and_null_is_shown() -> None:
    lines = drawn(FRAME.head(2), 100)
    assert lines[3] == "│ R2000 │   -1.2500 │  1 │ True  │"
    assert lines[4] == "│ NULL  │      NULL │ 20 │ NULL  │"


def test_null_is_dim() -> None:
    out = Console(width=80, highlight=False, record=True, force_terminal=True, file=io.StringIO())
    draw(FRAME.head(2), 2, out, 80)
    assert "\x1b[2mNULL" in out.export_text(styles=True)


def test_no_line_is_wider_than_the_terminal_and_what_is_left_out_is_named() -> None:
    wide = pl.DataFrame({f"column_{i}": [i] for i in range(20)})
    lines = drawn(wide, 60)
    assert max(map(len, lines)) <= 60
    said = " ".join(" ".join(lines[-20:]).split())
    assert "of 20 columns shown, without column_5" in said
    assert "column_19: name the columns you want" in said


def test_names_are_never_cut_but_long_texts_are() -> None:
    lines = drawn(FRAME, 100)
    assert "excess_pp" in lines[1]
    assert "x" * 59 + "…" in lines[5]
    assert "x" * 100 in drawn(FRAME, None)[5], "not where the output goes to a file"


def test_it_says_how_many_of_how_many_rows() -> None:
    assert drawn(FRAME, 100, rows=6344)[-1] == "3 of 6,344 rows shown (--limit N for more)"
    assert drawn(FRAME, 100)[-1] == "3 rows"


def test_a_list_is_drawn_as_a_list() -> None:
    lines = drawn(pl.DataFrame({"names": [["a", "b"], None]}), 80)
    assert lines[3:5] == ["│ ['a', 'b'] │", "│ NULL       │"]
