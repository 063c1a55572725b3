-- What each component of the scorecard is made of: one row an observation, with the session from which it was known. Rates and policy are
-- taken as first known; prices are known at the close.
{% set valuation = var('scorecard_valuation') %}
with
sessions as (
    select session_date, lag(session_date, 63) over (order by session_date) as target_date
    from {{ ref('int_sessions') }}
),

yields as (
    select observation_date, cast(value as decimal(18, 4)) as value, known_on, provenance
    from {{ ref('int_fred_first_known') }}
    where series_id = 'DGS2'
),

-- The Fed announces its target since 1994; before, nobody knew it on the day.
targets as (
    select observation_date, cast(value as decimal(18, 4)) as value, known_on, provenance
    from {{ ref('int_fred_first_known') }}
    where series_id in ('DFEDTAR', 'DFEDTARU') and observation_date >= date '1994-01-01'
    qualify row_number() over (partition by observation_date order by series_id desc) = 1
),

junk as (
    select
        small.session_date,
        small.return_pct - screened.return_pct as gap_pp,
        {{ derived_provenance(['small.provenance', 'screened.provenance']) }} as provenance
    from {{ ref('fct_performance_daily') }} as small
    join {{ ref('fct_performance_daily') }} as screened
        on screened.session_date = small.session_date and screened.horizon = small.horizon
        and screened.base_date = small.base_date and screened.price_basis = small.price_basis
    where small.instrument_id = 'IWM' and screened.instrument_id = 'IJR' and small.horizon = '3m'
),

bars as (
    select session_date, volume, close > lag(close) over (order by session_date) as is_up, provenance
    from {{ ref('fct_technicals_daily') }}
    where instrument_id = 'R2000' and not is_partial_session
),

traded as (
    select
        session_date,
        100.0 * cast(sum(case when is_up then volume else 0 end) over window_63 as double) / nullif(sum(volume) over window_63, 0) as up_pct,
        count(volume) over window_63 = 63 and count(is_up) over window_63 = 63 as is_whole,
        provenance
    from bars
    window window_63 as (order by session_date rows 62 preceding)
),

inputs as (
    select 'momentum' as component, '' as input_series, session_date as observed_on, rs_ratio as raw_value, session_date as known_on, provenance
    from {{ ref('fct_rotation_daily') }}
    where small_id = 'R2000' and large_id = 'SP500'

    union all
    select
        'breadth', '', session_date, small.pct_above_sma_200 - large.pct_above_sma_200, session_date,
        {{ derived_provenance(['small.provenance', 'large.provenance']) }}
    from {{ ref('fct_breadth_daily') }} as small
    join {{ ref('fct_breadth_daily') }} as large using (session_date)
    where small.universe_id = 'R2000' and large.universe_id = 'SP500'
        and small.membership_basis <> 'current' and large.membership_basis <> 'current'

    union all
    select 'trend', '', session_date, 100 * (cast(close as double) / cast(sma_200 as double) - 1), session_date, provenance
    from {{ ref('fct_technicals_daily') }}
    where instrument_id = 'R2000'

    union all
    select 'rates', '', today.observation_date, 100 * (today.value - base.value), greatest(today.known_on, base.known_on), today.provenance
    from yields as today
    join sessions on sessions.session_date = today.observation_date
    asof join yields as base on base.observation_date <= coalesce(sessions.target_date, date '0001-01-01')
    where base.observation_date >= sessions.target_date - {{ var('base_close_tolerance_days') }}

    union all
    select 'policy', '', today.observation_date, 100 * (today.value - base.value), greatest(today.known_on, base.known_on), today.provenance
    from targets as today
    join sessions on sessions.session_date = today.observation_date
    asof join targets as base on base.observation_date <= today.observation_date - interval 1 year
    where base.observation_date >= today.observation_date - interval 1 year - interval {{ var('base_close_tolerance_days') }} day

    union all
    select 'credit', '', date, change_3m, known_on, provenance
    from {{ ref('fct_credit_daily') }}
    where series_id = 'BAA10Y'

    union all
    select 'valuation', concat_ws(' / ', small_source_id, large_source_id), month_end, relative, known_on, provenance
    from {{ ref('fct_discount_monthly') }}
    where small_universe_id = 'R2000' and large_universe_id = 'SP500'
        and metric = '{{ valuation.metric }}' and basis = '{{ valuation.basis }}'
        and aggregation = '{{ valuation.aggregation }}' and loss_treatment = '{{ valuation.loss_treatment }}'

    union all
    select 'size_premium', '', session_date, geometric_excess_pct, session_date, provenance
    from {{ ref('fct_relative_performance_daily') }}
    where small_id = 'R2000' and large_id = 'SP500' and horizon = '10y'

    union all
    select 'quality', '', session_date, gap_pp, session_date, provenance
    from junk

    union all
    select 'volume', '', session_date, up_pct, session_date, provenance
    from traded
    where is_whole
)

select component, input_series, observed_on, cast(raw_value as decimal(18, 6)) as raw_value, known_on, provenance
from inputs
where raw_value is not null
order by component, input_series, observed_on
