"""`make ui-check`: opens the UI of this checkout on a warehouse of its own, goes through it in Chromium and leaves a picture of each step.

A person looks at the pictures; the exit code tells whether each step showed the words it must. Not for the test suite: whole runs take minutes.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from bench.ui.steps import STEPS

CHROMIUM = "/usr/bin/chromium"
STARTING_S = 180
NOWHERE = {"ROTATION_MIRROR": "http://127.0.0.1:9", "ROTATION_HTTP_RETRIES": "0"}  # the sensor runs the live market: nobody is asked

out = Console(highlight=False)


@contextmanager
def ui(warehouse: Path, port: int) -> Iterator[str]:
    """`rotation ui`, until it answers; ended with everything it started."""
    env = os.environ | {"ROTATION_WAREHOUSE": str(warehouse), "ROTATION_UI_PORT": str(port), "ROTATION_UI_HOST": "127.0.0.1"} | NOWHERE
    program = [str(Path(sys.executable).with_name("rotation")), "ui"]
    with subprocess.Popen(program, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, running)
            yield address
        finally:
            os.killpg(running.pid, signal.SIGTERM)  # the webserver, the daemon and a run that is still at work


def _wait(address: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(STARTING_S):
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=5):  # noqa: S310 - our own address
                return
        except OSError:
            if running.poll() is not None:
                break
            time.sleep(1)
    raise SystemExit(f"The UI did not answer on {address} within {STARTING_S} s. Is the port taken? --port takes another.")


def walk(page: Page, address: str, shots: Path, warehouse: Path, names: list[str]) -> list[str]:
    """Every step in turn; what went wrong."""
    failed = []
    for name, step in STEPS.items():
        if names and name not in names:
            continue
        started = time.monotonic()
        try:
            step(page, address, warehouse)
        except Exception as problem:  # noqa: BLE001 - whatever a step meets is its finding; the next one is tried all the same
            failed.append(f"{name}: {str(problem).splitlines()[0]}")
        page.screenshot(path=shots / f"{name}.png")
        out.print(
            f"{'[red]no[/red] ' if failed and failed[-1].startswith(name) else '[green]ok[/green] '} {name}, {time.monotonic() - started:.0f} s"
        )
    return failed


def main() -> int:
    """Try the steps asked for, all by default."""
    parser = argparse.ArgumentParser(prog="bench.ui", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}")
    parser.add_argument("--shots", type=Path, default=Path(tempfile.gettempdir()) / "rotation-ui-shots", help="where the pictures go")
    parser.add_argument("--warehouse", type=Path, help="a warehouse to start from, copied; default: an empty one")
    parser.add_argument("--port", type=int, default=3977)
    asked = parser.parse_args()
    if unknown := sorted(set(asked.steps) - set(STEPS)):
        parser.error(f"unknown steps {', '.join(unknown)}; known are {', '.join(STEPS)}")
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"{CHROMIUM} is not there: install Chromium to try the UI.")
    asked.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rotation-ui-") as folder:
        warehouse = Path(folder) / "warehouse"
        if asked.warehouse:
            shutil.copytree(asked.warehouse, warehouse)
        with ui(warehouse, asked.port) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            failed = walk(page, address, asked.shots, warehouse, asked.steps)
            browser.close()
    out.print(f"Pictures: {asked.shots}")
    for one in failed:
        out.print(f"[red]{one}[/red]", soft_wrap=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
