"""The index of the archive: what was asked, when, by which run, what came (by hash) or why nothing did, and whether it was merged.

One file a run, `archive/journal/<market>/<number>-<run>.jsonl`, to which lines are only added: a landing begins, its answers, `merging`,
`merged`. With the payloads it is all that `rotation rebuild` needs. Not for the payloads (archive.py), and never for a secret.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.sources.interface import Receipt, SourceError

_FILE = re.compile(r"(\d{6,})-(.+)\.jsonl")


class JournalError(Exception):
    """The index cannot be read; the message names file, line and cure."""


@dataclass(frozen=True)
class Answer:
    """What one request brought: a receipt, or the reason why it brought nothing."""

    request: str
    receipt: Receipt | None = None
    refused: tuple[str, str, str, str] | None = None


@dataclass(frozen=True)
class Landing:
    """One provider (or the drop folder, the clock, the calendar) landed once, with all it was told.

    `span` and `part`: what a backfill asked for and which part of it this landing takes; None in a run. `series`: those that were asked
    for, by their names in the catalogue of that day; None where none are asked. `asks`: what the settings wanted then. `accept`:
    checks that were passed over, with the reasons. `force`: asked for all there is, whatever was in already.
    """

    run_id: str
    provider: str
    as_of: date
    at: datetime
    has_token: bool = False
    has_contact: bool = False
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    span: tuple[date, date] | None = None
    part: tuple[date, date] | None = None
    series: tuple[str, ...] | None = None
    accept: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    answers: tuple[Answer, ...] = ()
    state: str = "begun"

    def as_line(self) -> dict[str, Any]:
        days = {n: [str(d) for d in s] if s else None for n, s in (("span", self.span), ("part", self.part))}
        return {
            "landing": self.provider, "run_id": self.run_id, "as_of": str(self.as_of), "at": self.at.isoformat(), "token": self.has_token,
            "contact": self.has_contact, "asks": {k: list(v) for k, v in self.asks.items()}, **days,
            "series": list(self.series) if self.series is not None else None,
            **({"accept": dict(self.accept)} if self.accept else {}),
            **({"force": True} if self.force else {}),
        }  # fmt: skip


@dataclass(frozen=True)
class Journal:
    """Where one run writes."""

    file: Path

    @classmethod
    def of_run(cls, folder: Path, run_id: str) -> "Journal":
        """The file of this run: the one it began, else the next number."""
        files = _files(folder)
        known = next((path for _, run, path in files if run == run_id), None)
        return cls(known or folder / f"{max((n for n, _, _ in files), default=0) + 1:06}-{run_id}.jsonl")

    def begin(self, landing: Landing) -> None:
        self._write(landing.as_line())

    def answered(self, receipt: Receipt) -> None:
        said = {"pulled_at": receipt.pulled_at.isoformat(), "status": receipt.status, "bytes": receipt.size_bytes, "sha256": receipt.sha256}
        self._write({"request": receipt.request, "source": receipt.source, **said})

    def refused(self, provider: str, request: str, problem: SourceError) -> None:
        self._write({"request": request, "source": provider, "refused": [problem.source, problem.expected, problem.found, problem.cure]})

    def mark(self, state: str) -> None:
        """`merging` before anything is written to the warehouse, `merged` after; `dropped` where a killed run never got so far."""
        self._write({"state": state}, sync=True)

    def _write(self, line: Mapping[str, Any], sync: bool = False) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a+b") as file:
            _drop_half_a_line(file)
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            if sync:
                file.flush()
                os.fsync(file.fileno())


def _drop_half_a_line(file: BinaryIO) -> None:
    """What a killed run began to write, and nobody ever read."""
    file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
    if file.read(1) not in (b"", b"\n"):
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def landings(folder: Path) -> list[Landing]:
    """Every landing of a market, oldest first.

    Raises:
        JournalError: a line that is none of ours.
    """
    return [landing for _, run, path in _files(folder) for landing in _of_file(path, run)]


def answers_of(folder: Path, provider: str, day: date) -> list[Answer]:
    """What a provider answered on a day (UTC), merged or not."""
    found: list[Answer] = []
    for _, run, path in reversed(_files(folder)):
        told = list(_of_file(path, run))
        if told and told[-1].at.date() < day:
            break
        found = [a for one in told if one.provider == provider and one.at.date() == day for a in one.answers] + found
    return found


def unsettled(folder: Path) -> tuple[Journal, Landing] | None:
    """The last landing, where the run was killed between `merging` and `merged`: only the warehouse knows whether it was."""
    files = _files(folder)
    last = list(_of_file(files[-1][2], files[-1][1])) if files else []
    return (Journal(files[-1][2]), last[-1]) if last and last[-1].state == "merging" else None


def _files(folder: Path) -> list[tuple[int, str, Path]]:
    found = [(match, path) for path in folder.glob("*.jsonl") if (match := _FILE.fullmatch(path.name))]
    return sorted((int(match[1]), match[2], path) for match, path in found)


def _of_file(path: Path, run_id: str) -> Iterator[Landing]:
    current: Landing | None = None
    for n, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            break  # the run was killed while it wrote: nothing after this line was ever begun
        try:
            said = json.loads(line)
            if "landing" in said:
                if current:
                    yield current
                current = _landing(said, run_id)
            elif current and "state" in said:
                current = replace(current, state=str(said["state"]))
            elif current:
                current = replace(current, answers=(*current.answers, _answer(said)))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            cure = "Put the file back from a copy; without it the runs after it cannot be rebuilt."
            raise JournalError(
                f"{path} line {n}: expected a line of the archive's index, found {line[:80]!r} ({problem}). {cure}"
            ) from None
    if current:
        yield current


def _landing(said: Mapping[str, Any], run_id: str) -> Landing:
    span, part = (tuple(date.fromisoformat(d) for d in said[n]) if said[n] else None for n in ("span", "part"))
    return Landing(
        run_id=run_id,
        provider=said["landing"],
        as_of=date.fromisoformat(said["as_of"]),
        at=datetime.fromisoformat(said["at"]),
        has_token=said["token"],
        has_contact=said["contact"],
        asks={k: tuple(v) for k, v in said["asks"].items()},
        span=span,  # type: ignore[arg-type]
        part=part,  # type: ignore[arg-type]
        series=tuple(said["series"]) if said["series"] is not None else None,
        accept=said.get("accept", {}),
        force=said.get("force", False),
    )


def _answer(said: Mapping[str, Any]) -> Answer:
    if "refused" in said:
        return Answer(said["request"], refused=tuple(said["refused"]))
    pulled_at = datetime.fromisoformat(said["pulled_at"])
    return Answer(said["request"], Receipt(said["source"], said["request"], pulled_at, said["status"], said["bytes"], said["sha256"]))
