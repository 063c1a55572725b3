"""What a claim speaks of: its measure and parameters, from the words of the statement and the names the warehouse knows. Not for values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipelines.audit.claims import Claim
from pipelines.audit.market import Market
from pipelines.audit.measures import Measure, measures, vocabulary

Value = str | int


class NotRecognised(Exception):  # noqa: N818 # an outcome, not a fault
    """The words do not say enough, or say too much; the message is for whoever wrote the claim."""


@dataclass
class Recognised:
    """`parameters` fill the placeholders of the SQL; `assumed` says what was taken for granted."""

    measure: Measure
    parameters: dict[str, Value] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)
    relation: str = "="

    @property
    def told(self) -> str:
        """The parameters, for a reader."""
        return ", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in self.parameters.items() if name not in ("first_is_small", "turn")
        )


def recognise(claim: Claim, market: Market) -> Recognised:
    """Measure and parameters of a claim.

    Raises:
        NotRecognised: no measure or more than one fits, or something the measure needs is not named.
    """
    found = Recognised(_measure(claim, market))
    _refuse_unread(found.measure, claim)
    names = _instruments(claim, market)
    said = {k: v for k in vocabulary() if k not in ("relation", "not_read") and (v := _word(k, claim)) is not None}
    said |= {k: claim.says[k] for k in ("horizon",) if k in claim.says}
    said["multiple"] = _multiple(claim) if _wants(found.measure, "multiple") else ""
    sector = market.sector_in(claim.statement)
    if sector:
        said["sector"] = sector
    said = {k: v for k, v in said.items() if v != ""}
    if _wants(found.measure, "small", "large", "small_universe", "large_universe"):
        _pair(found, names, market)
    if _wants(found.measure, "instrument", "universe"):
        _one(found, names, market)
    for name in _placeholders(found.measure):
        if name in found.parameters or name in ("as_of", "session", "scale", "value", "first_is_small"):
            continue
        if name in said:
            found.parameters[name] = said[name]
        elif name in (found.measure.defaults or {}):
            found.parameters[name] = (found.measure.defaults or {})[name]
            if name in found.measure.needs:
                found.assumed.append(f"no {name.replace('_', ' ')} is named: {found.parameters[name]} is taken")
        else:
            raise NotRecognised(_lacking(name))
    found.relation = _word("relation", claim) or "="
    return found


def _measure(claim: Claim, market: Market) -> Measure:
    if name := claim.says.get("measure"):
        chosen = measures()[name]
        if claim.unit not in chosen.units:
            raise NotRecognised(f"the measure {name} is stated in {', '.join(chosen.units)}, not in {claim.unit}")
        return chosen
    fitting = [m for m in measures().values() if claim.unit in m.units and _fits(m, claim, market)]
    if not fitting:
        raise NotRecognised(f"no measure recognised; name one in the column measure: {', '.join(sorted(measures()))}")
    most = max(_weight(m) for m in fitting)
    best = [m for m in fitting if _weight(m) == most]
    if len(best) > 1:
        raise NotRecognised(f"more than one measure fits; name one in the column measure: {', '.join(sorted(m.measure for m in best))}")
    return best[0]


def _refuse_unread(measure: Measure, claim: Claim) -> None:
    """A word that turns or narrows the statement, and that the measure takes no account of, makes every verdict a false one.

    Raises:
        NotRecognised: there is one.
    """
    text = claim.statement
    for phrase in measure.reads:
        text = re.sub(phrase, " ", text, flags=re.IGNORECASE)
    for entry in vocabulary()["not_read"]:
        if match := re.search(entry["words"], text, re.IGNORECASE):
            raise NotRecognised(f"refused: {match.group(0).strip()!r}: {entry['is']}")


def _fits(measure: Measure, claim: Claim, market: Market) -> bool:
    text = claim.statement
    if "sector" in measure.needs and market.sector_in(text) is None:
        return False
    found = all(re.search(p, text, re.IGNORECASE) for p in measure.words)
    return found and not any(re.search(p, text, re.IGNORECASE) for p in measure.without)


def _weight(measure: Measure) -> tuple[int, int]:
    """The measure that asks for more words, or for a sector, is the more particular one."""
    return len(measure.words), int("sector" in measure.needs)


def _placeholders(measure: Measure) -> list[str]:
    """Names in the SQL, in order, then what it needs beyond."""
    names = [n for d in measure.definitions for n in re.findall(r"\{(\w+)\}", d.sql)]
    return list(dict.fromkeys([*names, *measure.needs]))


def _wants(measure: Measure, *names: str) -> bool:
    return any(n in names for n in _placeholders(measure))


def _word(kind: str, claim: Claim) -> str | None:
    """What the first matching pattern of the vocabulary says."""
    text = f"{claim.statement} | {claim.basis_stated}" if kind == "basis" else claim.statement
    for entry in vocabulary()[kind]:
        # the figure stands in the statement as printed, or without zeros it does not need: 70.0 is also 70
        pattern = entry["words"].replace("{number}", rf"{re.escape(claim.reported)}(?:\.0+)?") if claim.reported else entry["words"]
        if match := re.search(pattern, text, re.IGNORECASE):
            said: str = entry["is"]
            for n, captured in enumerate(match.groups(), start=1):
                said = said.replace(f"{{{n}}}", captured or "")
            return said
    return None


def _multiples(text: str) -> Iterator[str]:
    for entry in vocabulary()["multiple"]:
        if re.search(entry["words"], text, re.IGNORECASE):
            yield entry["is"]


def _multiple(claim: Claim) -> str:
    """The one multiple a claim is about.

    Raises:
        NotRecognised: two are named: the figure of one cannot be held against the record of another.
    """
    stated = sorted(_multiples(claim.statement))
    named = stated or sorted(_multiples(claim.note))
    if len(named) > 1:
        raise NotRecognised(
            f"refused: it joins two metrics, {' and '.join(named)}, which differ in what is divided, in basis and in who is left out. "
            "The figure of one is no record of the other: make two claims of it, each naming one multiple"
        )
    return named[0] if named else ""


def _instruments(claim: Claim, market: Market) -> list[str]:
    """Instruments in the order they are named; columns come before words."""
    by_column = [claim.says[c] for c in ("instrument_id", "against_id") if c in claim.says]
    for one in by_column:
        if one not in market.instruments:
            raise NotRecognised(f"the instrument {one!r} is not in marts.dim_instrument; known are {', '.join(sorted(market.instruments))}")
    return list(dict.fromkeys([*by_column, *market.instruments_in(claim.statement)]))


def _one(found: Recognised, names: list[str], market: Market) -> None:
    """The instrument of a measure about one, and its universe."""
    if not names:
        if (found.measure.defaults or {}).get("instrument") != "headline small":
            raise NotRecognised(_lacking("instrument"))
        names = [market.headline[0]]
        found.assumed.append(f"no instrument is named: {names[0]}, the small side of the headline pair, is taken")
    if _wants(found.measure, "instrument"):
        found.parameters["instrument"] = names[0]
    if _wants(found.measure, "universe"):
        found.parameters["universe"] = _universe(names[0], market)


def _pair(found: Recognised, names: list[str], market: Market) -> None:
    """Small and large side, in the order of reference.pairs; `first_is_small` says whom the statement begins with."""
    small, large = market.headline
    if not names and (found.measure.defaults or {}).get("instrument") == "headline small":
        names = [small, large]
        found.assumed.append(f"no pair is named: {small} and {large}, the headline pair, are taken")
    if not names:
        raise NotRecognised(_lacking("pair"))
    if len(names) == 1:
        other = large if names[0] != large else small
        names = [names[0], other]
        found.assumed.append(f"no second instrument is named: {other}, of the headline pair, is taken")
    first, second = names[:2]
    if (first, second) not in market.pairs and (second, first) not in market.pairs:
        raise NotRecognised(f"{first} and {second} are no pair of reference.pairs; a pair is one row of dbt_project/seeds/pairs.csv")
    is_small = (first, second) in market.pairs
    if not is_small and not _wants(found.measure, "first_is_small"):
        raise NotRecognised(f"the measure {found.measure.measure} is of small against large: begin with {second}, or say it of {second}")
    small, large = (first, second) if is_small else (second, first)
    if _wants(found.measure, "small", "large"):
        found.parameters |= {"small": small, "large": large}
    else:
        found.parameters |= {"small_universe": _universe(small, market), "large_universe": _universe(large, market)}
    found.parameters["first_is_small"] = int(is_small)


def _universe(instrument: str, market: Market) -> str:
    index = market.proxies.get(instrument, instrument)
    if index not in market.universes:
        raise NotRecognised(
            f"{instrument} has no universe of members; those of reference.universes are {', '.join(sorted(market.universes.values()))}"
        )
    return market.universes[index]


WHAT: Mapping[str, str] = {
    "instrument": "no instrument recognised; name one as in marts.dim_instrument, or in the column instrument_id",
    "pair": "no pair recognised; name two instruments, or fill the columns instrument_id and against_id",
    "horizon": "no horizon recognised; say year to date, on the day, 3 months, …, or fill the column horizon",
    "multiple": "refused: no multiple is named. A discount is one of a P/E, EV/EBIT, P/B or P/S; say which",
    "sign": "the statement does not say who is ahead: beat, outperform, lag, trail, …",
}


def _lacking(name: str) -> str:
    return WHAT.get(name, f"the statement does not say its {name.replace('_', ' ')}; see words.yml for how it may")
