"""Whether to trust it: the claim audit, the gates, freshness, what providers changed. Not for the checks (pipelines/checks)."""

from pipelines.report.page.panel import Column, Panel, Section

CLAIMS = Panel(
    key="claims",
    title="Claims of an article, against the warehouse",
    window="each claim as of its own day",
    sql="""
select claim_no, claim_id, statement, reported_text, unit, reported_as_of, computed_text, computed_value, definition, verdict, explanation
from marts.fct_claim_audit
order by claim_no
""",
    columns=(
        Column("claim_no", "no."),
        Column("statement", "claim"),
        Column("reported_text", "said"),
        Column("unit", "unit"),
        Column("computed_text", "found"),
        Column("verdict", "verdict"),
        Column("explanation", "why"),
    ),
    metrics=("claim_computed_value", "claim_verdict"),
    reading="The SQL of each verdict: column evidence_sql, or rotation audit --sql.",
    layout="claims",
    is_wide=True,
)

AUDIT = Section("claims", "Claim audit", "Claims", (CLAIMS,))

GATES = Panel(
    key="gates",
    title="Gates this publication passed",
    window="this run",
    sql="""
select gate, count(*) as checks_n, count(*) filter (passed) as passed_n, count(*) filter (not passed and severity = 'warn') as warned_n
from quality.check_results
where run_id = '{run}'
group by gate
order by gate
""",
    columns=(
        Column("gate", "gate"),
        Column("checks_n", "checks", ",d"),
        Column("passed_n", "passed", ",d"),
        Column("warned_n", "warned", ",d"),
    ),
    reading="Passed: the check found no failing row. A check that did not pass either warns, or was accepted with a reason. Every check: docs/checks.md.",
    empty="No check of this run is held.",
)

WARNINGS = Panel(
    key="warnings",
    title="What did not pass, and stopped nothing",
    window="this run",
    sql="""
select gate, table_name, check_name, severity, observed, failing_rows_n
from quality.check_results
where run_id = '{run}' and not passed
order by gate, table_name, check_name
""",
    columns=(
        Column("gate", "gate"),
        Column("table_name", "table"),
        Column("check_name", "check"),
        Column("observed", "found"),
        Column("failing_rows_n", "rows", ",d"),
    ),
    reading="What failed and stops nothing by its severity, or was passed over by a person, with the rows it found.",
    empty="Every check passed.",
)

STATUS = Panel(
    key="freshness_counts",
    title="Freshness",
    window="this publication",
    sql="""
select
    status, count(*) as series_n, count(*) filter (is_required) as required_n, max(sessions_late) as most_sessions_late,
    case when status in ('fresh', 'ended') then null else string_agg(series_id, ', ' order by series_id) end as which
from quality.freshness
group by status
order by status in ('fresh', 'ended'), status
""",
    columns=(
        Column("status", "status", under="which"),
        Column("series_n", "series", ",d"),
        Column("required_n", "of them required", ",d"),
        Column("most_sessions_late", "sessions late, at most", "d"),
    ),
    reading="Late: the newest value is more sessions behind what its rhythm lets expect than the catalogue allows the series; fresh may so be some sessions behind.",
)

FRESHNESS = Panel(
    key="freshness",
    is_folded=True,
    title="Freshness, series by series",
    window="this publication; late and missing ones first",
    sql="""
select series_id, provider, frequency, is_required, status, last_observation, expected_by, sessions_late, late_after_sessions, stood_in_by
from quality.freshness
order by status in ('fresh', 'ended'), is_required desc, series_id
""",
    columns=(
        Column("series_id", "series"),
        Column("status", "status"),
        Column("provider", "provider"),
        Column("frequency", "each"),
        Column("is_required", "required"),
        Column("last_observation", "last value of"),
        Column("expected_by", "expected by"),
        Column("sessions_late", "sessions late", "d"),
        Column("late_after_sessions", "counts as late beyond", "d"),
        Column("stood_in_by", "stood in by"),
    ),
)

CHANGED = Panel(
    key="provider_changes",
    title="What providers changed, and what was set aside",
    window="this run",
    sql="""
select source, series_id, table_name, status, revised_rows, withdrawn_rows, message
from quality.source_pulls
where run_id = '{run}' and (revised_rows > 0 or withdrawn_rows > 0 or status in ('set_aside', 'failed'))
order by status, source, series_id
""",
    columns=(
        Column("source", "provider"),
        Column("series_id", "series"),
        Column("status", "status"),
        Column("revised_rows", "revised", ",d"),
        Column("withdrawn_rows", "withdrawn", ",d"),
        Column("message", "cause and cure"),
    ),
    reading="Revised: another value than we held for the same day; withdrawn: no longer sent. What we hold stays, with the day it was known.",
    empty="No value was revised or withdrawn, nothing was set aside.",
)

DISAGREEMENTS = Panel(
    key="disagreements",
    title="Where providers disagree",
    window="the forty newest sessions concerned",
    sql="""
select session_date, instrument_id, measure, first_series_id, first_value, second_series_id, second_value, difference_bp, tolerance_bp, supported, used_series_id
from quality.disagreements
where known_on <= date '{day}'
order by session_date desc, instrument_id, measure
limit 40
""",
    columns=(
        Column("session_date", "session"),
        Column("instrument_id", "of"),
        Column("measure", "measure"),
        Column("first_series_id", "one"),
        Column("first_value", "says", ",.2f"),
        Column("second_series_id", "other"),
        Column("second_value", "says", ",.2f"),
        Column("difference_bp", "apart", "+.1f", "bp"),
        Column("used_series_id", "used"),
    ),
    empty="No two providers disagree beyond the tolerance.",
)

DATA = Section("data", "Data quality and freshness", "Data", (GATES, WARNINGS, STATUS, FRESHNESS, CHANGED, DISAGREEMENTS))
