"""The published folder of one mode: install a finished release whole, keep the last ones, go back to one. Not for making or checking a release.

    published/<mode>/rotation.duckdb  parquet/<schema>/<table>.parquet  manifest.json     what readers open
    published/<mode>/history/<run>/   the same files, as published                        what rollback takes

A release is complete and synced in history/ before any file readers see is touched. Installing hard-links each file beside its
place and renames it over the old one: a reader has the old file or the new one, and a second install after a crash ends the same.
The database is renamed first and the manifest last, so a manifest never tells of a database that is not there.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE, MANIFEST, PARQUET = "rotation.duckdb", "manifest.json", "parquet"


class PublicationError(Exception):
    """A publication cannot be made or found; the message says what to do. What readers see is unchanged."""


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Publication:
    """The folder published/<mode>."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def history(self) -> Path:
        return self.folder / "history"

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of what is published, or None."""
        path = self.folder / MANIFEST
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def releases(self) -> list[str]:
        """Runs that can be gone back to, oldest first."""
        if not self.history.exists():
            return []
        manifests = list(self.history.glob(f"*/{MANIFEST}"))
        return [
            p.parent.name
            for p in sorted(manifests, key=lambda p: (json.loads(p.read_text(encoding="utf-8"))["published_sequence"], p.parent.name))
        ]

    def next_sequence(self) -> int:
        """Number of the next release: publications are ordered by it, not by any clock."""
        numbers = [json.loads((self.history / r / MANIFEST).read_text(encoding="utf-8"))["published_sequence"] for r in self.releases()]
        return max(numbers, default=0) + 1

    def add(self, run: str, staged: Path) -> Path:
        """Move a finished release into history, synced. `staged` is on the same file system and holds all its files."""
        for path in sorted(staged.rglob("*")):
            if path.is_file():
                path.chmod(0o444)
            _sync(path)
        _sync(staged)
        self.history.mkdir(parents=True, exist_ok=True)
        release = self.history / run
        if release.exists():
            shutil.rmtree(release)
        staged.rename(release)
        _sync(self.history)
        return release

    def install(self, run: str) -> None:
        """Make a release of history what readers see.

        Raises:
            PublicationError: there is no such release.
        """
        release = self.history / run
        if not (release / MANIFEST).exists():
            known = ", ".join(self.releases()) or "none"
            raise PublicationError(f"There is no publication {run!r} to go to in {self.history}. Kept are: {known}.")
        files = [p.relative_to(release) for p in sorted(release.rglob("*")) if p.is_file()]
        order = {DATABASE: 0, MANIFEST: 2}
        for name in sorted(files, key=lambda p: (order.get(str(p), 1), str(p))):
            self._put(release / name, self.folder / name)
        stale = set((self.folder / PARQUET).rglob("*.parquet")) - {self.folder / name for name in files}
        for path in stale:
            path.unlink()
        # a log left beside the database would be replayed into the new file by older clients
        Path(f"{self.database}.wal").unlink(missing_ok=True)
        _sync(self.folder)

    @staticmethod
    def _put(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.samefile(source):  # a rename between two links of one file does nothing
            return
        beside = target.with_name(f".{target.name}.new")
        beside.unlink(missing_ok=True)
        try:
            os.link(source, beside)
        except OSError:  # a file system without hard links
            shutil.copy2(source, beside)
            _sync(beside)
        beside.replace(target)
        _sync(target.parent)

    def prune(self, keep: int) -> list[str]:
        """Remove the oldest releases beyond `keep`; the one readers see stays."""
        current = (self.manifest() or {}).get("run_id")
        gone = [r for r in self.releases()[:-keep] if r != current]
        for run in gone:
            shutil.rmtree(self.history / run)
        return gone

    def previous(self) -> str:
        """The release before the one readers see.

        Raises:
            PublicationError: there is none.
        """
        releases = self.releases()
        current = (self.manifest() or {}).get("run_id")
        if current in releases and releases.index(current) > 0:
            return releases[releases.index(current) - 1]
        raise PublicationError(f"There is no publication before {current!r} in {self.history}: nothing to roll back to.")
