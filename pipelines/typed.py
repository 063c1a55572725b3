"""How a command of ours is typed where `make` has put it: the one place that knows. Not for what is said of it (the messages name `rotation COMMAND`)."""

import re

FOLDER = ".venv/bin/"
COMMANDS = (
    "alert", "audit", "backfill", "doctor", "explain", "export", "indicators", "lake", "mcp", "postgres", "rebuild", "report", "rollback", "run", "shell", "sources",
    "sql", "status", "ui",
)  # fmt: skip
_NAMED = re.compile(rf"(?<![\w./-])(?=rotation (?:{'|'.join(COMMANDS)})\b)")


def as_typed(text: str) -> str:
    """A message with each command in it as a terminal takes it; `make` puts no command on the PATH."""
    return _NAMED.sub(FOLDER, text)
