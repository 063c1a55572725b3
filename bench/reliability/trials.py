"""The rows of the reliability table, in its order: one line each. Not for trying them (a module each) or printing them (__main__)."""

from bench.reliability.row import Trial


def trials() -> list[Trial]:
    """Every row with its counts. Modules are imported here, so that a row alone can be tried without the others' cost."""
    from bench.reliability import disk_full, malice, postgres_readers, power, readers, steps

    return [
        Trial("steps", 100, 4, steps.run),
        Trial("readers", 100, 2, readers.run),
        Trial("malice", len(malice.cases()), len(malice.cases()) // 4, malice.run),
        Trial("power", 50_000, 600, power.run),
        Trial("disk_full", 60, 3, disk_full.run),
        Trial("postgres_readers", 50, 3, postgres_readers.run),
    ]
