"""The rows of the reliability table, in its order: one line each. Not for trying them (a module each) or printing them (__main__)."""

from bench.reliability.row import Trial


def trials() -> list[Trial]:
    """Every row with its counts. Modules are imported here, so that a row alone can be tried without the others' cost."""
    from bench.reliability.kills import kills
    from bench.reliability.months import months

    return [
        Trial("kills", full=200, few=2, run=kills),
        Trial("months", full=147, few=3, run=months),
    ]
