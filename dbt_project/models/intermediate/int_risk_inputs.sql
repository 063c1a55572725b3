-- What each risk flag looks at, one row an observation: the value, whether there is anything to put at risk (no rise, nothing to confirm),
-- whether it is raised whatever the value, and the numbers in words. Thresholds are the mart's.
with
sessions as (
    select session_date, provenance from {{ ref('int_sessions') }}
),

technicals as (
    select *
    from {{ ref('fct_technicals_daily') }}
    where instrument_id = 'R2000' and not is_partial_session
),

volumes as (
    select
        technicals.session_date,
        case when count(volume_ratio_63d) over five = 5 then cast({{ exact_sum('volume_ratio_63d') }} over five as double) / 5 end as ratio,
        returns.return_pct,
        technicals.provenance
    from technicals
    join {{ ref('fct_performance_daily') }} as returns
        on returns.instrument_id = technicals.instrument_id and returns.session_date = technicals.session_date and returns.horizon = '1m'
    window five as (order by technicals.session_date rows 4 preceding)
),

targets as (
    select observation_date, known_on, provenance
    from {{ ref('int_fred_first_known') }}
    where series_id in ('DFEDTAR', 'DFEDTARU')
    qualify row_number() over (partition by known_on order by observation_date desc) = 1
),

meetings as (
    select event_date, row_number() over (order by event_date) as meeting_no
    from {{ ref('dim_event') }}
    where kind = 'fomc' and is_scheduled
),

moves as (
    select
        known_on,
        change_bp,
        max(source_date) filter (where change_bp < 0) over (order by source_date) as last_cut
    from {{ ref('fct_policy_moves') }}
    qualify row_number() over (partition by known_on order by source_date desc) = 1
),

policy as (
    select
        sessions.session_date,
        targets.observation_date,
        targets.known_on,
        targets.provenance,
        moves.change_bp,
        moves.last_cut,
        met.event_date as last_meeting,
        greatest(met.meeting_no - coalesce(before.meeting_no, 0), 0) as meetings_n
    from sessions
    asof join targets on targets.known_on <= sessions.session_date
    asof join moves on moves.known_on <= sessions.session_date
    asof join meetings as met on met.event_date <= sessions.session_date - 1
    asof left join meetings as before on before.event_date <= coalesce(moves.last_cut, date '0001-01-01')
),

standards as (
    select date, value, known_on from {{ ref('fct_credit_daily') }} where series_id = 'DRTSCIS'
),

junk as (
    select
        small.session_date,
        small.return_pct,
        small.return_pct - screened.return_pct as gap_pp,
        {{ derived_provenance(['small.provenance', 'screened.provenance']) }} as provenance
    from {{ ref('fct_performance_daily') }} as small
    join {{ ref('fct_performance_daily') }} as screened
        on screened.session_date = small.session_date and screened.horizon = small.horizon
        and screened.base_date = small.base_date and screened.price_basis = small.price_basis
    where small.instrument_id = 'IWM' and screened.instrument_id = 'IJR' and small.horizon = '3m'
),

-- The highest level stated by the day that the index has broken; before any was stated, its 200-day average.
supports as (
    select
        technicals.session_date,
        technicals.close,
        coalesce(max(levels.comparable_level), any_value(technicals.sma_200)) as support,
        max(levels.comparable_level) is not null as is_level,
        any_value(technicals.provenance) as provenance
    from technicals
    left join (
        select held.session_date, held.comparable_level
        from {{ ref('fct_levels_daily') }} as held
        join {{ ref('levels') }} as stated using (instrument_id, level)
        where held.instrument_id = 'R2000' and stated.stated_on <= held.session_date and held.broke_on is not null
    ) as levels using (session_date)
    group by technicals.session_date, technicals.close
),

-- Series whose newest value of the day is older than its rhythm allows, or whose history the provider has cut.
series_days as (
    select
        sessions.session_date,
        series.series_id,
        case
            when sessions.session_date - known.date > case catalog.frequency when 'quarterly' then 150 when 'weekly' then 21 else 10 end then ' is old'
            when known.truncation_reason = 'provider_truncated' then ' is cut'
        end as weakness
    from sessions
    cross join {{ ref('credit_series') }} as series
    join {{ ref('series_catalog') }} as catalog using (series_id)
    asof join (
        select series_id, date, truncation_reason, known_on
        from {{ ref('fct_credit_daily') }}
        qualify row_number() over (partition by series_id, known_on order by date desc) = 1
    ) as known on known.series_id = series.series_id and known.known_on <= sessions.session_date
),

weaknesses as (
    select session_date, component || ' (' || replace(score_reason, '_', ' ') || ')' as said
    from {{ ref('fct_scorecard_daily') }}
    where component <> 'total' and score is null

    union all
    select session_date, series_id || weakness from series_days where weakness is not null
),

