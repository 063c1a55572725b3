"""What the warehouse file says about itself: as-of day, names, pairs, tables. Read once an audit. Not for values."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb


@dataclass(frozen=True)
class Market:
    """The facts an audit needs of the file it reads."""

    as_of_date: date
    is_simulated: bool
    tables: frozenset[str]
    instruments: dict[str, str]  # id: name
    proxies: dict[str, str]  # fund: index it stands for
    sectors: dict[str, str]  # sector, or another name of its fund: sector
    aliases: dict[str, str]  # other name: id
    pairs: frozenset[tuple[str, str]]
    headline: tuple[str, str]
    universes: dict[str, str]  # index: universe

    @cached_property
    def _names(self) -> list[tuple[re.Pattern[str], str]]:
        """Names by pattern, the longest first; an id is a symbol and keeps its case."""
        others = self.aliases | {name: one for one, name in self.instruments.items()}
        patterns = [(len(name), _pattern(name, re.IGNORECASE), one) for name, one in others.items() if name not in self.sectors]
        patterns += [(len(one), _pattern(one), one) for one in self.instruments]
        return [(pattern, one) for _, pattern, one in sorted(patterns, key=lambda p: -p[0])]

    def instruments_in(self, text: str) -> list[str]:
        """Ids in the order they are named; of names within names the longest counts."""
        found: list[tuple[int, str]] = []
        for pattern, one in self._names:
            found += [(match.start(), one) for match in pattern.finditer(text)]
            text = pattern.sub(lambda match: "\0" * len(match.group()), text)
        return list(dict.fromkeys(one for _, one in sorted(found)))

    def sector_in(self, text: str) -> str | None:
        """The sector named, the longest name first."""
        names = sorted(self.sectors, key=len, reverse=True)
        return next((self.sectors[n] for n in names if _pattern(n, re.IGNORECASE).search(text)), None)


def _pattern(name: str, flags: int = 0) -> re.Pattern[str]:
    """A name as a word of its own; a space may be a dash."""
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(re.escape(w) for w in re.split(r"[\s-]+", name)) + r"(?!\w)", flags)


def read_market(connection: duckdb.DuckDBPyConnection) -> Market:
    """The facts of a published file, or of the candidate as dbt builds it."""

    def rows(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    instruments = rows("select instrument_id, name, proxy_of, sector, provenance from marts.dim_instrument order by 1")
    aliases = {str(alias): str(one) for one, alias in rows("select instrument_id, alias from reference.instrument_aliases order by 2")}
    of_fund = {str(i): str(sector) for i, _, _, sector, _ in instruments if sector}
    pairs = rows("select small_id, large_id, is_headline from reference.pairs order by is_headline desc, 1, 2")
    ((as_of,),) = rows("select max(as_of_date) from marts.dim_metric")
    assert isinstance(as_of, date)
    return Market(
        as_of_date=as_of,
        is_simulated=any(provenance == "simulated" for *_, provenance in instruments),
        tables=frozenset(
            f"{s}.{t}" for s, t in rows("select schema_name, table_name from duckdb_tables() where database_name = current_database()")
        ),
        instruments={str(i): str(name) for i, name, *_ in instruments},
        proxies={str(i): str(proxy) for i, _, proxy, *_ in instruments if proxy},
        sectors={s: s for s in of_fund.values()} | {alias: of_fund[i] for alias, i in aliases.items() if i in of_fund},
        aliases=aliases,
        pairs=frozenset((str(s), str(large)) for s, large, _ in pairs),
        headline=(str(pairs[0][0]), str(pairs[0][1])),
        universes={str(i): str(u) for u, i in rows("select universe_id, instrument_id from reference.universes order by 1")},
    )
