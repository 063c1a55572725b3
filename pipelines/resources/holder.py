"""Who works on a market's files now, by name. Not for the lock itself (run.py)."""

from pathlib import Path

from pipelines.settings import Mode, Settings


def holder(settings: Settings, mode: Mode) -> Path:
    """The file beside the lock that says who has it."""
    return settings.work_file(mode).with_name("run.holder")


def held_by(file: Path) -> str:
    """The process that has the lock, in words."""
    return (file.read_text(encoding="utf-8") if file.exists() else "") or "another process"