evidence as (
    select days.session_date, days.provenance, count(weaknesses.said) as weak_n, string_agg(weaknesses.said, ', ' order by weaknesses.said) as said
    from (select session_date, provenance from {{ ref('fct_scorecard_daily') }} where component = 'total') as days
    left join weaknesses using (session_date)
    group by days.session_date, days.provenance
),

inputs as (
    select
        'overbought' as flag, session_date as observed_on, session_date as known_on, rsi_14 as value, true as is_at_risk, false as is_outright,
        format('RSI(14) of the Russell 2000 is {:.1f}.', cast(rsi_14 as double)) as said, 'fct_technicals_daily' as source_table, provenance
    from technicals

    union all
    select
        'volume_unconfirmed', session_date, session_date, ratio, return_pct > 0, false,
        format('Over five sessions IWM traded {:.2f} times its 63-session average; over one month the Russell 2000 ', ratio)
        || case when return_pct > 0 then format('rose {:.1f} %.', cast(return_pct as double))
            else format('moved {:.1f} %, so there is no rise to confirm.', cast(return_pct as double)) end,
        'fct_technicals_daily', provenance
    from volumes

    union all
    select
        'hawkish_turn_or_pause', observation_date, session_date,
        case when session_date - last_meeting <= 120 then meetings_n end, true, change_bp > 0,
        format('{} scheduled meetings without a cut since {}', meetings_n, coalesce(cast(last_cut as varchar), 'the first one held'))
        || case when change_bp > 0 then format('; the last move was a rise of {:.0f} bp.', cast(change_bp as double)) else '.' end,
        'fct_policy_moves', provenance
    from policy

    union all
    select
        'credit_tightening', date, known_on, 100 * change_3m, true, false,
        format('The Baa spread (BAA10Y) is {:.2f} %, {:+.0f} bp over three months.', cast(value as double), cast(100 * change_3m as double)),
        'fct_credit_daily', provenance
    from {{ ref('fct_credit_daily') }}
    where series_id = 'BAA10Y'

    union all
    select
        'refinancing', spread.date, spread.known_on, spread.percentile, true, false,
        format(
            'By proxy, for want of the companies'' own debts: the Baa spread (BAA10Y) of {:.2f} % is at percentile {:.0f} of its history since {}; ',
            cast(spread.value as double), cast(spread.percentile as double), spread.window_start
        )
        || case
            when standards.date is null then 'lending standards for small firms (DRTSCIS) are not held.'
            when spread.date - standards.date > 150 then format('lending standards for small firms (DRTSCIS) are held to {} only.', standards.date)
            else format('{:+.1f} % of banks net tightened loans to small firms (DRTSCIS, {}).', cast(standards.value as double), standards.date)
        end,
        'fct_credit_daily', spread.provenance
    from {{ ref('fct_credit_daily') }} as spread
    asof left join standards on standards.known_on <= spread.known_on
    where spread.series_id = 'BAA10Y'

    union all
    select
        'narrow_participation', session_date, session_date, pct_above_sma_200, true, false,
        format('{:.1f} % of {} members of the Russell 2000 are above their 200-day average', cast(pct_above_sma_200 as double), eligible_200_n)
        || case when membership_basis = 'current' then ' (of the members given in: without a dated list, the past is that of survivors).' else '.' end,
        'fct_breadth_daily', provenance
    from {{ ref('fct_breadth_daily') }}
    where universe_id = 'R2000'

    union all
    select
        'junk_led_rally', session_date, session_date, gap_pp, return_pct > 0, false,
        format('Over three months IWM moved {:+.1f} %, {:+.1f} pp against IJR, whose members must earn money', cast(return_pct as double), cast(gap_pp as double))
        || case when return_pct > 0 then '.' else '; there is no rally.' end,
        'fct_performance_daily', provenance
    from junk

    union all
    select
        'support_lost', session_date, session_date, 100 * (cast(close as double) / cast(support as double) - 1), true, false,
        format(
            'The Russell 2000 closed at {:.2f}, {:.1f} % {} {}, {}.', cast(close as double), abs(100 * (cast(close as double) / cast(support as double) - 1)),
            case when close >= support then 'above' else 'below' end, cast(cast(support as decimal(18, 2)) as varchar),
            case when is_level then 'the highest level it has broken' else 'its 200-day average (no level had been stated)' end
        ),
        case when is_level then 'fct_levels_daily' else 'fct_technicals_daily' end, provenance
    from supports

    union all
    select
        'stale_or_truncated_evidence', session_date, session_date, weak_n, true, false,
        case when weak_n = 0 then 'No input is missing, old or cut.' else format('{} missing, short, old or cut: {}.', weak_n, said) end,
        'fct_scorecard_daily', provenance
    from evidence
)

select flag, observed_on, known_on, cast(value as decimal(18, 4)) as value, is_at_risk, is_outright, said, source_table, provenance
from inputs
where value is not null
qualify row_number() over (partition by flag, known_on order by observed_on desc) = 1
order by flag, known_on
