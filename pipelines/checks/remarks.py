"""Gate 3's remarks: what a person should see of the finished file, and what stops nothing. Not for what stops it (reconciliation)."""

import duckdb

from pipelines.checks.verdicts import Reconciliation, Verdict, verdict
from pipelines.resources.warehouse import has_publication

REMARKS: tuple[Reconciliation, ...] = (
    Reconciliation(
        "closes_keep_their_source",
        "marts.fct_performance_daily",
        "A published close whose series is another one now: the first of the chain has come after all, or has gone.",
        "Nothing is to be done where the closes agree; else see quality.disagreements, which says who is right.",
        "select c.session_date, c.instrument_id, p.series_id as was_from, c.series_id as is_from, p.close as was, c.close "
        "from published.marts.fct_performance_daily p join rotation.marts.fct_performance_daily c using (session_date, instrument_id, horizon) "
        "where horizon = '1d' and p.series_id <> c.series_id order by c.session_date desc, c.instrument_id",
        severity="warn",
    ),
    Reconciliation(
        "series_of_a_chain_agree",
        "quality.disagreements",
        "Two providers apart by more than tolerance_bp on a session that the last publication did not have.",
        "See quality.disagreements for what each says and who is supported; a wrong bar is corrected by a dropped file, or by its provider.",
        "select * from rotation.quality.disagreements d "
        "where d.session_date > (select max(as_of_date) from published.marts.dim_metric) order by d.session_date desc, d.instrument_id",
        "tolerance_bp of the series in the catalogue: 5. Of 2,514 sessions of the S&P 500 told by Yahoo and FRED, 2,513 are within 3.7 basis points and one, "
        "a wrong print, is 11.9 apart (2021-08-11); of 14,002 of the Nasdaq Composite 352 are further apart, which is worth a look.",
        "warn",
    ),
)
NAMES = tuple(r.name for r in REMARKS)


def remark(connection: duckdb.DuckDBPyConnection) -> list[Verdict]:
    """Every remark on an open candidate beside the last publication; none where there was none."""
    return [verdict(connection, one) for one in REMARKS] if has_publication(connection) else []
