"""Answers of the sample market, broken on the way. Not for who answers (small.py)."""

import json
from collections.abc import Callable
from typing import Any

from pipelines.sample.wire import Answer


def _bars(change: Callable[[list[Any]], None], *columns: str) -> Callable[[Answer], Answer]:
    """Changes columns of a Yahoo chart."""

    def spoil(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        result = document["chart"]["result"][0]
        quote, adjusted = result["indicators"]["quote"][0], result["indicators"]["adjclose"][0]
        for holder in (result, quote, adjusted):
            for name, values in holder.items():
                if name in columns:
                    change(values)
        return Answer(answer.status, answer.kind, json.dumps(document).encode())

    return spoil


def too_high(factor: float, sessions_back: int = 0) -> Callable[[Answer], Answer]:
    """The bar of one session is too high."""
    at = -1 - sessions_back
    return _bars(lambda values: values.__setitem__(at, values[at] * factor), "open", "high", "low", "close", "adjclose")


newest_times_ten = too_high(10)
without_newest = _bars(lambda values: values.pop(), "timestamp", "open", "high", "low", "close", "volume", "adjclose")


def html(_: Answer) -> Answer:
    """A page for people where data was expected."""
    return Answer(200, "text/html", b"<html><body>Please try again later (SIMULATED)</body></html>")


def headless(answer: Answer) -> Answer:
    """The first half of an answer is gone."""
    return Answer(answer.status, answer.kind, answer.body[len(answer.body) // 2 :])
