{{ config(materialized='carried', unique_key=['universe_id', 'session_date']) }}
-- Counts and mean returns of each universe's members by session: by the list of members that counted on the day; where no list
-- did, by every company given in for the universe that traded (basis `current`).
-- Carried: the sessions from the earliest day that something came of are counted again.
with
universe_sessions as (
    select universe_id, session_date, max(provenance) as provenance
    from {{ ref('int_member_days') }}
    where session_date >= {{ carried_from() }}
    group by universe_id, session_date
),

listed as (
    select
        days.universe_id,
        days.session_date,
        days.provenance,
        periods.snapshot_date,
        periods.members_n
    from universe_sessions as days
    asof left join {{ ref('int_snapshot_periods') }} as periods
        on periods.universe_id = days.universe_id and periods.valid_from <= days.session_date
),

constituents as (
    select universe_id, snapshot_date, symbol, weight_pct
    from {{ latest_known(ref('stg_drop__constituents'), ['universe_id', 'snapshot_date', 'symbol']) }}
    where snapshot_date in (select snapshot_date from listed)
),

-- A weight drifts with its price from the day it was written down; the close of that day is its anchor, or the last one before.
anchored as (
    select constituents.*, of_the_day.close as anchor_close
    from constituents
    left join {{ ref('int_member_days') }} as of_the_day
        on of_the_day.universe_id = constituents.universe_id
        and of_the_day.symbol = constituents.symbol
        and of_the_day.session_date = constituents.snapshot_date
),

weighted as (
    select * from anchored where anchor_close is not null

    union all

    select unanchored.* exclude (anchor_close), before.close as anchor_close
    from (select * from anchored where anchor_close is null) as unanchored
    asof left join (
        select days.universe_id, days.symbol, days.session_date, days.close
        from {{ ref('int_member_days') }} as days
        semi join (select universe_id, symbol from anchored where anchor_close is null) as unanchored using (universe_id, symbol)
    ) as before
        on before.universe_id = unanchored.universe_id
        and before.symbol = unanchored.symbol
        and before.session_date <= unanchored.snapshot_date
),

members as (
    select
        listed.universe_id,
        listed.session_date,
        listed.provenance,
        listed.snapshot_date,
        listed.members_n,
        days.close,
        days.previous_close,
        days.close / days.previous_close - 1 as daily_return,
        days.is_above_sma_50,
        days.is_above_sma_200,
        days.is_new_high_252d,
        days.is_new_low_252d,
        weighted.weight_pct,
        case when days.previous_close is not null then weighted.weight_pct * days.previous_close / weighted.anchor_close end as drifted_weight
    from {{ ref('int_member_days') }} as days
    join listed using (universe_id, session_date)
    left join weighted
        on weighted.universe_id = days.universe_id and weighted.symbol = days.symbol and weighted.snapshot_date = listed.snapshot_date
    where listed.snapshot_date is null or weighted.symbol is not null
)

select
    universe_id,
    session_date,
    any_value(snapshot_date) as membership_date,
    case when any_value(snapshot_date) is null then 'current' else 'snapshot' end as membership_basis,
    coalesce(any_value(members_n), count(*)) as members_n,
    count(*) as priced_n,
    count(is_above_sma_50) as eligible_50_n,
    count(is_above_sma_200) as eligible_200_n,
    count(is_new_high_252d) as eligible_252_n,
    count(*) filter (where close > previous_close) as advances,
    count(*) filter (where close < previous_close) as declines,
    count(*) filter (where close = previous_close) as unchanged,
    count(*) filter (where is_above_sma_50) as above_50_n,
    count(*) filter (where is_above_sma_200) as above_200_n,
    count(*) filter (where is_new_high_252d) as new_highs_252d,
    count(*) filter (where is_new_low_252d) as new_lows_252d,
    {{ exact_sum('daily_return') }} / nullif(count(daily_return), 0) * 100 as equal_weight_return_pct,
    {{ exact_sum('drifted_weight * daily_return') }} / nullif({{ exact_sum('drifted_weight') }}, 0) * 100 as cap_weight_return_pct,
    {{ exact_sum('weight_pct') }} filter (where drifted_weight is not null) as weight_covered_pct,
    any_value(provenance) as provenance
from members
group by universe_id, session_date
order by universe_id, session_date
