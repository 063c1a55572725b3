select
    cik, taxonomy, tag, unit, period_start, period_end, accession, value, form, fiscal_year, fiscal_period, filed_on, accepted_at, origin,
    {{ left_out_fact() }} as left_out, is_first, known_on, pulled_at, provenance
from {{ source('raw', 'sec_facts') }}
