"""A row as it comes from the published file. Not for what is done with it."""

from typing import Any

Row = dict[str, Any]
Rows = list[Row]
