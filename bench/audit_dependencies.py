"""`make audit-dependencies`: every locked version held against a source of advisories, where one answers. Not for renewing the locks (make lock)."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Ours first, then those of what we deploy or show how to set up: environments of their own, with other versions of the same packages.
LOCKS = (ROOT / "requirements.lock", *sorted(p for folder in ("deploy", "docs") for p in ROOT.glob(f"{folder}/**/requirements.lock")))
SOURCES: dict[str, Sequence[str]] = {"the package index": (), "OSV": ("--vulnerability-service", "osv")}
PATIENCE_S = 180  # for one source and lock; one that is there answers for all versions within a minute or two


def ask(lock: Path, options: Sequence[str]) -> dict[str, Any] | None:
    """What pip-audit says of a lock through one source; None where the source does not answer."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--timeout",
        "5",
    ]
    try:
        said = subprocess.run(
            [*command, "--progress-spinner", "off", *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        return dict(json.loads(said.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return None


def judge(report: dict[str, Any] | None) -> tuple[list[str], list[str]] | None:
    """The findings, and the versions the source knows nothing of; None where it knows none at all: what answered is no source of advisories."""
    dependencies = (report or {}).get("dependencies", [])
    unknown = [d["name"] for d in dependencies if "skip_reason" in d]
    if len(unknown) == len(dependencies):
        return None
    findings = [
        f"{d['name']} {d['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for d in dependencies
        for v in d.get("vulns", [])
    ]
    return findings, unknown


def main() -> int:
    """Ask the sources in turn about our own lock; the first that answers is asked about the others, too, and decides."""
    first, *others = LOCKS
    for name, options in SOURCES.items():
        if (judged := judge(ask(first, options))) is None:
            print(f"{name}: no advisories to be had there.")
            continue
        found = [_told(name, first, judged), *(_told(name, lock, judge(ask(lock, options))) for lock in others)]
        if any(found):
            print("Renew the locks (make lock), or bound the range in pyproject.toml or requirements.in with the reason.")
        return 1 if any(found) else 0
    print(
        "NOT AUDITED: no source of advisories was reachable from here, so nothing is known of the locked versions. Audit them where one is."
    )
    return 0


def _told(source: str, lock: Path, judged: tuple[list[str], list[str]] | None) -> int:
    """Say what a source knows of a lock; how many findings."""
    place = lock.relative_to(ROOT) if lock.is_relative_to(ROOT) else lock
    if judged is None:
        print(f"NOT AUDITED: {source} did not answer for {place}.")
        return 0
    findings, unknown = judged
    for finding in findings:
        print(f"{place}: {finding}")
    print(f"{source}: {len(findings)} advisories on the versions of {place}. Not known there: {', '.join(unknown) or 'none'}.")
    return len(findings)


if __name__ == "__main__":
    sys.exit(main())
