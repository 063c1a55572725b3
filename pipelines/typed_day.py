"""A day as it is typed after an option of a command. Not for what may be asked of that day."""

from datetime import date

import typer


def typed_day(text: str, option: str | None = None) -> date:
    """The day; `option` is named where it is none.

    Raises:
        typer.BadParameter: not written as YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a day as YYYY-MM-DD, found {text!r}", param_hint=option) from None
