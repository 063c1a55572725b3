-- Facts that fundamentals are made of, as they were known: one row a company, tag, span and value that stood from known_on until
-- superseded_on. A fact is its company, tag, unit, start and end, never the fiscal year a filing writes beside it; of several filings
-- the latest one known by the day counts, and a restatement is a row more. Filings on the forms of foreign filers are left out.
with
home as (
    -- Revenue that a filing's geographic split gives to the United States, and to nothing else.
    select segments.*
    from {{ ref('stg_sec__segment_facts') }} as segments
    join {{ ref('united_states_members') }} as members
        on members.member = regexp_replace(regexp_replace(lower(regexp_extract(segments.segments, '=([^;]+);?$', 1)), '^.*:', ''), 'member$|[^a-z]', '', 'g')
    where regexp_matches(segments.segments, '^[^;=]*Geograph[^;=]*=[^;]+;?$') and segments.coregistrant = ''
),

tagged as (
    select
        facts.cik, tags.concept, tags.kind, tags.priority, facts.tag, facts.period_start, facts.period_end,
        tags.sign * cast(facts.value as decimal(38, 4)) as value,
        facts.accession, facts.form, facts.filed_on, facts.known_on, facts.pulled_at, facts.provenance
    from {{ ref('stg_sec__facts') }} as facts
    join {{ ref('fundamental_tags') }} as tags using (taxonomy, tag, unit)
    where facts.known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
        and not regexp_matches(facts.form, '^(20-F|40-F|6-K)')

    union all

    select
        home.cik, 'revenue_home', tags.kind, tags.priority, home.tag, home.period_start, home.period_end, tags.sign * cast(home.value as decimal(38, 4)),
        home.accession, home.form, home.filed_on, home.known_on, home.pulled_at, home.provenance
    from home
    join {{ ref('fundamental_tags') }} as tags using (taxonomy, tag, unit)
    where tags.concept = 'revenue'
        and home.known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
        and not regexp_matches(home.form, '^(20-F|40-F|6-K)')
),

of_day as (
    select *
    from tagged
    qualify row_number() over (
        partition by cik, concept, tag, period_start, period_end, known_on order by filed_on desc, accession desc, pulled_at desc
    ) = 1
),

changes as (
    select *, value is distinct from lag(value) over versions as is_change
    from of_day
    window versions as (partition by cik, concept, tag, period_start, period_end order by known_on)
)

select
    cik,
    concept,
    kind,
    priority,
    tag,
    period_start,
    period_end,
    value,
    accession,
    form,
    filed_on,
    known_on,
    coalesce(lead(known_on) over versions, date '9999-12-31') as superseded_on,
    provenance
from changes
where is_change
window versions as (partition by cik, concept, tag, period_start, period_end order by known_on)
