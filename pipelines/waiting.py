"""`--wait [SECONDS]`, an option whose value may be left out. Not for the waiting itself (resources/run.py)."""

import re
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

A_DAY_S = "86400"

Wait = Annotated[
    float,
    typer.Option(
        metavar="[SECONDS]", min=0, help="Wait for another run of this market, at most so long (a day), instead of being refused at once."
    ),
]


class Waiting(TyperCommand):
    """A command with `--wait`: without a number after it, a day."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        after = [args[n + 1] if n + 1 < len(args) else "" for n, word in enumerate(args) if word == "--wait"]
        if after and not re.fullmatch(r"\d+(\.\d+)?", after[0]):
            args = [part for word in args for part in ((word, A_DAY_S) if word == "--wait" else (word,))]
        return super().parse_args(ctx, args)
