"""A warehouse to work on, made from one that stays as it is: for tests and for trials. Not for making the first one."""

import os
import shutil
from pathlib import Path


def clone(source: Path, target: Path) -> Path:
    """What is written to (working files, the archive's index) is copied, what is only ever replaced is linked."""
    for path in source.rglob("*"):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy) if {"work", "journal"} & set(path.relative_to(source).parts) else os.link(path, copy)
    return target
