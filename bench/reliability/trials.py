"""The rows of the reliability table, in its order: one line each. Not for trying them (a module each) or printing them (__main__)."""

from bench.reliability.row import Trial


def trials() -> list[Trial]:
    """Every row with its counts. Modules are imported here, so that a row alone can be tried without the others' cost."""
    from bench.reliability import assistants, disk_full, malice, mutants, poison, postgres_readers, power, readers, steps, wild
    from bench.reliability.kills import kills
    from bench.reliability.months import months

    return [
        Trial("kills", 200, 2, kills, is_wide=True),
        Trial("steps", 100, 4, steps.run),
        Trial("readers", 100, 2, readers.run),
        Trial("poison", poison.FULL, poison.FEW, poison.run),
        Trial("wild", wild.FULL, wild.FEW, wild.run),
        Trial("power", power.FULL, 250, power.run),
        Trial("disk_full", 60, 3, disk_full.run),
        Trial("malice", len(malice.cases()), len(malice.cases()) // 4, malice.run),
        Trial("months", 147, 5, months),
        Trial("mutants", mutants.FULL, mutants.FEW, mutants.run),
        Trial("postgres_readers", 50, 2, postgres_readers.run),
        Trial("assistants", len(assistants.ATTEMPTS), 6, assistants.run),
    ]
