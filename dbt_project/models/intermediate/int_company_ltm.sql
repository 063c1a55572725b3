-- Twelve months of each flow, in every way the known facts allow, with the time each stood: the year itself; year to date + last
-- fiscal year - prior year to date; four quarters in a row, where the one nobody reports is what the longer span leaves. Spans are
-- matched by their first and last days. A year has 350 to 380 days, so 52 and 53 weeks are years, and a stub period is none.
with
flows as (
    select *, period_end - period_start + 1 as days
    from {{ ref('int_company_facts') }}
    where kind = 'flow'
),

years as (
    select * from flows where days between 350 and 380
),

parts as (
    select * from flows where days between 60 and 310
),

year_to_date as (
    select
        part.cik, part.concept, part.priority, part.tag <> year.tag or part.tag <> prior.tag as is_mixed,
        prior.period_end + 1 as ltm_start, part.period_end,
        part.value + year.value - prior.value as value,
        greatest(part.known_on, year.known_on, prior.known_on) as known_on,
        least(part.superseded_on, year.superseded_on, prior.superseded_on) as superseded_on,
        case when 'simulated' in (part.provenance, year.provenance, prior.provenance) then 'simulated' else 'derived' end as provenance
    from parts as part
    join years as year on year.cik = part.cik and year.concept = part.concept and year.period_end = part.period_start - 1
    -- A 53rd week moves a quarter's length by seven days.
    join parts as prior
        on prior.cik = year.cik and prior.concept = year.concept and prior.period_start = year.period_start
        and prior.days between part.days - 8 and part.days + 8
),

quarters as (
    select cik, concept, priority, tag, period_start, period_end, value, known_on, superseded_on, provenance, 0 as is_implied
    from parts
    where days between 75 and 125

    union all

    select
        longer.cik, longer.concept, longer.priority, longer.tag, shorter.period_end + 1, longer.period_end, longer.value - shorter.value,
        greatest(longer.known_on, shorter.known_on), least(longer.superseded_on, shorter.superseded_on),
        case when 'simulated' in (longer.provenance, shorter.provenance) then 'simulated' else 'derived' end, 1
    from flows as longer
    join parts as shorter
        on shorter.cik = longer.cik and shorter.concept = longer.concept and shorter.tag = longer.tag and shorter.period_start = longer.period_start
        and longer.days - shorter.days between 75 and 125
    where greatest(longer.known_on, shorter.known_on) < least(longer.superseded_on, shorter.superseded_on)

    union all

    -- The last quarter of a year whose others came one by one.
    select
        year.cik, year.concept, year.priority, year.tag, third.period_end + 1, year.period_end, year.value - first.value - second.value - third.value,
        greatest(year.known_on, first.known_on, second.known_on, third.known_on),
        least(year.superseded_on, first.superseded_on, second.superseded_on, third.superseded_on),
        case when 'simulated' in (year.provenance, first.provenance, second.provenance, third.provenance) then 'simulated' else 'derived' end, 1
    from years as year
    join parts as first on first.cik = year.cik and first.concept = year.concept and first.tag = year.tag and first.period_start = year.period_start and first.days <= 125
    join parts as second on second.cik = year.cik and second.concept = year.concept and second.tag = year.tag and second.period_start = first.period_end + 1 and second.days <= 125
    join parts as third on third.cik = year.cik and third.concept = year.concept and third.tag = year.tag and third.period_start = second.period_end + 1 and third.days <= 125
    where year.period_end - third.period_end between 75 and 125
        and greatest(year.known_on, first.known_on, second.known_on, third.known_on)
            < least(year.superseded_on, first.superseded_on, second.superseded_on, third.superseded_on)
),

told_once as (
    select *
    from quarters
    qualify row_number() over (partition by cik, concept, tag, period_start, period_end, known_on order by is_implied, superseded_on desc, value) = 1
),

in_a_row as (
    select
        q4.cik, q4.concept, q4.priority, q1.tag <> q4.tag or q2.tag <> q4.tag or q3.tag <> q4.tag as is_mixed,
        q1.period_start as ltm_start, q4.period_end,
        q1.value + q2.value + q3.value + q4.value as value,
        greatest(q1.known_on, q2.known_on, q3.known_on, q4.known_on) as known_on,
        least(q1.superseded_on, q2.superseded_on, q3.superseded_on, q4.superseded_on) as superseded_on,
        case when 'simulated' in (q1.provenance, q2.provenance, q3.provenance, q4.provenance) then 'simulated' else 'derived' end as provenance
    from told_once as q4
    join told_once as q3 on q3.cik = q4.cik and q3.concept = q4.concept and q3.period_end = q4.period_start - 1
    join told_once as q2 on q2.cik = q3.cik and q2.concept = q3.concept and q2.period_end = q3.period_start - 1
    join told_once as q1 on q1.cik = q2.cik and q1.concept = q2.concept and q1.period_end = q2.period_start - 1
),

all_ways as (
    select
        cik, concept, priority, false as is_mixed, period_start as ltm_start, period_end, value, known_on, superseded_on,
        {{ derived_provenance(['provenance']) }} as provenance, 'year' as ltm_method, 1 as method_no
    from years
    union all
    select *, 'year_to_date', 2 from year_to_date
    union all
    select *, 'quarters', 3
    from in_a_row
    -- Quarters only count where neither a year nor a year to date of one tag stood all the while they do.
    anti join (
        select cik, concept, period_end, known_on, superseded_on from years
        union all
        select cik, concept, period_end, known_on, superseded_on from year_to_date where not is_mixed
    ) as better
        on better.cik = in_a_row.cik and better.concept = in_a_row.concept and better.period_end = in_a_row.period_end
        and better.known_on <= in_a_row.known_on and better.superseded_on >= in_a_row.superseded_on
)

select
    cik,
    concept,
    ltm_start,
    period_end,
    value,
    ltm_method,
    method_no,
    priority,
    is_mixed,
    period_end - ltm_start + 1 > 367 as is_53_weeks,
    known_on,
    superseded_on,
    provenance
from all_ways
where known_on < superseded_on and period_end - ltm_start + 1 between 350 and 380
