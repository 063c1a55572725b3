"""Gate 3: every check of the candidate, run. Not for what they are (within, across, past), nor for single tables (dbt tests those).

Each check is SQL that returns the failing rows. `rotation` is the candidate, `work` the working file, `published` the last publication of the same mode.
"""

import duckdb

from pipelines.checks.across import ACROSS
from pipelines.checks.past import CHECKS as OF_THE_PAST
from pipelines.checks.past import against_published
from pipelines.checks.verdicts import Reconciliation, Verdict, verdict
from pipelines.checks.within import OF_EVERY_TABLE, WITHIN, every_table
from pipelines.resources.warehouse import has_publication

EVERY = (*WITHIN, *ACROSS, *OF_EVERY_TABLE, *OF_THE_PAST)
NAMES = tuple(c.name for c in EVERY)


def checks(connection: duckdb.DuckDBPyConnection, mode: str) -> list[Reconciliation]:
    """Every check of an open candidate (see Warehouse.candidate); those against the last publication where there is one."""
    return [*WITHIN, *ACROSS, *every_table(connection, mode), *(against_published(connection) if has_publication(connection) else ())]


def reconcile(connection: duckdb.DuckDBPyConnection, mode: str) -> list[Verdict]:
    """Run every check of gate 3 on an open candidate."""
    return [verdict(connection, check) for check in checks(connection, mode)]
