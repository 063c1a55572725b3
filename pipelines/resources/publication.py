"""The published folder of one mode: install a finished release whole, keep the last ones, go back to one. Not for making or checking a release.

    published/<mode>/rotation.duckdb  parquet/<schema>/<table>.parquet  report.html  manifest.json     what readers open
    published/<mode>/history/<run>/   the same files, as published                        what rollback takes

A release is complete and synced in history/ before any file readers see is touched. Installing first hard-links every file beside its
place, which is all that needs room, and then renames each over the old one: a reader has the old file or the new one. The database comes
first and is synced, the manifest comes last, after all else is synced: so the database tells which release an installation cut short was
of (`settle` finishes it), and a manifest never tells of files that are not there.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pipelines.settings import Mode

DATABASE, MANIFEST, PARQUET, REPORT = "rotation.duckdb", "manifest.json", "parquet", "report.html"
GONE = ".gone-"  # what a release in history/ is called while it is removed
NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}


class PublicationError(Exception):
    """A publication cannot be made or found; the message says what to do. What readers see is unchanged."""


def unpublished(place: Path) -> str:
    """What is said where nothing is published yet: at which place, and which run publishes there."""
    market = next((f" --sources {m}" for m in get_args(Mode) if m in (place.name, place.parent.name)), "")
    return f"There is no published warehouse at {place}. Make one with `rotation run{market}`."


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:  # which does not name what it was asked to sync
        raise OSError(problem.errno, problem.strerror, str(path)) from None
    finally:
        os.close(handle)


def _make(folder: Path) -> None:
    """Make a folder so that it is still there after a power cut."""
    for path in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        path.mkdir()
        _sync(path.parent)


def _silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Publication:
    """The folder published/<mode>. `at` hears each step before it is done."""

    folder: Path
    at: Callable[[str], None] = _silent

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

    def _kept(self) -> list[dict[str, Any]]:
        """Manifests of the releases in history, oldest first, by their sequence and not by any clock."""
        paths = [p for p in self.history.glob(f"*/{MANIFEST}") if not p.parent.name.startswith(GONE)]
        kept = [json.loads(p.read_text(encoding="utf-8")) | {"run_id": p.parent.name} for p in paths]
        return sorted(kept, key=lambda m: (m["published_sequence"], m["run_id"]))

    def releases(self) -> list[str]:
        """Runs that can be gone back to, oldest first."""
        return [m["run_id"] for m in self._kept()]

    def next_sequence(self) -> int:
        """Number of the next release."""
        return max((m["published_sequence"] for m in self._kept()), default=0) + 1

    def shown(self) -> str | None:
        """The release of history whose database readers have, or None."""
        if not self.database.exists():
            return None
        kept = list(reversed(self._kept()))
        for run in (m["run_id"] for m in kept):
            if (self.history / run / DATABASE).exists() and (self.history / run / DATABASE).samefile(self.database):
                return str(run)
        found = sha256(self.database)  # a file system without hard links
        return next((m["run_id"] for m in kept if m.get("database_sha256") == found), None)

    def size(self) -> int:
        """Bytes of what readers see."""
        return sum(p.stat().st_size for p in self._visible())

    def settle(self) -> None:
        """Finish what a crash cut short: the other files follow the database readers have, and no leftover stays."""
        for gone in self.history.glob(f"{GONE}*"):
            shutil.rmtree(gone)
        self._clear()
        self._clear_log()
        shown = self.shown()
        if shown is not None and shown != (self.manifest() or {}).get("run_id"):
            self.install(shown)

    def add(self, run: str, staged: Path) -> Path:
        """Move a finished release into history, synced. `staged` is on the same file system and holds all its files."""
        for path in sorted(staged.rglob("*")):
            self.at(f"sync {path.relative_to(staged)}")
            if path.is_file():
                path.chmod(0o444)
            _sync(path)
        _sync(staged)
        _make(self.history)
        self.discard([run])
        release = self.history / run
        self.at("move into history")
        staged.rename(release)
        self.at("sync history")
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
        files = {p.relative_to(release) for p in release.rglob("*") if p.is_file()}
        self._clear()
        try:
            laid = {name for name in sorted(files) if self._lay(release / name, name)}
        except OSError:
            self._clear()
            raise
        self._clear_log()
        self._replace(laid & {Path(DATABASE)})
        self._clear_log()
        self._replace(laid - {Path(DATABASE), Path(MANIFEST)})
        self._remove(p for p in self._visible() if p.suffix in (".parquet", ".html") and p.relative_to(self.folder) not in files)
        self._replace(laid & {Path(MANIFEST)})
        self.at("installed")

    def take_back(self, run: str, before: str | None) -> None:
        """Undo the installation of a release: readers have the one before again, or nothing where there was none."""
        if before is not None:
            self.install(before)
        else:
            self._remove([self.folder / MANIFEST])
            self._remove(self._visible())
        self.discard([run])

    def prune(self, keep: int) -> list[str]:
        """Remove the oldest releases beyond `keep`; the one readers see stays."""
        current = (self.manifest() or {}).get("run_id")
        gone = [r for r in self.releases()[:-keep] if r != current]
        self.discard(gone)
        return gone

    def discard(self, runs: Iterable[str]) -> None:
        """Remove releases from history, each whole or not at all."""
        for run in (r for r in runs if (self.history / r).exists()):
            self.at(f"discard {run}")
            gone = self.history / f"{GONE}{run}"
            (self.history / run).rename(gone)
            _sync(self.history)
            shutil.rmtree(gone)

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

    def _visible(self) -> list[Path]:
        """Every file in front of readers."""
        return [p for p in (*self.folder.glob("*"), *(self.folder / PARQUET).rglob("*")) if p.is_file()]

    def _clear(self) -> None:
        """Remove what an installation that was cut short has laid beside the files."""
        self._remove(p for p in self._visible() if p.name.startswith(".") and p.suffix == ".new")

    def _clear_log(self) -> None:
        """Remove a log beside the database, which is never ours: older clients would replay it into the file."""
        self._remove([Path(f"{self.database}.wal")])

    def _remove(self, paths: Iterable[Path]) -> None:
        there = [p for p in paths if p.exists()]
        for path in there:
            self.at(f"remove {path.relative_to(self.folder)}")
            path.unlink()
        for folder in sorted({p.parent for p in there}):
            _sync(folder)

    def _lay(self, source: Path, name: Path) -> bool:
        """Lay a file beside its place; False where it is in its place already."""
        target = self.folder / name
        _make(target.parent)
        if target.exists() and target.samefile(source):  # a rename between two links of one file does nothing
            return False
        self.at(f"lay {name}")
        beside = _beside(target)
        try:
            os.link(source, beside)
        except OSError as problem:
            if problem.errno not in NO_HARD_LINKS:
                raise
            shutil.copy2(source, beside)
            _sync(beside)
        return True

    def _replace(self, names: Iterable[Path]) -> None:
        """Put the files laid beside their places into them, and sync the folders."""
        for name in sorted(names):
            self.at(f"replace {name}")
            target = self.folder / name
            _beside(target).replace(target)
        for folder in sorted({(self.folder / name).parent for name in names}):
            self.at(f"sync {folder.relative_to(self.folder.parent)}")
            _sync(folder)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.new")
