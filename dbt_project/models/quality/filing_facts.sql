-- How many facts of filings we hold, by where they came from and whether the first universe uses them; what it leaves out is counted here.
with
facts as (
    select origin, coalesce(left_out, 'used') as treatment, cik, filed_on, known_on from {{ ref('stg_sec__facts') }}
    union all
    select origin, if(left_out is null, 'segment', 'segment_' || left_out), cik, filed_on, known_on from {{ ref('stg_sec__segment_facts') }}
)

select
    facts.origin,
    facts.treatment,
    count(*) as facts_n,
    count(distinct facts.cik) as companies_n,
    min(facts.filed_on) as first_filed_on,
    max(facts.filed_on) as last_filed_on,
    clock.as_of_date,
    clock.provenance
from facts
cross join {{ ref('stg_clock__day') }} as clock
where facts.known_on <= clock.as_of_date
group by facts.origin, facts.treatment, clock.as_of_date, clock.provenance
order by facts.origin, facts.treatment
