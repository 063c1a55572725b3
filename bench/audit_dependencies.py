"""`make audit-dependencies`: the locked versions held against a source of advisories, where one answers. Not for renewing the lock (make lock)."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SOURCES: dict[str, Sequence[str]] = {"the package index": (), "OSV": ("--vulnerability-service", "osv")}
PATIENCE_S = 180  # for one source; one that is there answers for all versions within a minute or two


def ask(options: Sequence[str]) -> dict[str, Any] | None:
    """What pip-audit says of the lock through one source; None where the source does not answer."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(LOCK),
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
    """Ask the sources in turn; the first that answers decides."""
    for name, options in SOURCES.items():
        if (judged := judge(ask(options))) is None:
            print(f"{name}: no advisories to be had there.")
            continue
        findings, unknown = judged
        for finding in findings:
            print(finding)
        print(f"{name}: {len(findings)} advisories on the versions of {LOCK.name}. Not known there: {', '.join(unknown) or 'none'}.")
        if findings:
            print("Renew the lock (make lock), or bound the range in pyproject.toml with the reason.")
        return 1 if findings else 0
    print(
        "NOT AUDITED: no source of advisories was reachable from here, so nothing is known of the locked versions. Audit them where one is."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
