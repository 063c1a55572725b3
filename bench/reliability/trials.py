"""The rows of the reliability table, in its order: one line each. Not for trying them (a module each) or printing them (__main__)."""

from bench.reliability.row import Trial


def trials() -> list[Trial]:
    """Every row with its counts. Modules are imported here, so that a row alone can be tried without the others' cost."""
    from bench.reliability import assistants, disk_full, malice, postgres_readers, power, readers, steps

    return [
        Trial("steps", 100, 5, steps.run),
        Trial("readers", 100, 3, readers.run),
        Trial("malice", len(malice.cases()), len(malice.cases()) // 4, malice.run),
        Trial("power", 50_000, 1_000, power.run),
        Trial("disk_full", 60, 6, disk_full.run),
        Trial("postgres_readers", 50, 3, postgres_readers.run),
        Trial("assistants", len(assistants.ATTEMPTS), len(assistants.ATTEMPTS), assistants.run),
    ]
