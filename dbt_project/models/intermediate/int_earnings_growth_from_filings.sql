-- Growth of reported earnings: twelve months known at a month end against those known a year before, of the same companies, today's
-- members. With and without health care. The columns of every int_earnings_growth_ model.
with
both_years as (
    select
        members.month_end,
        members.last_session_date,
        members.universe_id,
        members.weight_pct,
        members.is_health_care,
        members.net_income_to_common_usd as income,
        before.net_income_to_common_usd as income_before,
        members.net_income_to_common_usd is not null and before.net_income_to_common_usd is not null as is_there,
        greatest(members.known_on, before.known_on) as known_on,
        case when 'simulated' in (members.provenance, coalesce(before.provenance, '')) then 'simulated' else 'derived' end as provenance
    from {{ ref('int_member_fundamentals_monthly') }} as members
    left join {{ ref('int_company_fundamentals_monthly') }} as before
        on before.cik = members.cik and before.month_end = last_day(members.month_end - interval 12 month)
),

summed as (
    select
        month_end,
        universe_id,
        max(last_session_date) as captured_on,
        sum(income_before) filter (where is_there) as base,
        sum(income) filter (where is_there) as reported,
        coalesce(sum(income_before) filter (where is_there and not is_health_care), 0) as base_ex,
        coalesce(sum(income) filter (where is_there and not is_health_care), 0) as reported_ex,
        count(*) filter (where is_there) as n,
        case
            when count(*) = count(weight_pct) then 100 * sum(weight_pct) filter (where is_there) / nullif(sum(weight_pct), 0)
            else 100.0 * count(*) filter (where is_there) / count(*)
        end >= {{ var('valuation_min_coverage_pct') }} as is_enough,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from both_years
    group by month_end, universe_id
)

select
    captured_on,
    universe_id,
    'LTM ' || strftime(month_end, '%Y-%m') as period,
    'reported' as basis,
    'rotation_filings' as source_id,
    case when is_enough then cast(base as double) end as earnings_base,
    case when is_enough then cast(reported as double) end as earnings_expected,
    case when is_enough and base > 0 then 100 * cast(reported - base as double) / cast(base as double) end as growth_pct,
    case when is_enough and base > 0 then 'computed' end as growth_source,
    case when not coalesce(is_enough, false) then 'insufficient_coverage' when base > 0 then 'ok' else 'not_meaningful' end as value_status,
    case when is_enough and base_ex > 0 then 100 * cast(reported_ex - base_ex as double) / cast(base_ex as double) end as growth_ex_health_care_pct,
    case when is_enough and base_ex > 0 then 'computed' end as growth_ex_health_care_source,
    case when not coalesce(is_enough, false) then 'insufficient_coverage' when base_ex > 0 then 'ok' else 'not_meaningful' end as ex_health_care_status,
    n,
    known_on,
    provenance
from summed
