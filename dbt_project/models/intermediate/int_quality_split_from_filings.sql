-- Members split by what their filings had said when the horizon began: those that earn and those that do not, and fifths by return on
-- equity. Each is held from the horizon's first close at its weight there, so the contributions of a split add up to the return of all
-- members held, the cohort `members`.
-- Not for cohorts that have an index of their own (int_quality_split_from_series), whose columns these are.
with
members as (
    select
        fundamentals.month_end,
        fundamentals.universe_id,
        fundamentals.cik,
        days.symbol,
        fundamentals.cap_usd / days.close as units,
        case when net_income_to_common_usd > 0 then 'earners' when net_income_to_common_usd <= 0 then 'non_earners' else 'earnings_unknown' end as by_earnings,
        case
            when book_equity_usd > 0 and net_income_to_common_usd is not null
                then cast(net_income_to_common_usd as double) / cast(book_equity_usd as double)
        end as roe,
        fundamentals.provenance
    from {{ ref('int_member_fundamentals_monthly') }} as fundamentals
    asof join {{ ref('int_member_days') }} as days
        on days.universe_id = fundamentals.universe_id
        and {{ symbol_key('days.symbol') }} = {{ symbol_key("coalesce(fundamentals.priced_symbol, '')") }}
        and days.session_date <= fundamentals.month_end
    where fundamentals.cap_usd > 0 and days.session_date > fundamentals.month_end - {{ var('base_close_tolerance_days') }}
),

-- Weight of the list's members that can be held, with cap and daily closes; a split of too little of it is none.
coverage as (
    select
        month_end,
        universe_id,
        case
            when count(*) = count(listed.weight_pct)
                then 100 * coalesce(sum(listed.weight_pct) filter (where members.cik is not null), 0) / sum(listed.weight_pct)
            else 100.0 * count(members.cik) / count(*)
        end as coverage_pct
    from {{ ref('int_member_fundamentals_monthly') }} as listed
    left join members using (month_end, universe_id, cik)
    group by month_end, universe_id
),

grouped as (
    select
        members.* exclude (roe, cik),
        case
            when roe is not null
                then 'roe_q' || ntile(5) over (partition by month_end, universe_id, roe is null order by roe, symbol)
            else 'roe_unknown'
        end as by_roe,
        coverage.coverage_pct
    from members
    join coverage using (month_end, universe_id)
),

-- One number for all that is grouped by: the month, the universe and both cohorts.
cohort_names as (
    select
        month_end, universe_id, by_earnings, by_roe, coverage_pct, bool_or(provenance = 'simulated') as is_simulated,
        cast(row_number() over (order by month_end, universe_id, by_earnings, by_roe) as integer) as cohort_no
    from grouped
    group by month_end, universe_id, by_earnings, by_roe, coverage_pct
),

fifths as (
    select grouped.month_end, grouped.universe_id, grouped.symbol, grouped.units, cohort_names.cohort_no
    from grouped
    join cohort_names using (month_end, universe_id, by_earnings, by_roe)
),

spans as (
    select
        cast(row_number() over (order by targets.session_date, targets.horizon) as integer) as span_no,
        targets.session_date,
        targets.horizon,
        base.session_date as base_date,
        -- The last month that was over when the horizon began.
        if(base.session_date = last_day(base.session_date), base.session_date, last_day(base.session_date - interval 1 month)) as month_end
    from {{ ref('int_horizon_targets') }} as targets
    asof join {{ ref('int_sessions') }} as base on base.session_date <= coalesce(targets.target_date, date '0001-01-01')
    where targets.horizon in ('{{ var('quality_split_horizons') | join("', '") }}')
),

-- Companies by number: six million rows are joined and grouped below, and numbers take half the time of names.
companies as (
    select universe_id, symbol, cast(row_number() over (order by universe_id, symbol) as integer) as company_no
    from (select distinct universe_id, symbol from fifths)
),

bars as (
    select
        companies.company_no,
        days.session_date,
        days.close,
        coalesce(lead(days.session_date) over (partition by companies.company_no order by days.session_date), date '9999-12-31') as next_date
    from {{ ref('int_member_days') }} as days
    join companies using (universe_id, symbol)
),

-- A close stands until the next one: through sessions a company was not traded, and, of one that left the market, to the end.
closes as (
    select company_no, session_date, close
    from bars

    union all

    select bars.company_no, sessions.session_date, bars.close
    from bars
    join {{ ref('int_sessions') }} as following on following.session_date = bars.session_date
    join {{ ref('int_sessions') }} as sessions
        on sessions.session_no between following.session_no + 1 and following.session_no + 270 and sessions.session_date < bars.next_date
    where bars.next_date > bars.session_date + 1
),

held_by_company as (
    select
        spans.span_no, companies.company_no, spans.session_date, fifths.cohort_no, fifths.units, base.close as close_then
    from spans
    join fifths using (month_end)
    join companies using (universe_id, symbol)
    join bars as base on base.company_no = companies.company_no and base.session_date = spans.base_date
),

-- In whole cents: sums of integers do not depend on the order of their rows.
summed as (
    select
        held_by_company.span_no,
        held_by_company.cohort_no,
        sum(cast(round(100 * held_by_company.units * held_by_company.close_then) as bigint)) as value_then,
        sum(cast(round(100 * held_by_company.units * ends.close) as bigint)) as value_now,
        count(*) as members_n
    from held_by_company
    join closes as ends on ends.company_no = held_by_company.company_no and ends.session_date = held_by_company.session_date
    group by held_by_company.span_no, held_by_company.cohort_no
),

held as (
    select
        spans.session_date, spans.horizon, cohort_names.universe_id, cohort_names.by_earnings, cohort_names.by_roe,
        cohort_names.coverage_pct, cohort_names.is_simulated, summed.value_then, summed.value_now, summed.members_n
    from summed
    join spans using (span_no)
    join cohort_names using (cohort_no)
),

cohorts as (
    select
        session_date,
        universe_id,
        horizon,
        case when grouping(by_earnings) = 0 then by_earnings when grouping(by_roe) = 0 then by_roe else 'members' end as cohort,
        cast(sum(value_then) as double) as value_then,
        cast(sum(value_now) as double) as value_now,
        cast(sum(members_n) as bigint) as members_n,
        min(coverage_pct) as coverage_pct,
        case when bool_or(is_simulated) then 'simulated' else 'derived' end as provenance
    from held
    group by grouping sets (
        (session_date, universe_id, horizon), (session_date, universe_id, horizon, by_earnings), (session_date, universe_id, horizon, by_roe)
    )
),

shares as (
    select
        *,
        max(value_then) filter (where cohort = 'members') over (partition by session_date, universe_id, horizon) as all_then,
        coverage_pct >= {{ var('valuation_min_coverage_pct') }} as is_enough
    from cohorts
)

select
    session_date,
    universe_id,
    cohort,
    horizon,
    case when is_enough then 100 * (value_now / value_then - 1) end as return_pct,
    case when not is_enough then 'insufficient_coverage' end as return_reason,
    case when is_enough then 100 * (value_now - value_then) / all_then end as contribution_pp,
    case when is_enough then 100 * value_then / all_then end as weight_pct,
    case when is_enough then members_n end as members_n,
    case when not is_enough then 'insufficient_coverage' end as composition_reason,
    cast(null as varchar) as instrument_id,
    cast(null as varchar) as instrument_kind,
    'price' as price_basis,
    'rotation_filings' as source_id,
    provenance
from shares
