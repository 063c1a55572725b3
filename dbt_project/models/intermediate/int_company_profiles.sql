-- Industry (SIC) and kind of filer of a company from each filing on, until the next says otherwise.
with filings as (
    select
        cik, known_on, filed_on, accession, sic, provenance,
        case
            when regexp_matches(form, '^(20-F|40-F|6-K)') then true
            when regexp_matches(form, '^10-') then false
        end as is_foreign
    from {{ ref('stg_sec__filings') }}
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
)

-- What one filing leaves open, an earlier one said.
select
    cik,
    known_on,
    last_value(sic ignore nulls) over company as sic,
    last_value(is_foreign ignore nulls) over company as is_foreign,
    {{ derived_provenance(['provenance']) }} as provenance
from filings
window company as (partition by cik order by known_on, filed_on, accession)
qualify row_number() over (partition by cik, known_on order by filed_on desc, accession desc) = 1
