"""A result as a table on the terminal: numbers to the right, NULL dim, no wider than the terminal. Not for where it comes from."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.sources.plain import plain

if TYPE_CHECKING:  # the frame comes from whoever has loaded it
    import polars as pl

NULL = Text("NULL", style="dim")
WIDEST = 60  # signs of a text, where the terminal sets a limit
FRAME = 3  # signs that a column's lines and padding take


def draw(frame: "pl.DataFrame", rows: int, out: Console, width: int | None) -> None:
    """Draw the rows held of a result of `rows`; `width` None: nothing is cut.

    Names are never cut: they hold the units. Columns that do not fit are named below, and so is how many rows there are.
    """
    cells = [[_cell(v, width) for v in column] for column in frame.iter_columns()]
    wide = [max([len(name), *(c.cell_len for c in column)]) + FRAME for name, column in zip(frame.columns, cells, strict=True)]
    fits = _fitting(wide, width)
    table = Table(header_style="bold", width=sum(wide[:fits]) + 1)
    for name, kind in list(frame.schema.items())[:fits]:
        table.add_column(Text(plain(name)), justify="right" if kind.is_numeric() else "left", no_wrap=True, min_width=len(name))
    for row in zip(*cells[:fits], strict=True):
        table.add_row(*row)
    out.print(table, crop=False)
    said = []
    if frame.height < rows:
        said.append(f"{frame.height:,} of {rows:,} rows shown (--limit N for more)")
    elif rows != 1:
        said.append(f"{rows:,} rows")
    if fits < frame.width:
        said.append(
            f"{fits} of {frame.width} columns shown, without {', '.join(frame.columns[fits:])}: name the columns you want, or use --csv"
        )
    if said:
        out.print(Text("; ".join(said), style="dim"))


def _cell(value: object, width: int | None) -> Text:
    import polars as pl

    if value is None:
        return NULL
    value = value.to_list() if isinstance(value, pl.Series) else value  # a list, which a column of lists hands out as its own kind
    text = plain(str(value)).replace("\n", " ⏎ ") if width is not None else plain(str(value))
    return Text(text if width is None or len(text) <= WIDEST else text[: WIDEST - 1] + "…")


def _fitting(wide: list[int], width: int | None) -> int:
    """How many columns, from the left; one always."""
    if width is None:
        return len(wide)
    taken = 1
    for place, one in enumerate(wide):
        taken += one
        if taken > width:
            return max(place, 1)
    return len(wide)
