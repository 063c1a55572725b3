"""How long a warm `rotation run` on the sample takes against `dbt build` of the same project by itself, in paired, alternating whole processes.

What is measured: wall time of each process from start to exit, on a warehouse already filled (nothing new to merge), so that the
difference is what stands around dbt: asking the sources, gate 1, Dagster's events, gate 3 and the publication. Not for the size of the data.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from pipelines.settings import ROOT, load_settings

PAIRS = 5
BIN = Path(sys.executable).parent


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print each pair and the medians."""
    settings = load_settings()
    environment = os.environ | {"DBT_ROTATION_WAREHOUSE": str(settings.warehouse), "DBT_ROTATION_THREADS": str(settings.cores)}
    run = [str(BIN / "rotation"), "run", "--sources", "sample", "--json"]
    project = str(ROOT / "dbt_project")
    dbt = [str(BIN / "dbt"), "build", "--project-dir", project, "--profiles-dir", project, "--target", "sample", "--quiet"]
    settings.candidate_file("sample").parent.mkdir(parents=True, exist_ok=True)
    print("warming up")
    seconds(run, environment)
    seconds(dbt, environment)
    pairs = []
    for n in range(1, PAIRS + 1):
        pairs.append((seconds(run, environment), seconds(dbt, environment)))
        print(f"pair {n}: rotation run {pairs[-1][0]:.1f} s, dbt build {pairs[-1][1]:.1f} s, ratio {pairs[-1][0] / pairs[-1][1]:.2f}")
    ratios = [a / b for a, b in pairs]
    print(
        f"median: rotation run {statistics.median(a for a, _ in pairs):.1f} s, dbt build {statistics.median(b for _, b in pairs):.1f} s, "
        f"ratio {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f}); at most 3 is wanted"
    )


if __name__ == "__main__":
    main()
