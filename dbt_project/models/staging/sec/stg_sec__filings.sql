select
    accession, cik, name, sic, form, period, fiscal_year_end, fiscal_year, fiscal_period, filed_on, accepted_at, is_amendment, is_amended_later, origin,
    is_first, known_on, pulled_at, provenance
from {{ source('raw', 'sec_filings') }}
