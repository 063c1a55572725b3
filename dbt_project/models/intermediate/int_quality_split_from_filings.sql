-- Members split by what their filings had said when the horizon began: those that earn and those that do not, and fifths by return on
-- equity. Each is held from the horizon's first close at its weight there, so the contributions of a split add up to the return of all
-- members held, the cohort `members`.
-- Not for cohorts that have an index of their own (int_quality_split_from_series), whose columns these are.
with
members as (
    select
        fundamentals.month_end,
        fundamentals.universe_id,
        fundamentals.priced_symbol as symbol,
        fundamentals.cap_usd / days.close as units,
        case when net_income_to_common_usd > 0 then 'earners' when net_income_to_common_usd <= 0 then 'non_earners' else 'earnings_unknown' end as by_earnings,
        case
            when book_equity_usd > 0 and net_income_to_common_usd is not null
                then cast(net_income_to_common_usd as double) / cast(book_equity_usd as double)
        end as roe,
        fundamentals.provenance
    from {{ ref('int_member_fundamentals_monthly') }} as fundamentals
    asof join {{ ref('int_member_days') }} as days
        on days.universe_id = fundamentals.universe_id and days.symbol = coalesce(fundamentals.priced_symbol, '')
        and days.session_date <= fundamentals.month_end
    where fundamentals.cap_usd > 0 and days.session_date > fundamentals.month_end - {{ var('base_close_tolerance_days') }}
),

-- Weight known of the list at a month end; a split of too little of it is none.
coverage as (
    select
        month_end,
        universe_id,
        case
            when count(*) = count(weight_pct) then 100 * sum(weight_pct) filter (where cap_usd > 0) / sum(weight_pct)
            else 100.0 * count(cap_usd) / count(*)
        end as coverage_pct
    from {{ ref('int_member_fundamentals_monthly') }}
    group by month_end, universe_id
),

fifths as (
    select
        members.* exclude (roe),
        case
            when roe is not null
                then 'roe_q' || ntile(5) over (partition by month_end, universe_id, roe is null order by roe, symbol)
            else 'roe_unknown'
        end as by_roe,
        coverage.coverage_pct
    from members
    join coverage using (month_end, universe_id)
),

spans as (
    select
        targets.session_date,
        targets.horizon,
        base.session_date as base_date,
        -- The last month that was over when the horizon began.
        if(base.session_date = last_day(base.session_date), base.session_date, last_day(base.session_date - interval 1 month)) as month_end
    from {{ ref('int_horizon_targets') }} as targets
    asof join {{ ref('int_sessions') }} as base on base.session_date <= coalesce(targets.target_date, date '0001-01-01')
    where targets.horizon in ('{{ var('quality_split_horizons') | join("', '") }}')
),

-- A close stands until the next one: through sessions a company was not traded, and, of one that left the market, to the end.
bars as (
    select
        universe_id,
        symbol,
        session_date,
        close,
        coalesce(lead(session_date) over company, date '9999-12-31') as next_date
    from {{ ref('int_member_days') }}
    window company as (partition by universe_id, symbol order by session_date)
),

closes as (
    select universe_id, symbol, session_date, close
    from bars

    union all

    select bars.universe_id, bars.symbol, sessions.session_date, bars.close
    from bars
    join {{ ref('int_sessions') }} as following on following.session_date = bars.session_date
    join {{ ref('int_sessions') }} as sessions
        on sessions.session_no between following.session_no + 1 and following.session_no + 270 and sessions.session_date < bars.next_date
    where bars.next_date > bars.session_date + 1
),

-- In whole cents: sums of integers do not depend on the order of their rows.
held as (
    select
        spans.session_date,
        fifths.universe_id,
        spans.horizon,
        fifths.by_earnings,
        fifths.by_roe,
        sum(cast(round(100 * fifths.units * base.close) as bigint)) as value_then,
        sum(cast(round(100 * fifths.units * ends.close) as bigint)) as value_now,
        count(*) as members_n,
        min(fifths.coverage_pct) as coverage_pct,
        bool_or(fifths.provenance = 'simulated') as is_simulated
    from spans
    join fifths using (month_end)
    join {{ ref('int_member_days') }} as base
        on base.universe_id = fifths.universe_id and base.symbol = fifths.symbol and base.session_date = spans.base_date
    join closes as ends
        on ends.universe_id = fifths.universe_id and ends.symbol = fifths.symbol and ends.session_date = spans.session_date
    group by all
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
    members_n,
    case when not is_enough then 'insufficient_coverage' end as composition_reason,
    cast(null as varchar) as instrument_id,
    cast(null as varchar) as instrument_kind,
    'price' as price_basis,
    'rotation_filings' as source_id,
    provenance
from shares
