"""The rows of the reliability table, in its order: one line each. Not for trying them (a module each) or printing them (__main__)."""

from bench.reliability import assistants, postgres_readers
from bench.reliability.row import Trial


def trials() -> list[Trial]:
    """Every row with its counts. Modules are imported here, so that a row alone can be tried without the others' cost."""
    return [
        Trial("postgres_readers", 50, 3, postgres_readers.run),
        Trial("assistants", len(assistants.ATTEMPTS), len(assistants.ATTEMPTS), assistants.run),
    ]
