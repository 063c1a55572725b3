"""Each provider as it stands: reachable, key, last pull, last error, and what rests on it; for `rotation sources`. Not for asking for data."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.catalog import catalog
from pipelines.resources.dbt import ensure_manifest
from pipelines.resources.publication import Publication
from pipelines.resources.warehouse import read_only
from pipelines.settings import PREFIX, TOKENS, Mode, Settings
from pipelines.sources.http import ASK_FOR_CONTACT
from pipelines.sources.reach import Reach, reach
from pipelines.sources.readers import READERS
from pipelines.typed import as_typed

WITHOUT_KEY_FINE = ("fred",)  # answers without a key too
OWN = ("drop", "exchange")  # no network: a folder, and a library


@dataclass(frozen=True)
class Provider:
    """One provider. `is_reachable` is None where it was not asked."""

    provider: str
    is_reachable: bool | None
    reachable: str
    key: str
    is_key_missing: bool
    last_pull: datetime | None
    last_status: str | None
    last_error_at: datetime | None
    last_error: str | None
    series: tuple[str, ...]
    required: tuple[str, ...]
    marts: tuple[str, ...]


def providers(settings: Settings, mode: Mode, seconds: float | None) -> list[Provider]:
    """Every provider, in the order they are read; asked whether it answers if `seconds` are given for that."""
    mirror = str(settings.mirror) if settings.mirror else None
    doors = reach(READERS, mirror, seconds) if seconds else {}
    pulls, marts = _pulls(settings, mode), _marts(settings)
    found = []
    for name in (*READERS, *OWN):
        own = catalog().of(name)
        door = doors.get(name) or (Reach(True, _of_ours(name, settings)) if name in OWN else None)
        key, is_missing = _key(name, settings)
        pulled, status, failed, error = pulls.get(name, (None, None, None, None))
        found.append(
            Provider(
                name, door.is_reachable if door else None, door.said if door else "not asked", key, is_missing, pulled, status, failed, error,
                tuple(s.series_id for s in own), tuple(s.series_id for s in own if s.is_required), marts.get(name, ()),
            )
        )  # fmt: skip
    return found


def _of_ours(name: str, settings: Settings) -> str:
    return f"folder {settings.drop_folder}" if name == "drop" else "a library, no network"


def _key(name: str, settings: Settings) -> tuple[str, bool]:
    """Whether what the provider wants to be asked is set; never the value."""
    if name in ASK_FOR_CONTACT:
        return (f"{PREFIX}CONTACT set", False) if settings.contact else (f"{PREFIX}CONTACT missing: not asked", True)
    if name not in TOKENS:
        return "none needed", False
    setting = PREFIX + TOKENS[name].upper()
    if name in settings.tokens:
        return f"{setting} set", False
    return (f"{setting} not set: asked without", False) if name in WITHOUT_KEY_FINE else (f"{setting} missing: not asked", True)


@contextmanager
def _log(settings: Settings, mode: Mode) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The log of pulls: of the working file, which knows of runs that were stopped too; while a run writes it, of the publication."""
    published = Publication(settings.published(mode)).database
    for file in (settings.work_file(mode), published):
        if not file.exists():
            continue
        try:
            with read_only(file) as connection:
                yield connection
                return
        except duckdb.IOException:
            continue
    yield None


def _pulls(settings: Settings, mode: Mode) -> dict[str, tuple[Any, ...]]:
    """By provider: when it was last pulled, how that ended, when it last failed, and how."""
    with _log(settings, mode) as connection:
        if connection is None:
            return {}
        rows = connection.execute(
            """
            select
                source,
                max(pulled_at) filter (status in ('merged', 'unchanged')),
                arg_max(status, pulled_at),
                max(pulled_at) filter (status in ('failed', 'set_aside')),
                arg_max(message, pulled_at) filter (status in ('failed', 'set_aside'))
            from quality.source_pulls
            group by source
            """
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _marts(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Marts by the provider whose raw tables they come from, at any remove: dbt's own lineage."""
    manifest = json.loads(ensure_manifest(settings).read_text(encoding="utf-8"))
    children, nodes = manifest["child_map"], manifest["nodes"]
    found: dict[str, set[str]] = defaultdict(set)
    for unique_id, source in manifest["sources"].items():
        provider = (source["config"].get("meta") or source["meta"]).get("provider")
        seen, ahead = set(), [unique_id]
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen.add(node)
                ahead += children.get(node, [])
        found[provider] |= {nodes[n]["name"] for n in seen if n.startswith("model.") and nodes[n]["schema"] == "marts"}
    return {provider: tuple(sorted(names)) for provider, names in found.items()}


def as_json(found: list[Provider]) -> str:
    """For scripts."""
    return json.dumps([asdict(p) for p in found], indent=2, default=str)


def show(found: list[Provider], out: Console) -> None:
    """One line a provider, and below it the last error of those that have one."""
    table = Table(
        "provider", "reachable", "key", "last pull (UTC)", "series", "marts that rest on it", title="Sources", title_justify="left"
    )
    for one in found:
        mark = {True: "green", False: "red", None: "dim"}[one.is_reachable]
        pulled = f"{one.last_pull:%Y-%m-%d %H:%M}" if one.last_pull else "never"
        series = f"{len(one.series)}" + (f", {len(one.required)} required" if one.required else "")
        table.add_row(
            one.provider, f"[{mark}]{escape(one.reachable)}[/{mark}]", f"[yellow]{one.key}[/yellow]" if one.is_key_missing else one.key,
            pulled, series, str(len(one.marts)),
        )  # fmt: skip
    out.print(table)
    for one in found:
        if one.last_error:
            when = f"{one.last_error_at:%Y-%m-%d %H:%M}" if one.last_error_at else "?"
            after = (
                "since then it answered" if one.last_pull and one.last_error_at and one.last_pull > one.last_error_at else "its last word"
            )
            out.print(f"[yellow]{one.provider}[/yellow] failed at {when} ({after}): {escape(one.last_error[:400])}")
    out.print(as_typed("[dim]What exactly rests on a provider: rotation sources --json. Terms and cures: docs/sources/.[/dim]"))
