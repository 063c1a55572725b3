"""The recipes of docs/cookbook.md: question, SQL, columns, reading. Not for asking them."""

import re
from dataclasses import dataclass

from pipelines.settings import ROOT

PAGE = ROOT / "docs" / "cookbook.md"


@dataclass(frozen=True)
class Recipe:
    """A question with its SQL, the columns it promises and the sentence on reading them."""

    question: str
    sql: str
    columns: list[str]
    reading: str


def recipes() -> list[Recipe]:
    """All of them, in the page's order.

    Raises:
        ValueError: a part of the page has another form.
    """
    found = []
    for part in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        form = re.fullmatch(r"(\d+\. [^\n]+\?)\n\n```sql\n(.*?)\n```\nColumns: ([^\n]+)\n\n(.+?)\n*", part, flags=re.S)
        if form is None:
            raise ValueError(f"{PAGE}: not question, SQL, columns, reading: {part.splitlines()[0]}")
        found.append(Recipe(form[1], form[2], re.findall(r"`(\w+)`", form[3]), form[4]))
    return found
