with
shares as (
    select
        *,
        case when new_highs_252d + new_lows_252d > 0 then 100.0 * new_highs_252d / (new_highs_252d + new_lows_252d) end as record_high_pct
    from {{ ref('int_breadth_daily') }}
),

-- The ten last sessions that had a new high or low: a day without either says nothing.
high_low as (
    select
        universe_id,
        session_date,
        case when count(*) over ten = 10 then avg(record_high_pct) over ten end as high_low_index
    from shares
    where record_high_pct is not null
    window ten as (partition by universe_id order by session_date rows 9 preceding)
),

-- The session on which the average, as published, crosses the upper bound within ten sessions of one below the lower bound.
thrusts as (
    select
        universe_id,
        session_date,
        case
            when count(*) over ten_before = {{ var('zweig_sessions') }}
                then zweig_ema_10 > {{ var('zweig_above') }}
                    and lag(zweig_ema_10) over (partition by universe_id order by session_date) <= {{ var('zweig_above') }}
                    and min(zweig_ema_10) over ten_before < {{ var('zweig_below') }}
        end as is_zweig_thrust
    from (
        select universe_id, session_date, cast(zweig_ema_10 as decimal(18, 6)) as zweig_ema_10
        from {{ ref('int_breadth_averages_daily') }}
        where zweig_ema_10 is not null
    )
    window ten_before as (partition by universe_id order by session_date rows between {{ var('zweig_sessions') }} preceding and 1 preceding)
)

select
    days.session_date,
    days.universe_id,
    cast(days.members_n as integer) as members_n,
    cast(days.priced_n as integer) as priced_n,
    cast(days.eligible_50_n as integer) as eligible_50_n,
    cast(days.eligible_200_n as integer) as eligible_200_n,
    cast(days.eligible_252_n as integer) as eligible_252_n,
    cast(days.advances as integer) as advances,
    cast(days.declines as integer) as declines,
    cast(days.unchanged as integer) as unchanged,
    cast(sum(days.advances - days.declines) over (partition by days.universe_id order by days.session_date) as integer) as advance_decline_line,
    cast(averages.rana as decimal(18, 4)) as rana,
    case when averages.rana is null then 'nothing_advanced_or_declined' end as rana_reason,
    cast(averages.mcclellan_oscillator as decimal(18, 4)) as mcclellan_oscillator,
    cast(averages.mcclellan_summation as decimal(18, 4)) as mcclellan_summation,
    case
        when averages.rana is null then 'nothing_advanced_or_declined'
        when averages.mcclellan_oscillator is null then 'warm_up'
    end as mcclellan_reason,
    cast(100.0 * above_50_n / nullif(eligible_50_n, 0) as decimal(18, 4)) as pct_above_sma_50,
    case when eligible_50_n = 0 then 'no_member_has_50_bars' end as pct_above_sma_50_reason,
    cast(100.0 * above_200_n / nullif(eligible_200_n, 0) as decimal(18, 4)) as pct_above_sma_200,
    case when eligible_200_n = 0 then 'no_member_has_200_bars' end as pct_above_sma_200_reason,
    cast(case when eligible_252_n > 0 then new_highs_252d end as integer) as new_highs_252d,
    cast(case when eligible_252_n > 0 then new_lows_252d end as integer) as new_lows_252d,
    case when eligible_252_n = 0 then 'no_member_has_252_bars' end as new_highs_lows_reason,
    cast(days.record_high_pct as decimal(18, 4)) as record_high_pct,
    case when eligible_252_n = 0 then 'no_member_has_252_bars' when days.record_high_pct is null then 'no_new_high_or_low' end as record_high_pct_reason,
    cast(high_low.high_low_index as decimal(18, 4)) as high_low_index,
    case
        when eligible_252_n = 0 then 'no_member_has_252_bars'
        when days.record_high_pct is null then 'no_new_high_or_low'
        when high_low.high_low_index is null then 'warm_up'
    end as high_low_index_reason,
    cast(averages.zweig_ema_10 as decimal(18, 6)) as zweig_ema_10,
    case
        when averages.rana is null then 'nothing_advanced_or_declined'
        when averages.zweig_ema_10 is null then 'warm_up'
    end as zweig_ema_10_reason,
    thrusts.is_zweig_thrust,
    case
        when averages.rana is null then 'nothing_advanced_or_declined'
        when thrusts.is_zweig_thrust is null then 'warm_up'
    end as is_zweig_thrust_reason,
    cast(days.equal_weight_return_pct as decimal(18, 4)) as equal_weight_return_pct,
    case when days.equal_weight_return_pct is null then 'no_member_has_a_previous_close' end as equal_weight_return_reason,
    cast(days.cap_weight_return_pct as decimal(18, 4)) as cap_weight_return_pct,
    case
        when days.membership_basis = 'current' then 'no_list_of_members'
        when days.cap_weight_return_pct is null then 'no_weights'
    end as cap_weight_return_reason,
    cast(cast(days.equal_weight_return_pct as decimal(18, 4)) - cast(days.cap_weight_return_pct as decimal(18, 4)) as decimal(18, 4)) as equal_minus_cap_pp,
    case
        when days.equal_weight_return_pct is null then 'no_member_has_a_previous_close'
        when days.membership_basis = 'current' then 'no_list_of_members'
        when days.cap_weight_return_pct is null then 'no_weights'
    end as equal_minus_cap_reason,
    cast(days.weight_covered_pct as decimal(18, 4)) as weight_covered_pct,
    days.membership_basis,
    days.membership_date,
    {{ derived_provenance(['days.provenance']) }} as provenance
from shares as days
left join {{ ref('int_breadth_averages_daily') }} as averages using (universe_id, session_date)
left join high_low using (universe_id, session_date)
left join thrusts using (universe_id, session_date)
order by year(days.session_date), days.universe_id, days.session_date
