-- The last twelve months of each flow known at each month end: the newest period first, then one tag throughout before several, the
-- year before year to date before quarters. A flow that was reported but makes no twelve months is a row without a value.
{% set stale_days = var('fundamentals_stale_days') %}
{% set reported_days = 400 %}
with
clock as (
    select as_of_date from {{ ref('stg_clock__day') }}
),

candidates as (
    select
        last_day(unnest(generate_series(
            date_trunc('month', ltm.known_on), least(ltm.superseded_on - 1, ltm.period_end + {{ stale_days }}, clock.as_of_date), interval 1 month
        ))) as month_end,
        ltm.*,
        clock.as_of_date
    from {{ ref('int_company_ltm') }} as ltm
    cross join clock
),

chosen as (
    select
        month_end,
        cik,
        concept,
        arg_min(
            struct_pack(
                period_end := period_end, ltm_start := ltm_start, value := value, ltm_method := ltm_method, has_several_tags := is_mixed,
                is_53_weeks := is_53_weeks, known_on := known_on, provenance := provenance
            ),
            -- Newest period, then preference, then the length nearest to a year, then what was known last.
            (month_end - period_end) * 10000000000
                + (if(is_mixed, 100, 0) + 10 * method_no + priority) * 10000000
                + abs(period_end - ltm_start - 364) * 10000
                + least(month_end - known_on, 9999)
        ) as ltm
    from candidates
    -- Superseded within the month, too old, or the month is not over: not of this month end.
    where month_end >= known_on and month_end < superseded_on and month_end <= period_end + {{ stale_days }} and month_end <= as_of_date
    group by month_end, cik, concept
),

-- How far reporting has come, whether or not it makes twelve months: each day of filing stands until the next.
filed as (
    select
        cik,
        concept,
        known_on,
        max(period_end) as period_end,
        max(period_end) filter (where form in ('10-KT', '10-QT', '10-KT/A', '10-QT/A')) as transition_end,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from {{ ref('int_company_facts') }}
    where kind = 'flow'
    group by cik, concept, known_on
),

progress as (
    select
        cik,
        concept,
        known_on,
        max(period_end) over filings as newest_period_end,
        max(transition_end) over filings as transition_end,
        coalesce(lead(known_on) over filings, date '9999-12-31') as superseded_on,
        provenance
    from filed
    window filings as (partition by cik, concept order by known_on)
),

reported as (
    select
        last_day(unnest(generate_series(
            date_trunc('month', progress.known_on),
            least(progress.superseded_on - 1, progress.newest_period_end + {{ reported_days }}, clock.as_of_date),
            interval 1 month
        ))) as month_end,
        progress.*,
        clock.as_of_date
    from progress
    cross join clock
)

select
    month_end,
    cik,
    concept,
    chosen.ltm.period_end as period_end,
    chosen.ltm.ltm_start as ltm_start,
    chosen.ltm.value as value,
    chosen.ltm.ltm_method as ltm_method,
    case
        when chosen.ltm is not null then 'ok'
        when month_end - reported.transition_end <= {{ reported_days }} then 'stub_period'
        when reported.month_end - reported.newest_period_end > {{ stale_days }} then 'stale'
        else 'incomplete'
    end as ltm_status,
    reported.newest_period_end > chosen.ltm.period_end as is_behind,
    chosen.ltm.has_several_tags as has_several_tags,
    chosen.ltm.is_53_weeks as is_53_weeks,
    reported.newest_period_end,
    greatest(chosen.ltm.known_on, reported.known_on) as known_on,
    coalesce(chosen.ltm.provenance, reported.provenance) as provenance
from reported
left join chosen using (month_end, cik, concept)
where month_end >= reported.known_on and month_end < reported.superseded_on
    and month_end <= reported.newest_period_end + {{ reported_days }} and month_end <= reported.as_of_date
