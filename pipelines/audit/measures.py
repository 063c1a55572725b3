"""The measures a claim can be held against, read from subjects/*.yml, and the vocabulary, words.yml. Not for finding them in a statement."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

HERE = Path(__file__).resolve().parent
Role = Literal["counts", "beside", "earlier"]


class MeasureError(Exception):
    """A file of measures cannot be used; the message names file, measure and cure."""


@dataclass(frozen=True)
class Definition:
    """One way to compute a measure. `counts`: it decides; `beside`: shown with it; `earlier`: an older span or vintage."""

    name: str
    sql: str
    role: Role

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(re.findall(r"\b(?:marts|reference)\.\w+", self.sql))


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may lie from what is computed, where it is not half a unit of its last digit. `when`: only if the words match."""

    value: Decimal
    reason: str
    when: str = ""


@dataclass(frozen=True)
class Measure:
    """One thing an article can say. A statement means it when all of `words`, and none of `without`, are found in it, in a unit of `units`.
    `reads`: phrases it takes account of though they hold a word of the vocabulary's `not_read`."""

    measure: str
    subject: str
    metric_id: str
    title: str
    words: tuple[str, ...]
    units: Mapping[str, Decimal]
    definitions: tuple[Definition, ...]
    missing: str
    without: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    defaults: Mapping[str, str | int] | None = None
    is_yes_no: bool = False
    is_forecast: bool = False
    tolerances: tuple[Tolerance, ...] = ()
    remark: str = ""


def _measure(subject: str, raw: dict[str, Any], path: Path) -> Measure:
    try:
        definitions = tuple(Definition(d["name"], d["sql"].strip(), d.get("role", "counts")) for d in raw.pop("definitions"))
        tolerances = tuple(Tolerance(Decimal(str(t["value"])), t["reason"], t.get("when", "")) for t in raw.pop("tolerances", []))
        scales = {unit: Decimal(str(scale)) for unit, scale in raw.pop("units").items()}
        words, without, needs, reads = (tuple(raw.pop(key, [])) for key in ("words", "without", "needs", "reads"))
        for pattern in (*words, *without, *reads):
            re.compile(pattern)
        return Measure(
            subject=subject,
            definitions=definitions,
            tolerances=tolerances,
            units=scales,
            words=words,
            without=without,
            needs=needs,
            reads=reads,
            **raw,
        )
    except (KeyError, TypeError, AttributeError, re.error) as problem:
        raise MeasureError(f"{path.name}, measure {raw.get('measure')}: {problem!r}. Follow the form of its neighbours.") from None


@cache
def measures() -> dict[str, Measure]:
    """Every measure by name.

    Raises:
        MeasureError: a file without the parts a measure needs, or a name used twice.
    """
    found: dict[str, Measure] = {}
    for path in sorted((HERE / "subjects").glob("*.yml")):
        for raw in yaml.safe_load(path.read_text(encoding="utf-8"))["measures"]:
            one = _measure(path.stem, raw, path)
            if one.measure in found:
                raise MeasureError(
                    f"{path.name}: the measure {one.measure} is in {found[one.measure].subject}.yml too. Give one another name."
                )
            found[one.measure] = one
    return found


@cache
def vocabulary() -> dict[str, list[dict[str, Any]]]:
    """Words by what they say: `{horizon: [{words: …, is: ytd}, …], …}`. What a pattern captures fills `{1}`, `{2}` of `is`."""
    words: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
    return words
